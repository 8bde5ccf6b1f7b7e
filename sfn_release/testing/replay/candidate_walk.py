"""Follows the candidate through its states, beside the recording.

Each visit of the candidate meets a recorded visit: the next one of the same strand (the execution,
a branch or an iteration). Where another state comes next, the two part. The candidate's later
visits of that strand meet the recorded visits of the same state that are left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sfn_release.simulator import Observer, Transition
from sfn_release.simulator.execution import BEHAVIOURS
from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.languages.query_language import QueryLanguage
from sfn_release.simulator.machine import REENTERED, Behaviour, ExecutionRun, Frame
from sfn_release.simulator.scheduler import Strand, WaitForMessage
from sfn_release.simulator.states.item_processor import is_distributed
from sfn_release.simulator.states.state_visit import StateExit, StateVisit
from sfn_release.simulator.timestamps import later, write_instant
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.instants import instant_of
from sfn_release.testing.histories.state_visits import Visit
from sfn_release.testing.replay.candidate import Candidate
from sfn_release.testing.replay.drawn_values import Drawing, DrawnLanguage
from sfn_release.testing.replay.exit_comparison import ExitComparison
from sfn_release.testing.replay.meetings import Findings, Meeting, differ, is_known, value_of
from sfn_release.testing.replay.recorded_clock import SLACK, RecordedClock
from sfn_release.testing.replay.recorded_maps import recorded_map
from sfn_release.testing.replay.recorded_way import RecordedWay
from sfn_release.testing.replay.strand_positions import Position, Scope, index_of


@dataclass(frozen=True)
class _ReplayRun(ExecutionRun):
    """The run, as the states in *scope* see it."""

    walk: CandidateWalk = field(kw_only=True)
    scope: Scope = field(kw_only=True)

    def language(self, frame: Frame, state: Mapping[str, Any]) -> QueryLanguage:
        """Return the language of a state, and take drawn values over if the state draws some."""
        found = super().language(frame, state)
        if id(state) in self.walk.candidate.drawn:
            return DrawnLanguage(found, self.walk.drawing(frame))
        return found


_SHARED = [part.name for part in fields(ExecutionRun)]
_CONTAINERS = ("Parallel", "Map")


class CandidateWalk:
    """The walk of one replay. Hand its `behaviours` to the simulator."""

    def __init__(
        self,
        candidate: Candidate,
        recording: FinishedExecution,
        way: RecordedWay,
        findings: Findings,
        clock: RecordedClock,
    ) -> None:
        self.candidate = candidate
        self.behaviours: Mapping[str, Behaviour] = {
            type: self._behaviour(type, behaviour) for type, behaviour in BEHAVIOURS.items()
        }
        self._recording = recording
        self._way = way
        self._findings = findings
        self._clock = clock
        self._root: _ReplayRun | None = None
        self._exits = ExitComparison(way, findings)
        self._parked = 0
        self._redriven = False

    def go_on(self, until: Mapping[str, Any] | None) -> None:
        """Begin a part of the execution: to its redrive by the event *until*, or to its end."""
        self._redriven = self._root is not None
        self._exits.until = until
        self._root = None

    def _behaviour(self, type: str, behaviour: Behaviour) -> Behaviour:
        """Return the *behaviour* of a state type, beside the recording."""
        contains = type in _CONTAINERS

        def visit_state(run: ExecutionRun, frame: Frame, visit: StateVisit) -> Strand:
            here = run if isinstance(run, _ReplayRun) else self._root_run(run)
            position = here.scope.position(frame)
            meeting, cut = self._meet(position, here.scope, frame, visit, type)
            if cut:
                yield from self._park(here.scope, position, meeting)
            self._findings.open[visit.name, frame.iteration] = meeting
            inside = self._inner(here, meeting) if contains else here
            try:
                if contains and type == "Map" and _is_map_run(visit, meeting):
                    exit_: StateExit = yield from recorded_map(
                        inside, frame, visit, meeting, self._findings
                    )
                else:
                    exit_ = yield from behaviour(inside, frame, visit)
            except StateFailure as failure:
                self._exits.failed(position, meeting, failure, inside.scope if contains else None)
                raise
            self._exits.left(meeting, visit, exit_, inside.scope if contains else None)
            return exit_

        return visit_state

    def drawing(self, frame: Frame) -> Drawing:
        """Return what the state that a strand is in can take over from the recording."""
        meeting = self._findings.open.get((frame.state or "", frame.iteration))
        recorded = meeting.recorded if meeting is not None else None
        following = None if recorded is None else self._way.after(recorded)
        return Drawing(
            meeting,
            None if following is None else following.state,
            lambda index: None if recorded is None else self._way.inside(recorded, index),
            is_known(self._recording),
        )

    def _root_run(self, run: ExecutionRun) -> _ReplayRun:
        if self._root is None:
            self._findings.texts = run.texts
            self._root = self._within(run, Scope(), run.observer)
        return self._root

    def _inner(self, run: ExecutionRun, meeting: Meeting) -> _ReplayRun:
        """Return the run for the inside of a container, whose attempts are counted."""
        recorded = meeting.recorded
        meeting.calls = 1

        def count(transition: Transition) -> None:
            if transition.kind == "retry" and transition.state == meeting.state:
                meeting.calls += 1

        scope = Scope(recorded, lost=recorded is None)
        return self._within(run, scope, Observer(transition=count))

    def _within(self, run: ExecutionRun, scope: Scope, observer: Observer) -> _ReplayRun:
        shared = {name: getattr(run, name) for name in _SHARED} | {"observer": observer}
        return _ReplayRun(**shared, walk=self, scope=scope)

    def _meet(
        self, position: Position, scope: Scope, frame: Frame, visit: StateVisit, type: str
    ) -> tuple[Meeting, bool]:
        """Return the meeting of a visit, and whether the recording of its strand is cut off here.

        Reports it when another state came here in the recording.
        """
        way, name = self._way, visit.name
        if self._redriven and not position.begun and type not in REENTERED:
            before = self._findings.open.get((name, frame.iteration))
            if before is not None:
                self._resume(position, before)
                return before, False
        expected = self._expected(position, scope, frame, name)
        meeting = Meeting(name, frame.iteration, expected)
        if position.lost:
            self._meet_again(position, meeting, visit)
        elif expected is None:
            if way.was_cut(scope.container) and not self._left_early(position, scope):
                return meeting, True
            self._part(position, scope, meeting, None, name)
            self._meet_again(position, meeting, visit)
        elif expected.state == name:
            self._compare_start(position, scope, expected, visit)
            self._begin(position, meeting, visit)
        elif self._is_renamed(expected, name, type):
            meeting.renamed = True
            data = value_of(expected.input), visit.raw
            self._findings.parted("path", meeting, expected.state, name, data=data)
            self._begin(position, meeting, visit)
        else:
            meeting.recorded = None
            self._part(position, scope, meeting, expected.state, name)
            self._meet_again(position, meeting, visit)
        return meeting, False

    @staticmethod
    def _resume(position: Position, meeting: Meeting) -> None:
        """Let a redriven strand go on in the state where it was left."""
        if meeting.recorded is not None:
            position.begun, position.lost, position.last = True, False, meeting.recorded

    def _expected(self, position: Position, scope: Scope, frame: Frame, name: str) -> Visit | None:
        """Return the recorded visit that comes next in a strand; None where there is none."""
        if position.lost:
            return None
        if not position.begun:
            index = index_of(frame, scope)
            return self._way.first(scope.container, index, name, self.candidate.names)
        return None if position.last is None else self._way.after(position.last)

    def _compare_start(
        self, position: Position, scope: Scope, expected: Visit, visit: StateVisit
    ) -> None:
        """Compare the input of a branch or iteration, which its container has made."""
        if position.begun or scope.container is None or self._findings.origin is not None:
            return
        text = self._findings.texts.of(visit.raw, visit.name)
        if differ(expected.input, text, visit.raw):
            self._findings.parted_at(scope.container.state)

    def _is_renamed(self, expected: Visit, name: str, type: str) -> bool:
        """Whether the recorded state has another name in the candidate.

        Neither name is known on the other side, and the types are equal. A task must have equal
        arguments too: `RecordedAnswers` looks at them.
        """
        return (
            expected.type == type
            and expected.state not in self.candidate.names
            and name not in self._way.names
        )

    def _meet_again(self, position: Position, meeting: Meeting, visit: StateVisit) -> None:
        """Let a strand that has parted meet a recorded visit of the same state, if one is left."""
        position.lost = position.begun = True
        meeting.recorded = self._way.unused(visit.name, meeting.iterations)
        if meeting.recorded is not None:
            self._begin(position, meeting, visit)

    def _begin(self, position: Position, meeting: Meeting, visit: StateVisit) -> None:
        recorded = meeting.recorded
        if recorded is None:
            return
        self._way.use(recorded)
        position.begun, position.lost, position.last = True, False, recorded
        if recorded.type == "Wait":
            self._clock.reach(instant_of(recorded.entered))
        if id(visit.definition) in self.candidate.drawn:
            entered = instant_of(recorded.entered)
            self._clock.reach(entered)
            if entered is not None:
                visit.context["State"]["EnteredTime"] = write_instant(entered)

    def _part(
        self,
        position: Position,
        scope: Scope,
        meeting: Meeting,
        recorded: str | None,
        candidate: str | None,
    ) -> None:
        """Report that another state comes next."""
        last = position.last
        if last is not None:
            state, data = last.state, (value_of(last.output), position.frame.input)
        elif scope.container is not None:
            state, data = scope.container.state, (None, position.frame.input)
        else:
            state, data = recorded or meeting.state, (None, position.frame.input)
        self._findings.parted("path", meeting, recorded, candidate, state=state, data=data)

    def _left_early(self, position: Position, scope: Scope) -> bool:
        """Whether a strand left a Wait in which its recording still was when it was cut off."""
        last, container = position.last, scope.container
        if last is None or last.type != "Wait" or last.exited is not None:
            return False
        if container is not None and container.attempts > 1:
            return False  # the history doesn't say when an attempt was cut off
        cut = self._cut_at(scope)
        return cut is not None and self._clock.now() + SLACK < cut

    def _cut_at(self, scope: Scope) -> datetime | None:
        """Return when the recording of the strands in *scope* was cut off."""
        ended = None if scope.container is None else scope.container.exited
        return instant_of(ended or self._recording.stopped)

    def _park(self, scope: Scope, position: Position, meeting: Meeting) -> Strand:
        """Wait where the recording of a strand ends because something else cut it off."""
        cut = self._cut_at(scope) or self._clock.now()
        until: datetime | None = later(cut, 1)
        if self._way.cut_short:  # by a timeout, which the candidate may have later, or by a person
            until = cut + SLACK if self._recording.status == "TIMED_OUT" else None
        self._parked += 1
        yield WaitForMessage(f"the end of the recording {self._parked}", until)
        self._part(position, scope, meeting, None, meeting.state)
        position.lost = position.begun = True


def _is_map_run(visit: StateVisit, meeting: Meeting) -> bool:
    recorded = meeting.recorded
    return recorded is not None and recorded.map_run is not None and is_distributed(visit)
