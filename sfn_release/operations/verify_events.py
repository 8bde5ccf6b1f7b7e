"""Verifies an environment's branch: its records, and the definitions after each of them."""

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
from sfn_release.text import count

_EARLIER = (
    "Only sfn-release may write to this branch. `git log` shows who else did. Later events build on"
    " this one, so leave the branch as it is, and deploy the right release to {environment} again."
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
    """Yield the problems of an environment's branch, or one check that all is well.

    *release* returns a release, None if it can't be read. With a *version*, only its events are
    reported. *yielded* are local trials whose version another release has taken.
    """
    walk = _Walk(ledger, environment, manifests, release, yielded)
    commits = [commit for commit, _ in ledger.git.history.log(tip)][::-1]
    pieces = ledger.git.objects.object_ids(
        [f"{commit}:{path}" for commit in commits for path in ("manifest.json", "definitions")]
    )
    wrong = reported = 0
    for number, (commit, state) in enumerate(ledger.deployments.states(environment, commits)):
        found, record = walk.event(commit, state, (pieces[2 * number], pieces[2 * number + 1]))
        if version is not None and record is not None and record.version != version:
            continue
        reported += 1
        wrong += len(found)
        fix = None if commit == tip else _EARLIER.format(environment=environment)
        for error in found:
            yield Check(environment, f"the event {commit[:12]}", error.explained(fix=fix))
    if not wrong and (reported or version is None):
        events = count(reported, "event") + (f" of {version}" if version else "")
        yield Check(environment, f"{events}: records and definitions agree")


class _Walk:
    """A walk along an environment's branch, from its first event on."""

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
        self.number: int | None = 0  # of the last event, None if it couldn't be read
        self.pieces: tuple[str | None, str | None] = (None, None)
        self.passed: set[str] = set()
        self.agreed: set[tuple[str | None, str | None]] = set()

    def event(
        self,
        commit: str,
        state: RecordedState | TamperedError,
        pieces: tuple[str | None, str | None],
    ) -> tuple[list[TamperedError], Record | None]:
        """Return the problems of the next event, and its record if it can be read.

        *pieces* are the Git ids of its manifest and definitions.
        """
        found: list[TamperedError] = []
        where = f"{self.ledger.layout.env_ref(self.environment)} ({commit[:12]})"
        self.passed.add(commit)
        if isinstance(state, TamperedError):
            self.before = RecordedState()  # the next event can't be compared with it
            self.pieces = pieces
            self.number = None
            return [state], None
        record = state.record
        if record is None:
            return [], None
        found += self._record(record, where)
        self.number = record.number or 0
        if record.status == "succeeded":
            found += self._serving(state.serving, record, where)
            found += self._definitions(commit, state, pieces)
        elif self.before.record is not None and pieces != self.pieces:
            found.append(
                TamperedError(
                    f"{where}: the deployment {record.status}, but the live definitions changed."
                )
            )
        self.before, self.pieces = state, pieces
        return found, record

    def _record(self, record: Record, where: str) -> Iterator[TamperedError]:
        """Yield the problems of a record: with its release, or in order after the last one."""
        begun = self.before.record
        yield from out_of_order(begun, record, self.environment, where, number=self.number)
        yield from self._release(record, where)

    def _release(self, record: Record | Serving, where: str) -> Iterator[TamperedError]:
        """Yield the differences between a record, or a serving, and the release that it names."""
        manifest = self.manifests.get(record.version)
        trial = self.yielded.get(record.version)
        if trial is not None and trial.digest == record.release_digest:
            manifest = trial.manifest
        if manifest is None:
            yield TamperedError(f"{where} names {record.version}, which isn't a release.")
            return
        if (record.release_digest, record.commit) != (manifest.release_digest, manifest.commit):
            yield TamperedError(
                f"{where} says that {record.version} is {short(record.release_digest)} of"
                f" {record.commit[:12]}.",
                why=f"The release is {short(manifest.release_digest)} of {manifest.commit[:12]}.",
            )
        for name, workflow in record.workflows.items():
            version = getattr(workflow, "version", record.version)  # another one if retained
            release = manifest if version == record.version else self.manifests.get(version)
            if release is None or _stays(workflow):
                continue
            entry = release.workflows.get(name)
            if entry is None or entry.digest != workflow.digest:
                yield TamperedError(
                    f"{where} says that {name} of {version} is {short(workflow.digest)}.",
                    why=f"In the release it is {short(entry.digest)}."
                    if entry
                    else "The release doesn't have it.",
                )

    def _serving(
        self, serving: Serving | None, record: Record, where: str
    ) -> Iterator[TamperedError]:
        """Yield the problems of the manifest after a success."""
        if serving is None:
            yield TamperedError(f"{where} has no manifest of the live workflows.")
            return
        if (serving.deployment, serving.version) != (record.id, record.version):
            yield TamperedError(
                f"{where} has the manifest of another deployment: {serving.deployment},"
                f" {serving.version}."
            )
        if serving.below is not None and serving.below not in self.passed:
            yield TamperedError(
                f"{where} would roll back to {serving.below[:12]}, which isn't an earlier event."
            )
        yield from self._release(serving, f"{where}:manifest.json")
        for name, served in serving.workflows.items():
            outcome = record.workflows.get(name)
            if outcome is not None and not _stays(outcome) and (
                outcome.rendered_digest, outcome.version_arn
            ) != (served.rendered_digest, served.version_arn):  # fmt: skip
                yield TamperedError(
                    f"{where}: the record and the manifest name different versions of {name}."
                )

    def _definitions(
        self, commit: str, state: RecordedState, pieces: tuple[str | None, str | None]
    ) -> Iterator[TamperedError]:
        """Yield the definitions that differ from release or record; read equal files once."""
        if state.serving is None or pieces in self.agreed:
            return
        try:
            self._prove(commit, state.serving)
            self.agreed.add(pieces)
        except TamperedError:
            for name, served in state.serving.workflows.items():  # find all that are wrong
                try:
                    self._prove(commit, replace(state.serving, workflows={name: served}))
                except TamperedError as error:
                    yield error

    def _prove(self, commit: str, serving: Serving) -> None:
        """Raise TamperedError if a rendered form differs from its digest or from its release."""
        forms = self.ledger.deployments.served(self.environment, commit, serving)
        where = self.ledger.deployments.place(self.environment, commit)
        for name, served in serving.workflows.items():
            release = self.yielded.get(served.version)
            if release is None or not release.has_workflows({name: served.digest}):
                release = self.release(served.version)
            if release is not None and not served.left_behind:
                refuse_forged(serving, {name: forms[name]}, release, where=where)


def _stays(workflow: WorkflowOutcome | Served) -> bool:
    """Whether a workflow isn't part of the release of its record or manifest."""
    if isinstance(workflow, Served):
        return workflow.retained
    return workflow.change in {"retained", "deleted"}
