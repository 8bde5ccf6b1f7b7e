"""Lists the finished executions of a STANDARD state machine, alias or version, newest first."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.errors import AwsError
from sfn_release.operations.finished.execution_filter import ExecutionFilter
from sfn_release.operations.finished.execution_histories import EXPIRED

_PAGE = 1000  # the most that one call of ListExecutions returns


def list_executions(
    client: StepFunctions, arns: Sequence[str], wanted: ExecutionFilter
) -> Iterator[dict[str, Any]]:
    """Yield the items of ListExecutions that *wanted* takes, newest first, each execution once.

    *arns* are of state machines, aliases or versions. Pages are read as you ask for more.
    """
    listings = [
        _listing(client, arn, status, wanted)
        for arn in arns
        for status in wanted.statuses or (None,)
    ]
    seen: set[str] = set()
    for item in heapq.merge(*listings, key=lambda item: item["startDate"], reverse=True):
        if item["executionArn"] not in seen:
            seen.add(item["executionArn"])
            yield item


def _listing(
    client: StepFunctions, arn: str, status: str | None, wanted: ExecutionFilter
) -> Iterator[dict[str, Any]]:
    """Yield the items of one listing; an expired page token starts it again, once a page."""
    request: dict[str, Any] = {"stateMachineArn": arn, "maxResults": _PAGE}
    request |= {"statusFilter": status} if status else {}
    token: str | None = None
    seen: set[str] = set()
    restarted = False
    while True:
        page = request if token is None else {**request, "nextToken": token}
        try:
            answer = call(client.list_executions, **page)
        except AwsError as error:
            if error.aws_code != EXPIRED or token is None or restarted:
                raise
            token, restarted = None, True
            continue
        for item in answer["executions"]:
            if item["executionArn"] in seen:
                continue
            seen.add(item["executionArn"])
            restarted = False
            if wanted.since is not None and item["startDate"] < wanted.since:
                return
            if wanted.takes(item):
                yield item
        token = answer.get("nextToken")
        if not token:
            return
