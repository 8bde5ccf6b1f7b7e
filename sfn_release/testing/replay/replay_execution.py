"""Replays one recorded execution on a candidate definition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.simulator import (
    ContextSeed,
    Execution,
    ExecutionOutcome,
    Redrive,
    Tasks,
    drive,
)
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.history_faults import history_fault
from sfn_release.testing.histories.instants import instant_of
from sfn_release.testing.histories.state_visits import read_visits
from sfn_release.testing.replay.candidate import Candidate
from sfn_release.testing.replay.candidate_walk import CandidateWalk
from sfn_release.testing.replay.json_differences import first_apart
from sfn_release.testing.replay.meetings import Findings, is_known, is_readable, parsed, text_of
from sfn_release.testing.replay.recorded_answers import RecordedAnswers
from sfn_release.testing.replay.recorded_clock import SLACK, RecordedClock
from sfn_release.testing.replay.recorded_way import RecordedWay
from sfn_release.testing.replay.replayed import Replayed, Unanswered

_EVENT_ID = re.compile(r"#\d+")
_OPEN_ENDS = ("ABORTED", "RUNNING")


def replay_execution(
    recording: FinishedExecution,
    definition: Mapping[str, Any] | Candidate,
    *,
    mocks: Tasks | None = None,
) -> Replayed:
    """Run *definition* on the input of *recording*, with the recorded answers, and compare.

    *mocks* answer the tasks that have no recorded answer; raise NoAnswer for the others. Any
    definition and any history end in a report. For many executions on one definition, make its
    `Candidate` once.
    """
    whole = definition if isinstance(definition, Candidate) else Candidate.of(definition)
    candidate = whole.form(recording)
    problem = _problem(recording, candidate)
    if problem:
        return Replayed(recording.arn, unreplayable=problem)
    finished = recording.status != "RUNNING"
    way = RecordedWay(read_visits(recording.events, finished=finished), recording.status)
    findings = Findings()
    clock = RecordedClock(recording.started)
    answers = RecordedAnswers(findings, clock, mocks, cut_short=way.cut_short)
    walk = CandidateWalk(candidate, recording, way, findings, clock)
    outcome = _run(recording, candidate, walk, answers, clock)
    _report_pending(answers, findings, outcome, recording)
    if not findings.unanswered:
        _compare_ends(findings, outcome, recording, way)
    return Replayed(
        recording.arn, tuple(findings.differences), tuple(findings.unanswered), "", findings.notes
    )


def _run(
    recording: FinishedExecution,
    candidate: Candidate,
    walk: CandidateWalk,
    answers: RecordedAnswers,
    clock: RecordedClock,
) -> ExecutionOutcome:
    """Run the candidate, and redrive it as often as the recorded execution was redriven."""
    redrives = [event for event in recording.events if event["type"] == "ExecutionRedriven"]
    redrive: Redrive | None = None
    for count, event in enumerate((*redrives, None)):
        walk.go_on(until=event)
        execution = Execution(
            candidate.definition,
            parsed(recording.input),
            tasks=answers,
            clock=clock,
            context=_context(recording),
            redrive=redrive,
            well_formed=True,
            behaviours=walk.behaviours,
            records=False,
        )
        outcome = _drive(
            execution, clock, None if event is None else instant_of(event["timestamp"])
        )
        if event is None or outcome.checkpoint is None:
            break
        answers.pending.clear()
        at = instant_of(event["timestamp"]) or clock.now()
        clock.reach(at)
        redrive = Redrive(outcome.checkpoint, 0, count + 1, at)
    return outcome


def _drive(execution: Execution, clock: RecordedClock, until: datetime | None) -> ExecutionOutcome:
    """Advance an execution to its end; stop it where it still waits when it was redriven."""
    if until is None:
        return drive(execution, clock)
    while True:
        due = execution.advance()
        if execution.outcome is not None:
            return execution.outcome
        if due is None or due > until:
            execution.stop()
        else:
            clock.wait(due, execution.work)


def _problem(recording: FinishedExecution, candidate: Candidate) -> str:
    """Return the reason why a recording can't be replayed; "" if it can."""
    if candidate.fault:
        return f"The definition can't be run: {candidate.fault}"
    if recording.incomplete:
        return recording.incomplete
    if not recording.events:
        return "The history has no events."
    if not is_readable(recording.input):
        return "The history doesn't have the execution's input."
    return history_fault(recording.events)


