"""Variables in both query languages: their scopes and the limits of their sizes."""

from __future__ import annotations

from typing import Any

from support.executions import execute, machine

JSONATA = {"QueryLanguage": "JSONata"}
KIB = 1024


def in_both(**states: Any) -> list[dict[str, Any]]:
    """Return a machine in each query language."""
    return [machine(**states), {**JSONATA, **machine(**states)}]


def test_an_inner_scope_reads_outer_variables_and_keeps_its_own() -> None:
    """What a branch or iteration assigns ends with it."""
    reads = {"Parameters": {"x.$": "$x", "y.$": "$y"}}
    computes = {"Output": {"x": "{% $x %}", "y": "{% $y %}"}}
    after: dict[str, Any] = {"Type": "Pass", **JSONATA, "Output": {"y": "{% $exists($y) %}"}}
    for language, fields in (("JSONPath", reads), ("JSONata", computes)):
        inner = machine(A={"Type": "Pass", "Assign": {"y": 2}}, B={"Type": "Pass", **fields})
        states: dict[str, Any] = {
            "Start": {"Type": "Pass", "Assign": {"x": 1}},
            "Both": {"Type": "Parallel", "Branches": [inner]},
        }
        outcome = execute({**machine(**states), "QueryLanguage": language})
        assert outcome.output == [{"x": 1, "y": 2}]
        outcome = execute({**machine(**states, After=after), "QueryLanguage": language})
        assert outcome.output == {"y": False}


def test_a_distributed_map_does_not_read_outer_variables() -> None:
    """Its child executions start without variables; its own fields read them."""
    processor = {
        **machine(P={"Type": "Pass", "Output": "{% [$states.input, $exists($x)] %}"}),
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    }
    fan = {"Type": "Map", "Items": "{% $x %}", "ItemProcessor": processor}
    states = {"A": {"Type": "Pass", "Assign": {"x": [1, 2]}}, "M": fan}
    outcome = execute({**JSONATA, **machine(**states)})
    assert outcome.output == [[1, False], [2, False]]


def test_assign_of_a_choice_rule_and_of_a_catcher_in_jsonpath() -> None:
    """The taken rule's Assign applies, and a catcher's reads the error output."""
    choice = {
        "Type": "Choice",
        "Choices": [
            {"Variable": "$.n", "NumericEquals": 1, "Assign": {"way": "one"}, "Next": "Ask"}
        ],
    }
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity",
        "Parameters": {"a.$": "States.StringToJson('no')"},
        "Catch": [
            {
                "ErrorEquals": ["States.ALL"],
                "Assign": {"error.$": "$.Error", "from.$": "$way"},
                "Next": "End",
            }
        ],
    }
    end = {"Type": "Pass", "Parameters": {"error.$": "$error", "from.$": "$from"}}
    outcome = execute(machine(C=choice, Ask=ask, End=end), {"n": 1})
    assert outcome.output == {"error": "States.IntrinsicFailure", "from": "one"}


def test_a_variable_has_at_most_256_kib() -> None:
    """Its size is that of its JSON text."""
    for definition in in_both(A={"Type": "Pass", "Assign": {"x": "a" * (256 * KIB - 2)}}):
        assert execute(definition).status == "SUCCEEDED"
    for definition in in_both(A={"Type": "Pass", "Assign": {"x": "a" * (256 * KIB - 1)}}):
        outcome = execute(definition)
        assert outcome.error == "States.DataLimitExceeded"
        assert str(outcome.cause).endswith(
            "The size of the variable 'x' is 262145 bytes, more than the maximum of 262144 bytes."
        )


def test_one_assign_has_at_most_256_kib() -> None:
    """All its variables count together, and a multi-byte character counts whole."""
    for definition in in_both(A={"Type": "Pass", "Assign": {"x": "é" * 70_000, "y": "é" * 70_000}}):
        assert "The size of the field 'Assign' is 280004 bytes" in str(execute(definition).cause)


def test_an_execution_stores_at_most_10_mib() -> None:
    """The variables of all states count together; assigning one again replaces its size."""
    full = "a" * (256 * KIB - 2)
    states = {f"S{n}": {"Type": "Pass", "Assign": {f"v{n}": full}} for n in range(40)}
    again = {"Type": "Pass", "Assign": {"v0": full}}
    for definition in in_both(**states, Again=again):
        assert execute(definition).status == "SUCCEEDED"
    for definition in in_both(**states, More={"Type": "Pass", "Assign": {"more": 1}}):
        outcome = execute(definition)
        assert outcome.error == "States.DataLimitExceeded"
        assert "The size of all variables is 10485761 bytes" in str(outcome.cause)
