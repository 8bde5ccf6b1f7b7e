"""What the tests of traffic shifting share: a shop with a strategy, alarms, and a world that acts.

Time passes only when a deployment waits, and then at once; what shall happen meanwhile is given as
functions of the time that has passed.
"""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from sfn_release.aws.clients import Aws
from sfn_release.aws.stepfunctions import StepFunctions, in_process
from sfn_release.canonical import digest
from sfn_release.local_service import open_service
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from sfn_release.simulator import Mocks
from support.shop import CONFIG, Shop, make_shop
from support.world import NOON

MACHINES = "arn:aws:states:eu-west-1:000000000000:stateMachine:"
_names = itertools.count(1)


def config(strategy: str) -> str:
    """Return a releases.toml whose environment ``prod`` has *strategy*."""
    return f"{CONFIG}\n[environments.prod.strategy]\n{strategy}\n"


CANARY = 'type = "canary"\npercent = 20\ninterval = "30m"\n'
LINEAR = 'type = "linear"\npercent = 40\ninterval = "10m"\n'


@dataclass
class FakeAlarms:
    """CloudWatch with some alarms: *firing* maps those that fire to their reason."""

    names: frozenset[str] = frozenset({"shop-failed", "shop-slow"})
    composite: frozenset[str] = frozenset()
    firing: dict[str, str] = field(default_factory=dict)
    error: Exception | None = None
    page: int = 100
    asked: list[dict[str, Any]] = field(default_factory=list)

    def describe_alarms(self, **request: Any) -> dict[str, Any]:
        """Answer as CloudWatch does, in pages."""
        self.asked.append(request)
        if self.error is not None:
            raise self.error
        start = int(request.get("NextToken", 0))
        wanted = sorted(self.names & {*request["AlarmNames"]})
        answer: dict[str, Any] = {"MetricAlarms": [], "CompositeAlarms": []}
        for name in wanted[start:][: self.page]:
            kind = "CompositeAlarm" if name in self.composite else "MetricAlarm"
            if kind not in request.get("AlarmTypes", ["MetricAlarm"]):
                continue
            state = {"StateValue": "ALARM", "StateReason": self.firing.get(name)}
            fine = {"StateValue": "OK", "StateReason": "fine"}
            answer[f"{kind}s"].append(
                {"AlarmName": name, **(state if name in self.firing else fine)}
            )
        if wanted[start + self.page :]:
            answer["NextToken"] = str(start + self.page)
        return answer


def refusal(code: str, operation: str) -> ClientError:
    """Return what boto3 raises when AWS refuses a call."""
    told = {"Code": code, "Message": "injected"}
    return ClientError({"Error": told, "ResponseMetadata": {"HTTPStatusCode": 400}}, operation)


@dataclass
class Canary(Shop):
    """A shop that shifts callers in ``prod``. *alarms* is its CloudWatch.

    *during* is called at every wait with the time since the deployment began.
    """

    alarms: FakeAlarms = field(default_factory=FakeAlarms)
    during: Callable[[timedelta], None] = lambda _: None
    began: Any = NOON
    close: Callable[[], None] = lambda: None

    def deploy(self, version: str, environment: str | None = "prod", **options: Any) -> Any:
        """Deploy to ``prod``."""
        self.began = self.clock.at
        return super().deploy(version, environment, **options)

    def workspace(self) -> Workspace:
        """Open the project; waiting lets things happen."""
        opened = super().workspace()
        services = opened.aws

        def aws(environment: Environment) -> Aws:
            client = services(environment).stepfunctions
            return Aws.of(client, {"cloudwatch": self.alarms}.__getitem__)

        def wait(seconds: float) -> None:
            self.clock.wait(seconds)
            self.during(self.clock.at - self.began)

        return replace(opened, aws=aws, runtime=replace(opened.runtime, wait=wait))

    def client(self, environment: str = "local") -> StepFunctions:
        """Return an environment's client."""
        return self.clients.get(environment) or super().client(environment)

    def arn(self, name: str, environment: str = "local") -> str:
        """Return a state machine's ARN."""
        return MACHINES + name if environment == "prod" else super().arn(name, environment)

    def routing(self, workflow: str = "hello") -> dict[int, int]:
        """Return the weights of the alias by version number."""
        arn = f"{self.arn(workflow, 'prod')}:live"
        found = self.client("prod").describe_state_machine_alias(stateMachineAliasArn=arn)
        return {
            int(route["stateMachineVersionArn"].rpartition(":")[2]): route["weight"]
            for route in found["routingConfiguration"]
        }

    def start(self, version: int, workflow: str = "hello", **given: Any) -> str:
        """Start an execution of a version, as the alias would."""
        answer = self.client("prod").start_execution(
            stateMachineArn=f"{self.arn(workflow, 'prod')}:{version}",
            name=f"run-{next(_names)}",
            input=json.dumps(given),
        )
        return str(answer["executionArn"])

    def record(self) -> Any:
        """Return the last record of ``prod``."""
        ledger = self.workspace().ledger
        return ledger.deployments.state(ledger.branches.snapshot(offline=True), "prod").record


