"""`which`: the release behind an execution, by what it ran."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import AccessError
from sfn_release.operations import which
from sfn_release.operations.execution_origin import ExecutionOrigin
from support.command_line import CREDENTIALS
from support.errors import refused as raises
from support.express_logs import ago, express_run, put
from support.faulty_client import Faulty, refused
from support.shop import ALONE, Shop, made_once
from support.values import definition

EXPRESS = "arn:aws:states:eu-west-1:000000000000:express:hello:one:two"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a shop whose `hello` was one, two, and two again with another `other`."""
    return made_once(tmp_path, "which", _make)


def _make(shop: Shop) -> None:
    shop.write("releases.toml", ALONE)
    shop.clock.at = datetime.now(UTC) - timedelta(days=1)
    for version, results in (
        ("1.0.0", {"hello": "one"}),
        ("1.1.0", {"hello": "two"}),
        ("1.2.0", {"hello": "two", "other": "x"}),
    ):
        shop.commit(**results)
        shop.publish(version, "prod")


def started(shop: Shop, qualifier: str = "", workflow: str = "hello", **given: Any) -> str:
    """Start an execution in prod, and return its ARN."""
    machine = shop.arn(workflow, "prod") + qualifier
    return str(
        shop.client("prod").start_execution(stateMachineArn=machine, **given)["executionArn"]
    )


def found(shop: Shop, arn: str, environment: str | None = None) -> ExecutionOrigin:
    """Return the origin of an execution."""
    return which(shop.workspace(), arn, environment=environment)


def versions(origin: ExecutionOrigin) -> list[str]:
    """Return the release, and then the others with the same content."""
    return [origin.deployed.record.version, *(other.record.version for other in origin.others)]


@pytest.mark.parametrize(
    ("qualifier", "expected"),
    [
        (":live", ["1.2.0", "1.1.0"]),
        (":2", ["1.2.0", "1.1.0"]),
        (":1", ["1.0.0"]),
        ("", ["1.2.0", "1.1.0"]),
    ],
)
def test_the_release_that_was_deployed_at_the_start_comes_first(
    shop: Shop, qualifier: str, expected: list[str]
) -> None:
    """Two releases with the same content are both named."""
    origin = found(shop, started(shop, qualifier))
    assert versions(origin) == expected
    assert (origin.workflow, origin.environment) == ("hello", "prod")
    members = origin.to_json()
    assert members["commit"] == shop.git("rev-parse", f"v{expected[0]}^{{commit}}")
    assert members["deployed_by"].startswith("ann")
    assert (members["author"], members["action"]) == (str(_author(shop)), "publish")
    assert members["notes"] == []


def _author(shop: Shop) -> object:
    return shop.workspace().git.repository.identity


def test_the_definition_decides_and_not_the_clock(shop: Shop) -> None:
    """Just after a switch, an execution may run the old definition: unqualified, even after it."""
    client = shop.client("prod")
    arn = started(shop)
    old = client.describe_state_machine(stateMachineArn=f"{shop.arn('hello', 'prod')}:1")

    def late(request: Any) -> Any:
        return {**client.describe_state_machine_for_execution(**request)} | {
            "definition": old["definition"]
        }

    faulty = Faulty(client, describe_state_machine_for_execution=late)
    assert versions(found(shop.using(faulty), arn)) == ["1.0.0"]


def test_the_clock_orders_releases_with_the_same_content(shop: Shop) -> None:
    """What was deployed later comes after, and what failed comes last."""
    client, arn = shop.client("prod"), started(shop, ":2")
    later = shop.history("prod").deployments[0].started_at
    start = datetime.fromisoformat(later) - timedelta(seconds=1)

    def earlier(request: Any) -> Any:
        return {**client.describe_execution(**request), "startDate": start}

    assert versions(found(shop.using(Faulty(client, describe_execution=earlier)), arn)) == [
        *("1.1.0", "1.2.0"),
    ]
    shop.commit(hello="two", other="y")
    shop.publish("1.3.0", deploy=False)
    denied = refused("AccessDeniedException", "UpdateStateMachineAlias")

    def deny(_: Any) -> Any:
        raise denied

    with pytest.raises(AccessError):
        shop.using(Faulty(client, update_state_machine_alias=deny)).deploy("1.3.0", "prod")
    assert versions(found(shop, arn)) == ["1.2.0", "1.1.0", "1.3.0"]


