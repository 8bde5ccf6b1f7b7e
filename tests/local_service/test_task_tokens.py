"""The tokens of the tasks that wait."""

from __future__ import annotations

from datetime import UTC, datetime

from sfn_release.local_service.executions.live_clock import LiveClock
from sfn_release.local_service.executions.live_execution import LiveExecution
from sfn_release.local_service.executions.task_tokens import TaskTokens


def test_only_one_answer_counts() -> None:
    """The second one comes too late, even before the execution has taken the first."""
    clock = LiveClock(datetime(2026, 1, 1, tzinfo=UTC), real_time=False)
    run = LiveExecution("arn", clock, input="{}", started=0)
    tokens = TaskTokens()
    tokens.open("token", run)
    assert tokens.find("token") is run
    assert tokens.answer("token") is run
    assert tokens.answer("token") == "ended"
    assert tokens.find("token") == "ended"
    assert tokens.answer("other") is None
