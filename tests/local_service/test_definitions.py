"""The local service's checks of definitions, with AWS's messages."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sfn_release as sfn
from sfn_release.local_service.api.diagnostics import diagnostics
from support.machines import ROLE, refusal
from support.places import CORPUS, ORACLE

PASS = {"Type": "Pass", "End": True}
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


def found(states: Any, *, type: str = "STANDARD", start: Any = "A", **root: Any) -> list[str]:
    """Return the faults of a machine with these states, as an error shows them."""
    text = json.dumps({"StartAt": start, "States": states, **root})
    return [
        f"{fault.code}: {fault.message} at {fault.location}" for fault in diagnostics(text, type)
    ]


SCHEMA = "SCHEMA_VALIDATION_FAILED: "
OF_TYPES = (
    "The field 'Type' should have one of these values:"
    " [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]"
)
TARGET = "MISSING_TRANSITION_TARGET: "


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"A": PASS}, []),
        ({}, [f"{SCHEMA}Value cannot be empty at /States"]),
        ([], [f"{SCHEMA}Expected value of type Object at /States"]),
        ({"A": []}, [f"{SCHEMA}Expected value of type Object at /States/A"]),
        (
            {"A": {"Type": "Passs", "End": True}},
            [f"{SCHEMA}{OF_TYPES} at /States/A/Type"],
        ),
        (
            {"A": {"Type": "Task", "End": True}},
            [f"{SCHEMA}These fields are required: [Resource] at /States/A"],
        ),
        (
            {"A": {"Type": "Parallel", "Branches": [], "End": True}},
            [f"{SCHEMA}Value cannot be empty at /States/A/Branches"],
        ),
        (
            {"A": {"Type": "Parallel", "Branches": [{"StartAt": "B"}], "End": True}},
            [f"{SCHEMA}These fields are required: [States] at /States/A/Branches[0]"],
        ),
        (
            {"A": {"Type": "Pass", "Next": "B"}},
            [
                f"{TARGET}Missing 'Next' target: B at /States/A/Next",
                "MISSING_END_STATE: Workflow has no terminal state at None",
            ],
        ),
        ({"A": PASS, "B": PASS}, [f'{TARGET}State "B" is not reachable. at /States/B']),
        (
            {"B": PASS},
            [
                f"{TARGET}Missing 'Next' target: A at /StartAt",
                f'{TARGET}State "B" is not reachable. at /States/B',
            ],
        ),
        (
            {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}},
            ["MISSING_END_STATE: Workflow has no terminal state at None"],
        ),
        (
            {
                "A": {
                    "Type": "Map",
                    "ItemProcessor": {"StartAt": "A", "States": {"A": PASS}},
                    "End": True,
                }
            },
            ["DUPLICATE_STATE_NAME: Duplicate state name: A at /States/A/ItemProcessor/States/A"],
        ),
    ],
)
def test_what_is_wrong_is_found_where_it_is(states: Any, expected: list[str]) -> None:
    """A fault has the code, message and location of AWS's recordings and reports."""
    assert expected == found(states)


def test_choices_and_catchers_lead_somewhere() -> None:
    """Each Next, Catch and Default to an unknown state is reported at its place."""
    states = {
        "A": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "X"}],
            "Default": "T",
        },
        "T": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Y"}],
            "End": True,
        },
    }
    assert found(states) == [
        f"{TARGET}Missing 'Next' target: X at /States/A/Choices[0]/Next",
        f"{TARGET}Missing 'Next' target: Y at /States/T/Catch[0]/Next",
    ]


@pytest.mark.parametrize(
    ("resource", "named"),
    [
        ("arn:aws:states:::states:startExecution.sync", "'.sync' service integration"),
        ("arn:aws:states:::states:startExecution.sync:2", "'.sync' service integration"),
        ("arn:aws:states:::sqs:sendMessage.waitForTaskToken", "'.waitForTaskToken' service"),
        ("arn:aws:states:us-east-1:123456789012:activity:x", "Activity ARN"),
    ],
)
def test_express_machines_do_not_wait_for_others(resource: str, named: str) -> None:
    """Some calls of a STANDARD machine are refused in an EXPRESS one."""
    states = {"A": {"Type": "Task", "Resource": resource, "End": True}}
    assert found(states) == []
    (told,) = found(states, type="EXPRESS")
    assert f"Express state machine does not support {named}" in told


@pytest.mark.parametrize("text", ["{", "", "[]", "null", '"x"', "NaN", "1e999", "[" * 100_000])
def test_what_is_no_definition_is_refused(text: str) -> None:
    """Any text that isn't a definition has a finding, and never a traceback."""
    assert diagnostics(text, "STANDARD")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Type", "Next", "End", "Choices", "Branches", "States", "StartAt", "A"]
            )
            | st.text(max_size=2),
            inner | st.sampled_from(["Pass", "Choice", "Parallel", "Map", "Wait", "Task", "A"]),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(states=st.dictionaries(st.sampled_from(["A", "B", "C"]), _json), start=_json)
