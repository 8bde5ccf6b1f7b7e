"""What the tests of traffic shifting share: a shop with a strategy, alarms, and a world that acts.

Time passes only when a deployment waits, and then at once; what shall happen meanwhile is given as
functions of the time that has passed.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from support import CONFIG, NOON, ROLE, Clock, Shop, SilentWatcher, make_shop

import sfn_release as sfn
from sfn_release.aws.services import Aws
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment

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

        return replace(opened, aws=aws, around=replace(opened.around, wait=wait))

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
        return ledger.state(ledger.snapshot(offline=True), "prod").record


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
    made = make_shop(folder, config=config(strategy))
    shop = Canary(made.root, clients={"prod": sfn.local(region="eu-west-1")})
    names = workflows or {"hello": "one"}
    for name, result in names.items():
        shop.write(f"workflows/{name}.asl.json", json.dumps(may_fail(result)))
    if "hello" not in names:
        (shop.root / "workflows" / "hello.asl.json").unlink()
    shop.git("config", "user.name", "Ann")
    shop.git("config", "user.email", "ann@example.com")
    shop.commit()
    shop.write("releases.toml", config(strategy).replace("[project]\n", '[project]\nremote = ""\n'))
    shop.commit()
    shop.publish("1.0.0", "prod")
    for name, result in names.items():
        shop.write(f"workflows/{name}.asl.json", json.dumps(may_fail(f"{result} 2")))
    shop.commit()
    shop.publish("1.1.0", deploy=False)
    shop.watcher = SilentWatcher()
    return shop


__all__ = ["CANARY", "LINEAR", "ROLE", "Canary", "Clock", "FakeAlarms", "canary", "may_fail"]
