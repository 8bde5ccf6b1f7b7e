"""Read an existing definition into a workflow, without losing anything.

A state is read into its own class. If the class wouldn't write it back exactly as it was (an
unusual type of a field, an empty Retry), it becomes a `Raw` instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfn_release.asl.operators import OPERATORS
from sfn_release.authoring.conditions import (
    ChoiceRule,
    Combination,
    Comparison,
    Condition,
    Negation,
    RawCondition,
)
from sfn_release.authoring.definition_writer import DEFINITION_FIELDS
from sfn_release.authoring.json_values import asl_key, copied
from sfn_release.authoring.jsonata_values import Jsonata, q
from sfn_release.authoring.retry import Catch, Retry
from sfn_release.authoring.state import State
from sfn_release.authoring.state_graph import StateGraph
from sfn_release.authoring.state_writer import write_state
from sfn_release.authoring.states import (
    Choice,
    Fail,
    Map,
    Parallel,
    Pass,
    Raw,
    Succeed,
    Task,
    Wait,
)
from sfn_release.canonical import first_difference
from sfn_release.errors import DefinitionError, NotFoundError

if TYPE_CHECKING:
    from sfn_release.authoring.workflow import Workflow

Nested = Callable[[Mapping[str, Any]], StateGraph]
"""Reads a branch or an item processor."""

_TYPES: Mapping[str, type[State]] = {
    state.type: state for state in (Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map)
}
_NOT_FIELDS = frozenset({"id", "extra", "processor_config"})


class AsWritten:
    """Names the states of an existing definition, whose links are ids already."""

    def id_of(self, state: State | str) -> str:
        """Return the id."""
        return state if isinstance(state, str) else state.id or ""


def read_file(path: Path, kind: type[Workflow]) -> Workflow:
    """Return the workflow, a *kind*, of a definition in a file: YAML by its suffix, else JSON.

    Raises NotFoundError if the file can't be read, and DefinitionError, with its name, for a
    mistake in it.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"{path} can't be read: {error.strerror}.") from error
    read = kind.from_yaml if path.suffix in (".yaml", ".yml") else kind.from_json
    try:
        return read(text)
    except DefinitionError as error:
        raise DefinitionError(f"{path}: {error.message}", why=error.why, fix=error.fix) from error


def read_definition(definition: Mapping[str, Any], kind: type[Workflow]) -> Workflow:
    """Return the workflow, a *kind*, of a copy of *definition*.

    Raises DefinitionError if *definition* isn't an object with an object of States, or is nested
    too deeply.
    """
    try:
        return _read(copied(definition), kind)
    except RecursionError:
        raise DefinitionError("This definition contains itself, or is nested too deeply.") from None


def _read(definition: Any, kind: type[Workflow]) -> Workflow:
    """Return the workflow of a definition whose dicts and lists it keeps."""
    states = definition.get("States") if isinstance(definition, Mapping) else None
    if not isinstance(states, Mapping) or not isinstance(definition.get("StartAt", ""), str):
        raise DefinitionError(
            "This is not a definition in the Amazon States Language.",
            why='It must be an object with "StartAt" and an object of "States".',
        )
    names = {asl_key(name): name for name in DEFINITION_FIELDS}
    known = {name: definition[key] for key, name in names.items() if key in definition}
    apart = {*names, "StartAt", "States"}
    extra = {key: value for key, value in definition.items() if key not in apart}
    workflow = kind(**known, extra=extra)
    workflow.start = definition.get("StartAt")
    for id, body in states.items():
        if not isinstance(body, Mapping):
            raise DefinitionError(f'The state "{id}" is not an object.')
        workflow.add(read_state(id, body, lambda inner: _read(inner, kind)))
    return workflow


def read_state(id: str, body: Mapping[str, Any], nested: Nested) -> State:
    """Return the state called *id* with the JSON *body*. Its links are ids."""
    type = body.get("Type")
    if isinstance(type, str) and type in _TYPES:
        try:
            state = _typed(_TYPES[type], id, body, nested)
        except _MismatchError:
            return Raw(id, body)
        if _is_written_as(body, state):
            return state
    return Raw(id, body)


