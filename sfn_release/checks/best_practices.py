"""Rules of habits: what Step Functions takes, and somebody will regret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from sfn_release.asl.field_types import JSONATA, JSONPATH, is_open
from sfn_release.asl.jsonata import CLOSING, OPENING, is_jsonata
from sfn_release.checks import jsonata_expressions, path_expressions, qualifiers
from sfn_release.checks.definition import ParsedDefinition, ParsedState
from sfn_release.checks.integrations import call_of
from sfn_release.checks.rule import Issue, Location, entries
from sfn_release.text import shorten

_OWNED = (
    re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:(?P<region>[a-z0-9-]*):(?P<account>[0-9]{12}):"),
    # A queue's URL, as SQS gives it: "Identifiers for Amazon SQS" in its developer guide.
    re.compile(r"//sqs\.(?P<region>[a-z0-9-]+)\.amazonaws\.com[a-z.]*/(?P<account>[0-9]{12})/"),
)
_TOKEN_PATH = "$$.Task.Token"  # noqa: S105 - where the context object has it
_PATH_INSIDE = re.compile(r"(?<=[/=&?{])\$\$?\.[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_READS_PATHS: Final = frozenset(
    (
        *("InputPathsMap", "InputPath", "InputTemplate"),  # EventBridge: rules, pipes
        *("FilterPattern", "MetricTransformations"),  # CloudWatch Logs
        *("JsonPath", "RecordRowPath", "Mapping"),  # Glue's classifiers, Kinesis Analytics
    )
)
"""Parameters of AWS's services that hold JSONPath of their own, which the service reads."""
_PATH_LIKE = re.compile(r"\$\$?(\.[A-Za-z_]|\[)|States\.[A-Z][A-Za-z0-9]*\(")


def no_default(document: ParsedDefinition) -> Iterator[Issue]:
    """Report Choices that fail when none of their rules matches."""
    for state in document.of_type("Choice"):
        if "Default" not in state.body:
            yield Issue(
                state.place,
                "It has no Default: when no rule matches, the execution fails with"
                " States.NoChoiceMatched.",
                "Say where to go then, if only to a Fail that names the reason.",
            )


def calls_function(state: ParsedState) -> bool:
    """Whether a Task runs a Lambda function."""
    resource = state.body.get("Resource")
    call = call_of(state)
    return (call is not None and call.service == "lambda") or (
        isinstance(resource, str) and ":lambda:" in resource and ":function:" in resource
    )


def function_without_retry(document: ParsedDefinition) -> Iterator[Issue]:
    """Report Lambda Tasks that fail with the service's hiccups."""
    for state in document.of_type("Task"):
        if calls_function(state) and not state.body.get("Retry"):
            yield Issue(
                state.place,
                "Lambda fails now and then (TooManyRequestsException, ServiceException), and"
                " nothing tries again.",
                "Retry Lambda.ServiceException, Lambda.AWSLambdaException,"
                " Lambda.SdkClientException and Lambda.TooManyRequestsException.",
            )


def callback_without_timeout(document: ParsedDefinition) -> Iterator[Issue]:
    """Report callbacks that are waited for without end."""
    for state in document.of_type("Task"):
        if _waits(state, ".waitForTaskToken") and not _limited(state):
            yield Issue(
                state.place,
                "If the callback never comes, the execution waits for up to a year.",
                "Give it TimeoutSeconds, and HeartbeatSeconds if the other side can beat.",
            )


def job_without_timeout(document: ParsedDefinition) -> Iterator[Issue]:
    """Report jobs that are waited for without end."""
    for state in document.of_type("Task"):
        if _waits(state, ".sync") and not _limited(state):
            yield Issue(
                state.place,
                "If the job hangs, the execution waits for up to a year.",
                "Give it TimeoutSeconds.",
            )


def _waits(state: ParsedState, how: str) -> bool:
    call = call_of(state)
    return call is not None and call.wait.startswith(how)


