"""verify: checks that tags, ledger, definitions and records agree and weren't rewritten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sfn_release.errors import SfnReleaseError, TamperedError
from sfn_release.ledger import Snapshot
from sfn_release.ledger.remote_rewrites import Rewrite, accept_rewrites
from sfn_release.ledger.verified_tips import VerifiedTip, VerifiedTips
from sfn_release.names import ENVIRONMENT_NAME
from sfn_release.operations.environment_releases import EnvironmentReleases
from sfn_release.operations.unshared_ledger import unshared_ledger
from sfn_release.operations.unverified_commits import (
    UnverifiedCommits,
    unverified_commits,
    verification_context,
    verified_refs,
)
from sfn_release.operations.verification import LEDGER, Check, grouped
from sfn_release.operations.verify_events import environment_checks
from sfn_release.operations.verify_refs import (
    lost_branch_checks,
    lost_release_checks,
    release_tags,
)
from sfn_release.operations.verify_releases import ReleaseChecks, release_entries
from sfn_release.operations.verify_signatures import signature_checks
from sfn_release.operations.workspace import Workspace, unknown_release
from sfn_release.release.release import Release
from sfn_release.release.version import Precedence, parse_version


@dataclass(frozen=True)
class Verified:
    """The checks in order. *accepted* are the rewritten branches that `verify` accepted."""

    checks: tuple[Check, ...]
    accepted: tuple[Rewrite, ...] = ()

    @property
    def problems(self) -> tuple[Check, ...]:
        """The checks that found a problem."""
        return tuple(check for check in self.checks if check.error is not None)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "verified": not self.problems,
            "checks": [check.to_json() for check in self.checks],
            "accepted": [rewrite.to_json() for rewrite in self.accepted],
        }


def verify(
    workspace: Workspace,
    version: str | None = None,
    *,
    accept_rewrite: bool = False,
    again: bool = False,
) -> Verified:
    """Verify one release, or all releases and environments, and return the checks.

    Skips everything that this clone verified before, unless you set *again*. With *accept_rewrite*,
    branches that were rewritten or deleted on the remote are accepted first.

    All problems are reported. Apart from fetched refs, and the verified tips in the Git folder,
    nothing is written. Raises NotFoundError for an unknown version.
    """
    wanted = parse_version(version) if version is not None else None
    ledger = workspace.ledger
    accepted = tuple(accept_rewrites(ledger.git, ledger.layout)) if accept_rewrite else ()
    snapshot, broken = ledger.branches.examine()
    file = workspace.clone.data / "verified" / f"{ledger.layout.project}.json"
    context = verification_context(ledger, snapshot)
    remembered = VerifiedTips(context) if again else VerifiedTips.read(file, context)
    unverified = unverified_commits(ledger, snapshot, remembered.tips)
    checks = [
        *_ledger(workspace, snapshot, broken),
        *lost_branch_checks(workspace, snapshot, unverified),
    ]
    commits, manifests, found = release_entries(workspace, snapshot)
    tags, texts = release_tags(workspace, manifests)
    new = {*unverified.commits.get(ledger.layout.releases_ref, ()), *snapshot.trials.values()}
    release = ReleaseChecks(workspace, snapshot, commits, manifests, tags, texts, new)
    checks += [*found, *_releases(release, wanted)]
    releases = EnvironmentReleases(ledger, commits, manifests, _yielded(workspace, snapshot))
    # The verdict on an environment depends on the releases. So these come first.
    in_order = not any(check.error for check in checks)
    tips = {ref: VerifiedTip(tip, True) for ref, tip in verified_refs(ledger, snapshot).items()}
    for name, tip in ledger.deployments.environments(snapshot).items():
        ref = ledger.layout.env_ref(name)
        events = Counter[str]()
        found = [*_environment(name, ref, tip, unverified, releases, wanted, events)]
        checks += found
        tips[ref] = VerifiedTip(tip, not any(check.error for check in found), dict(events))
    if in_order and wanted is None:
        VerifiedTips(context, tips).write(file)
    checks += signature_checks(
        workspace, snapshot, commits, manifests, tags, version=wanted, again=again
    )
    return Verified(grouped(checks), accepted)


def _releases(release: ReleaseChecks, wanted: str | None) -> Iterator[Check]:
    """Yield the checks of the *wanted* release, or of all, and of releases that were lost.

    Raises NotFoundError if the ledger has no such release.
    """
    commits = release.commits
    lost = [
        check
        for check in lost_release_checks(release.workspace, release.snapshot, commits, release.tags)
        if wanted in {None, check.subject} or check.subject == LEDGER
    ]
    yield from lost
    if wanted is not None and wanted not in commits and not lost:
        raise unknown_release(wanted, sorted(commits, key=Precedence, reverse=True))
    for known in sorted(release.manifests):
        if wanted in {None, known}:
            yield from release.checks(known)


def _environment(
    name: str,
    ref: str,
    tip: str,
    unverified: UnverifiedCommits,
    releases: EnvironmentReleases,
    wanted: str | None,
    events: Counter[str],
) -> Iterator[Check]:
    """Yield the checks of an environment's branch, and count its events by version."""
    ledger = releases.ledger
    if not ENVIRONMENT_NAME.accepts(name):
        wrong = f"{ref} belongs to no environment: {name!r} can't be the name of one."
        yield Check(LEDGER, ref, TamperedError(wrong, why=ENVIRONMENT_NAME.form))
        return
    if name not in ledger.layout.private:
        releases = replace(releases, yielded={})
    yield from environment_checks(
        ledger, name, tip, unverified.commits[ref], unverified.verified.get(ref), releases, wanted,
        events,
    )  # fmt: skip


