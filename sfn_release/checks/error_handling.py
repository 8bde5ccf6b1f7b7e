"""Rules of Retry and Catch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sfn_release.asl.error_names import States
from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.checks.definition import ParsedDefinition, ParsedState
from sfn_release.checks.integrations import call_of
from sfn_release.checks.rule import Issue, Location, entries
from sfn_release.text import did_you_mean

_RESERVED = "States."
_OF_LAMBDA = "Lambda."
_OF_HTTP = re.compile(r"States\.Http\.(StatusCode\.[1-5][0-9]{2}|Socket)")
"""What http:invoke reports. Source: "Call HTTPS APIs" in AWS's developer guide."""
_NAMES = tuple(value for key, value in vars(States).items() if not key.startswith("_"))
_WORK = ("Task", "Parallel", "Map")
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


def _may_call(state: ParsedState, service: str) -> bool:
    call = call_of(state)
    return state.type != "Task" or call is None or service in (call.service, call.sdk)


def error_names(document: ParsedDefinition) -> Iterator[tuple[ParsedState, str, str, Location]]:
    """Yield each error name: its state, Retry or Catch, the name and its place."""
    for state in document.of_type(*_WORK):
        for key in ("Retry", "Catch"):
            for index, rule in entries(state.body.get(key)):
                if isinstance(rule, dict):
                    place = state.place.at(key, index, "ErrorEquals")
                    for at, name in entries(rule.get("ErrorEquals")):
                        if isinstance(name, str):
                            yield state, key, name, place.at(at)


def wrong_error_name(document: ParsedDefinition) -> Iterator[Issue]:
    """Report error names that are no strings."""
    for state in document.of_type(*_WORK):
        for key in ("Retry", "Catch"):
            for index, rule in entries(state.body.get(key)):
                names: Any = rule.get("ErrorEquals") if isinstance(rule, dict) else None
                for at, name in entries(names):
                    if not isinstance(name, str):
                        place = state.place.at(key, index, "ErrorEquals", at)
                        yield Issue(place, "An error name must be a string.")


def catch_all(document: ParsedDefinition) -> Iterator[Issue]:
    """Report States.ALL beside other names, or before other rules."""
    for state in document.of_type(*_WORK):
        for key in ("Retry", "Catch"):
            rules = list(entries(state.body.get(key)))
            for index, rule in rules:
                names: Any = rule.get("ErrorEquals") if isinstance(rule, dict) else None
                if not isinstance(names, list | tuple) or States.ALL not in names:
                    continue
                if len(names) > 1 or index < len(rules) - 1:
                    yield Issue(
                        state.place.at(key, index, "ErrorEquals"),
                        f"{States.ALL} must stand alone, in the last rule of its list.",
                        "Rules after it would never be tried.",
                    )


def unknown_error(document: ParsedDefinition) -> Iterator[Issue]:
    """Report names that begin with States. and that the language does not have."""
    for _, _, name, place in error_names(document):
        known = name in _NAMES or _OF_HTTP.fullmatch(name)
        if name.startswith(_RESERVED) and not known:
            message = f"There is no error {name}; names that begin with States. are the language's."
            yield Issue(place, message, did_you_mean(name, _NAMES))


def impossible_error(document: ParsedDefinition) -> Iterator[Issue]:
    """Report errors that the state can't report, or that retrying can't help."""
    for state, key, name, place in error_names(document):
        types = _ONLY_IN.get(name)
        if types and state.type not in types:
            yield Issue(place, f"A {state.type} never reports {name}.", "Remove it.")
        elif name in _ONLY_JSONPATH and state.language == JSONATA and state.type == "Task":
            message = f"A state in {JSONATA} never reports {name}."
            yield Issue(place, message, f"JSONata fails with {States.QueryEvaluationError}.")
        elif (
            name == States.QueryEvaluationError
            and state.language == JSONPATH
            and state.type == "Task"
        ):
            yield Issue(place, f"A state in {JSONPATH} never reports {name}.", "Remove it.")
        elif name.startswith(_OF_LAMBDA) and not _may_call(state, "lambda"):
            yield Issue(place, f"Only Lambda reports {name}, and this calls another service.")
        elif _OF_HTTP.fullmatch(name) and not _may_call(state, "http"):
            yield Issue(place, f"Only http:invoke reports {name}, and this calls something else.")
        elif key == "Retry" and name == States.Runtime:
            yield Issue(
                place,
                f"{name} is never retried: the execution fails whatever Retry says.",
                "Mend its cause; a retrier for it has no effect.",
            )
