"""Map runs through the API, over HTTP: describe, list, update, and their child executions."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sfn_release.local_service import open_service
from sfn_release.local_service.http import server
from sfn_release.simulator import Later, Mocks, TaskCall
from support.machines import ROLE, refusal

CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
NONE = dict.fromkeys(
    (
        *("pending", "running", "succeeded", "failed", "timedOut", "aborted"),
        *("total", "resultsWritten", "failuresNotRedrivable", "pendingRedrive"),
    ),
    0,
)
FAILS_AT_2 = {
    "StartAt": "Two?",
    "States": {
        "Two?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "No"}],
            "Default": "Yes",
        },
        "No": {"Type": "Fail", "Error": "Boom", "Cause": "two"},
        "Yes": {"Type": "Succeed"},
    },
}
ASKS = {
    "StartAt": "Ask",
    "States": {
        "Ask": {
            "Type": "Task",
            "Resource": CALLBACK,
            "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"},
            "End": True,
        }
    },
}


class Outside:
    """Leaves callback tasks open, and keeps their tokens."""

    def __init__(self) -> None:
        self.tokens: list[str] = []

    def run(self, call: TaskCall) -> Any:
        """Submit a callback task."""
        self.tokens.append(call.token)
        return Later()


def definition(processor: dict[str, Any], kind: str = "STANDARD", **fields: Any) -> dict[str, Any]:
    """Return the definition of a distributed Map labelled Rows."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    rows = {
        "Type": "Map",
        "Label": "Rows",
        "ItemProcessor": {"ProcessorConfig": config, **processor},
        "End": True,
        **fields,
    }
    return {"StartAt": "Map", "States": {"Map": rows}}


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
            config=Config(retries={"max_attempts": 1}),
        )


@pytest.fixture
def client() -> Iterator[Any]:
    """Return a client of a service in virtual time."""
    with served(Mocks()) as found:
        yield found


def start(client: Any, wanted: dict[str, Any], input: Any = (1, 2, 3)) -> str:
    """Create a machine and start it; return the execution's ARN."""
    arn = client.create_state_machine(name="m", definition=json.dumps(wanted), roleArn=ROLE)
    execution: str = client.start_execution(
        stateMachineArn=arn["stateMachineArn"], name="e", input=json.dumps(input)
    )["executionArn"]
    return execution


def map_run(client: Any, execution: str) -> Any:
    """Return the description of the only map run of an execution."""
    (listed,) = client.list_map_runs(executionArn=execution)["mapRuns"]
    return client.describe_map_run(mapRunArn=listed["mapRunArn"])


def children(client: Any, run: Any, **filters: Any) -> list[Any]:
    """Return the child executions of a map run, oldest first."""
    found = client.list_executions(mapRunArn=run["mapRunArn"], **filters)["executions"]
    return list(found[::-1])