def _is_written_as(body: Mapping[str, Any], state: State) -> bool:
    try:
        return first_difference(write_state(state, AsWritten()), body) is None
    except DefinitionError:  # for example two ProcessorConfigs
        return False


class _MismatchError(Exception):
    """The body doesn't have the shape of its class: a signal inside this file."""


def _typed(kind: type[State], id: str, body: Mapping[str, Any], nested: Nested) -> State:
    known = {
        asl_key(field.name): field.name for field in fields(kind) if field.name not in _NOT_FIELDS
    }
    given: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in body.items():
        if key in known:
            given |= _field(known[key], value, nested)
        elif key != "Type":
            extra[key] = value
    return kind(id, extra=extra, **given)


def _field(name: str, value: Any, nested: Nested) -> dict[str, Any]:
    match name:
        case "retry":
            return {name: [_retry(rule) for rule in _array(value)]}
        case "catch":
            return {name: [_catch(rule) for rule in _array(value)]}
        case "choices":
            return {name: [_rule(rule) for rule in _array(value)]}
        case "branches":
            return {name: [_nested(branch, nested) for branch in _array(value)]}
        case "item_processor" | "iterator":
            inner = dict(_object(value))
            config = inner.pop("ProcessorConfig", None)
            given: dict[str, Any] = {name: _nested(inner, nested)}
            return given if config is None else given | {"processor_config": config}
        case "next" | "default" if not isinstance(value, str):
            raise _MismatchError
        case "end" if value is not True:
            raise _MismatchError
        case _:
            return {name: value}


def _nested(value: Any, nested: Nested) -> StateGraph:
    graph = _object(value)
    states = graph.get("States")
    if not isinstance(states, Mapping) or not isinstance(graph.get("StartAt", ""), str):
        raise _MismatchError
    if not all(isinstance(state, Mapping) for state in states.values()):
        raise _MismatchError
    return nested(graph)


def _retry(value: Any) -> Retry:
    return Retry(**_split(value, Retry))


def _catch(value: Any) -> Catch:
    return Catch(**_split(value, Catch))


def _split(value: Any, kind: type[Retry | Catch]) -> dict[str, Any]:
    known = {asl_key(field.name): field.name for field in fields(kind) if field.name != "extra"}
    rule = _object(value)
    given = {known[key]: item for key, item in rule.items() if key in known}
    errors = given.get("error_equals")
    if not isinstance(errors, list) or not isinstance(given.get("next", ""), str):
        raise _MismatchError
    if kind is Catch and "next" not in given:
        raise _MismatchError
    return given | {"extra": {key: item for key, item in rule.items() if key not in known}}


def _rule(value: Any) -> ChoiceRule:
    rule = dict(_object(value))
    next = rule.pop("Next", None)
    if not isinstance(next, str):
        raise _MismatchError
    beside = {key.lower(): rule.pop(key) for key in ("Comment", "Assign", "Output") if key in rule}
    return ChoiceRule(_decision(rule), next, **beside)


def _decision(rule: Mapping[str, Any]) -> Condition | Jsonata | bool:
    match rule:
        case {"Condition": bool(value)} if len(rule) == 1:
            return value
        case {"Condition": str(text)} if len(rule) == 1 and _is_jsonata(text):
            return q(text)
        case _:
            return _condition(rule)


def _is_jsonata(text: str) -> bool:
    return text.startswith("{%") and text.endswith("%}") and bool(text[2:-2].strip())


def _condition(rule: Any) -> Condition:
    body = _object(rule)
    match list(body):
        case ["Not"]:
            return Negation(_condition(body["Not"]))
        case ["And" | "Or" as operator]:
            return Combination(operator, tuple(_condition(part) for part in _array(body[operator])))
        case ["Variable", operator] | [operator, "Variable"] if operator in OPERATORS:
            return Comparison(body["Variable"], operator, body[operator])
        case _:
            return RawCondition(body)


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise _MismatchError


def _array(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    raise _MismatchError
