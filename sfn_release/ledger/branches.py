"""The ledger's branches, here and on the remote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sfn_release.errors import ConflictError, GitError, SfnReleaseError
from sfn_release.ledger.git import Git, NotReachedError
from sfn_release.ledger.layout import TAGS, Layout
from sfn_release.ledger.local_trials import LocalTrials
from sfn_release.ledger.mirror import Mirror
from sfn_release.ledger.snapshot import Snapshot
from sfn_release.release.version import is_version


@dataclass(frozen=True)
class Branches:
    """Reads the ledger's branches. *mirror* is None when this clone is the ledger."""

    git: Git
    layout: Layout
    mirror: Mirror | None
    trials: LocalTrials

    def snapshot(self, *, offline: bool = False) -> Snapshot:
        """Read every ref of the ledger, after fetching the remote's changes.

        A local trial gives up its number if a release has it. With *offline*, a remote that
        isn't reached is no error: the snapshot has the refs of the last time, and a warning.

        Raises TamperedError when the remote's history was rewritten, GitError when the remote
        isn't reached.
        """
        return self.trials.yield_number(self._read(offline=offline))

    def snapshot_for(self, environment: str) -> Snapshot:
        """Read the ledger for a deployment to *environment*.

        A deployment on this machine goes on without the remote; any other needs it.
        """
        return self.snapshot(offline=environment in self.layout.private)

    def _read(self, *, offline: bool) -> Snapshot:
        layout, mirror = self.layout, self.mirror
        ours = self.git.refs.find(
            *layout.blocking_refs(), layout.local_ref, layout.copies_ref + layout.project
        )
        own = self._own(ours)
        refs = {**self._public(ours), **own.refs}
        self._refuse_blocking(ours, "this clone")
        if mirror is None:
            return replace(own, refs=refs)
        try:
            theirs, tags = self._read_remote(mirror, again=not offline)
            mirror.fetch(theirs, ours)
        except NotReachedError as error:
            if not offline:
                raise GitError(
                    f"The ledger's remote {mirror.remote} was not reached.",
                    why=error.why,
                    fix=error.fix or "Where it is set: `remote` in releases.toml, `git remote -v`.",
                ) from error
            refs |= {ref: ours[copy] for ref in refs if (copy := layout.copy_ref(ref)) in ours}
            warning = f"the remote {mirror.remote} was not reached: this is its last known state"
            return replace(own, refs=refs, warning=warning)
        mirror.refuse_deleted(theirs, ours)
        kept = frozenset(refs) - {*theirs}
        return replace(own, refs={**refs, **theirs}, kept=kept, tags=tags)

    def _read_remote(self, mirror: Mirror, *, again: bool) -> tuple[dict[str, str], dict[str, str]]:
        """Return the ledger's branches on the remote, and all of its tags."""
        patterns = [f"{self.layout.base}*", *self.layout.blocking_refs(), f"{TAGS}*"]
        found = self.git.remotes.ls_remote(mirror.remote, patterns, again=again)
        tags = {ref: commit for ref, commit in found.items() if ref.startswith(TAGS)}
        branches = {ref: commit for ref, commit in found.items() if ref not in tags}
        self._refuse_blocking(branches, mirror.remote)
        return {ref: commit for ref, commit in branches.items() if self.layout.is_shared(ref)}, tags

    def _public(self, ours: Mapping[str, str]) -> dict[str, str]:
        """Return this clone's refs that are public branches of the ledger, or copies of them."""
        return {ref: commit for ref, commit in ours.items() if self.layout.is_public(ref)}

    def _own(self, ours: Mapping[str, str]) -> Snapshot:
        """Return the refs that stay in this clone."""
        layout = self.layout

        def below(folder: str) -> dict[str, str]:
            start = f"{layout.local_ref}/{folder}/"
            return {
                ref.removeprefix(start): commit
                for ref, commit in ours.items()
                if ref.startswith(start)
            }

        refs = {layout.private_env_ref(name): commit for name, commit in below("env").items()}
        if layout.trial_yanks_ref in ours:
            refs[layout.trial_yanks_ref] = ours[layout.trial_yanks_ref]
        trials, yielded = (
            {version: commit for version, commit in below(folder).items() if is_version(version)}
            for folder in ("releases", "yielded")
        )
        return Snapshot(refs, trials, yielded)

    def _refuse_blocking(self, found: Iterable[str], where: str) -> None:
        """Raise ConflictError when a branch has the name of a folder of the ledger's."""
        for ref in self.layout.blocking_refs():
            if ref in found:
                name = ref.removeprefix("refs/heads/")
                raise ConflictError(
                    f"{ref} in {where} is in the way of the ledger.",
                    why=f"Git can't keep {name} and {name}/… side by side.",
                    fix=f"Rename it (git branch -m {name} old-{name.replace('/', '-')}), or set"
                    " another `ledger` in releases.toml.",
                )

    # Looking at single branches

    def examine(self) -> tuple[Snapshot, dict[str, SfnReleaseError]]:
        """Read every ref as `snapshot` does, and return the error of each broken ref.

        A branch that was rewritten or deleted on the remote is in the snapshot as this clone saw it
        last.
        """
        try:
            return self.snapshot(), {}
        except SfnReleaseError as error:
            first = error
        mirror = self.mirror
        if mirror is None:
            return self._last_seen(), {"this clone": first}
        try:
            theirs = self.git.remotes.ls_remote(
                mirror.remote, [f"{self.layout.base}*"], again=False
            )
        except NotReachedError:
            unreached = self.snapshot(offline=True)
            return replace(unreached, kept=self._last_seen().kept), {mirror.remote: first}
        problems = self._problems(mirror, theirs)
        # Without a broken branch, the first error stands: another branch is in the way.
        return self._last_seen(), problems or {mirror.remote: first}

    def _problems(self, mirror: Mirror, theirs: Mapping[str, str]) -> dict[str, SfnReleaseError]:
        """Return the error of each branch that was rewritten or deleted on the remote."""
        layout, problems = self.layout, dict[str, SfnReleaseError]()
        copies = layout.copy_ref(layout.base)
        ours = self.git.refs.find(layout.base, copies)
        shared = {ref: commit for ref, commit in theirs.items() if layout.is_shared(ref)}
        gone = {layout.original_ref(ref) for ref in ours if ref.startswith(copies)} - {*theirs}
        for ref in sorted({*shared, *gone}):
            copy = layout.copy_ref(ref)
            try:
                mirror.fetch({ref: shared[ref]} if ref in shared else {}, ours)
                mirror.refuse_deleted(theirs, [copy] if copy in ours else [])
            except SfnReleaseError as error:
                problems[ref] = error
        return problems

    def _last_seen(self) -> Snapshot:
        """Return every ref as this clone has it; of the remote's branches, the copies."""
        layout = self.layout
        copies = layout.copy_ref(layout.base)
        ours = self.git.refs.find(layout.base, copies, layout.local_ref)
        own = self._own(ours)
        refs = {**self._public(ours), **own.refs}
        refs |= {
            layout.original_ref(ref): commit
            for ref, commit in ours.items()
            if ref.startswith(copies)
        }
        kept = frozenset(ref for ref in refs if layout.copy_ref(ref) not in ours)
        return replace(own, refs=refs, kept=kept)

    def was_deployed_to(self, environment: str) -> bool:
        """Return whether this clone has records of an environment; the remote is not asked."""
        ref = self.layout.env_ref(environment)
        return bool(self.git.refs.find(ref, self.layout.copy_ref(ref)))

    def tip(self, environment: str) -> str | None:
        """Return the tip of an environment's branch at this moment, on the remote if it's there."""
        ref = self.layout.env_ref(environment)
        remote = self.layout.remote_of(ref)
        if remote is None:
            return self.git.refs.find(ref).get(ref)
        return self.git.remotes.ls_remote(remote, [ref]).get(ref)
