"""Verifying an environment's branch: its records, and what it served after each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from sfn_release.canonical import short
from sfn_release.errors import TamperedError
from sfn_release.ledger import Ledger
from sfn_release.ledger.event_order import out_of_order
from sfn_release.operations.verification import Check
from sfn_release.release.manifest import Manifest
from sfn_release.release.record import Record, WorkflowOutcome
from sfn_release.release.release import Release
from sfn_release.release.serving import RecordedState, Served, Serving, refuse_forged

_LATER = (
    "Only sfn-release may write there, and `git log` of that branch tells who did. Later events"
    " stand on this one: leave the branch as it is, and deploy anew what {environment} shall serve."
)


def environment_checks(
    ledger: Ledger,
    environment: str,
    tip: str,
    manifests: Mapping[str, Manifest],
    release: Callable[[str], Release | None],
    version: str | None,
    yielded: Mapping[str, Release],
) -> Iterator[Check]:
    """Yield what is wrong with an environment's branch, or that all is in order.

    *release* returns a release that can be read. With a *version*, only what was done under it is
    told. *yielded* are local trials that it may have served under the number of another release.
    """
    walk = _Walk(ledger, environment, manifests, release, yielded)
    commits = [commit for commit, _ in ledger.git.history.log(tip)][::-1]
    pieces = ledger.git.objects.object_ids(
        [f"{commit}:{path}" for commit in commits for path in ("manifest.json", "definitions")]
    )
    wrong = 0
    told = 0
    for number, (commit, state) in enumerate(ledger.deployments.states(environment, commits)):
        found, record = walk.event(commit, state, (pieces[2 * number], pieces[2 * number + 1]))
        if version is not None and record is not None and record.version != version:
            continue
        told += 1
        wrong += len(found)
        for error in found:
            if commit != tip:
                error.fix = _LATER.format(environment=environment)
            yield Check(environment, f"the event {commit[:12]}", error)
    if not wrong and (told or version is None):
        what = f"{told} events" + (f" of {version}" if version else "")
        yield Check(environment, f"{what}: records, servings and definitions agree")


class _Walk:
    """One walk along an environment's branch, from its first event on."""

    def __init__(
        self,
        ledger: Ledger,
        environment: str,
        manifests: Mapping[str, Manifest],
        release: Callable[[str], Release | None],
        yielded: Mapping[str, Release],
    ) -> None:
        self.release = release
        self.ledger = ledger
        self.yielded = yielded
        self.environment = environment
        self.manifests = manifests
        self.before = RecordedState()
        self.number: int | None = 0  # of the last event; None: it could not be read
        self.pieces: tuple[str | None, str | None] = (None, None)
        self.passed: set[str] = set()
        self.agreed: set[tuple[str | None, str | None]] = set()

    def event(
        self,
        commit: str,
        state: RecordedState | TamperedError,
        pieces: tuple[str | None, str | None],
    ) -> tuple[list[TamperedError], Record | None]:
        """Return what is wrong with the next event, and its record if it can be read.

        *pieces* are the ids of what it says is served: the manifest and the definitions.
        """
        found: list[TamperedError] = []
        where = f"{self.ledger.layout.env_ref(self.environment)} ({commit[:12]})"
        self.passed.add(commit)
        if isinstance(state, TamperedError):
            self.before = RecordedState()  # what follows cannot be held against what cannot be read
            self.pieces = pieces
            self.number = None
            return [state], None
        record = state.record
        assert record is not None  # noqa: S101 - it was read
        found += self._record(record, where)
        self.number = record.number or 0
        if record.status == "succeeded":
            found += self._serving(state, where)
            found += self._definitions(commit, state, pieces)
        elif self.before.record is not None and pieces != self.pieces:
            found.append(
                TamperedError(
                    f"{where} is a deployment that {record.status}, and what is served changes."
                )
            )
        self.before, self.pieces = state, pieces
        return found, record

    def _record(self, record: Record, where: str) -> Iterator[TamperedError]:
        """Yield what is wrong with a record: with its release, or after the one before."""
        begun = self.before.record
        yield from out_of_order(begun, record, self.environment, where, number=self.number)
        yield from self._release(record, where)

    def _release(self, record: Record | Serving, where: str) -> Iterator[TamperedError]:
        """Yield how a record, or a serving, differs from the release that it names."""
        manifest = self.manifests.get(record.version)
        trial = self.yielded.get(record.version)
        if trial is not None and trial.digest == record.release_digest:
            manifest = trial.manifest
        if manifest is None:
            yield TamperedError(f"{where} names {record.version}, which is no release.")
            return
        if (record.release_digest, record.commit) != (manifest.release_digest, manifest.commit):
            yield TamperedError(
                f"{where} says that {record.version} is {short(record.release_digest)} of"
                f" {record.commit[:12]}.",
                why=f"The release is {short(manifest.release_digest)} of {manifest.commit[:12]}.",
            )
        for name, one in record.workflows.items():
            version = getattr(one, "version", record.version)  # what is retained is of another
            release = manifest if version == record.version else self.manifests.get(version)
            if release is None or _stays(one):
                continue
            entry = release.workflows.get(name)
            if entry is None or entry.digest != one.digest:
                yield TamperedError(
                    f"{where} says that {name} of {version} is {short(one.digest)}.",
                    why=f"The release's is {short(entry.digest) if entry else 'not there'}.",
                )

    def _serving(self, state: RecordedState, where: str) -> Iterator[TamperedError]:
        """Yield what is wrong with what is served after a success."""
        serving, record = state.serving, state.record
        assert record is not None  # noqa: S101 - it was read
        if serving is None:
            yield TamperedError(f"{where} does not say what is served.")
            return
        if (serving.deployment, serving.version) != (record.id, record.version):
            yield TamperedError(
                f"{where} serves what {serving.deployment} brought, {serving.version}."
            )
        if serving.below is not None and serving.below not in self.passed:
            yield TamperedError(
                f"{where} would roll back to {serving.below[:12]}, which is no event before it."
            )
        yield from self._release(serving, f"{where}:manifest.json")
        for name, served in serving.workflows.items():
            outcome = record.workflows.get(name)
            if outcome is not None and not _stays(outcome) and (
                outcome.rendered_digest, outcome.version_arn
            ) != (served.rendered_digest, served.version_arn):  # fmt: skip
                yield TamperedError(
                    f"{where}: the record and what is served name another version of {name}."
                )

    def _definitions(
        self, commit: str, state: RecordedState, pieces: tuple[str | None, str | None]
    ) -> Iterator[TamperedError]:
        """Yield which definitions were not sent, or not rendered; equal files are read once."""
        if state.serving is None or pieces in self.agreed:
            return
        try:
            self._prove(commit, state.serving)
            self.agreed.add(pieces)
        except TamperedError:
            for name, served in state.serving.workflows.items():  # which of them, all of them
                try:
                    self._prove(commit, replace(state.serving, workflows={name: served}))
                except TamperedError as error:
                    yield error

    def _prove(self, commit: str, serving: Serving) -> None:
        """Raise TamperedError for a form that was not sent, or that its release does not make."""
        forms = self.ledger.deployments.served(self.environment, commit, serving)
        where = self.ledger.deployments.place(self.environment, commit)
        for name, served in serving.workflows.items():
            release = self.yielded.get(served.version)
            if release is None or not release.has_workflows({name: served.digest}):
                release = self.release(served.version)
            if release is not None and not served.left_behind:
                refuse_forged(serving, {name: forms[name]}, release, where=where)


def _stays(one: WorkflowOutcome | Served) -> bool:
    """Tell whether a workflow is not of the release that its record, or serving, is of."""
    if isinstance(one, Served):
        return one.retained
    return one.change in {"retained", "deleted"}
