"""Verifies the signatures of releases, tags, records and yanks, if the project has signers.

A project with ``allowed_signers`` needs a good signature on everything in its ledger, but for its
``unsigned_history``. What is checked is handed in, so that a caller who remembers good commits
hands in the others alone. What is remembered is void when `TrustedSigners.fingerprint` changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sfn_release.errors import GitError, SfnReleaseError, TamperedError
from sfn_release.ledger import Snapshot
from sfn_release.ledger.git import NotReachedError
from sfn_release.ledger.signatures import SignatureVerdict
from sfn_release.ledger.tag_checks import TagRefs
from sfn_release.ledger.trusted_signers import TrustedSigners
from sfn_release.operations.signature_policy import history_advice
from sfn_release.operations.verification import LEDGER, Check
from sfn_release.operations.workspace import Workspace
from sfn_release.release.manifest import Manifest
from sfn_release.text import count

_SHOWN = 10  # commits in one line


def signature_checks(
    workspace: Workspace,
    snapshot: Snapshot,
    commits: Mapping[str, str],
    manifests: Mapping[str, Manifest],
    tags: TagRefs,
    *,
    version: str | None = None,
) -> Iterator[Check]:
    """Yield the checks of all signatures; nothing for a project without allowed signers.

    *commits* and *manifests* are the ledger's, by version. With a *version*, only the signatures of
    that release are checked.
    """
    if workspace.project.allowed_signers is None:
        return
    trusted = workspace.ledger.signatures.trusted
    if not isinstance(trusted, TrustedSigners):
        unknown = isinstance(trusted, NotReachedError)
        text = "the allowed signers" + (f": {trusted.message}" if unknown else "")
        yield Check(LEDGER, text, None if unknown else trusted, unknown=unknown)
        return
    yield Check(LEDGER, f"the allowed signers are in {trusted.where}")
    chosen = {
        known: commit
        for known, commit in commits.items()
        if version in {None, known} and known not in snapshot.trials
    }
    yield from release_signatures(workspace, chosen, manifests, tags)
    ledger = workspace.ledger
    if version is not None:
        return
    for name, tip in ledger.deployments.environments(snapshot).items():
        if name not in ledger.layout.private:
            records = [commit for commit, _ in ledger.git.history.log(tip)]
            yield from branch_signatures(
                workspace, ledger.layout.env_ref(name), name, "record", records
            )
    yanks = ledger.layout.yanks_ref
    if yanks in snapshot.refs:
        listed = [commit for commit, _ in ledger.git.history.log(snapshot.refs[yanks])]
        yield from branch_signatures(workspace, yanks, LEDGER, "yank", listed)


def release_signatures(
    workspace: Workspace,
    commits: Mapping[str, str],
    manifests: Mapping[str, Manifest],
    tags: TagRefs,
) -> Iterator[Check]:
    """Yield whether the commits of releases, by version, are signed, and whether their tags are."""
    ledger = workspace.ledger
    verdicts = ledger.signatures.of_all(commits.values(), ref=ledger.layout.releases_ref)
    asked = {
        ref: object_id
        for version in commits
        if version in manifests and manifests[version].found is None
        for ref in [f"refs/tags/{manifests[version].tag}"]
        for object_id in [(tags.remote or {}).get(ref) or tags.here.get(ref)]
        if object_id is not None
    }
    named: Mapping[str, SignatureVerdict] = {}
    try:
        named = ledger.signatures.of_tags(asked)
    except NotReachedError:
        yield Check(LEDGER, "the signatures of the tags", unknown=True)
    for version, commit in commits.items():
        verdict = verdicts[commit]
        yield _check(version, f"the release commit {commit[:12]}", verdict, commit)
        if version not in manifests:
            continue
        tag = manifests[version].tag
        if f"refs/tags/{tag}" in named and not verdict.pinned:
            yield _check(version, f"the tag {tag}", named[f"refs/tags/{tag}"], None)


def branch_signatures(
    workspace: Workspace, ref: str, subject: str, noun: str, commits: Sequence[str]
) -> Iterator[Check]:
    """Yield the problems of commits on a branch, newest first, or one check that all is well.

    Commits with the same problem share a check.
    """
    verdicts = workspace.ledger.signatures.of_all(commits, ref=ref)
    problems: dict[tuple[str, str], list[str]] = {}
    for commit in commits:
        verdict = verdicts[commit]
        if not verdict.accepted:
            problems.setdefault((verdict.status, verdict.text), []).append(commit)
    for same in problems.values():
        shown = ", ".join(commit[:12] for commit in same[:_SHOWN])
        more = f" and {len(same) - _SHOWN} more" if len(same) > _SHOWN else ""
        text = f"the signature of {count(same, noun)} ({shown}{more})"
        verdict = verdicts[same[0]]
        yield Check(subject, text, _error(f"{text}: {verdict.text}.", verdict, same[0]))
    if commits and not problems:
        signers = sorted({verdict.principal for verdict in verdicts.values() if verdict.good})
        before = sum(verdict.pinned for verdict in verdicts.values())
        parts = [f"signed by {', '.join(signers)}"] if signers else []
        parts += [f"{before} from before signing"] if before else []
        yield Check(subject, f"{count(commits, noun)}: {'; '.join(parts)}")


def _check(subject: str, text: str, verdict: SignatureVerdict, commit: str | None) -> Check:
    """Return the check of one signature; *commit* is None for a tag."""
    if verdict.accepted:
        return Check(subject, f"{text}: {verdict.text}")
    message = f"{text[0].upper()}{text[1:]} of {subject}: {verdict.text}."
    return Check(subject, text, _error(message, verdict, commit))


def _error(message: str, verdict: SignatureVerdict, commit: str | None) -> SfnReleaseError:
    message = f"{message[0].upper()}{message[1:]}"
    fix = history_advice(verdict, commit)
    if verdict.status == "unverifiable":
        return GitError(message, fix=fix)
    return TamperedError(message, fix=fix)
