"""Test cases of a MockConfigFile.json, started as in Step Functions Local and other emulators."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as some

import sfn_release as sfn
from sfn_release.errors import ConfigError
from sfn_release.local_service import open_service
from sfn_release.local_service.http import server
from sfn_release.simulator import Mocks
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
    done = finished(client, started["executionArn"])
    assert done["status"] == "SUCCEEDED", done
    return json.loads(done["output"])


def finished(client: Any, arn: str) -> dict[str, Any]:
    """Return the description of an execution once it has ended."""
    while True:
        done: dict[str, Any] = client.describe_execution(executionArn=arn)
        if done["status"] != "RUNNING":
            return done


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


@settings(max_examples=50)
@given(text=some.text(max_size=40))
def test_any_text_after_the_arn_is_an_answer(text: str) -> None:
    """The start succeeds, or is refused as AWS refuses starts."""
    with tempfile.TemporaryDirectory() as folder:
        client: Any = sfn.local(mock_config=mock_file(Path(folder), 1))
        arn = pay(client)
        try:
            client.start_execution(stateMachineArn=f"{arn}#{text}")
        except ClientError as refused:
            assert text != "Happy"
            code = refused.response["Error"]["Code"]
            assert code in {"ValidationException", "InvalidArn", "StateMachineDoesNotExist"}


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


def test_other_services_are_reached_at_endpoints(other_services: str) -> None:
    """`sfn.local` sends tasks without a mock to the service that you name."""
    client: Any = sfn.local(endpoints={"sqs": other_services})
    sqs: Any = boto3.client("sqs", region_name="us-east-1", endpoint_url=other_services)
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": queue, "MessageBody": "hello"},
        "End": True,
    }
    machine = {"StartAt": "Send", "States": {"Send": send}}
    arn = client.create_state_machine(name="m", definition=json.dumps(machine), roleArn=ROLE)
    assert "MessageId" in output(client, stateMachineArn=arn["stateMachineArn"])
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "hello"


def test_wait_states_are_scaled() -> None:
    """A scale of 0 skips them in real time too; 0.5 halves them."""
    client: Any = sfn.local(real_time=True, wait_time_scale=0)
    machine = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
    arn = client.create_state_machine(name="m", definition=json.dumps(machine), roleArn=ROLE)
    started = client.start_execution(stateMachineArn=arn["stateMachineArn"])
    assert finished(client, started["executionArn"])["status"] == "SUCCEEDED"
    scaled: Any = sfn.local(wait_time_scale=0.5)
    arn = scaled.create_state_machine(name="m", definition=json.dumps(machine), roleArn=ROLE)
    started = scaled.start_execution(stateMachineArn=arn["stateMachineArn"])
    done = scaled.describe_execution(executionArn=started["executionArn"])
    assert (done["stopDate"] - done["startDate"]).total_seconds() == 300


def test_the_account_and_region_can_be_fixed(tmp_path: Path) -> None:
    """Then a request is for them, whatever it's signed for."""
    service = open_service(
        tmp_path / "local.db",
        tasks_for=lambda _scope: Mocks(),
        region="local",
        account="123456789012",
        fixed=("region", "account"),
    )
    with server.start(service) as running:
        client: Any = boto3.client(
            "stepfunctions",
            region_name="eu-west-1",
            endpoint_url=running.url,
            aws_access_key_id="111111111111",
            aws_secret_access_key="any",
        )
        assert pay(client) == "arn:aws:states:local:123456789012:stateMachine:pay"
        assert len(client.list_state_machines()["stateMachines"]) == 1
