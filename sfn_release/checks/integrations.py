"""Rules of Resource: what a Task may call, and how it may wait for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sfn_release.asl.field_types import JSONATA, is_open
from sfn_release.asl.partitions import known_arn
from sfn_release.checks.definition import ParsedDefinition, ParsedScope, ParsedState
from sfn_release.checks.rule import Issue, Location
from sfn_release.text import did_you_mean, shorten

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
in `_LARGE` have many; only their waiting is judged.
"""

_TO_FILL = re.compile(r"[<>{}]")
"""Marks by which published samples leave a place for their readers: ``<account>``, ``{REGION}``."""
_LARGE: Final = (
    *("codebuild", "eks", "elasticmapreduce", "emr-containers", "emr-serverless"),
    "sagemaker",
)
_TASK: Final = "task"  # what the specification's own examples call; nothing on AWS
_FUNCTION = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]+:function:[A-Za-z0-9_-]+(:.*)?", re.DOTALL
)
"""Source: the model of Lambda's Invoke, ``FunctionName``. The version is `called.qualifier`'s."""
_S3: Final = {"ItemReader": ("getObject", "listObjectsV2"), "ResultWriter": ("putObject",)}
_WAITS = ("", _SYNC, ".sync:2", _TOKEN)


class ServiceCall(NamedTuple):
    """What an integration's ARN says: ``aws-sdk`` and the SDK's service, or an optimized one."""

    service: str
    sdk: str
    action: str
    wait: str


def resource_of(holder: Mapping[str, Any]) -> Any:
    """Return the Resource of a state or a part, in AWS's usual partition where that is open."""
    resource = holder.get("Resource")
    return known_arn(resource) if isinstance(resource, str) else resource


def call_of(state: ParsedState) -> ServiceCall | None:
    """Return the integration that a Task calls, None for functions, activities and what is open."""
    resource = resource_of(state.body)
    if state.type != "Task" or not isinstance(resource, str) or is_open(resource):
        return None
    found = _ARN.fullmatch(resource)
    if found is None or found["service"] == "activity":
        return None
    return ServiceCall(found["service"], found["sdk"] or "", found["action"], found["wait"] or "")


def resource(document: ParsedDefinition) -> Iterator[Issue]:
    """Report a Resource that is no ARN, and that nothing will make one."""
    for state in document.of_type("Task"):
        value = resource_of(state.body)
        if isinstance(value, str) and not is_open(value) and not value.startswith("arn:"):
            yield Issue(
                state.place.at("Resource"),
                f'"{value}" is not a valid resource ARN.',
                "Something must fill it in: write ${Parameter} if sfn-release shall.",
            )


def integration(document: ParsedDefinition) -> Iterator[Issue]:
    """Report integrations, actions and ways to wait that do not exist."""
    for state in document.of_type("Task"):
        call, place = call_of(state), state.place.at("Resource")
        if call is None:
            yield from _no_call(state)
        elif call.service == "aws-sdk":
            if call.wait not in ("", _TOKEN):
                yield Issue(
                    place,
                    f"An SDK integration can't end in {call.wait}: it calls and does not wait.",
                    "Poll for the job's end, or use the service's optimized integration.",
                )
        elif call.service != _TASK:
            yield from _optimized(call, place, state.body["Resource"])


def _no_call(state: ParsedState) -> Iterator[Issue]:
    """Report an ARN that is neither an integration nor a function nor an activity."""
    value = resource_of(state.body)
    if not isinstance(value, str) or is_open(value) or not value.startswith("arn:"):
        return  # `structure` and `resource` tell
    if _ARN.fullmatch(value) is None and not _FUNCTION.fullmatch(value):
        service = (*value.split(":"), "", "")[2]
        yield Issue(
            state.place.at("Resource"),
            f"The resource {value} is not recognized: a Task calls an integration, a Lambda"
            " function or an activity.",
            f"Call an action by the SDK: arn:aws:states:::aws-sdk:{service}:…"
            if service not in ("", "lambda", "states", "swf")
            else "",
        )


def malformed_function(document: ParsedDefinition) -> Iterator[Issue]:
    """Report a FunctionName that is an ARN and not a function's."""
    for state, call, parameters, place in given(document):
        name = parameters.get("FunctionName") if call.service == "lambda" else None
        if (
            isinstance(name, str)
            and name.startswith("arn:")
            and not is_open(name, state.language)
            and not _TO_FILL.search(name)
            and not _FUNCTION.fullmatch(name)
        ):
            yield Issue(
                place.at("FunctionName"),
                f"{shorten(name)} is not the ARN of a Lambda function.",
                "Write arn:aws:lambda:REGION:ACCOUNT:function:NAME.",
            )


