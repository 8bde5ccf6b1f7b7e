"""StateMachine beyond the documentation page: tags, types, races, lookup, settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

import sfn_release as sfn
from sfn_release.aws.stepfunctions import client_of, in_process
from sfn_release.errors import (
    AccessError,
    AwsError,
    ConflictError,
    DefinitionError,
    NotFoundError,
    UsageError,
)

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/workflows"
ARN = f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:hello"


def machine(**fields: Any) -> sfn.StateMachine:
    workflow = sfn.Workflow.of(sfn.Pass("Greet", result="Hello"))
    fields = {"role_arn": ROLE, "echo": lambda _: None, **fields}
    return sfn.StateMachine("hello", workflow, **fields)


def tags_of(client: Any, arn: str) -> dict[str, str]:
    answer = client.list_tags_for_resource(resourceArn=arn)
    return {tag["key"]: tag["value"] for tag in answer["tags"]}


class Scripted:
    """Step Functions with scripted answers. It records the requests."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = {name: list(script) for name, script in answers.items()}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.client: Any = in_process(self.handle, region="eu-west-1")

    def handle(self, operation: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Return the next scripted answer."""
        self.calls.append((operation, json.loads(body)))
        answer = self.answers[operation].pop(0)
        if isinstance(answer, str):
            answer = {"__type": answer, "message": f"{answer}!"}
            return 400, {"x-amzn-RequestId": "1"}, json.dumps(answer).encode()
        return 200, {"x-amzn-RequestId": "1"}, json.dumps(answer).encode()

    def names(self) -> list[str]:
        """Return the operations that were called."""
        return [operation for operation, _ in self.calls]


FOUND = {"stateMachineArn": ARN, "name": "hello", "type": "STANDARD", "status": "ACTIVE"}
CREATED = {"stateMachineArn": ARN, "creationDate": datetime.now(UTC).timestamp()}
UPDATED = {"updateDate": datetime.now(UTC).timestamp()}
ABSENT = "StateMachineDoesNotExist"


def test_an_existing_machine_is_found_by_its_role_s_account() -> None:
    """A deployer needs no permission to list: one DescribeStateMachine finds the machine."""
    aws = Scripted({"DescribeStateMachine": [FOUND], "UpdateStateMachine": [UPDATED]})
    machine().deploy(aws.client)
    assert aws.names() == ["DescribeStateMachine", "UpdateStateMachine"]
    assert aws.calls[0][1]["stateMachineArn"] == ARN


def test_a_machine_in_another_account_than_its_role_is_found_in_the_list() -> None:
    """An emulator's account isn't the role's, so every page of the list is read."""
    other = ARN.replace(ACCOUNT, "000000000000")
    entry = {"stateMachineArn": other, "name": "hello", "type": "STANDARD", "creationDate": 0}
    pages = [
        {"stateMachines": [{**entry, "name": "other"}], "nextToken": "2"},
        {"stateMachines": [entry]},
    ]
    aws = Scripted(
        {
            "DescribeStateMachine": [ABSENT, {**FOUND, "stateMachineArn": other}],
            "ListStateMachines": pages,
            "UpdateStateMachine": [UPDATED],
        }
    )
    said: list[str] = []
    machine(echo=said.append).deploy(aws.client)
    assert other == aws.calls[-1][1]["stateMachineArn"]
    assert f"deploy state machine to '{other}' ..." == said[0]


def test_without_the_right_to_list_a_machine_is_created() -> None:
    """AWS reported that it doesn't exist in the role's account, so it can be created."""
    aws = Scripted(
        {
            "DescribeStateMachine": [ABSENT],
            "ListStateMachines": ["AccessDeniedException"],
            "CreateStateMachine": [CREATED],
        }
    )
    assert machine().deploy(aws.client)["_deploy_action"] == "create"


def test_without_any_right_the_missing_one_is_named() -> None:
    """A denied request is an AccessError that names the action."""
    denied = "AccessDeniedException"
    aws = Scripted({"DescribeStateMachine": [denied], "ListStateMachines": [denied]})
    with pytest.raises(AccessError, match="states:ListStateMachines"):
        machine().deploy(aws.client)


def test_a_machine_that_somebody_creates_at_the_same_time_is_updated() -> None:
    """The race between "does not exist" and "create" ends in an update."""
    aws = Scripted(
        {
            "DescribeStateMachine": [ABSENT, FOUND],
            "ListStateMachines": [{"stateMachines": []}],
            "CreateStateMachine": ["StateMachineAlreadyExists"],
            "UpdateStateMachine": [UPDATED],
        }
    )
    assert machine().deploy(aws.client)["_deploy_action"] == "update"


def test_a_create_that_aws_refuses_is_told() -> None:
    """Any other refusal of the creation is an AwsError with AWS's code."""
    aws = Scripted(
        {
            "DescribeStateMachine": [ABSENT],
            "ListStateMachines": [{"stateMachines": []}],
            "CreateStateMachine": ["StateMachineLimitExceeded"],
        }
    )
    with pytest.raises(AwsError) as caught:
        machine().deploy(aws.client)
    assert caught.value.aws_code == "StateMachineLimitExceeded"


def test_a_machine_that_is_being_deleted_is_not_updated() -> None:
    """AWS would accept the update and discard it with the machine."""
    aws = Scripted({"DescribeStateMachine": [{**FOUND, "status": "DELETING"}]})
    with pytest.raises(ConflictError, match="being deleted"):
        machine().deploy(aws.client)


def test_a_changed_type_is_refused_with_what_to_do() -> None:
    """The type of a state machine can't change, and nothing is sent."""
    client = sfn.local()
    machine().deploy(client)
    with pytest.raises(ConflictError, match="is STANDARD and can't become EXPRESS") as caught:
        machine(type="EXPRESS").deploy(client)
    assert "Delete it first" in caught.value.fix


def test_tags_are_brought_up_to_date() -> None:
    """Tags are added and changed; a tag that this object set earlier and lacks now is removed."""
    client = sfn.local()
    hello = machine(tags={"Creator": "alice", "Team": "shop"})
    arn = hello.deploy(client)["stateMachineArn"]
    client.tag_resource(resourceArn=arn, tags=[{"key": "CostCenter", "value": "7"}])
    hello.tags = {"Creator": "bob", "Stage": "dev"}
    hello.deploy(client)
    assert tags_of(client, arn) == {"Creator": "bob", "Stage": "dev", "CostCenter": "7"}


def test_tags_of_others_stay() -> None:
    """An object without tags removes none, and doesn't read the existing tags."""
    aws = Scripted({"DescribeStateMachine": [FOUND], "UpdateStateMachine": [UPDATED]})
    machine(tags={}).deploy(aws.client)
    assert "ListTagsForResource" not in aws.names()


def test_equal_tags_are_not_written_again() -> None:
    """Only differences are sent."""
    present = {"tags": [{"key": "Creator", "value": "alice"}]}
    aws = Scripted(
        {
            "DescribeStateMachine": [FOUND],
            "UpdateStateMachine": [UPDATED],
            "ListTagsForResource": [present],
        }
    )
    machine(tags={"Creator": "alice"}).deploy(aws.client)
    assert aws.names()[-1] == "ListTagsForResource"


def test_settings_are_sent_in_the_api_s_shapes() -> None:
    """Small values for logging, tracing and encryption; a log group's ARN ends with ``:*``."""
    hello = machine(
        logging=sfn.Logging("ERROR", "arn:aws:logs:eu-west-1:1:log-group:hello"),
        tracing=True,
        encryption="alias/hello",
    )
    aws = Scripted({"DescribeStateMachine": [FOUND], "UpdateStateMachine": [UPDATED]})
    hello.deploy(aws.client)
    group = {"logGroupArn": "arn:aws:logs:eu-west-1:1:log-group:hello:*"}
    expected = {
        "loggingConfiguration": {
            "level": "ERROR",
            "includeExecutionData": False,
            "destinations": [{"cloudWatchLogsLogGroup": group}],
        },
        "tracingConfiguration": {"enabled": True},
        "encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/hello"},
    }
    sent = aws.calls[-1][1]
    assert expected == {key: sent[key] for key in expected}


