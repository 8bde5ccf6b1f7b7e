"""The findings of `check_definition`: rule by rule, and for any JSON."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sfn_release as sfn
from sfn_release.checks.definition import MAX_BYTES

END = {"Type": "Pass", "End": True}


def only(body: dict[str, Any], **root: Any) -> dict[str, Any]:
    """Return a definition of the state "A" alone."""
    return {"StartAt": "A", "States": {"A": body}, **root}


def to_b(body: dict[str, Any], **root: Any) -> dict[str, Any]:
    """Return a definition of the state "A", followed by the final state "B"."""
    return {"StartAt": "A", "States": {"A": body, "B": dict(END)}, **root}


def task(**fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True, **fields}


def choice(*rules: Any, **fields: Any) -> dict[str, Any]:
    return to_b({"Type": "Choice", "Choices": list(rules), "Default": "B", **fields})


def told(definition: Any, *, type: str = "STANDARD") -> set[tuple[str, str]]:
    """Return the rule and the path of each error."""
    findings = sfn.check_definition(definition, type=type)
    assert len(findings) == len(set(findings)), findings
    return {(finding.rule, finding.path) for finding in findings if finding.severity == "error"}


def warned(definition: Any, *, type: str = "STANDARD") -> set[tuple[str, str]]:
    """Return the rule and the path of each warning."""
    findings = sfn.check_definition(definition, type=type)
    return {(finding.rule, finding.path) for finding in findings if finding.severity == "warning"}


def inner(**fields: Any) -> dict[str, Any]:
    return {"StartAt": "I", "States": {"I": dict(END)}, **fields}


GOOD = {
    "every field of the root": only(
        dict(END), Comment="c", Version="1.0", TimeoutSeconds=5, QueryLanguage="JSONPath"
    ),
    "a loop that can be left": {
        "StartAt": "A",
        "States": {
            "A": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "W"}],
                "Default": "S",
            },
            "W": {"Type": "Wait", "SecondsPath": "$.s", "Next": "A"},
            "S": {"Type": "Succeed"},
        },
    },
    "parameters in place of anything": only(
        task(
            Resource="${Function}",
            TimeoutSeconds="${Timeout}",
            Retry=[{"ErrorEquals": ["E"], "MaxAttempts": "${Retries}"}],
            ResultPath="${Where}",
        )
    ),
    "a timestamp with a zone": only(
        {"Type": "Wait", "Timestamp": "2026-01-31T12:00:00.123+02:00", "End": True}
    ),
    "a JSONata state in a JSONPath workflow": only(
        task(QueryLanguage="JSONata", Arguments="{% $states.input %}", TimeoutSeconds="{% 5 %}")
    ),
    "a JSONata choice": choice(
        {"Condition": "{% $x > 1 %}", "Next": "B"}, QueryLanguage="JSONata", Output="{% 1 %}"
    ),
    "a distributed Map": only(
        {
            "Type": "Map",
            "Label": "orders-2026_1",
            "ItemProcessor": inner(
                ProcessorConfig={"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
            ),
            "End": True,
        }
    ),
    "a legacy Map": only({"Type": "Map", "Iterator": inner(), "Parameters": {}, "End": True}),
    "deep conditions": choice(
        {
            "And": [{"Not": {"Or": [{"Variable": "$$.Execution.Name", "StringMatches": "a*"}]}}],
            "Next": "B",
        }
    ),
}


@pytest.mark.parametrize("definition", GOOD.values(), ids=GOOD.keys())
def test_good_definitions_have_no_findings(definition: Any) -> None:
    """A valid definition has no errors."""
    assert set() == told(definition)


BAD: list[tuple[str, Any, set[tuple[str, str]]]] = [
    ("an array", [], {("wrong-value", "$")}),
    ("null", None, {("wrong-value", "$")}),
    ("nothing", {}, {("missing-field", "$")}),
    ("no states", {"StartAt": "A", "States": {}}, {("wrong-value", "$.States")}),
    ("states in an array", {"StartAt": "A", "States": []}, {("wrong-value", "$.States")}),
    ("a state that is a text", only("Pass"), {("wrong-value", "$.States.A")}),  # type: ignore[arg-type]
    ("no StartAt", {"States": {"A": END}}, {("missing-field", "$")}),
    (
        "a StartAt that is a number",
        {"StartAt": 1, "States": {"A": END}},
        {("wrong-value", "$.StartAt")},
    ),
    ("StartAt leads nowhere", {"StartAt": "B", "States": {"A": END}}, {("dangling", "$.StartAt")}),
    ("Next leads nowhere", only({"Type": "Pass", "Next": "B"}), {("dangling", "$.States.A.Next")}),
    (
        "Catch leads nowhere",
        only(task(Catch=[{"ErrorEquals": ["E"], "Next": "X"}])),
        {("dangling", "$.States.A.Catch[0].Next")},
    ),
    (
        "Default leads nowhere",
        choice({"Variable": "$", "IsNull": True, "Next": "B"}, Default="X"),
        {("dangling", "$.States.A.Default")},
    ),
    (
        "a state that nothing leads to",
        to_b(dict(END)),
        {("unreachable", "$.States.B")},
    ),
    ("neither Next nor End", only({"Type": "Pass"}), {("transition", "$.States.A")}),
    ("End is false", only({"Type": "Pass", "End": False}), {("transition", "$.States.A")}),
    ("both Next and End", to_b({**END, "Next": "B"}), {("transition", "$.States.A")}),
    (
        "Succeed with End",
        only({"Type": "Succeed", "End": True}),
        {("transition", "$.States.A.End")},
    ),
    (
        "Choice with Next",
        choice({"Variable": "$", "IsNull": True, "Next": "B"}, Next="B"),
        {("transition", "$.States.A.Next")},
    ),
    (
        "no end at all",
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}},
        {("no-end", "$.States")},
    ),
    ("no type", only({"End": True}), {("missing-field", "$.States.A")}),
    ("an unknown type", only({"Type": "Pas", "End": True}), {("unknown-type", "$.States.A.Type")}),
    (
        "a type that is an array",
        only({"Type": [], "End": True}),
        {("unknown-type", "$.States.A.Type")},
    ),
    ("an unknown field", only({**END, "Reslt": 1}), {("unknown-field", "$.States.A.Reslt")}),
    (
        "a field of other states",
        only({**END, "Resource": "arn:x"}),
        {("misplaced-field", "$.States.A.Resource")},
    ),
    (
        "a Task without Resource",
        only({"Type": "Task", "End": True}),
        {("missing-field", "$.States.A")},
    ),
    (
        "a Choice without Choices",
        to_b({"Type": "Choice", "Default": "B"}),
        {("missing-field", "$.States.A")},
    ),
    ("an empty Choices", choice(), {("wrong-value", "$.States.A.Choices")}),
    ("a Wait for nothing", only({"Type": "Wait", "End": True}), {("missing-field", "$.States.A")}),
    (
        "a Wait for two things",
        only({"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": True}),
        {("one-of", "$.States.A")},
    ),
    (
        "a negative Wait",
        only({"Type": "Wait", "Seconds": -1, "End": True}),
        {("wrong-value", "$.States.A.Seconds")},
    ),
    (
        "a Wait of true seconds",
        only({"Type": "Wait", "Seconds": True, "End": True}),
        {("wrong-value", "$.States.A.Seconds")},
    ),
    (
        "an impossible day",
        only({"Type": "Wait", "Timestamp": "2026-02-31T12:00:00Z", "End": True}),
        {("wrong-value", "$.States.A.Timestamp")},
    ),
    ("no Branches", only({"Type": "Parallel", "End": True}), {("missing-field", "$.States.A")}),
    (
        "a branch that is a text",
        only({"Type": "Parallel", "Branches": ["B"], "End": True}),
        {("wrong-value", "$.States.A.Branches[0]")},
    ),
    (
        "an empty branch",
        only({"Type": "Parallel", "Branches": [{}], "End": True}),
        {("missing-field", "$.States.A.Branches[0]")},
    ),
    ("no ItemProcessor", only({"Type": "Map", "End": True}), {("missing-field", "$.States.A")}),
    (
        "two processors",
        only(
            {
                "Type": "Map",
                "ItemProcessor": inner(),
                "Iterator": {"StartAt": "J", "States": {"J": END}},
                "End": True,
            }
        ),
        {("one-of", "$.States.A")},
    ),
    (
        "a timeout and its path",
        only(task(TimeoutSeconds=1, TimeoutSecondsPath="$.t")),
        {("one-of", "$.States.A")},
    ),
    (
        "a Fail with two causes",
        only({"Type": "Fail", "Cause": "c", "CausePath": "$.c"}),
        {("one-of", "$.States.A")},
    ),
    (
        "a path without $",
        only({**END, "InputPath": "a"}),
        {("wrong-value", "$.States.A.InputPath")},
    ),
    (
        "a path that can't be read",
        only({**END, "InputPath": "$.a["}),
        {("expression", "$.States.A.InputPath")},
    ),
    (
        "a ResultPath to many places",
        only({**END, "ResultPath": "$.a[*]"}),
        {("reference-path", "$.States.A.ResultPath")},
    ),
    (
        "a ResultPath into the context",
        only({**END, "ResultPath": "$$.a"}),
        {("reference-path", "$.States.A.ResultPath")},
    ),
    (
        "a template key without a path",
        only({**END, "Parameters": {"l": [{"a.$": "b"}]}}),
        {("expression", '$.States.A.Parameters.l[0]["a.$"]')},
    ),
    (
        "a template key with a number",
        only({**END, "Parameters": {"a.$": 1}}),
        {("expression", '$.States.A.Parameters["a.$"]')},
    ),
    (
        "no operator",
        choice({"Variable": "$", "Next": "B"}),
        {("operator", "$.States.A.Choices[0]")},
    ),
    (
        "two operators",
        choice({"Variable": "$", "IsNull": True, "IsString": True, "Next": "B"}),
        {("operator", "$.States.A.Choices[0]")},
    ),
    (
        "an unknown operator",
        choice({"Variable": "$", "IsNul": True, "Next": "B"}),
        {("unknown-operator", "$.States.A.Choices[0].IsNul")},
    ),
    (
        "no Variable",
        choice({"IsNull": True, "Next": "B"}),
        {("missing-field", "$.States.A.Choices[0]")},
    ),
    (
        "a Variable that is a call",
        choice({"Variable": "States.UUID()", "IsNull": True, "Next": "B"}),
        {("wrong-value", "$.States.A.Choices[0].Variable")},
    ),
    (
        "a rule without Next",
        choice({"Variable": "$", "IsNull": True}),
        {("missing-field", "$.States.A.Choices[0]")},
    ),
    (
        "a nested Next",
        choice({"Not": {"Variable": "$", "IsNull": True, "Next": "B"}, "Next": "B"}),
        {("wrong-value", "$.States.A.Choices[0].Not.Next")},
    ),
    (
        "an empty And",
        choice({"And": [], "Next": "B"}),
        {("wrong-value", "$.States.A.Choices[0].And")},
    ),
    (
        "a Not over a text",
        choice({"Not": "x", "Next": "B"}),
        {("wrong-value", "$.States.A.Choices[0].Not")},
    ),
    ("a rule that is a text", choice("x"), {("wrong-value", "$.States.A.Choices[0]")}),
    (
        "a JSONata rule without Condition",
        choice({"Next": "B"}, QueryLanguage="JSONata"),
        {("missing-field", "$.States.A.Choices[0]")},
    ),
    (
        "a retrier without errors",
        only(task(Retry=[{}])),
        {("missing-field", "$.States.A.Retry[0]")},
    ),
    (
        "a retrier with no errors",
        only(task(Retry=[{"ErrorEquals": []}])),
        {("wrong-value", "$.States.A.Retry[0].ErrorEquals")},
    ),
    (
        "an error that is a number",
        only(task(Retry=[{"ErrorEquals": [1]}])),
        {("wrong-value", "$.States.A.Retry[0].ErrorEquals[0]")},
    ),
    ("a retrier that is a text", only(task(Retry=["E"])), {("wrong-value", "$.States.A.Retry[0]")}),
    (
        "a slow backoff",
        only(task(Retry=[{"ErrorEquals": ["E"], "BackoffRate": 0.5}])),
        {("wrong-value", "$.States.A.Retry[0].BackoffRate")},
    ),
    (
        "States.ALL in company",
        only(task(Retry=[{"ErrorEquals": ["States.ALL", "E"]}])),
        {("catch-all", "$.States.A.Retry[0].ErrorEquals")},
    ),
    (
        "States.ALL not last",
        only(task(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}])),
        {("catch-all", "$.States.A.Retry[0].ErrorEquals")},
    ),
    (
        "a catcher without Next",
        only(task(Catch=[{"ErrorEquals": ["E"]}])),
        {("missing-field", "$.States.A.Catch[0]")},
    ),
    (
        "credentials without a role",
        only(task(Credentials={})),
        {("missing-field", "$.States.A.Credentials")},
    ),
    (
        "a field of the other language",
        only(task(QueryLanguage="JSONata", Parameters={})),
        {("language", "$.States.A.Parameters")},
    ),
    ("JSONata without saying so", only(task(Arguments={})), {("language", "$.States.A.Arguments")}),
    (
        "JSONPath in JSONata",
        only({**END, "QueryLanguage": "JSONPath"}, QueryLanguage="JSONata"),
        {("language", "$.States.A.QueryLanguage")},
    ),
    (
        "an unknown language",
        only(dict(END), QueryLanguage="XPath"),
        {("wrong-value", "$.QueryLanguage")},
    ),
    (
        "a long label",
        only({"Type": "Map", "ItemProcessor": inner(), "Label": "l" * 41, "End": True}),
        {("label", "$.States.A.Label")},
    ),
    (
        "a label with a space",
        only({"Type": "Map", "ItemProcessor": inner(), "Label": "a b", "End": True}),
        {("label", "$.States.A.Label")},
    ),
    (
        "two limits of one reader",
        only(
            {
                "Type": "Map",
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "Parameters": {"Bucket": "b", "Key": "k"},
                    "ReaderConfig": {"MaxItems": 1, "MaxItemsPath": "$.n"},
                },
                "ItemProcessor": inner(),
                "End": True,
            }
        ),
        {("one-of", "$.States.A.ItemReader.ReaderConfig")},
    ),
    (
        "a writer that reads",
        only(
            {
                "Type": "Map",
                "ResultWriter": {"Resource": "arn:aws:states:::s3:getObject"},
                "ItemProcessor": inner(),
                "End": True,
            }
        ),
        {("integration", "$.States.A.ResultWriter.Resource")},
    ),
    (
        "an unknown mode",
        only({"Type": "Map", "ItemProcessor": inner(ProcessorConfig={"Mode": "X"}), "End": True}),
        {("wrong-value", "$.States.A.ItemProcessor.ProcessorConfig.Mode")},
    ),
    (
        "a distributed Map of no type",
        only(
            {
                "Type": "Map",
                "ItemProcessor": inner(ProcessorConfig={"Mode": "DISTRIBUTED"}),
                "End": True,
            }
        ),
        {("missing-field", "$.States.A.ItemProcessor.ProcessorConfig")},
    ),
    (
        "a long name",
        {"StartAt": "n" * 81, "States": {"n" * 81: END}},
        {("state-name", "$.States." + "n" * 81)},
    ),
    ("an empty name", {"StartAt": "", "States": {"": END}}, {("state-name", '$.States[""]')}),
    (
        "a name twice",
        {"StartAt": "I", "States": {"I": {"Type": "Parallel", "Branches": [inner()], "End": True}}},
        {("duplicate-state", "$.States.I.Branches[0].States.I")},
    ),
    (
        "a way out of a branch",
        to_b(
            {
                "Type": "Parallel",
                "Branches": [{"StartAt": "I", "States": {"I": {"Type": "Pass", "Next": "B"}}}],
                "Next": "B",
            }
        ),
        {("dangling", "$.States.A.Branches[0].States.I.Next")},
    ),
    ("too large", only({**END, "Comment": "x" * MAX_BYTES}), {("too-large", "$")}),
    ("not a number", only({**END, "Result": float("nan")}), {("not-json", "$")}),
    ("not JSON", only({**END, "Result": {1, 2}}), {("not-json", "$")}),
    ("a number beyond 2^53", only({**END, "Result": 2**60}), {("not-json", "$")}),
]


@pytest.mark.parametrize(("definition", "expected"), [x[1:] for x in BAD], ids=[x[0] for x in BAD])
def test_each_rule_finds_its_fault_and_no_other(
    definition: Any, expected: set[tuple[str, str]]
) -> None:
    """A definition with one fault has one finding, at the fault's place."""
    assert expected == told(definition)


