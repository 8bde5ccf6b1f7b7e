"""verify: checks that tags, ledger, definitions and records agree and weren't rewritten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import short
from sfn_release.errors import NotFoundError, SfnReleaseError, TamperedError
from sfn_release.ledger import Ledger, Snapshot
from sfn_release.ledger.remote_rewrites import Rewrite, accept_rewrites
from sfn_release.ledger.tag_checks import TagRefs, target
from sfn_release.names import ENVIRONMENT_NAME
from sfn_release.operations.verification import LEDGER, Check, grouped
from sfn_release.operations.verify_events import environment_checks
from sfn_release.operations.verify_refs import (
    lost_branch_checks,
    lost_release_checks,
    release_tags,
    tag_checks,
)
from sfn_release.operations.verify_signatures import signature_checks
from sfn_release.operations.workspace import Workspace
from sfn_release.release.ledger_files import definition_path
from sfn_release.release.manifest import Manifest, read_manifest
from sfn_release.release.release import Release, read_declaration
from sfn_release.release.version import is_version, parse_version
from sfn_release.text import did_you_mean

_RELEASES = 16  # kept in memory while environments are verified; neighbouring events share them


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
    workspace: Workspace, version: str | None = None, *, accept_rewrite: bool = False
) -> Verified:
    """Verify one release, or all releases and the branches of all environments.

    With *accept_rewrite*, branches that were rewritten or deleted on the remote are accepted first.
    All problems are reported. Apart from fetched refs, nothing is written. Raises NotFoundError for
    an unknown version.
    """
    wanted = parse_version(version) if version is not None else None
    ledger = workspace.ledger
    accepted = tuple(accept_rewrites(ledger.git, ledger.layout)) if accept_rewrite else ()
    snapshot, broken = ledger.branches.examine()
    checks = [*_ledger(workspace, snapshot, broken), *lost_branch_checks(workspace, snapshot)]
    commits, manifests, found = _entries(workspace, snapshot)
    checks += found
    tags, texts = release_tags(workspace, manifests)
    lost = [
        check
        for check in lost_release_checks(workspace, commits, tags)
        if wanted in {None, check.subject}
    ]
    checks += lost
    if wanted is not None and wanted not in commits and not lost:
        raise NotFoundError(
            f"There is no release {wanted}.", fix=did_you_mean(wanted, sorted(commits))
        )
    for known in sorted(manifests):
        if wanted in {None, known}:
            checks += _release(workspace, snapshot, commits[known], manifests, known, tags, texts)

    @lru_cache(maxsize=_RELEASES)
    def release(version: str) -> Release | None:
        try:
            return workspace.ledger.releases.release(snapshot, version)
        except TamperedError:
            return None  # reported above, with the release

    gone = _yielded(workspace, snapshot)
    for name, tip in workspace.ledger.deployments.environments(snapshot).items():
        private = name in workspace.ledger.layout.private
        if not ENVIRONMENT_NAME.accepts(name):
            ref = workspace.ledger.layout.env_ref(name)
            wrong = f"{ref} belongs to no environment: {name!r} can't be the name of one."
            checks.append(Check(LEDGER, ref, TamperedError(wrong, why=ENVIRONMENT_NAME.form)))
            continue
        checks += environment_checks(
            workspace.ledger, name, tip, manifests, release, wanted, gone if private else {}
        )
    checks += signature_checks(workspace, snapshot, commits, manifests, tags, version=wanted)
    return Verified(grouped(checks), accepted)


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
    try:
        yanked = workspace.ledger.releases.yanked(snapshot)
    except TamperedError as error:
        yield Check(LEDGER, "the yanked releases", error)
    else:
        for version, yank in sorted(yanked.items()):
            yield Check(LEDGER, f"{version} is {yank}")


def _entries(
    workspace: Workspace, snapshot: Snapshot
) -> tuple[dict[str, str], dict[str, Manifest], list[Check]]:
    """Return the ledger's commits and manifests by version, and their problems."""
    ledger = workspace.ledger
    tip = snapshot.refs.get(ledger.layout.releases_ref)
    entries = [(commit, subject) for commit, subject in ledger.git.history.log(tip)] if tip else []
    entries += [(commit, f"release {version}") for version, commit in snapshot.trials.items()]
    commits: dict[str, str] = {}
    manifests: dict[str, Manifest] = {}
    wrong = []
    contents = ledger.git.objects.read_many([(commit, "manifest.json") for commit, _ in entries])
    for (commit, subject), content in zip(reversed(entries), reversed(contents), strict=True):
        version = subject.removeprefix("release ")
        try:
            manifests[version] = _entry(ledger, commit, subject, content, commits)
        except TamperedError as error:
            wrong.append(Check(version, "the ledger's entry", error))
    return commits, manifests, wrong


