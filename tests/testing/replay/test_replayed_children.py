"""Child executions of distributed Maps: each is replayed on the candidate's item processor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sfn_release.simulator import TaskCall, VirtualClock, simulate
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.history_files import execution_of
from sfn_release.testing.histories.state_visits import api_events
from sfn_release.testing.replay.candidate import Candidate
from sfn_release.testing.replay.replay_execution import replay_execution
from support.executions import SEED, START, Answers, machine
from support.recorded_runs import FUNCTION, parts


def definition(label: str | None = "Rows", **work: Any) -> dict[str, Any]:
    """Return two distributed Maps: Each, with a task and a Pass, and Other."""
    each = {
        "Type": "Map",
        "ItemsPath": "$.rows",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            **machine(
                Work={
                    "Type": "Task",
                    "Resource": FUNCTION,
                    "Parameters": {"row.$": "$", "by.$": "$$.StateMachine.Name"},
                    **work,
                },
                Done={"Type": "Pass", "Result": {"ok": True}},
            ),
        },
        "ResultPath": "$.sizes",
    }
    other = {
        **each,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            **machine(Idle={"Type": "Pass"}),
        },
    }
    return machine(Each=each if label is None else {**each, "Label": label}, Other=other)


def children(ran: Mapping[str, Any]) -> list[FinishedExecution]:
    """Return the child executions of both Maps, as files have them."""

    def answer(call: TaskCall) -> Any:
        return {"size": call.payload["row"]}

    outcome = simulate(
        ran, {"rows": [1, 2]}, tasks=Answers(answer), clock=VirtualClock(START), context=SEED
    )
    return [
        execution_of([*api_events(child.events)], {"executionArn": child.arn}, name="child")
        for run in outcome.map_runs
        for child in run.children
    ]


def test_an_unchanged_processor_replays_its_children() -> None:
    """By the Map's Label, or by the states that the child went through."""
    for label in ("Rows", None):
        ran = definition(label)
        found = children(ran)
        assert len(found) == 4
        candidate = Candidate.of(ran)
        assert all(child.is_child for child in found)
        assert all(replay_execution(child, candidate).same for child in found)


def test_a_changed_processor_differs_at_its_state() -> None:
    """The report has the ARN of the child, and only the children of that Map differ."""
    found = children(definition())
    changed = definition(Parameters={"row.$": "$", "by": "hand"})
    replays = [replay_execution(child, changed) for child in found]
    assert [replayed.execution for replayed in replays] == [child.arn for child in found]
    assert [parts(replayed) for replayed in replays] == [
        [("arguments", "Work", "orders/Rows", "hand")],
        [("arguments", "Work", "orders/Rows", "hand")],
        [],
        [],
    ]


def test_a_known_map_state_counts_most() -> None:
    """The Label may have changed, and the states may have other names."""
    first, *_ = children(definition())
    renamed = definition("Lines")
    processor = renamed["States"]["Each"]["ItemProcessor"]
    processor["States"]["Task"] = processor["States"].pop("Work")
    processor["StartAt"] = "Task"
    replayed = replay_execution(replace(first, map_state="Each"), renamed)
    assert parts(replayed)[0] == ("path", "Work", "Work", "Task")


def test_a_map_that_is_gone_has_no_children_to_replay() -> None:
    """The reason names the map runs."""
    first, *_ = children(definition())
    replayed = replay_execution(first, machine(Idle={"Type": "Pass"}))
    assert "no distributed Map for the map runs of Rows" in replayed.unreplayable