def test_a_retained_workflow_is_of_its_own_release(shop: Shop) -> None:
    """A later record names it too, for a release that doesn't have it."""
    (shop.project / "workflows" / "other.asl.json").unlink()
    shop.commit(hello="three")
    shop.publish("1.3.0", "prod")
    assert versions(found(shop, started(shop, ":live", "other"))) == ["1.2.0"]


def test_a_rollback_is_what_was_deployed(shop: Shop) -> None:
    """Then the older release comes first."""
    shop.clock.forward(hours=1)
    shop.rollback("1.1.0", "prod")
    origin = found(shop, started(shop, ":live"))
    assert versions(origin) == ["1.1.0", "1.2.0"]
    assert origin.to_json()["action"] == "rollback"


def test_settings_that_differ_are_noted(shop: Shop) -> None:
    """Someone changed the role, or the endpoint leaves settings out."""
    client = shop.client("prod")
    machine = shop.arn("hello", "prod")
    role = "arn:aws:iam::000000000000:role/other"
    client.update_state_machine(stateMachineArn=machine, roleArn=role)
    origin = found(shop, started(shop))
    assert versions(origin)[0] == "1.2.0"
    assert origin.notes == ("It ran that definition with settings that differ from the record.",)


def test_content_that_no_release_made(shop: Shop) -> None:
    """By hand, in the console: unqualified, or as a version."""
    client, machine = shop.client("prod"), shop.arn("hello", "prod")
    client.update_state_machine(stateMachineArn=machine, definition=json.dumps(definition("evil")))
    with raises("E_NOT_FOUND", "No release of hello in prod", "Someone changed hello"):
        found(shop, started(shop))
    client.publish_state_machine_version(stateMachineArn=machine)
    with raises("E_NOT_FOUND", "which no record names", "started with :3 of hello"):
        found(shop, started(shop, ":3"))
    client.update_state_machine(stateMachineArn=machine, definition=json.dumps(definition("one")))
    client.publish_state_machine_version(stateMachineArn=machine)
    origin = found(shop, started(shop, ":4"))
    assert versions(origin) == ["1.0.0"]
    assert "someone published it by hand" in origin.notes[0]


def test_executions_from_before_an_adoption(shop: Shop) -> None:
    """What was adopted is a release without a commit; anything before that is unknown."""
    client = shop.client("prod")
    made = client.create_state_machine(
        name="mine",
        definition=json.dumps(definition("older")),
        roleArn="arn:aws:iam::000000000000:role/shop",
    )
    arn = made["stateMachineArn"]
    older = started(shop, workflow="mine")
    with raises("E_NOT_FOUND", "mine isn't a state machine of this project in prod"):
        found(shop, older, "prod")
    nowhere = "No environment of this project has a state machine mine in account 000000000000"
    with raises("E_NOT_FOUND", f"{nowhere} in eu-west-1.", "prod (account unknown, eu-west-1)"):
        found(shop, older)
    with raises("E_NOT_FOUND", f"{nowhere} in us-east-1.", "local (000000000000, us-east-1)"):
        found(shop, older.replace("eu-west-1", "us-east-1"))
    client.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition("found")))
    adopted = started(shop, workflow="mine")
    shop.clock.at = datetime.now(UTC) + timedelta(minutes=1)
    shop.commit(hello="two", mine="three")
    shop.publish("1.3.0", "prod", adopt=True)
    origin = found(shop, adopted)
    assert versions(origin) == ["0.0.0-found.1"]
    assert origin.to_json()["commit"] is None
    assert "no commit made it" in origin.notes[-1]
    with raises("E_NOT_FOUND", "before the first deployment to prod"):
        found(shop, older)


def test_child_executions_ran_a_part_of_their_parent(shop: Shop) -> None:
    """The release is the parent's."""
    child = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Done",
        "States": {"Done": {"Type": "Succeed"}},
    }
    each = {"Type": "Map", "ItemProcessor": child, "End": True}
    workflow = {"StartAt": "Each", "States": {"Each": each}}
    shop.write("workflows/mapped.asl.json", json.dumps(workflow))
    shop.commit(hello="two")
    shop.publish("1.3.0", "prod")
    client = shop.client("prod")
    parent = started(shop, ":live", "mapped", input="[1]")
    for _ in range(100):
        if client.describe_execution(executionArn=parent)["status"] != "RUNNING":
            break
    events = client.get_execution_history(executionArn=parent)["events"]
    (run,) = (
        event["mapRunStartedEventDetails"]["mapRunArn"]
        for event in events
        if "mapRunStartedEventDetails" in event
    )
    (first,) = client.list_executions(mapRunArn=run)["executions"]
    origin = found(shop, first["executionArn"])
    assert (versions(origin), origin.parent) == (["1.3.0"], parent)


