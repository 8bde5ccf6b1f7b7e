"""Verifies an environment's branch: its records, and the definitions after each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sfn_release.canonical import short
from sfn_release.errors import TamperedError
from sfn_release.ledger import Ledger
from sfn_release.ledger.deployment_history import StoredFiles
from sfn_release.ledger.event_order import out_of_order
from sfn_release.ledger.verified_tips import VerifiedTip
from sfn_release.operations.environment_releases import EnvironmentReleases
from sfn_release.operations.verification import Check
from sfn_release.release.manifest import Manifest
from sfn_release.release.record import Record, WorkflowOutcome
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
    commits: Sequence[str],
    verified: VerifiedTip | None,
    releases: EnvironmentReleases,
    version: str | None,
    events: Counter[str],
) -> Iterator[Check]:
    """Yield the problems of an environment's branch, or one check that all is well.

    *commits* are the branch's events, oldest first: those after *verified* if it is given. With a
    *version*, only its events are reported. *events* counts the events by version.
    """
    walk = _Walk(ledger, environment, releases, verified)
    events.update(verified.events if verified else {})
    before = events.total() if version is None else events[version]
    wrong = 0
    for commit, state, stored in ledger.deployments.stored_states(environment, commits):
        found, record = walk.event(commit, state, stored)
        named = record.version if record is not None else ""
        events[named] += 1
        if version is not None and record is not None and named != version:
            continue
        wrong += len(found)
        fix = None if commit == tip else _EARLIER.format(environment=environment)
        for error in found:
            yield Check(environment, f"the event {commit[:12]}", error.explained(fix=fix))
    reported = events.total() if version is None else events[version] + events[""]
    if not wrong and (reported or version is None):
        text = count(reported, "event") + (f" of {version}" if version else "")
        text += ": records and definitions agree"
        yield Check(environment, text + (f" ({before} verified before)" if before else ""))


class _Walk:
    """A walk along an environment's branch: from its first event on, or from a *verified* one."""

    def __init__(
        self,
        ledger: Ledger,
        environment: str,
        releases: EnvironmentReleases,
        verified: VerifiedTip | None,
    ) -> None:
        self.ledger = ledger
        self.environment = environment
        self.releases = releases
        self.verified = verified.commit if verified else None
        self.before = RecordedState()
        self.number: int | None = 0  # of the last event, None if it couldn't be read
        self.stored = StoredFiles(None, None, None)
        self.passed: set[str] = set()
        self.folders: dict[str, Mapping[str, str]] = {}
        self.agreed: set[tuple[object, ...]] = set()
        if self.verified is not None:
            ((_, state, self.stored),) = ledger.deployments.stored_states(
                environment, [self.verified]
            )
            if isinstance(state, RecordedState):  # an error is no verified event
                self.before = state
                self.number = (state.record.number if state.record else None) or 0

    def event(
        self,
        commit: str,
        state: RecordedState | TamperedError,
        stored: StoredFiles,
    ) -> tuple[list[TamperedError], Record | None]:
        """Return the problems of the next event, and its record if it can be read."""
        found: list[TamperedError] = []
        where = f"{self.ledger.layout.env_ref(self.environment)} ({commit[:12]})"
        self.passed.add(commit)
        if isinstance(state, TamperedError):
            self.before = RecordedState()  # the next event can't be compared with it
            self.stored = stored
            self.number = None
            return [state], None
        record = state.record
        if record is None:
            return [], None
        found += self._record(record, where)
        self.number = record.number or 0
        if record.status == "succeeded":
            found += self._serving(state.serving, record, where)
            found += self._definitions(commit, state, stored)
        elif self.before.record is not None and _live(stored) != _live(self.stored):
            found.append(
                TamperedError(
                    f"{where}: the deployment {record.status}, but the live definitions changed."
                )
            )
        self.before, self.stored = state, stored
        return found, record

    def _record(self, record: Record, where: str) -> Iterator[TamperedError]:
        """Yield the problems of a record: with its release, or in order after the last one."""
        begun = self.before.record
        yield from out_of_order(begun, record, self.environment, where, number=self.number)
        yield from self._release(record, where)

    def _release(self, record: Record | Serving, where: str) -> Iterator[TamperedError]:
        """Yield the differences between a record, or a serving, and the release that it names."""
        manifest = self.releases.named(record.version, record.release_digest)
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
            same = version == record.version
            release = manifest if same else self.releases.manifests.get(version)
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
        if serving.below is not None and not self._passed(serving.below):
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

    def _passed(self, commit: str) -> bool:
        """Return whether a commit is an earlier event of this branch."""
        if commit in self.passed or commit == self.verified:
            return True
        if self.verified is None:
            return False
        if self.ledger.git.history.is_ancestor(commit, self.verified):
            self.passed.add(commit)
            return True
        return False

    def _definitions(
        self, commit: str, state: RecordedState, stored: StoredFiles
    ) -> Iterator[TamperedError]:
        """Yield the definitions that differ from release or record.

        A form that agreed before, recorded in the same way, isn't read again.
        """
        serving = state.serving
        if serving is None:
            return
        for name, served in serving.workflows.items():
            manifest = self.releases.having(served, name)
            entry = manifest.workflows.get(name) if manifest else None
            same = entry is not None and entry.digest == served.digest
            found = manifest is not None and manifest.found is not None
            proof = (
                *(name, self._stored_definition(stored, name), served.digest),
                *(served.rendered_digest, served.retained, served.source),
                *(repr(served.settings), repr(served.parameters), repr(served.pins)),
                *(repr(served.found), manifest is None, same, found),
            )
            if proof in self.agreed:
                continue
            try:
                if self._prove(commit, replace(serving, workflows={name: served}), manifest):
                    self.agreed.add(proof)
            except TamperedError as error:
                yield error

    def _stored_definition(self, stored: StoredFiles, name: str) -> str:
        """Return the Git id of a definition; empty if there is none."""
        if stored.definitions is None:
            return ""
        if stored.definitions not in self.folders:
            entries = self.ledger.git.objects.tree(stored.definitions)
            self.folders = {
                stored.definitions: {path: object_id for path, (_, _, object_id) in entries.items()}
            }
        return self.folders[stored.definitions].get(f"{name}.asl.json", "")

    def _prove(self, commit: str, serving: Serving, manifest: Manifest | None) -> bool:
        """Raise TamperedError if a rendered form differs from its digest or from its release.

        Returns False if the release can't be read, so that nothing is known about the form.
        """
        forms = self.ledger.deployments.served(self.environment, commit, serving)
        where = self.ledger.deployments.place(self.environment, commit)
        for name, served in serving.workflows.items():
            if manifest is None or served.left_behind:
                continue
            release = self.releases.with_workflow(manifest, name)
            if release is None:
                return False
            refuse_forged(serving, forms, release, where=where)
        return True


def _live(stored: StoredFiles) -> tuple[str | None, str | None]:
    """Return the ids of everything that an environment serves after an event."""
    return stored.serving, stored.definitions


def _stays(workflow: WorkflowOutcome | Served) -> bool:
    """Whether a workflow isn't part of the release of its record or manifest."""
    if isinstance(workflow, Served):
        return workflow.retained
    return workflow.change in {"retained", "deleted", "handed-over"}
