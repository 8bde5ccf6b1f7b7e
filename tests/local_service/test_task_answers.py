"""Tasks that wait for an answer through the API: callbacks and activities, over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

import sfn_release as sfn
from sfn_release.local_service import open_service
from sfn_release.local_service.http import server
from sfn_release.simulator import Later, Mocks, NoAnswer, TaskCall, TaskFailure, TaskResult
from support.machines import MACHINES, ROLE, refusal

CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:pick"
OVER = "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'"
UNKNOWN = "InvalidToken", "Invalid Token: 'Invalid token'"


class Outside:
    """Leaves callback tasks open, and keeps their tokens."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.submitted = threading.Semaphore(0)

    def run(self, call: TaskCall) -> Any:
        """Submit a callback task; nothing else has an answer."""
        if not call.resource.endswith(".waitForTaskToken"):
            raise NoAnswer("SfnRelease.NoMock", call.state)
        self.tokens.append(call.token)
        self.submitted.release()
        return Later(submitted={"MessageId": "m"})


def task(resource: str = CALLBACK, **fields: Any) -> dict[str, Any]:
    """Return the definition of one Task state."""
    state = {"Type": "Task", "Resource": resource, "End": True, **fields}
    if resource == CALLBACK:
        body = {"QueueUrl": "https://queue", "MessageBody.$": "$$.Task.Token"}
        state = {"Parameters": body, **state}
    return {"StartAt": "Ask", "States": {"Ask": state}}


def start(client: Any, definition: Any, **options: Any) -> str:
    """Create a machine and start it; return the execution's ARN."""
    arn = client.create_state_machine(
        name=f"m{len(client.list_state_machines()['stateMachines'])}",
        definition=json.dumps(definition),
        roleArn=ROLE,
    )["stateMachineArn"]
    execution: str = client.start_execution(stateMachineArn=arn, **options)["executionArn"]
    return execution


def status(client: Any, execution: str) -> Any:
    """Return the status of an execution."""
    return client.describe_execution(executionArn=execution)["status"]


def types(client: Any, execution: str) -> list[str]:
    """Return the types of an execution's events."""
    events = client.get_execution_history(executionArn=execution)["events"]
    return [event["type"] for event in events]


def eventually(test: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(3000):
        if test():
            return
        threading.Event().wait(0.01)
    pytest.fail("it never came true")


@pytest.fixture
def outside() -> Outside:
    """Return the world outside of an execution."""
    return Outside()


@contextmanager
def served(tasks: Any, path: Path | str = ":memory:", **options: Any) -> Iterator[Any]:
    """Yield a boto3 client of the service over HTTP."""
    service = open_service(path, tasks_for=lambda _scope: tasks, **options)
    with server.start(service) as running:
        yield boto3.client(
            "stepfunctions",
            endpoint_url=running.url,
            region_name="us-east-1",
            aws_access_key_id="000000000000",
            aws_secret_access_key="any",
            config=Config(retries={"max_attempts": 1}, read_timeout=90),
        )


@pytest.fixture(params=[False, True], ids=["virtual", "real"])
def client(request: pytest.FixtureRequest, outside: Outside) -> Iterator[Any]:
    """Return a client of a service in virtual and in real time."""
    with served(outside, real_time=request.param) as found:
        yield found


def submitted(outside: Outside) -> str:
    """Wait for the next callback task; return its token."""
    assert outside.submitted.acquire(timeout=60)
    return outside.tokens[-1]


def test_a_callback_waits_for_its_answer(client: Any, outside: Outside) -> None:
    """The execution is RUNNING meanwhile, and the output is the task's result."""
    execution = start(client, task())
    token = submitted(outside)
    assert status(client, execution) == "RUNNING"
    eventually(lambda: types(client, execution)[-1] == "TaskSubmitted")
    client.send_task_success(taskToken=token, output='{"picked": 3}')
    described = client.describe_execution(executionArn=execution)
    assert (described["status"], described["output"]) == ("SUCCEEDED", '{"picked":3}')
    assert types(client, execution) == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]


def test_a_callback_can_fail(client: Any, outside: Outside) -> None:
    """Its error and cause are those of the failed task."""
    execution = start(client, task())
    client.send_task_failure(taskToken=submitted(outside), error="E", cause="C")
    described = client.describe_execution(executionArn=execution)
    assert (described["status"], described["error"], described["cause"]) == ("FAILED", "E", "C")


