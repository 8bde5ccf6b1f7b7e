"""Rules of Resource: what a Task may call, and how it may wait for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from sfn_release.asl.finding import nearest
from sfn_release.asl.kinds import is_open
from sfn_release.checks.document import Document, State
from sfn_release.checks.rule import Told

_ARN = re.compile(
    r"arn:aws[a-z-]*:states:[a-z0-9-]*:[0-9]*:"
    r"(?P<service>[A-Za-z0-9-]+)(?::(?P<sdk>[A-Za-z0-9-]+)(?=:))?:(?P<action>[^.:]+)(?P<wait>\..*)?"
)
_SYNC, _TOKEN = ".sync", ".waitForTaskToken"
_JOB = ("", _SYNC)
_CALLBACK = ("", _TOKEN)
_PLAIN = ("",)

_OPTIMIZED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "apigateway": {"invoke": _CALLBACK},
    "athena": {
        "startQueryExecution": _JOB,
        "stopQueryExecution": _PLAIN,
        "getQueryExecution": _PLAIN,
        "getQueryResults": _PLAIN,
    },
    "batch": {"submitJob": _JOB},
    "bedrock": {"invokeModel": _PLAIN, "createModelCustomizationJob": _JOB},
    "bedrockagentcore": {"invokeHarness": _PLAIN},
    "dynamodb": dict.fromkeys(("getItem", "putItem", "updateItem", "deleteItem"), _PLAIN),
    "ecs": {"runTask": ("", _SYNC, _TOKEN)},
    "events": {"putEvents": _CALLBACK},
    "glue": {"startJobRun": _JOB},
    "databrew": {"startJobRun": _JOB},
    "http": {"invoke": _PLAIN},
    "lambda": {"invoke": _CALLBACK},
    "mediaconvert": {"createJob": _JOB},
    "sns": {"publish": _CALLBACK},
    "sqs": {"sendMessage": _CALLBACK},
    "states": {"startExecution": ("", _SYNC, ".sync:2", _TOKEN)},
}
"""Optimized integrations whose actions are few and settled, with the ways to wait for them.

Source: "Integrating optimized services with Step Functions" in AWS's developer guide. Services
that are not listed (EKS, EMR, SageMaker, CodeBuild ...) have many; only their waiting is judged.
"""

_S3: Final = {"ItemReader": ("getObject", "listObjectsV2"), "ResultWriter": ("putObject",)}
_WAITS = ("", _SYNC, ".sync:2", _TOKEN)


class Call(NamedTuple):
    """What an integration's ARN says: ``aws-sdk`` and the SDK's service, or an optimized one."""

    service: str
    sdk: str
    action: str
    wait: str


def call_of(state: State) -> Call | None:
    """Return the integration that a Task calls, None for functions, activities and what is open."""
    resource = state.body.get("Resource")
    if state.type != "Task" or not isinstance(resource, str) or is_open(resource):
        return None
    found = _ARN.fullmatch(resource)
    if found is None or found["service"] == "activity":
        return None
    return Call(found["service"], found["sdk"] or "", found["action"], found["wait"] or "")


def resource(document: Document) -> Iterator[Told]:
    """Tell of a Resource that is no ARN, and that nothing will make one."""
    for state in document.of_type("Task"):
        value = state.body.get("Resource")
        if isinstance(value, str) and not is_open(value) and not value.startswith("arn:"):
            yield Told(
                state.place.at("Resource"),
                f'"{value}" is not a valid resource ARN.',
                "Something must fill it in: write ${Parameter} if sfn-release shall.",
            )


def integration(document: Document) -> Iterator[Told]:
    """Tell of integrations, actions and ways to wait that do not exist."""
    for state in document.of_type("Task"):
        call = call_of(state)
        if call is None:
            continue
        place = state.place.at("Resource")
        if call.service == "aws-sdk":
            if call.wait not in ("", _TOKEN):
                yield Told(
                    place,
                    f"An SDK integration can't end in {call.wait}: it calls and does not wait.",
                    "Poll for the job's end, or use the service's optimized integration.",
                )
            continue
        known = _OPTIMIZED.get(call.service)
        if known is not None and call.action not in known:
            yield Told(
                place,
                f"The resource {state.body['Resource']} is not recognized: {call.service} has no"
                f" optimized integration {call.action}.",
                nearest(call.action, known)
                or f"Call it by the SDK: arn:aws:states:::aws-sdk:{call.service}:{call.action}",
            )
        elif call.wait not in (known[call.action] if known else _WAITS):
            ways = ", ".join(wait for wait in (known or {}).get(call.action, _WAITS) if wait)
            yield Told(
                place,
                f"{call.service}:{call.action} can't be called with {call.wait}.",
                f"It can be called with {ways}." if ways else "It only answers at once.",
            )


def reader_and_writer(document: Document) -> Iterator[Told]:
    """Tell of item readers and result writers that call what they can't."""
    for state in document.of_type("Map"):
        for key, actions in _S3.items():
            holder = state.body.get(key)
            value = holder.get("Resource") if isinstance(holder, dict) else None
            found = _ARN.fullmatch(value) if isinstance(value, str) and not is_open(value) else None
            if (
                isinstance(value, str)
                and not is_open(value)
                and (found is None or found["service"] != "s3" or found["action"] not in actions)
            ):
                yield Told(
                    state.place.at(key, "Resource"),
                    f"The resource {value} is not recognized: {key} calls"
                    f" {' or '.join(f's3:{action}' for action in actions)}.",
                    f"Write arn:aws:states:::s3:{actions[0]}.",
                )


def express(document: Document) -> Iterator[Told]:
    """Tell of Tasks for which an EXPRESS workflow can't wait, and of distributed Maps in it."""
    if document.type != "EXPRESS":
        return
    fix = "Make the workflow STANDARD, or call the action without waiting."
    for state in document.of_type("Task"):
        value = state.body.get("Resource")
        call = call_of(state)
        place = state.place.at("Resource")
        if isinstance(value, str) and ":activity:" in value and not is_open(value):
            yield Told(place, "An EXPRESS state machine does not support Activity ARNs.", fix)
        elif call is not None and call.wait:
            wait = _TOKEN if call.wait == _TOKEN else _SYNC
            message = f"An EXPRESS state machine does not support '{wait}' service integrations."
            yield Told(place, message, fix)
    for scope in document.scopes:
        if scope.holder is not None and scope.distributed:
            yield Told(
                scope.holder.place,
                "An EXPRESS state machine does not support distributed Maps.",
                "Make the workflow STANDARD, or the Map inline.",
            )
