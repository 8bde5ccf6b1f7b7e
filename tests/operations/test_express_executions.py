"""EXPRESS executions: read from moto's CloudWatch Logs over HTTP, and replayed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from sfn_release.aws.clients import connect
from sfn_release.aws.sessions import Access
from sfn_release.errors import AccessError, AwsError, ConfigError
from sfn_release.operations.finished.execution_filter import ExecutionFilter
from sfn_release.operations.finished.express_executions import LogGroup, express_executions
from sfn_release.operations.finished_executions import finished_executions
from sfn_release.operations.verbs.coverage import environment_coverage
from sfn_release.operations.verbs.replay import replay
from sfn_release.testing.histories.finished_execution import FinishedExecution
from support.express_logs import GROUP, ago, express_run, put
from support.shop import ALONE, Shop, copy_shop, made_once

LOGGING = {
    "level": "ALL",
    "includeExecutionData": True,
    "destinations": [
        {
            "cloudWatchLogsLogGroup": {
                "logGroupArn": f"arn:aws:logs:eu-west-1:000000000000:log-group:{GROUP}:*"
            }
        }
    ],
}
GREET = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.names",
            "ItemProcessor": {
                "StartAt": "Greet",
                "States": {
                    "Greet": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::lambda:invoke",
                        "Parameters": {"FunctionName": "greet", "Payload.$": "$"},
                        "ResultSelector": {"greeting.$": "$.Payload"},
                        "End": True,
                    }
                },
            },
            "End": True,
        }
    },
}


@pytest.fixture
def logs(other_services: str) -> Any:
    """Return a client of moto's CloudWatch Logs."""
    import boto3

    return boto3.client(
        "logs",
        region_name="eu-west-1",
        endpoint_url=other_services,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture
def shop(tmp_path: Path, logs: Any) -> Shop:
    """Return a shop with an EXPRESS workflow `hello` in prod, which logs everything."""
    shop = made_once(tmp_path, "express", lambda shop: release(shop, LOGGING))
    shop.clock.at = datetime.now(UTC)
    shop.others["logs"] = logs
    return shop


def release(shop: Shop, logging: dict[str, Any]) -> None:
    """Release an EXPRESS workflow with a logging configuration to prod."""
    shop.write("releases.toml", ALONE + f"logging = {toml(logging)}\n")
    shop.write("workflows/hello.py", MODULE)
    (shop.root / "workflows/hello.asl.json").unlink()
    shop.git("add", "--all")
    shop.git("commit", "--quiet", "--message", "Greet")
    shop.publish("1.0.0", "prod")


MODULE = f"""\
import sfn_release as sfn

workflow = sfn.StateMachine("hello", sfn.Workflow.from_dict({GREET!r}), type="EXPRESS")
"""


def toml(value: Any) -> str:
    """Return a value as an inline table."""
    match value:
        case dict():
            return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case _:
            return json.dumps(value)


def greet(call: Any) -> Any:
    """Answer the task Greet."""
    return {"StatusCode": 200, "Payload": f"Hello {call.payload['Payload']}"}


def run(shop: Shop, name: str, at: datetime, **changed: Any) -> list[dict[str, Any]]:
    """Return the log events of an execution of `hello` in prod."""
    machine = shop.arn("hello", "prod")
    given: dict[str, Any] = {"machine": machine, "answer": greet, "version": f"{machine}:1"}
    given |= changed
    _, events = express_run(GREET, {"names": ["Ann", "Böb"]}, name=name, at=at, **given)
    return events


def read(shop: Shop, **wanted: Any) -> list[FinishedExecution]:
    """Return the executions of `hello` in prod."""
    return [
        *finished_executions(shop.workspace(), "hello", "prod", ExecutionFilter(**wanted)),
    ]


def test_log_events_become_a_history(shop: Shop, logs: Any) -> None:
    """In the shape of GetExecutionHistory: ids are numbers, and the order is theirs."""
    put(logs, run(shop, "one", ago(minutes=3)))
    (found,) = read(shop)
    assert (found.name, found.type, found.version, found.status) == (
        "one:start-one",
        "EXPRESS",
        "1.0.0",
        "SUCCEEDED",
    )
    assert json.loads(found.input or "") == {"names": ["Ann", "Böb"]}
    assert json.loads(found.output or "")[1] == {"greeting": "Hello Böb"}
    assert [event["id"] for event in found.events] == [*range(1, len(found.events) + 1)]
    assert found.events[1]["stateEnteredEventDetails"]["name"] == "Each"
    assert found.incomplete == ""
    report = replay(shop.workspace(), "hello", environment="prod")
    assert (report.executions, report.same) == (1, 1)


def test_executions_in_logs_have_coverage(shop: Shop, logs: Any) -> None:
    """As other executions, and inside a Map too."""
    put(logs, run(shop, "one", ago(minutes=3)) + run(shop, "two", ago(minutes=2)))
    (release,) = environment_coverage(shop.workspace(), "prod", workflows=["hello"])
    assert (release.version, release.executions) == ("1.0.0", 2)
    assert release.coverage is not None
    assert release.coverage.percent == 100


def test_the_newest_come_first_however_old_they_are(shop: Shop, logs: Any) -> None:
    """Time is read backwards, in windows that grow; an execution may lie across two of them."""
    moments = [ago(minutes=2), ago(hours=5), ago(days=3), ago(days=9)]
    for number, moment in enumerate(moments):
        put(logs, run(shop, f"run-{number}", moment))
    names = [found.name.partition(":")[0] for found in read(shop)]
    assert names == ["run-0", "run-1", "run-2", "run-3"]
    assert [found.name.partition(":")[0] for found in read(shop, last=2)] == names[:2]
    since, until = moments[2], moments[0]
    assert [found.name.partition(":")[0] for found in read(shop, since=since, until=until)] == [
        "run-1",
        "run-2",
    ]
    assert read(shop, statuses=("FAILED",)) == []
    assert len(read(shop, version="1.0.0")) == 4


def test_executions_of_other_state_machines_in_the_group_are_left_out(
    shop: Shop, logs: Any
) -> None:
    """So are messages that aren't events at all."""
    other = shop.arn("hello", "prod") + "-2"
    put(logs, run(shop, "one", ago(minutes=3)))
    put(logs, run(shop, "two", ago(minutes=3), machine=other, version=None))
    at = int(ago(minutes=3).timestamp() * 1000)
    nonsense = ["no JSON", "[]", "{}", '{"execution_arn": 7}', '{"id": "x", "type": "y"}']
    put(logs, [{"timestamp": at, "message": message} for message in nonsense])
    assert [found.name for found in read(shop)] == ["one:start-one"]


def test_an_execution_without_all_its_events_is_incomplete(shop: Shop, logs: Any) -> None:
    """It is reported, and not replayed: nothing is invented."""
    events = run(shop, "one", ago(minutes=30))
    put(logs, [events[0], *events[3:]])
    headless = run(shop, "two", ago(minutes=20))
    put(logs, headless[1:])
    put(logs, run(shop, "three", ago(minutes=10))[:-1])
    found = {execution.name.partition(":")[0]: execution.incomplete for execution in read(shop)}
    assert found == {
        "one": "the log has no event 2, 3 of 20",
        "two": "the log has no event 1 of 20",
    }
    report = replay(shop.workspace(), "hello", environment="prod")
    assert (report.executions, report.same, len(report.unreplayable)) == (2, 0, 2)


def test_truncated_data_is_incomplete(shop: Shop, logs: Any) -> None:
    """CloudWatch Logs takes 256 KiB for an event, and Step Functions cuts the data then."""
    events = run(shop, "one", ago(minutes=3))
    message = json.loads(events[0]["message"])
    message["details"] |= {"input": '{"na', "inputDetails": {"truncated": True}}
    put(logs, [{**events[0], "message": json.dumps(message)}, *events[1:]])
    (found,) = read(shop)
    assert found.incomplete == "the log has only a part of the input of event 1 (ExecutionStarted)"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"level": "ERROR"}, "now it has level ERROR"),
        ({"includeExecutionData": False}, "now it has level ALL, no data"),
        ({"level": "OFF", "destinations": []}, "now it has no log group"),
    ],
)
def test_a_log_without_all_events_and_data_says_what_to_set_up(
    tmp_path: Path, logs: Any, changed: dict[str, Any], reason: str
) -> None:
    """Nothing else has the history of an EXPRESS execution."""
    shop = copy_shop(tmp_path)
    release(shop, LOGGING | changed)
    shop.others["logs"] = logs
    with pytest.raises(ConfigError, match="can't be read from its logs") as error:
        read(shop)
    assert reason in error.value.why
    assert "includeExecutionData = true" in error.value.fix


