"""Reads the way of an execution, its states in order, from its history. Pure.

    events of GetExecutionHistory → read_visits → one Visit for each time that a state was entered

Each event names the event that led to it. By those links a visit belongs to the iteration of a Map
or to the Parallel that it ran in, however the events of concurrent branches are mixed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from sfn_release.simulator import Event

Ended = Literal["succeeded", "caught", "failed", "aborted", "running"]
AttemptEnded = Literal["succeeded", "failed", "timed out", "running"]

_ENTERED, _EXITED = "StateEntered", "StateExited"
_STARTED = ("ParallelStateStarted", "MapStateStarted")
_TRIED = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled", *_STARTED)
_MAP_RUN = ("MapRunStarted", "MapRunRedriven")
_CONTAINERS = ("ParallelState", "MapState")


@dataclass(frozen=True)
class FailedChildren:
    """How many of a map run's child executions failed, and why the first of them did.

    *first* is the ARN of that one.
    """

    failed: int
    total: int
    error: str | None = None
    cause: str | None = None
    first: str | None = None


@dataclass
class TaskAttempt:
    """One attempt of a Task.

    *resource* is its Resource, without ``arn:aws:states:::`` if it is a service integration
    (``lambda:invoke.waitForTaskToken``). *arguments*, *submitted* (the service's answer to the
    submission of a ``.sync`` or callback task) and *result* are JSON texts, None where the history
    has none. Times are as the history has them.
    """

    resource: str
    arguments: str | None
    scheduled: datetime | str
    timeout_seconds: float | None = None
    heartbeat_seconds: float | None = None
    submitted: str | None = None
    ended: AttemptEnded = "running"
    result: str | None = None
    error: str | None = None
    cause: str | None = None
    stopped: datetime | str | None = None


@dataclass
class Visit:
    """One visit of a state. *depth* is how many Map iterations and Parallels it is inside.

    *iteration* is its index in the innermost Map, None outside of one; *iterations* are all of them
    as (Map state, index), outermost first. *attempts* counts how often a Task, Map or Parallel ran,
    and *tasks* are the attempts of a Task; *map_failures* are errors and causes of a distributed
    Map's failed map runs. *error* and *cause* belong to its last failure, as far as
    the history has them: a Catch took it when *ended* is ``caught``. *map_run* is the ARN of the
    last map run of a distributed Map, and *children* are the failed ones of its child executions.

    *retried* are the errors after which a retrier had it run again, None where the history has
    none. *event* is the id of its StateEntered event. *input* and *output* are JSON texts, None
    where the history has none; *assigned* are the variables that it assigned, each as JSON text.
    *previous* is the visit before it in the same machine, branch or iteration, and *container* the
    visit of the Map or Parallel around it.
    """

    state: str
    type: str
    entered: datetime | str
    depth: int = 0
    iteration: int | None = None
    attempts: int = 0
    ended: Ended = "running"
    exited: datetime | str | None = None
    error: str | None = None
    cause: str | None = None
    map_run: str | None = None
    children: FailedChildren | None = None
    event: int = 0
    iterations: tuple[tuple[str, int], ...] = ()
    input: str | None = None
    output: str | None = None
    assigned: Mapping[str, str] = field(default_factory=dict)
    tasks: list[TaskAttempt] = field(default_factory=list)
    retried: list[str | None] = field(default_factory=list)
    map_failures: list[tuple[str | None, str | None]] = field(default_factory=list)
    previous: Visit | None = field(default=None, repr=False)
    container: Visit | None = field(default=None, repr=False)

    @property
    def entered_at(self) -> str:
        """The time of its entry, as records write times."""
        return _text(self.entered)

    @property
    def exited_at(self) -> str | None:
        """The time of its exit, as records write times; None without an exit."""
        return None if self.exited is None else _text(self.exited)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "state": self.state,
            "type": self.type,
            "entered_at": self.entered_at,
            "depth": self.depth,
            "iteration": self.iteration,
            "attempts": self.attempts,
            "ended": self.ended,
            "exited_at": self.exited_at,
            "error": self.error,
            "cause": self.cause,
            "map_run": self.map_run,
            "children": None if self.children is None else asdict(self.children),
        }


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
        details = _details(event)
        if kind == "ExecutionRedriven":
            self._redrive(number)
        elif previous in self._left:
            scope, visit = self._resumed(previous, kind, event, details) or (scope, visit)
        if kind.endswith(_ENTERED):
            visit = self._enter(scope, kind, event, details)
        elif kind.endswith(_EXITED):
            scope, visit = self._exit(scope, event, details)
        elif kind in _STARTED:
            if visit is None or f"{visit.type}StateStarted" != kind or visit.attempts:
                scope, visit = self._leave(scope, kind)  # it failed inside and is retried
            scope = _Scope(visit, scope, scope.depth + 1, iterations=scope.iterations)
        elif kind == "MapIterationStarted":
            scope = _iteration(scope, details)
        elif kind.startswith((*_CONTAINERS, "MapIteration")):
            scope, visit = self._leave(scope, kind)
        if visit is not None:
            self._note(visit, kind, event, details)
        self._scopes[number], self._current[number] = scope, visit

    def _enter(
        self, scope: _Scope, kind: str, event: Mapping[str, Any], details: Mapping[str, Any]
    ) -> Visit:
        visit = Visit(
            str(details.get("name", "")),
            kind.removesuffix(_ENTERED),
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
        resource = _scheduled(event, details).resource if kind in _TRIED else None
        for visit in self._left[redrive]:
            tried = visit.tasks[-1].resource if visit.tasks else None
            named = details.get("name") == visit.state
            if named or (resource is not None and resource == tried):
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
        self, visit: Visit, kind: str, event: Mapping[str, Any], details: Mapping[str, Any]
    ) -> None:
        """Update a visit with an event of its work."""
        if visit.type == "Task":
            _note_task(visit, kind, event, details)
        if kind in _TRIED:
            if visit.attempts and id(visit) not in self._redriven:
                visit.retried.append(visit.error or self._failure_inside(visit)[0])
            self._redriven.discard(id(visit))
            visit.attempts += 1
            visit.error = visit.cause = None
            self._failing.discard(id(visit))
        elif kind in _MAP_RUN:
            visit.map_run = details.get("mapRunArn")
        elif kind == "MapRunFailed":
            visit.error, visit.cause = details.get("error"), details.get("cause")
            visit.map_failures.append((visit.error, visit.cause))
            self._failing.add(id(visit))
        elif kind == f"{visit.type}StateAborted":
            self._cut_off(visit)
        elif kind.endswith(("Failed", "TimedOut")) and not kind.startswith("MapIteration"):
            timeout = "States.Timeout" if kind.endswith("TimedOut") else None
            self._failing.add(id(visit))
            if details.get("error") or not kind.startswith(_CONTAINERS):
                visit.error, visit.cause = details.get("error") or timeout, details.get("cause")
            elif visit.error is None:  # a map run's failure has said it otherwise
                visit.error, visit.cause = self._failure_inside(visit)

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


_TASKS = ("Task", "LambdaFunction", "Activity")
_TASK_ENDS: dict[str, AttemptEnded] = {"Succeeded": "succeeded", "TimedOut": "timed out"}


def _note_task(
    visit: Visit, kind: str, event: Mapping[str, Any], details: Mapping[str, Any]
) -> None:
    """Update the attempts of a Task with an event of its work."""
    if kind in _TRIED:
        visit.tasks.append(_scheduled(event, details))
        return
    if not visit.tasks or kind.startswith("TaskState") or not kind.startswith(_TASKS):
        return  # the end of the execution follows its last state
    attempt = visit.tasks[-1]
    if kind == "TaskSubmitted":
        attempt.submitted = details.get("output")
    elif kind.endswith(("Succeeded", "Failed", "TimedOut")):
        attempt.ended = next(
            (ended for end, ended in _TASK_ENDS.items() if kind.endswith(end)), "failed"
        )
        attempt.stopped = event["timestamp"]
        attempt.result = details.get("output")
        attempt.error, attempt.cause = details.get("error"), details.get("cause")


def _scheduled(event: Mapping[str, Any], details: Mapping[str, Any]) -> TaskAttempt:
    """Return the attempt that an event ...Scheduled begins."""
    resource = str(details.get("resource", ""))
    if details.get("resourceType"):
        resource = f"{details['resourceType']}:{resource}"
    arguments = details.get("parameters")
    return TaskAttempt(
        resource,
        details.get("input") if arguments is None else arguments,
        event["timestamp"],
        details.get("timeoutInSeconds"),
        details.get("heartbeatInSeconds"),
    )


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


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    for key in reversed([*event]):  # they come last, or nearly so
        if key.endswith("EventDetails"):
            details: Mapping[str, Any] = event[key] or {}
            return details
    return {}


def _text(at: datetime | str) -> str:
    from sfn_release.release.record import timestamp

    return timestamp(at) if isinstance(at, datetime) else at