def test_an_unreadable_definition_leaves_the_version_or_the_clock(shop: Shop) -> None:
    """A note says so, with the permission that would help."""
    denied = refused("AccessDeniedException", "DescribeStateMachineForExecution")

    def deny(_: Any) -> Any:
        raise denied

    client = shop.client("prod")
    blind = shop.using(Faulty(client, describe_state_machine_for_execution=deny))
    origin = found(blind, started(shop, ":1"))
    assert versions(origin) == ["1.0.0"]
    assert "states:DescribeStateMachineForExecution" in origin.notes[0]
    assert "the version of its state machine decides" in origin.notes[1]
    origin = found(blind, started(shop))
    assert versions(origin) == ["1.2.0"]
    assert "the time of its start decides" in origin.notes[1]
    hidden = shop.using(
        Faulty(client, describe_state_machine_for_execution=lambda _: {"definition": "{}"})
    )
    assert versions(found(hidden, started(shop, ":1"))) == ["1.0.0"]


def test_express_executions_leave_no_record(shop: Shop) -> None:
    """The ARN says the workflow and the environment; its release is known if there was just one."""
    with raises("E_NOT_FOUND", "It isn't known which release", "1.2.0, 1.1.0, 1.0.0"):
        found(shop, EXPRESS)
    origin = found(shop, EXPRESS.replace("hello", "other"))
    assert versions(origin) == ["1.2.0"]
    assert "never served other content" in origin.notes[0]


def test_the_log_of_an_express_execution_names_its_version(
    shop: Shop, other_services: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of moto, over HTTP: CloudWatch Logs has the version and the time of the start."""
    import boto3

    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    logs = boto3.client("logs", region_name="eu-west-1", endpoint_url=other_services)
    shop.clock.at = datetime.now(UTC)
    shop.others["logs"] = logs
    client, machine = shop.client("prod"), shop.arn("hello", "prod")
    group = "arn:aws:logs:eu-west-1:000000000000:log-group:/shop/express:*"
    client.update_state_machine(
        stateMachineArn=machine,
        loggingConfiguration={
            "level": "ALL",
            "includeExecutionData": True,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
        },
    )
    arn, events = express_run(
        definition("one"),
        {},
        machine=machine,
        name="one",
        at=ago(seconds=60),
        version=f"{machine}:1",
    )
    put(logs, events)
    origin = found(shop, arn)
    assert versions(origin) == ["1.0.0"]
    assert "EXPRESS executions are read from logs." in origin.notes


@pytest.mark.parametrize(
    "operation", ["describe_execution", "describe_state_machine_for_execution"]
)
def test_failing_calls_end_in_one_error_or_a_note(shop: Shop, operation: str) -> None:
    """Access denied, throttling, nonsense."""
    arn = started(shop, ":1")
    for code in ("AccessDeniedException", "ThrottlingException"):
        error = refused(code, operation)

        def fail(_: Any, error: Exception = error) -> Any:
            raise error

        failing = shop.using(Faulty(shop.client("prod"), **{operation: fail}))
        if operation == "describe_execution":
            with raises("E_ACCESS" if code.startswith("Access") else "E_AWS", ""):
                found(failing, arn)
        else:
            assert versions(found(failing, arn)) == ["1.0.0"]
    nonsense = shop.using(Faulty(shop.client("prod"), **{operation: lambda _: {"what": 1}}))
    assert found(nonsense, arn).workflow == "hello"


def test_an_execution_that_is_not_ours(shop: Shop) -> None:
    """Another account, a missing execution, another kind of ARN."""
    arn = started(shop)
    with raises("E_NOT_FOUND", "There is no execution"):
        found(shop, f"{arn}-other")
    with raises("E_NOT_FOUND", "No environment", "Run it in the project"):
        found(shop, arn.replace("eu-west-1", "eu-west-3"))
    with raises("E_USAGE", "is a state machine, not an execution"):
        found(shop, shop.arn("hello", "prod"))
    with raises("E_USAGE", "isn't in local"):
        found(shop, arn, "local")
