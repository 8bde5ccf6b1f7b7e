"""Reads the finished executions of a workflow in an environment, with their histories.

    workflow, environment, ExecutionFilter → list → histories side by side → FinishedExecution

STANDARD executions come from ListExecutions and GetExecutionHistory, EXPRESS ones from the log
group of the state machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sfn_release.operations.workspace import Workspace
from sfn_release.testing.histories.finished_execution import FinishedExecution


@dataclass(frozen=True)
class ExecutionFilter:
    """The executions to read: the newest *last* of those that match everything else.

    *version* is a release; without one, executions of all versions count. *since* and *until*
    bound the start time. *statuses* are the ends that count, all without any.
    """

    last: int | None = 100
    version: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    statuses: tuple[str, ...] = ()


def finished_executions(
    workspace: Workspace,
    workflow: str,
    environment: str,
    wanted: ExecutionFilter,
) -> Iterator[FinishedExecution]:
    """Yield the finished executions of a workflow in an environment, newest first.

    Histories are read with their data, several side by side, within AWS's quotas. Raises
    NotFoundError for a workflow that isn't deployed there, ConfigError for an EXPRESS workflow
    whose logs don't have all that is needed, and AccessError with the missing IAM action
    (``states:ListExecutions``, ``states:GetExecutionHistory``, ``logs:FilterLogEvents``).
    """
    raise NotImplementedError


def read_execution(workspace: Workspace, arn: str, environment: str | None) -> FinishedExecution:
    """Return one finished execution by its ARN, with its history.

    Raises NotFoundError for an unknown one, and ConflictError for a running one.
    """
    raise NotImplementedError
