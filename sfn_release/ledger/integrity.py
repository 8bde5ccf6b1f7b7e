"""Holding the ledger against itself before it is used, and not only in `verify`.

A release is held against its tag, a recorded form against its release, each branch against what the
others saw of it. What this costs depends on what is used, and not on how much was ever written.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from sfn_release.errors import TamperedError
from sfn_release.ledger.branches import Snapshot
from sfn_release.ledger.event_order import out_of_order
from sfn_release.ledger.git.tag_objects import tag_texts
from sfn_release.ledger.release_history import LedgerReader
from sfn_release.ledger.seen_trailers import lost, sights
from sfn_release.ledger.tag_checks import (
    TagRefs,
    carried_digest,
    disagreeing,
    lost_release,
    misplaced,
)
from sfn_release.release.record import Serving, State, refuse_forged
from sfn_release.release.release import Manifest, Release
from sfn_release.release.rendering import Rendered


class LedgerProver(LedgerReader):
    """A ledger that is checked before it is used."""

    def refuse_other_tag(
        self, snapshot: Snapshot, manifest: Manifest, *, unmade: bool = False
    ) -> None:
        """Raise TamperedError when a release's tag was moved, deleted, or carries another digest.

        With *unmade*, a missing tag is one that is yet to be made. Asked is the remote, where there
        is one and it knows the release; else this clone, as far as it has tags. Releases of what
        was found in AWS have none.
        """
        trial = self.remote is not None and manifest.version in snapshot.trials
        if trial or manifest.found:
            return
        shared = self._knows_tags(snapshot)
        ref = f"refs/tags/{manifest.tag}"
        tags = TagRefs(self.git.refs.find(ref), snapshot.tags, self.remote)
        refs = tags.of(shared=shared)
        if ref not in refs and (unmade or snapshot.warning):
            return
        wrong = misplaced(manifest, tags, shared=shared)
        if wrong is not None:
            raise wrong
        texts = tag_texts(self.git, self.remote if shared else None, {ref: refs[ref]})
        wrong = disagreeing(manifest, texts[ref], tags.where(shared=shared))
        if wrong is not None:
            raise wrong

    def refuse_lost_release(self, snapshot: Snapshot, version: str) -> None:
        """Raise TamperedError when a tag says that *version*, not in the ledger, was released.

        In a ledger without any release, the tags of all versions are asked. While the remote isn't
        reached, nothing is said: a fresh clone has the tags, and no branch of the ledger yet.
        """
        if snapshot.warning:
            return
        here = self.git.refs.find("refs/tags/")
        tags = TagRefs(here, snapshot.tags, self.remote)
        refs = tags.of(shared=self._knows_tags(snapshot))
        name = self.tag_name(version if self.releases_ref in snapshot.refs else "*")
        asked = {
            ref: at
            for ref, at in refs.items()
            if f"{ref}^{{}}" in refs and fnmatchcase(ref, f"refs/tags/{name}")
        }
        remote = self.remote if self._knows_tags(snapshot) else None
        own = f"refs/tags/{self.tag_name(version)}"
        texts = tag_texts(self.git, remote, asked)
        for ref in sorted(texts, key=lambda ref: (ref != own, ref)):
            carried = carried_digest(texts[ref], self.project)
            if carried is None or carried[0] in snapshot.trials:
                continue
            again = self.snapshot(offline=not self._knows_tags(snapshot))
            if not self._holds(again, carried[0]):  # it may have been released meanwhile
                raise lost_release(ref, *carried, self.releases_ref, tags)

    def _holds(self, snapshot: Snapshot, version: str) -> bool:
        return self._branch_commit(snapshot, version) is not None or version in snapshot.trials

    def _knows_tags(self, snapshot: Snapshot) -> bool:
        """Tell whether the remote was reached, and has the releases' tags."""
        there = self.remote is not None and self.releases_ref not in snapshot.kept
        return there and not snapshot.warning

    def refuse_lost(self, snapshot: Snapshot, environment: str | None = None) -> None:
        """Raise TamperedError when a branch is missing, or was cut back, that another one saw.

        Only branches that decide what may be deployed to *environment* are looked for: those of the
        releases, the yanks and the environment itself. Asked are the tips of all branches. `verify`
        walks along all of them, and looks for all.
        """
        # Refs are not read all at once: a branch may have moved after another one was read.
        if self._lost(snapshot, environment):
            again = self.snapshot(offline=bool(snapshot.warning))
            for error in self._lost(again, environment):
                raise error

    def _lost(self, snapshot: Snapshot, environment: str | None) -> list[TamperedError]:
        inside = f"{self.prefix}/{self.project}/"
        tips = sorted({at for ref, at in snapshot.refs.items() if self.witnesses(ref)})
        deciding = {"releases", "yanks", *([f"env/{environment}"] if environment else [])}
        found = [
            one for one in sights(tips, self.git.objects.messages(tips)) if one.branch in deciding
        ]

        def holds(branch: str, commit: str) -> bool:
            tip = snapshot.refs[inside + branch]
            return commit == tip or self.git.history.is_ancestor(commit, tip)

        return [error for _, error in lost(found, snapshot.refs, inside, holds)]

    def witnesses(self, ref: str) -> bool:
        """Tell whether a branch says of others what everybody can check."""
        inside = ref.startswith(f"{self.prefix}/{self.project}/")
        own = ref.startswith(f"{self.local_ref}/")
        return inside and not own and (self.remote is None or self.shared(ref))

    def refuse_edited(self, snapshot: Snapshot, environment: str, state: State) -> None:
        """Raise TamperedError when the newest event of an environment was not written by a run.

        Checked are its place after the event before it, and everything that it says is served.
        """
        if state.tip is None or state.record is None:
            return
        commits = [commit for commit, _ in self.git.history.log(state.tip, limit=2)]
        before = self.state_at(environment, commits[1]).record if len(commits) > 1 else None
        number = (before.number or 0) if before else 0
        where = self.place(environment, state.tip)
        for error in out_of_order(before, state.record, environment, where, number=number):
            raise error
        if state.serving is not None:
            self.proven(snapshot, environment, state.tip, state.serving)

    def proven(
        self, snapshot: Snapshot, environment: str, commit: str, serving: Serving
    ) -> dict[str, Rendered]:
        """Return what `served` does, once each form is known to be what its release renders to.

        Raises TamperedError. What an unfinished attempt left was found in AWS, and never rendered.
        """
        forms = self.served(environment, commit, serving)
        where = self.place(environment, commit)
        of_release: dict[str, dict[str, Rendered]] = {}
        for name, served in serving.workflows.items():
            if not served.left_behind:
                of_release.setdefault(served.version, {})[name] = forms[name]
        for version, mine in of_release.items():
            digests = {name: serving.workflows[name].digest for name in mine}
            release = self._served_release(snapshot, environment, version, digests)
            if release is None:
                raise TamperedError(f"{where} names {version}, which is not a release.")
            refuse_forged(serving, mine, release, where=where)
        return forms

    def _served_release(
        self, snapshot: Snapshot, environment: str, version: str, digests: Mapping[str, str]
    ) -> Release | None:
        """Return the release that served workflows with these *digests* as *version*.

        On this machine, that may be a local trial whose number another release took later.
        """
        trial = self.yielded(snapshot, version) if environment in self.private else None
        if trial is not None and trial.holds(digests):
            return trial
        return self.release(snapshot, version)
