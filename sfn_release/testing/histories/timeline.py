"""Reads a whole execution from its history: its end, and the time of each state. Pure.

events of GetExecutionHistory → read_timeline → Timeline: the ends, and the visits in order
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sfn_release.testing.histories.history_ends import ends_of, text_of
from sfn_release.testing.histories.instants import instant_of
from sfn_release.testing.histories.state_visits import TaskAttempt, Visit, read_visits
from sfn_release.testing.histories.task_attempts import details_of

_NONE = timedelta()
_BLAMED = re.compile(
    r"An error occurred while executing the state '(?P<state>.*?)'"
    r" \(entered at the event id #(?P<event>\d+)\)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Spent:
    """The time that the visits of a state took together, and how much of it the state waited.

    *between* is the time between a failed attempt and its retry, *waiting* the time of a Wait state
    or of a task after it was submitted.
    """

    state: str
    visits: int
    total: timedelta
    waiting: timedelta = _NONE
    between: timedelta = _NONE


@dataclass(frozen=True)
class EvaluationFault:
    """A JSONata expression that failed: the state, the field (*location*), and the cause."""

    state: str
    location: str | None
    error: str | None
    cause: str | None


@dataclass(frozen=True)
class Timeline:
    """One execution, read from its history. *input* and *output* are JSON texts.

    *status* is RUNNING if the history has no end: the execution runs, or the history is cut off.
    *redrives* are the times of its redrives. *version_arn* and *alias_arn* are the state machine's
    version and alias that it was started with, as far as the history has them. *failed* is the
    visit that a failed execution failed in, the innermost one, as far as the history has it.
    """

    status: str
    visits: Sequence[Visit]
    input: str | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    started: datetime | None = None
    stopped: datetime | None = None
    version_arn: str | None = None
    alias_arn: str | None = None
    redrives: Sequence[datetime | None] = ()
    evaluations: Sequence[EvaluationFault] = ()
    events: int = 0
    failed: Visit | None = field(default=None, repr=False)

    @property
    def took(self) -> timedelta | None:
        """How long it took, or has taken until the last event; None without times."""
        return self.between(self.started, self.stopped)

    def offset(self, at: datetime | str | None) -> timedelta | None:
        """Return how long after the start a time is; None if one of them isn't known."""
        return self.between(self.started, at)

    @staticmethod
    def between(start: datetime | str | None, stop: datetime | str | None) -> timedelta | None:
        """Return the time between two times of a history; None if one of them isn't known."""
        first, second = instant_of(start), instant_of(stop)
        return None if first is None or second is None else max(second - first, _NONE)

    def took_of(self, visit: Visit) -> timedelta | None:
        """Return how long a visit took, until the execution's end if it has none of its own."""
        return self.between(visit.entered, visit.exited or self.stopped)

    def waits_between(self, visit: Visit) -> list[timedelta | None]:
        """Return the time before each attempt of a Task after the first."""
        return [
            self.between(failed.stopped, retried.scheduled)
            for failed, retried in zip(visit.tasks, visit.tasks[1:], strict=False)
        ]


def read_timeline(
    events: Sequence[Mapping[str, Any]], description: Mapping[str, Any] | None = None
) -> Timeline:
    """Return the execution that *events* describe; they have the shape of a history.

    *description* is DescribeExecution's answer, or a part of it, which has more than a history.
    """
    known = description or {}
    ends = ends_of(events)
    status = ends.status or text_of(known.get("status")) or "RUNNING"
    visits = read_visits(events, finished=status != "RUNNING")
    last_event = events[-1] if events else {}
    error = text_of(ends.error, known.get("error"))
    cause = text_of(ends.cause, known.get("cause"))
    failed = None
    if status == "FAILED":
        failed = _failed(visits, error, cause, _visit_before(ends.end, events, visits))
    _settle(visits, failed, error, cause)
    return Timeline(
        status=status,
        visits=visits,
        input=text_of(ends.input, known.get("input")),
        output=text_of(ends.output, known.get("output")),
        error=error,
        cause=cause,
        started=instant_of(known.get("startDate")) or ends.started,
        stopped=(
            instant_of(known.get("stopDate"))
            or ends.stopped
            or instant_of(last_event.get("timestamp"))
        ),
        version_arn=text_of(known.get("stateMachineVersionArn"), ends.version_arn),
        alias_arn=text_of(known.get("stateMachineAliasArn"), ends.alias_arn),
        redrives=ends.redrives,
        evaluations=tuple(_evaluations(events)),
        events=len(events),
        failed=failed,
    )


