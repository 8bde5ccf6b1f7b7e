"""The ledger: releases and deployments as commits on branches of their own.

No database and no state file. Nothing here touches the work tree, the index or anyone's branch.

    <prefix>/<project>/releases        one commit per release
    <prefix>/<project>/env/<name>      one commit per deployment event
    refs/tags/<tag>                    annotated, on the source commit

With a remote, the remote alone is the truth: objects are built, pushed by id with a lease, and only
then do refs of this clone advance. What the remote was last seen to hold stands below
``refs/sfn-release-remotes``, fetched without force, so that a rewrite there is refused. Records of
``local`` and releases that only ``local`` knows (``refs/sfn-release-unpushed``) stay in the clone.

Writes are compare-and-swap: RefMovedError means that somebody else wrote first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sfn_release.canonical import dumps
from sfn_release.errors import ConflictError, GitError, NotFoundError, TamperedError
from sfn_release.git import Git, RefMovedError, RefUpdate
from sfn_release.record import Record, Serving, State, served_forms
from sfn_release.release import (
    Manifest,
    Precedence,
    Release,
    definition_path,
    is_version,
    make_release,
    read_json,
    read_manifest,
    read_release,
    release_files,
)
from sfn_release.rendering import Rendered

_BLOB = "100644"
_TREE = "040000"


@dataclass(frozen=True)
class Snapshot:
    """What the ledger's refs were when they were read: full ref to commit.

    *unpushed* maps versions that only this clone knows to their ledger commits. *kept* are refs
    that the remote does not have: private ones, and all that was written before there was a remote.
    *warning* tells that the remote was not reached and this is what was last seen of it.
    """

    refs: Mapping[str, str]
    unpushed: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    warning: str = ""


@dataclass(frozen=True)
class Ledger:
    """The ledger of one project. *remote* is None when it lives in this clone alone.

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
        return {self.env_ref(environment) for environment in self.private}

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
        )
        start = f"refs/sfn-release-unpushed/{self.project}/"
        unpushed = {ref[len(start) :]: at for ref, at in ours.items() if ref.startswith(start)}
        inside = f"{self.prefix}/{self.project}/"
        refs = {ref: at for ref, at in ours.items() if ref.startswith(inside)}
        self._refuse_in_the_way(ours, "this clone")
        if self.remote is None:
            return Snapshot(refs, unpushed)
        try:
            theirs = self.git.ls_remote(self.remote, [inside + "*", *self._above()])
        except GitError as error:
            if not offline:
                raise GitError(
                    f"The ledger's remote {self.remote} was not reached.",
                    why=error.why,
                    fix="Where it is set: `remote` in releases.toml, `git remote -v`.",
                ) from error
            refs |= {ref: ours[seen] for ref in refs if (seen := self._seen_ref(ref)) in ours}
            warning = f"the remote {self.remote} was not reached: this is what was last seen of it"
            return Snapshot(refs, unpushed, warning=warning)
        self._refuse_in_the_way(theirs, self.remote)
        for ref in self._private_refs():
            theirs.pop(ref, None)
        self._fetch(theirs, ours)
        self._refuse_deleted(theirs, ours)
        return Snapshot({**refs, **theirs}, unpushed, kept=frozenset(refs) - {*theirs})

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
            ref = f"{self.prefix}/{seen[len(start) :]}"
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
        try:
            self.git.fetch(self.remote, {ref: self._seen_ref(ref) for ref in changed})
        except RefMovedError as error:
            raise TamperedError(
                f"The ledger on {self.remote} was rewritten: it no longer contains what this clone"
                " has seen of it.",
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
        if mine != new and ref not in self.git.checked_out():
            self.git.update_refs([RefUpdate(ref, new, mine)])

    def release(self, snapshot: Snapshot, version: str) -> Release | None:
        """Return a release with its definitions, every digest verified; None if there is none."""
        commit = self._release_commit(snapshot, version)
        if commit is None:
            return None
        names = self.git.tree(commit, "definitions")
        paths = ["manifest.json", *(f"definitions/{name}" for name in names)]
        contents = self.git.read_many([(commit, path) for path in paths])
        where = f"{self.releases_ref} ({commit[:12]})"
        release = read_release(
            dict(zip(paths, contents, strict=True)), where=where, ledger_commit=commit
        )
        if release.version != version or release.manifest.project != self.project:
            raise TamperedError(
                f"{where} says it is {version} and holds {release.version}"
                f" of {release.manifest.project}."
            )
        return release

    def _release_commit(self, snapshot: Snapshot, version: str) -> str | None:
        return self._branch_commit(snapshot, version) or snapshot.unpushed.get(version)

    def _branch_commit(self, snapshot: Snapshot, version: str) -> str | None:
        tip = snapshot.refs.get(self.releases_ref)
        found = self.git.log(tip, limit=1, grep=[f"Version: {version}"]) if tip else []
        return found[0][0] if found else None

    def is_pushed(self, snapshot: Snapshot, release: Release) -> bool:
        """Tell whether a release is known beyond this clone, or there is no beyond."""
        # The commits may be the very same: two clones can freeze equal content in one second.
        if self.remote is None:
            return True
        kept = self.releases_ref in snapshot.kept
        return not kept and self._branch_commit(snapshot, release.version) is not None

    def manifests(self, snapshot: Snapshot, *, limit: int | None = None) -> list[Manifest]:
        """Return the manifests of the releases, the highest version first."""
        commits = list(self._commits(snapshot).values())
        found = [
            read_manifest(content, where=f"{self.releases_ref} ({commit[:12]})")
            for commit, content in zip(
                commits,
                self.git.read_many([(commit, "manifest.json") for commit in commits]),
                strict=True,
            )
        ]
        found.sort(key=lambda manifest: Precedence(manifest.version), reverse=True)
        return found[:limit]

    def versions(self, snapshot: Snapshot) -> list[str]:
        """Return every released version, the highest first."""
        return sorted(self._commits(snapshot), key=Precedence, reverse=True)

    def _commits(self, snapshot: Snapshot) -> dict[str, str]:
        """Return the ledger commit of every released version."""
        tip = snapshot.refs.get(self.releases_ref)
        found: dict[str, str] = {}
        for commit, subject in self.git.log(tip) if tip else []:
            version = subject.removeprefix("release ")
            where = f"{self.releases_ref} ({commit[:12]})"
            if f"release {version}" != subject or not is_version(version):
                raise TamperedError(f"{where} is not the commit of a release: {subject!r}.")
            if version in found:
                raise TamperedError(
                    f"{where} and {found[version][:12]} both say that they are {version}."
                )
            found[version] = commit
        return {**snapshot.unpushed, **found}

    def predecessor(self, snapshot: Snapshot, version: str) -> Manifest | None:
        """Return the manifest of the highest release below *version*."""
        limit = Precedence(version)
        below = (name for name in self.versions(snapshot) if Precedence(name) < limit)
        highest = next(below, None)
        commit = self._release_commit(snapshot, highest) if highest else None
        if commit is None:
            return None
        content = self.git.read(commit, "manifest.json")
        return read_manifest(content, where=f"{self.releases_ref} ({commit[:12]})")

    def reachable(self, environment: str) -> Snapshot:
        """Read the ledger as a deployment to *environment* has to.

        One that stays on this machine goes on without the remote; any other needs it.
        """
        return self.snapshot(offline=environment in self.private)

    def state(self, snapshot: Snapshot, environment: str) -> State:
        """Return the tip of an environment's branch."""
        tip = snapshot.refs.get(self.env_ref(environment))
        return self.state_at(environment, tip) if tip else State()

    def state_at(self, environment: str, commit: str) -> State:
        """Return the event and the serving of one commit of an environment's branch."""
        event, serving = self.git.read_many(
            [(commit, "deployment.json"), (commit, "manifest.json")]
        )
        where = f"{self.env_ref(environment)} ({commit[:12]})"
        record = Record.from_json(read_json(event, where=f"{where}:deployment.json"), where=where)
        return State(
            tip=commit,
            record=record,
            serving=self._serving(serving, where) if serving is not None else None,
        )

    def serving_at(self, environment: str, commit: str) -> Serving:
        """Return what an environment served after one commit of its branch."""
        where = f"{self.env_ref(environment)} ({commit[:12]})"
        return self._serving(self.git.read(commit, "manifest.json"), where)

    @staticmethod
    def _serving(content: bytes | None, where: str) -> Serving:
        return Serving.from_json(read_json(content, where=f"{where}:manifest.json"), where=where)

    def served(self, environment: str, commit: str, serving: Serving) -> dict[str, Rendered]:
        """Return every workflow of a *serving* that *commit* holds, as it was sent."""
        where = f"{self.env_ref(environment)} ({commit[:12]})"
        paths = [(commit, definition_path(name)) for name in serving.workflows]
        contents = self.git.read_many(paths)
        definitions = {
            name: read_json(content, where=f"{where}:{path}")
            for name, content, (_, path) in zip(serving.workflows, contents, paths, strict=True)
        }
        return served_forms(serving, definitions, where=where)

    def last_success(self, state: State, version: str) -> str | None:
        """Return the newest commit after which *version* was served, None if it never was."""
        if state.tip is None:
            return None
        lines = [f"Version: {version}", "Status: succeeded"]
        found = self.git.log(state.tip, limit=1, grep=lines)
        return found[0][0] if found else None

    def events(
        self, environment: str, tip: str | None, *, limit: int | None = None
    ) -> list[tuple[str, Record]]:
        """Return the events of an environment with their commits, newest first."""
        commits = [commit for commit, _ in self.git.log(tip, limit=limit)] if tip else []
        contents = self.git.read_many([(commit, "deployment.json") for commit in commits])
        found = []
        for commit, content in zip(commits, contents, strict=True):
            where = f"{self.env_ref(environment)} ({commit[:12]})"
            value = read_json(content, where=f"{where}:deployment.json")
            found.append((commit, Record.from_json(value, where=where)))
        return found

    def deployments(
        self, environment: str, tip: str | None, *, limit: int | None = None
    ) -> list[Record]:
        """Return the deployments of an environment, each in its last state, newest first."""
        # A deployment has at most two events of its own, next to each other.
        count = None if limit is None else 2 * limit
        latest: dict[str, Record] = {}
        for _, record in self.events(environment, tip, limit=count):
            latest.setdefault(record.id, record)
        return list(latest.values())[:limit]

    def knows(self, state: State, deployment: str) -> bool:
        """Tell whether a deployment id stands in an environment's branch."""
        if state.tip is None:
            return False
        return bool(self.git.log(state.tip, limit=1, grep=[f"Deployment: {deployment}"]))

    # Writing

    def add_release(
        self, release: Release, *, notes: str, at: datetime, push: bool
    ) -> tuple[Release, bool]:
        """Write a release and its tag, and return the release that stands, and whether it is new.

        When the version is released already, the one that stands is returned, whatever its
        content: the caller compares. A half that is missing (the tag, or the remote's copy of what
        only this clone knew) is finished. Without *push*, nothing leaves this clone.

        Raises ConflictError when the tag exists on another commit.
        """
        attempt = 0
        while True:
            snapshot = self.snapshot(offline=not push)
            standing = self.release(snapshot, release.version)
            there = standing is not None and (not push or self.is_pushed(snapshot, standing))
            if standing is not None and standing.digest != release.digest:
                return standing, False
            chosen = standing or release
            try:
                written = self._write_release(
                    snapshot, chosen, notes=notes, at=at, push=push, ledger=not there
                )
            except RefMovedError:
                attempt += 1
                if not self.pause(attempt):
                    raise
                continue
            return written, standing is None

    def _write_release(
        self,
        snapshot: Snapshot,
        release: Release,
        *,
        notes: str,
        at: datetime,
        push: bool,
        ledger: bool,
    ) -> Release:
        """Write the ledger commit (if *ledger*) and the tag (if it is missing), in that order."""
        version = release.version
        shared = push and self.remote is not None
        tip = snapshot.refs.get(self.releases_ref)
        updates = []
        if ledger and tip and self._branch_commit(snapshot, version):
            # The branch is older than the remote, and goes there as it is.
            updates.append(RefUpdate(self.releases_ref, tip, tip))
        elif ledger:
            predecessor = self.predecessor(snapshot, version)
            release = _with_since(release, predecessor)
            commit = self._commit(
                release_files(release), tip, f"release {version}", {"Version": version}, at=at
            )
            release = replace(release, ledger_commit=commit)
            kept_here = self.remote is not None and not push
            if kept_here:
                updates.append(RefUpdate(self._unpushed_ref(version), commit, None))
            else:
                updates.append(RefUpdate(self.releases_ref, commit, tip))
        updates += self._tag_update(release, notes, at=at, shared=shared)
        if updates:
            self._write(updates, shared=shared)
        if shared and version in snapshot.unpushed:
            self.git.delete_ref(self._unpushed_ref(version), snapshot.unpushed[version])
        return release

    def _tag_update(
        self, release: Release, notes: str, *, at: datetime, shared: bool
    ) -> list[RefUpdate]:
        """Return the update that makes the release's tag, nothing when it is there.

        A tag that a person made on this very commit is taken as it is, signed or lightweight.
        """
        name = self.tag_name(release.version)
        ref = f"refs/tags/{name}"
        here = self.git.refs(ref)
        there = here
        if shared:
            assert self.remote is not None  # noqa: S101 - shared means that there is one
            there = self.git.ls_remote(self.remote, [ref, ref + "^{}"])
        commit = release.manifest.commit
        for refs, where in ((there, self.remote if shared else "this clone"), (here, "this clone")):
            found = refs.get(ref + "^{}") or refs.get(ref)
            if found not in (None, commit):
                raise ConflictError(
                    f"The tag {name} exists in {where} on another commit.",
                    why=f"It stands on {found[:12] if found else found},"
                    f" the release is of {commit[:12]}.",
                    fix="A release's tag names its source. Release under another version, or delete"
                    " that tag if it was made by mistake.",
                )
        if ref in there:
            return []
        return [RefUpdate(ref, here.get(ref) or self._make_tag(release, name, notes, at=at), None)]

    def _make_tag(self, release: Release, name: str, notes: str, *, at: datetime) -> str:
        entries = release.manifest.workflows.items()
        digests = "".join(f"{entry.digest}  {workflow}\n" for workflow, entry in entries)
        text = (
            f"{self.project} {release.version}\n\n"
            + (f"{notes.strip()}\n\n" if notes.strip() else "")
            + f"Release digest: {release.digest}\n{digests}"
        )
        by = self.git.identity
        return self.git.write_tag(name, release.manifest.commit, text, by=by, at=at)

    def append(
        self,
        environment: str,
        state: State,
        record: Record,
        *,
        serving: Serving | None = None,
        definitions: Mapping[str, Any] | None = None,
        at: datetime,
    ) -> State:
        """Write an event onto *state*, and what is served from now on when that changes.

        Raises RefMovedError when the branch has moved since *state* was read.
        """
        ref = self.env_ref(environment)
        files = {"deployment.json": dumps(record.to_json()).encode()}
        if serving is not None:
            files["manifest.json"] = dumps(serving.to_json()).encode()
            for name, definition in (definitions or {}).items():
                files[definition_path(name)] = dumps(definition).encode()
        commit = self._commit(
            files,
            state.tip,
            f"{record.action} {record.version} to {environment}: {record.status}",
            {"Deployment": record.id, "Version": record.version, "Status": record.status},
            at=at,
            keep=serving is None,
        )
        self._write([RefUpdate(ref, commit, state.tip)], shared=self._shared(ref))
        return State(commit, record, serving or state.serving)

    def tip(self, environment: str) -> str | None:
        """Return where an environment's branch is right now, asking the remote if there is one."""
        ref = self.env_ref(environment)
        if self._shared(ref):
            assert self.remote is not None  # noqa: S101 - shared means that there is one
            return self.git.ls_remote(self.remote, [ref]).get(ref)
        return self.git.refs(ref).get(ref)

    def drop_local(self) -> list[str]:
        """Forget what stays in this clone: private records, unpushed releases, their tags.

        Returns the versions that were forgotten.
        """
        snapshot = self.snapshot(offline=True)
        forgotten = dict(snapshot.unpushed) if self.remote is not None else {}
        for version, commit in forgotten.items():
            ref = f"refs/tags/{self.tag_name(version)}"
            tag = self.git.refs(ref).get(ref)
            if tag is not None:
                self.git.delete_ref(ref, tag)
            self.git.delete_ref(self._unpushed_ref(version), commit)
        for ref in self._private_refs() & {*snapshot.refs}:
            self.git.delete_ref(ref, snapshot.refs[ref])
        return sorted(forgotten, key=Precedence)

    def _commit(
        self,
        files: Mapping[str, bytes],
        parent: str | None,
        subject: str,
        trailers: Mapping[str, str],
        *,
        at: datetime,
        keep: bool = False,
    ) -> str:
        """Store a commit of *files*; with *keep*, the parent's other files stay."""
        entries = self.git.tree(parent) if keep and parent else {}
        blobs = dict(zip(files, self.git.write_blobs(list(files.values())), strict=True))
        folders: dict[str, dict[str, tuple[str, str, str]]] = {}
        for path, blob in blobs.items():
            folder, _, name = path.rpartition("/")
            (folders.setdefault(folder, {}) if folder else entries)[name] = (_BLOB, "blob", blob)
        for folder, inside in folders.items():
            entries[folder] = (_TREE, "tree", self.git.write_tree(inside))
        lines = "".join(f"{key}: {value}\n" for key, value in trailers.items())
        commit = self.git.write_commit(
            self.git.write_tree(entries),
            parent,
            f"{subject}\n\n{lines}",
            by=self.git.identity,
            at=at,
        )
        self.git.complete(commit, parent)
        return commit

    def _write(self, updates: Sequence[RefUpdate], *, shared: bool) -> None:
        """Move refs: on the remote first when they are shared, then here."""
        branches = {update.ref for update in updates if update.ref.startswith("refs/heads/")}
        taken = branches & self.git.checked_out()
        if taken:
            raise ConflictError(
                f"{min(taken)} is checked out in a work tree.",
                why="Writing to it would move it under whoever works there.",
                fix="Check out another branch there:  git switch main",
            )
        if not shared:
            self.git.update_refs(updates)
            return
        assert self.remote is not None  # noqa: S101 - shared means that there is one
        fetches, pushes = self.git.remote_urls(self.remote)
        if fetches != pushes:
            raise GitError(
                f"The remote {self.remote} fetches from one repository and pushes to another.",
                why=f"{fetches}\n  {pushes}",
                fix="The ledger must be read where it is written: name another `remote`.",
            )
        seen = self.git.refs(*(self._seen_ref(update.ref) for update in updates))
        # What was never seen on the remote is new there, though this clone may have had it before.
        self.git.push(
            self.remote,
            [
                update if self._seen_ref(update.ref) in seen else replace(update, old=None)
                for update in updates
            ],
        )
        here = self.git.refs(*(update.ref for update in updates))
        copies = []
        for update in updates:
            branch = not update.ref.startswith("refs/tags/")
            if here.get(update.ref) != update.new:
                copies.append(RefUpdate(update.ref, update.new, here.get(update.ref)))
            if branch:
                mine = self._seen_ref(update.ref)
                copies.append(RefUpdate(mine, update.new, seen.get(mine)))
        try:
            self.git.update_refs(copies)
        except RefMovedError:
            return  # another process of this clone has read it from the remote already


def open_ledger(
    git: Git,
    *,
    project: str,
    prefix: str,
    tag: str,
    remote: str | None,
    private: frozenset[str],
    pause: Callable[[int], bool],
) -> Ledger:
    """Return a project's ledger.

    A *remote* of None means ``origin`` if there is one, an empty one this clone. Raises
    NotFoundError for a remote that is not there.
    """
    remotes = git.remotes()
    if remote is None:
        remote = "origin" if "origin" in remotes else ""
    if remote and remote not in remotes:
        raise NotFoundError(
            f"There is no Git remote {remote!r}, which releases.toml names for the ledger.",
            fix=f"Add it (git remote add {remote} URL), or set `remote` to one of:"
            f" {', '.join(remotes) or '(none)'}.",
        )
    return Ledger(git, project, prefix, tag, remote or None, private, pause)


def _with_since(release: Release, predecessor: Manifest | None) -> Release:
    """Return the release with every ``since`` told from the *predecessor* that stands now."""
    manifest = release.manifest
    return make_release(
        release.declarations.values(),
        project=manifest.project,
        version=manifest.version,
        commit=manifest.commit,
        tag=manifest.tag,
        date=manifest.date,
        author=manifest.author,
        toolchain=manifest.toolchain,
        predecessor=predecessor,
    )
