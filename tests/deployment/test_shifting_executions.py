"""Counting executions: only new ones, their failures, and more than a page of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.deployment.failed_executions import Count, causes, total
from sfn_release.deployment.runtime import ExecutionCounts
from support.shifting import refusal

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
PAGE = 1000


@dataclass
class Runs:
    """The executions of one version, newest first, as Step Functions lists them."""

    runs: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0

    def add(self, status: str, count: int = 1, *, at: datetime = NOON) -> None:
        """Start some executions that have come to *status*."""
        for _ in range(count):
            arn = f"run-{len(self.runs)}"
            self.runs.insert(0, {"executionArn": arn, "status": status, "startDate": at})

    def end(self, execution: str, status: str) -> None:
        """End a running execution."""
        (run,) = [run for run in self.runs if run["executionArn"] == execution]
        run["status"] = status

    def list_executions(self, **request: Any) -> dict[str, Any]:
        """Answer with one page."""
        self.asked += 1
        wanted = request.get("statusFilter")
        found = [dict(run) for run in self.runs if wanted in (None, run["status"])]
        more = {"nextToken": "more"} if len(found) > request["maxResults"] else {}
        return {"executions": found[: request["maxResults"]], **more}

    def describe_execution(self, **request: Any) -> dict[str, Any]:
        """Describe one; some may not be described."""
        arn = request["executionArn"]
        if arn == "hidden":
            raise refusal("AccessDeniedException", "DescribeExecution")
        if arn == "timed-out":
            return {"status": "TIMED_OUT"}
        return {"status": "FAILED", "error": "Card.Declined", "cause": "x" * 400}


def counted(runs: Runs, since: datetime | None = None) -> Count:
    """Return a count that begins now."""
    count = Count(cast("StepFunctions", runs), "arn:version")
    count.begin(since)
    return count


def test_what_was_there_before_does_not_count() -> None:
    """Executions that ended earlier don't count, whether they failed or not."""
    runs = Runs()
    runs.add("FAILED", 3)
    runs.add("SUCCEEDED", 4)
    count = counted(runs)
    runs.add("RUNNING", 2)
    runs.add("TIMED_OUT")
    runs.add("ABORTED")
    assert ExecutionCounts(4, 1) == count.look()
    assert count.failed == ["run-9"]


def test_an_execution_that_was_running_before_and_fails_counts() -> None:
    """It failed while callers were shifted, though it was not started then."""
    runs = Runs()
    runs.add("RUNNING")
    count = counted(runs)
    runs.end("run-0", "FAILED")
    assert ExecutionCounts(0, 1) == count.look()


def test_a_resumed_count_leaves_out_only_what_was_before_the_first_attempt() -> None:
    """Failures since the first attempt count, even those before this count began."""
    runs = Runs()
    runs.add("FAILED", 3, at=NOON - timedelta(hours=1))
    runs.add("FAILED", 2)
    assert ExecutionCounts(2, 2) == counted(runs, NOON - timedelta(minutes=1)).look()


@pytest.mark.parametrize("before", [0, 1500])
def test_more_than_a_page_of_executions_hides_no_failure(before: int) -> None:
    """Uncounted executions are reported as more; failures are listed separately."""
    runs = Runs()
    runs.add("FAILED", before // 500)
    runs.add("SUCCEEDED", before)
    count = counted(runs)
    runs.add("FAILED", 2)
    runs.add("SUCCEEDED", 1200)
    assert ExecutionCounts(PAGE, 2, more=True) == count.look()
    assert len(count.failed) == 2


def test_a_look_is_one_call_as_long_as_a_page_suffices() -> None:
    """The newest page reaches back to the start, whatever ran before."""
    runs = Runs()
    runs.add("SUCCEEDED", 5000)
    count = counted(runs)
    runs.add("SUCCEEDED", 900)
    runs.asked = 0
    assert ExecutionCounts(900, 0) == count.look()
    assert runs.asked == 1


def test_tallies_add_up() -> None:
    """Over workflows."""
    assert ExecutionCounts(3, 1, more=True) == total(
        [ExecutionCounts(1, 0), ExecutionCounts(2, 1, more=True)]
    )
    assert ExecutionCounts(0, 0) == total([])


def test_failures_are_told_with_error_and_cause_the_first_few() -> None:
    """A long cause is cut, and an unreadable one has its reason."""
    client = cast("StepFunctions", Runs())
    told = causes(client, ["run-1", "hidden", "timed-out", "run-2", "run-3"])
    assert [
        f"run-1 FAILED: Card.Declined: {'x' * 300}…",
        "hidden: AWS denied states:DescribeExecution.",
        "timed-out TIMED_OUT",
        "… and 2 more",
    ] == told
