"""Helpers of the tests of shifting: a shop with a strategy, alarms, and a changing world.

Time passes only when a deployment waits, and then immediately; functions of the passed time make
events happen in between.
"""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from sfn_release.canonical import digest
from support.shop import CONFIG, Shop, account, make_shop

MACHINES = "arn:aws:states:eu-west-1:000000000000:stateMachine:"
_names = itertools.count(1)


def config(strategy: str) -> str:
    """Return a releases.toml whose environment ``prod`` has *strategy*."""
    return f"{CONFIG}\n[environments.prod.strategy]\n{strategy}\n"


CANARY = 'type = "canary"\npercent = 20\ninterval = "30m"\n'
LINEAR = 'type = "linear"\npercent = 40\ninterval = "10m"\n'


@dataclass
class FakeAlarms:
    """CloudWatch with some alarms: *firing* maps the firing ones to their reason."""

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
    """Return the exception that boto3 raises when AWS refuses a call."""
    told = {"Code": code, "Message": "injected"}
    return ClientError({"Error": told, "ResponseMetadata": {"HTTPStatusCode": 400}}, operation)


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
) -> Shop:
    """Return a shop where 1.0.0 is live in ``prod`` and 1.1.0 is released.

    AWS goes by the shop's clock, and has the alarms of `alarms`.
    """
    names = dict(workflows or {"hello": "one"})
    template = folder.parent.parent / f"canary-{digest([strategy, names]).removeprefix('sha256:')}"
    if not template.exists():
        making = template.with_name(f"{template.name}-making")
        _make(making / "shop", strategy, names)
        making.rename(template)
    shutil.copytree(template, folder)
    return _open(folder / "shop")


def alarms(shop: Shop) -> FakeAlarms:
    """Return the shop's CloudWatch."""
    found: FakeAlarms = shop.others["cloudwatch"]
    return found


def _open(root: Path) -> Shop:
    shop = Shop(root, others={"cloudwatch": FakeAlarms()})
    return account(shop, aws_time=shop.clock.seconds)


def _make(root: Path, strategy: str, names: Mapping[str, Any]) -> None:
    project = '[project]\nremote = ""\ndefault_environment = "prod"\n'
    text = config(strategy).replace("[project]\n", project)
    make_shop(root, config=text, workflows=names)
    shop = _open(root)
    shop.git("config", "user.name", "Ann")
    shop.git("config", "user.email", "ann@example.com")
    for version, deployed in (("1.0.0", True), ("1.1.0", False)):
        for name, result in names.items():
            definition = may_fail(result if deployed else f"{result} 2")
            shop.write(f"workflows/{name}.asl.json", json.dumps(definition))
        shop.commit()
        shop.publish(version, deploy=deployed)
    shop.clients.clear()
