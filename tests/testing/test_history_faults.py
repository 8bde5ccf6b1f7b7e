"""A history with a hole, a wrong link, or a fault of the local set-up isn't compared at all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import botocore.session
import pytest

from sfn_release.simulator import NoAnswer, TaskCall, TaskResult
from sfn_release.testing.histories.history_faults import EVENT_TYPES
from sfn_release.testing.replay.replay_execution import replay_execution
from support.executions import machine
from support.recorded_runs import FUNCTION, record

CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
PAY = {"StartAt": "Pay", "States": {"Pay": {"Type": "Task", "Resource": FUNCTION, "End": True}}}
ORDER = machine(
    First={"Type": "Pass"},
    Pay={"Type": "Task", "Resource": FUNCTION},
    Last={"Type": "Pass"},
)


def paid(_call: TaskCall) -> Any:
    """Answer the task."""
    return TaskResult({"paid": True}, seconds=1)


def events_of_an_order() -> list[dict[str, Any]]:
    """Return the events of an execution, as a file has them."""
    events: list[dict[str, Any]] = json.loads(json.dumps(record(ORDER, paid).events, default=str))
    return events


def reason(events: list[dict[str, Any]]) -> str:
    """Return why a replay on the same definition isn't possible."""
    replayed = replay_execution(replace(record(ORDER, paid), events=events), ORDER)
    assert not replayed.differences
    assert not replayed.unanswered
    return replayed.unreplayable


def test_a_whole_history_is_replayed() -> None:
    """Its ids begin with 1 and have no gap."""
    assert reason(events_of_an_order()) == ""


def test_missing_events_are_named() -> None:
    """Wherever the hole is."""
    events = events_of_an_order()
    for index in range(1, len(events) - 1):
        rest = [*events[:index], *events[index + 1 :]]
        assert reason(rest) == f"The history has no event {index + 1} of {len(events)}."


def test_an_event_that_is_there_twice_or_in_another_order_is_named() -> None:
    """Two pages that overlap, or in the wrong order."""
    events = events_of_an_order()
    assert reason([*events[:3], events[2], *events[3:]]) == ("Event 3 is where event 4 belongs.")
    assert reason([events[0], events[2], events[1], *events[3:]]) == (
        "Event 3 is where event 2 belongs."
    )


@pytest.mark.parametrize("previous", [4, 9, -1, "3"])
def test_an_event_that_follows_itself_or_a_later_one_is_named(previous: Any) -> None:
    """AWS links each event to an earlier one."""
    events = events_of_an_order()
    events[3]["previousEventId"] = previous
    assert reason(events) == (
        f"Event 4 ({events[3]['type']}) follows event {previous}, which isn't an earlier event."
    )


def test_an_unknown_type_is_named() -> None:
    """The replay can't know what such an event means."""
    events = events_of_an_order()
    events[2]["type"] = "PassStateWondered"
    assert reason(events) == (
        "Event 3 has the type PassStateWondered, which GetExecutionHistory doesn't have."
    )


def test_the_types_are_those_of_the_api() -> None:
    """As botocore's model of Step Functions lists them."""
    model = botocore.session.get_session().get_service_model("stepfunctions")
    assert set(model.shape_for("HistoryEventType").enum) == EVENT_TYPES


@pytest.mark.parametrize("catch", [{}, {"Catch": CATCH}])
@pytest.mark.parametrize("error", ["SfnRelease.NoMock", "SfnRelease.Unsupported"])
def test_a_fault_of_the_local_setup_is_no_difference(error: str, catch: dict[str, Any]) -> None:
    """Inside a Parallel too, whose Catch would catch every other error."""

    def unanswered(_call: TaskCall) -> Any:
        raise NoAnswer(error, "Add a mock.")

    both = machine(
        Both={"Type": "Parallel", "Branches": [PAY, PAY], **catch},
        Caught={"Type": "Pass"},
    )
    for definition in (both, PAY):
        replayed = replay_execution(record(definition, unanswered), definition)
        assert not replayed.differences
        assert not replayed.unanswered
        assert replayed.unreplayable == (
            f"It failed with {error}, an error of the local set-up and not of the workflow:"
            " Add a mock."
        )