def _limited(state: ParsedState) -> bool:
    limits = ("TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath")
    return any(key in state.body for key in limits)


def callback_without_token(document: ParsedDefinition) -> Iterator[Issue]:
    """Report callbacks that nobody can make: the token is not handed out."""
    for state in document.of_type("Task"):
        key = "Arguments" if state.language == JSONATA else "Parameters"
        given = state.body.get(key, {})
        if _waits(state, ".waitForTaskToken") and isinstance(given, dict):
            if any(_may_hold_token(text, at) for at, text in _texts(given, Location())):
                continue
            token = "{% $states.context.Task.Token %}" if state.language == JSONATA else _TOKEN_PATH
            yield Issue(
                state.place,
                "It waits for a callback, and does not hand out the token for it.",
                f"Put the token into the payload: {token}.",
            )


def _may_hold_token(text: str, at: Location) -> bool:
    whole = text.strip("{% }") in ("$$", "$states.context", "$states", "$$.Task")
    read = text.startswith("{%") or any(str(key).endswith(".$") for key in at.keys[-1:])
    filled = read and is_open(text)  # any other stays a text when it is filled
    return whole or "Task.Token" in text or filled


def slow_heartbeat(document: ParsedDefinition) -> Iterator[Issue]:
    """Report heartbeats that can't be missed before the time is up anyway."""
    for state in document.of_type("Task"):
        beat, limit = state.body.get("HeartbeatSeconds"), state.body.get("TimeoutSeconds")
        if isinstance(beat, int) and isinstance(limit, int) and beat >= limit:
            yield Issue(
                state.place.at("HeartbeatSeconds"),
                f"A heartbeat every {beat} s is not below the timeout of {limit} s.",
                "Make it smaller than TimeoutSeconds, as the language asks for.",
            )


def unbounded_map(document: ParsedDefinition) -> Iterator[Issue]:
    """Report distributed Maps that may start 10,000 executions at once."""
    for scope in document.scopes:
        holder = scope.holder
        if holder is None or not scope.distributed:
            continue
        if not {"MaxConcurrency", "MaxConcurrencyPath"} & holder.body.keys():
            yield Issue(
                holder.place,
                "Without MaxConcurrency up to 10,000 items run at once.",
                "Give it the MaxConcurrency that what it calls can bear.",
            )


def hard_coded(document: ParsedDefinition) -> Iterator[Issue]:
    """Report accounts and regions that only fit one environment.

    An ARN that `unpinned` tells of is left to it.
    """
    known = {place for _, place in document.once(qualifiers.unpinned_calls)}
    for state in document.of_type("Task"):
        for key in ("Resource", "Parameters", "Arguments", "Credentials"):
            for place, text in _texts(state.body.get(key), state.place.at(key)):
                found = next(filter(None, (owned.search(text) for owned in _OWNED)), None)
                if found and place not in known:
                    what = f"the account {found['account']}"
                    what += f" and the region {found['region']}" if found["region"] else ""
                    yield Issue(
                        place,
                        f"It names {what}, and can run nowhere else.",
                        "Write a ${Parameter}, and its value in each environment.",
                    )


def literal_path(document: ParsedDefinition) -> Iterator[Issue]:
    """Report texts that look like a path, or hold one, and are sent as they are."""
    for state in document.in_language(JSONPATH):
        for _, key, value, place in path_expressions.template_members(state):
            if not _READS_PATHS.isdisjoint(place.keys[len(state.place.keys) :]):
                continue
            if is_jsonata(value):
                yield Issue(
                    place,
                    "It looks like JSONata and is sent as a text: the query language here is"
                    " JSONPath.",
                    'Give the state "QueryLanguage": "JSONata".',
                )
            elif isinstance(value, str) and not key.endswith(".$") and _PATH_LIKE.match(value):
                yield Issue(
                    place,
                    f"{shorten(value)!r} looks like a path and is sent as a text.",
                    f"Name the key {key}.$ for what is there.",
                )
            elif isinstance(value, str) and not key.endswith(".$"):
                yield from _inside(key, value, place)
        if state.type == "Pass":
            yield from _in_result(state)


