"""The marks in the picture of an execution: how the visits of each state ended."""

from __future__ import annotations

from typing import Any

from sfn_release.operations.verbs.explain import explain_file
from sfn_release.simulator import TaskCall, TaskFailure
from sfn_release.testing.histories.history_files import SavedHistory
from sfn_release.testing.histories.state_visits import api_events
from sfn_release.testing.histories.way_diagram import way_picture
from support.executions import execute

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f"}


def parallel(*branches: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a Parallel whose branches have one or several states each, the first one starts."""
    scopes = [{"StartAt": next(iter(states)), "States": states} for states in branches]
    return {"Type": "Parallel", "Branches": scopes, **fields}


def marks(
    definition: dict[str, Any], *errors: str, data: Any = None, events: int | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the marks of an execution's states and transitions, as ``style: text``.

    Its tasks fail with *errors*, "" is a success. Of its history, only the first *events* are read.
    """
    left = [*errors]

    def answer(_call: TaskCall) -> Any:
        error = left.pop(0) if left else ""
        if error:
            raise TaskFailure(error, "cause")
        return {}

    history = [*api_events(execute(definition, data or {}, answer).events)][:events]
    explained = explain_file(SavedHistory(history, {}, definition))
    diagram, found = way_picture(explained.timeline, explained.reason, definition)
    names = {node.key: node.id for node in diagram.nodes()}
    nodes = ((node.id, found.node(node)) for node in diagram.nodes())
    edges = (
        (f"{names[edge.source]} → {names[edge.target]}", found.edge(edge)) for edge in diagram.edges
    )
    states, ways = (
        {name: f"{it.style}: {it.text}" for name, it in side if it} for side in (nodes, edges)
    )
    return states, ways


CAUGHT = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            **TASK,
            "Retry": [{"ErrorEquals": ["Busy"]}],
            "Catch": [{"ErrorEquals": ["Declined"], "Next": "Refuse"}],
            "Next": "Done",
        },
        "Refuse": {"Type": "Pass", "End": True},
        "Done": {"Type": "Succeed"},
    },
}


def test_a_caught_error_is_not_a_success() -> None:
    """Neither on the state nor on the transition of the Catch."""
    states, ways = marks(CAUGHT, "Busy", "Declined")
    assert states == {
        "Charge": "caught: ! 1 visit, 1 retry, 1 caught",
        "Refuse": "reached: ✓ 1 visit",
        "Done": "missed: not visited",
    }
    assert ways["Charge → Refuse"] == "caught: 1×"
    assert ways["Charge → Done"] == "missed: "


def test_the_present_state_of_an_execution_in_progress_says_so() -> None:
    """The history ends while the task runs."""
    assert marks(CAUGHT, events=3)[0]["Charge"] == "running: ● 1 visit, 1 running now"


def test_the_states_around_a_failure_failed_too() -> None:
    """The other branch was cut off, which is no failure."""
    both = parallel(
        {"Ask": {**TASK, "End": True}},
        {"Rest": {"Type": "Wait", "Seconds": 60, "End": True}},
        End=True,
    )
    definition = {"StartAt": "Both", "States": {"Both": both}}
    assert marks(definition, "Broken")[0] == {
        "Both": "failed: ✗ 1 visit, 1 failed",
        "Ask": "failed: ✗ failed: Broken",
        "Rest": "aborted: ■ 1 visit, 1 aborted",
    }


def test_a_fail_state_always_failed() -> None:
    """Also where a Catch around it took its error: nothing cuts off a Fail state."""
    both = parallel({"Broken": {"Type": "Fail", "Error": "Bad"}}, End=True)
    both["Catch"] = [{"ErrorEquals": ["Bad"], "Next": "Handled"}]
    definition = {
        "StartAt": "Both",
        "States": {"Both": both, "Handled": {"Type": "Pass", "End": True}},
    }
    assert marks(definition)[0] == {
        "Both": "caught: ! 1 visit, 1 caught",
        "Broken": "failed: ✗ 1 visit, 1 failed",
        "Handled": "reached: ✓ 1 visit",
    }


def test_the_visits_of_a_map_are_counted_by_their_ends() -> None:
    """One item fails, and the Map with it; the last visit is the one that ended the execution."""
    item = {"StartAt": "Ask", "States": {"Ask": {**TASK, "End": True}}}
    each = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": item, "End": True}
    definition = {"StartAt": "Each", "States": {"Each": each}}
    assert marks(definition, "", "", "Broken", data=[1, 2, 3, 4])[0] == {
        "Each": "failed: ✗ 1 visit, 1 failed",
        "Ask": "failed: ✗ failed: Broken, 3 visits",
    }