def test_a_log_group_that_is_missing_is_named(shop: Shop) -> None:
    """It was deleted, or its name is wrong."""
    with pytest.raises(ConfigError, match=f"The log group {GROUP} doesn't exist"):
        read(shop)


def test_the_filter_pattern_is_for_the_executions_of_the_state_machine() -> None:
    """CloudWatch Logs filters: a log group may have the events of many state machines."""
    machine = "arn:aws:states:eu-west-1:000000000000:stateMachine:größe"
    executions = machine.replace("stateMachine", "express")
    assert LogGroup("g", machine).pattern() == f'{{ $.execution_arn = "{executions}:*" }}'
    one = LogGroup("g", machine, f"{executions}:a:b")
    assert one.pattern() == f'{{ $.execution_arn = "{executions}:a:b" }}'


class FaultyLogs:
    """A client of CloudWatch Logs whose answers have two events, and that fails once."""

    def __init__(self, client: Any, *errors: str) -> None:
        self._client = client
        self._errors = list(errors)
        self.meta = client.meta

    def filter_log_events(self, **request: Any) -> Any:
        """Answer, or fail at the first page token."""
        if self._errors and ("nextToken" in request or self._errors[0] != EXPIRED):
            code = self._errors.pop(0)
            error = {"Error": {"Code": code, "Message": "refused"}}
            raise ClientError(error, "FilterLogEvents")
        return self._client.filter_log_events(**{**request, "limit": 2})


