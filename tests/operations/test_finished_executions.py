"""Reading the finished executions of an environment: lists, histories, releases, faults."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import AccessError, AwsError, ConfigError, NotFoundError
from sfn_release.operations.finished.execution_filter import ExecutionFilter
from sfn_release.operations.finished_executions import finished_executions
from support.faulty_client import Faulty, refused
from support.shop import ALONE, Shop, make_shop


@pytest.fixture
def filled(tmp_path: Path) -> Shop:
    """Return a shop whose `hello` ran three times as 1.0.0 and twice as 1.1.0."""
    shop = make_shop(tmp_path / "shop", config=ALONE)
    shop.publish("1.0.0", "prod")
    for number in range(3):
        start(shop, number)
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    for number in range(3, 5):
        start(shop, number)
    return shop


def start(shop: Shop, number: int) -> str:
    """Start an execution of `hello` in ``prod`` as callers do, and wait for its end."""
    client = shop.client("prod")
    arn = f"{shop.arn('hello', 'prod')}:live"
    begun = client.start_execution(stateMachineArn=arn, input=json.dumps({"number": number}))
    execution = str(begun["executionArn"])
    while client.describe_execution(executionArn=execution)["status"] == "RUNNING":
        pass
    return execution


def read(shop: Shop, **wanted: Any) -> list[tuple[str | None, int]]:
    """Return the release and the number of each execution that is read."""
    found = finished_executions(shop.workspace(), "hello", "prod", ExecutionFilter(**wanted))
    return [(execution.version, json.loads(execution.input or "")["number"]) for execution in found]


def once(error: Exception, when: Callable[[Any], bool] = lambda _: True) -> Callable[[Any], None]:
    """Return a function that raises *error* for the first request that fits."""
    left = [error]

    def answer(request: Any) -> None:
        if left and when(request):
            raise left.pop()

    return answer


def test_executions_have_their_release_and_their_history(filled: Shop) -> None:
    """Newest first, with the data of every event."""
    assert read(filled) == [
        ("1.1.0", 4),
        ("1.1.0", 3),
        ("1.0.0", 2),
        ("1.0.0", 1),
        ("1.0.0", 0),
    ]
    newest = next(
        iter(finished_executions(filled.workspace(), "hello", "prod", ExecutionFilter(last=1)))
    )
    assert (newest.status, newest.output, newest.type) == ("SUCCEEDED", '"two"', "STANDARD")
    assert [event["type"] for event in newest.events] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert newest.version_arn == f"{filled.arn('hello', 'prod')}:2"


def test_a_filter_selects_the_newest_that_fit(filled: Shop) -> None:
    """By number, release, status and time; `since` is included, `until` isn't."""
    assert read(filled, last=2) == [("1.1.0", 4), ("1.1.0", 3)]
    assert read(filled, version="1.0.0", last=2) == [("1.0.0", 2), ("1.0.0", 1)]
    assert read(filled, statuses=("FAILED", "SUCCEEDED"), last=3) == read(filled, last=3)
    assert read(filled, statuses=("FAILED", "ABORTED")) == []
    third = [*finished_executions(filled.workspace(), "hello", "prod", ExecutionFilter())][2]
    assert read(filled, since=third.started) == read(filled, last=3)
    assert [number for _, number in read(filled, until=third.started)] == [1, 0]
    assert read(filled, since=datetime.now(UTC) + timedelta(days=1)) == []


def test_a_release_that_left_a_workflow_alone_has_its_later_executions(filled: Shop) -> None:
    """The version of the state machine is the same, and the time says which release was live."""
    filled.clock.at = datetime.now(UTC) + timedelta(seconds=2)
    filled.commit(other="x")
    filled.publish("1.2.0", "prod")
    assert read(filled, last=1) == [("1.1.0", 4)]


def test_a_running_execution_is_left_out(filled: Shop) -> None:
    """It has no end to compare."""
    client = filled.client("prod")

    def running(request: Any) -> Any:
        answer = client.list_executions(**request)
        answer["executions"][0]["status"] = "RUNNING"
        return answer

    shop = filled.using(Faulty(client, list_executions=running))
    assert read(shop, last=1) == [("1.1.0", 3)]


def test_an_execution_that_is_listed_twice_is_read_once(filled: Shop) -> None:
    """A redrive changes its status while the lists of two statuses are read."""
    client = filled.client("prod")

    def redriven(request: Any) -> Any:
        answer = client.list_executions(**{**request, "statusFilter": "SUCCEEDED"})
        for item in answer["executions"]:
            item["status"] = request["statusFilter"]
        return answer

    shop = filled.using(Faulty(client, list_executions=redriven))
    assert read(shop, statuses=("SUCCEEDED", "FAILED"), last=3) == read(filled, last=3)


