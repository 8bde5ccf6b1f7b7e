"""The needs of a Task that calls an integration: the call, the wait for a job, passed roles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sfn_release.asl.integrations import SYNC, ServiceCall
from sfn_release.asl.known_text import UNKNOWN
from sfn_release.permissions.action_names import ADDED_BY, REPLACED_BY_VERSION
from sfn_release.permissions.api_actions import ApiAction, api_action
from sfn_release.permissions.arguments import Arguments, KnownText
from sfn_release.permissions.athena_needs import add_query_needs
from sfn_release.permissions.borrowed_needs import add_borrowed_needs
from sfn_release.permissions.http_needs import add_api_needs, add_http_needs
from sfn_release.permissions.iam_data import iam_action
from sfn_release.permissions.needed import Place
from sfn_release.permissions.optimized_calls import WAITS, JobWait, api_calls
from sfn_release.permissions.passed_roles import add_passed_roles
from sfn_release.permissions.permission_list import PermissionList
from sfn_release.permissions.resource_arns import EVERYTHING, Target, Targets, targets, whole_arn
from sfn_release.permissions.s3_locations import add_body_needs
from sfn_release.permissions.special_requests import Need, special_needs
from sfn_release.permissions.tag_needs import add_tag_needs

_MACHINE: Final = re.compile(r"(?P<head>arn:.*:)stateMachine:(?P<name>[^:]+)(?::[^:]+)?")
_NO_API: Final = frozenset({("eks", "call"), ("eks", "runJob")})
"""Calls of a cluster's own API: Kubernetes decides about the role there, not IAM."""
_EVENTS: Final = ("events:PutTargets", "events:PutRule", "events:DescribeRule")


def add_integration_needs(
    needs: PermissionList, state: str, call: ServiceCall, arguments: Arguments, place: Place
) -> None:
    """Add the needs of a *call* with *arguments*."""
    if (call.service, call.action) in _NO_API:
        return
    if call.service == "http":
        add_http_needs(needs, state, arguments, place)
        return
    if (call.service, call.action) == ("apigateway", "invoke"):
        add_api_needs(needs, state, arguments, place)
        return
    for made in api_calls(call):
        api = api_action(made)
        if api.problem:
            called = f"{call.sdk or call.service}:{call.action}"
            needs.add_unknown(state, f"The permissions of {called} are unknown: {api.problem}.")
            continue
        for need in _needs_of(api, arguments, place):
            needs.add_targets(need.actions, need.found, state, need.condition)
        add_passed_roles(needs, state, api.prefix, api.operation, arguments, place)
        add_borrowed_needs(needs, state, api, arguments, place)
        add_tag_needs(needs, state, api, arguments, place)
        if api.prefix == "athena" and api.operation in ("StartQueryExecution", "GetQueryResults"):
            add_query_needs(needs, state, api.operation, arguments, place)
    if (call.service, call.action) == ("bedrock", "invokeModel"):
        add_body_needs(needs, state, arguments, place)
    wait = WAITS.get((call.service, call.action)) if call.wait.startswith(SYNC) else None
    if wait is not None:
        _add_wait(needs, state, call, wait, arguments, place)


def _needs_of(api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    reader = special_needs(api)
    if reader is not None:
        yield from reader(api, arguments, place)
        return
    versioned = arguments.has("VersionId") and api.prefix == "s3"
    for name in api.actions:
        found = _targets(name, api.operation, arguments, place)
        condition = None
        if api.prefix == "emr-containers" and name.endswith(":StartJobRun"):
            role = arguments.literal("ExecutionRoleArn")
            condition = {"StringEquals": {f"{api.prefix}:ExecutionRoleArn": role}} if role else None
        yield Need((REPLACED_BY_VERSION.get(name, name) if versioned else name,), found, condition)
        for parameter, actions in ADDED_BY.get(name, {}).items():
            if arguments.has(parameter):
                yield Need(actions, found)


def _targets(name: str, operation: str, arguments: Arguments, place: Place) -> Targets:
    action = iam_action(name)
    if action is None:
        return Targets((), "the data set lacks it")
    return targets(action, operation, arguments, place)


def _add_wait(
    needs: PermissionList,
    state: str,
    call: ServiceCall,
    wait: JobWait,
    arguments: Arguments,
    place: Place,
) -> None:
    if call.service == "states":
        needs.add_targets(wait.actions, _executions(arguments, place), state)
    elif wait.resource:
        service, _, resource = wait.resource.partition(":")
        arn = place.arn(service, resource)
        needs.add_targets(wait.actions, Targets((whole_arn(arn),)), state, wait.condition)
    else:
        operation = api_action(api_calls(call)[0]).operation
        found: dict[Targets, list[str]] = {}
        for name in wait.actions:
            found.setdefault(_targets(name, operation, arguments, place), []).append(name)
        for resources, names in found.items():
            needs.add_targets(tuple(names), resources, state)
    if wait.anywhere:
        needs.add_targets(wait.anywhere, EVERYTHING, state)
    if wait.rule:
        rule = place.arn("events", f"rule/{wait.rule}")
        undocumented = UNKNOWN in wait.rule
        needs.add(_EVENTS, [rule], state, partial=undocumented)
        if undocumented:
            reason = (
                "AWS doesn't document the name of the rule that reports the job's end. The policy"
                f" allows {rule}."
            )
            needs.add_unknown(state, reason, _EVENTS, rule)


def _executions(arguments: Arguments, place: Place) -> Targets:
    """Return the executions of the state machine that a Task starts."""
    found = []
    for text in arguments.texts("StateMachineArn"):
        machine = _MACHINE.fullmatch(text.text)
        if machine:
            arn = f"{machine['head']}execution:{machine['name']}:{UNKNOWN}"
            source = text.source if UNKNOWN in text.text else ""
            found.append(Target(KnownText(arn, source)))
        elif text.unknown:
            arn = place.arn("states", f"execution:{UNKNOWN}:{UNKNOWN}")
            found.append(Target(KnownText(arn, text.source), named=False))
        else:
            problem = f"its ARN follows from {text.text}, which isn't filled"
            return Targets((), problem, place.arn("states", f"execution:{UNKNOWN}"))
    return Targets(tuple(found), "" if found else "no parameter names the state machine")