def eventually(test: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(1000):
        if test():
            return
        threading.Event().wait(0.01)
    pytest.fail("it never came true")


def test_a_map_run_is_described_with_all_members(client: Any) -> None:
    """Counts of items and of executions, limits, dates."""
    wanted = definition(
        FAILS_AT_2,
        MaxConcurrency=2,
        ToleratedFailureCount=1,
        ToleratedFailurePercentage=50,
    )
    execution = start(client, wanted)
    described = client.describe_execution(executionArn=execution)
    failed = {"Status": "FAILED", "Error": "Boom", "Cause": "two"}
    assert json.loads(described["output"]) == [1, failed, 3]
    (listed,) = client.list_map_runs(executionArn=execution)["mapRuns"]
    assert listed["executionArn"] == execution
    assert listed["stateMachineArn"].endswith(":stateMachine:m/Rows")
    assert listed["startDate"] <= listed["stopDate"]
    run = map_run(client, execution)
    machine = "arn:aws:states:us-east-1:000000000000:mapRun:m/Rows:"
    assert run.pop("mapRunArn").startswith(machine)
    assert run.pop("startDate") <= run.pop("stopDate")
    run.pop("ResponseMetadata")
    counts = {**NONE, "succeeded": 2, "failed": 1, "total": 3}
    assert run == {
        "executionArn": execution,
        "status": "SUCCEEDED",
        "maxConcurrency": 2,
        "toleratedFailureCount": 1,
        "toleratedFailurePercentage": 50.0,
        "itemCounts": counts,
        "executionCounts": counts,
        "redriveCount": 0,
    }


def test_a_batch_is_one_execution_with_several_items(client: Any) -> None:
    """ItemCounts differ from executionCounts, and a listing has the items of each."""
    wanted = definition(FAILS_AT_2, ItemBatcher={"MaxItemsPerBatch": 2})
    run = map_run(client, start(client, wanted))
    assert run["itemCounts"] == {**NONE, "succeeded": 3, "total": 3}
    assert run["executionCounts"] == {**NONE, "succeeded": 2, "total": 2}
    assert [child["itemCount"] for child in children(client, run)] == [2, 1]


def test_child_executions_are_executions(client: Any) -> None:
    """With a name, an ARN, a machine, an input, an output and a history of their own."""
    execution = start(client, definition(FAILS_AT_2, ToleratedFailurePercentage=100))
    run = map_run(client, execution)
    first, second, third = children(client, run)
    assert first["executionArn"].rpartition(":")[2] == first["name"]
    assert ":execution:m/Rows:" in first["executionArn"]
    assert first["stateMachineArn"].endswith(":stateMachine:m/Rows")
    assert (first["mapRunArn"], first["itemCount"]) == (run["mapRunArn"], 1)
    described = client.describe_execution(executionArn=second["executionArn"])
    assert described["mapRunArn"] == run["mapRunArn"]
    assert (described["status"], described["input"]) == ("FAILED", "2")
    assert (described["error"], described["cause"]) == ("Boom", "two")
    assert described["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN"
    described = client.describe_execution(executionArn=third["executionArn"])
    assert (described["output"], described["redriveStatus"]) == ("3", "NOT_REDRIVABLE")
    history = client.get_execution_history(executionArn=third["executionArn"])["events"]
    assert [event["type"] for event in history] == [
        "ExecutionStarted",
        "ChoiceStateEntered",
        "ChoiceStateExited",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ]
    assert history[0]["executionStartedEventDetails"]["input"] == "3"
    machine = client.describe_state_machine_for_execution(executionArn=third["executionArn"])
    assert (machine["mapRunArn"], machine["label"]) == (run["mapRunArn"], "Rows")
    own = client.list_executions(stateMachineArn=machine["stateMachineArn"].partition("/")[0])
    assert [listed["executionArn"] for listed in own["executions"]] == [execution]


def test_children_are_listed_by_status_in_pages(client: Any) -> None:
    """Newest first."""
    run = map_run(client, start(client, definition(FAILS_AT_2, ToleratedFailureCount=3)))
    assert [c["status"] for c in children(client, run)] == ["SUCCEEDED", "FAILED", "SUCCEEDED"]
    assert len(children(client, run, statusFilter="FAILED")) == 1
    assert len(children(client, run, redriveFilter="REDRIVEN")) == 0
    page = client.list_executions(mapRunArn=run["mapRunArn"], maxResults=2)
    assert len(page["executions"]) == 2
    rest = client.list_executions(mapRunArn=run["mapRunArn"], nextToken=page["nextToken"])
    assert len(rest["executions"]) == 1


def test_express_children_are_described_without_a_history(client: Any) -> None:
    """Their ARN has a name and an id, and DescribeExecution shows both."""
    run = map_run(client, start(client, definition(FAILS_AT_2, "EXPRESS", ToleratedFailureCount=1)))
    (child, *_) = children(client, run)
    kind, machine, name, id_ = child["executionArn"].split(":")[5:]
    assert (kind, machine, child["name"]) == ("express", "m/Rows", f"{name}:{id_}")
    assert client.describe_execution(executionArn=child["executionArn"])["output"] == "1"
    code, message = refusal(client.get_execution_history, executionArn=child["executionArn"])
    assert (code, message) == (
        "InvalidArn",
        "Invalid Arn: 'Resource type not valid in this context: express'",
    )


def test_a_failed_map_run_counts_what_did_not_start(client: Any) -> None:
    """PENDING children, and ABORTED ones."""
    execution = start(client, definition(FAILS_AT_2, MaxConcurrency=1))
    described = client.describe_execution(executionArn=execution)
    assert described["error"] == "States.ExceedToleratedFailureThreshold"
    run = map_run(client, execution)
    counts = {**NONE, "succeeded": 1, "failed": 1, "pending": 1, "total": 3}
    assert (run["status"], run["itemCounts"]) == ("FAILED", counts)


@pytest.mark.parametrize("real_time", [False, True], ids=["virtual", "real"])
def test_a_running_map_run_can_be_updated(real_time: bool) -> None:
    """More children start when its concurrency grows."""
    outside = Outside()
    with served(outside, real_time=real_time) as client:
        execution = start(client, definition(ASKS, MaxConcurrency=1), [1, 2])
        eventually(lambda: len(outside.tokens) == 1)
        eventually(lambda: map_run(client, execution)["executionCounts"]["running"] == 1)
        run = map_run(client, execution)
        assert run["executionCounts"] == {**NONE, "running": 1, "pending": 1, "total": 2}
        assert [child["status"] for child in children(client, run)] == ["RUNNING"]
        client.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=2, toleratedFailureCount=1)
        eventually(lambda: len(outside.tokens) == 2)
        client.send_task_failure(taskToken=outside.tokens[0], error="Late")
        client.send_task_success(taskToken=outside.tokens[1], output='"ok"')
        eventually(lambda: map_run(client, execution)["status"] == "SUCCEEDED")
        run = map_run(client, execution)
        assert (run["maxConcurrency"], run["toleratedFailureCount"]) == (2, 1)
        assert run["executionCounts"] == {**NONE, "succeeded": 1, "failed": 1, "total": 2}
        code, _ = refusal(client.update_map_run, mapRunArn=run["mapRunArn"], maxConcurrency=1)
        assert code == "ValidationException"


def test_stop_execution_aborts_its_map_run() -> None:
    """And the children that run."""
    outside = Outside()
    with served(outside, real_time=True) as client:
        execution = start(client, definition(ASKS, MaxConcurrency=1), [1, 2])
        eventually(lambda: len(outside.tokens) == 1)
        (child,) = children(client, map_run(client, execution)) or [None]
        client.stop_execution(executionArn=execution, error="Enough")
        run = map_run(client, execution)
        assert run["status"] == "ABORTED"
        assert run["executionCounts"] == {**NONE, "aborted": 1, "pending": 1, "total": 2}
        assert [found["status"] for found in children(client, run)] == ["ABORTED"]
        assert child is None or child["status"] == "RUNNING"
        history = client.get_execution_history(executionArn=execution)["events"]
        assert [event["type"] for event in history[-2:]] == ["MapRunAborted", "ExecutionAborted"]
        code, message = refusal(client.send_task_success, taskToken=outside.tokens[0], output="1")
        assert code == "TaskTimedOut", message


def test_a_map_run_ends_after_its_results_are_written() -> None:
    """Also when S3 takes its time after the last child has ended."""
    written: Future[Any] = Future()

    class Slow:
        def run(self, call: TaskCall) -> Any:
            return {} if call.payload["Key"].endswith("manifest.json") else Later(written)

    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}
    with served(Slow(), real_time=True) as client:
        execution = start(client, definition(FAILS_AT_2, ResultWriter=writer), [1])
        eventually(lambda: bool(client.list_map_runs(executionArn=execution)["mapRuns"]))
        eventually(lambda: map_run(client, execution)["itemCounts"]["succeeded"] == 1)
        assert map_run(client, execution)["status"] == "RUNNING"
        written.set_result({})
        eventually(lambda: map_run(client, execution)["status"] == "SUCCEEDED")
        assert map_run(client, execution)["itemCounts"]["resultsWritten"] == 1


