"""Rules of good practice. Step Functions accepts such definitions, but they fail or cost later."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from sfn_release.asl.field_types import JSONATA, is_open
from sfn_release.asl.integrations import ServiceCall
from sfn_release.checks.definition import ParsedDefinition, ParsedScope, ParsedState
from sfn_release.checks.location import Location, entries
from sfn_release.checks.qualifiers import is_unpinned
from sfn_release.checks.rule import Issue
from sfn_release.checks.task_calls import IntegrationCall, Resource

_OWNED = (
    re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:(?P<region>[a-z0-9-]*):(?P<account>[0-9]{12}):"),
    # A queue's URL: "Identifiers for Amazon SQS" in its developer guide.
    re.compile(r"//sqs\.(?P<region>[a-z0-9-]+)\.amazonaws\.com[a-z.]*/(?P<account>[0-9]{12})/"),
)
_LIMITS: Final = (
    *("TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"),
)
_TOKEN_PATH: Final = "$$.Task.Token"  # noqa: S105 - where the context object has it
_TOKEN_WAIT: Final = ".waitForTaskToken"  # noqa: S105 - the suffix of a Resource


def no_default(state: ParsedState) -> Iterator[Issue]:
    """Report a Choice that fails when none of its rules matches."""
    yield Issue(
        state.place,
        "The Choice has no Default: if no rule matches, the execution fails with"
        " States.NoChoiceMatched.",
        "Add a Default, for example a Fail with a clear error.",
    )


def function_without_retry(state: ParsedState) -> Iterator[Issue]:
    """Report a Lambda Task that fails on Lambda's transient errors."""
    if not state.body.get("Retry"):
        yield Issue(
            state.place,
            "The Task doesn't retry Lambda's transient errors (TooManyRequestsException,"
            " ServiceException).",
            "Add a Retry for Lambda.ServiceException, Lambda.AWSLambdaException,"
            " Lambda.SdkClientException and Lambda.TooManyRequestsException.",
        )


def calls_function(resource: Resource) -> bool:
    """Whether a Task runs a Lambda function."""
    call, text = resource.call, resource.text
    return (call is not None and call.service == "lambda") or (
        ":lambda:" in text and ":function:" in text
    )


def waits_for_callback(call: ServiceCall) -> bool:
    """Whether a Task waits for a callback with its token."""
    return call.wait.startswith(_TOKEN_WAIT)


def waits_for_job(call: ServiceCall) -> bool:
    """Whether a Task waits for the end of a job."""
    return call.wait.startswith(".sync")


def callback_without_timeout(task: IntegrationCall) -> Iterator[Issue]:
    """Report a wait for a callback without a time limit."""
    if not task.state.shape.has(*_LIMITS):
        yield Issue(
            task.state.place,
            "The Task has no time limit: without a callback, the execution waits for up to a year.",
            "Add TimeoutSeconds, and HeartbeatSeconds if the worker sends heartbeats.",
        )


def job_without_timeout(task: IntegrationCall) -> Iterator[Issue]:
    """Report a wait for a job without a time limit."""
    if not task.state.shape.has(*_LIMITS):
        yield Issue(
            task.state.place,
            "The Task has no time limit: if the job hangs, the execution waits for up to a year.",
            "Add TimeoutSeconds.",
        )


def callback_without_token(task: IntegrationCall) -> Iterator[Issue]:
    """Report a wait for a callback that nothing can make: the token isn't sent."""
    state = task.state
    given = state.body.get(state.arguments_field, {})
    if not isinstance(given, dict):
        return
    if any(_may_hold_token(text, place) for place, text in _texts(given, Location())):
        return
    token = "{% $states.context.Task.Token %}" if state.language == JSONATA else _TOKEN_PATH
    yield Issue(
        state.place,
        "The Task waits for a callback but doesn't send the task token.",
        f"Add the token to the payload: {token}.",
    )


def _may_hold_token(text: str, place: Location) -> bool:
    everything = text.strip("{% }") in ("$$", "$states.context", "$states", "$$.Task")
    computed = text.startswith("{%") or any(str(key).endswith(".$") for key in place.keys[-1:])
    filled = computed and is_open(text)  # any other stays a text when it is filled
    return everything or "Task.Token" in text or filled


def slow_heartbeat(state: ParsedState) -> Iterator[Issue]:
    """Report a heartbeat that can't be missed before the time is up anyway."""
    beat, limit = state.body.get("HeartbeatSeconds"), state.body.get("TimeoutSeconds")
    if isinstance(beat, int) and isinstance(limit, int) and beat >= limit:
        yield Issue(
            state.place.at("HeartbeatSeconds"),
            f"HeartbeatSeconds ({beat}) is not less than TimeoutSeconds ({limit}).",
            "Make it smaller than TimeoutSeconds.",
        )


def unbounded_map(scope: ParsedScope) -> Iterator[Issue]:
    """Report a distributed Map that may start 10,000 executions together."""
    holder = scope.holder
    if holder is None or not scope.distributed:
        return
    if not holder.shape.has("MaxConcurrency", "MaxConcurrencyPath"):
        yield Issue(
            holder.place,
            "Without MaxConcurrency, up to 10,000 items run at the same time.",
            "Add a MaxConcurrency that the called services can handle.",
        )


def hard_coded(definition: ParsedDefinition) -> Iterator[Issue]:
    """Report accounts and regions that only fit one environment.

    `unpinned` already reports an ARN without a version. For most definitions, one search in their
    whole text is enough.
    """
    if not any(owned.search(definition.text) for owned in _OWNED):
        return
    for state in definition.states:
        if state.type == "Task":
            yield from _hard_coded(state)


def _hard_coded(state: ParsedState) -> Iterator[Issue]:
    known = {callee.place for callee in filter(is_unpinned, state.callees)}
    for key in ("Resource", "Parameters", "Arguments", "Credentials"):
        for place, text in _texts(state.body.get(key), state.place.at(key)):
            found = next(filter(None, (owned.search(text) for owned in _OWNED)), None)
            if found and place not in known:
                names = f"account {found['account']}"
                names += f" and region {found['region']}" if found["region"] else ""
                yield Issue(
                    place,
                    f"The text names {names}, so the workflow can't run in another.",
                    "Use a ${Parameter}, and set its value in each environment.",
                )


def logged_payload(definition: ParsedDefinition) -> Iterator[Issue]:
    """Report a log that contains the data of executions."""
    logging = definition.logging or {}
    level = logging.get("level")
    if logging.get("includeExecutionData") is True and level not in (None, "OFF"):
        yield Issue(
            Location(("logging",)),
            f"The log (level {level}) contains the inputs and outputs of executions, including any"
            " secrets in them.",
            "Set includeExecutionData to false, or restrict who can read the log.",
        )


def _texts(value: Any, place: Location) -> Iterator[tuple[Location, str]]:
    """Yield every text in a value, with its place."""
    queue = [(value, place)]
    while queue:
        node, here = queue.pop()
        if isinstance(node, str):
            yield here, node
        elif isinstance(node, dict):
            queue.extend((item, here.at(key)) for key, item in node.items())
        else:
            queue.extend((item, here.at(index)) for index, item in entries(node))
