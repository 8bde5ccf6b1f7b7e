"""Rules of Retry and Catch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sfn_release.asl.error_names import States
from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.asl.integrations import ServiceCall
from sfn_release.checks.definition import ErrorName, ParsedState
from sfn_release.checks.location import entries
from sfn_release.checks.rule import Issue
from sfn_release.checks.shapes import CATCHER_NOUN, RETRIER_NOUN
from sfn_release.text import did_you_mean

_RESERVED = "States."
_OF_LAMBDA = "Lambda."
_OF_HTTP = re.compile(r"States\.Http\.(StatusCode\.[1-5][0-9]{2}|Socket)")
"""The errors of http:invoke. Source: "Call HTTPS APIs" in AWS's developer guide."""
RESERVED_NAMES: Final = tuple(
    value for key, value in vars(States).items() if not key.startswith("_")
)
_FIELDS = {RETRIER_NOUN: "Retry", CATCHER_NOUN: "Catch"}
_ONLY_IN = {
    States.BranchFailed: ("Parallel",),
    States.ExceedToleratedFailureThreshold: ("Map",),
    States.ItemReaderFailed: ("Map",),
    States.ResultWriterFailed: ("Map",),
    States.HeartbeatTimeout: ("Task", "Parallel", "Map"),
    States.NoChoiceMatched: ("Parallel", "Map"),
}
"""Errors that only some types of state can report, by themselves or from the states inside."""

_ONLY_JSONPATH = (
    States.IntrinsicFailure,
    States.ParameterPathFailure,
    States.ResultPathMatchFailure,
)


def error_names_of(state: ParsedState) -> list[ErrorName]:
    """Return the error names in a state's Retry and Catch."""
    found: list[ErrorName] = []
    for element in state.elements:
        field = _FIELDS.get(element.shape.noun)
        if field is not None and element.shape.is_object:
            last = element.place.keys[-1] == len(state.body[field]) - 1
            for index, name in entries(element.body.get("ErrorEquals")):
                text = name if isinstance(name, str) else ""
                found.append(ErrorName(text, element, index, state.shape, state.call, last))
    return found


def is_no_string(name: str) -> bool:
    """Whether an item is not a string."""
    return name == ""


def wrong_error_name(error: ErrorName) -> Iterator[Issue]:
    """Report an error name that is not a string."""
    if not isinstance(error.rule.body["ErrorEquals"][error.position], str):
        yield Issue(error.place, "An error name must be a string.")


def is_catch_all(name: str) -> bool:
    """Whether a name stands for every error."""
    return name == States.ALL


def catch_all(error: ErrorName) -> Iterator[Issue]:
    """Report States.ALL beside other names, or before other rules."""
    names, place = error.rule.body["ErrorEquals"], error.rule.place
    if error.position != names.index(States.ALL):
        return
    if len(names) > 1 or not error.last:
        yield Issue(
            place.at("ErrorEquals"),
            f"{States.ALL} must be alone, in the last retrier or catcher.",
            "Move it to the end: nothing after it is ever tried.",
        )


def is_unknown(name: str) -> bool:
    """Whether a name begins with States. and the language doesn't define it."""
    return (
        name.startswith(_RESERVED) and name not in RESERVED_NAMES and not _OF_HTTP.fullmatch(name)
    )


def unknown_error(error: ErrorName) -> Iterator[Issue]:
    """Report a name that begins with States. and that the language doesn't define."""
    name = error.name
    message = f"There is no error {name}. Names that begin with States. are reserved."
    yield Issue(error.place, message, did_you_mean(name, RESERVED_NAMES))


def is_rare(name: str) -> bool:
    """Whether only some states report an error."""
    return (
        name in _ONLY_IN
        or name in _ONLY_JSONPATH
        or name in (States.QueryEvaluationError, States.Runtime)
        or name.startswith(_OF_LAMBDA)
        or bool(_OF_HTTP.fullmatch(name))
    )


def impossible_error(error: ErrorName) -> Iterator[Issue]:
    """Report an error that the state can't report, or that a retry can't help."""
    state, name = error.state, error.name
    types = _ONLY_IN.get(name)
    if types and state.type not in types:
        yield Issue(error.place, f"A {state.type} never reports {name}.", "Remove it.")
    elif name in _ONLY_JSONPATH and state.language == JSONATA and state.type == "Task":
        message = f"A state in {JSONATA} never reports {name}."
        yield Issue(
            error.place, message, f"Use {States.QueryEvaluationError}, which JSONata reports."
        )
    elif (
        name == States.QueryEvaluationError and state.language == JSONPATH and state.type == "Task"
    ):
        yield Issue(error.place, f"A state in {JSONPATH} never reports {name}.", "Remove it.")
    elif name.startswith(_OF_LAMBDA) and not _may_call(error.call, "lambda"):
        yield Issue(
            error.place, f"Only Lambda reports {name}, and this Task calls another service."
        )
    elif _OF_HTTP.fullmatch(name) and not _may_call(error.call, "http"):
        yield Issue(error.place, f"Only http:invoke reports {name}, and this Task doesn't call it.")
    elif error.field == "Retry" and name == States.Runtime:
        yield Issue(
            error.place,
            f"{name} is never retried: the execution fails despite the Retry.",
            "Fix its cause, and remove the retrier.",
        )


def never_of_task(name: str, call: ServiceCall | None) -> bool:
    """Whether no Task that makes *call* reports an error, because another state or service does."""
    types = _ONLY_IN.get(name)
    return (
        is_unknown(name)
        or is_catch_all(name)
        or (types is not None and "Task" not in types)
        or (name.startswith(_OF_LAMBDA) and not _may_call(call, "lambda"))
        or (_OF_HTTP.fullmatch(name) is not None and not _may_call(call, "http"))
    )


def _may_call(call: ServiceCall | None, service: str) -> bool:
    """Whether a state calls a service, or may: activities and functions aren't known calls."""
    return call is None or service in (call.service, call.sdk)