def test_only_one_answer_counts(client: Any, outside: Outside) -> None:
    """Later answers and heartbeats find no task, and an unknown token never had any."""
    start(client, task())
    token = submitted(outside)
    client.send_task_heartbeat(taskToken=token)
    client.send_task_success(taskToken=token, output="1")
    assert refusal(client.send_task_success, taskToken=token, output="2") == OVER
    assert refusal(client.send_task_failure, taskToken=token) == OVER
    assert refusal(client.send_task_heartbeat, taskToken=token) == OVER
    assert refusal(client.send_task_success, taskToken="nope", output="2") == UNKNOWN
    assert refusal(client.send_task_heartbeat, taskToken="nope") == UNKNOWN


def test_an_output_that_is_not_json_is_refused(client: Any, outside: Outside) -> None:
    """The task waits on, and takes the next answer."""
    execution = start(client, task())
    token = submitted(outside)
    code, message = refusal(client.send_task_success, taskToken=token, output="nope")
    assert code == "InvalidOutput"
    assert message.startswith("Invalid Output: 'Unrecognized token 'nope'")
    client.send_task_success(taskToken=token, output="null")
    assert client.describe_execution(executionArn=execution)["output"] == "null"


def test_a_stopped_execution_takes_no_answer(client: Any, outside: Outside) -> None:
    """It is stopped while it waits, in any container."""
    each = {"Type": "Map", "ItemProcessor": task(), "End": True}
    branches = {"Type": "Parallel", "Branches": [{"StartAt": "E", "States": {"E": each}}]}
    definition = {"StartAt": "P", "States": {"P": {**branches, "End": True}}}
    execution = start(client, definition, input="[1]")
    token = submitted(outside)
    client.stop_execution(executionArn=execution, error="Enough", cause="I said so")
    described = client.describe_execution(executionArn=execution)
    assert (described["status"], described["error"]) == ("ABORTED", "Enough")
    assert types(client, execution)[-1] == "ExecutionAborted"
    assert refusal(client.send_task_success, taskToken=token, output="1") == OVER


def test_time_goes_on_while_a_task_waits(outside: Outside) -> None:
    """Virtual time stands still for a wait, and goes with the clock on the wall for an answer."""
    wait = {"Type": "Wait", "Seconds": 86_400, "Next": "Ask"}
    definition = task(TimeoutSeconds=1)
    definition["States"]["Wait"] = wait
    definition["StartAt"] = "Wait"
    with served(outside) as client:
        execution = start(client, definition)
        token = submitted(outside)
        assert status(client, execution) == "RUNNING"
        eventually(lambda: status(client, execution) == "FAILED")
        assert types(client, execution)[-2:] == ["TaskTimedOut", "ExecutionFailed"]
        events = client.get_execution_history(executionArn=execution)["events"]
        seconds = [event["timestamp"].timestamp() for event in events]
        assert 86_401 <= seconds[-1] - seconds[0] < 86_420
        assert refusal(client.send_task_success, taskToken=token, output="1") == OVER


