"""Test cases of a MockConfigFile.json, started as in Step Functions Local and other emulators."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import sfn_release as sfn
from sfn_release.errors import ConfigError
from support.machines import MACHINES, ROLE, refusal

CHARGE = "arn:aws:lambda:us-east-1:000000000000:function:charge"
PAY = {
    "StartAt": "Charge",
    "States": {"Charge": {"Type": "Task", "Resource": CHARGE, "End": True}},
}


def mock_file(folder: Path, answer: Any, machine: str = "pay") -> Path:
    """Write a mock file whose test case Happy answers the state Charge."""
    file = folder / "mocks.json"
    content = {
        "StateMachines": {machine: {"TestCases": {"Happy": {"Charge": "Answer"}}}},
        "MockedResponses": {"Answer": {"0": {"Return": answer}}},
    }
    file.write_text(json.dumps(content))
    return file


def pay(client: Any, type: str = "STANDARD") -> str:
    """Create the state machine of the tests; return its ARN."""
    arn: str = client.create_state_machine(
        name="pay", definition=json.dumps(PAY), roleArn=ROLE, type=type
    )["stateMachineArn"]
    return arn


def output(client: Any, **start: Any) -> Any:
    """Start an execution; return its output."""
    started = client.start_execution(**start)
    done = client.describe_execution(executionArn=started["executionArn"])
    assert done["status"] == "SUCCEEDED", done
    return json.loads(done["output"])


def test_a_start_names_a_test_case(tmp_path: Path) -> None:
    """After the ARN, as Step Functions Local and LocalStack have it, or after the name."""
    client: Any = sfn.local(mock_config=mock_file(tmp_path, {"paid": 1}))
    arn = pay(client)
    assert output(client, stateMachineArn=f"{arn}#Happy") == {"paid": 1}
    assert output(client, stateMachineArn=arn, name="first#Happy") == {"paid": 1}
    described = client.list_executions(stateMachineArn=arn)["executions"]
    assert "first" in {execution["name"] for execution in described}
    assert {execution["stateMachineArn"] for execution in described} == {arn}


def test_versions_and_aliases_take_a_test_case(tmp_path: Path) -> None:
    """Step Functions Local has neither. Here, the suffix follows the whole ARN."""
    client: Any = sfn.local(mock_config=mock_file(tmp_path, 5))
    arn = pay(client)
    version = client.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    routing = [{"stateMachineVersionArn": version, "weight": 100}]
    client.create_state_machine_alias(name="live", routingConfiguration=routing)
    for start in (version, f"{arn}:live"):
        assert output(client, stateMachineArn=f"{start}#Happy") == 5


def test_a_synchronous_start_takes_a_test_case(tmp_path: Path) -> None:
    """StartSyncExecution of an EXPRESS state machine runs with the same mocks."""
    client: Any = sfn.local(mock_config=mock_file(tmp_path, "ok"))
    arn = pay(client, "EXPRESS")
    done = client.start_sync_execution(stateMachineArn=f"{arn}#Happy")
    assert (done["status"], done["output"]) == ("SUCCEEDED", '"ok"')


def test_the_mock_file_is_read_at_each_start(tmp_path: Path) -> None:
    """You can edit the file while the service runs; a faulty one is refused, with its place."""
    client: Any = sfn.local(mock_config=mock_file(tmp_path, 1))
    start = {"stateMachineArn": f"{pay(client)}#Happy"}
    assert output(client, **start) == 1
    mock_file(tmp_path, "changed")
    assert output(client, **start) == "changed"
    file = mock_file(tmp_path, "x")
    file.write_text(file.read_text().replace("Return", "Retrun"))
    code, message = refusal(client.start_execution, **start)
    assert code == "ValidationException"
    assert 'mocks.json: $.MockedResponses.Answer.0: unknown key "Retrun"' in message
    file.unlink()
    assert "Can't read the mock configuration" in refusal(client.start_execution, **start)[1]


@pytest.mark.parametrize(
    ("machine", "case", "said"),
    [
        ("pay", "Hapy", "has no test case 'Hapy'. Its test cases: Happy."),
        ("pay", "", "has no test case ''."),
        ("refund", "Happy", "no test cases for the state machine 'pay'"),
    ],
)
def test_an_unknown_test_case(tmp_path: Path, machine: str, case: str, said: str) -> None:
    """It's refused at the start, with the names that the file has."""
    client: Any = sfn.local(mock_config=mock_file(tmp_path, 1, machine))
    arn = pay(client)
    code, message = refusal(client.start_execution, stateMachineArn=f"{arn}#{case}")
    assert code == "ValidationException"
    assert said in message


def test_an_unknown_state_machine_comes_first(tmp_path: Path) -> None:
    """A state machine that doesn't exist is AWS's error, whatever the test case."""
    client: Any = sfn.local(mock_config=mock_file(tmp_path, 1))
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        client.start_execution(stateMachineArn=f"{MACHINES}:pay#Happy")


def test_a_test_case_without_a_mock_file() -> None:
    """The error says how to give the service a mock file."""
    client: Any = sfn.local()
    code, message = refusal(client.start_execution, stateMachineArn=f"{pay(client)}#Happy")
    assert code == "ValidationException"
    assert "SFN_MOCK_CONFIG" in message


def test_a_faulty_mock_file_is_an_error_at_once(tmp_path: Path) -> None:
    """`sfn.local` reads the file before it returns."""
    with pytest.raises(ConfigError, match=r"missing\.json"):
        sfn.local(mock_config=tmp_path / "missing.json")
