"""The context of a request: the store, the region and account, clock, ids and randomness."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sfn_release.local_service.api.arns import ArnScope
from sfn_release.local_service.executions.live_executions import LiveExecutions
from sfn_release.local_service.storage.store import Store
from sfn_release.simulator import Tasks

if TYPE_CHECKING:
    from sfn_release.tasks import ExecutionScope, ReadMockConfig

TasksFor = Callable[["ExecutionScope"], Tasks]
"""Returns the tasks of one execution."""

ApiOperation = Callable[["RequestContext", Mapping[str, Any]], dict[str, Any]]
"""Answers a validated request, or raises ApiError."""


@dataclass
class ServiceAddress:
    """The URL at which a server carries the service over HTTP; None in this process only."""

    url: str | None = None


@dataclass(frozen=True)
class RequestContext:
    """Everything that an operation may use. You hand it in with `open_service`.

    *now* returns seconds since 1970, *new_id* a UUID, *random* a number from 0 up to but without 1,
    which aliases route by. *live* has the executions that run in real time. *operations* are those
    of the API by name, for the tasks that call them. *mock_config* returns the test cases that
    a start can name. *wait_time_scale* multiplies the time of Wait states. *fixed* are the members
    of the scope, ``region`` and ``account``, that a request's signature doesn't change. *address*
    is for the handlers that call the service back.
    """

    store: Store
    scope: ArnScope
    now: Callable[[], float]
    new_id: Callable[[], str]
    random: Callable[[], float]
    tasks_for: TasksFor
    live: LiveExecutions
    operations: Mapping[str, ApiOperation]
    real_time: bool = False
    mock_config: ReadMockConfig | None = None
    wait_time_scale: float = 1
    fixed: Collection[str] = ()
    address: ServiceAddress = field(default_factory=ServiceAddress)
