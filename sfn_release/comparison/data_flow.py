"""Follows data through a definition: members that its output has, and that its input needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sfn_release.comparison.data_shapes import UNKNOWN, Shape, joined
from sfn_release.comparison.placed_states import inner_bodies
from sfn_release.comparison.retry_changes import handles
from sfn_release.comparison.state_data import (
    caught_output,
    inner_input,
    needed_members,
    output,
    rule_output,
    tested_members,
)

_ROUNDS: Final = 30  # visits of a state, after which its data counts as unknown


@dataclass
class DataFlow:
    """The known data of a definition.

    *output* is None if no execution can succeed. *needed* maps paths in the input, which must be
    there, to the labels of the states that read them. *errors* are the names in Fail states that
    can end an execution; None is a computed one.
    """

    output: Shape | None = None
    needed: dict[str, list[str]] = field(default_factory=dict)
    errors: set[str | None] = field(default_factory=set)


def data_flow(definition: Mapping[str, Any], start: Shape) -> DataFlow:
    """Follow an input of the shape *start* through a definition."""
    found = DataFlow()
    language = definition.get("QueryLanguage")
    found.output = _scope(definition, start, "", language, (), found)
    tested = {name for state in _all_states(definition) for name in tested_members(state)}
    found.needed = {
        path: states
        for path, states in found.needed.items()
        if not any(path == name or path.startswith(f"{name}.") for name in tested)
    }
    return found


def _scope(
    body: Mapping[str, Any],
    start: Shape,
    prefix: str,
    language: Any,
    around: tuple[Any, ...],
    found: DataFlow,
) -> Shape | None:
    """Follow data through a scope and return its output."""
    states = body.get("States")
    states = states if isinstance(states, dict) else {}
    inputs: dict[str, Shape] = {}
    visits: dict[str, int] = {}
    result: Shape | None = None
    waiting: list[tuple[Any, Shape]] = [(body.get("StartAt"), start)]
    while waiting:
        name, data = waiting.pop()
        state = states.get(name) if isinstance(name, str) else None
        if not isinstance(state, dict):
            continue
        before = inputs.get(name)
        now = data if before is None else joined(before, data)
        if before is not None and now == before:
            continue
        visits[name] = visits.get(name, 0) + 1
        inputs[name] = now if visits[name] < _ROUNDS else UNKNOWN
        for target, out in _ways(state, inputs[name], jsonata=_is_jsonata(state, language)):
            waiting.append((target, out))
    for name, data in inputs.items():
        state = states[name]
        jsonata = _is_jsonata(state, language)
        label = prefix + name
        for member in needed_members(state, data, jsonata=jsonata):
            labels = found.needed.setdefault(member, [])
            if label not in labels:
                labels.append(label)
        if state.get("Type") == "Fail":
            _fail(state, around, found)
        elif state.get("End") is True or state.get("Type") == "Succeed":
            out = output(state, data, jsonata=jsonata)
            result = out if result is None else joined(result, out)
        _inside(state, data, label, language, around, found)
    return result


def _inside(
    state: Mapping[str, Any],
    data: Shape,
    label: str,
    language: Any,
    around: tuple[Any, ...],
    found: DataFlow,
) -> None:
    start = inner_input(state, data, jsonata=_is_jsonata(state, language))
    for key, value in inner_bodies(state).items():
        bodies = value if key == "Branches" else [value]
        for at, body in enumerate(bodies, 1):
            inside = f"{label} › branch {at} › " if key == "Branches" else f"{label} › "
            _scope(body, start, inside, language, (*around, state.get("Catch")), found)


def _fail(state: Mapping[str, Any], around: tuple[Any, ...], found: DataFlow) -> None:
    error = state.get("Error")
    name = error if isinstance(error, str) and not error.startswith("{%") else None
    if not any(handles(catchers, name) for catchers in around):
        found.errors.add(name)


def _ways(state: Mapping[str, Any], data: Shape, *, jsonata: bool) -> Iterator[tuple[Any, Shape]]:
    """Yield each state that can follow, with the data that it gets."""
    out = output(state, data, jsonata=jsonata)
    for key in ("Next", "Default"):
        if key in state:
            yield state[key], out
    for rule in _rules(state.get("Choices")):
        yield rule.get("Next"), rule_output(rule, out, data, jsonata=jsonata)
    for catcher in _rules(state.get("Catch")):
        yield catcher.get("Next"), caught_output(catcher, data, jsonata=jsonata)


def _rules(value: Any) -> list[Mapping[str, Any]]:
    return [rule for rule in value if isinstance(rule, dict)] if isinstance(value, list) else []


def _is_jsonata(state: Mapping[str, Any], language: Any) -> bool:
    return bool(state.get("QueryLanguage", language) == "JSONata")


def _all_states(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting: list[Any] = [body]
    while waiting:
        scope = waiting.pop()
        states = scope.get("States")
        for state in states.values() if isinstance(states, dict) else ():
            if isinstance(state, dict):
                yield state
                for value in inner_bodies(state).values():
                    waiting += value if isinstance(value, list) else [value]
