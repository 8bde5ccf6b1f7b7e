"""Reads the histories of listed executions, several side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from sfn_release.aws.api_calls import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.errors import AwsError

Item = TypeVar("Item")
Read = TypeVar("Read")

_PAGE = 1000  # events in one response of GetExecutionHistory
_THREADS = 8
GONE = "ExecutionDoesNotExist"
EXPIRED = "InvalidToken"
"""The error of Step Functions for a page token after 24 hours."""


def read_history(client: StepFunctions, arn: str) -> list[dict[str, Any]] | None:
    """Return all events of an execution with their data; None if the execution was deleted.

    An expired page token starts again from the first page, once.
    """
    for final in (False, True):
        try:
            return _pages(client, arn)
        except AwsError as error:
            if error.aws_code == GONE:
                return None
            if error.aws_code != EXPIRED or final:
                raise
    return None


def _pages(client: StepFunctions, arn: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    page: dict[str, Any] = {"executionArn": arn, "maxResults": _PAGE, "includeExecutionData": True}
    while True:
        answer = call(client.get_execution_history, **page)
        events += answer["events"]
        if not answer.get("nextToken"):
            return events
        page["nextToken"] = answer["nextToken"]


def read_side_by_side(
    items: Iterator[Item], read: Callable[[Item], Read | None], *, threads: int = _THREADS
) -> Generator[Read]:
    """Yield what *read* returns for each item, in order; None is left out.

    Little more is read than you ask for. When you stop early, or a read fails, what hasn't begun
    is cancelled.
    """
    waiting: deque[Future[Read | None]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="reading") as pool:
        try:
            while True:
                for item in islice(items, 2 * threads - len(waiting)):
                    waiting.append(pool.submit(read, item))
                if not waiting:
                    return
                found = waiting.popleft().result()
                if found is not None:
                    yield found
        finally:
            for future in waiting:
                future.cancel()
