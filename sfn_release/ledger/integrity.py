"""Checks of the ledger before it is used, and not only by `verify`.

We compare a release with its tag, a recorded form with its release, and each branch with the tips
that other branches have seen. The cost depends on the parts in use, not on the length of history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sfn_release.errors import TamperedError
from sfn_release.ledger.branches import Branches
from sfn_release.ledger.deployment_history import DeploymentHistory
from sfn_release.ledger.event_order import out_of_order
from sfn_release.ledger.git import Git
from sfn_release.ledger.git.tag_objects import tag_texts
from sfn_release.ledger.layout import TAGS, Layout
from sfn_release.ledger.release_history import ReleaseHistory
from sfn_release.ledger.seen_trailers import lost_branches, sightings
from sfn_release.ledger.snapshot import Snapshot
from sfn_release.ledger.tag_checks import (
    TagRefs,
    carried_digest,
    disagreeing,
    lost_release,
    misplaced,
    missing_ledger,
)
from sfn_release.release.manifest import Manifest
from sfn_release.release.release import Release
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import RecordedState, Serving, refuse_forged


@dataclass(frozen=True)
class Integrity:
    """Compares the parts of a ledger with each other."""

    git: Git
    layout: Layout
    branches: Branches
    releases: ReleaseHistory
    deployments: DeploymentHistory

    # Releases and their tags

    def refuse_other_tag(
        self, snapshot: Snapshot, manifest: Manifest, *, unmade: bool = False
    ) -> None:
        """Raise TamperedError when a release's tag was moved, deleted, or has another digest.

        With *unmade*, a missing tag is fine: it is about to be made. The tag is read from the
        remote if the remote knows the release, else from this clone if it has tags. Local trials,
        and releases of state machines found in AWS, have no tags.
        """
        trial = self.layout.remote is not None and manifest.version in snapshot.trials
        if trial or manifest.found:
            return
        shared = self.knows_tags(snapshot)
        ref = TAGS + manifest.tag
        tags = TagRefs(self.git.refs.find(ref), snapshot.tags, self.layout.remote)
        refs = tags.of(shared=shared)
        if ref not in refs and (unmade or snapshot.warning):
            return
        wrong = misplaced(manifest, tags, shared=shared)
        if wrong is not None:
            raise wrong
        texts = tag_texts(self.git, self.layout.remote if shared else None, {ref: refs[ref]})
        wrong = disagreeing(manifest, texts[ref], tags.where(shared=shared))
        if wrong is not None:
            raise wrong

    def refuse_lost_release(self, snapshot: Snapshot, version: str) -> None:
        """Raise TamperedError when a tag carries the digest of *version* and the ledger lacks it.

        In a ledger without any release, the tags of all versions are read. While the remote isn't
        reached, nothing is checked: a fresh clone has the tags, but no branch of the ledger yet.
        """
        error = self.lost_release(snapshot, version)
        if error is not None:
            raise error

    def lost_release(self, snapshot: Snapshot, version: str | None) -> TamperedError | None:
        """Return the error of `refuse_lost_release`; None if there is none.

        Without a *version*, only a ledger without any release is checked.
        """
        without_ledger = self.layout.releases_ref not in snapshot.refs
        if snapshot.warning or (version is None and not without_ledger):
            return None
        shared = self.knows_tags(snapshot)
        tags = TagRefs(self.git.refs.find(TAGS), snapshot.tags, self.layout.remote)
        refs = tags.of(shared=shared)
        pattern = self.layout.tag_ref("*" if version is None or without_ledger else version)
        annotated = {
            ref: object_id
            for ref, object_id in refs.items()
            if f"{ref}^{{}}" in refs and fnmatchcase(ref, pattern)
        }
        texts = tag_texts(self.git, self.layout.remote if shared else None, annotated)
        found = {
            carried[0]: (ref, carried[1])
            for ref, text in texts.items()
            if (carried := carried_digest(text, self.layout.project))
            and carried[0] not in snapshot.trials
        }
        if not found:
            return None
        again = self.branches.snapshot(offline=not shared)  # they may be released by now
        lost = [known for known in found if not self.releases.contains(again, known)]
        branch = self.layout.releases_ref
        if lost and branch not in again.refs:
            return missing_ledger(lost, branch, tags)
        for known in lost:
            ref, digest = found[known]
            return lost_release(ref, known, digest, branch, tags)
        return None

    def knows_tags(self, snapshot: Snapshot) -> bool:
        """Return whether the remote was reached, and has the tags of the releases."""
        if self.layout.remote is None or snapshot.warning:
            return False
        return self.layout.releases_ref not in snapshot.kept

    # Branches that other branches have seen

    def refuse_lost(self, snapshot: Snapshot, environment: str | None = None) -> None:
        """Raise TamperedError when a branch is missing, or was cut back, that another one has seen.

        Only the branches that matter for *environment* are looked for: the releases, the yanks and
        the environment itself. Only the tips of the branches are read. `verify` reads every commit
        and looks for every branch.
        """
        # Refs are not read all at once: a branch may have moved after another one was read.
        if self.lost(snapshot, environment):
            again = self.branches.snapshot(offline=bool(snapshot.warning))
            for error in self.lost(again, environment).values():
                raise error

    def lost(self, snapshot: Snapshot, environment: str | None) -> dict[str, TamperedError]:
        """Return the error of each branch that is missing, or was cut back, in a *snapshot*.

        The branches are the ones that `refuse_lost` looks for. One that moved while the snapshot
        was read may be among them.
        """
        base = self.layout.base
        tips = sorted(
            {commit for ref, commit in snapshot.refs.items() if self.layout.is_public(ref)}
        )
        deciding = {"releases", "yanks", *([f"env/{environment}"] if environment else [])}
        found = [
            sighting
            for sighting in sightings(tips, self.git.objects.messages(tips))
            if sighting.branch in deciding
        ]

        def contains(branch: str, commit: str) -> bool:
            tip = snapshot.refs[base + branch]
            return commit == tip or self.git.history.is_ancestor(commit, tip)

        return dict(lost_branches(found, snapshot.refs, base, contains, remote=self.layout.remote))

    # Records

    def refuse_edited(self, snapshot: Snapshot, environment: str, state: RecordedState) -> None:
        """Raise TamperedError when the last event of an environment was written by hand.

        Its place after the event before it is checked, and everything that it serves.
        """
        self.refuse_out_of_order(environment, state)
        if state.tip is not None and state.record is not None and state.serving is not None:
            self.proven(snapshot, environment, state.tip, state.serving)

    def refuse_out_of_order(self, environment: str, state: RecordedState) -> None:
        """Raise TamperedError when an environment's last event doesn't follow the one before."""
        if state.tip is None or state.record is None:
            return
        commits = [commit for commit, _ in self.git.history.log(state.tip, limit=2)]
        before = (
            self.deployments.state_at(environment, commits[1]).record if len(commits) > 1 else None
        )
        number = (before.number or 0) if before else 0
        where = self.deployments.place(environment, state.tip)
        for error in out_of_order(before, state.record, environment, where, number=number):
            raise error

    def proven(
        self, snapshot: Snapshot, environment: str, commit: str, serving: Serving
    ) -> dict[str, Rendered]:
        """Return the rendered workflows of a *serving*, each compared with its release.

        Raises TamperedError for a form that its release doesn't render to. Workflows that an
        unfinished deployment left behind are not compared: they were found in AWS.
        """
        forms = self.deployments.served(environment, commit, serving)
        where = self.deployments.place(environment, commit)
        by_version: dict[str, dict[str, Rendered]] = {}
        for name, served in serving.workflows.items():
            if not served.left_behind:
                by_version.setdefault(served.version, {})[name] = forms[name]
        for version, mine in by_version.items():
            digests = {name: serving.workflows[name].digest for name in mine}
            release = self.served_release(snapshot, environment, version, digests)
            if release is None:
                raise TamperedError(f"{where} names {version}, which is not a release.")
            refuse_forged(serving, mine, release, where=where)
        return forms

    def served_release(
        self, snapshot: Snapshot, environment: str, version: str, digests: Mapping[str, str]
    ) -> Release | None:
        """Return the release that has workflows with these *digests* as *version*.

        On this machine, it may be a local trial whose number another release has taken.
        """
        private = environment in self.layout.private
        trial = self.releases.yielded(snapshot, version) if private else None
        if trial is not None and trial.has_workflows(digests):
            return trial
        return self.releases.release(snapshot, version)
