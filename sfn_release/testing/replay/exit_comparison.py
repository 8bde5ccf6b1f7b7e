"""Compares the ends of the candidate's visits with the recorded ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.states.state_visit import StateExit, StateVisit
from sfn_release.testing.histories.instants import instant_of
from sfn_release.testing.histories.state_visits import Visit
from sfn_release.testing.replay.json_differences import first_apart
from sfn_release.testing.replay.meetings import Findings, Meeting, differ, value_of
from sfn_release.testing.replay.recorded_way import RecordedWay
from sfn_release.testing.replay.replayed import NoLonger
from sfn_release.testing.replay.strand_positions import Position, Scope


class ExitComparison:
    """Compares exits and failures.

    *until* is the event of the next redrive, None if there is none any more.
    """

    def __init__(self, way: RecordedWay, findings: Findings) -> None:
        self.until: Mapping[str, Any] | None = None
        self._way = way
        self._findings = findings
        self._reported: StateFailure | None = None

    def failed(
        self, position: Position, meeting: Meeting, failure: StateFailure, inside: Scope | None
    ) -> None:
        """Report it if the recorded state went on where the candidate's fails."""
        recorded = meeting.recorded
        position.lost = True
        if recorded is None or failure is self._reported or self._is_interrupted(recorded):
            return
        if inside is not None and not inside.positions:
            self._report_left_out(meeting, recorded)
        following = self._following(meeting, recorded)
        if recorded.exited is not None or recorded.error not in (None, failure.error):
            self._findings.parted_at(recorded.state)
        if following is None and recorded.exited is not None:
            self._findings.unexpected = recorded.state
        if following is not None:
            self._reported = failure
            error = {"Error": failure.error, "Cause": failure.cause}
            data = value_of(recorded.output), error
            self._findings.parted(
                "path",
                meeting,
                following,
                None,
                data=data,
                failed=failure.error,
                no_longer=_no_longer(meeting, recorded, following),
            )

    def left(
        self, meeting: Meeting, visit: StateVisit, exit_: StateExit, inside: Scope | None
    ) -> None:
        """Compare the exit of a state: its data, its attempts and the end of its strand."""
        recorded = meeting.recorded
        if recorded is None:
            return
        if inside is not None and (not inside.positions or recorded.ended == "succeeded"):
            self._report_left_out(meeting, recorded)
        again = meeting.calls < attempts_of(recorded)
        following = recorded.state if again else self._next(recorded)
        if again or (exit_.next is None and following is not None):
            data = value_of(recorded.output), exit_.output
            no_longer = _no_longer(meeting, recorded, following) if again else ""
            self._findings.parted(
                "path", meeting, following, exit_.next, data=data, no_longer=no_longer
            )
        if self._findings.origin is None and self._data_differ(recorded, visit, exit_):
            self._findings.parted_at(recorded.state)

    def _report_left_out(self, meeting: Meeting, container: Visit) -> None:
        """Report the first branch or iteration that the candidate doesn't run."""
        first = None if container.map_run is not None else self._way.left_out(container)
        if first is not None:
            self._findings.parted_at(container.state)
            data = value_of(container.input), None
            self._findings.parted("path", meeting, first.state, None, data=data)

    def _following(self, meeting: Meeting, recorded: Visit) -> str | None:
        """Return the recorded next state: the same again if it was tried more often.

        A candidate that fails before its first call has tried nothing: it misses the next state.
        """
        following = self._next(recorded)
        if meeting.calls < attempts_of(recorded) and (meeting.calls or following is None):
            return recorded.state
        return following

    def _next(self, recorded: Visit) -> str | None:
        following = self._way.after(recorded)
        return None if following is None else following.state

    def _data_differ(self, recorded: Visit, visit: StateVisit, exit_: StateExit) -> bool:
        if recorded.exited is None:
            return False
        try:
            text = self._findings.texts.of(exit_.output, visit.name)
        except StateFailure:  # larger than AWS allows: the simulator fails the state next
            return True
        if differ(recorded.output, text, exit_.output):
            return True
        if not recorded.assigned and not exit_.assigned:
            return False
        assigned = {name: value_of(text) for name, text in recorded.assigned.items()}
        return first_apart(assigned, dict(exit_.assigned)) is not None

    def _is_interrupted(self, recorded: Visit) -> bool:
        """Whether a recorded state was left unfinished until the next redrive."""
        if self.until is None or recorded.event > self.until["id"]:
            return False
        exited, redriven = instant_of(recorded.exited), instant_of(self.until["timestamp"])
        return exited is None or redriven is None or exited >= redriven


def _no_longer(meeting: Meeting, recorded: Visit, following: str | None) -> NoLonger:
    """Return what the recorded state did to go on and the candidate's doesn't."""
    if following == recorded.state and meeting.calls < attempts_of(recorded):
        return "retried" if meeting.calls else "called"
    return "caught" if recorded.ended == "caught" else ""


def attempts_of(visit: Visit) -> int:
    """Return how often a recorded state was tried."""
    return len(visit.tasks) if visit.type == "Task" else visit.attempts
