"""Rules of Resource: the integrations that a Task can call, and their ways to wait."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sfn_release.asl.field_types import is_open
from sfn_release.asl.integrations import (
    CALLBACK,
    MANY_ACTIONS,
    OPTIMIZED,
    SYNC,
    WAITS,
    ServiceCall,
    service_call,
)
from sfn_release.asl.integrations import is_activity as is_activity_arn
from sfn_release.asl.partitions import known_arn
from sfn_release.checks.definition import ParsedScope, ParsedState
from sfn_release.checks.location import Location
from sfn_release.checks.rule import Issue
from sfn_release.checks.task_calls import IntegrationCall, Resource
from sfn_release.text import did_you_mean, shorten

_TO_FILL = re.compile(r"[<>{}]")
"""Marks of a blank that you fill in a published sample: ``<account>``, ``{REGION}``."""
_FUNCTION = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]+:function:[A-Za-z0-9_-]+(:.*)?", re.DOTALL
)
"""Source: the model of Lambda's Invoke, ``FunctionName``. `qualifiers` checks the version."""
_S3: Final = {"ItemReader": ("getObject", "listObjectsV2"), "ResultWriter": ("putObject",)}


def resource_of(holder: Mapping[str, Any]) -> Any:
    """Return the Resource of an item reader or result writer, in the partition ``aws`` if open."""
    resource = holder.get("Resource")
    return known_arn(resource) if isinstance(resource, str) else resource


@lru_cache(maxsize=2048)
def parse_resource(text: str) -> Resource:
    """Parse the Resource of a Task."""
    known = known_arn(text)
    if is_open(known):
        return Resource(known, is_open=True, call=None)
    return Resource(known, is_open=False, call=service_call(known))


def _text(state: ParsedState) -> str:
    return state.resource.text if state.resource else ""


def is_no_arn(resource: Resource) -> bool:
    """Whether a Resource is neither an ARN nor filled by a parameter."""
    return not resource.is_open and not resource.text.startswith("arn:")


def no_arn(state: ParsedState) -> Iterator[Issue]:
    """Report a Resource that is not an ARN."""
    yield Issue(
        state.place.at("Resource"),
        f'"{_text(state)}" is not a valid resource ARN.',
        "Use the ARN, or a ${Parameter} that sfn-release fills in.",
    )


def integration(task: IntegrationCall) -> Iterator[Issue]:
    """Report an integration, an action or a way to wait that doesn't exist."""
    call, place = task.call, task.state.place.at("Resource")
    if call.service == "aws-sdk":
        yield Issue(
            place,
            f"An SDK integration can't end in {call.wait}: it doesn't wait for the result.",
            "Poll until the job ends, or use the service's optimized integration.",
        )
    else:
        yield from _optimized(call, place, task.state.body["Resource"])


def is_uncallable(resource: Resource) -> bool:
    """Whether a Resource is an ARN, but not of an integration, a function or an activity."""
    text = resource.text
    return (
        not resource.is_open
        and text.startswith("arn:")
        and service_call(text) is None
        and not is_activity_arn(text)
        and not _FUNCTION.fullmatch(text)
    )


def uncallable(state: ParsedState) -> Iterator[Issue]:
    """Report an ARN that a Task can't call."""
    service = (*_text(state).split(":"), "", "")[2]
    yield Issue(
        state.place.at("Resource"),
        f"The resource {_text(state)} is not recognized: a Task can call an integration, a Lambda"
        " function or an activity.",
        f"Call the service with an SDK integration: arn:aws:states:::aws-sdk:{service}:…"
        if service not in ("", "lambda", "states", "swf")
        else "",
    )


def malformed_function(task: IntegrationCall) -> Iterator[Issue]:
    """Report a FunctionName that is an ARN, but not a function's."""
    name = task.parameters.get("FunctionName")
    if (
        isinstance(name, str)
        and name.startswith("arn:")
        and not is_open(name, task.state.language)
        and not _TO_FILL.search(name)
        and not _FUNCTION.fullmatch(name)
    ):
        yield Issue(
            task.place.at("FunctionName"),
            f"{shorten(name)} is not the ARN of a Lambda function.",
            "Use arn:aws:lambda:REGION:ACCOUNT:function:NAME.",
        )


