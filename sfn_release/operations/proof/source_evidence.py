"""Looks up a release's tag and commit, on the ledger's remote or in this clone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

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

    def commit(self, manifest: Manifest) -> Evidence:
        """Return whether a release's commit exists, with one of its branches."""
        git, commit = self.workspace.git, manifest.commit
        here = git.history.commit_id(commit) is not None
        tagged = target(self._refs(manifest).of(shared=self._shared), TAGS + manifest.tag)
        try:
            branch = branch_containing(git, self._tips_of, self._tips, commit)
        except SfnReleaseError as error:
            if not here:
                return Evidence(f"the commit {commit[:12]}", error)
            branch = None
        if branch is not None:
            where = f"on {branch.removeprefix(_HEADS)}"
        elif tagged == commit:
            where = f"on no branch of {self._tips_of or 'this clone'}: only its tag holds it"
        elif here:
            where = "only in this clone: no branch and no tag holds it"
        else:
            return Evidence(f"the commit {commit[:12]}", _gone(manifest))
        return Evidence(f"{commit[:12]} is {where}{self._author(commit) if here else ''}")

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

    @property
    def _tips_of(self) -> str | None:
        return self._remote if self.tags is not None else None

    @cached_property
    def _tips(self) -> dict[str, str]:
        """The branches without the ledger's, the likely ones first."""
        git, remote = self.workspace.git, self._tips_of
        found = git.remotes.ls_remote(remote, [f"{_HEADS}*"]) if remote else git.refs.find(_HEADS)
        base = self.workspace.ledger.layout.base
        names = [ref for ref in found if not ref.startswith(base) and not ref.endswith("^{}")]
        names.sort(key=lambda ref: (ref.removeprefix(_HEADS) not in _USUAL, ref))
        return {ref: found[ref] for ref in names}


def _gone(manifest: Manifest) -> TamperedError:
    return TamperedError(
        f"The commit {manifest.commit[:12]} of {manifest.version} is gone.",
        why="It isn't in this clone, and no branch or tag of the remote has it.",
        fix="Push it again from a clone that has it, on a branch or as the release's tag.",
    )