EXPIRED = "InvalidParameterException"


def test_an_expired_page_token_reads_the_window_again(shop: Shop, logs: Any) -> None:
    """No event is missing or double."""
    put(logs, run(shop, "one", ago(minutes=3)))
    whole = read(shop)
    shop.others["logs"] = FaultyLogs(logs, EXPIRED)
    assert read(shop) == whole


def test_a_missing_permission_names_the_action(shop: Shop, logs: Any) -> None:
    """So you know what to add to the IAM policy."""
    shop.others["logs"] = FaultyLogs(logs, "AccessDeniedException")
    with pytest.raises(AccessError, match="AWS denied logs:FilterLogEvents"):
        read(shop)


def test_reading_ends_at_the_horizon(shop: Shop, logs: Any) -> None:
    """An empty log group is read back for thirty days, in a few windows."""
    put(logs, [])
    calls = []

    class Counting(FaultyLogs):
        def filter_log_events(self, **request: Any) -> Any:
            calls.append(request)
            return super().filter_log_events(**request)

    shop.others["logs"] = Counting(logs)
    assert read(shop) == []
    assert len(calls) <= 12
    span = calls[0]["endTime"] - calls[-1]["startTime"]
    assert span == pytest.approx(timedelta(days=30).total_seconds() * 1000, abs=2)


def throttled_logs(throttled: int) -> tuple[Any, list[str]]:
    """Return an account whose FilterLogEvents is throttled first, and the requests that it got."""
    aws = connect(Access("eu-west-1", endpoints={"*": "http://127.0.0.1:1"}))
    requests: list[str] = []

    class Body:
        def __init__(self, value: Any) -> None:
            self.value = value

        def stream(self) -> list[bytes]:
            return [json.dumps(self.value).encode()]

    def answer(request: Any, **_: Any) -> Any:
        requests.append(json.loads(request.body).get("nextToken", ""))
        if len(requests) <= throttled:
            refusal = {"__type": "ThrottlingException", "message": "Rate exceeded"}
            return AWSResponse(request.url, 400, {}, Body(refusal))
        return AWSResponse(request.url, 200, {}, Body({"events": []}))

    aws.logs.meta.events.register("before-send.cloudwatch-logs", answer)  # type: ignore[attr-defined]
    return aws, requests


def test_throttled_log_events_are_asked_for_again() -> None:
    """boto3 repeats the request; when it gives up, the error says to try later."""
    group = LogGroup(GROUP, "arn:aws:states:eu-west-1:0:stateMachine:hello")
    wanted = ExecutionFilter(since=ago(seconds=60))
    aws, requests = throttled_logs(2)
    with patch("time.sleep"):
        assert [*express_executions(aws, group, wanted, ago(seconds=0))] == []
        assert len(requests) >= 3
        never, _ = throttled_logs(10_000)
        with pytest.raises(AwsError, match="try again later") as caught:
            [*express_executions(never, group, wanted, ago(seconds=0))]
    assert caught.value.aws_code == "ThrottlingException"
    assert "FilterLogEvents" in str(caught.value)
