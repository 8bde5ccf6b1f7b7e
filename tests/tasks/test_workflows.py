"""Tasks that start other workflows, and that call Step Functions otherwise."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as some

import sfn_release as sfn
from sfn_release.local_service import open_service
from sfn_release.local_service.executions.task_scope import tasks_named
from sfn_release.local_service.http.server import start
from sfn_release.simulator import NoAnswer, TaskCall, TaskFailure
from sfn_release.tasks import TaskSources
from support.machines import ROLE

START = "arn:aws:states:::states:startExecution"
SDK = "arn:aws:states:::aws-sdk:sfn"
ARN = "arn:aws:states:us-east-1:000000000000:stateMachine"


@pytest.fixture
def client() -> Any:
    """Return a client of a service with some children: ok, failing, slow, express."""
    made = sfn.local()
    ok = {"C": {"Type": "Pass", "Result": {"ok": True}, "End": True}}
    create(made, "ok", ok)
    create(made, "echo", {"C": {"Type": "Pass", "End": True}})
    create(made, "failing", {"F": {"Type": "Fail", "Error": "Broken", "Cause": "it is"}})
    create(made, "slow", {"W": {"Type": "Wait", "Seconds": 90, "End": True}})
    create(made, "quick", ok, type="EXPRESS")
    return made


def create(client: Any, name: str, states: dict[str, Any], type: str = "STANDARD") -> str:
    text = json.dumps({"StartAt": next(iter(states)), "States": states})
    arn: str = client.create_state_machine(name=name, definition=text, roleArn=ROLE, type=type)[
        "stateMachineArn"
    ]
    return arn


def parent(client: Any, resource: str, parameters: Any, **fields: Any) -> dict[str, Any]:
    """Run a machine with one task, and return its description and history."""
    state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **fields}
    arn = create(
        client, f"parent-{len(client.list_state_machines()['stateMachines'])}", {"N": state}
    )
    started = client.start_execution(stateMachineArn=arn)
    found: dict[str, Any] = client.describe_execution(executionArn=started["executionArn"])
    history = client.get_execution_history(executionArn=started["executionArn"])["events"]
    return {**found, "events": [event["type"] for event in history]}


def output(done: dict[str, Any]) -> Any:
    assert done["status"] == "SUCCEEDED", done
    return json.loads(done["output"])


def test_a_started_workflow_is_an_execution_of_its_own(client: Any) -> None:
    """The plain form answers with its ARN, and the SDK's metadata."""
    done = parent(client, START, {"StateMachineArn": f"{ARN}:echo", "Input": {"a": 1}})
    answer = output(done)
    assert [*answer] == ["ExecutionArn", "SdkHttpMetadata", "SdkResponseMetadata", "StartDate"]
    assert isinstance(answer["StartDate"], int)
    child = client.describe_execution(executionArn=answer["ExecutionArn"])
    assert (child["status"], child["input"], child["output"]) == (
        "SUCCEEDED",
        '{"a":1}',
        '{"a":1}',
    )
    assert "TaskSubmitted" not in done["events"]


@pytest.mark.parametrize(
    ("given", "received"),
    [({"a": [1]}, '{"a":[1]}'), ('{"a": 1}', '{"a": 1}'), ('"text"', '"text"'), (None, "{}")],
)
def test_input_is_json_or_its_text(client: Any, given: Any, received: str) -> None:
    """An object is written as text; a text is the input as it is; null is no input."""
    done = parent(client, START, {"StateMachineArn": f"{ARN}:echo", "Input": given})
    child = client.describe_execution(executionArn=output(done)["ExecutionArn"])
    assert child["input"] == received