def _ledger(
    workspace: Workspace, snapshot: Snapshot, broken: Mapping[str, SfnReleaseError]
) -> Iterator[Check]:
    """Yield whether the ledger's refs still contain the commits that we saw last."""
    where = workspace.ledger.remote
    for ref in sorted({*snapshot.refs, *broken}):
        if ref in broken:
            yield Check(LEDGER, ref, broken[ref])
        elif where and ref not in snapshot.kept and snapshot.warning:
            yield Check(LEDGER, f"{ref} as last seen on {where}", unknown=True)
        elif where and ref not in snapshot.kept:
            yield Check(LEDGER, f"{ref} on {where} contains the commit that we saw last")
        else:
            yield Check(LEDGER, f"{ref} is in this clone")
    yield from _sharing(workspace, snapshot)
    try:
        yanks = workspace.ledger.releases.yanked(snapshot)
        manifests = workspace.ledger.releases.manifests(snapshot) if yanks.by_version else []
    except TamperedError as error:
        yield Check(LEDGER, "the yanked releases", error)
    else:
        for version, yank in sorted(yanks.by_version.items()):
            yield Check(LEDGER, f"{version} is {yank}")
        for manifest in manifests:
            applied = yanks.of(manifest.version, manifest.release_digest)
            if applied is not None and applied.version != manifest.version:
                yield Check(LEDGER, f"{applied.subject(manifest.version)} is {applied}")


def _sharing(workspace: Workspace, snapshot: Snapshot) -> Iterator[Check]:
    """Yield whether the releases are in this clone only: a problem if others see their tags."""
    try:
        unshared = unshared_ledger(workspace, snapshot)
    except TamperedError:
        return  # reported with the release
    if unshared is not None and unshared.tagged:
        yield Check(LEDGER, workspace.ledger.layout.releases_ref, unshared.error)
    elif unshared is not None:
        yield Check(LEDGER, unshared.line, warning=True)


def _yielded(workspace: Workspace, snapshot: Snapshot) -> dict[str, Release]:
    """Return the local trials whose version another release has taken."""
    trials = {
        version: workspace.ledger.releases.yielded(snapshot, version)
        for version in snapshot.yielded
    }
    return {version: trial for version, trial in trials.items() if trial is not None}
