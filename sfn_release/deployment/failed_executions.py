"""Count the executions of state machine versions, and failed ones, since a moment.

Only new executions count: earlier ones are remembered when counting begins. An aborted execution
isn't a failure of the version. One call per version suffices unless more
than a thousand executions have started since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.deployment.live_state import in_parallel
from sfn_release.deployment.runtime import ExecutionCounts
from sfn_release.errors import AwsError
from sfn_release.text import shorten

_FAILED = ("FAILED", "TIMED_OUT")
_PAGE = 1000  # the most that one call of ListExecutions returns
_SHOWN = 3  # failures that are shown with error and cause
_LONGEST = 300  # characters of a cause that are shown


@dataclass
class Count:
    """The executions of one version. *failed* are the new failures."""

    client: StepFunctions
    version_arn: str
    failed: list[str] = field(default_factory=list)
    _before: dict[str, bool] = field(default_factory=dict)

    def begin(self, since: datetime | None) -> None:
        """Remember the present executions; with *since*, only those started before it."""
        listed, more = self._page()
        failed = self._failures() if more else []
        for execution in (*listed, *failed):
            if since is None or execution["startDate"] < since:
                self._before[execution["executionArn"]] = execution["status"] in _FAILED

    def look(self) -> ExecutionCounts:
        """Count anew."""
        listed, more = self._page()
        started = 0
        for execution in listed:
            if execution["executionArn"] in self._before:
                more = False
                break
            started += 1
        if more:
            listed = self._failures()
        self.failed = [
            execution["executionArn"]
            for execution in listed
            if execution["status"] in _FAILED and not self._before.get(execution["executionArn"])
        ]
        return ExecutionCounts(started, len(self.failed), more)

    def _page(self, **options: Any) -> tuple[list[dict[str, Any]], bool]:
        """Return the newest executions, and whether there are more."""
        answer = call(
            self.client.list_executions,
            stateMachineArn=self.version_arn,
            maxResults=_PAGE,
            **options,
        )
        return answer["executions"], bool(answer.get("nextToken"))

    def _failures(self) -> list[dict[str, Any]]:
        return [execution for status in _FAILED for execution in self._page(statusFilter=status)[0]]


def total(tallies: Iterable[ExecutionCounts]) -> ExecutionCounts:
    """Return the sum of several tallies."""
    tallies = list(tallies)
    return ExecutionCounts(
        sum(tally.started for tally in tallies),
        sum(tally.failed for tally in tallies),
        any(tally.more for tally in tallies),
    )


def causes(client: StepFunctions, executions: Sequence[str]) -> list[str]:
    """Return the first few of failed *executions*, each with its error and cause."""
    shown = in_parallel(lambda arn: _cause(client, arn), executions[:_SHOWN])
    more = len(executions) - _SHOWN
    return [*shown, *([f"… and {more} more"] if more > 0 else [])]


def _cause(client: StepFunctions, execution: str) -> str:
    try:
        found = call(client.describe_execution, executionArn=execution)
    except AwsError as error:
        return f"{execution}: {error.message}"
    cause = found.get("cause") or ""
    details = ": ".join(part for part in (found.get("error"), shorten(cause, _LONGEST)) if part)
    return f"{execution} {found['status']}{f': {details}' if details else ''}"