def test_sync_has_texts_and_sync_2_has_json(client: Any) -> None:
    """Both have the members of DescribeExecution, as recorded on AWS."""
    request = {"StateMachineArn": f"{ARN}:ok", "Input": {"a": 1}, "Name": "child"}
    first = output(parent(client, f"{START}.sync", request))
    second = output(parent(client, f"{START}.sync:2", {**request, "Name": "other"}))
    assert (first["Output"], first["Input"]) == ('{"ok":true}', '{"a":1}')
    assert (second["Output"], second["Input"]) == ({"ok": True}, {"a": 1})
    assert {name: first[name] for name in first if name not in ("StartDate", "StopDate")} == {
        "ExecutionArn": "arn:aws:states:us-east-1:000000000000:execution:ok:child",
        "Input": '{"a":1}',
        "InputDetails": {"Included": True},
        "Name": "child",
        "Output": '{"ok":true}',
        "OutputDetails": {"Included": True},
        "RedriveCount": 0,
        "RedriveStatus": "NOT_REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        "StateMachineArn": f"{ARN}:ok",
        "Status": "SUCCEEDED",
    }
    assert [*first] == sorted(first)


@pytest.mark.parametrize("listed", [False, True])
def test_an_execution_sees_itself_running(client: Any, listed: bool) -> None:
    """Workflows look for themselves, to run once at a time, say."""
    if listed:
        request = {"StateMachineArn.$": "$$.StateMachine.Id", "StatusFilter": "RUNNING"}
        found = output(parent(client, f"{SDK}:listExecutions", request))["Executions"][0]
    else:
        request = {"ExecutionArn.$": "$$.Execution.Id"}
        found = output(parent(client, f"{SDK}:describeExecution", request))
    assert (found["Status"], found["RedriveCount"]) == ("RUNNING", 0)


def test_sync_is_submitted_before_it_ends(client: Any) -> None:
    """And takes as long as the child does: its Wait counts against TimeoutSeconds."""
    request = {"StateMachineArn": f"{ARN}:slow"}
    done = parent(client, f"{START}.sync", request)
    assert done["events"][2:5] == ["TaskScheduled", "TaskStarted", "TaskSubmitted"]
    assert (done["stopDate"] - done["startDate"]).total_seconds() == pytest.approx(90, abs=0.1)
    late = parent(client, f"{START}.sync", request, TimeoutSeconds=60)
    assert (late["status"], late["error"]) == ("FAILED", "States.Timeout")
    assert "TaskTimedOut" in late["events"]


