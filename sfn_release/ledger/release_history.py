"""Reading the ledger: releases, what environments serve, what was deployed to them.

Everything that is read is verified: what is not what was written is a TamperedError that names the
ref and the commit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sfn_release.canonical import dumps
from sfn_release.errors import TamperedError
from sfn_release.ledger.branches import LedgerRefs, Snapshot
from sfn_release.release.record import BRINGS_NOTHING, Record, Serving, State, served_forms
from sfn_release.release.release import (
    Manifest,
    Precedence,
    Release,
    definition_path,
    is_found,
    is_version,
    read_json,
    read_manifest,
    read_release,
)
from sfn_release.release.rendering import Rendered
from sfn_release.release.yank_list import FILE, Yank, read_yanks

_PAGE = 20  # records that are read at once while one is looked for
_EVENT, _SERVING = "deployment.json", "manifest.json"
_BRINGING_NOTHING = tuple(f"{action} " for action in BRINGS_NOTHING)
_EVENTS = 100  # that are read at once when something is looked for in them


class LedgerReader(LedgerRefs):
    """A ledger that is read."""

    def release(self, snapshot: Snapshot, version: str) -> Release | None:
        """Return a release with its definitions, every digest verified; None if there is none.

        Whether its tag agrees is another question: `refuse_other_tag`.
        """
        self._refuse_two(snapshot, version)
        commit = self._release_commit(snapshot, version)
        return self._release_at(commit, version) if commit else None

    def yielded(self, snapshot: Snapshot, version: str) -> Release | None:
        """Return the local trial whose number another release has taken; None if there is none."""
        commit = snapshot.yielded.get(version)
        return self._release_at(commit, version) if commit else None

    def yielded_digests(self) -> dict[str, str]:
        """Return the release digest of each local trial whose number another release has taken.

        The remote is not asked.
        """
        start = self.yielded_ref("")
        commits = {ref[len(start) :]: at for ref, at in self.git.refs.find(start).items()}
        contents = self.git.objects.read_many([(at, "manifest.json") for at in commits.values()])
        return {
            version: read_manifest(content, where=f"{start}{version}").release_digest
            for version, content in zip(commits, contents, strict=True)
        }

    def _release_at(self, commit: str, version: str) -> Release:
        names = self.git.objects.tree(commit, "definitions")
        paths = ["manifest.json", *(f"definitions/{name}" for name in names)]
        contents = self.git.objects.read_many([(commit, path) for path in paths])
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

    def _refuse_two(self, snapshot: Snapshot, version: str) -> None:
        """Raise TamperedError when several commits say that they are one version.

        Whoever can push may add a second one, whose digests agree with each other.
        """
        tip = snapshot.refs.get(self.releases_ref)
        found = self.git.history.log(tip, limit=2, grep=[f"Version: {version}"]) if tip else []
        if len(found) > 1:
            later, earlier = (commit[:12] for commit, _ in found)
            raise TamperedError(
                f"{self.releases_ref} ({later}) and {earlier} both say that they are {version}.",
                why="A release never changes: it has one commit, and another one is forged.",
                fix=f"`git log {self.releases_ref}` shows who wrote them. Deploy another release"
                " until the forged commit is gone.",
            )

    def _release_commit(self, snapshot: Snapshot, version: str) -> str | None:
        return self._branch_commit(snapshot, version) or snapshot.trials.get(version)

    def _branch_commit(self, snapshot: Snapshot, version: str) -> str | None:
        tip = snapshot.refs.get(self.releases_ref)
        found = self.git.history.log(tip, limit=1, grep=[f"Version: {version}"]) if tip else []
        return found[0][0] if found else None

    def is_pushed(self, snapshot: Snapshot, release: Release) -> bool:
        """Return whether a release stands in the ledger that others read: on the remote, if any."""
        # The commits may be the very same: two clones can freeze equal content in one second.
        commit = self._branch_commit(snapshot, release.version)
        if commit is None or self.releases_ref in snapshot.kept:
            return False
        where = f"{self.releases_ref} ({commit[:12]})"
        manifest = read_manifest(self.git.objects.read(commit, "manifest.json"), where=where)
        return manifest.release_digest == release.digest

    def is_trial(self, version: str) -> bool:
        """Return whether a release is a local trial."""
        return self.remote is not None and bool(self.git.refs.find(self.trial_ref(version)))

    def environments(self, snapshot: Snapshot) -> dict[str, str]:
        """Return the tip of every environment that was ever deployed to, private ones too."""
        public, private = self.public_env_ref(""), self.private_env_ref("")
        return {
            ref[len(start) :]: at
            for ref, at in sorted(snapshot.refs.items())
            for start in (public, private)
            if ref.startswith(start)
        }

    def manifest(self, snapshot: Snapshot, version: str) -> Manifest | None:
        """Return the manifest of one release; None if there is none."""
        commit = self._release_commit(snapshot, version)
        if commit is None:
            return None
        where = f"{self.releases_ref} ({commit[:12]})"
        return read_manifest(self.git.objects.read(commit, "manifest.json"), where=where)

    def manifests(self, snapshot: Snapshot, *, limit: int | None = None) -> list[Manifest]:
        """Return the manifests of the releases, the highest version first."""
        commits = list(self._commits(snapshot).values())
        found = [
            read_manifest(content, where=f"{self.releases_ref} ({commit[:12]})")
            for commit, content in zip(
                commits,
                self.git.objects.read_many([(commit, "manifest.json") for commit in commits]),
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
        for commit, subject in self.git.history.log(tip) if tip else []:
            version = subject.removeprefix("release ")
            where = f"{self.releases_ref} ({commit[:12]})"
            if f"release {version}" != subject or not is_version(version):
                raise TamperedError(f"{where} is not the commit of a release: {subject!r}.")
            if version in found:
                raise TamperedError(
                    f"{where} and {found[version][:12]} both say that they are {version}."
                )
            found[version] = commit
        return {**snapshot.trials, **found}

    def predecessor(self, snapshot: Snapshot, version: str) -> Manifest | None:
        """Return the manifest of the highest release below *version* that was published."""
        limit = Precedence(version)
        published = (name for name in self.versions(snapshot) if not is_found(name))
        below = (name for name in published if Precedence(name) < limit)
        highest = next(below, None)
        return self.manifest(snapshot, highest) if highest else None

    def yanked(self, snapshot: Snapshot) -> dict[str, Yank]:
        """Return the releases that are yanked."""
        own = {
            version: yank
            for version, yank in self._yanks(snapshot, self.own_yanks_ref).items()
            if version in snapshot.trials
        }
        return {**own, **self._yanks(snapshot, self.yanks_ref)}

    def _yanks(self, snapshot: Snapshot, ref: str) -> dict[str, Yank]:
        tip = snapshot.refs.get(ref)
        if tip is None:
            return {}
        return read_yanks(self.git.objects.read(tip, FILE), where=f"{ref} ({tip[:12]})")

    def state(self, snapshot: Snapshot, environment: str) -> State:
        """Return the tip of an environment's branch."""
        tip = snapshot.refs.get(self.env_ref(environment))
        return self.state_at(environment, tip) if tip else State()

    def place(self, environment: str, commit: str) -> str:
        """Return where an event stands, as errors name it."""
        return f"{self.env_ref(environment)} ({commit[:12]})"

    def state_at(self, environment: str, commit: str) -> State:
        """Return the event and the serving of one commit of an environment's branch."""
        event, serving = self.git.objects.read_many([(commit, _EVENT), (commit, _SERVING)])
        return self._state(environment, commit, event, serving)

    def _state(
        self, environment: str, commit: str, event: bytes | None, serving: bytes | None
    ) -> State:
        where = self.place(environment, commit)
        return State(
            tip=commit,
            record=self._record(event, where),
            serving=self._serving(serving, where) if serving is not None else None,
        )

    def states(
        self, environment: str, commits: Sequence[str]
    ) -> Iterator[tuple[str, State | TamperedError]]:
        """Yield the event and the serving of each of *commits*, or what is wrong with them."""
        for start in range(0, len(commits), _PAGE):
            page = commits[start : start + _PAGE]
            paths = [(commit, path) for commit in page for path in (_EVENT, _SERVING)]
            contents = iter(self.git.objects.read_many(paths))
            for commit in page:
                event, serving = next(contents), next(contents)
                try:
                    yield commit, self._state(environment, commit, event, serving)
                except TamperedError as error:
                    yield commit, error

    def serving_at(self, environment: str, commit: str) -> Serving:
        """Return what an environment served after one commit of its branch."""
        where = self.place(environment, commit)
        return self._serving(self.git.objects.read(commit, "manifest.json"), where)

    @staticmethod
    def _serving(content: bytes | None, where: str) -> Serving:
        where += ":manifest.json"
        return Serving.from_json(read_json(content, where=where), where=where)

    @staticmethod
    def _record(content: bytes | None, where: str) -> Record:
        where += ":deployment.json"
        return Record.from_json(read_json(content, where=where), where=where)

    def served(self, environment: str, commit: str, serving: Serving) -> dict[str, Rendered]:
        """Return every workflow of a *serving* that *commit* holds, as it was sent."""
        where = self.place(environment, commit)
        paths = [(commit, definition_path(name)) for name in serving.workflows]
        contents = self.git.objects.read_many(paths)
        definitions = {
            name: read_json(content, where=f"{where}:{path}")
            for name, content, (_, path) in zip(serving.workflows, contents, paths, strict=True)
        }
        return served_forms(serving, definitions, where=where)

    def last_success(
        self, state: State, version: str, release_digest: str | None = None
    ) -> str | None:
        """Return the newest commit that brought *version*, None if it was never served.

        With a *release_digest*, only a commit that brought that content counts. A deletion is
        recorded under the version that stays, and brings nothing.
        """
        lines = [f"Version: {version}", "Status: succeeded"]
        for limit in (1, None):  # the last one is the one, except after deletions
            found = self.git.history.log(state.tip, limit=limit, grep=lines) if state.tip else []
            for commit, subject in found:
                if not subject.startswith(_BRINGING_NOTHING) and self._brought(
                    commit, release_digest
                ):
                    return commit
            if not found:
                return None
        return None

    def _brought(self, commit: str, release_digest: str | None) -> bool:
        if release_digest is None:
            return True
        record = self._record(self.git.objects.read(commit, _EVENT), commit[:12])
        return record.release_digest == release_digest

    def last_content(self, environment: str, tip: str | None, release_digest: str) -> str | None:
        """Return the newest commit that brought a release's content, under whatever version.

        None means that this content never succeeded in the environment.
        """
        found = self.git.history.log(tip, grep=["Status: succeeded"]) if tip else []
        for start in range(0, len(found), _EVENTS):
            commits = [commit for commit, _ in found[start : start + _EVENTS]]
            contents = self.git.objects.read_many([(commit, _EVENT) for commit in commits])
            for commit, content in zip(commits, contents, strict=True):
                record = self._record(content, f"{self.env_ref(environment)} ({commit[:12]})")
                if record.action not in BRINGS_NOTHING and record.release_digest == release_digest:
                    return commit
        return None

    def successes(self, environment: str, tip: str | None) -> Iterator[Record]:
        """Yield what succeeded in an environment, newest first, reading no more than is taken."""
        found = self.git.history.log(tip, grep=["Status: succeeded"]) if tip else []
        for start in range(0, len(found), _PAGE):
            commits = [commit for commit, _ in found[start : start + _PAGE]]
            contents = self.git.objects.read_many(
                [(commit, "deployment.json") for commit in commits]
            )
            for commit, content in zip(commits, contents, strict=True):
                yield self._record(content, f"{self.env_ref(environment)} ({commit[:12]})")

    def events(self, environment: str, tip: str | None) -> list[tuple[str, Record]]:
        """Return the events of an environment with their commits, newest first."""
        commits = [commit for commit, _ in self.git.history.log(tip)] if tip else []
        contents = self.git.objects.read_many([(commit, "deployment.json") for commit in commits])
        found = []
        for commit, content in zip(commits, contents, strict=True):
            where = self.place(environment, commit)
            found.append((commit, self._record(content, where)))
        return found

    def recorded_arns(self, tip: str, arns: Collection[str]) -> set[str]:
        """Return which of *arns* some event of an environment's branch names, the newest first.

        The history is read only as far as is needed to find all of them.
        """
        commits = [commit for commit, _ in self.git.history.log(tip)]
        texts = {arn: dumps(arn).strip().encode() for arn in arns}
        found: set[str] = set()
        for start in range(0, len(commits), _EVENTS):
            if len(found) == len(texts):
                break
            page = [(commit, "deployment.json") for commit in commits[start : start + _EVENTS]]
            content = b"\n".join(one or b"" for one in self.git.objects.read_many(page))
            found |= {arn for arn, text in texts.items() if text in content}
        return found

    def deployments(
        self, environment: str, tip: str | None, *, limit: int | None = None
    ) -> list[Record]:
        """Return the deployments of an environment, each in its last state, newest first."""
        latest: dict[str, Record] = {}
        if tip is None or limit is None:
            records = [record for _, record in self.events(environment, tip)]
        else:
            # A deployment has at most two events of its own, next to each other.
            records = self.latest_events(environment, tip, limit=2 * limit)
        for record in records:
            latest.setdefault(record.id, record)
        return list(latest.values())[:limit]

    def latest_events(self, environment: str, tip: str, *, limit: int) -> list[Record]:
        """Return the last events of an environment, newest first."""
        contents = self.git.objects.read_back(tip, _EVENT, limit)
        return [
            self._record(content, f"{self.env_ref(environment)} ({tip[:12]}~{distance})")
            for distance, content in enumerate(contents)
        ]

    def knows(self, state: State, deployment: str) -> bool:
        """Tell whether a deployment id stands in an environment's branch."""
        if state.tip is None:
            return False
        return bool(self.git.history.log(state.tip, limit=1, grep=[f"Deployment: {deployment}"]))
