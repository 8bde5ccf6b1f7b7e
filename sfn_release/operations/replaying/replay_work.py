"""One replay: of an execution as it was read, or of a history file. Processes send it to others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sfn_release.operations.replaying.candidates import ReplayCandidate
from sfn_release.simulator import Mocks
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.history_files import read_history_file
from sfn_release.testing.replay.candidate import Candidate
from sfn_release.testing.replay.replay_execution import replay_execution
from sfn_release.testing.replay.replayed import Replayed


@dataclass(frozen=True)
class RecordedFile:
    """A file with the history of an execution. *name* is how the report names the execution."""

    path: Path
    name: str


Recording = FinishedExecution | RecordedFile


@dataclass(frozen=True)
class ReplayWork:
    """What every process needs: the candidate, and the mocks for answers that weren't recorded.

    Files of other workflows aren't replayed, but those that were saved under a *former* name are.
    """

    candidate: ReplayCandidate
    mocks: Mocks | None = None
    former: frozenset[str] = frozenset()

    @cached_property
    def _prepared(self) -> dict[int, Candidate]:
        """Each form of the candidate, prepared once in each process, by its id."""
        return {}

    def __reduce__(self) -> tuple[type[ReplayWork], tuple[Any, ...]]:
        """Return what another process needs."""
        return ReplayWork, (self.candidate, self.mocks, self.former)

    def replay(self, recording: Recording) -> Replayed:
        """Replay one execution. Raises FileError for a file that has no history."""
        if isinstance(recording, RecordedFile):
            found = read_history_file(recording.path, self.candidate.workflow)
            recorded = found if found.arn.startswith("arn:") else replace(found, arn=recording.name)
            other = self._other_workflow(recorded)
            if other:
                reason = (
                    f"It's an execution of {other}, not of {self.candidate.workflow}. If {other} is"
                    f" a former name of the workflow, add --formerly {other}"
                )
                return Replayed(recorded.arn, unreplayable=reason)
        else:
            recorded = recording
        if recorded.incomplete:
            return Replayed(recorded.arn, unreplayable=recorded.incomplete)
        definition = self.candidate.form(recorded.version_arn)
        candidate = self._prepared.get(id(definition))
        if candidate is None:
            candidate = self._prepared[id(definition)] = Candidate.of(definition)
        return replay_execution(recorded, candidate, mocks=self.mocks)

    def _other_workflow(self, recorded: FinishedExecution) -> str:
        """Return the workflow that a file is of, if it's another; "" otherwise or if unknown."""
        found = recorded.saved_as or self.candidate.others.get(recorded.machine, "")
        return "" if found == self.candidate.workflow or found in self.former else found