HABITS: list[tuple[str, Any, set[tuple[str, str]]]] = [
    (
        "a loop without a way out",
        {
            "StartAt": "C",
            "States": {
                "C": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$", "IsNull": True, "Next": "A"}],
                    "Default": "S",
                },
                "A": {"Type": "Wait", "Seconds": 1, "Next": "B"},
                "B": {"Type": "Pass", "Next": "A"},
                "S": {"Type": "Succeed"},
            },
        },
        {("no-way-out", "$.States.A")},
    ),
    (
        "a Resource that is no ARN",
        only(task(Resource="charge")),
        {("resource", "$.States.A.Resource")},
    ),
    (
        "an error of HTTP that does not exist",
        only(
            task(
                Resource="arn:aws:states:us-east-1:111122223333:activity:ask",
                Retry=[{"ErrorEquals": ["States.Http.StatusCode.4xx", "States.Http.Sockets"]}],
            )
        ),
        {
            ("unknown-error", "$.States.A.Retry[0].ErrorEquals[0]"),
            ("unknown-error", "$.States.A.Retry[0].ErrorEquals[1]"),
        },
    ),
    (
        "an error of HTTP where none is spoken",
        only(task(Retry=[{"ErrorEquals": ["States.Http.StatusCode.429"]}])),
        {("impossible-error", "$.States.A.Retry[0].ErrorEquals[0]")},
    ),
]