def test_heartbeats_keep_a_task_alive(outside: Outside) -> None:
    """Without one, it fails with States.Timeout."""
    catch = [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Late"}]
    definition = task(HeartbeatSeconds=1, TimeoutSeconds=60, Catch=catch)
    definition["States"]["Late"] = {"Type": "Pass", "Result": "late", "End": True}
    with served(outside) as client:
        execution = start(client, definition)
        token = submitted(outside)
        for _ in range(3):
            threading.Event().wait(0.6)
            client.send_task_heartbeat(taskToken=token)
        assert status(client, execution) == "RUNNING"
        eventually(lambda: status(client, execution) == "SUCCEEDED")
        assert client.describe_execution(executionArn=execution)["output"] == '"late"'


def test_an_answer_may_come_before_the_submission_has_returned() -> None:
    """A handler that answers its own token at once isn't too early."""
    clients: list[Any] = []

    def answer(call: TaskCall) -> Any:
        clients[0].send_task_success(taskToken=call.token, output='"early"')
        return {"MessageId": "m"}

    class Early:
        run = staticmethod(answer)

    with served(Early()) as client:
        clients.append(client)
        execution = start(client, task())
        eventually(lambda: status(client, execution) == "SUCCEEDED")
        assert client.describe_execution(executionArn=execution)["output"] == '"early"'


def test_an_early_answer_leaves_the_submission_as_it_is() -> None:
    """The task's own result gives way to the answer; what the service answered is in the event."""

    def answers(call: TaskCall) -> TaskResult:
        service.send_task_success(taskToken=call.token, output='"early"')
        return TaskResult("late", submitted={"MessageId": "m"})

    service: Any = sfn.local(mocks=answers)
    execution = start(service, task())
    assert service.describe_execution(executionArn=execution)["output"] == '"early"'
    events = service.get_execution_history(executionArn=execution)["events"]
    (event,) = (event for event in events if event["type"] == "TaskSubmitted")
    assert event["taskSubmittedEventDetails"]["output"] == '{"MessageId":"m"}'


def test_a_worker_gets_the_tasks_of_an_activity_in_order(client: Any) -> None:
    """Each task goes to one worker, with its input, and the history names the worker."""
    arn = client.create_activity(name="pick")["activityArn"]
    executions = [start(client, task(arn), input=str(number)) for number in range(3)]
    for execution in executions:
        eventually(lambda arn=execution: "ActivityScheduled" in types(client, arn))  # type: ignore[misc]
    taken = [client.get_activity_task(activityArn=arn, workerName=f"w{n}") for n in range(3)]
    assert sorted(each["input"] for each in taken) == ["0", "1", "2"]
    for number, each in enumerate(taken):
        client.send_task_heartbeat(taskToken=each["taskToken"])
        client.send_task_success(taskToken=each["taskToken"], output=f"[{number}]")
        execution = executions[int(each["input"])]
        assert client.describe_execution(executionArn=execution)["output"] == f"[{number}]"
        events = client.get_execution_history(executionArn=execution)["events"]
        assert events[3]["activityStartedEventDetails"] == {"workerName": f"w{number}"}
    assert types(client, executions[0])[2:5] == [
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
    ]


def test_a_worker_may_wait_for_a_task_before_it_is_there(client: Any) -> None:
    """The poll returns as soon as the task is scheduled."""
    arn = client.create_activity(name="pick")["activityArn"]
    polled: Future[Any] = Future()
    poll = threading.Thread(
        target=lambda: polled.set_result(client.get_activity_task(activityArn=arn)), daemon=True
    )
    poll.start()
    execution = start(client, task(arn))
    token = polled.result(timeout=60)["taskToken"]
    client.send_task_failure(taskToken=token, error="Broken")
    assert client.describe_execution(executionArn=execution)["error"] == "Broken"


def test_a_poll_ends_when_the_service_is_closed() -> None:
    """Its answer has no task."""
    client: Any = sfn.local()
    arn = client.create_activity(name="pick")["activityArn"]
    service = open_service(":memory:", tasks_for=lambda _scope: Mocks())
    with service:
        service.answer("CreateActivity", b'{"name": "pick"}')
        polled: Future[Any] = Future()
        body = json.dumps({"activityArn": arn}).encode()
        poll = threading.Thread(
            target=lambda: polled.set_result(service.answer("GetActivityTask", body)), daemon=True
        )
        poll.start()
        threading.Event().wait(0.1)
    assert json.loads(polled.result(timeout=5).body) == {"taskToken": None}


def test_an_activity_that_does_not_exist_needs_a_mock(client: Any) -> None:
    """The execution fails, and says which task has no answer."""
    arn = client.create_activity(name="pick")["activityArn"]
    execution = start(client, task(arn.replace("pick", "absent")))
    eventually(lambda: status(client, execution) == "FAILED")


def test_any_process_can_answer(tmp_path: Path, outside: Outside) -> None:
    """Another service on the same file hands activities out, and takes answers and stops."""
    path = tmp_path / "local.db"
    with served(outside, path) as client, served(Mocks(), path) as other:
        callback, stopped = start(client, task()), start(client, task())
        other.send_task_success(taskToken=outside.tokens[0], output='"from afar"')
        assert refusal(other.send_task_success, taskToken=outside.tokens[0], output="1") == OVER
        eventually(lambda: status(client, callback) == "SUCCEEDED")
        assert client.describe_execution(executionArn=callback)["output"] == '"from afar"'
        other.stop_execution(executionArn=stopped)
        assert status(client, stopped) == "ABORTED"
        arn = client.create_activity(name="pick")["activityArn"]
        activity = start(client, task(arn))
        taken = other.get_activity_task(activityArn=arn, workerName="far")
        other.send_task_failure(taskToken=taken["taskToken"], error="E")
        eventually(lambda: status(client, activity) == "FAILED")
        events = client.get_execution_history(executionArn=activity)["events"]
        assert events[3]["activityStartedEventDetails"] == {"workerName": "far"}
        eventually(lambda: refusal(client.send_task_heartbeat, taskToken=outside.tokens[1]) == OVER)


def test_one_name_is_one_execution_however_many_start_it(client: Any, outside: Outside) -> None:
    """All starts with the same input get the same answer; the task is asked once."""
    start(client, task(), name="only", input="[1]")
    submitted(outside)
    arn = f"{MACHINES}:m0"
    answers: list[Any] = []

    def again() -> None:
        request = {"stateMachineArn": arn, "name": "twice", "input": "[1]"}
        answers.append(client.start_execution(**request)["executionArn"])

    threads = [threading.Thread(target=again) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    (execution,) = {*answers}
    client.send_task_success(taskToken=submitted(outside), output="1")
    assert len(outside.tokens) == 2
    assert status(client, execution) == "SUCCEEDED"
    other = {"stateMachineArn": arn, "name": "only", "input": "[2]"}
    assert refusal(client.start_execution, **other)[0] == "ExecutionAlreadyExists"


def test_signals_are_looked_for_after_a_pause(tmp_path: Path, outside: Outside) -> None:
    """A service that had nothing to do notices that an execution waits again."""
    path = tmp_path / "local.db"
    with served(outside, path) as client, served(Mocks(), path) as other:
        for number in range(2):
            execution = start(client, task())
            threading.Event().wait(0.5)
            other.send_task_success(taskToken=outside.tokens[number], output="1")
            eventually(lambda arn=execution: status(client, arn) == "SUCCEEDED")  # type: ignore[misc]
            threading.Event().wait(0.5)


def test_blocked_tasks_hold_up_nothing_else() -> None:
    """Executions whose tasks don't return leave the service and all others alone."""
    over = threading.Event()

    def block(call: TaskCall) -> Any:
        if call.payload == "block":
            over.wait(60)
        raise TaskFailure("Done")

    client: Any = sfn.local(mocks=block, real_time=True)
    blocked = [start(client, task(LAMBDA), input='"block"') for _ in range(20)]
    quick = start(client, task(LAMBDA))
    eventually(lambda: status(client, quick) == "FAILED")
    assert {status(client, execution) for execution in blocked} == {"RUNNING"}
    over.set()


def test_work_in_progress_leaves_the_start_at_once() -> None:
    """Its result comes when the work is done, and abandoned work is cancelled."""
    work: list[Future[Any]] = []

    class Working:
        def run(self, _: TaskCall) -> Any:
            work.append(Future())
            return Later(work=work[-1])

    with served(Working()) as client:
        execution = start(client, task(LAMBDA))
        assert status(client, execution) == "RUNNING"
        work[0].set_result({"done": True})
        eventually(lambda: status(client, execution) == "SUCCEEDED")
        stopped = start(client, task(LAMBDA))
        client.stop_execution(executionArn=stopped)
        assert work[1].cancelled()


@pytest.fixture(params=[False, True], ids=["virtual", "real"])
def nesting(request: pytest.FixtureRequest) -> tuple[Any, str, str]:
    """Return a client, an activity, and a parent that waits for a child that waits for it."""
    client: Any = sfn.local(real_time=request.param)
    activity: str = client.create_activity(name="pick")["activityArn"]
    child = client.create_state_machine(
        name="child", definition=json.dumps(task(activity)), roleArn=ROLE
    )["stateMachineArn"]
    nested = task(
        "arn:aws:states:::states:startExecution.sync:2",
        Parameters={"StateMachineArn": child, "Name": "inner"},
    )
    return client, activity, start(client, nested)


def test_a_parent_goes_on_when_its_child_has_ended(nesting: tuple[Any, str, str]) -> None:
    """No thread waits for the child meanwhile."""
    client, activity, parent = nesting
    taken = client.get_activity_task(activityArn=activity)
    assert status(client, parent) == "RUNNING"
    client.send_task_success(taskToken=taken["taskToken"], output='{"a": 1}')
    eventually(lambda: status(client, parent) == "SUCCEEDED")
    output = json.loads(client.describe_execution(executionArn=parent)["output"])
    assert (output["Name"], output["Output"]) == ("inner", {"a": 1})


def test_a_stopped_parent_stops_its_child(nesting: tuple[Any, str, str]) -> None:
    """So does a parent whose task has run into its timeout."""
    client, activity, parent = nesting
    taken = client.get_activity_task(activityArn=activity)
    client.stop_execution(executionArn=parent)
    assert status(client, parent) == "ABORTED"
    arn = f"{MACHINES.replace('stateMachine', 'execution')}:child:inner"
    eventually(lambda: status(client, arn) == "ABORTED")
    late = {"taskToken": taken["taskToken"], "output": "1"}
    assert refusal(client.send_task_success, **late) == OVER
