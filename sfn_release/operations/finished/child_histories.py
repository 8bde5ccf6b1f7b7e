"""Reads histories of child executions of distributed Maps: a sample of each map run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.errors import AwsError
from sfn_release.operations.finished.execution_filter import FINISHED_STATUSES
from sfn_release.operations.finished.execution_histories import read_history

_STARTED = ("mapRunStartedEventDetails", "mapRunRedrivenEventDetails")
_UNREADABLE = frozenset(
    ("ResourceNotFound", "InvalidArn", "ValidationException", "StateMachineTypeNotSupported")
)
"""The map run is gone, or its children are EXPRESS executions."""

History = list[dict[str, Any]]


def child_histories(
    client: StepFunctions, events: Iterable[Mapping[str, Any]], *, most: int
) -> Iterator[History]:
    """Yield the histories of child executions of an execution, given its *events*.

    Reads at most *most* children of each map run and each status, the newest first, and the
    children of children. EXPRESS children have no history. Raises AwsError.
    """
    pending = [*_map_runs(events)]
    for arn in pending:  # the loop below adds the map runs of children
        for child in _children(client, arn, most):
            history = _history(client, child)
            if history:
                pending += _map_runs(history)
                yield history


def _map_runs(events: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the ARN of each map run once."""
    found = (event.get(key) or {} for event in events for key in _STARTED)
    yield from dict.fromkeys(details["mapRunArn"] for details in found if "mapRunArn" in details)


def _children(client: StepFunctions, arn: str, most: int) -> Iterator[str]:
    for status in FINISHED_STATUSES:
        try:
            listed = call(
                client.list_executions, mapRunArn=arn, statusFilter=status, maxResults=most
            )
        except AwsError as error:
            if error.aws_code not in _UNREADABLE:
                raise
            return
        yield from (child["executionArn"] for child in listed["executions"])


def _history(client: StepFunctions, arn: str) -> History | None:
    try:
        return read_history(client, arn)
    except AwsError as error:
        if error.aws_code not in _UNREADABLE:
            raise
        return None
