"""Reads child executions of distributed Maps with their histories: a sample of each map run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.errors import AwsError
from sfn_release.operations.finished.execution_filter import FINISHED_STATUSES
from sfn_release.operations.finished.execution_histories import read_history
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.history_ends import ends_of
from sfn_release.testing.histories.state_visits import read_visits

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
    return (history for _run, _child, history in _with_histories(client, events, most))


def child_executions(
    client: StepFunctions, parent: FinishedExecution, *, most: int
) -> Iterator[FinishedExecution]:
    """Yield child executions of *parent*, as `child_histories` reads them. Raises AwsError."""
    maps: dict[str, str] = {}
    _add_maps(maps, parent.events)
    for run, child, history in _with_histories(client, parent.events, most):
        _add_maps(maps, history)
        ends = ends_of(history)
        yield replace(
            parent,
            arn=child["executionArn"],
            status=child["status"],
            input=ends.input,
            output=ends.output,
            error=ends.error,
            cause=ends.cause,
            started=child["startDate"],
            stopped=child.get("stopDate"),
            events=history,
            incomplete="" if ends.input is not None else "its history has no input",
            map_state=maps.get(_labelled(run), ""),
        )


def _add_maps(maps: dict[str, str], events: Iterable[Mapping[str, Any]]) -> None:
    """Add the Map state of each map run, by the part of its ARN that names the state."""
    for visit in read_visits(events):
        if visit.map_run is not None:
            maps[_labelled(visit.map_run)] = visit.state


def _labelled(map_run: str) -> str:
    return map_run.rpartition(":")[0]


def _with_histories(
    client: StepFunctions, events: Iterable[Mapping[str, Any]], most: int
) -> Iterator[tuple[str, Mapping[str, Any], History]]:
    """Yield the ARN of the map run, the item of ListExecutions, and the history of children."""
    pending = [*_map_runs(events)]
    for arn in pending:  # the loop below adds the map runs of children
        for child in _children(client, arn, most):
            history = _history(client, child["executionArn"])
            if history:
                pending += _map_runs(history)
                yield arn, child, history


def _map_runs(events: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the ARN of each map run once."""
    found = (event.get(key) or {} for event in events for key in _STARTED)
    yield from dict.fromkeys(details["mapRunArn"] for details in found if "mapRunArn" in details)


def _children(client: StepFunctions, arn: str, most: int) -> Iterator[Mapping[str, Any]]:
    for status in FINISHED_STATUSES:
        try:
            listed = call(
                client.list_executions, mapRunArn=arn, statusFilter=status, maxResults=most
            )
        except AwsError as error:
            if error.aws_code not in _UNREADABLE:
                raise
            return
        yield from listed["executions"]


def _history(client: StepFunctions, arn: str) -> History | None:
    try:
        return read_history(client, arn)
    except AwsError as error:
        if error.aws_code not in _UNREADABLE:
            raise
        return None
