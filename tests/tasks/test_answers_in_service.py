"""Handlers and workflows as an execution of the local service meets them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

import sfn_release as sfn
from sfn_release.aws.stepfunctions import in_process
from sfn_release.local_service import open_service
from sfn_release.local_service.http.server import start
from sfn_release.simulator import Later, Mocks
from sfn_release.tasks import Handlers, TaskSources, read_handlers
from support.machines import ROLE

PATIENCE = 60.0
KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
ARN = "arn:aws:states:us-east-1:000000000000:stateMachine"
START = "arn:aws:states:::states:startExecution"
INVOKE = "arn:aws:states:::lambda:invoke"
CODE = """
import time

def slow(event, context):
    time.sleep(0.5)
    return event

def fails(event, context):
    raise RuntimeError(f"no {event}")

def callback(event, context):
    import boto3
    client = boto3.client("stepfunctions", region_name="us-east-1",
                          aws_access_key_id="x", aws_secret_access_key="x")
    client.send_task_success(taskToken=event["token"], output='{"by": "handler"}')

def token(event, context):
    with open(event["file"], "w") as file:
        file.write(event["token"])
    return "taken"
"""


def create(client: Any, name: str, states: dict[str, Any], type: str = "STANDARD") -> str:
    text = json.dumps({"StartAt": next(iter(states)), "States": states})
    arn: str = client.create_state_machine(name=name, definition=text, roleArn=ROLE, type=type)[
        "stateMachineArn"
    ]
    return arn


def started(client: Any, arn: str, **fields: Any) -> str:
    execution: str = client.start_execution(stateMachineArn=arn, **fields)["executionArn"]
    return execution


def eventually(condition: Callable[[], Any]) -> Any:
    """Return the first true value of a condition that another thread brings about."""
    until = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.01)
    return value


def ended(client: Any, execution: str) -> dict[str, Any]:
    """Return the description of an execution once it has ended."""

    def finished() -> dict[str, Any] | None:
        found: dict[str, Any] = client.describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    done: dict[str, Any] = eventually(finished)
    return done


def run(client: Any, arn: str, **fields: Any) -> dict[str, Any]:
    return ended(client, started(client, arn, **fields))


@pytest.fixture(params=[False, True], ids=["virtual time", "real time"])
def client(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a client of a service with handlers."""
    (tmp_path / "handlers.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    names = {name: f"handlers:{name}" for name in ("slow", "fails", "token")}
    return sfn.local(handlers=names, real_time=request.param)


def invoke(name: str, **fields: Any) -> dict[str, Any]:
    state = {"FunctionName": name, "Payload.$": "$"}
    return {"Type": "Task", "Resource": INVOKE, "Parameters": state, "End": True, **fields}


def test_the_handlers_of_a_map_run_side_by_side(client: Any) -> None:
    """Forty events of half a second each don't take twenty seconds."""
    call = invoke("slow", OutputPath="$.Payload")
    processor = {"StartAt": "Call", "States": {"Call": call}}
    arn = create(client, "m", {"Each": {"Type": "Map", "ItemProcessor": processor, "End": True}})
    begun = time.monotonic()
    done = run(client, arn, input=json.dumps([*range(40)]))
    assert json.loads(done["output"]) == [*range(40)]
    assert time.monotonic() - begun < 15


def test_a_failing_handler_can_be_caught(client: Any) -> None:
    """By the name of its exception; the rest of the execution goes on."""
    catch = [{"ErrorEquals": ["RuntimeError"], "Next": "Caught"}]
    states = {
        "Call": invoke("fails", Catch=catch),
        "Caught": {"Type": "Pass", "OutputPath": "$.Error", "End": True},
    }
    done = run(client, create(client, "m", states), input='"luck"')
    assert json.loads(done["output"]) == "RuntimeError"


def test_a_handler_may_hand_on_its_task_token(client: Any, tmp_path: Path) -> None:
    """Its own answer is the submission's; whoever has the token ends the task."""
    file = tmp_path / "token"
    parameters = {
        "FunctionName": "token",
        "Payload": {"file": str(file), "token.$": "$$.Task.Token"},
    }
    state = invoke("token", Resource=f"{INVOKE}.waitForTaskToken", Parameters=parameters)
    execution = started(client, create(client, "m", {"Call": state}))
    token = eventually(lambda: file.exists() and file.read_text())

    def answered() -> bool:
        try:
            client.send_task_success(taskToken=token, output='{"by": "token"}')
        except (client.exceptions.TaskTimedOut, client.exceptions.InvalidToken):
            return False
        return True

    eventually(answered)
    assert json.loads(ended(client, execution)["output"]) == {"by": "token"}
    events = client.get_execution_history(executionArn=execution)["events"]
    (submitted,) = [event for event in events if event["type"] == "TaskSubmitted"]
    assert json.loads(submitted["taskSubmittedEventDetails"]["output"])["Payload"] == "taken"


def test_a_child_that_waits_is_waited_for(client: Any) -> None:
    """For a worker of an activity, in the child."""
    activity = client.create_activity(name="work")["activityArn"]
    create(client, "child", {"Work": {"Type": "Task", "Resource": activity, "End": True}})
    parent = {
        "N": {
            "Type": "Task",
            "Resource": f"{START}.sync:2",
            "Parameters": {"StateMachineArn": f"{ARN}:child"},
            "OutputPath": "$.Output",
            "End": True,
        }
    }
    execution = started(client, create(client, "parent", parent))
    task = eventually(lambda: client.get_activity_task(activityArn=activity).get("taskToken"))
    assert client.describe_execution(executionArn=execution)["status"] == "RUNNING"
    client.send_task_success(taskToken=task, output='{"done": 1}')
    assert json.loads(ended(client, execution)["output"]) == {"done": 1}


def test_a_callback_child_answers_its_parent(client: Any) -> None:
    """The child sends the token that it was given."""
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess",
        "Parameters": {"Output": {"by": "child"}, "TaskToken.$": "$.token"},
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 5}],
        "End": True,
    }
    create(client, "child", {"Send": send})
    parent = {
        "N": {
            "Type": "Task",
            "Resource": f"{START}.waitForTaskToken",
            "Parameters": {
                "StateMachineArn": f"{ARN}:child",
                "Input": {"token.$": "$$.Task.Token"},
            },
            "TimeoutSeconds": 60,
            "End": True,
        }
    }
    done = run(client, create(client, "parent", parent))
    assert done["status"] == "SUCCEEDED", done
    assert json.loads(done["output"]) == {"by": "child"}