def test_what_is_not_declared_is_not_sent() -> None:
    """Logging that was set on AWS stays when the code doesn't mention it."""
    aws = Scripted({"DescribeStateMachine": [FOUND], "UpdateStateMachine": [UPDATED]})
    machine().deploy(aws.client)
    assert {"stateMachineArn", "definition", "roleArn"} == aws.calls[-1][1].keys()


def test_the_api_s_own_shapes_are_taken_as_they_are() -> None:
    """You can pass the API's own dicts."""
    shapes = {
        "logging": {"level": "OFF"},
        "tracing": {"enabled": False},
        "encryption": {"type": "AWS_OWNED_KEY"},
    }
    declared = machine(**shapes).declare()
    assert shapes == {name: getattr(declared, name) for name in shapes}


def test_a_declaration_is_the_frozen_form() -> None:
    """Later changes to the object don't reach the declaration."""
    hello = machine(tags={"Team": "shop"}, type="EXPRESS")
    declared = hello.declare("workflows/hello.py")
    before = declared.digest
    greet = hello.workflow.state("Greet")
    assert isinstance(greet, sfn.Pass)
    greet.result = "Bye"
    hello.tags = {}
    expected = ("hello", "EXPRESS", ROLE, {"Team": "shop"}, "workflows/hello.py")
    seen = (declared.name, declared.type, declared.role, declared.tags, declared.source)
    assert expected == seen
    assert before == declared.digest
    assert before != hello.declare("workflows/hello.py").digest


