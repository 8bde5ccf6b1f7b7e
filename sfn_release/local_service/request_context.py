"""The context of a request: the store, the region and account, clock, ids and randomness."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sfn_release.local_service.arns import ArnScope
from sfn_release.local_service.live_executions import LiveExecutions
from sfn_release.local_service.store import Store
from sfn_release.simulator import Tasks

TasksFor = Callable[[str, Mapping[str, str]], Tasks]
"""Returns the tasks of one execution, by the name and tags of its state machine."""


@dataclass(frozen=True)
class RequestContext:
    """Everything that an operation may use. You hand it in with `open_service`.

    *now* returns seconds since 1970, *new_id* a UUID, *random* a number from 0 up to but without 1,
    which aliases route by. *live* has the executions that run in real time.
    """

    store: Store
    scope: ArnScope
    now: Callable[[], float]
    new_id: Callable[[], str]
    random: Callable[[], float]
    tasks_for: TasksFor
    live: LiveExecutions
    real_time: bool = False