def test_a_stopped_parent_stops_its_child(client: Any) -> None:
    """As AWS does for a .sync task."""
    activity = client.create_activity(name="work")["activityArn"]
    child = create(client, "child", {"Work": {"Type": "Task", "Resource": activity, "End": True}})
    parent = {
        "N": {
            "Type": "Task",
            "Resource": f"{START}.sync",
            "Parameters": {"StateMachineArn": child},
            "End": True,
        }
    }
    execution = started(client, create(client, "parent", parent))
    (inner,) = eventually(lambda: client.list_executions(stateMachineArn=child)["executions"])
    client.stop_execution(executionArn=execution)
    assert ended(client, inner["executionArn"])["status"] == "ABORTED"


def test_a_handler_calls_the_service_back(tmp_path: Path) -> None:
    """While it runs, by the client that it would use on AWS."""
    (tmp_path / "handlers.py").write_text(CODE)
    handlers = Handlers(read_handlers({"callback": "handlers:callback"}, tmp_path))
    sources = TaskSources(handlers=handlers)
    with start(open_service(":memory:", tasks_for=sources.for_execution)) as server:
        client = boto3.client(
            "stepfunctions", region_name="us-east-1", endpoint_url=server.url, **KEYS
        )
        parameters = {"FunctionName": "callback", "Payload": {"token.$": "$$.Task.Token"}}
        state = invoke("callback", Resource=f"{INVOKE}.waitForTaskToken", Parameters=parameters)
        done = run(client, create(client, "m", {"Call": state}))
    handlers.close()
    assert json.loads(done["output"]) == {"by": "handler"}


def test_a_child_of_another_process_is_waited_for(tmp_path: Path) -> None:
    """A start of a running name names that execution, whichever process drives it."""
    waiting = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    body = {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}
    child = {"W": {"Type": "Task", "Resource": waiting, "Parameters": body, "End": True}}
    request = {"StateMachineArn": f"{ARN}:child", "Name": "one", "Input": {}}
    nested = {"Type": "Task", "Resource": f"{START}.sync:2", "Parameters": request, "End": True}
    sent: list[str] = []

    def submit(payload: Any) -> Any:
        sent.append(payload["MessageBody"])
        return Later(submitted={})

    def opened() -> Any:
        sources = TaskSources(given=Mocks({"W": submit}))
        service = open_service(tmp_path / "local.db", tasks_for=sources.for_execution)
        return in_process(service.answer, region="us-east-1")

    first, second = opened(), opened()
    started(first, create(first, "child", child), name="one", input="{}")
    execution = started(second, create(second, "parent", {"N": nested}))
    assert second.describe_execution(executionArn=execution)["status"] == "RUNNING"
    first.send_task_success(taskToken=sent[0], output='"done"')
    assert json.loads(ended(second, execution)["output"])["Output"] == "done"
