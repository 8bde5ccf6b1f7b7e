"""Reads the way of an execution, its states in order, from its history. Pure.

    events of GetExecutionHistory → read_visits → one Visit for each time that a state was entered

Each event names the event that led to it. By those links a visit belongs to the iteration of a Map
or to the Parallel that it ran in, however the events of concurrent branches are mixed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_release.simulator import Event
from sfn_release.testing.histories.event_kinds import EventKind, kind_of
from sfn_release.testing.histories.task_attempts import (
    details_of,
    note_task,
    scheduled_attempt,
)
from sfn_release.testing.histories.visits import (
    AttemptEnded,
    Ended,
    FailedChildren,
    TaskAttempt,
    Visit,
)

__all__ = [
    "AttemptEnded",
    "Ended",
    "FailedChildren",
    "TaskAttempt",
    "Visit",
    "api_events",
    "read_visits",
]


@dataclass(frozen=True)
class _Scope:
    """The place of events: the execution, a Parallel, or an iteration of a Map."""

    container: Visit | None = None
    outside: _Scope | None = None
    depth: int = 0
    iteration: int | None = None
    iterations: tuple[tuple[str, int], ...] = ()
    open: dict[str, list[Visit]] = field(default_factory=dict)


def read_visits(events: Iterable[Mapping[str, Any]], *, finished: bool = True) -> list[Visit]:
    """Return every visit of a state, in the order of entering.

    *events* have the shape of ``GetExecutionHistory``. If the execution is *finished*, a visit
    without an end has failed; otherwise it is running.
    """
    reader = _Reader()
    for event in events:
        reader.read(event)
    if finished:
        for visit in reader.visits:
            visit.ended = "failed" if visit.ended == "running" else visit.ended
    return reader.visits


class _Reader:
    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self._scopes: dict[int, _Scope] = {0: _Scope()}
        self._current: dict[int, Visit | None] = {}
        self._failing: set[int] = set()
        self._exited: dict[int, Visit] = {}
        self._redriven: set[int] = set()
        self._left: dict[int, list[Visit]] = {}
        self._around: dict[int, _Scope] = {}

    def read(self, event: Mapping[str, Any]) -> None:
        """Take in the next event."""
        kind, number = event["type"], event["id"]
        previous = event.get("previousEventId", 0)
        scope = self._scopes.get(previous, self._scopes[0])
        visit = self._current.get(previous)
        details = details_of(event)
        if kind == "ExecutionRedriven":
            self._redrive(number)
        elif previous in self._left:
            scope, visit = self._resumed(previous, kind, event, details) or (scope, visit)
        what = kind_of(kind)
        if what.enters:
            visit = self._enter(scope, what.enters, event, details)
        elif what.exits:
            scope, visit = self._exit(scope, event, details)
        elif what.starts:
            if visit is None or f"{visit.type}StateStarted" != kind or visit.attempts:
                scope, visit = self._leave(scope, kind)  # it failed inside and is retried
            scope = _Scope(visit, scope, scope.depth + 1, iterations=scope.iterations)
        elif what.iterates:
            scope = _iteration(scope, details)
        elif what.ends:
            scope, visit = self._leave(scope, kind)
        if visit is not None:
            self._note(visit, what, event, details)
        self._scopes[number], self._current[number] = scope, visit

    def _enter(
        self, scope: _Scope, type: str, event: Mapping[str, Any], details: Mapping[str, Any]
    ) -> Visit:
        visit = Visit(
            str(details.get("name", "")),
            type,
            event["timestamp"],
            scope.depth,
            scope.iteration,
            event=event["id"],
            iterations=scope.iterations,
            input=details.get("input"),
            previous=self._exited.get(event.get("previousEventId", 0)),
            container=scope.container,
        )
        scope.open.setdefault(visit.state, []).append(visit)
        self._around[id(visit)] = scope
        self.visits.append(visit)
        return visit

    def _redrive(self, event: int) -> None:
        """Note the visits that a redrive goes on with: the innermost unfinished ones."""
        unfinished = [visit for visit in self.visits if visit.exited is None]
        around = {id(visit.container) for visit in unfinished}
        self._redriven = {id(visit) for visit in unfinished}
        self._failing -= self._redriven
        self._left[event] = [visit for visit in unfinished if id(visit) not in around]

    def _resumed(
        self, redrive: int, kind: str, event: Mapping[str, Any], details: Mapping[str, Any]
    ) -> tuple[_Scope, Visit] | None:
        """Return the visit and its scope for the first event of a strand after a redrive.

        A task's event doesn't name its state, so its resource decides.
        """
        tried = kind_of(kind).tried
        resource = scheduled_attempt(event, details).resource if tried else None
        for visit in self._left[redrive]:
            before = visit.tasks[-1].resource if visit.tasks else None
            named = details.get("name") == visit.state
            if named or (resource is not None and resource == before):
                self._left[redrive].remove(visit)
                return self._around[id(visit)], visit
        return None

    def _exit(
        self, scope: _Scope, event: Mapping[str, Any], details: Mapping[str, Any]
    ) -> tuple[_Scope, Visit | None]:
        name = str(details.get("name", ""))
        inside: _Scope | None = scope
        while inside is not None and not inside.open.get(name):
            inside = inside.outside  # a container that fails exits from the scope that failed
        if inside is None:
            return scope, None
        visit = inside.open[name].pop()
        visit.exited = event["timestamp"]
        visit.output = details.get("output")
        visit.assigned = details.get("assignedVariables") or {}
        self._exited[event["id"]] = visit
        visit.ended = "caught" if id(visit) in self._failing else "succeeded"
        return inside, visit

    @staticmethod
    def _leave(scope: _Scope, kind: str) -> tuple[_Scope, Visit | None]:
        """Return the scope around a scope that an event ends, and the state that contains it."""
        inside = scope
        if kind.startswith("MapIteration"):
            while inside.iteration is None and inside.outside is not None:
                inside = inside.outside
            return inside.outside or inside, inside.container
        type = re.sub(r"(Started|Succeeded|Failed|Aborted)$", "", kind)
        while inside.outside is not None:
            around, container = inside.outside, inside.container
            inside = around
            if (
                container is not None
                and f"{container.type}State" == type
                and inside.container is not container
            ):
                return inside, container
        return inside, None

    def _cut_off(self, visit: Visit) -> None:
        """Mark the visit that an event ...StateAborted is about.

        The event follows the failure of another branch or iteration, so *visit* may be the failed
        one: then it is about a visit of the same type that still runs.
        """
        if id(visit) in self._failing:
            others = (
                other
                for other in self.visits
                if other.type == visit.type
                and other.ended == "running"
                and id(other) not in self._failing
            )
            visit = next(others, visit)
        if id(visit) not in self._failing:
            visit.ended = "aborted"

    def _note(
        self, visit: Visit, what: EventKind, event: Mapping[str, Any], details: Mapping[str, Any]
    ) -> None:
        """Update a visit with an event of its work."""
        kind = event["type"]
        if visit.type == "Task":
            note_task(visit, what, event, details)
        if what.plain:
            return
        if what.tried:
            self._note_attempt(visit)
        elif what.map_run:
            visit.map_run = details.get("mapRunArn")
        elif kind == "MapRunFailed":
            visit.error, visit.cause = details.get("error"), details.get("cause")
            visit.map_failures.append((visit.error, visit.cause))
            self._failing.add(id(visit))
        elif kind == f"{visit.type}StateAborted":
            self._cut_off(visit)
        elif what.fails:
            timeout = "States.Timeout" if what.timed_out else None
            self._failing.add(id(visit))
            if details.get("error") or not what.of_container:
                visit.error, visit.cause = details.get("error") or timeout, details.get("cause")
            elif visit.error is None:  # a map run's failure has said it otherwise
                visit.error, visit.cause = self._failure_inside(visit)

    def _note_attempt(self, visit: Visit) -> None:
        """Update a visit with the start of another attempt."""
        if visit.attempts and id(visit) not in self._redriven:
            visit.retried.append(visit.error or self._failure_inside(visit)[0])
        self._redriven.discard(id(visit))
        visit.attempts += 1
        visit.error = visit.cause = None
        self._failing.discard(id(visit))

    def _failure_inside(self, container: Visit) -> tuple[str | None, str | None]:
        """Return the error and cause that a Parallel or Map fails with: the last one in it."""
        for visit in reversed(self.visits):
            around = visit.container
            while around is not None and around is not container:
                around = around.container
            if around is container and id(visit) in self._failing and visit.exited is None:
                return visit.error, visit.cause
        return None, None


def _iteration(scope: _Scope, details: Mapping[str, Any]) -> _Scope:
    """Return the scope of a Map's iteration.

    It follows the Map's start, or the last event inside the iteration whose place it takes.
    """
    inside: _Scope | None = scope
    while inside is not None and not _is_inside_of(inside, details.get("name")):
        inside = inside.outside
    scope = inside or scope
    index, container = details.get("index", 0), scope.container
    name = container.state if container else str(details.get("name", ""))
    iterations = (*scope.iterations, (name, index))
    return _Scope(container, scope, scope.depth, index, iterations)


def _is_inside_of(scope: _Scope, name: Any) -> bool:
    """Whether a scope is the inside of the Map *name*, around its iterations."""
    container = scope.container
    return scope.iteration is None and container is not None and container.state == name


def api_events(events: Iterable[Event]) -> Iterator[dict[str, Any]]:
    """Yield the events of the simulator in the shape of ``GetExecutionHistory``."""
    for event in events:
        yield {
            "id": event.id,
            "previousEventId": event.previous,
            "type": event.type,
            "timestamp": event.timestamp,
            **event.details,
        }