def test_a_wrong_definition_is_refused_before_any_call() -> None:
    """The error names the state machine and lists the problems; nothing is called."""
    hello = sfn.StateMachine("hello", sfn.Workflow().start_from(sfn.Pass("Greet", next="Wave")))
    with pytest.raises(DefinitionError, match="'hello'") as caught:
        hello.deploy(Scripted({}).client)
    assert 'there is no state "Wave"' in caught.value.why


def test_an_express_machine_can_not_wait_for_a_job() -> None:
    """Mistakes that only matter for EXPRESS are refused for EXPRESS only."""
    job = sfn.task.optimized("glue:startJobRun", {"JobName": "nightly"}, pattern="sync")
    nightly = sfn.StateMachine("nightly", sfn.Workflow.of(job), ROLE)
    assert nightly.declare().type == "STANDARD"
    with pytest.raises(DefinitionError, match="nightly"):
        nightly.set_type_as_express().declare()


def test_a_deployment_needs_a_role() -> None:
    """A direct deployment needs its own role; a release has the environment's."""
    with pytest.raises(DefinitionError, match="no role"):
        machine(role_arn=None).deploy(sfn.local())


@pytest.mark.parametrize("verb", [sfn.StateMachine.execute, sfn.StateMachine.delete])
def test_what_does_not_exist_can_not_be_used(verb: Callable[..., Any]) -> None:
    """The error names the state machine, the region and the next step."""
    with pytest.raises(NotFoundError, match="'hello' in us-east-1"):
        verb(machine(), sfn.local())


def test_only_express_executions_can_be_waited_for() -> None:
    """`sync=True` on a STANDARD machine is an error with a fix."""
    with pytest.raises(UsageError, match="STANDARD") as caught:
        machine().execute(sfn.local(), sync=True)
    assert "sync=False" in caught.value.fix


def test_an_execution_has_its_input_and_its_name() -> None:
    """*payload* is any JSON value, None is null, and *name* is the execution's name."""
    client = sfn.local()
    hello = machine()
    hello.workflow = sfn.Workflow.of(sfn.Pass("Echo"))
    hello.deploy(client)
    for payload in ({"a": 1}, None, "text", [1]):
        arn = hello.execute(client, payload, name=f"run-{type(payload).__name__}")["executionArn"]
        answer = client.describe_execution(executionArn=arn)
        assert payload == json.loads(answer["output"])
        assert f"run-{type(payload).__name__}" == answer["name"]


def test_another_object_executes_and_deletes_what_is_there() -> None:
    """A second process finds the state machine that the first one deployed."""
    client = sfn.local()
    machine().deploy(client)
    machine().execute(client)
    machine(role_arn=None).delete(client)
    assert client.list_state_machines()["stateMachines"] == []


def test_nothing_is_said_when_asked_not_to(capsys: pytest.CaptureFixture[str]) -> None:
    """`verbose=False` prints nothing."""
    client = sfn.local()
    hello = machine(echo=print)
    hello.deploy(client, verbose=False)
    hello.execute(client, verbose=False)
    hello.delete(client, verbose=False)
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("arn", "url"),
    [
        (
            "arn:aws-cn:states:cn-north-1:1:stateMachine:x",
            "https://cn-north-1.console.amazonaws.cn/",
        ),
        (
            "arn:aws-us-gov:states:us-gov-west-1:1:stateMachine:x",
            "https://us-gov-west-1.console.amazonaws-us-gov.com/",
        ),
    ],
)
def test_consoles_of_other_partitions_have_other_hosts(arn: str, url: str) -> None:
    """China and GovCloud have their own consoles."""
    from sfn_release.aws.console_links import visual_editor_url

    assert visual_editor_url(arn).startswith(url)


def test_something_else_than_a_session_is_a_type_error() -> None:
    """The message lists the accepted types."""
    with pytest.raises(TypeError, match="BotoSesManager"):
        machine().deploy("us-east-1")


def test_a_session_without_a_region_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's message becomes an error with a fix."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(AwsError, match="No AWS region"):
        client_of(boto3.Session(aws_access_key_id="a", aws_secret_access_key="b"))
