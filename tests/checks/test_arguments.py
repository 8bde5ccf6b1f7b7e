"""Constants of intrinsic functions, fields of the context object, and paths inside texts."""

from __future__ import annotations

from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.asl.intrinsic_functions import FUNCTIONS
from sfn_release.asl.intrinsic_types import SIGNATURES
from sfn_release.checks.finding import Finding


def found(rule: str, value: Any, key: str = "a.$", **fields: Any) -> list[Finding]:
    """Return the findings about one value of a payload template."""
    state = {"Type": "Pass", "Parameters": {key: value}, "End": True, **fields}
    findings = sfn.check_definition({"StartAt": "A", "States": {"A": state}})
    return [finding for finding in findings if finding.rule == rule]


def in_jsonata(rule: str, value: str) -> list[Finding]:
    """Return the findings about one value of a JSONata state."""
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"a": value}, "End": True}
    findings = sfn.check_definition({"StartAt": "A", "States": {"A": state}})
    return [finding for finding in findings if finding.rule == rule]


WRONG = [
    ("States.Format('{} of {}', $.a)", "2 places ({}) for 1 value"),
    ("States.Format('{}', $.a, $.b)", "1 place ({}) for 2 values"),
    (r"States.Format('\\{\\} {}')", "does not match"),
    ("States.Format($.template, States.Hash($.a, 'MD4'))", "not 'MD4'"),
    ("States.Format(5)", "argument 1 must be a text, not a number"),
    ("States.Hash($.a, 'SHA256')", "MD5, SHA-1, SHA-256, SHA-384, SHA-512"),
    ("States.Hash($.a, 256)", "argument 2 must be a text"),
    ("States.MathAdd('1', $.a)", "argument 1 must be a number, not a text"),
    ("States.MathAdd($.a, true)", "argument 2 must be a number, not true or false"),
    ("States.MathAdd(null, 1)", "argument 1 must be a number, not null"),
    ("States.MathRandom('1', 2)", "argument 1 must be a number"),
    ("States.MathRandom(5, 1)", "greater than the start"),
    ("States.MathRandom(1, 5, 'seed')", "argument 3 must be a number"),
    ("States.ArrayPartition($.a, '2')", "argument 2 must be a number"),
    ("States.ArrayPartition($.a, 0)", "at least 1"),
    ("States.ArrayContains('abc', 'a')", "argument 1 must be an array, not a text"),
    ("States.ArrayRange(1, 9, 0)", "must not be 0"),
    ("States.ArrayRange($.a, 9, 0)", "the step must not be 0"),
    ("States.ArrayRange(1, 5000, 1)", "1000 elements"),
    ("States.ArrayRange(1, 'b', 1)", "argument 2 must be a number"),
    ("States.ArrayGetItem($.a, -1)", "at least 0"),
    ("States.ArrayGetItem(States.UUID(), 0)", "argument 1 must be an array, not a text"),
    ("States.ArrayLength('abc')", "must be an array"),
    ("States.ArrayUnique(5)", "must be an array"),
    ("States.Base64Encode(5)", "must be a text"),
    ("States.Base64Decode(States.Array(1))", "must be a text, not an array"),
    ("States.Base64Decode('%%%')", "Base64"),
    ("States.JsonMerge($.a, $.b, true)", "shallow"),
    ("States.JsonMerge($.a, 'b', false)", "argument 2 must be an object"),
    ("States.StringToJson(5)", "must be a text"),
    ("States.StringToJson('{')", "JSON"),
    ("States.StringSplit($.a, 5)", "argument 2 must be a text"),
    ("States.ArrayGetItem(States.Array(1, 2), 2)", "the array has 2 items, so there is no index 2"),
    ("States.Array(States.Array(States.MathAdd('a', 1)))", "argument 1 must be a number"),
]


@pytest.mark.parametrize(("call", "said"), WRONG)
def test_constants_that_a_function_can_not_take_are_errors(call: str, said: str) -> None:
    """Every execution would fail at such a constant, also inside other calls."""
    (finding,) = found("intrinsic", call)
    assert finding.severity == "error"
    assert said in finding.message


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("more", [-1, 1])
def test_the_count_of_arguments_is_the_function_s(name: str, more: int) -> None:
    """One argument too few or too many is an error."""
    low, high = FUNCTIONS[name].arity
    count = low - 1 if more < 0 else -1 if high is None else high + 1
    arguments = ", ".join(["$.x"] * max(count, 0))
    if count >= 0:
        (finding,) = found("expression", f"{name}({arguments})")
        assert f"does not take {count} arguments" in finding.message


@pytest.mark.parametrize(
    ("call", "fix"),
    [
        ("States.Fromat('a')", 'Did you mean "States.Format"?'),
        ("States.Format('{}', States.Hsh($.a, 'MD5'))", 'Did you mean "States.Hash"?'),
        ("States.Zzzzzz(1)", ""),
        ("States.Format(", ""),
    ],
)
def test_the_function_that_was_meant_is_named(call: str, fix: str) -> None:
    """The fix names the nearest function, at any depth of the call."""
    (finding,) = found("expression", call)
    assert fix == finding.fix


def test_every_function_has_a_signature() -> None:
    """A signature has a type for each required argument."""
    assert set(FUNCTIONS) == set(SIGNATURES)
    for name, function in FUNCTIONS.items():
        low, high = function.arity
        assert low <= len(SIGNATURES[name].takes) <= (99 if high is None else high)


