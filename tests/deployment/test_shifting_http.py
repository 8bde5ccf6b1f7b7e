"""A shift as in production: Step Functions and CloudWatch over HTTP, by boto3's own clients."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from sfn_release.deployment.live_state import describe_alias
from sfn_release.local_service import open_service
from sfn_release.local_service.http.server import start
from sfn_release.operations import status
from sfn_release.simulator.mocks import Mocks
from support.errors import refused
from support.shifting import may_fail
from support.shop import ROLE, Shop, make_shop
from support.world import Clock

REGION = "eu-west-1"

pytestmark = pytest.mark.usefixtures("cloudwatch")


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    """Serve CloudWatch by moto, on a free port of loopback."""
    from moto.server import ThreadedMotoServer  # slow: imported only for the tests that need it

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


def machine(shop: Shop) -> str:
    """Return the ARN of the one state machine."""
    return shop.serving("prod").workflows["hello"].state_machine_arn


def routing(shop: Shop) -> dict[int, int]:
    """Return the weights of its alias by version number."""
    alias = describe_alias(shop.client("prod"), f"{machine(shop)}:live")
    assert alias is not None
    return {int(arn.rpartition(":")[2]): weight for arn, weight in alias.routing.items()}


@pytest.fixture
def shop(tmp_path: Path, moto_url: str) -> Iterator[Shop]:
    """Return a shop where 1.0.0 is live and 1.1.0 is released, watched by two alarms."""
    clock = Clock()  # AWS's too: a deployment compares them

    aws = open_service(":memory:", tasks_for=lambda _scope: Mocks(), clock=clock.seconds)
    with start(aws) as server:
        yield _shop(tmp_path, clock, server.url, moto_url)


def _shop(tmp_path: Path, clock: Clock, url: str, moto_url: str) -> Shop:
    name = f"shop-{tmp_path.name[-20:].strip('-_')}"
    config = f"""\
[project]
name = "shop"
default_environment = "prod"
remote = ""

[environments.prod]
region = "{REGION}"
role_arn = "{ROLE}"
name = "{{workflow}}-{name}"
endpoint_url = {{ stepfunctions = "{url}", cloudwatch = "{moto_url}" }}

[environments.prod.strategy]
type = "canary"
percent = 10
interval = "30m"
alarms = ["shop-failed", "shop-any"]
max_failures = 0
"""
    made = make_shop(tmp_path / "shop", config=config)
    shop = Shop(made.root, clock=clock, over_http=True)
    for version, result in (("1.0.0", "one"), ("1.1.0", "two")):
        shop.write("workflows/hello.asl.json", json.dumps(may_fail(result)))
        shop.commit()
        shop.publish(version, deploy=version == "1.0.0")
    return shop


@pytest.fixture
def cloudwatch(moto_url: str) -> Iterator[Any]:
    """Return a CloudWatch client, where a metric alarm and a composite one are fine."""
    client = boto3.client("cloudwatch", region_name=REGION, endpoint_url=moto_url)
    from moto.backends import get_backend

    for name in ("shop-failed", "shop-any"):
        client.put_metric_alarm(
            AlarmName=name,
            MetricName="ExecutionsFailed",
            Namespace="AWS/States",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
        )
    # moto describes composite alarms, and has no operation that makes one.
    get_backend("cloudwatch")["123456789012"][REGION].alarms["shop-any"].rule = "ALARM(shop-failed)"
    yield client
    client.delete_alarms(AlarmNames=["shop-failed", "shop-any"])


def test_a_canary_on_aws_in_no_time(shop: Shop) -> None:
    """Thirty minutes of a tenth of all callers, over real connections."""
    seen = set()
    shop.during = lambda _: seen.add(json.dumps(routing(shop)))
    assert shop.deploy("1.1.0").status == "succeeded"
    assert {'{"1": 90, "2": 10}'} == seen
    assert routing(shop) == {2: 100}
    assert timedelta(minutes=30) <= shop.clock.at - shop.began


@pytest.mark.parametrize("name", ["shop-failed", "shop-any"])
def test_an_alarm_stops_it(shop: Shop, cloudwatch: Any, name: str) -> None:
    """A metric alarm or a composite one: the routing is put back, and the reason recorded."""

    def fire(_: timedelta) -> None:
        cloudwatch.set_alarm_state(
            AlarmName=name, StateValue="ALARM", StateReason="Threshold crossed: 3 > 0"
        )

    shop.during = fire
    with refused("E_REVERTED", f"the alarm {name} is firing", "Threshold crossed: 3 > 0"):
        shop.deploy("1.1.0")
    assert routing(shop) == {1: 100}
    (prod,) = status(shop.workspace(), environment="prod")
    assert prod.record is not None
    assert (prod.state, prod.record.status) == ("in-sync", "reverted")
    with refused("E_DEPLOYMENT", f"The alarm {name} is already firing"):
        shop.deploy("1.1.0")
    restored = shop.rollback()
    assert restored is not None
    assert restored.status == "succeeded"


def test_an_alarm_that_does_not_exist_is_no_alarm(shop: Shop, cloudwatch: Any) -> None:
    """It is refused before anything is done."""
    cloudwatch.delete_alarms(AlarmNames=["shop-any"])
    with refused("E_NOT_FOUND", "The strategy names an alarm that doesn't exist: shop-any."):
        shop.deploy("1.1.0")


def test_failed_executions_of_the_alias_stop_it(shop: Shop) -> None:
    """They are found by the version that the alias chose for them."""

    def call(_: timedelta) -> None:
        for _number in range(20):
            shop.client("prod").start_execution(
                stateMachineArn=f"{machine(shop)}:live", input='{"fail": true}'
            )

    shop.during = call
    with refused("E_REVERTED", "of the new version failed: the limit is 0", "no money"):
        shop.deploy("1.1.0")
    assert routing(shop) == {1: 100}