def test_any_json_gets_findings_and_never_a_traceback(states: Any, start: Any) -> None:
    """Any value in any field has findings with a message, and never a traceback."""
    for fault in diagnostics(json.dumps({"StartAt": start, "States": states}), "EXPRESS"):
        assert fault.message


def test_create_update_and_validate_agree() -> None:
    """Create and update raise an error, validate returns a report, and nothing is stored."""
    client: Any = sfn.local()
    bad = json.dumps({"StartAt": "A"})
    message = (
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED:"
        " These fields are required: [States] at /'"
    )
    request = {"name": "m", "definition": bad, "roleArn": ROLE}
    assert refusal(client.create_state_machine, **request) == ("InvalidDefinition", message)
    assert client.list_state_machines()["stateMachines"] == []
    good = json.dumps({"StartAt": "A", "States": {"A": PASS}})
    arn = client.create_state_machine(**{**request, "definition": good})["stateMachineArn"]
    refused = refusal(client.update_state_machine, stateMachineArn=arn, definition=bad)
    assert refused == ("InvalidDefinition", message)
    report = client.validate_state_machine_definition(definition=bad)
    assert (report["result"], report["truncated"]) == ("FAIL", False)
    assert report["diagnostics"] == [
        {
            "severity": "ERROR",
            "code": "SCHEMA_VALIDATION_FAILED",
            "message": "These fields are required: [States]",
            "location": "/",
        }
    ]
    states = dict.fromkeys("ABCD", PASS)
    many = json.dumps({"StartAt": "A", "States": states})
    report = client.validate_state_machine_definition(definition=many, maxResults=2)
    assert (len(report["diagnostics"]), report["truncated"]) == (2, True)


@pytest.mark.parametrize(
    ("state", "message", "location"),
    [
        (
            {"Type": "Wait", "End": True},
            (
                "A Wait needs the field Seconds or Timestamp or SecondsPath or TimestampPath:"
                " it is required but was missing."
            ),
            "/States/Two words",
        ),
        ({**PASS, "Seconds": 1}, "Field 'Seconds' is not supported", "/States/Two words"),
        ({**PASS, "Tomorrow": 1}, "Field 'Tomorrow' is not supported", "/States/Two words"),
        (
            {**PASS, "Output": 1},
            (
                "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for"
                " the 'JSONata' QueryLanguage"
            ),
            "/States/Two words",
        ),
        (
            {
                "Type": "Task",
                "QueryLanguage": "JSONata",
                "Resource": FUNCTION,
                "Credentials": {"RoleArn.$": "$.role"},
                "End": True,
            },
            (
                "The QueryLanguage is set to 'JSONata', but field 'RoleArn.$' is only supported for"
                " the 'JSONPath' QueryLanguage"
            ),
            "/States/Two words/Credentials",
        ),
        (
            {**PASS, "Parameters": {"a.$": "x"}},
            (
                "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic"
                " function call"
            ),
            "/States/Two words/Parameters",
        ),
        (
            {**PASS, "QueryLanguage": "JSONata", "Output": {"v": "{% phone %}"}},
            "Reference to 'phone' at the top level is not supported.",
            "/States/Two words/Output/v",
        ),
        (
            {**PASS, "QueryLanguage": "JSONata", "Output": "{% $states.errorOutput %}"},
            "Field '$states.errorOutput' does not exist.",
            "/States/Two words/Output",
        ),
        (
            {"Type": "Task", "Resource": FUNCTION, "Retry": [{}], "End": True},
            "A retrier needs the field ErrorEquals: it is required but was missing.",
            "/States/Two words/Retry[0]",
        ),
    ],
)
def test_what_the_language_refuses_is_refused(state: Any, message: str, location: str) -> None:
    """A definition that AWS refuses doesn't run; where AWS's message is unknown, it is ours."""
    client: Any = sfn.local()
    text = json.dumps({"StartAt": "Two words", "States": {"Two words": state}})
    report = client.validate_state_machine_definition(definition=text)
    (one,) = report["diagnostics"]
    assert (message, location) == (one["message"], one["location"])
    request = {"name": "m", "definition": text, "roleArn": ROLE}
    assert refusal(client.create_state_machine, **request)[0] == "InvalidDefinition"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("a[1,2)", 'Expected "]", got ","'),
        ("'open", "String literal must be terminated by a matching quote"),
        ("1 +", "Unexpected end of expression"),
        ("", "Unexpected end of expression"),
        ("1 1", "Syntax error: 1"),
        ("{'a':}", 'The symbol "}" cannot be used as a unary operator'),
        ("$match('a', /abc", "No terminating / in regular expression"),
        ("$a ?? 1", 'The symbol "?" cannot be used as a unary operator'),
        ("$$", "Reference to '$$' is not supported."),
    ],
)
def test_invalid_jsonata_is_refused_in_jsonata_s_words(expression: str, message: str) -> None:
    """As AWS does: without JSONata's code, at the field."""
    client: Any = sfn.local()
    state = {**PASS, "QueryLanguage": "JSONata", "Output": [f"{{% {expression} %}}"]}
    text = json.dumps({"StartAt": "A", "States": {"A": state}})
    (diagnostic,) = client.validate_state_machine_definition(definition=text)["diagnostics"]
    shown = (diagnostic["code"], diagnostic["message"], diagnostic["location"])
    code = "UNSUPPORTED" if expression == "$$" else "INVALID"
    assert shown == (f"{code}_JSONATA_EXPRESSION", message, "/States/A/Output[0]")