def test_one_child_can_be_stopped() -> None:
    """It is ABORTED, and the others go on."""
    outside = Outside()
    with served(outside, real_time=True) as client:
        execution = start(client, definition(ASKS), [1, 2])
        eventually(lambda: len(outside.tokens) == 2)
        eventually(lambda: len(children(client, map_run(client, execution))) == 2)
        first, second = children(client, map_run(client, execution))
        stopped = client.stop_execution(executionArn=first["executionArn"], error="Enough")
        described = client.describe_execution(executionArn=first["executionArn"])
        assert (described["status"], described["error"]) == ("ABORTED", "Enough")
        assert described["stopDate"] == stopped["stopDate"]
        assert client.describe_execution(executionArn=second["executionArn"])["status"] == "RUNNING"
        client.send_task_success(taskToken=outside.tokens[1], output='"ok"')
        eventually(lambda: map_run(client, execution)["status"] == "SUCCEEDED")
        output = client.describe_execution(executionArn=execution)["output"]
        assert json.loads(output) == [{"Status": "ABORTED", "Error": "Enough"}, "ok"]


def test_a_redrive_goes_on_with_the_map_run() -> None:
    """It keeps its ARN and the results of the children that succeeded."""
    mocks = Mocks({"Ask": {"per": "execution", "answers": [
        {"return": "a"}, {"error": "Boom"}, {"return": "b"}
    ]}})  # fmt: skip
    invoke = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    asks = {"StartAt": "Ask", "States": {"Ask": {**invoke, "Parameters": {"FunctionName": "f"}}}}
    with served(mocks) as client:
        execution = start(client, definition(asks, MaxConcurrency=1), [1, 2])
        before = map_run(client, execution)
        assert before["status"] == "FAILED"
        client.redrive_execution(executionArn=execution)
        described = client.describe_execution(executionArn=execution)
        assert json.loads(described["output"]) == ["a", "b"]
        run = map_run(client, execution)
        assert (run["mapRunArn"], run["startDate"]) == (before["mapRunArn"], before["startDate"])
        assert (run["status"], run["redriveCount"]) == ("SUCCEEDED", 1)
        assert run["redriveDate"]
        first, second = children(client, run)
        assert (first["redriveCount"], second["redriveCount"]) == (0, 1)
        assert len(children(client, run, redriveFilter="REDRIVEN")) == 1
        history = client.get_execution_history(executionArn=execution)["events"]
        redriven = next(event for event in history if event["type"] == "MapRunRedriven")
        assert redriven["mapRunRedrivenEventDetails"] == {
            "mapRunArn": run["mapRunArn"],
            "redriveCount": 1,
        }
        history = client.get_execution_history(executionArn=second["executionArn"])["events"]
        assert [event["id"] for event in history] == [*range(1, len(history) + 1)]
        assert "ExecutionRedriven" in [event["type"] for event in history]


