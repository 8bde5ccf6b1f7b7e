"""Looks up a release's tag and commit, on the ledger's remote or in this clone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sfn_release.errors import GitError, SfnReleaseError, TamperedError
from sfn_release.ledger import Snapshot
from sfn_release.ledger.git.ancestry import branch_containing
from sfn_release.ledger.git.tag_objects import tag_texts
from sfn_release.ledger.layout import TAGS
from sfn_release.ledger.tag_checks import TagRefs, carried_digest, disagreeing, misplaced, target
from sfn_release.operations.proof.evidence import Evidence
from sfn_release.operations.workspace import Workspace
from sfn_release.release.manifest import Manifest

_HEADS = "refs/heads/"
_USUAL = ("main", "master", "trunk", "develop")  # branches that most commits are on


@dataclass(frozen=True)
class SourceEvidence:
    """Looks up tags and commits. *tags* are the remote's; None if it wasn't reached."""

    workspace: Workspace
    snapshot: Snapshot
    tags: Mapping[str, str] | None
    _branches: dict[str | None, dict[str, str]] = field(default_factory=dict)

    def tag(self, manifest: Manifest) -> Evidence:
        """Return whether a release's tag is on its commit and carries its digest."""
        refs = self._refs(manifest)
        shared = self._shared
        ref, where = TAGS + manifest.tag, refs.where(shared=shared)
        wrong = misplaced(manifest, refs, shared=shared)
        if wrong is None:
            object_id = refs.of(shared=shared)[ref]
            try:
                remote = self.workspace.ledger.remote if shared else None
                text = tag_texts(self.workspace.git, remote, {ref: object_id})[ref]
            except GitError as error:
                return Evidence(f"the tag {manifest.tag}", error)
            wrong = disagreeing(manifest, text, where)
            carries = carried_digest(text, manifest.project) is not None
            digest = " and carries its digest" if carries else ""
        if wrong is not None:
            return Evidence(f"the tag {manifest.tag}", wrong)
        late = "" if shared or not self._remote else f"; {self._remote} wasn't reached"
        text = f"{manifest.tag} in {where} is on {manifest.commit[:12]}{digest}{late}"
        return Evidence(text)

    def commit(self, manifest: Manifest, *, trial: bool = False) -> Evidence:
        """Return whether a release's commit is on a branch, or is held by its tag.

        The remote decides if it was reached. A *trial* of this clone may not be pushed yet.
        """
        git, commit = self.workspace.git, manifest.commit
        remote = None if trial or self.tags is None else self._remote
        where = remote or "this clone"
        here = git.history.commit_id(commit) is not None
        tagged = target(self._refs(manifest).of(shared=remote is not None), TAGS + manifest.tag)
        try:
            branch = branch_containing(git, remote, self._tips(remote), commit)
        except SfnReleaseError as error:
            if tagged != commit:
                return Evidence(f"the commit {commit[:12]}", error)
            branch = None
        if branch is not None:
            held = f"on {branch.removeprefix(_HEADS)}"
        elif tagged == commit:
            held = f"on no branch of {where}: only its tag holds it"
        else:
            return Evidence(f"the commit {commit[:12]}", _lost(manifest, where, here=here))
        return Evidence(f"{commit[:12]} is {held}{self._author(commit) if here else ''}")

    def _author(self, commit: str) -> str:
        """Return the author and date of a commit in this clone, in words."""
        shown = self.workspace.git.history.author(commit)
        return f", by {shown}" if shown else ""

    @property
    def _remote(self) -> str | None:
        return self.workspace.ledger.remote

    @property
    def _shared(self) -> bool:
        """Whether the tags of the remote decide: it was reached, and knows the releases."""
        releases = self.workspace.ledger.layout.releases_ref
        reached = self._remote is not None and self.tags is not None
        return reached and releases not in self.snapshot.kept

    def _refs(self, manifest: Manifest) -> TagRefs:
        here = self.workspace.git.refs.find(TAGS + manifest.tag)
        return TagRefs(here, self.tags, self._remote)

    def _tips(self, remote: str | None) -> dict[str, str]:
        """Return the branches of a place without the ledger's, the likely ones first."""
        if remote not in self._branches:
            self._branches[remote] = self._read_tips(remote)
        return self._branches[remote]

    def _read_tips(self, remote: str | None) -> dict[str, str]:
        git = self.workspace.git
        found = git.remotes.ls_remote(remote, [f"{_HEADS}*"]) if remote else git.refs.find(_HEADS)
        base = self.workspace.ledger.layout.base
        names = [ref for ref in found if not ref.startswith(base)]
        names.sort(key=lambda ref: (ref.removeprefix(_HEADS) not in _USUAL, ref))
        tips = {ref: found[ref] for ref in names}
        head = git.history.head() if remote is None else None
        return tips | ({"HEAD": head} if head else {})  # a detached one


def _lost(manifest: Manifest, where: str, *, here: bool) -> TamperedError:
    commit = manifest.commit[:12]
    if here:
        return TamperedError(
            f"No branch and no tag of {where} holds the commit {commit} of {manifest.version}.",
            why="It is still in this clone, until git removes it.",
            fix=f"Put it back on a branch, or as the release's tag:  git push REMOTE {commit}:REF",
        )
    return TamperedError(
        f"The commit {commit} of {manifest.version} is gone.",
        why=f"It isn't in this clone, and no branch or tag of {where} has it.",
        fix="Push it again from a clone that has it, on a branch or as the release's tag.",
    )