def test_a_failed_child_fails_the_task_with_its_description(client: Any) -> None:
    """States.TaskFailed, with the child's error and cause inside the cause."""
    done = parent(client, f"{START}.sync:2", {"StateMachineArn": f"{ARN}:failing", "Name": "c"})
    assert (done["status"], done["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(done["cause"])
    assert {name: cause[name] for name in ("Cause", "Error", "Name", "Status", "Input")} == {
        "Cause": "it is",
        "Error": "Broken",
        "Name": "c",
        "Status": "FAILED",
        "Input": "{}",
    }
    assert done["events"][-3:] == ["TaskSubmitted", "TaskFailed", "ExecutionFailed"]


@pytest.mark.parametrize("end", ["", ".sync"])
def test_a_taken_name_is_refused(client: Any, end: str) -> None:
    """StepFunctions.ExecutionAlreadyExistsException, in the words of the SDK for Java."""
    request = {"StateMachineArn": f"{ARN}:ok", "Name": "taken"}
    assert parent(client, START, request)["status"] == "SUCCEEDED"
    done = parent(client, f"{START}{end}", {**request, "Input": {"other": 1}})
    assert done["error"] == "StepFunctions.ExecutionAlreadyExistsException"
    taken = "arn:aws:states:us-east-1:000000000000:execution:ok:taken"
    begin = (
        f"Execution Already Exists: '{taken}' (Service: AWSStepFunctions; Status Code: 400;"
        " Error Code: ExecutionAlreadyExists; Request ID: "
    )
    assert done["cause"].startswith(begin)
    assert done["cause"].endswith("; Proxy: null)")
    assert "TaskSubmitted" not in done["events"]


@pytest.mark.parametrize("qualifier", ["1", "live"])
def test_versions_and_aliases_are_started(client: Any, qualifier: str) -> None:
    """The version runs, whatever the state machine has become since."""
    version = client.publish_state_machine_version(stateMachineArn=f"{ARN}:ok")
    routing = [{"stateMachineVersionArn": version["stateMachineVersionArn"], "weight": 100}]
    client.create_state_machine_alias(name="live", routingConfiguration=routing)
    changed = {"StartAt": "C", "States": {"C": {"Type": "Fail", "Error": "New"}}}
    client.update_state_machine(stateMachineArn=f"{ARN}:ok", definition=json.dumps(changed))
    done = parent(client, f"{START}.sync:2", {"StateMachineArn": f"{ARN}:ok:{qualifier}"})
    assert output(done)["Output"] == {"ok": True}


def test_an_unknown_workflow_needs_a_mock(client: Any) -> None:
    """It may be another project's, so the cause names the mock to write."""
    done = parent(client, f"{START}.sync", {"StateMachineArn": f"{ARN}:elsewhere"})
    assert (done["error"], '"N": {"return"' in done["cause"]) == ("SfnRelease.NoMock", True)
    assert f"There is no state machine {ARN}:elsewhere here. Add" in done["cause"]


@pytest.mark.parametrize("resource", [START, f"{START}.sync:2", f"{SDK}:startExecution"])
@pytest.mark.parametrize("end", ["", ":live", ":3"])
def test_a_misspelt_workflow_is_named(client: Any, resource: str, end: str) -> None:
    """The cause names the state machine that is near."""
    done = parent(client, resource, {"StateMachineArn": f"{ARN}:eco{end}"})
    said = f'There is no state machine {ARN}:eco{end} here. Did you mean "echo"? Add one to'
    assert said in done["cause"]


def test_a_mock_comes_first() -> None:
    """The child doesn't run then."""
    client: Any = sfn.local(mocks={"N": {"return": {"Output": 7}}})
    create(client, "ok", {"F": {"Type": "Fail"}})
    done = parent(client, f"{START}.sync:2", {"StateMachineArn": f"{ARN}:ok"})
    assert output(done) == {"Output": 7}


@pytest.mark.parametrize(
    ("action", "parameters", "expected"),
    [
        (
            "startSyncExecution",
            {"StateMachineArn": f"{ARN}:quick"},
            ("Output", '{"ok":true}'),
        ),
        (
            "startExecution",
            {"StateMachineArn": f"{ARN}:ok", "Name": "a"},
            ("ExecutionArn", 0),
        ),
        ("describeStateMachine", {"StateMachineArn": f"{ARN}:ok"}, ("Type", "STANDARD")),
    ],
)
def test_the_sdk_integration_calls_any_operation(
    client: Any, action: str, parameters: Any, expected: tuple[str, Any]
) -> None:
    """Without the SDK's metadata, and with times as texts."""
    answer = output(parent(client, f"{SDK}:{action}", parameters))
    name, value = expected
    assert value in (0, answer[name])
    assert not {"SdkHttpMetadata", "SdkResponseMetadata"} & answer.keys()
    dates = [answer[key] for key in answer if key.endswith("Date")]
    assert all(isinstance(date, str) and date.endswith("Z") for date in dates)
    assert dates


@pytest.mark.parametrize(
    ("action", "parameters", "error"),
    [
        ("describeStateMachine", {"StateMachineArn": "no"}, "Sfn.InvalidArnException"),
        (
            "describeExecution",
            {"ExecutionArn": "arn:aws:states:us-east-1:000000000000:execution:ok:none"},
            "Sfn.ExecutionDoesNotExistException",
        ),
    ],
)
def test_refusals_of_the_sdk_integration(
    client: Any, action: str, parameters: Any, error: str
) -> None:
    """Errors are named as the SDK for Java names them, with its words in the cause."""
    done = parent(client, f"{SDK}:{action}", parameters)
    assert (done["status"], done["error"]) == ("FAILED", error)
    assert "(Service: Sfn, Status Code: 400, Request ID: " in done["cause"]
    assert done["cause"].endswith(" (SDK Attempt Count: 1)")


def test_a_callback_child_hands_back_the_result(client: Any) -> None:
    """The child has the token; whoever sends it ends the parent's task."""
    sender = {
        "S": {
            "Type": "Task",
            "Resource": f"{SDK}:sendTaskSuccess",
            "Parameters": {"Output": {"sent": True}, "TaskToken.$": "$.token"},
            "End": True,
        }
    }
    create(client, "sender", sender)
    request = {"StateMachineArn": f"{ARN}:sender", "Input": {"token.$": "$$.Task.Token"}}
    done = parent(client, f"{START}.waitForTaskToken", request, HeartbeatSeconds=60)
    assert "TaskSubmitted" in done["events"], done


def test_a_machine_that_starts_itself_fails(client: Any) -> None:
    """It ends at a depth that no workflow needs, in an error that names it."""
    again = {
        "N": {
            "Type": "Task",
            "Resource": f"{START}.sync",
            "Parameters": {"StateMachineArn": f"{ARN}:again"},
            "End": True,
        }
    }
    arn = create(client, "again", again)
    started = client.start_execution(stateMachineArn=arn)
    done = client.describe_execution(executionArn=started["executionArn"])
    assert (done["status"], done["error"]) == ("FAILED", "States.TaskFailed")
    ended = client.list_executions(stateMachineArn=arn)["executions"]
    causes = [
        client.describe_execution(executionArn=execution["executionArn"]) for execution in ended
    ]
    assert any("16 levels deep" in cause["cause"] for cause in causes)


def test_a_workflow_of_another_account_is_started_there() -> None:
    """The role in Credentials isn't assumed: nothing here has permissions."""
    running = open_service(":memory:", tasks_for=TaskSources().for_execution)
    with start(running) as server:
        first, second = (
            boto3.client(
                "stepfunctions",
                endpoint_url=server.url,
                region_name=region,
                aws_access_key_id=account,
                aws_secret_access_key="x",
            )
            for region, account in (("us-east-1", "111111111111"), ("eu-west-1", "222222222222"))
        )
        theirs = create(second, "ok", {"C": {"Type": "Pass", "Result": 7, "End": True}})
        role = {"RoleArn": "arn:aws:iam::222222222222:role/caller"}
        request = {"StateMachineArn": theirs}
        done = parent(first, f"{START}.sync:2", request, Credentials=role)
        assert output(done)["Output"] == 7
        (child,) = second.list_executions(stateMachineArn=theirs)["executions"]
        assert output(done)["ExecutionArn"] == child["executionArn"]


ANY = some.recursive(
    some.none() | some.booleans() | some.integers(-9, 9) | some.text(max_size=4),
    lambda inner: (
        some.lists(inner, max_size=2)
        | some.dictionaries(
            some.sampled_from(["StateMachineArn", "Input", "Name", "ExecutionArn", "TraceHeader"])
            | some.text(max_size=2),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(
    some.sampled_from(
        [
            START,
            f"{START}.sync",
            f"{START}.sync:2",
            f"{SDK}:startExecution",
            f"{SDK}:describeExecution",
            f"{SDK}:listExecutions",
            f"{SDK}:sendTaskSuccess",
            f"{SDK}:createStateMachine",
            f"{SDK}:testState",
        ]
    ),
    ANY,
)
def test_any_parameters_end_in_a_result_or_an_error(resource: str, parameters: Any) -> None:
    """Never in an exception of another kind."""
    service = open_service(":memory:", tasks_for=TaskSources().for_execution)
    tasks = tasks_named(service.context, "m", {})
    try:
        tasks.run(TaskCall("N", resource, parameters))
    except (TaskFailure, NoAnswer):
        pass
    finally:
        service.close()