def test_requests_for_what_is_not_there(client: Any) -> None:
    """AWS's codes, and ARNs of other things."""
    execution = start(client, definition(FAILS_AT_2, ToleratedFailureCount=1))
    run = map_run(client, execution)["mapRunArn"]
    absent = f"{run[:-4]}0000"
    for call in (client.describe_map_run, client.list_executions, client.update_map_run):
        options = {"maxConcurrency": 1} if call == client.update_map_run else {}
        code, message = refusal(call, mapRunArn=absent, **options)
        assert (code, message) == ("ResourceNotFound", f"Resource not found: '{absent}'")
    assert refusal(client.describe_map_run, mapRunArn=execution)[0] == "InvalidArn"
    assert refusal(client.describe_map_run, mapRunArn=f"{run}:x")[0] == "InvalidArn"
    assert refusal(client.list_map_runs, executionArn=f"{execution}x")[0] == "ExecutionDoesNotExist"
    assert refusal(client.update_map_run, mapRunArn=run)[0] == "ValidationException"
    child = client.list_executions(mapRunArn=run)["executions"][0]["executionArn"]
    assert client.stop_execution(executionArn=child)["stopDate"]
    assert client.list_map_runs(executionArn=child)["mapRuns"] == []


def test_map_runs_survive_the_process(tmp_path: Path) -> None:
    """They are in the database."""
    path = tmp_path / "local.db"
    with served(Mocks(), path) as client:
        run = map_run(client, start(client, definition(FAILS_AT_2, ToleratedFailureCount=1)))
    with served(Mocks(), path) as client:
        assert map_run(client, run["executionArn"])["itemCounts"] == run["itemCounts"]
        assert len(children(client, run)) == 3


def test_a_map_run_ends_with_its_process(tmp_path: Path) -> None:
    """When the process that ran it has died, it and its children are ABORTED, not RUNNING."""
    path, outside = tmp_path / "local.db", Outside()
    with served(outside, path, real_time=True) as client:
        execution = start(client, definition(ASKS, MaxConcurrency=1), [1, 2])
        eventually(lambda: len(outside.tokens) == 1)
        eventually(lambda: bool(client.list_map_runs(executionArn=execution)["mapRuns"]))
        eventually(lambda: len(children(client, map_run(client, execution))) == 1)
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE executions SET owner = '99999999 0 x' WHERE arn = ?", (execution,))
        run = map_run(client, execution)
        assert (run["status"], run["stopDate"] >= run["startDate"]) == ("ABORTED", True)
        assert run["itemCounts"] == {**NONE, "aborted": 1, "pending": 1, "total": 2}
        assert [child["status"] for child in children(client, run)] == ["ABORTED"]
        described = client.describe_execution(executionArn=execution)
        assert described["error"] == "SfnRelease.ProcessEnded"
        assert described["redriveStatus"] == "NOT_REDRIVABLE"  # its children have no positions
