"""Where the ledger's refs are, here and on the remote, and reading them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from sfn_release.errors import ConflictError, GitError, SfnReleaseError, TamperedError
from sfn_release.ledger.git import Git, NotReachedError, RefMovedError, RefUpdate
from sfn_release.release.release import is_version

_TAGS = "refs/tags/"
ACCEPT = "sfn-release verify --accept-rewrite"
"""The command that takes rewritten branches as they are."""


@dataclass(frozen=True)
class Snapshot:
    """What the ledger's refs were when they were read: full ref to commit.

    *trials* maps versions that only this clone knows to their ledger commits, *yielded* those whose
    number another release has taken. *kept* are refs
    that the remote does not have: private ones, and all that was written before there was a remote.
    *tags* are all tags of the remote, as `Git.ls_remote` returns them. *warning* tells that the
    remote was not reached and this is what was last seen of it.
    """

    refs: Mapping[str, str]
    trials: Mapping[str, str] = field(default_factory=dict)
    yielded: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    warning: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LedgerRefs:
    """The refs of one project's ledger. *remote* is None when it lives in this clone alone.

    *private* are the environments whose records stay in this clone all the same: what they deploy
    to is on this machine. *pause* waits before the n-th retry of a lost race, or says by False
    that it is enough. *say* shows a line to the user.
    """

    git: Git
    project: str
    prefix: str
    tag: str
    remote: str | None
    private: frozenset[str]
    pause: Callable[[int], bool]
    say: Callable[[str], None]

    # Where things are

    @property
    def inside(self) -> str:
        """How the refs of this ledger begin."""
        return f"{self.prefix}/{self.project}/"

    @property
    def releases_ref(self) -> str:
        """The branch of the releases."""
        return f"{self.prefix}/{self.project}/releases"

    @property
    def local_ref(self) -> str:
        """Where this clone keeps to itself what is tried on this machine, if there is a remote."""
        return f"refs/sfn-release/{self.project}/local"

    def env_ref(self, environment: str) -> str:
        """Return the branch of an environment, a ref that no push finds for a private one."""
        if self.remote is not None and environment in self.private:
            return self.private_env_ref(environment)
        return self.public_env_ref(environment)

    def public_env_ref(self, environment: str) -> str:
        """Return the branch of an environment beside the others of the ledger."""
        return f"{self.prefix}/{self.project}/env/{environment}"

    def private_env_ref(self, environment: str) -> str:
        """Return the ref of the records that stay in this clone."""
        return f"{self.local_ref}/env/{environment}"

    @property
    def yanks_ref(self) -> str:
        """The branch that says which releases are yanked."""
        return f"{self.prefix}/{self.project}/yanks"

    @property
    def own_yanks_ref(self) -> str:
        """The ref that says which trials are yanked."""
        return f"{self.local_ref}/yanks"

    def trial_ref(self, version: str) -> str:
        """Return the ref of a local trial."""
        return f"{self.local_ref}/releases/{version}"

    def source_ref(self, version: str) -> str:
        """Return the ref that keeps the source commit of a local trial."""
        return f"{self.local_ref}/sources/{version}"

    def yielded_ref(self, version: str) -> str:
        """Return the ref of a local trial whose number another release has taken."""
        return f"{self.local_ref}/yielded/{version}"

    def tag_name(self, version: str) -> str:
        """Return the name of a release's Git tag."""
        return self.tag.replace("{version}", version)

    def seen_ref(self, ref: str) -> str:
        """Return the ref of this clone that keeps what *ref* was last seen to be."""
        return f"refs/sfn-release-remotes/{self.remote}/{ref.removeprefix(self.prefix + '/')}"

    def shared(self, ref: str) -> bool:
        """Return whether *ref* lives on the remote."""
        return self.remote is not None and not self._is_private(ref)

    def _is_private(self, ref: str) -> bool:
        """Return whether *ref* is of this clone alone, whatever the remote has of that name."""
        names = (self.public_env_ref(environment) for environment in self.private)
        return ref.startswith(f"{self.local_ref}/") or ref in names

    # Reading

    def snapshot(self, *, offline: bool = False) -> Snapshot:
        """Read every ref of the ledger, after fetching what is new on the remote.

        With *offline*, a remote that is not reached is no error: what was last seen is taken, and
        the snapshot says so. Raises TamperedError when the remote's history was rewritten.
        """
        ours = self.git.refs.find(
            *self._above(),
            self.local_ref,
            f"refs/sfn-release-remotes/{self.remote}/{self.project}",
        )
        inside = self.inside
        own = self._own(ours)
        refs = {**self._inside(ours), **own.refs}
        self._refuse_in_the_way(ours, "this clone")
        if self.remote is None:
            return replace(own, refs=refs)
        try:
            theirs = self.git.remotes.ls_remote(
                self.remote, [inside + "*", *self._above(), f"{_TAGS}*"], again=not offline
            )
            tags = {ref: at for ref, at in theirs.items() if ref.startswith(_TAGS)}
            theirs = {ref: at for ref, at in theirs.items() if ref not in tags}
            self._refuse_in_the_way(theirs, self.remote)
            theirs = {ref: at for ref, at in theirs.items() if self.shared(ref)}
            self._fetch(theirs, ours)
        except NotReachedError as error:
            if not offline:
                raise GitError(
                    f"The ledger's remote {self.remote} was not reached.",
                    why=error.why,
                    fix=error.fix or "Where it is set: `remote` in releases.toml, `git remote -v`.",
                ) from error
            refs |= {ref: ours[seen] for ref in refs if (seen := self.seen_ref(ref)) in ours}
            warning = f"the remote {self.remote} was not reached: this is what was last seen of it"
            return replace(own, refs=refs, warning=warning)
        self._refuse_deleted(theirs, ours)
        kept = frozenset(refs) - {*theirs}
        return replace(own, refs={**refs, **theirs}, kept=kept, tags=tags)

    def _inside(self, ours: Mapping[str, str]) -> dict[str, str]:
        """Return the refs of this clone that are the ledger's, or copies of it."""
        inside = self.inside
        alone = self.remote is None
        return {
            ref: at
            for ref, at in ours.items()
            if ref.startswith(inside)
            and not ref.startswith(f"{self.local_ref}/")
            and (alone or self.shared(ref))
        }

    def _own(self, ours: Mapping[str, str]) -> Snapshot:
        """Return what this clone keeps to itself."""

        def below(folder: str) -> dict[str, str]:
            start = f"{self.local_ref}/{folder}/"
            return {ref[len(start) :]: at for ref, at in ours.items() if ref.startswith(start)}

        refs = {self.private_env_ref(name): at for name, at in below("env").items()}
        if self.own_yanks_ref in ours:
            refs[self.own_yanks_ref] = ours[self.own_yanks_ref]
        trials, yielded = (
            {version: at for version, at in below(folder).items() if is_version(version)}
            for folder in ("releases", "yielded")
        )
        return Snapshot(refs, trials, yielded)

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
        inside = self.inside
        if self.remote is not None:
            try:
                theirs = self.git.remotes.ls_remote(self.remote, [inside + "*"], again=False)
            except NotReachedError:
                unreached = self.snapshot(offline=True)
                return replace(unreached, kept=self._last_seen().kept), {self.remote: first}
            start = self.seen_ref(inside)
            ours = self.git.refs.find(inside, start)
            shared = {ref: at for ref, at in theirs.items() if self.shared(ref)}
            gone = {self.on_remote(seen) for seen in ours if seen.startswith(start)} - {*theirs}
            for ref in sorted({*shared, *gone}):
                seen = self.seen_ref(ref)
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
        inside = self.inside
        seen = self.seen_ref(inside)
        ours = self.git.refs.find(inside, seen, self.local_ref)
        own = self._own(ours)
        refs = {**self._inside(ours), **own.refs}
        refs |= {self.on_remote(ref): at for ref, at in ours.items() if ref.startswith(seen)}
        kept = frozenset(ref for ref in refs if self.seen_ref(ref) not in ours)
        return replace(own, refs=refs, kept=kept)

    def on_remote(self, seen: str) -> str:
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
            ref = self.on_remote(seen)
            if self.shared(ref) and ref not in theirs:
                raise TamperedError(
                    f"{ref} was deleted on {self.remote}.",
                    fix=f"If nobody meant to, put it back:  git push {self.remote} {seen}:{ref}\n"
                    f"If it was meant to:  {ACCEPT}",
                )

    def _fetch(self, theirs: Mapping[str, str], ours: Mapping[str, str]) -> None:
        """Fetch what changed on the remote, and let this clone's copies follow."""
        assert self.remote is not None  # noqa: S101 - snapshot asked
        changed = [ref for ref, at in theirs.items() if ours.get(self.seen_ref(ref)) != at]
        if not changed:
            return
        copies = {
            ref: RefUpdate(seen, theirs[ref], ours.get(seen))
            for ref in changed
            if (seen := self.seen_ref(ref))
        }
        try:
            self.git.remotes.fetch(self.remote, copies)
        except RefMovedError as error:
            raise self._rewritten(copies, error.why) from error
        for ref in changed:
            mine = ours.get(ref)
            if mine and self.seen_ref(ref) not in ours and not self.git.history.is_ancestor(
                mine, theirs[ref]
            ):  # fmt: skip
                raise ConflictError(
                    f"This clone and {self.remote} both have a ledger, with different histories:"
                    f" {ref}.",
                    why="\n  ".join(
                        [
                            f"There was no remote, or {self.remote}'s was rewritten meanwhile.",
                            *self._taken(ref, theirs),
                        ]
                    ),
                    fix=f"Keep the remote's:  git update-ref -d {ref}",
                )
            self._follow(ref, theirs[ref], mine)

    def _rewritten(self, copies: Mapping[str, RefUpdate], why: str) -> TamperedError:
        """Return the error that one of the remote's branches lost what this clone saw of it."""
        ref, copy = next(
            (ref, copy)
            for ref, copy in copies.items()
            if copy.old and not self.git.history.is_ancestor(copy.old, copy.new)
        )
        return TamperedError(
            f"{ref} on {self.remote} was rewritten: it no longer contains what this clone has seen"
            " of it.",
            why=why,
            fix=f"Find out who pushed by force, and why. To see what was dropped:"
            f"  git log {copy.new[:12]}..{copy.ref}\nIf it was meant to (a forged commit was"
            f" removed):  {ACCEPT}\nOtherwise put the branch back:"
            f"  git push --force {self.remote} {copy.ref}:{ref}",
        )

    def _taken(self, ref: str, theirs: Mapping[str, str]) -> list[str]:
        """Return which version numbers two ledgers that began apart have taken, in words."""
        if ref != self.releases_ref:
            return []
        mine, others = (
            {subject.removeprefix("release ") for _, subject in self.git.history.log(tip)}
            for tip in (self.git.refs.find(ref)[ref], theirs[ref])
        )
        found = {f"Taken on {self.remote}": others, "Only in this clone": mine - others}
        return [f"{what}: {', '.join(sorted(names))}." for what, names in found.items() if names]

    def _follow(self, ref: str, new: str, mine: str | None) -> None:
        """Let this clone's copy of a remote ref follow, unless somebody has it checked out."""
        if mine == new or ref in self.git.work_tree.checked_out():
            return
        try:
            self.git.refs.update([RefUpdate(ref, new, mine)])
        except RefMovedError:
            return  # another process of this clone has read the remote too, perhaps later

    def seen(self, environment: str) -> bool:
        """Tell, without asking the remote, whether an environment was ever deployed to."""
        ref = self.env_ref(environment)
        return bool(self.git.refs.find(ref, self.seen_ref(ref)))

    def reachable(self, environment: str) -> Snapshot:
        """Read the ledger as a deployment to *environment* has to.

        One that stays on this machine goes on without the remote; any other needs it.
        """
        return self.snapshot(offline=environment in self.private)

    def tip(self, environment: str) -> str | None:
        """Return where an environment's branch is right now, asking the remote if there is one."""
        ref = self.env_ref(environment)
        if self.shared(ref):
            assert self.remote is not None  # noqa: S101 - shared means that there is one
            return self.git.remotes.ls_remote(self.remote, [ref]).get(ref)
        return self.git.refs.find(ref).get(ref)