def reading_order(visits: Sequence[Visit]) -> list[Visit]:
    """Return visits with the inside of a Map or Parallel after it, one branch after another."""
    inside: dict[int, dict[int, list[Visit]]] = {}
    roots: dict[int, int] = {}
    for visit in visits:
        before = visit.previous
        root = roots.get(id(before), visit.event) if before is not None else visit.event
        roots[id(visit)] = root
        groups = inside.setdefault(id(visit.container), {})
        groups.setdefault(root if visit.container is not None else 0, []).append(visit)
    found: list[Visit] = []
    pending = _groups(inside, None)
    while pending:
        visit = pending.pop()
        found.append(visit)
        pending += _groups(inside, visit)
    return found


def _groups(
    inside: Mapping[int, Mapping[int, list[Visit]]], container: Visit | None
) -> list[Visit]:
    """Return the visits inside a container, the last first."""
    groups = inside.get(id(container), {})
    return [visit for root in sorted(groups) for visit in groups[root]][::-1]


def where_time_went(timeline: Timeline) -> list[Spent]:
    """Return the time of each state that isn't a container, the longest first.

    A Map or Parallel counts only if the history shows nothing inside it, as of a distributed Map.
    """
    inside = {id(visit.container) for visit in timeline.visits if visit.container}
    spent: dict[str, Spent] = {}
    for visit in timeline.visits:
        took = timeline.took_of(visit)
        if took is None or id(visit) in inside:
            continue
        before = spent.get(visit.state, Spent(visit.state, 0, _NONE))
        waited = took if visit.type == "Wait" else _waited(timeline, visit)
        between = sum((wait for wait in timeline.waits_between(visit) if wait), _NONE)
        spent[visit.state] = Spent(
            visit.state,
            before.visits + 1,
            before.total + took,
            before.waiting + waited,
            before.between + between,
        )
    return sorted(spent.values(), key=lambda state: state.total, reverse=True)


def waits_outside(attempt: TaskAttempt) -> bool:
    """Whether a task waits for a token, a job or a worker after it was submitted."""
    return attempt.resource.endswith((".waitForTaskToken", ".sync", ".sync:2")) or (
        ":activity:" in attempt.resource
    )


def _waited(timeline: Timeline, visit: Visit) -> timedelta:
    """Return how long a Task waited for callbacks, jobs and workers."""
    spans = (
        timeline.between(attempt.scheduled, attempt.stopped or timeline.stopped)
        for attempt in visit.tasks
        if waits_outside(attempt)
    )
    return sum((span for span in spans if span), _NONE)


def _visit_before(
    end: Mapping[str, Any], events: Iterable[Mapping[str, Any]], visits: Iterable[Visit]
) -> Visit | None:
    """Return the visit that the event of the end follows: the last one entered on the way to it."""
    entered = {visit.event: visit for visit in visits}
    previous = {event["id"]: event.get("previousEventId", 0) for event in events}
    at, seen = end.get("previousEventId", 0), set[int]()
    while at in previous and at not in seen:
        if at in entered:
            return entered[at]
        seen.add(at)
        at = previous[at]
    return None


def _failed(
    visits: Sequence[Visit], error: str | None, cause: str | None, last: Visit | None
) -> Visit | None:
    """Return the visit that an execution failed in; *last* is the one that its end follows."""
    blamed = _BLAMED.match(cause or "")
    if blamed:
        number = int(blamed["event"])
        for visit in visits:
            if visit.event == number and visit.state == blamed["state"]:
                return visit
    if last is not None and last.ended in {"failed", "running"}:
        return last
    failed = [visit for visit in visits if visit.ended == "failed"]
    same = [visit for visit in failed if visit.error == error]
    return max(same or failed, key=lambda visit: (visit.depth, visit.event), default=None)


def _settle(
    visits: Iterable[Visit], failed: Visit | None, error: str | None, cause: str | None
) -> None:
    """Give the failed visit its error, and mark the visits that a failure elsewhere cut off.

    A Fail state isn't cut off: it fails as soon as it is entered.
    """
    around = set[int]()
    visit = failed
    while visit is not None:
        around.add(id(visit))
        visit = visit.container
    if failed is not None and failed.error is None:
        failed.error, failed.cause = error, cause
    for visit in visits:
        is_open = visit.ended == "failed" and visit.error is None and visit.type != "Fail"
        if is_open and id(visit) not in around:
            visit.ended = "aborted"


def _evaluations(events: Iterable[Mapping[str, Any]]) -> Iterator[EvaluationFault]:
    for event in events:
        if event["type"] == "EvaluationFailed":
            found = details_of(event)
            place = text_of(found.get("state")) or "", found.get("location")
            yield EvaluationFault(*place, found.get("error"), found.get("cause"))
