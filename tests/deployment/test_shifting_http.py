"""A shift as in production: Step Functions and CloudWatch over HTTP, by boto3's own clients."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest

from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.deployment.live_state import describe_alias
from sfn_release.local_service import open_service
from sfn_release.local_service.server import start
from sfn_release.operations import Workspace, deploy, open_workspace, publish, rollback, status
from sfn_release.release.record import Record
from sfn_release.simulator.mocks import Mocks
from support.errors import refused
from support.shifting import may_fail
from support.shop import ROLE, Shop, make_shop
from support.world import Clock, SilentWatcher, system_runtime

REGION = "eu-west-1"

pytestmark = pytest.mark.usefixtures("cloudwatch")


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    """Serve CloudWatch by moto, on a free port of loopback."""
    from moto.server import ThreadedMotoServer  # slow: only those who use it wait for it

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


class Production(Shop):
    """A shop whose ``prod`` is reached over HTTP; *during* is called at every wait."""

    during: Callable[[], None] = staticmethod(lambda: None)

    def workspace(self) -> Workspace:
        """Open the project as a command does, but for the time."""
        runtime = system_runtime(self.watcher, self.clock)

        def wait(seconds: float) -> None:
            self.clock.wait(seconds)
            self.during()

        return open_workspace(self.root, replace(runtime, wait=wait))

    @cached_property
    def aws(self) -> StepFunctions:
        """Step Functions, to look at what callers get."""
        workspace = self.workspace()
        return workspace.aws(workspace.environment("prod")).stepfunctions

    @cached_property
    def machine(self) -> str:
        """The ARN of the one state machine."""
        return self.serving("prod").workflows["hello"].state_machine_arn

    def routing(self) -> dict[str, int]:
        """Return the weights of the alias by version number."""
        alias = describe_alias(self.aws, f"{self.machine}:live")
        assert alias is not None
        return {arn.rpartition(":")[2]: weight for arn, weight in alias.routing.items()}


@pytest.fixture
def shop(tmp_path: Path, moto_url: str) -> Iterator[Production]:
    """Give a shop where 1.0.0 is live and 1.1.0 is released, watched by two alarms."""
    clock = Clock()  # AWS's too: a deployment compares them

    def time() -> float:
        return clock.at.timestamp()

    aws = open_service(":memory:", tasks_for=lambda _name, _tags: Mocks(), clock=time)
    with start(aws) as server:
        yield _shop(tmp_path, clock, server.url, moto_url)


def _shop(tmp_path: Path, clock: Clock, url: str, moto_url: str) -> Production:
    name = f"shop-{tmp_path.name[-20:].strip('-_')}"
    config = f"""\
[project]
name = "shop"
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
    shop = Production(made.root, watcher=SilentWatcher(), clock=clock)
    for version, result in (("1.0.0", "one"), ("1.1.0", "two")):
        shop.write("workflows/hello.asl.json", json.dumps(may_fail(result)))
        shop.commit()
        publish(shop.workspace(), version, environments=["prod"], deploy=version == "1.0.0")
    return shop


@pytest.fixture
def cloudwatch(moto_url: str) -> Iterator[Any]:
    """Give CloudWatch's client, where a metric alarm and a composite one are fine."""
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


def _deploy(shop: Production, version: str) -> Record:
    record = deploy(shop.workspace(), version, environment="prod")
    assert record is not None
    return record


def test_a_canary_on_aws_in_no_time(shop: Production) -> None:
    """Thirty minutes of a tenth of all callers, over real connections."""
    began, seen = shop.clock.at, set()
    shop.during = lambda: seen.add(json.dumps(shop.routing()))
    assert _deploy(shop, "1.1.0").status == "succeeded"
    assert {'{"1": 90, "2": 10}'} == seen
    assert shop.routing() == {"2": 100}
    assert timedelta(minutes=30) <= shop.clock.at - began


@pytest.mark.parametrize("name", ["shop-failed", "shop-any"])
def test_an_alarm_stops_it(shop: Production, cloudwatch: Any, name: str) -> None:
    """A metric alarm or a composite one: the routing is put back, and the reason recorded."""

    def fire() -> None:
        cloudwatch.set_alarm_state(
            AlarmName=name, StateValue="ALARM", StateReason="Threshold crossed: 3 > 0"
        )

    shop.during = fire
    with refused("E_REVERTED", f"the alarm {name} fires", "Threshold crossed: 3 > 0"):
        _deploy(shop, "1.1.0")
    assert shop.routing() == {"1": 100}
    (prod,) = status(shop.workspace(), environment="prod")
    assert prod.record is not None
    assert (prod.state, prod.record.status) == ("in-sync", "reverted")
    with refused("E_DEPLOYMENT", f"The alarm {name} fires already"):
        _deploy(shop, "1.1.0")
    restored = rollback(shop.workspace(), environment="prod")
    assert restored is not None
    assert restored.status == "succeeded"


def test_an_alarm_that_does_not_exist_is_no_alarm(shop: Production, cloudwatch: Any) -> None:
    """It is refused before anything is done."""
    cloudwatch.delete_alarms(AlarmNames=["shop-any"])
    with refused("E_NOT_FOUND", "CloudWatch has no alarm shop-any, which the strategy names."):
        _deploy(shop, "1.1.0")


def test_failed_executions_of_the_alias_stop_it(shop: Production) -> None:
    """They are found by the version that the alias chose for them."""

    def call() -> None:
        for _ in range(20):
            shop.aws.start_execution(stateMachineArn=f"{shop.machine}:live", input='{"fail": true}')

    shop.during = call
    with refused("E_REVERTED", "of the new version failed, and max_failures is 0", "no money"):
        _deploy(shop, "1.1.0")
    assert shop.routing() == {"1": 100}