@pytest.mark.parametrize(
    ("definition", "expected"), [case[1:] for case in HABITS], ids=[case[0] for case in HABITS]
)
def test_each_habit_is_warned_of(definition: Any, expected: set[tuple[str, str]]) -> None:
    """A definition that AWS accepts, but that will cause trouble, has a warning."""
    assert expected <= warned(definition)
    assert set() == told(definition)


@pytest.mark.parametrize("type", ["Task", "Parallel"])
def test_what_an_http_task_reports_is_known(type: str) -> None:
    """The error names of AWS's documentation are known, at the call and around it."""
    names = [*sfn.task.HTTP_RETRY.errors, "States.Http.Socket"]
    call = task(Resource="arn:aws:states:::http:invoke", Retry=[{"ErrorEquals": names}])
    runtime = {"Type": "Parallel", "Branches": [inner()], "End": True, "Retry": call["Retry"]}
    found = warned(only(call if type == "Task" else runtime))
    assert {rule for rule, _ in found} & {"unknown-error", "impossible-error"} == set()


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:::glue:startJobRun.sync",
        "arn:aws:states:::states:startExecution.sync:2",
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "arn:aws:states:us-east-1:111122223333:activity:ask",
    ],
)
def test_express_can_not_wait(resource: str) -> None:
    """Jobs, callbacks and activities are for STANDARD workflows."""
    needed = ("JobName", "StateMachineArn", "QueueUrl", "MessageBody")
    definition = only(task(Resource=resource, Parameters=dict.fromkeys(needed, "x")))
    assert told(definition) == set()
    assert {("express", "$.States.A.Resource")} == told(definition, type="EXPRESS")