def _optimized(call: ServiceCall, place: Location, value: str) -> Iterator[Issue]:
    known = OPTIMIZED.get(call.service)
    by_sdk = f"Use an SDK integration: arn:aws:states:::aws-sdk:{call.service}:{call.action}"
    if known is None and call.service not in MANY_ACTIONS:
        yield Issue(
            place,
            f"The resource {value} is not recognized: there is no optimized integration of"
            f" {call.service}.",
            did_you_mean(call.service, (*OPTIMIZED, *MANY_ACTIONS)) or by_sdk,
        )
    elif known is not None and call.action not in known:
        yield Issue(
            place,
            f"The resource {value} is not recognized: {call.service} has no optimized integration"
            f" {call.action}.",
            did_you_mean(call.action, known) or by_sdk,
        )
    elif call.wait not in (known[call.action] if known else WAITS):
        ways = ", ".join(wait for wait in (known or {}).get(call.action, WAITS) if wait)
        yield Issue(
            place,
            f"{call.service}:{call.action} doesn't support {call.wait}.",
            f"It supports {ways}." if ways else "Remove the suffix: it always returns immediately.",
        )


class PartCall(NamedTuple):
    """A call of S3 by a Map's item reader or result writer, in the field *key*."""

    key: str
    holder: Mapping[str, Any]
    action: str
    language: str
    place: Location


def part_calls(state: ParsedState) -> Iterator[PartCall]:
    """Yield the known calls of a Map's item reader and result writer."""
    for key, holder, value in _parts(state):
        call = service_call(value)
        if call is not None and call.service == "s3" and call.action in _S3[key]:
            place = state.place.at(key)
            yield PartCall(key, holder, call.action, state.language, place)


def _parts(state: ParsedState) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    """Yield a Map's reader and writer whose Resource holds no parameter."""
    for key in _S3 if state.type == "Map" else ():
        holder = state.body.get(key)
        value = resource_of(holder) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and isinstance(value, str) and not is_open(value):
            yield key, holder, value


def reader_and_writer(state: ParsedState) -> Iterator[Issue]:
    """Report an item reader or a result writer that calls another action than S3's."""
    known = {part.key for part in part_calls(state)}
    for key, _, value in _parts(state):
        if key not in known:
            actions = _S3[key]
            yield Issue(
                state.place.at(key, "Resource"),
                f"The resource {value} is not recognized: {key} can call only"
                f" {' or '.join(f's3:{action}' for action in actions)}.",
                f"Use arn:aws:states:::s3:{actions[0]}.",
            )


_EXPRESS_FIX: Final = "Make the workflow STANDARD, or call the action without waiting."


def is_activity(resource: Resource) -> bool:
    """Whether a Resource is an activity."""
    return ":activity:" in resource.text and not resource.is_open


def express_activity(state: ParsedState) -> Iterator[Issue]:
    """Report an activity in a workflow that is EXPRESS.

    The items of a distributed Map are executions of their own, which may be EXPRESS too.
    """
    if state.scope.express:
        message = "An EXPRESS state machine does not support Activity ARNs."
        yield Issue(state.place.at("Resource"), message, _EXPRESS_FIX)


def waits(call: ServiceCall) -> bool:
    """Whether a Task waits for the end of a job, or for a callback."""
    return bool(call.wait)


def express_wait(task: IntegrationCall) -> Iterator[Issue]:
    """Report a Task that an EXPRESS workflow can't wait for."""
    state = task.state
    if state.scope.express and not (state.resource and is_activity(state.resource)):
        wait = CALLBACK if task.call.wait == CALLBACK else SYNC
        message = f"An EXPRESS state machine does not support '{wait}' service integrations."
        yield Issue(state.place.at("Resource"), message, _EXPRESS_FIX)


def express_map(scope: ParsedScope) -> Iterator[Issue]:
    """Report a distributed Map in an EXPRESS workflow."""
    holder = scope.holder
    if holder is not None and scope.distributed and holder.scope.express:
        yield Issue(
            holder.place,
            "An EXPRESS state machine does not support distributed Maps.",
            "Make the workflow STANDARD, or the Map inline.",
        )
