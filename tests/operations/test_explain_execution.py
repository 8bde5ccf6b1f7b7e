"""Explaining executions of environments: whose they are, which release they ran, and faults."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import AccessError, AwsError, ConfigError, NotFoundError, UsageError
from sfn_release.operations.explained_execution import Explanation
from sfn_release.operations.verbs.explain import explain_execution
from support.express_logs import ago, express_run, put
from support.faulty_client import Faulty, refused
from support.shop import ALONE, Shop, made_once


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a shop whose `hello` was released twice to prod."""
    return made_once(tmp_path, "explained", release_twice)


def release_twice(shop: Shop) -> None:
    """Release `hello` as 1.0.0 and 1.1.0 to prod, a day before the tests run."""
    shop.write("releases.toml", ALONE)
    shop.clock.at = datetime.now(UTC) - timedelta(days=1)
    shop.commit(hello="one")
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")


def started(shop: Shop, qualifier: str = "", workflow: str = "hello", **given: Any) -> str:
    """Start an execution of a workflow in prod, and return its ARN."""
    client = shop.client("prod")
    machine = shop.arn(workflow, "prod") + qualifier
    arn = str(client.start_execution(stateMachineArn=machine, **given)["executionArn"])
    for _ in range(100):
        if client.describe_execution(executionArn=arn)["status"] != "RUNNING":
            break
    return arn


def explained(shop: Shop, arn: str, environment: str | None = None) -> Explanation:
    """Return the explanation of an execution."""
    return explain_execution(shop.workspace(), arn, environment=environment)


@pytest.mark.parametrize(
    ("qualifier", "version"),
    [(":live", "1.1.0"), (":1", "1.0.0"), (":2", "1.1.0"), ("", "1.1.0")],
)
def test_the_release_that_an_execution_ran(shop: Shop, qualifier: str, version: str) -> None:
    """By the version of its state machine, or else by the time of its start."""
    found = explained(shop, started(shop, qualifier))
    assert (found.environment, found.workflow) == ("prod", "hello")
    assert found.release is not None
    assert found.release.manifest.version == version
    assert found.to_json()["commit"] == found.release.manifest.commit
    assert found.definition is not None


def test_an_execution_of_no_release(shop: Shop) -> None:
    """Somebody changed the state machine, or made another one."""
    client = shop.client("prod")
    other = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "Mine"}}}
    machine = shop.arn("hello", "prod")
    client.update_state_machine(stateMachineArn=machine, definition=json.dumps(other))
    found = explained(shop, started(shop))
    assert (found.release, found.timeline.error) == (None, "Mine")
    assert found.no_release == (
        "it was started without a version, and its definition differs from 1.1.0, which was live"
        " then"
    )
    made = client.publish_state_machine_version(stateMachineArn=machine)
    found = explained(shop, started(shop, ":3"))
    assert found.no_release == f"no recorded deployment made {made['stateMachineVersionArn']}"
    made = client.create_state_machine(
        name="mine", definition=json.dumps(other), roleArn="arn:aws:iam::000000000000:role/r"
    )
    arn = client.start_execution(stateMachineArn=made["stateMachineArn"])["executionArn"]
    found = explained(shop, arn)
    assert (found.workflow, found.environment) == ("mine", "prod")
    assert found.no_release == "the environment has no record of its state machine"


def test_a_running_execution_says_what_it_waits_for(shop: Shop) -> None:
    """It has no end, and isn't a failure."""
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "u", "MessageBody.$": "$$.Task.Token"},
        "End": True,
    }
    client = shop.client("prod")
    definition = json.dumps({"StartAt": "Ask", "States": {"Ask": ask}})
    machine = shop.arn("hello", "prod")
    client.update_state_machine(stateMachineArn=machine, definition=definition)
    found = explained(shop, started(shop))
    if found.timeline.status == "RUNNING":
        assert found.reason is None
        assert found.to_json()["stopped_at"] is None
        assert "Ask waits for a task token" in found.waits[0]
        client.stop_execution(executionArn=found.execution_arn, error="Enough", cause="too long")
        found = explained(shop, str(found.execution_arn))
    assert found.reason is not None
    assert found.timeline.status in {"ABORTED", "FAILED"}
    assert found.reason.visit is not None
    assert found.reason.visit.state == "Ask"


def test_child_executions_of_a_distributed_map(shop: Shop) -> None:
    """The parent names the first failed child, which is explained like any other execution."""
    child = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Check",
        "States": {
            "Check": {"Type": "Choice", "Choices": [
                {"Variable": "$", "NumericGreaterThan": 2, "Next": "Good"}]},
            "Good": {"Type": "Succeed"},
        },
    }  # fmt: skip
    each = {"Type": "Map", "ItemProcessor": child, "End": True, "ToleratedFailureCount": 1}
    definition = json.dumps({"StartAt": "Each", "States": {"Each": each}})
    machine = shop.arn("hello", "prod")
    shop.client("prod").update_state_machine(stateMachineArn=machine, definition=definition)
    parent = explained(shop, started(shop, input="[1,2,3]"))
    assert parent.timeline.error == "States.ExceedToleratedFailureThreshold"
    assert parent.reason is not None
    advice = " ".join(parent.reason.advice)
    assert "2 of 3 child executions failed. The first failed with States.Runtime" in advice
    assert "It tolerates ToleratedFailureCount 1." in advice
    (visit,) = parent.timeline.visits
    assert visit.children is not None
    found = explained(shop, str(visit.children.first))
    assert found.timeline.error == "States.Runtime"
    assert found.reason is not None
    assert "None of its 1 rule matched: $ > 2" in found.reason.advice