def _yielded(workspace: Workspace, snapshot: Snapshot) -> dict[str, Release]:
    """Return the local trials whose version another release has taken."""
    trials = {
        version: workspace.ledger.releases.yielded(snapshot, version)
        for version in snapshot.yielded
    }
    return {version: trial for version, trial in trials.items() if trial is not None}


def _entry(
    ledger: Ledger, commit: str, subject: str, content: bytes | None, commits: dict[str, str]
) -> Manifest:
    """Return the manifest of one commit, and add the commit to *commits* by version."""
    where = f"{ledger.layout.releases_ref} ({commit[:12]})"
    version = subject.removeprefix("release ")
    if f"release {version}" != subject or not is_version(version):
        raise TamperedError(f"{where} isn't the commit of a release: {subject!r}.")
    if commits.setdefault(version, commit) != commit:
        raise TamperedError(
            f"{where} and {commits[version][:12]} both claim to be {version}: the later one"
            " is forged."
        )
    manifest = read_manifest(content, where=where)
    if (manifest.version, manifest.project) != (version, ledger.layout.project):
        raise TamperedError(
            f"{where} should be {version}, but holds {manifest.version} of {manifest.project}."
        )
    return manifest


def _release(
    workspace: Workspace,
    snapshot: Snapshot,
    commit: str,
    manifests: Mapping[str, Manifest],
    version: str,
    tags: TagRefs,
    texts: Mapping[str, str],
) -> Iterator[Check]:
    """Yield the checks of one release: its tag, source and definitions."""
    git, ledger, manifest = workspace.git, workspace.ledger, manifests[version]
    where = f"{ledger.layout.releases_ref} ({commit[:12]})"
    yield Check(version, f"the ledger's entry {commit[:12]}, release digest {_digest(manifest)}")
    if manifest.found is not None:
        yield Check(version, f"it was adopted in {manifest.found}, so it has no tag and no source")
    else:
        yield from _source(workspace, snapshot, manifest, tags, texts)
    names = git.objects.tree(commit, "definitions")
    paths = [f"definitions/{name}" for name in names]
    files = dict(zip(paths, git.objects.read_many([(commit, path) for path in paths]), strict=True))
    for name in manifest.workflows:
        try:
            declaration = read_declaration(manifest, name, files, where=where)
            _check_entry(manifests, manifest, declaration, where)
        except TamperedError as error:
            yield Check(version, name, error)
        else:
            yield Check(version, f"{name} {short(declaration.digest)}")
    for path in sorted({*paths} - {definition_path(name) for name in manifest.workflows}):
        message = f"{where} contains {path}, which isn't in its manifest."
        yield Check(version, path, TamperedError(message))


def _source(
    workspace: Workspace,
    snapshot: Snapshot,
    manifest: Manifest,
    tags: TagRefs,
    texts: Mapping[str, str],
) -> Iterator[Check]:
    """Yield the checks of one release's tag and source commit."""
    git, ledger, version = workspace.git, workspace.ledger, manifest.version
    shared = ledger.remote is not None and version not in snapshot.trials
    if version in snapshot.trials and ledger.remote is not None:
        yield Check(version, "a local trial: it gets a tag when it is released")
    else:
        yield from tag_checks(manifest, tags, texts, shared=shared)
    there = tags.of(shared=shared)
    if git.history.commit_id(manifest.commit) is not None:
        yield Check(version, f"the source commit {manifest.commit[:12]} is in this clone")
    elif target(there, f"refs/tags/{manifest.tag}") == manifest.commit:
        yield Check(version, f"the source commit {manifest.commit[:12]} is on {ledger.remote}")
    else:
        yield Check(
            version,
            f"the source commit {manifest.commit[:12]}",
            TamperedError(
                f"The source commit {manifest.commit[:12]} of {version} was not found.",
                why="It isn't in this clone, and the release's tag doesn't point to it.",
                fix="Fetch the branch that contains it, and run this again.",
            ),
        )


def _digest(manifest: Manifest) -> str:
    return short(manifest.release_digest)


def _check_entry(
    manifests: Mapping[str, Manifest], manifest: Manifest, declaration: Declaration, where: str
) -> None:
    """Raise TamperedError for a wrong definition digest, or a wrong ``since``."""
    name, entry = declaration.name, manifest.workflows[declaration.name]
    if declaration.definition_digest != entry.definition_digest:
        raise TamperedError(
            f"{where}: the definition of {name} doesn't have its digest.",
            why=f"The manifest says {short(entry.definition_digest)}, but it is"
            f" {short(declaration.definition_digest)}.",
        )
    since = manifests.get(entry.since)
    if since is not None and (
        name not in since.workflows or since.workflows[name].digest != entry.digest
    ):
        raise TamperedError(
            f"{where}: {name} should be unchanged since {entry.since}, but differs there."
        )