def _optimized(call: ServiceCall, place: Location, value: str) -> Iterator[Issue]:
    known = _OPTIMIZED.get(call.service)
    by_sdk = f"Call it by the SDK: arn:aws:states:::aws-sdk:{call.service}:{call.action}"
    if known is None and call.service not in _LARGE:
        yield Issue(
            place,
            f"The resource {value} is not recognized: there is no optimized integration of"
            f" {call.service}.",
            did_you_mean(call.service, (*_OPTIMIZED, *_LARGE)) or by_sdk,
        )
    elif known is not None and call.action not in known:
        yield Issue(
            place,
            f"The resource {value} is not recognized: {call.service} has no optimized integration"
            f" {call.action}.",
            did_you_mean(call.action, known) or by_sdk,
        )
    elif call.wait not in (known[call.action] if known else _WAITS):
        ways = ", ".join(wait for wait in (known or {}).get(call.action, _WAITS) if wait)
        yield Issue(
            place,
            f"{call.service}:{call.action} can't be called with {call.wait}.",
            f"It can be called with {ways}." if ways else "It only answers at once.",
        )


def given(
    document: ParsedDefinition,
) -> Iterator[tuple[ParsedState, ServiceCall, Mapping[str, Any], Location]]:
    """Yield the integrations with what they are given, and where, as far as that is known."""
    for state in document.of_type("Task"):
        call = call_of(state)
        key = "Arguments" if state.language == JSONATA else "Parameters"
        parameters = state.body.get(key)
        if call is not None and isinstance(parameters, dict):
            yield state, call, parameters, state.place.at(key)


class PartCall(NamedTuple):
    """A call of S3 by a Map's item reader or result writer: *key* is the field that has it."""

    key: str
    holder: Mapping[str, Any]
    action: str
    language: str
    place: Location


def part_calls(document: ParsedDefinition) -> Iterator[PartCall]:
    """Yield the calls of item readers and result writers, as far as they are known."""
    for state, key, holder, value in _parts(document):
        found = _ARN.fullmatch(value)
        if found is not None and found["service"] == "s3" and found["action"] in _S3[key]:
            place = state.place.at(key)
            yield PartCall(key, holder, found["action"], state.language, place)


def _parts(document: ParsedDefinition) -> Iterator[tuple[ParsedState, str, Mapping[str, Any], str]]:
    """Yield readers and writers with their resource, where no parameter fills it."""
    for state in document.of_type("Map"):
        for key in _S3:
            holder = state.body.get(key)
            value = resource_of(holder) if isinstance(holder, dict) else None
            if isinstance(value, str) and not is_open(value):
                yield state, key, state.body[key], value


def reader_and_writer(document: ParsedDefinition) -> Iterator[Issue]:
    """Report item readers and result writers that call another action than S3's."""
    known = {part.place for part in part_calls(document)}
    for state, key, _, value in _parts(document):
        if state.place.at(key) not in known:
            actions = _S3[key]
            yield Issue(
                state.place.at(key, "Resource"),
                f"The resource {value} is not recognized: {key} calls"
                f" {' or '.join(f's3:{action}' for action in actions)}.",
                f"Write arn:aws:states:::s3:{actions[0]}.",
            )


def express(document: ParsedDefinition) -> Iterator[Issue]:
    """Report Tasks for which an EXPRESS workflow can't wait, and of distributed Maps in it.

    The items of a distributed Map are executions of their own, which may be EXPRESS too.
    """
    fix = "Make the workflow STANDARD, or call the action without waiting."
    for state in document.of_type("Task"):
        if not _is_express(state.scope, document):
            continue
        value = resource_of(state.body)
        call = call_of(state)
        place = state.place.at("Resource")
        if isinstance(value, str) and ":activity:" in value and not is_open(value):
            yield Issue(place, "An EXPRESS state machine does not support Activity ARNs.", fix)
        elif call is not None and call.wait:
            wait = _TOKEN if call.wait == _TOKEN else _SYNC
            message = f"An EXPRESS state machine does not support '{wait}' service integrations."
            yield Issue(place, message, fix)
    for scope in document.scopes:
        holder = scope.holder
        if holder is not None and scope.distributed and _is_express(holder.scope, document):
            yield Issue(
                holder.place,
                "An EXPRESS state machine does not support distributed Maps.",
                "Make the workflow STANDARD, or the Map inline.",
            )


def _is_express(scope: ParsedScope, document: ParsedDefinition) -> bool:
    """Whether the states of *scope* run in an EXPRESS execution."""
    while scope.holder is not None:
        if scope.distributed:
            return bool(scope.body["ProcessorConfig"].get("ExecutionType") == "EXPRESS")
        scope = scope.holder.scope
    return document.type == "EXPRESS"
