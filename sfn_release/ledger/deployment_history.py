"""Reading the events of environments: the deployments, and the workflows served since.

Everything is verified while it is read: edited content is a TamperedError that names the ref and
the commit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sfn_release.canonical import dumps
from sfn_release.errors import TamperedError
from sfn_release.ledger.git import Git
from sfn_release.ledger.layout import Layout
from sfn_release.ledger.snapshot import Snapshot
from sfn_release.release.ledger_files import DEFINITIONS, definition_path, read_json
from sfn_release.release.record import SAME_RELEASE, Record
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import RecordedState, Serving, served_forms

_EVENT, _SERVING = "deployment.json", "manifest.json"
_SUCCEEDED = "Status: succeeded"
_STARTED = ": started"
_SAME_RELEASE = tuple(f"{action} " for action in SAME_RELEASE)
_FEW, _MANY = 20, 100  # records in one git process: to show some of them, to search all of them


@dataclass(frozen=True)
class StoredFiles:
    """The Git ids of an event's files: its record, and the serving with its *definitions*."""

    event: str | None
    serving: str | None
    definitions: str | None

    @classmethod
    def of(cls, tree: Mapping[str, tuple[str, str, str]]) -> StoredFiles:
        """Return the ids in the entries of an event's folder."""
        ids = {name: object_id for name, (_, _, object_id) in tree.items()}
        return cls(ids.get(_EVENT), ids.get(_SERVING), ids.get(DEFINITIONS))