def test_a_redriven_execution(shop: Shop) -> None:
    """Its visits go on after the redrive, which is shown."""
    client = shop.client("prod")
    fail = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f",
            "End": True}  # fmt: skip
    states = {"First": {"Type": "Pass", "Next": "Fails"}, "Fails": fail}
    machine = shop.arn("hello", "prod")
    definition = json.dumps({"StartAt": "First", "States": states})
    client.update_state_machine(stateMachineArn=machine, definition=definition)
    arn = started(shop)
    redrive: Any = client
    redrive.redrive_execution(executionArn=arn)
    for _ in range(100):
        if client.describe_execution(executionArn=arn)["status"] != "RUNNING":
            break
    found = explained(shop, arn)
    assert (found.timeline.status, len(found.timeline.redrives)) == ("FAILED", 1)
    assert found.reason is not None
    assert found.reason.visit is not None
    assert found.reason.visit.state == "Fails"
    assert [visit.state for visit in found.timeline.visits] == ["First", "Fails"]
    assert found.timeline.visits[-1].attempts == 2


@pytest.mark.parametrize(
    ("arn", "error", "message"),
    [
        ("arn:x", UsageError, "is not the ARN of an execution"),
        ("arn:aws:states:eu-west-1:000000000000:stateMachine:hello", UsageError,
         "is a state machine, not an execution"),
        ("arn:aws:states:eu-west-1:000000000000:mapRun:hello/Each:1", UsageError, "is a map run"),
        ("arn:aws:states:us-west-2:123456789012:execution:hello:1", NotFoundError,
         "No environment of this project is in account 123456789012 in us-west-2"),
        ("arn:aws:states:eu-west-1:000000000000:execution:hello:none", NotFoundError,
         "There is no execution"),
    ],
)  # fmt: skip
def test_arns_that_name_no_execution(
    shop: Shop, arn: str, error: type[Exception], message: str
) -> None:
    """Each says what it is, and what to do."""
    with pytest.raises(error, match=message):
        explained(shop, arn)


def test_an_environment_that_an_execution_isnt_in(shop: Shop) -> None:
    """The regions differ, so the ARN can't be there."""
    arn = "arn:aws:states:us-west-2:123456789012:execution:hello:1"
    with pytest.raises(UsageError, match="The execution isn't in prod"):
        explained(shop, arn, "prod")


def test_a_link_into_the_console(shop: Shop) -> None:
    """As the browser shows it."""
    arn = started(shop)
    link = f"https://eu-west-1.console.aws.amazon.com/states/home#/v2/executions/details/{arn}"
    assert explained(shop, link).execution_arn == arn


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("describe_execution", "states:DescribeExecution"),
        ("get_execution_history", "states:GetExecutionHistory"),
    ],
)
def test_a_missing_permission_names_the_action(shop: Shop, operation: str, action: str) -> None:
    """So you know what to add to the IAM policy."""
    arn = started(shop)

    def denied(_: Any) -> Any:
        raise refused("AccessDeniedException", action.partition(":")[2])

    used = shop.using(Faulty(shop.client("prod"), **{operation: denied}))
    with pytest.raises(AccessError, match=f"AWS denied {action}"):
        explained(used, arn)


def test_the_definition_is_optional(shop: Shop) -> None:
    """Without the right to read it, the record has it. A note names the IAM action."""
    arn = started(shop, ":live")

    def denied(_: Any) -> Any:
        raise refused("AccessDeniedException", "DescribeStateMachineForExecution")

    used = shop.using(Faulty(shop.client("prod"), describe_state_machine_for_execution=denied))
    found = explained(used, arn)
    assert found.release is not None
    assert found.definition == found.release.definition
    assert "states:DescribeStateMachineForExecution" in " ".join(found.notes)


@pytest.fixture
def logs(other_services: str) -> Any:
    """Return a client of moto's CloudWatch Logs."""
    import boto3

    return boto3.client("logs", region_name="eu-west-1", endpoint_url=other_services)


def test_an_express_execution_is_read_from_the_log(shop: Shop, logs: Any) -> None:
    """Of moto, over HTTP; without a log there is no history."""
    shop.clock.at = datetime.now(UTC)
    shop.others["logs"] = logs
    client = shop.client("prod")
    definition = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E", "Cause": "c"}}}
    made = client.create_state_machine(
        name="quick",
        type="EXPRESS",
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::000000000000:role/r",
    )
    machine = made["stateMachineArn"]
    arn, events = express_run(definition, {"n": 1}, machine=machine, name="one", at=ago(seconds=60))
    with pytest.raises(ConfigError, match="can't be read from its logs"):
        explained(shop, arn)
    group = "arn:aws:logs:eu-west-1:000000000000:log-group:/shop/express:*"
    client.update_state_machine(
        stateMachineArn=machine,
        loggingConfiguration={
            "level": "ALL",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
        },
    )
    put(logs, events)
    found = explained(shop, arn)
    assert (found.timeline.status, found.timeline.error) == ("FAILED", "E")
    assert found.to_json()["input"] == {"n": 1}
    with pytest.raises(NotFoundError, match="has no finished execution"):
        explained(shop, arn.replace("start-one", "start-two"))


def test_other_errors_of_aws_stay(shop: Shop) -> None:
    """They keep their code."""
    arn = started(shop)

    def throttled(_: Any) -> Any:
        raise refused("ThrottlingException", "DescribeExecution")

    with pytest.raises(AwsError, match="ThrottlingException"):
        explained(shop.using(Faulty(shop.client("prod"), describe_execution=throttled)), arn)