@pytest.mark.parametrize(
    "call",
    [
        "States.Format('no place')",
        r"States.Format('\\{\\} {}', 5)",
        "States.Format($.template, 1, 2)",
        "States.Format('{} {}', null, States.Array())",
        "States.Hash(States.Array(1), 'SHA-512')",
        "States.MathAdd($.a, -1.5)",
        "States.MathRandom(1, 5, $.seed)",
        "States.ArrayGetItem(States.StringSplit('a,b', ','), 0)",
        "States.ArrayGetItem(States.Array($.a, 2), 1)",
        "States.StringSplit('a,b', '')",
        "States.ArrayContains(States.ArrayRange(0, 10, 2), 'a')",
        "States.JsonMerge($.a, States.StringToJson($.b), false)",
        "States.JsonToString(5)",
        "States.UUID()",
    ],
)
def test_constants_that_fit_are_left_alone(call: str) -> None:
    """Valid constants, and values that are only known at run time, have no findings."""
    assert found("intrinsic", call) == []
    assert found("expression", call) == []


@pytest.mark.parametrize(
    ("names", "said", "fix"),
    [
        ("Execution.Idd", "Execution has no field Idd.", 'Did you mean "Id"?'),
        ("Exection.Id", " has no field Exection.", 'Did you mean "Execution"?'),
        ("Map.Item.Valeu.x", "Map.Item has no field Valeu.", 'Did you mean "Value"?'),
        ("Task.token", "Task has no field token.", 'Did you mean "Token"?'),
        ("State.Name.First", "State.Name has no field First.", ""),
        ("StartTime", " has no field StartTime.", 'Did you mean "{}.Execution.StartTime"?'),
    ],
)
def test_fields_that_the_context_object_does_not_have_are_doubtful(
    names: str, said: str, fix: str
) -> None:
    """An unknown field is a warning in both query languages, also in calls and expressions."""
    calls = (f"$$.{names}", f"States.Format('{{}}', $$.{names})")
    told = [finding for call in calls for finding in found("context-field", call)]
    told += found("context-field", "$.a", InputPath=f"$$.{names}")
    for finding in told:
        assert finding.severity == "warning"
        assert said in finding.message
        assert finding.fix == fix.format("$$")
    assert len(told) == 3
    (finding,) = in_jsonata("context-field", f"{{% $string($states.context.{names}) %}}")
    assert said in finding.message
    assert finding.fix == fix.format("$states.context")


def test_data_in_the_context_object_has_any_field() -> None:
    """The input of the execution and the item of a Map may have any fields."""
    for names in ("Execution.Input.x.y", "Map.Item.Value.x", "Execution['Name']", "Task"):
        assert found("context-field", f"$$.{names}") == []
    for names in ("Execution.Input.x.y", "Map.Item.Value[0].x", "Execution.`Name`", "Task"):
        assert in_jsonata("context-field", f"{{% $states.context.{names} %}}") == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/users/$.id", "$.id"),
        ("https://example.com/$.order.id/items", "$.order.id"),
        ("/users?id=$.id", "$.id"),
        ("/users/{$.id}", "$.id"),
        ("a/$$.Execution.Name", "$$.Execution.Name"),
    ],
)
def test_a_path_inside_a_text_is_doubtful(text: str, path: str) -> None:
    """A path inside a text isn't evaluated, and the fix is a call that evaluates it."""
    (finding,) = found("literal-path", text, key="Path")
    assert finding.path == "$.States.A.Parameters.Path"
    assert f"'{path}' looks like a path" in finding.message
    before, _, behind = text.partition(path)
    template = f"{before}{{}}{'…' if behind else ''}"
    assert f"States.Format('{template}', {path})" in finding.fix


@pytest.mark.parametrize("text", ["costs $5.00", "a.$.b", "json_extract(a, '$.id')", "/$", "$$/"])
def test_other_dollars_are_texts(text: str) -> None:
    """Prices, and the JSON paths of SQL, have no findings."""
    assert found("literal-path", text, key="Text") == []


def test_jsonata_inside_a_text_is_doubtful() -> None:
    """Step Functions evaluates JSONata only when it is the whole text."""
    (finding,) = in_jsonata("literal-path", "/users/{% $x %}/items")
    assert "is not evaluated" in finding.message
    assert in_jsonata("literal-path", "{% '/users/' & $x %}") == []


@pytest.mark.parametrize(
    ("resource", "parameters"),
    [
        (
            "eventbridge:putTargets",
            {
                "Rule": "r",
                "Targets": [
                    {
                        "Id": "1",
                        "Arn": "${Target}",
                        "InputPath": "$.detail",
                        "InputTransformer": {
                            "InputPathsMap": {"id": "$.detail.id"},
                            "InputTemplate": "<id>",
                        },
                    }
                ],
            },
        ),
        ("cloudwatchlogs:putMetricFilter", {"FilterPattern": "{$.code = 1}"}),
        ("athena:startQueryExecution", {"QueryString": "select x:$.name from t"}),
    ],
)
def test_a_path_that_the_service_reads_is_no_literal(
    resource: str, parameters: dict[str, Any]
) -> None:
    """Some services have JSONPath or `:$.` in their own languages."""
    resource = f"arn:aws:states:::aws-sdk:{resource}"
    state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    definition = {"StartAt": "InputPath", "States": {"InputPath": state}}
    assert "literal-path" not in {finding.rule for finding in sfn.check_definition(definition)}
    state["Parameters"] = {"Name": "$.name"}
    assert "literal-path" in {finding.rule for finding in sfn.check_definition(definition)}