@pytest.mark.parametrize("text", ["${Pause}", "3${Pause}", "${", "3"])
@pytest.mark.parametrize(
    ("states", "root"),
    [
        ({"A": {"Type": "Wait", "Seconds": "?", "End": True}}, {}),
        ({"A": {"Type": "Wait", "Seconds": "?", "End": True}}, {"QueryLanguage": "JSONata"}),
        ({"A": PASS}, {"TimeoutSeconds": "?"}),
        (
            {
                "A": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.x", "NumericEquals": "?", "Next": "B"}],
                },
                "B": PASS,
            },
            {},
        ),
    ],
)
def test_a_placeholder_is_a_text(text: str, states: Any, root: Any) -> None:
    """Only a deployment fills parameters: a text is refused where a number is needed."""
    definition = json.dumps({"StartAt": "A", "States": states, **root}).replace("?", text)
    answer = sfn.local().validate_state_machine_definition(definition=definition)
    assert answer["result"] == "FAIL"


@pytest.mark.parametrize(
    ("state", "root"),
    [
        ({"Type": "Pass", "Result": "${Pause}", "End": True}, {}),
        ({"Type": "Pass", "Comment": "${Pause}", "End": True}, {}),
        (
            {"Type": "Wait", "Seconds": "{% ${'a': 1}.a %}", "End": True},
            {"QueryLanguage": "JSONata"},
        ),
    ],
)
def test_a_placeholder_may_be_any_text(state: Any, root: Any) -> None:
    """And in an expression it isn't one."""
    definition = json.dumps({"StartAt": "A", "States": {"A": state}, **root})
    answer = sfn.local().validate_state_machine_definition(definition=definition)
    assert answer == {**answer, "result": "OK", "diagnostics": []}


def test_numbers_that_a_release_cannot_carry_are_taken() -> None:
    """AWS accepts numbers that canonical JSON refuses."""
    client: Any = sfn.local()
    text = json.dumps({"StartAt": "A", "States": {"A": {**PASS, "Result": 10**30}}})
    assert client.validate_state_machine_definition(definition=text)["result"] == "OK"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_nothing_that_aws_accepted_is_refused() -> None:
    """Real definitions have no findings, except for placeholders in place of resources."""
    corpus = CORPUS
    with (corpus / "index.tsv").open(newline="") as index:
        rows = [row for row in csv.DictReader(index, delimiter="\t") if row["label"] == "valid"]
    alarms = {}
    for row in rows:
        told = [
            fault
            for fault in diagnostics((corpus / row["path"]).read_text(), "STANDARD")
            if fault.message != "Value is not a valid resource ARN"
        ]
        if told and row["basis"].startswith("aws-"):
            alarms[row["path"]] = told
    for path in sorted((ORACLE / "executions").rglob("*.json")):
        case = json.loads(path.read_text())
        text = case.get("definition_raw") or json.dumps(case["definition"])
        if told := diagnostics(text, case.get("type") or "STANDARD"):
            alarms[path.name] = told
    assert alarms == {}


def test_warnings_are_reported_on_request() -> None:
    """A Lambda task without Retry is fine for AWS, and a warning here; the result stays OK."""
    client: Any = sfn.local()
    text = json.dumps(
        {
            "StartAt": "Pick",
            "States": {
                "Pick": {
                    "Type": "Task",
                    "Resource": "arn:aws:lambda:us-east-1:000000000000:function:pick:1",
                    "End": True,
                }
            },
        }
    )
    quiet = client.validate_state_machine_definition(definition=text, severity="ERROR")
    assert (quiet["result"], quiet["diagnostics"]) == ("OK", [])
    loud = client.validate_state_machine_definition(definition=text, severity="WARNING")
    assert loud["result"] == "OK"
    assert {item["severity"] for item in loud["diagnostics"]} == {"WARNING"}
    few = client.validate_state_machine_definition(
        definition=text, severity="WARNING", maxResults=1
    )
    assert (len(few["diagnostics"]), few["truncated"]) == (1, len(loud["diagnostics"]) > 1)
    failing = client.validate_state_machine_definition(definition="{}", severity="WARNING")
    assert {item["severity"] for item in failing["diagnostics"]} == {"ERROR"}
