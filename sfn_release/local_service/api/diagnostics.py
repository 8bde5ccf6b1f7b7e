"""Finds the faults for which Step Functions refuses to create a state machine.

It covers the faults whose messages, or at least codes, are known from AWS: JSON, required fields,
state types, transitions, query languages, the limits of EXPRESS. `sfn_release.checks` finds the
others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.asl.integrations import CALLBACK, OPTIMIZED, SYNC, is_activity, service_call
from sfn_release.canonical import loads
from sfn_release.errors import DefinitionError
from sfn_release.local_service.api.json_errors import not_json

SCHEMA = "SCHEMA_VALIDATION_FAILED"
_TARGET = "MISSING_TRANSITION_TARGET"
_TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
_LANGUAGES = ("JSONPath", "JSONata")
_REQUIRED = {"Task": ("Resource",), "Choice": ("Choices",), "Parallel": ("Branches",)}
_ENDING = ("Succeed", "Fail")
_WITHOUT_NEXT = ("Succeed", "Fail", "Choice")
_RFC3339 = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)"
)
_EXPRESSION = re.compile(r"\{%.*%\}", re.DOTALL)


@dataclass(frozen=True)
class Diagnostic:
    """One fault; *location* is a path like ``/States/Charge/Resource``, or None."""

    code: str
    message: str
    location: str | None


_NO_OBJECT = Diagnostic(SCHEMA, "Definition must be a valid JSON object", None)


def diagnostics(text: str, type: str) -> list[Diagnostic]:
    """Return the faults for which Step Functions refuses *text* for a machine of *type*."""
    if not text.strip():
        return [_NO_OBJECT]
    try:
        definition = loads(text, unique_keys=False)
    except DefinitionError as error:
        return [Diagnostic("INVALID_JSON_DESCRIPTION", *not_json(text, error))]
    if not isinstance(definition, dict):
        return [_NO_OBJECT]
    try:
        return list(_schema(definition, "", type, definition.get("QueryLanguage"))) or list(
            _graph(definition, "", set())
        )
    except RecursionError:
        return [_TOO_DEEP]


_TOO_DEEP = Diagnostic("TOO_DEEPLY_NESTED", "The states are too deeply nested", None)


def _schema(scope: Mapping[str, Any], at: str, type: str, root: Any) -> Iterator[Diagnostic]:
    """Check a scope (the machine, a branch, a Map's processor) whose path is *at*."""
    missing = [name for name in ("States", "StartAt") if name not in scope]
    if missing:
        yield Diagnostic(SCHEMA, f"These fields are required: [{', '.join(missing)}]", at or "/")
    if "StartAt" in scope and not isinstance(scope["StartAt"], str):
        yield Diagnostic(SCHEMA, "Expected value of type String", f"{at}/StartAt")
    if not at and scope.get("QueryLanguage", _LANGUAGES[0]) not in _LANGUAGES:
        yield _one_of("QueryLanguage", _LANGUAGES, at)
    states = scope.get("States")
    if "States" not in scope:
        return
    if not isinstance(states, dict):
        yield Diagnostic(SCHEMA, "Expected value of type Object", f"{at}/States")
    elif not states:
        yield Diagnostic(SCHEMA, "Value cannot be empty", f"{at}/States")
    else:
        for name, state in states.items():
            yield from _state(state, f"{at}/States/{name}", type, root)


def _state(state: Any, at: str, type: str, root: Any) -> Iterator[Diagnostic]:
    if not isinstance(state, dict):
        yield Diagnostic(SCHEMA, "Expected value of type Object", at)
        return
    kind = state.get("Type")
    if kind not in _TYPES:
        yield _one_of("Type", _TYPES, at)
        return
    language = state.get("QueryLanguage", root or _LANGUAGES[0])
    if language not in _LANGUAGES:
        yield _one_of("QueryLanguage", _LANGUAGES, at)
    elif root == "JSONata" and language != root:
        yield Diagnostic(
            SCHEMA,
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
            at,
        )
    missing = [field for field in _REQUIRED.get(kind, ()) if field not in state]
    if missing:
        yield Diagnostic(SCHEMA, f"These fields are required: [{', '.join(missing)}]", at)
    if kind not in _WITHOUT_NEXT and "Next" not in state and state.get("End") is not True:
        yield Diagnostic(SCHEMA, "One of the fields 'Next' and 'End' is required", at)
    yield from _FIELDS.get(kind, _nothing)(state, at, type, root, language)


def _nothing(*_: Any) -> Iterator[Diagnostic]:
    return iter(())


def _task(state: Mapping[str, Any], at: str, type: str, _: Any, __: Any) -> Iterator[Diagnostic]:
    resource = state.get("Resource")
    if "Resource" in state:
        yield from _resource(resource, f"{at}/Resource", type)
    credentials = state.get("Credentials")
    if isinstance(credentials, dict) and not {"RoleArn", "RoleArn.$"} & credentials.keys():
        yield Diagnostic(
            SCHEMA, "The field 'RoleArn' is required but was missing", f"{at}/Credentials"
        )


def _resource(resource: Any, at: str, type: str) -> Iterator[Diagnostic]:
    # AWS doesn't fill ${Placeholders}, so it refuses them as invalid resources.
    if not isinstance(resource, str) or not resource.startswith("arn:"):
        yield Diagnostic(SCHEMA, "Value is not a valid resource ARN", at)
        return
    if type == "EXPRESS" and is_activity(resource):
        yield Diagnostic(SCHEMA, "Express state machine does not support Activity ARN", at)
    call = service_call(resource)
    if call is None:
        return
    if call.service in OPTIMIZED and call.action not in OPTIMIZED[call.service]:
        yield Diagnostic(
            SCHEMA,
            f"The resource provided {resource} is not recognized. The value is not a valid resource"
            " ARN, or the resource is not available in this region.",
            at,
        )
    elif type == "EXPRESS" and call.wait:
        # AWS writes this blank.
        named, blank = (CALLBACK, " ") if call.wait == CALLBACK else (SYNC, "")
        yield Diagnostic(
            SCHEMA,
            f"Express state machine does not support '{named}' service integration{blank}",
            at,
        )


def _wait(
    state: Mapping[str, Any], at: str, _: str, __: Any, language: Any
) -> Iterator[Diagnostic]:
    timestamp = state.get("Timestamp")
    computed = language == "JSONata" and _EXPRESSION.fullmatch(str(timestamp))
    if isinstance(timestamp, str) and not computed and not _RFC3339.fullmatch(timestamp):
        yield Diagnostic(SCHEMA, "String does not match RFC3339 timestamp", f"{at}/Timestamp")


def _parallel(
    state: Mapping[str, Any], at: str, type: str, root: Any, _: Any
) -> Iterator[Diagnostic]:
    branches = state.get("Branches")
    if "Branches" not in state:
        return
    if not isinstance(branches, list):
        yield Diagnostic(SCHEMA, "Expected value of type Array", f"{at}/Branches")
    elif not branches:
        yield Diagnostic(SCHEMA, "Value cannot be empty", f"{at}/Branches")
    else:
        for number, branch in enumerate(branches):
            yield from _inner(branch, f"{at}/Branches[{number}]", type, root)


def _map(state: Mapping[str, Any], at: str, type: str, root: Any, _: Any) -> Iterator[Diagnostic]:
    found = [field for field in ("ItemProcessor", "Iterator") if field in state]
    if not found:
        yield Diagnostic(SCHEMA, "These fields are required: [ItemProcessor]", at)
    for field in found:
        yield from _inner(state[field], f"{at}/{field}", type, root)


def _inner(scope: Any, at: str, type: str, root: Any) -> Iterator[Diagnostic]:
    if isinstance(scope, dict):
        yield from _schema(scope, at, type, root)
    else:
        yield Diagnostic(SCHEMA, "Expected value of type Object", at)


_FIELDS = {
    "Task": _task,
    "Wait": _wait,
    "Parallel": _parallel,
    "Map": _map,
}


def _graph(scope: Mapping[str, Any], at: str, names: set[str]) -> Iterator[Diagnostic]:
    """Check the transitions of a scope with a valid schema, and of its nested scopes.

    *names* are the names of all scopes so far: they must be unique in the whole definition.
    """
    states: Mapping[str, Mapping[str, Any]] = scope["States"]
    targets = [(scope["StartAt"], f"{at}/StartAt")]
    for name, state in states.items():
        here = f"{at}/States/{name}"
        if name in names:
            yield Diagnostic("DUPLICATE_STATE_NAME", f"Duplicate state name: {name}", here)
        names.add(name)
        targets += [(target, f"{here}/{field}") for target, field in _targets(state)]
    for target, where in targets:
        if target not in states:
            yield Diagnostic(_TARGET, f"Missing 'Next' target: {target}", where)
    if any(state["Type"] in _ENDING or state.get("End") is True for state in states.values()):
        reached = _reached(states, scope["StartAt"])
        for name in states:
            if name not in reached:
                message = f'State "{name}" is not reachable.'
                yield Diagnostic(_TARGET, message, f"{at}/States/{name}")
    else:
        yield Diagnostic("MISSING_END_STATE", "Workflow has no terminal state", None)
    for name, state in states.items():
        for inner, field in _scopes(state):
            yield from _graph(inner, f"{at}/States/{name}/{field}", names)


def _reached(states: Mapping[str, Mapping[str, Any]], start: str) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        for target, _ in _targets(states.get(waiting.pop(), {})):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached


def _targets(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every transition of a state: its target and the field that names it."""
    for field in ("Next", "Default"):
        if isinstance(state.get(field), str):
            yield state[field], field
    for field in ("Choices", "Catch"):
        rules = state.get(field)
        for number, rule in enumerate(rules if isinstance(rules, list) else []):
            if isinstance(rule, dict) and isinstance(rule.get("Next"), str):
                yield rule["Next"], f"{field}[{number}]/Next"


def _scopes(state: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    if state["Type"] == "Parallel":
        for number, branch in enumerate(state["Branches"]):
            yield branch, f"Branches[{number}]"
    elif state["Type"] == "Map":
        for field in ("ItemProcessor", "Iterator"):
            if field in state:
                yield state[field], field


def _one_of(field: str, values: tuple[str, ...], at: str) -> Diagnostic:
    return Diagnostic(
        SCHEMA,
        f"The field '{field}' should have one of these values: [{', '.join(values)}]",
        f"{at}/{field}",
    )
