"""Where the ledger's refs are, here and on the remote, and reading them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sfn_release.errors import ConflictError, GitError, SfnReleaseError, TamperedError
from sfn_release.git import Git, NotReachedError, RefMovedError, RefUpdate

_TAGS = "refs/tags/"


@dataclass(frozen=True)
class Snapshot:
    """What the ledger's refs were when they were read: full ref to commit.

    *unpushed* maps versions that only this clone knows to their ledger commits. *kept* are refs
    that the remote does not have: private ones, and all that was written before there was a remote.
    *tags* are all tags of the remote, as `Git.ls_remote` returns them. *warning* tells that the
    remote was not reached and this is what was last seen of it.
    """

    refs: Mapping[str, str]
    unpushed: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    warning: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LedgerRefs:
    """The refs of one project's ledger. *remote* is None when it lives in this clone alone.

    *private* are the environments whose records stay in this clone all the same: what they deploy
    to is on this machine. *pause* waits before the n-th retry of a lost race, or says by False
    that it is enough.
    """

    git: Git
    project: str
    prefix: str
    tag: str
    remote: str | None
    private: frozenset[str]
    pause: Callable[[int], bool]

    # Where things are

    @property
    def releases_ref(self) -> str:
        """The branch of the releases."""
        return f"{self.prefix}/{self.project}/releases"

    def env_ref(self, environment: str) -> str:
        """Return the branch of an environment."""
        return f"{self.prefix}/{self.project}/env/{environment}"

    @property
    def yanks_ref(self) -> str:
        """The branch that says which releases are yanked."""
        return f"{self.prefix}/{self.project}/yanks"

    @property
    def own_yanks_ref(self) -> str:
        """The ref that says which of the releases that only this clone knows are yanked."""
        return f"refs/sfn-release-yanked/{self.project}"

    def tag_name(self, version: str) -> str:
        """Return the name of a release's Git tag."""
        return self.tag.replace("{version}", version)

    def _seen_ref(self, ref: str) -> str:
        return f"refs/sfn-release-remotes/{self.remote}/{ref.removeprefix(self.prefix + '/')}"

    def _unpushed_ref(self, version: str) -> str:
        return f"refs/sfn-release-unpushed/{self.project}/{version}"

    def _shared(self, ref: str) -> bool:
        """Tell whether *ref* lives on the remote."""
        return self.remote is not None and ref not in self._private_refs()

    def _private_refs(self) -> set[str]:
        return {self.own_yanks_ref, *(self.env_ref(environment) for environment in self.private)}

    # Reading

    def snapshot(self, *, offline: bool = False) -> Snapshot:
        """Read every ref of the ledger, after fetching what is new on the remote.

        With *offline*, a remote that is not reached is no error: what was last seen is taken, and
        the snapshot says so. Raises TamperedError when the remote's history was rewritten.
        """
        ours = self.git.refs(
            *self._above(),
            f"refs/sfn-release-unpushed/{self.project}",
            f"refs/sfn-release-remotes/{self.remote}/{self.project}",
            self.own_yanks_ref,
        )
        start = f"refs/sfn-release-unpushed/{self.project}/"
        unpushed = {ref[len(start) :]: at for ref, at in ours.items() if ref.startswith(start)}
        inside = f"{self.prefix}/{self.project}/"
        own = {self.own_yanks_ref}
        refs = {ref: at for ref, at in ours.items() if ref.startswith(inside) or ref in own}
        self._refuse_in_the_way(ours, "this clone")
        if self.remote is None:
            return Snapshot(refs, unpushed)
        try:
            theirs = self.git.ls_remote(
                self.remote, [inside + "*", *self._above(), f"{_TAGS}*"], again=not offline
            )
            tags = {ref: at for ref, at in theirs.items() if ref.startswith(_TAGS)}
            theirs = {ref: at for ref, at in theirs.items() if ref not in tags}
            self._refuse_in_the_way(theirs, self.remote)
            for ref in self._private_refs():
                theirs.pop(ref, None)
            self._fetch(theirs, ours)
        except NotReachedError as error:
            if not offline:
                raise GitError(
                    f"The ledger's remote {self.remote} was not reached.",
                    why=error.why,
                    fix=error.fix or "Where it is set: `remote` in releases.toml, `git remote -v`.",
                ) from error
            refs |= {ref: ours[seen] for ref in refs if (seen := self._seen_ref(ref)) in ours}
            warning = f"the remote {self.remote} was not reached: this is what was last seen of it"
            return Snapshot(refs, unpushed, warning=warning)
        self._refuse_deleted(theirs, ours)
        kept = frozenset(refs) - {*theirs}
        return Snapshot({**refs, **theirs}, unpushed, kept=kept, tags=tags)

    def examine(self) -> tuple[Snapshot, dict[str, SfnReleaseError]]:
        """Read every ref as `snapshot` does, and return what is wrong with each of them.

        A ref that was rewritten or deleted on the remote stands in the snapshot as it was last
        seen there.
        """
        try:
            return self.snapshot(), {}
        except SfnReleaseError as error:
            first = error
        problems: dict[str, SfnReleaseError] = {}
        inside = f"{self.prefix}/{self.project}/"
        if self.remote is not None:
            try:
                theirs = self.git.ls_remote(self.remote, [inside + "*"], again=False)
            except NotReachedError:
                return self.snapshot(offline=True), {self.remote: first}
            start = self._seen_ref(inside)
            ours = self.git.refs(inside, start)
            shared = {ref: at for ref, at in theirs.items() if self._shared(ref)}
            gone = {self._on_remote(seen) for seen in ours if seen.startswith(start)} - {*theirs}
            for ref in sorted({*shared, *gone}):
                seen = self._seen_ref(ref)
                try:
                    self._fetch({ref: shared[ref]} if ref in shared else {}, ours)
                    self._refuse_deleted(theirs, {seen: ours[seen]} if seen in ours else {})
                except SfnReleaseError as error:
                    problems[ref] = error
        # Whatever else was wrong (a branch in the way) is what was found first.
        snapshot = self._last_seen()
        return snapshot, problems or {self.remote or "this clone": first}

    def _last_seen(self) -> Snapshot:
        """Return every ref as this clone has it: as last seen on the remote, where that is."""
        inside = f"{self.prefix}/{self.project}/"
        start = f"refs/sfn-release-unpushed/{self.project}/"
        seen = self._seen_ref(inside)
        ours = self.git.refs(inside, start, seen, self.own_yanks_ref)
        refs = {ref: at for ref, at in ours.items() if not ref.startswith((start, seen))}
        refs |= {self._on_remote(ref): at for ref, at in ours.items() if ref.startswith(seen)}
        unpushed = {ref[len(start) :]: at for ref, at in ours.items() if ref.startswith(start)}
        return Snapshot(refs, unpushed)

    def _on_remote(self, seen: str) -> str:
        """Return the ref of the remote that *seen* is the copy of."""
        start = f"refs/sfn-release-remotes/{self.remote}/"
        return f"{self.prefix}/{seen[len(start) :]}"

    def _above(self) -> list[str]:
        """Return the refs that cannot be there beside the ledger's, which are below them."""
        parts = f"{self.prefix}/{self.project}".split("/")
        return ["/".join(parts[:count]) for count in range(3, len(parts) + 1)]

    def _refuse_in_the_way(self, there: Mapping[str, str], where: str) -> None:
        for ref in self._above():
            if ref in there:
                name = ref.removeprefix("refs/heads/")
                raise ConflictError(
                    f"{ref} in {where} is in the way of the ledger.",
                    why=f"Git cannot keep {name} and {name}/… side by side.",
                    fix=f"Rename it (git branch -m {name} old-{name.replace('/', '-')}), or set"
                    " another `ledger` in releases.toml.",
                )

    def _refuse_deleted(self, theirs: Mapping[str, str], ours: Mapping[str, str]) -> None:
        start = f"refs/sfn-release-remotes/{self.remote}/"
        for seen in (ref for ref in ours if ref.startswith(start)):
            ref = self._on_remote(seen)
            if self._shared(ref) and ref not in theirs:
                raise TamperedError(
                    f"{ref} was deleted on {self.remote}.",
                    fix=f"If nobody meant to, put it back:  git push {self.remote} {seen}:{ref}",
                )

    def _fetch(self, theirs: Mapping[str, str], ours: Mapping[str, str]) -> None:
        """Fetch what changed on the remote, and let this clone's copies follow."""
        assert self.remote is not None  # noqa: S101 - snapshot asked
        changed = [ref for ref, at in theirs.items() if ours.get(self._seen_ref(ref)) != at]
        if not changed:
            return
        copies = {
            ref: RefUpdate(seen, theirs[ref], ours.get(seen))
            for ref in changed
            if (seen := self._seen_ref(ref))
        }
        try:
            self.git.fetch(self.remote, copies)
        except RefMovedError as error:
            what = changed[0] if len(changed) == 1 else "The ledger"
            raise TamperedError(
                f"{what} on {self.remote} was rewritten: it no longer contains what this clone has"
                " seen of it.",
                why=error.why,
                fix="Find out who pushed by force. What was seen last is kept below"
                f" refs/sfn-release-remotes/{self.remote}.",
            ) from error
        for ref in changed:
            mine = ours.get(ref)
            if mine and self._seen_ref(ref) not in ours and not self.git.is_ancestor(
                mine, theirs[ref]
            ):  # fmt: skip
                raise ConflictError(
                    f"This clone and {self.remote} both have a ledger, with different histories:"
                    f" {ref}.",
                    why="This clone's was written while it had no remote.",
                    fix=f"Keep the remote's:  git update-ref -d {ref}",
                )
            self._follow(ref, theirs[ref], mine)

    def _follow(self, ref: str, new: str, mine: str | None) -> None:
        """Let this clone's copy of a remote ref follow, unless somebody has it checked out."""
        if mine == new or ref in self.git.checked_out():
            return
        try:
            self.git.update_refs([RefUpdate(ref, new, mine)])
        except RefMovedError:
            return  # another process of this clone has read the remote too, perhaps later

    def seen(self, environment: str) -> bool:
        """Tell, without asking the remote, whether an environment was ever deployed to."""
        ref = self.env_ref(environment)
        return bool(self.git.refs(ref, self._seen_ref(ref)))

    def reachable(self, environment: str) -> Snapshot:
        """Read the ledger as a deployment to *environment* has to.

        One that stays on this machine goes on without the remote; any other needs it.
        """
        return self.snapshot(offline=environment in self.private)

    def tip(self, environment: str) -> str | None:
        """Return where an environment's branch is right now, asking the remote if there is one."""
        ref = self.env_ref(environment)
        if self._shared(ref):
            assert self.remote is not None  # noqa: S101 - shared means that there is one
            return self.git.ls_remote(self.remote, [ref]).get(ref)
        return self.git.refs(ref).get(ref)