def test_unknown_names_are_errors_that_name_the_nearest(filled: Shop) -> None:
    """A workflow, a release, and an environment without a deployment."""
    workspace = filled.workspace()
    with pytest.raises(NotFoundError, match="helo") as error:
        finished_executions(workspace, "helo", "prod", ExecutionFilter())
    assert 'Did you mean "hello"?' in error.value.fix
    with pytest.raises(NotFoundError, match=r"1\.9\.0 of hello was never live in prod"):
        finished_executions(workspace, "hello", "prod", ExecutionFilter(version="1.9.0"))
    with pytest.raises(NotFoundError, match="Nothing is deployed to local"):
        finished_executions(workspace, "hello", "local", ExecutionFilter())


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("list_executions", "states:ListExecutions"),
        ("get_execution_history", "states:GetExecutionHistory"),
    ],
)
def test_a_missing_permission_names_the_action(filled: Shop, operation: str, action: str) -> None:
    """So you know what to add to the IAM policy."""

    def denied(_: Any) -> None:
        raise refused("AccessDeniedException", action.partition(":")[2])

    shop = filled.using(Faulty(filled.client("prod"), **{operation: denied}))
    with pytest.raises(AccessError, match=f"AWS denied {action}"):
        read(shop)


@pytest.mark.parametrize("operation", ["list_executions", "get_execution_history"])
def test_throttling_that_botocore_gives_up_on_is_an_error(filled: Shop, operation: str) -> None:
    """It names the operation; nothing hangs."""

    def throttled(_: Any) -> None:
        raise refused("ThrottlingException", "Operation")

    shop = filled.using(Faulty(filled.client("prod"), **{operation: throttled}))
    with pytest.raises(AwsError, match="ThrottlingException"):
        read(shop)


def test_a_page_token_that_expired_starts_the_list_again(filled: Shop) -> None:
    """Executions that were listed before aren't listed twice."""
    expired = once(
        refused("InvalidToken", "ListExecutions"), lambda request: "nextToken" in request
    )
    client = filled.client("prod")

    def pages(request: Any) -> Any:
        expired(request)
        return client.list_executions(**{**request, "maxResults": 2})

    shop = filled.using(Faulty(client, list_executions=pages))
    assert read(shop) == read(filled)


def test_an_expired_token_of_a_history_reads_it_again(filled: Shop) -> None:
    """From its first page, so no event is missing or double."""
    client = filled.client("prod")
    expired = once(
        refused("InvalidToken", "GetExecutionHistory"), lambda request: "nextToken" in request
    )

    def pages(request: Any) -> Any:
        expired(request)
        return client.get_execution_history(**{**request, "maxResults": 1})

    shop = filled.using(Faulty(client, get_execution_history=pages))
    found = [*finished_executions(shop.workspace(), "hello", "prod", ExecutionFilter())]
    assert [len(execution.events) for execution in found] == [4] * 5


def test_a_token_that_expires_again_and_again_is_an_error(filled: Shop) -> None:
    """Without progress, the list isn't started a third time."""
    client = filled.client("prod")

    def pages(request: Any) -> Any:
        if "nextToken" in request:
            raise refused("InvalidToken", "ListExecutions")
        return client.list_executions(**{**request, "maxResults": 2})

    shop = filled.using(Faulty(client, list_executions=pages))
    with pytest.raises(AwsError, match="InvalidToken"):
        read(shop)


def test_an_execution_that_was_deleted_meanwhile_is_left_out(filled: Shop) -> None:
    """The others are read, and the report says how many are missing."""
    gone = once(refused("ExecutionDoesNotExist", "GetExecutionHistory"))
    shop = filled.using(Faulty(filled.client("prod"), get_execution_history=gone))
    assert len(read(shop)) == 4
    assert "1 execution of hello in prod left out" in shop.watcher.said[-1]


def test_a_deleted_state_machine_is_explained(filled: Shop) -> None:
    """It was deleted outside of sfn-release."""
    client = filled.client("prod")
    client.delete_state_machine(stateMachineArn=filled.arn("hello", "prod"))
    with pytest.raises(AwsError) as error:
        read(filled)
    assert "Deploy it again:  sfn-release deploy 1.1.0 --env prod" in error.value.fix


def test_no_more_histories_are_read_than_needed(filled: Shop) -> None:
    """A caller that stops early stops the reading too."""
    counted = Faulty(filled.client("prod"))
    shop = filled.using(counted)
    assert len(read(shop, last=2)) == 2
    assert counted.calls.count("get_execution_history") == 2


def test_express_executions_of_a_service_without_logs_are_an_error(tmp_path: Path) -> None:
    """`local` has no CloudWatch Logs; nothing else has the events of EXPRESS executions."""
    shop = make_shop(tmp_path / "shop", config=ALONE)
    (shop.root / "workflows/hello.asl.json").unlink()
    shop.write(
        "workflows/hello.py",
        "import sfn_release as sfn\n"
        'only = sfn.Workflow.of(sfn.Pass("Only"))\n'
        'workflow = sfn.StateMachine("hello", only, type="EXPRESS")\n',
    )
    shop.commit()
    shop.publish("1.0.0", "local")
    shop.over_http = True
    with pytest.raises(ConfigError, match="hello in local can't be read: it is EXPRESS") as error:
        [*finished_executions(shop.workspace(), "hello", "local", ExecutionFilter())]
    assert "doesn't include CloudWatch Logs" in error.value.why
