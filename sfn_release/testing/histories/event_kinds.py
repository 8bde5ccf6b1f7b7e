"""What the type of an event says about a visit, worked out once for each type."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

STARTED = ("ParallelStateStarted", "MapStateStarted")
TRIED = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled", *STARTED)
_TASKS = ("Task", "LambdaFunction", "Activity")
_ENTERED = "StateEntered"
_ENDS = ("Succeeded", "Failed", "TimedOut")


@dataclass(frozen=True, slots=True)
class EventKind:
    """The kind of an event.

    *enters* the state type that it enters, "" for any other event. It *exits* a state, *starts* the
    attempt of a Parallel or Map, or it *ends* a container or an iteration. It's of a *tried* Task
    or container, of a *task* that works, or of a *map_run*. It *fails* what it's about, as *timed
    out* if it says so.
    """

    enters: str
    exits: bool
    starts: bool
    iterates: bool
    ends: bool
    tried: bool
    task: bool
    map_run: bool
    fails: bool
    timed_out: bool
    of_container: bool
    plain: bool
    """Whether it changes no visit by itself, as the start of a task."""


@lru_cache(maxsize=512)
def kind_of(type: str) -> EventKind:
    """Return the kind of an event's *type*."""
    of_container = type.startswith(("ParallelState", "MapState"))
    enters = type.removesuffix(_ENTERED) if type.endswith(_ENTERED) else ""
    exits = type.endswith("StateExited")
    iteration = type.startswith("MapIteration")
    starts, iterates = type in STARTED, type == "MapIterationStarted"
    tried = type in TRIED
    map_run = type in ("MapRunStarted", "MapRunRedriven")
    task = type.startswith(_TASKS) and not type.startswith("TaskState") and not tried
    fails = type.endswith(("Failed", "TimedOut")) and not iteration
    return EventKind(
        enters=enters,
        exits=exits,
        starts=starts,
        iterates=iterates,
        ends=(of_container or iteration) and not (enters or exits or starts or iterates),
        tried=tried,
        task=task and (type == "TaskSubmitted" or type.endswith(_ENDS)),
        map_run=map_run,
        fails=fails,
        timed_out=type.endswith("TimedOut"),
        of_container=of_container,
        plain=not (tried or map_run or fails or type.endswith("StateAborted")),
    )
