"""CloudWatch alarms that stop a shift: they must exist, and may not fire.

CloudWatch treats a missing alarm as OK, so each alarm is looked up by name.
One without data counts as fine, as it does for CloudWatch: a quiet night is no reason to stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import Alarms
from sfn_release.errors import DeploymentError, NotFoundError

_PAGE = 100  # names in one call of DescribeAlarms


@dataclass(frozen=True)
class AlarmState:
    """The state of an alarm, as CloudWatch names it (``OK``, ``ALARM``), and its reason."""

    state: str
    reason: str


def firing(alarms: Alarms, names: Sequence[str]) -> dict[str, str]:
    """Return which of the alarms *names*, metric or composite, fire now, each with its reason.

    Raises NotFoundError when one of them does not exist.
    """
    return firing_of(alarm_states(alarms, names))


def firing_of(states: Mapping[str, AlarmState]) -> dict[str, str]:
    """Return which of some alarms fire, each with its reason."""
    return {name: found.reason for name, found in states.items() if found.state == "ALARM"}


def alarm_states(alarms: Alarms, names: Sequence[str]) -> dict[str, AlarmState]:
    """Return the state of each of the alarms *names*, metric or composite.

    Raises NotFoundError when one of them does not exist.
    """
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(names), _PAGE):
        found |= {alarm["AlarmName"]: alarm for alarm in _described(alarms, names[start:][:_PAGE])}
    missing = [name for name in names if name not in found]
    if missing:
        raise NotFoundError(
            f"The strategy names an alarm that doesn't exist: {', '.join(missing)}.",
            why="An alarm that does not exist would never stop a shift.",
            fix="Create it in the account and region of the environment, or correct `alarms` in"
            " releases.toml.",
        )
    return {
        name: AlarmState(
            found[name].get("StateValue") or "unknown",
            found[name].get("StateReason") or "no reason given",
        )
        for name in names
    }


def refuse_firing(alarms: Alarms, names: Sequence[str], environment: str) -> None:
    """Raise DeploymentError when an alarm fires before anything was begun."""
    found = firing(alarms, names)
    if found:
        raise DeploymentError(
            f"The alarm {', '.join(found)} is already firing: no callers were shifted.",
            why="\n  ".join(f"{name}: {reason}" for name, reason in found.items()),
            fix="Wait until it is over. If what is live is the cause, roll back, which an alarm"
            f" never stops:  sfn-release rollback --env {environment}",
        )


def _described(alarms: Alarms, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    request: dict[str, Any] = {
        "AlarmNames": list(names),
        "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],  # else the composite ones are left out
        "MaxRecords": _PAGE,
    }
    while True:
        page = call(alarms.describe_alarms, **request)
        yield from page.get("MetricAlarms", [])
        yield from page.get("CompositeAlarms", [])
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]
