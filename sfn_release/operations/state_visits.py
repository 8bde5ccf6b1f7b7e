"""Reads the way of an execution, its states in order, from its history. Pure.

    events of GetExecutionHistory → read_visits → one Visit for each time that a state was entered

Each event names the event that led to it. By those links a visit belongs to the iteration of a Map
or to the Parallel that it ran in, however the events of concurrent branches are mixed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from sfn_release.operations.failed_children import FailedChildren

Ended = Literal["succeeded", "caught", "failed", "aborted", "running"]

_ENTERED, _EXITED = "StateEntered", "StateExited"
_STARTED = ("ParallelStateStarted", "MapStateStarted")
_TRIED = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled", *_STARTED)
_MAP_RUN = ("MapRunStarted", "MapRunRedriven")
_CONTAINERS = ("ParallelState", "MapState")


@dataclass
class Visit:
    """One visit of a state. *depth* is how many Map iterations and Parallels it is inside.

    *iteration* is its index in the innermost Map, None outside of one. *attempts* counts how often
    a Task, Map or Parallel ran. *error* and *cause* are those of its last failure, as far as the
    history has them: a Catch took it when *ended* is ``caught``. *map_run* is the ARN of the last
    map run of a distributed Map, and *children* are the failed ones of its child executions.
    """

    state: str
    type: str
    entered_at: str
    depth: int = 0
    iteration: int | None = None
    attempts: int = 0
    ended: Ended = "running"
    exited_at: str | None = None
    error: str | None = None
    cause: str | None = None
    map_run: str | None = None
    children: FailedChildren | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


@dataclass(frozen=True)
class _Scope:
    """The place of events: the execution, a Parallel, or an iteration of a Map."""

    container: Visit | None = None
    outside: _Scope | None = None
    depth: int = 0
    iteration: int | None = None
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

    def read(self, event: Mapping[str, Any]) -> None:
        """Take in the next event."""
        kind, id = event["type"], event["id"]
        previous = event.get("previousEventId", 0)
        scope = self._scopes.get(previous, self._scopes[0])
        visit = self._current.get(previous)
        details = _details(event)
        if kind.endswith(_ENTERED):
            visit = self._enter(scope, kind, event, details)
        elif kind.endswith(_EXITED):
            scope, visit = self._exit(scope, event, details)
        elif kind in _STARTED:
            if visit is None or f"{visit.type}StateStarted" != kind or visit.attempts:
                scope, visit = self._leave(scope, kind)  # it failed inside and is retried
            scope = _Scope(visit, scope, scope.depth + 1)
        elif kind == "MapIterationStarted":
            scope = _Scope(scope.container, scope, scope.depth, details.get("index"))
        elif kind.startswith((*_CONTAINERS, "MapIteration")):
            scope, visit = self._leave(scope, kind)
        if visit is not None:
            self._note(visit, kind, details)
        self._scopes[id], self._current[id] = scope, visit

    def _enter(
        self, scope: _Scope, kind: str, event: Mapping[str, Any], details: Mapping[str, Any]
    ) -> Visit:
        visit = Visit(
            str(details.get("name", "")),
            kind.removesuffix(_ENTERED),
            _text(event["timestamp"]),
            scope.depth,
            scope.iteration,
        )
        scope.open.setdefault(visit.state, []).append(visit)
        self.visits.append(visit)
        return visit

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
        visit.exited_at = _text(event["timestamp"])
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

    def _note(self, visit: Visit, kind: str, details: Mapping[str, Any]) -> None:
        """Update a visit with an event of its work."""
        if kind in _TRIED:
            visit.attempts += 1
            visit.error = visit.cause = None
            self._failing.discard(id(visit))
        elif kind in _MAP_RUN:
            visit.map_run = details.get("mapRunArn")
        elif kind == f"{visit.type}StateAborted":
            self._cut_off(visit)
        elif kind.endswith(("Failed", "TimedOut")) and not kind.startswith("MapIteration"):
            timeout = "States.Timeout" if kind.endswith("TimedOut") else None
            visit.error, visit.cause = details.get("error") or timeout, details.get("cause")
            self._failing.add(id(visit))


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((value for key, value in event.items() if key.endswith("EventDetails")), {})


def _text(at: datetime | str) -> str:
    from sfn_release.release.record import timestamp

    return timestamp(at) if isinstance(at, datetime) else at
