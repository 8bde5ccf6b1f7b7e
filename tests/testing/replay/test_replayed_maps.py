"""Distributed Maps: the recorded result is taken over, and the inside isn't replayed."""

from __future__ import annotations

from typing import Any

from sfn_release.simulator import TaskCall, TaskFailure
from sfn_release.testing.replay.replay_execution import replay_execution
from support.executions import machine
from support.recorded_runs import FUNCTION, changed, parts, record

WORK = {"Type": "Task", "Resource": FUNCTION}
SEND = {**WORK, "Parameters": {"sizes.$": "$.sizes"}}
DEFINITION = machine(
    Items={"Type": "Pass", "Result": [1, 2, 3], "ResultPath": "$.items"},
    Each={
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            **machine(Work=WORK),
        },
        "ResultPath": "$.sizes",
    },
    Send=SEND,
)
INSIDE = "The inside of the distributed Map Each wasn't replayed."


def sized(call: TaskCall) -> Any:
    """Answer each item with a size, and the end with a number."""
    return {"size": call.payload} if call.state == "Work" else 1


def failing(call: TaskCall) -> Any:
    """Fail each item."""
    if call.state == "Work":
        raise TaskFailure("Broken", "It is")
    return 1


def test_the_recorded_result_is_taken_over() -> None:
    """A changed inside isn't compared, and a note says so."""
    candidate = changed(DEFINITION)
    candidate["States"]["Each"]["ItemProcessor"]["States"]["Work"]["Resource"] = "another"
    for definition in (DEFINITION, candidate):
        replayed = replay_execution(record(DEFINITION, sized), definition)
        assert replayed.same
        assert replayed.notes == [INSIDE]


def test_another_result_path_puts_the_recorded_result_elsewhere() -> None:
    """The result is the one new member of the recorded output."""
    candidate = changed(DEFINITION, Each={"ResultPath": "$.other"})
    first, *_ = replay_execution(record(DEFINITION, sized), candidate).differences
    assert (first.what, first.state, first.origin) == ("path", "Send", "Each")
    both = changed(candidate, Send={"Parameters": {"sizes.$": "$.other"}})
    assert replay_execution(record(DEFINITION, sized), both).same


def test_a_result_that_is_not_in_the_history_is_noted() -> None:
    """A ResultSelector has changed it before it was recorded."""
    selected = changed(DEFINITION, Each={"ResultSelector": {"first.$": "$[0]"}})
    replayed = replay_execution(record(selected, sized), selected)
    assert replayed.same
    assert len(replayed.notes) == 2


def test_a_changed_selector_is_found_by_its_form() -> None:
    """It makes other members, or other constants; a changed path can't be seen."""
    selector = {"first.$": "$[0]", "kind": "sizes"}
    ran = changed(DEFINITION, Each={"ResultSelector": selector})
    recording = record(ran, sized)
    received = {"first": {"size": 1}, "kind": "sizes"}
    for other, sent in (
        ({"first.$": "$[0]"}, {"first": {"size": 1}}),
        ({"first.$": "$[0]", "kind": "rows"}, {"first": {"size": 1}, "kind": "rows"}),
        ({"head.$": "$[0]", "kind": "sizes"}, {"head": None, "kind": "sizes"}),
    ):
        replayed = replay_execution(recording, changed(ran, Each={"ResultSelector": other}))
        first = replayed.differences[0]
        assert (first.what, first.state, first.origin) == ("arguments", "Send", "Each")
        assert first.recorded_data == {"sizes": received}
        assert first.candidate_data == {"sizes": sent}
    unseen = changed(ran, Each={"ResultSelector": {"first.$": "$[1]", "kind": "sizes"}})
    assert replay_execution(recording, unseen).same


def test_a_selected_result_is_put_elsewhere() -> None:
    """ResultPath and ResultSelector are compared together, and each alone."""
    ran = changed(DEFINITION, Each={"ResultSelector": {"first.$": "$[0]"}})
    recording = record(ran, sized)
    for path in ("$.other", "$", None):
        candidate = changed(ran)
        candidate["States"]["Each"]["ResultPath"] = path
        first = replay_execution(recording, candidate).differences[0]
        assert (first.what, first.origin) == ("path", "Each"), path
    whole = changed(ran, Each={"ResultPath": None}, Send={"Parameters": {"sizes.$": "$.first"}})
    again = record(whole, sized)
    assert replay_execution(again, whole).same
    placed = changed(whole, Each={"ResultPath": "$.first"})
    first = replay_execution(again, placed).differences[0]
    assert (first.what, first.state, first.origin) == ("arguments", "Send", "Each")
    assert first.candidate_data == {"sizes": {"first": {"size": 1}}}


def test_an_output_in_jsonata_is_compared_by_its_form() -> None:
    """Its members and constants; expressions aren't computed without the result."""
    each = DEFINITION["States"]["Each"]
    ran = {
        "QueryLanguage": "JSONata",
        **machine(
            Each={
                "Type": "Map",
                "Items": [1, 2],
                "ItemProcessor": each["ItemProcessor"],
                "Output": {"sum": "{% $sum($states.result.size) %}", "of": ["sizes"]},
            }
        ),
    }
    recording = record(ran, sized)
    assert recording.output == '{"sum":3,"of":["sizes"]}'
    assert replay_execution(recording, ran).same
    other = changed(ran, Each={"Output": {"sum": "{% 1 %}", "of": ["rows"]}})
    first = replay_execution(recording, other).differences[0]
    assert (first.what, first.state, first.at) == ("output", "Each", "$.of[0]")
    assert (first.recorded, first.candidate) == ("sizes", "rows")


def test_failed_map_runs_are_retried_and_caught_by_the_candidate() -> None:
    """Each attempt fails as recorded."""
    handled = changed(
        DEFINITION,
        Each={
            "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.sizes", "Next": "Send"}],
        },
    )
    recording = record(handled, failing)
    assert replay_execution(recording, handled).same
    uncaught = replay_execution(recording, changed(handled, Each={"Catch": None}))
    assert parts(uncaught)[0] == ("path", "Each", "Send", None)
    once = replay_execution(recording, changed(handled, Each={"Retry": None}))
    assert parts(once) == [("path", "Each", "Each", "Send")]


def test_the_items_are_looked_for() -> None:
    """The Map's own fields are the candidate's, though its inside isn't replayed."""
    candidate = changed(DEFINITION, Each={"ItemsPath": "$.missing"})
    first, *_ = replay_execution(record(DEFINITION, sized), candidate).differences
    assert (first.what, first.state, first.candidate) == ("path", "Each", None)