def test_a_finding_says_state_and_fix() -> None:
    """The finding has the nearest name, and the state."""
    definition = {
        "StartAt": "Charge",
        "States": {"Charge": {"Type": "Pass", "Next": "ship"}, "Ship": dict(END)},
    }
    finding, unreachable = sfn.check_definition(definition)
    expected = sfn.Finding(
        rule="dangling",
        severity="error",
        path="$.States.Charge.Next",
        state="Charge",
        message='Missing target: there is no state "ship".',
        fix='Did you mean "Ship"?',
    )
    assert expected == finding
    assert unreachable.rule == "unreachable"
    assert str(finding) == (
        '$.States.Charge.Next: Missing target: there is no state "ship". Did you mean "Ship"?'
    )


def test_any_depth_is_survived() -> None:
    """Nesting that is too deep for Python is a finding."""
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    assert {("not-json", "$")} == told(only({**END, "Result": deep}))
    assert {("not-json", "$")} == told({"b": deep, "a": float("nan")})
    circle: dict[str, Any] = {}
    circle["circle"] = circle
    assert {("not-json", "$")} == told(circle)


SOMETHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(-5, 5)
    | st.sampled_from(
        ["", "A", "B", "$", "$.a", "Pass", "Task", "Choice", "Map", "Parallel", "JSONata", "x.$"]
    ),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "A",
                        "B",
                        "StartAt",
                        "States",
                        "Type",
                        "Next",
                        "End",
                        "Choices",
                        "Default",
                        "And",
                    ),
                    *(
                        "Not",
                        "Variable",
                        "IsNull",
                        "Branches",
                        "ItemProcessor",
                        "Iterator",
                        "Retry",
                    ),
                    *(
                        "Catch",
                        "ErrorEquals",
                        "Parameters",
                        "x.$",
                        "Resource",
                        "Credentials",
                        "Label",
                    ),
                    *("QueryLanguage", "ProcessorConfig", "Mode", "Wait", "Seconds", "ResultPath"),
                ]
            ),
            inside,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(SOMETHING)