def _context(recording: FinishedExecution) -> ContextSeed:
    """Return the context of the recorded execution; its ids are placeholders if they're unknown."""
    arn = recording.arn
    if not is_known(recording):
        machine = recording.workflow or "workflow"
        arn = f"arn:aws:states:us-east-1:000000000000:execution:{machine}:{recording.arn}"
    *start, _kind, machine, name = arn.split(":", 7)[:8]
    started = recording.events[0].get("executionStartedEventDetails") or {}
    return ContextSeed(
        execution_arn=arn,
        execution_name=name.partition(":")[0],
        role_arn=started.get("roleArn") or "",
        state_machine_arn=":".join([*start, "stateMachine", machine]),
        state_machine_name=machine,
        started_at=recording.started,
        type=recording.type,
    )


def _report_pending(
    answers: RecordedAnswers,
    findings: Findings,
    outcome: ExecutionOutcome,
    recording: FinishedExecution,
) -> None:
    """Report the tasks that the candidate waits for in vain, because something cut them off.

    If the recorded execution timed out as well, they count if the candidate waits longer.
    """
    if outcome.status != "TIMED_OUT" or recording.status in _OPEN_ENDS:
        return
    if recording.status == "TIMED_OUT" and not _ends_later(outcome, recording):
        return
    for call, reason in answers.pending.values():
        findings.unanswered.append(
            Unanswered(call.state, call.resource, call.payload, reason, call.iteration)
        )


def _ends_later(outcome: ExecutionOutcome, recording: FinishedExecution) -> bool:
    return recording.stopped is not None and outcome.stopped_at > recording.stopped + SLACK


def _compare_ends(
    findings: Findings, outcome: ExecutionOutcome, recording: FinishedExecution, way: RecordedWay
) -> None:
    """Compare the ends, unless the recording has none of its own."""
    if recording.status in _OPEN_ENDS:
        return
    first = findings.differences[0].state if findings.differences else None
    last = way.last_used
    state = findings.origin or first or ("" if last is None else last.state)
    recorded = _end(recording.status, text_of(recording.error), text_of(recording.cause))
    candidate = _end(outcome.status, outcome.error, outcome.cause)
    another_failed = findings.unexpected and not findings.differences and not outcome.has_output
    if another_failed or _without_ids(recorded) != _without_ids(candidate):
        findings.parted("status", None, recorded, candidate, state=state)
    elif outcome.has_output and recording.output != compact(outcome.output):
        if not is_readable(recording.output):
            return
        apart = first_apart(parsed(recording.output), outcome.output)
        if apart is not None:
            data = parsed(recording.output), outcome.output
            findings.parted(
                "output", None, apart.left, apart.right, state=state, at=apart.at, data=data
            )


def _end(status: str, error: str | None, cause: str | None) -> dict[str, Any]:
    """Return an end in the form that is compared and reported.

    AWS words the causes of its own errors (``States.``) in ways that depend on the history, so
    they aren't compared.
    """
    if status == "SUCCEEDED":
        return {"status": status}
    if status == "TIMED_OUT":
        return {"status": status, "error": error or "States.Timeout"}
    return {"status": status, "error": error, "cause": cause}


def _without_ids(end: Mapping[str, Any]) -> Mapping[str, Any]:
    error, cause = end.get("error"), end.get("cause")
    if error is not None and error.startswith("States."):
        return {**end, "cause": None}
    return {**end, "cause": _EVENT_ID.sub("#", cause)} if cause else end