@dataclass(frozen=True)
class DeploymentHistory:
    """The events of a ledger's environments."""

    git: Git
    layout: Layout
    _states: dict[tuple[str, str], RecordedState] = field(default_factory=dict, compare=False)
    """The states that `state_at` has read. The content of a commit never changes."""

    def environments(self, snapshot: Snapshot) -> dict[str, str]:
        """Return the tip of every environment that was ever deployed to, private ones too."""
        starts = self.layout.public_env_ref(""), self.layout.private_env_ref("")
        return {
            ref.removeprefix(start): commit
            for ref, commit in sorted(snapshot.refs.items())
            for start in starts
            if ref.startswith(start)
        }

    # The state after an event

    def state(self, snapshot: Snapshot, environment: str) -> RecordedState:
        """Return the state after an environment's last event."""
        tip = snapshot.refs.get(self.layout.env_ref(environment))
        return self.state_at(environment, tip) if tip else RecordedState()

    def state_at(self, environment: str, commit: str) -> RecordedState:
        """Return the state after the event of one commit."""
        if (environment, commit) not in self._states:
            event, serving = self.git.objects.read_many([(commit, _EVENT), (commit, _SERVING)])
            record = _record(event, self.place(environment, commit))
            served = self._served(environment, commit, serving)
            self._states[environment, commit] = RecordedState(commit, record, served)
        return self._states[environment, commit]

    def stored_states(
        self, environment: str, commits: Sequence[str]
    ) -> Iterator[tuple[str, RecordedState | TamperedError, StoredFiles]]:
        """Yield the state after each of *commits*, or the error in it, with its Git ids."""
        known: tuple[str | None, Serving | None] = (None, None)
        for start in range(0, len(commits), _FEW):
            page = commits[start : start + _FEW]
            trees = self.git.objects.trees([(commit, "") for commit in page])
            files = [StoredFiles.of(tree) for tree in trees]
            contents = iter(
                self.git.objects.contents(
                    [
                        object_id
                        for stored in files
                        for object_id in (stored.event, stored.serving)
                        if object_id is not None
                    ]
                )
            )
            for commit, stored in zip(page, files, strict=True):
                event = next(contents) if stored.event else None
                serving = next(contents) if stored.serving else None
                try:
                    record = _record(event, self.place(environment, commit))
                    if stored.serving != known[0]:  # the start of a deployment keeps it
                        known = (None, None)
                        known = stored.serving, self._served(environment, commit, serving)
                except TamperedError as error:
                    yield commit, error, stored
                else:
                    yield commit, RecordedState(commit, record, known[1]), stored

    def serving_at(self, environment: str, commit: str) -> Serving:
        """Return the serving after one commit of an environment's branch."""
        content = self.git.objects.read(commit, _SERVING)
        return self._serving(content, self.place(environment, commit))

    def served(
        self,
        environment: str,
        commit: str,
        serving: Serving,
        *,
        names: Mapping[str, str] | None = None,
    ) -> dict[str, Rendered]:
        """Return the rendered workflows of a *serving*, read from *commit*.

        *names* has the names in the commit of workflows that are renamed in *serving*.
        """
        where, old = self.place(environment, commit), names or {}
        paths = [(commit, definition_path(old.get(name, name))) for name in serving.workflows]
        contents = self.git.objects.read_many(paths)
        definitions = {
            name: read_json(content, where=f"{where}:{path}")
            for name, content, (_, path) in zip(serving.workflows, contents, paths, strict=True)
        }
        return served_forms(serving, definitions, where=where)

    def place(self, environment: str, commit: str) -> str:
        """Return how errors name an event's commit."""
        return f"{self.layout.env_ref(environment)} ({commit[:12]})"

    def _served(self, environment: str, commit: str, content: bytes | None) -> Serving | None:
        return None if content is None else self._serving(content, self.place(environment, commit))

    @staticmethod
    def _serving(content: bytes | None, where: str) -> Serving:
        where += f":{_SERVING}"
        return Serving.from_json(read_json(content, where=where), where=where)

    # Lists of records

    def events(self, environment: str, tip: str | None) -> list[tuple[str, Record]]:
        """Return the events of an environment with their commits, newest first."""
        commits = [commit for commit, _ in self.git.history.log(tip)] if tip else []
        return list(zip(commits, self._records(environment, commits), strict=True))

    def events_back(self, environment: str, tip: str | None) -> Iterator[tuple[str, Record]]:
        """Yield the events of an environment with their commits, newest first, read on demand."""
        commits = [commit for commit, _ in self.git.history.log(tip)] if tip else []
        for start in range(0, len(commits), _MANY):
            page = commits[start : start + _MANY]
            yield from zip(page, self._records(environment, page), strict=True)

    def latest_events(self, environment: str, tip: str, *, limit: int) -> list[Record]:
        """Return the last events of an environment, newest first."""
        contents = self.git.objects.read_back(tip, _EVENT, limit)
        branch = self.layout.env_ref(environment)
        return [
            _record(content, f"{branch} ({tip[:12]}~{distance})")
            for distance, content in enumerate(contents)
        ]

    def newest_first(
        self, environment: str, tip: str | None, *, limit: int | None = None
    ) -> list[Record]:
        """Return the deployments of an environment, each by its last event, newest first."""
        if tip is None or limit is None:
            records = [record for _, record in self.events(environment, tip)]
        else:
            # A deployment has at most two events of its own, next to each other.
            records = self.latest_events(environment, tip, limit=2 * limit)
        latest: dict[str, Record] = {}
        for record in records:
            latest.setdefault(record.id, record)
        return list(latest.values())[:limit]

    def last_events(self, environment: str, tip: str | None) -> list[Record]:
        """Return the deployments of an environment as `newest_first` does, in half of the time.

        We don't read the start of a deployment when the next event is its end, as the subjects of
        the commits say. So use it to show a history, never to decide about a deployment.
        """
        log = self.git.history.log(tip) if tip else []
        is_start = [subject.endswith(_STARTED) for _, subject in log]
        commits = [
            commit
            for place, (commit, _) in enumerate(log)
            if place == 0 or not is_start[place] or is_start[place - 1]
        ]
        latest: dict[str, Record] = {}
        for record in self._records(environment, commits):
            latest.setdefault(record.id, record)
        return list(latest.values())

    def successes(self, environment: str, tip: str | None) -> Iterator[Record]:
        """Yield the successful deployments of an environment, newest first, reading on demand."""
        for _, record in self._successes(environment, tip, page=_FEW):
            yield record

    def _successes(
        self, environment: str, tip: str | None, *, page: int
    ) -> Iterator[tuple[str, Record]]:
        found = self.git.history.log(tip, grep=[_SUCCEEDED]) if tip else []
        for start in range(0, len(found), page):
            commits = [commit for commit, _ in found[start : start + page]]
            yield from zip(commits, self._records(environment, commits), strict=True)

    def _records(self, environment: str, commits: Sequence[str]) -> list[Record]:
        contents = self.git.objects.read_many([(commit, _EVENT) for commit in commits])
        return [
            _record(content, self.place(environment, commit))
            for commit, content in zip(commits, contents, strict=True)
        ]

    def last_live(self, environment: str, tip: str) -> Iterator[tuple[str, Serving]]:
        """Yield the releases that were live, newest first, each by its last commit."""
        seen: set[tuple[str, str]] = set()
        for commit, record in self._successes(environment, tip, page=_FEW):
            release = record.version, record.release_digest
            if release not in seen:
                seen.add(release)
                yield commit, self.serving_at(environment, commit)

    # Searching

    def last_success(
        self, state: RecordedState, version: str, release_digest: str | None = None
    ) -> str | None:
        """Return the newest commit that deployed *version*, None if it never succeeded.

        With a *release_digest*, only a commit that deployed this content counts. A deletion is
        recorded under the version that stays, and deploys nothing.
        """
        lines = [f"Version: {version}", _SUCCEEDED]
        for limit in (1, None):  # the first one found is the answer, except after deletions
            found = self.git.history.log(state.tip, limit=limit, grep=lines) if state.tip else []
            for commit, subject in found:
                if not subject.startswith(_SAME_RELEASE) and self._deployed(commit, release_digest):
                    return commit
            if not found:
                return None
        return None

    def _deployed(self, commit: str, release_digest: str | None) -> bool:
        if release_digest is None:
            return True
        record = _record(self.git.objects.read(commit, _EVENT), commit[:12])
        return record.release_digest == release_digest

    def last_content(self, environment: str, tip: str | None, release_digest: str) -> str | None:
        """Return the newest commit that deployed a release's content, under any version.

        None means that this content never succeeded in the environment.
        """
        for commit, record in self._successes(environment, tip, page=_MANY):
            if record.action not in SAME_RELEASE and record.release_digest == release_digest:
                return commit
        return None

    def recorded_arns(self, tip: str, arns: Collection[str]) -> set[str]:
        """Return the *arns* that an event of an environment's branch names.

        The history is read from its end, only as far as needed to find all of them.
        """
        commits = [commit for commit, _ in self.git.history.log(tip)]
        texts = {arn: dumps(arn).strip().encode() for arn in arns}
        found: set[str] = set()
        for start in range(0, len(commits), _MANY):
            if len(found) == len(texts):
                break
            page = [(commit, _EVENT) for commit in commits[start : start + _MANY]]
            contents = b"\n".join(content or b"" for content in self.git.objects.read_many(page))
            found |= {arn for arn, text in texts.items() if text in contents}
        return found

    def deployed_arns(self, tip: str, arns: Collection[str]) -> set[str]:
        """Return the state machine versions among *arns* that a deployment made or served.

        Versions that an event only acknowledges don't count. The history is read from its end, only
        as far as needed to find all of them.
        """
        commits = [commit for commit, _ in self.git.history.log(tip)]
        missing = {arn: dumps(arn).strip().encode() for arn in arns}
        found: set[str] = set()
        for start in range(0, len(commits), _MANY):
            if not missing:
                break
            page = commits[start : start + _MANY]
            contents = self.git.objects.read_many([(commit, _EVENT) for commit in page])
            for commit, content in zip(commits[start:], contents, strict=False):
                if content and any(text in content for text in missing.values()):
                    outcomes = _record(content, commit[:12]).workflows.values()
                    found |= {outcome.version_arn for outcome in outcomes if outcome.version_arn}
            for arn in found & missing.keys():
                del missing[arn]
        return found & {*arns}

    def contains(self, state: RecordedState, deployment: str) -> bool:
        """Return whether a deployment id is in an environment's branch."""
        if state.tip is None:
            return False
        return bool(self.git.history.log(state.tip, limit=1, grep=[f"Deployment: {deployment}"]))


def _record(content: bytes | None, where: str) -> Record:
    where += f":{_EVENT}"
    return Record.from_json(read_json(content, where=where), where=where)