def _inside(key: str, value: str, place: Location) -> Iterator[Issue]:
    """Report a path in the middle of a URL or of another text, where nothing evaluates it."""
    found = _PATH_INSIDE.search(value)
    if found:
        template = shorten(value[: found.start()]).replace("'", "\\'") + "{}"
        template += "…" if found.end() < len(value) else ""
        yield Issue(
            place,
            f"{found[0]!r} looks like a path and is sent as a text: a path inside a text is not"
            " evaluated.",
            f"Write {key}.$ with States.Format('{template}', {found[0]}).",
        )


def literal_expression(document: ParsedDefinition) -> Iterator[Issue]:
    """Report JSONata in the middle of a text, which is sent as it is."""
    for text in document.once(jsonata_expressions.texts):
        value = text.text
        if OPENING in value and not value.startswith(OPENING) and not value.endswith(CLOSING):
            yield Issue(
                text.place,
                "JSONata inside a text is not evaluated: the text is sent as it is.",
                "Make the whole text an expression: {% 'a' & $states.input.b & 'c' %}.",
            )


def _in_result(state: ParsedState) -> Iterator[Issue]:
    """Report what a Pass seems to read, and hands on as it is."""
    queue: list[tuple[Any, Location]] = [(state.body.get("Result"), state.place.at("Result"))]
    while queue:
        node, here = queue.pop()
        if isinstance(node, dict):
            paths = [key for key in node if key.endswith(".$")]
            for key in paths:
                yield _static(here.at(key), "paths in it are not read")
            queue.extend((item, here.at(key)) for key, item in node.items() if key not in paths)
        elif is_jsonata(node):
            yield _static(here, "JSONata in it is not evaluated")
        elif isinstance(node, str):
            if _PATH_LIKE.match(node):
                yield _static(here, "paths in it are not read")
        else:
            queue.extend((item, here.at(index)) for index, item in entries(node))


def _static(place: Location, why: str) -> Issue:
    message = f"The Result of a Pass is sent as it is: {why}."
    return Issue(place, message, "Use Parameters instead, or Output in JSONata.")


def literal_key(document: ParsedDefinition) -> Iterator[Issue]:
    """Report keys that end in ``.$`` where JSONata is the query language."""
    for state in document.in_language(JSONATA):
        for field in ("Arguments", "Output", "Assign", "ItemSelector"):
            queue = [(state.body.get(field), state.place.at(field))]
            while queue:
                node, here = queue.pop()
                if isinstance(node, dict):
                    for key, value in node.items():
                        queue.append((value, here.at(key)))
                        if key.endswith(".$") and field != "Assign":
                            message = f"The key {key} is sent as it is: paths are JSONPath's."
                            name = key.removesuffix(".$")
                            yield Issue(here.at(key), message, f'Write "{name}": "{{% … %}}".')
                else:
                    queue.extend((item, here.at(index)) for index, item in entries(node))


def logged_payload(document: ParsedDefinition) -> Iterator[Issue]:
    """Report a log that holds the data of executions."""
    logging = document.logging or {}
    level = logging.get("level")
    if logging.get("includeExecutionData") is True and level not in (None, "OFF"):
        yield Issue(
            Location(("logging",)),
            f"The log (level {level}) holds the inputs and outputs of executions, with whatever"
            " is secret in them.",
            "Set includeExecutionData to false, or see to it who reads that log.",
        )


def _texts(value: Any, place: Location) -> Iterator[tuple[Location, str]]:
    queue = [(value, place)]
    while queue:
        node, here = queue.pop()
        if isinstance(node, str):
            yield here, node
        elif isinstance(node, dict):
            queue.extend((item, here.at(key)) for key, item in node.items())
        else:
            queue.extend((item, here.at(index)) for index, item in entries(node))
