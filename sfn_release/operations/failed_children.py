"""The failed child executions of a distributed Map, for the path of an execution."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sfn_release.aws.api_calls import call
from sfn_release.errors import AwsError
from sfn_release.testing.histories.state_visits import FailedChildren, Visit

if TYPE_CHECKING:
    from sfn_release.aws.stepfunctions import StepFunctions
    from sfn_release.simulator import MapRun

_UNSUCCESSFUL = ("FAILED", "TIMED_OUT")  # the others were cut off after them
_MOST = 10  # map runs to ask AWS for
_PAGE = 1000
_PAGES = 10  # of failed children; the earliest one is on the last page


def with_children(client: StepFunctions, visits: Iterable[Visit]) -> Iterator[Visit]:
    """Yield the visits; those of distributed Maps with their failed children.

    Asks the API about the first map runs only, and leaves out what you may not read.
    """
    left = _MOST
    for visit in visits:
        if visit.map_run is None or left == 0:
            yield visit
            continue
        left -= 1
        yield replace(visit, children=_asked(client, visit.map_run))


def _asked(client: StepFunctions, arn: str) -> FailedChildren | None:
    try:
        counts = call(client.describe_map_run, mapRunArn=arn)["executionCounts"]
    except AwsError:
        return None
    failed = counts["failed"] + counts["timedOut"]
    if not failed:
        return None
    found = FailedChildren(failed, counts["total"])
    status = "FAILED" if counts["failed"] else "TIMED_OUT"
    try:
        earliest = _earliest(client, arn, status)
        if earliest is None:
            return found
        found = replace(found, first=earliest)
        first = call(client.describe_execution, executionArn=earliest)
    except AwsError:
        return found  # you may not read them, or they're EXPRESS executions on AWS
    return replace(found, error=first.get("error"), cause=first.get("cause"))


def _earliest(client: StepFunctions, arn: str, status: str) -> str | None:
    """Return the first child execution of a map run with this status; None among too many."""
    asked: dict[str, str] = {}
    for _ in range(_PAGES):
        page = call(
            client.list_executions,
            mapRunArn=arn,
            statusFilter=status,
            maxResults=_PAGE,
            **asked,
        )
        if "nextToken" not in page:
            listed = page["executions"]  # the latest comes first
            return str(listed[-1]["executionArn"]) if listed else None
        asked = {"nextToken": page["nextToken"]}
    return None


def children_of(map_run: MapRun) -> FailedChildren | None:
    """Return the failed children of a map run of this process; None without any."""
    failed = [child for child in map_run.children if child.status in _UNSUCCESSFUL]
    if not failed:
        return None
    first = failed[0]
    return FailedChildren(len(failed), len(map_run.children), first.error, first.cause, first.arn)
