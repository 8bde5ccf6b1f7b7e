"""Finds triggers that start state machines without their alias: they don't notice a rollback.

Rules of EventBridge, schedules of EventBridge Scheduler and pipes of EventBridge Pipes are
searched. Other triggers aren't: API Gateway doesn't list integrations by their target, and other
state machines and your own code are anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.aws.api_calls import Operation, call
from sfn_release.aws.clients import Aws
from sfn_release.deployment.live_state import in_parallel
from sfn_release.errors import ConfigError, SfnReleaseError
from sfn_release.operations.diagnosis.diagnosis import Diagnosis, Findings
from sfn_release.project import Environment

_SUBJECT = "triggers"
_DEFAULT_BUS = "default"
_SDK_TARGET = ":aws-sdk:sfn:"  # arn:aws:scheduler:::aws-sdk:sfn:startExecution


@dataclass(frozen=True)
class Trigger:
    """A trigger that starts the state machine *arn*. *kind* and *name* are for people."""

    kind: str
    name: str
    arn: str

    def __str__(self) -> str:
        return f"the {self.kind} {self.name}"


def examine_triggers(
    environment: Environment, aws: Aws, machines: Mapping[str, str]
) -> Iterator[Diagnosis]:
    """Yield the triggers that start *machines*, ARNs by name, without the environment's alias.

    Without an alias, every caller does so, and nothing is searched. A service that you may not ask
    gets a warning.
    """
    alias = environment.alias
    if not alias or not machines:
        return
    findings = Findings(environment.name)
    arns = frozenset(machines.values())
    searched = []
    found = False
    for service, search in _SEARCHES.items():
        try:
            triggers = search(aws, arns)
        except ConfigError:
            continue  # this service isn't there
        except SfnReleaseError as error:
            yield findings.warning(
                _SUBJECT,
                f"{service} aren't searched: {error.message} {error.why}".rstrip(),
                error.fix or "Search them by hand.",
            )
            continue
        searched.append(service)
        for trigger in triggers:
            found = True
            name = trigger.arn.rpartition(":")[2]
            yield findings.warning(
                _SUBJECT,
                f"{trigger} starts {name} without its alias {alias}, so traffic shifts and"
                " rollbacks of the alias don't reach it",
                f"Let it start  {trigger.arn}:{alias}",
            )
    if searched and not found:
        listed = ", ".join(searched)
        text = f"none of the {listed} starts a state machine without its alias"
        yield findings.ok(_SUBJECT, f"{text}; API Gateway isn't searched")


def _rules(aws: Aws, arns: frozenset[str]) -> list[Trigger]:
    """Return the rules of every event bus. EventBridge finds the rules of a target."""
    events = aws.event_rules
    buses = [
        str(bus.get("Name"))
        for bus in _pages(events.list_event_buses, "EventBuses")
        if bus.get("Name")
    ] or [_DEFAULT_BUS]

    def rules_of(question: tuple[str, str]) -> list[Trigger]:
        bus, arn = question
        names = _pages(
            events.list_rule_names_by_target, "RuleNames", TargetArn=arn, EventBusName=bus
        )
        where = "" if bus == _DEFAULT_BUS else f" on the event bus {bus}"
        return [Trigger("EventBridge rule", f"{name}{where}", arn) for name in names]

    asked = [(bus, arn) for bus in buses for arn in sorted(arns)]
    return [trigger for triggers in in_parallel(rules_of, asked) for trigger in triggers]


def _schedules(aws: Aws, arns: frozenset[str]) -> list[Trigger]:
    """Return schedules whose target is a state machine, or an SDK call that starts it."""
    scheduler = aws.schedules
    found, calls = [], []
    for schedule in _pages(scheduler.list_schedules, "Schedules", MaxResults=100):
        target = str((schedule.get("Target") or {}).get("Arn", ""))
        if target in arns:
            found.append(Trigger("schedule", _scheduled(schedule), target))
        elif _SDK_TARGET in target:
            calls.append(schedule)

    def started(schedule: Mapping[str, Any]) -> Trigger | None:
        names = {"Name": schedule.get("Name"), "GroupName": schedule.get("GroupName", "default")}
        target = call(scheduler.get_schedule, **names).get("Target") or {}
        arn = _machine_in(target.get("Input"))
        return Trigger("schedule", _scheduled(schedule), arn) if arn in arns else None

    return [*found, *(trigger for trigger in in_parallel(started, calls) if trigger)]


def _scheduled(schedule: Mapping[str, Any]) -> str:
    group = schedule.get("GroupName", "default")
    return f"{schedule.get('Name')}" + ("" if group == "default" else f" of the group {group}")


def _machine_in(text: Any) -> str:
    """Return the state machine in the input of StartExecution; "" for anything else."""
    try:
        request = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return ""
    members = request.items() if isinstance(request, dict) else ()
    found = [value for name, value in members if name.lower() == "statemachinearn"]
    return found[0] if found and isinstance(found[0], str) else ""


def _pipes(aws: Aws, arns: frozenset[str]) -> list[Trigger]:
    """Return pipes whose target or enrichment is a state machine."""
    return [
        Trigger(f"pipe's {role}", str(pipe.get("Name")), str(pipe[member]))
        for pipe in _pages(aws.pipes.list_pipes, "Pipes", Limit=100)
        for member, role in (("Target", "target"), ("Enrichment", "enrichment"))
        if pipe.get(member) in arns
    ]


_SEARCHES: Mapping[str, Callable[[Aws, frozenset[str]], list[Trigger]]] = {
    "EventBridge rules": _rules,
    "schedules": _schedules,
    "pipes": _pipes,
}


def _pages(operation: Operation, member: str, **request: Any) -> Iterator[Any]:
    token: dict[str, Any] = {}
    while True:
        page = call(operation, **request, **token)
        yield from page.get(member) or []
        following = page.get("NextToken")
        if not following or following == token.get("NextToken"):
            return
        token = {"NextToken": following}
