"""The service's answers match AWS's recorded ones, for any definition."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import sfn_release as sfn
from support.machines import MACHINES, ROLE, create, definition, refusal

SEQUENCE: dict[str, Any] = {
    "StartAt": "Take",
    "States": {
        "Take": {"Type": "Pass", "Assign": {"total": 4, "unit": "kg"}, "Next": "Weigh"},
        "Weigh": {
            "Type": "Choice",
            "Choices": [{"Variable": "$total", "NumericLessThanPath": "$limit", "Next": "Each"}],
            "Default": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemSelector": {"text.$": "States.Format('{} {}', $total, $unit)", "as is": "$unit"},
            "ItemProcessor": {
                "StartAt": "Say",
                "States": {
                    "Say": {
                        "Type": "Pass",
                        "QueryLanguage": "JSONata",
                        "Output": "{% ($half := $total / 2; $states.input.text & $half) %}",
                        "End": True,
                    }
                },
            },
            "End": True,
        },
    },
}


@pytest.fixture
def client() -> Any:
    """Return a client of an empty service."""
    return sfn.local()


def test_a_description_names_the_variables_that_states_read(client: Any) -> None:
    """Variables are listed by state, sorted, at any depth, without literals and bound names."""
    text = json.dumps(SEQUENCE)
    arn = client.create_state_machine(name="m", definition=text, roleArn=ROLE)["stateMachineArn"]
    expected = {"Weigh": ["limit", "total"], "Each": ["total", "unit"], "Say": ["total"]}
    assert client.describe_state_machine(stateMachineArn=arn)["variableReferences"] == expected
    started = client.start_execution(stateMachineArn=arn)["executionArn"]
    described = client.describe_state_machine_for_execution(executionArn=started)
    assert described["variableReferences"] == expected


def test_a_description_without_variables_says_nothing_of_them(client: Any) -> None:
    """Without variables, the member is absent."""
    described = client.describe_state_machine(stateMachineArn=create(client))
    assert "variableReferences" not in described


def test_a_timed_out_execution_has_neither_error_nor_cause(client: Any) -> None:
    """The last event has the error; DescribeExecution and lists don't."""
    wait = {"Type": "Wait", "Seconds": 20, "End": True}
    text = json.dumps({"TimeoutSeconds": 1, "StartAt": "W", "States": {"W": wait}})
    arn = client.create_state_machine(name="m", definition=text, roleArn=ROLE)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    described = client.describe_execution(executionArn=execution)
    assert described["status"] == "TIMED_OUT"
    assert not {"error", "cause", "output"} & {*described}
    last = client.get_execution_history(executionArn=execution, reverseOrder=True)["events"][0]
    assert last["executionTimedOutEventDetails"] == {"error": "States.Timeout"}


def test_a_failed_synchronous_execution_has_details_of_its_output(client: Any) -> None:
    """A failed synchronous execution has no output, but its details say that it is included."""
    fail = {"Type": "Fail", "Error": "E", "Cause": "C"}
    text = json.dumps({"StartAt": "F", "States": {"F": fail}})
    arn = client.create_state_machine(name="m", definition=text, roleArn=ROLE, type="EXPRESS")[
        "stateMachineArn"
    ]
    answer = client.start_sync_execution(stateMachineArn=arn)
    assert answer["outputDetails"] == {"included": True}
    assert "output" not in answer


def test_the_context_object_of_express_counts_no_redrives(client: Any) -> None:
    """EXPRESS has Id, Input, Name, RoleArn and StartTime; STANDARD also has RedriveCount."""
    show = {"Type": "Pass", "Parameters": {"keys.$": "$$.Execution.keys()"}, "End": True}
    text = json.dumps({"StartAt": "S", "States": {"S": show}})
    both = ["Id", "Input", "Name", "RoleArn", "StartTime"]
    for type, expected in (("EXPRESS", both), ("STANDARD", sorted([*both, "RedriveCount"]))):
        arn = client.create_state_machine(name=type, definition=text, roleArn=ROLE, type=type)[
            "stateMachineArn"
        ]
        if type == "EXPRESS":
            output = client.start_sync_execution(stateMachineArn=arn)["output"]
        else:
            started = client.start_execution(stateMachineArn=arn)["executionArn"]
            output = client.describe_execution(executionArn=started)["output"]
        assert expected == sorted(json.loads(output)["keys"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            " ",
            {
                "code": "SCHEMA_VALIDATION_FAILED",
                "message": "Definition must be a valid JSON object",
            },
        ),
        (
            "{}",
            {
                "code": "SCHEMA_VALIDATION_FAILED",
                "message": "These fields are required: [States, StartAt]",
                "location": "/",
            },
        ),
        (
            '{"States": nope}',
            {
                "code": "INVALID_JSON_DESCRIPTION",
                "message": "Unrecognized token 'nope': was expecting (JSON String, Number, Array,"
                " Object or token 'null', 'true' or 'false')\n at"
                ' [Source: (String)"{"States": nope}"; line: 1, column: 16]',
                "location": '[Source: (String)"{"States": nope}"; line: 1, column: 16]',
            },
        ),
    ],
)
def test_a_text_that_is_no_definition_gets_aws_s_code(
    client: Any, text: str, expected: dict[str, str]
) -> None:
    """Invalid JSON has the parser's message and location; an empty text has no location."""
    answer = client.validate_state_machine_definition(definition=text)
    assert answer["diagnostics"] == [{"severity": "ERROR", **expected}]


def test_the_hundred_and_first_alias_is_refused(client: Any) -> None:
    """The error is ServiceQuotaExceededException, and deleting an alias makes room."""
    arn = create(client, publish=True)
    routing = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    for number in range(100):
        client.create_state_machine_alias(name=f"a{number}", routingConfiguration=routing)
    more = {"name": "more", "routingConfiguration": routing}
    code, message = refusal(client.create_state_machine_alias, **more)
    assert (code, message) == (
        "ServiceQuotaExceededException",
        "A state machine can have at most 100 aliases.",
    )
    again = client.create_state_machine_alias(name="a5", routingConfiguration=routing)
    assert again["stateMachineAliasArn"] == f"{arn}:a5"  # it exists already
    client.delete_state_machine_alias(stateMachineAliasArn=f"{arn}:a7")
    client.create_state_machine_alias(**more)


def test_the_thousand_and_first_version_is_refused(tmp_path: Path) -> None:
    """An update that publishes is refused and changes nothing; deleting a version makes room."""
    running = sfn.local(tmp_path / "local.db")
    client: Any = running
    arn = create(client, publish=True)
    with closing(sqlite3.connect(tmp_path / "local.db")) as db, db:
        db.executemany(
            "INSERT INTO versions (machine, number, revision, created) VALUES (1, ?, 0, 0)",
            [(number,) for number in range(2, 1001)],
        )
        db.execute("UPDATE machines SET last_version = 1000")
    db.close()
    update = {"stateMachineArn": arn, "definition": definition(2)}
    code, message = refusal(client.update_state_machine, **update, publish=True)
    assert (code, message) == (
        "ServiceQuotaExceededException",
        "A state machine can have at most 1000 versions.",
    )
    assert client.describe_state_machine(stateMachineArn=arn)["definition"] == definition(1)
    client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:500")
    answer = client.update_state_machine(**update, publish=True)
    assert answer["stateMachineVersionArn"] == f"{MACHINES}:hello:1001"