def test_any_json_gives_findings_and_never_a_traceback(value: Any) -> None:
    """Any JSON value gets findings, and stays unchanged."""
    before = copy.deepcopy(value)
    for wrapped in (value, {"StartAt": "A", "States": value}, only(value), only(task(Catch=value))):
        for finding in sfn.check_definition(wrapped):
            assert finding.path.startswith("$")
            assert finding.message.endswith(".") or finding.rule == "expression"
    assert before == value


@pytest.mark.parametrize(
    "text",
    ["https://sqs.us-east-1.amazonaws.com/123456789012/q", "arn:aws:sns:eu-west-1:123456789012:t"],
)
def test_an_account_in_an_arn_or_in_a_queues_url_is_hard_coded(text: str) -> None:
    """Both have an account and a region, and so work in one environment only."""
    assert ("hard-coded", "$.States.A.Parameters.Q") in warned(only(task(Parameters={"Q": text})))


@pytest.mark.parametrize(
    ("fields", "told_of"),
    [
        ({"Parameters": {"QueueUrl": "${Q}", "MessageBody": "x"}}, True),
        ({"Parameters": {"QueueUrl": "${Q}", "MessageBody.$": "$$.Task.Token"}}, False),
        ({"Parameters": {"QueueUrl": "${Q}", "MessageBody.$": "${TokenPath}"}}, False),
        ({"QueryLanguage": "JSONata", "Arguments": {"QueueUrl": "${Q}"}}, True),
        ({"QueryLanguage": "JSONata", "Arguments": {"MessageBody": "{% ${Token} %}"}}, False),
    ],
)
def test_a_parameter_does_not_hand_out_a_token(fields: dict[str, Any], told_of: bool) -> None:
    """A parameter becomes a plain text, unless it is in an expression."""
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    found = warned(only(task(Resource=resource, TimeoutSeconds=60, **fields)))
    assert told_of == (("callback-token", "$.States.A") in found)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (task(Parameters={"T": "${AWS:StackName}-x"}), "$.States.A.Parameters.T"),
        (dict(END, Result=[{"${a-b}": 1}]), '$.States.A.Result[0]["${a-b}"]'),
        (task(Parameters={"T": "$${AWS::Region} ${Name}"}), None),
        (dict(END, QueryLanguage="JSONata", Output="{% ${'a': 1} %}"), None),
    ],
)
def test_what_can_never_be_a_parameter_is_told(body: dict[str, Any], path: str | None) -> None:
    """Publishing refuses such a placeholder, so the check reports it earlier."""
    found = [place for rule, place in warned(only(body)) if rule == "parameter"]
    assert ([path] if path else []) == found


def test_a_type_that_does_not_exist_is_told() -> None:
    """Checking an EXPRESS workflow as STANDARD would miss its errors."""
    (finding,) = sfn.check_definition(only(dict(END)), type="express")
    assert (finding.rule, finding.severity) == ("settings", "error")
    assert "'express' is not a type" in finding.message
