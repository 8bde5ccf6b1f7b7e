"""What every operation works with: the store, the ARNs' scope, and the edges of the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sfn_release.local.arns import Scope
from sfn_release.local.runs import Runs
from sfn_release.local.store import Store
from sfn_release.simulator import Tasks

TasksFor = Callable[[str, Mapping[str, str]], Tasks]
"""Gives what answers the tasks of one execution, by state machine name and tags."""


@dataclass(frozen=True)
class World:
    """Everything that an operation may touch.

    *now* gives seconds since 1970, *new_id* a UUID, *random* a number from 0 up to but without 1:
    the share that an alias routes by. *runs* are the executions that run in real time.
    """

    store: Store
    scope: Scope
    now: Callable[[], float]
    new_id: Callable[[], str]
    random: Callable[[], float]
    tasks_for: TasksFor
    runs: Runs
    real_time: bool = False
