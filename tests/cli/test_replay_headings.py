"""The headings of `replay` name the cause of another way, if it's in the state itself."""

from __future__ import annotations

from typing import Any

import pytest

from sfn_release.cli.output.replay_text import write_replay
from sfn_release.operations.replaying.replay_report import ReplayReport, ReplayTally
from sfn_release.simulator import TaskCall, TaskFailure, TaskResult
from sfn_release.testing.replay.replay_execution import replay_execution
from support.executions import machine
from support.recorded_runs import FUNCTION, changed, record

ERROR = "Lambda.TooManyRequestsException"
RETRY = [{"ErrorEquals": [ERROR], "MaxAttempts": 2}]
CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]
PAY = {"Type": "Task", "Resource": FUNCTION}


def heading(
    capsys: pytest.CaptureFixture[str], before: dict[str, Any], after: dict[str, Any]
) -> str:
    """Return the heading of the first difference; the task fails once."""
    calls: list[TaskCall] = []

    def answer(call: TaskCall) -> Any:
        calls.append(call)
        if len(calls) == 1:
            raise TaskFailure(ERROR, "slow down")
        return TaskResult({"paid": True})

    definition = machine(Pay=before, Done={"Type": "Succeed"}, Sorry={"Type": "Pass"})
    definition["States"]["Done"].pop("Next", None)
    candidate = changed(definition, Pay=after)
    tally = ReplayTally()
    tally.add(replay_execution(record(definition, answer), candidate))
    report = ReplayReport("pay", None, None, **tally.members())
    write_replay(report, verbose=False)
    lines = capsys.readouterr().out.splitlines()
    return next(line for line in lines if line.endswith("[path]"))


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ({"Retry": RETRY}, {"Retry": None}, f"Pay is no longer retried after {ERROR}"),
        ({"Retry": RETRY}, {"Retry": None, "Catch": CATCH}, "Pay is no longer retried"),
        ({"Catch": CATCH}, {"Catch": None}, f"{ERROR} of Pay is no longer caught"),
        ({"Retry": RETRY}, {"Type": "Pass", "Resource": None, "Retry": None}, "Pay doesn't call"),
        (
            {"Retry": RETRY},
            {"Parameters": {"a.$": "$.none"}},
            "Pay fails with States.",
        ),
        ({"Retry": RETRY}, {"Next": "Sorry"}, "after Pay the execution takes another path"),
        ({"Retry": RETRY}, {"ResultSelector": {"a.$": "$.none"}}, "Pay fails with States."),
    ],
)
def test_the_cause_of_another_way_is_named(
    capsys: pytest.CaptureFixture[str], before: dict[str, Any], after: dict[str, Any], text: str
) -> None:
    """A retry or a catcher that is gone isn't just another state."""
    assert heading(capsys, {**PAY, **before}, after).startswith(f"1 execution: {text}")