def live(shop: Canary) -> tuple[Any, Any]:
    """Return what the alias's first route and the bare machine give."""
    client, arn = shop.client("prod"), shop.arn("hello", "prod")
    alias = client.describe_state_machine_alias(stateMachineAliasArn=f"{arn}:live")
    version = alias["routingConfiguration"][0]["stateMachineVersionArn"]
    texts = [
        client.describe_state_machine(stateMachineArn=one)["definition"] for one in (version, arn)
    ]
    first, second = (json.loads(text)["States"]["Only"]["Result"] for text in texts)
    return first, second


def may_fail(result: Any) -> dict[str, Any]:
    """Return a definition that fails when its input says ``{"fail": true}``."""
    return {
        "StartAt": "Choose",
        "States": {
            "Choose": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.fail", "IsPresent": True, "Next": "Broken"}],
                "Default": "Only",
            },
            "Broken": {"Type": "Fail", "Error": "Card.Declined", "Cause": "no money"},
            "Only": {"Type": "Pass", "Result": result, "End": True},
        },
    }


def canary(
    folder: Path, strategy: str = CANARY, workflows: Mapping[str, Any] | None = None
) -> Canary:
    """Return a shop where 1.0.0 is live in ``prod`` and 1.1.0 is released."""
    names = dict(workflows or {"hello": "one"})
    template = folder.parent.parent / f"canary-{digest([strategy, names]).removeprefix('sha256:')}"
    if not template.exists():
        making = template.with_name(f"{template.name}-making")
        _make(making / "shop", strategy, names)
        making.rename(template)
    shutil.copytree(template, folder)
    return _open(folder / "shop")


def _open(root: Path) -> Canary:
    """Open a shop with its AWS, a file beside it; AWS's clock is the shop's."""
    shop = Canary(root)

    def clock() -> float:
        return shop.clock.at.timestamp()

    aws = open_service(
        root.parent / "aws.db",
        tasks_for=lambda _name, _tags: Mocks(),
        clock=clock,
        region="eu-west-1",
    )
    shop.clients["prod"] = in_process(aws.answer, region="eu-west-1")
    shop.close = aws.close
    return shop


def _make(root: Path, strategy: str, names: Mapping[str, Any]) -> None:
    text = config(strategy).replace("[project]\n", '[project]\nremote = ""\n')
    make_shop(root, config=text, workflows=names)
    shop = _open(root)
    shop.git("config", "user.name", "Ann")
    shop.git("config", "user.email", "ann@example.com")
    for version, deployed in (("1.0.0", True), ("1.1.0", False)):
        for name, result in names.items():
            definition = may_fail(result if deployed else f"{result} 2")
            shop.write(f"workflows/{name}.asl.json", json.dumps(definition))
        shop.commit()
        shop.publish(version, *(["prod"] if deployed else []), deploy=deployed)
    shop.close()
