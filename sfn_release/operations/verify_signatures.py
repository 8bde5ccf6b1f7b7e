"""Verifies the signatures of releases, tags, records and yanks, if the project has signers.

A project with ``allowed_signers`` needs a good signature on everything in its ledger, but for its
``unsigned_history``. A signature takes two processes to check. So this clone remembers up to where
they were good, until the allowed signers change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sfn_release import __version__
from sfn_release.errors import GitError, SfnReleaseError, TamperedError
from sfn_release.ledger import Snapshot
from sfn_release.ledger.git import NotReachedError
from sfn_release.ledger.signatures import SignatureVerdict
from sfn_release.ledger.tag_checks import TagRefs
from sfn_release.ledger.trusted_signers import TrustedSigners
from sfn_release.ledger.verified_tips import VerifiedTip, VerifiedTips
from sfn_release.operations.signature_advice import commit_advice, tag_advice
from sfn_release.operations.signature_policy import has_signers
from sfn_release.operations.verification import LEDGER, Check
from sfn_release.operations.workspace import Workspace
from sfn_release.release.manifest import Manifest
from sfn_release.text import count

_RULES = 1  # a higher number makes every clone check every signature again
_SHOWN = 10  # commits in one line
_COUNTED = "commits"


def signature_checks(
    workspace: Workspace,
    snapshot: Snapshot,
    commits: Mapping[str, str],
    manifests: Mapping[str, Manifest],
    tags: TagRefs,
    *,
    version: str | None = None,
    again: bool = False,
) -> Iterator[Check]:
    """Yield the checks of all signatures; nothing for a project without allowed signers.

    *commits* and *manifests* are the ledger's, by version. With a *version*, only the signatures of
    that release are checked. With *again*, nothing counts as checked before.
    """
    if not has_signers(workspace, snapshot):
        return
    trusted = workspace.ledger.signatures.trusted
    if not isinstance(trusted, TrustedSigners):
        unknown = isinstance(trusted, NotReachedError)
        text = "the allowed signers" + (f": {trusted.message}" if unknown else "")
        yield Check(LEDGER, text, None if unknown else trusted, unknown=unknown)
        return
    yield Check(LEDGER, f"the allowed signers are in {trusted.where}")
    layout = workspace.ledger.layout
    file = workspace.clone.data / "verified" / f"{layout.project}-signatures.json"
    context = {
        "rules": _RULES,
        "sfn_release": __version__,
        "signers": trusted.fingerprint,
        "project": layout.project,
        "prefix": layout.prefix,
        "tag": layout.tag,
    }
    remembered = VerifiedTips(context) if again else VerifiedTips.read(file, context)
    walk = _Walk(workspace, snapshot, remembered)
    shared = {known: commit for known, commit in commits.items() if known not in snapshot.trials}
    chosen = {known: shared[known] for known in shared if version in {None, known}}
    yield from walk.releases(chosen, manifests, tags)
    if version is not None:
        return
    for name in workspace.ledger.deployments.environments(snapshot):
        if name not in layout.private:
            yield from walk.branch(layout.env_ref(name), name, "record")
    if layout.yanks_ref in snapshot.refs:
        yield from walk.branch(layout.yanks_ref, LEDGER, "yank")
    VerifiedTips(context, walk.tips).write(file)


@dataclass(frozen=True)
class _Walk:
    """A walk along the ledger's branches, past what is *remembered*. It collects *tips*."""

    workspace: Workspace
    snapshot: Snapshot
    remembered: VerifiedTips
    tips: dict[str, VerifiedTip] = field(default_factory=dict)

    def _new(self, ref: str) -> tuple[list[str], int]:
        """Return the commits of a branch to check, newest first, and how many were checked."""
        history, tip = self.workspace.git.history, self.snapshot.refs[ref]
        known = self.remembered.tips.get(ref)
        line = history.line(tip, known.commit) if known is not None and known.in_order else None
        if line is None or known is None:
            return [commit for commit, _ in history.log(tip)], 0
        return line[::-1], known.events.get(_COUNTED, 0)

    def branch(self, ref: str, subject: str, noun: str) -> Iterator[Check]:
        """Yield the problems of a branch's commits, or one check that all is well.

        Commits with the same problem share a check, but those from before the first good signature
        stand apart: only they can be from before signing was turned on.
        """
        commits, before = self._new(ref)
        verdicts = self.workspace.ledger.signatures.of_all(commits, ref=ref)
        ledger, tip = self.workspace.ledger, self.snapshot.refs[ref]
        problems: dict[tuple[str, str, bool], list[str]] = {}
        older = True  # than every good signature
        if before and not all(verdict.accepted for verdict in verdicts.values()):
            older = ledger.signatures.good_before(commits[-1], ref=ref) is None
        for commit in commits[::-1]:
            verdict = verdicts[commit]
            older = older and not verdict.good
            if not verdict.accepted:
                problems.setdefault((verdict.status, verdict.text, older), []).insert(0, commit)
        for (_, _, early), same in problems.items():
            shown = ", ".join(commit[:12] for commit in same[:_SHOWN])
            more = f" and {len(same) - _SHOWN} more" if len(same) > _SHOWN else ""
            text = f"the signature of {count(same, noun)} ({shown}{more})"
            verdict = verdicts[same[0]]
            advice = commit_advice(ledger, verdict, same[0 if early else -1], ref=ref, tip=tip)
            yield Check(subject, text, _error(f"{text}: {verdict.text}.", verdict, advice))
        total = before + len(commits)
        if not problems:
            parts = _signers(verdicts, before)
            words = f"{total} {noun}{'' if total == 1 else 's'}: {'; '.join(parts)}"
            yield Check(subject, words)
        self.tips[ref] = VerifiedTip(tip, not problems, {_COUNTED: total})

    def releases(
        self, commits: Mapping[str, str], manifests: Mapping[str, Manifest], tags: TagRefs
    ) -> Iterator[Check]:
        """Yield whether the commits of releases, by version, and their tags are signed."""
        ledger = self.workspace.ledger
        ref = ledger.layout.releases_ref
        if ref not in self.snapshot.refs:
            return
        new = {*self._new(ref)[0]}
        verdicts = ledger.signatures.of_all(new.intersection(commits.values()), ref=ref)
        pinned = ledger.signatures.pinned
        asked = {
            tag: object_id
            for version, commit in commits.items()
            if commit not in pinned and (manifest := manifests.get(version)) is not None
            for tag in [f"refs/tags/{manifest.tag}"]
            for object_id in [(tags.remote or {}).get(tag) or tags.here.get(tag)]
            if object_id is not None and manifest.found is None
        }
        known = {tag: tip.commit for tag, tip in self.remembered.tips.items() if tip.in_order}
        named: Mapping[str, SignatureVerdict] = {}
        try:
            named = ledger.signatures.of_tags(
                {tag: at for tag, at in asked.items() if known.get(tag) != at}
            )
        except NotReachedError:
            yield Check(LEDGER, "the signatures of the tags", unknown=True)
            asked = {}
        good = True
        for version, commit in commits.items():
            if commit in verdicts:
                good = good and verdicts[commit].accepted
                verdict, tip = verdicts[commit], self.snapshot.refs[ref]
                text = f"the release commit {commit[:12]}"
                advice = (
                    ""
                    if verdict.accepted
                    else commit_advice(ledger, verdict, commit, ref=ref, tip=tip)
                )
                yield _check(version, text, verdict, advice)
            tag = f"refs/tags/{manifests[version].tag}" if version in manifests else ""
            if tag in named:
                accepted = commit not in verdicts or verdicts[commit].accepted
                source = manifests[version].commit if accepted else None
                advice = tag_advice(named[tag], version, source)
                yield _check(version, f"the tag {manifests[version].tag}", named[tag], advice)
            elif commit not in verdicts:
                yield Check(version, "its signatures were good when this clone verified them")
        self.tips[ref] = VerifiedTip(self.snapshot.refs[ref], good)
        for tag, object_id in asked.items():
            if tag not in named or named[tag].good:
                self.tips[tag] = VerifiedTip(object_id, True)


def _signers(verdicts: Mapping[str, SignatureVerdict], before: int) -> list[str]:
    """Return who signed, and how many commits need no signature or were checked before."""
    signers = sorted({verdict.principal for verdict in verdicts.values() if verdict.good})
    pinned = sum(verdict.pinned for verdict in verdicts.values())
    return [
        *([f"signed by {', '.join(signers)}"] if signers else []),
        *([f"{pinned} from before signing"] if pinned else []),
        *([f"{before} verified before"] if before else []),
    ]


def _check(subject: str, text: str, verdict: SignatureVerdict, advice: str) -> Check:
    """Return the check of one signature, with the *advice* for one that isn't accepted."""
    if verdict.accepted:
        return Check(subject, f"{text}: {verdict.text}")
    message = f"{text[0].upper()}{text[1:]} of {subject}: {verdict.text}."
    return Check(subject, text, _error(message, verdict, advice))


def _error(message: str, verdict: SignatureVerdict, advice: str) -> SfnReleaseError:
    message = f"{message[0].upper()}{message[1:]}"
    if verdict.status == "unverifiable":
        return GitError(message, fix=advice)
    return TamperedError(message, fix=advice)
