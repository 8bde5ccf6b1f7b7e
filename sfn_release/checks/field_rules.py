"""Rules of fields: which fields an object can have, which it needs, and their values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from sfn_release.asl.field_types import type_for, wrong
from sfn_release.asl.fields import DISTRIBUTED, FIELDS, KNOWN, NEEDED, TWINS, TWINS_INSIDE
from sfn_release.asl.placeholders import Typed
from sfn_release.checks.definition import (
    MAX_BYTES,
    Element,
    ParsedDefinition,
    ParsedScope,
    ParsedState,
)
from sfn_release.checks.location import Location
from sfn_release.checks.rule import Issue
from sfn_release.checks.shapes import Shape
from sfn_release.text import did_you_mean

_MOST_BYTES_OF_CHARACTER: Final = 4  # in UTF-8


def too_large(definition: ParsedDefinition) -> Iterator[Issue]:
    """Report a definition that is too long for CreateStateMachine."""
    if len(definition.text) * _MOST_BYTES_OF_CHARACTER <= MAX_BYTES:
        return
    text = json.dumps(definition.root.body, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode())
    if size > MAX_BYTES:
        yield Issue(
            Location(),
            f"The definition has {size:,} bytes; Step Functions accepts at most {MAX_BYTES:,}.",
            "Move a part into a workflow of its own, and start that workflow from a Task.",
        )


def has_unknown(shape: Shape) -> bool:
    """Whether an object has a field that the language doesn't define anywhere."""
    return any(key not in KNOWN for key in shape.strays)


def has_misplaced(shape: Shape) -> bool:
    """Whether an object has a field of another type of object."""
    return any(key in KNOWN for key in shape.strays)


def unknown_field(element: Element) -> Iterator[Issue]:
    """Report fields that the language doesn't define anywhere."""
    for key in element.shape.strays:
        if key not in KNOWN:
            yield Issue(
                element.place.at(key),
                f"{element.shape.noun} has no field {key}: it is not supported.",
                did_you_mean(key, element.shape.fields),
            )


def misplaced_field(element: Element) -> Iterator[Issue]:
    """Report fields that belong to another type of state, or to a distributed Map."""
    for key in element.shape.strays:
        if key in KNOWN:
            homes = [type for type, fields in FIELDS.items() if key in fields]
            yield Issue(
                element.place.at(key),
                f"{element.shape.noun} can't have the field {key}: it is not supported there.",
                _home(key, homes),
            )


def _home(key: str, homes: Sequence[str]) -> str:
    if key == "QueryLanguage":
        return "Set it at the top of the definition, or in each state."
    return f"It belongs to: {', '.join(homes)}." if len(homes) < len(FIELDS) else ""


def inline_map(state: ParsedState) -> Iterator[Issue]:
    """Report fields that only do something in a distributed Map."""
    if not is_distributed(state):
        for key in sorted(DISTRIBUTED & state.shape.keys):
            yield Issue(
                state.place.at(key),
                f"{key} only works in a distributed Map, and this Map runs inline.",
                "Add a ProcessorConfig with Mode DISTRIBUTED to its ItemProcessor, or remove it.",
            )


def is_distributed(state: ParsedState) -> bool:
    """Whether a state is a distributed Map."""
    processor = state.body.get("ItemProcessor", state.body.get("Iterator"))
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    return isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"


def wrong_value(element: Element) -> Iterator[Issue]:
    """Report a value of the wrong type, out of range, or not among a field's words."""
    body, shape = element.body, element.shape
    if not shape.is_object:
        yield Issue(element.place, f"{shape.noun} must be an object.")
    for key, kind in shape.typed:
        value = body[key]
        if kind(value) is None and value.__class__ is not Typed:
            continue
        wanted = wrong(kind, value, shape.language)
        if wanted:
            place = element.place.at(key)
            yield Issue(place, f"{key} must be {wanted}.", wanted=type_for(kind))


def misshapen_scope(definition: ParsedDefinition) -> Iterator[Issue]:
    """Report branches and item processors that aren't objects."""
    for place in definition.misshapen:
        yield Issue(place, "A branch or item processor must be an object with StartAt and States.")


def wrong_states(scope: ParsedScope) -> Iterator[Issue]:
    """Report a graph without states, and states that aren't objects."""
    if isinstance(scope.body.get("States"), dict) and not scope.states:
        yield Issue(scope.place.at("States"), "A workflow needs at least one state.")
    for id, body in scope.states.items():
        if not isinstance(body, dict):
            yield Issue(scope.place_of(id), "A state must be an object.")


def unknown_type(state: ParsedState) -> Iterator[Issue]:
    """Report a state whose type doesn't exist."""
    type = state.body["Type"]
    yield Issue(
        state.place.at("Type"),
        f"There is no state of type {type!r}: it should be one of {', '.join(FIELDS)}.",
        did_you_mean(type, FIELDS) if isinstance(type, str) else "",
    )


def has_rivals(shape: Shape) -> bool:
    """Whether a state has two fields that exclude each other."""
    return any(len(shape.keys.intersection(group)) > 1 for group in _exclusive(shape.type))


def has_twins(shape: Shape) -> bool:
    """Whether an object in a state has two fields that exclude each other."""
    return any(shape.keys.issuperset(pair) for pair in TWINS_INSIDE.get(shape.noun, ()))


def _exclusive(type: str) -> tuple[tuple[str, ...], ...]:
    return (*NEEDED.get(type, ()), *TWINS.get(type, ()))


def one_of(state: ParsedState) -> Iterator[Issue]:
    """Report fields of a state that exclude each other."""
    for group in _exclusive(state.type):
        given = [key for key in group if key in state.shape.keys]
        if len(given) > 1:
            message = f"A {state.type} can have only one of {' and '.join(given)}."
            yield Issue(state.place, message, "Remove one of them.")


def one_of_twins(element: Element) -> Iterator[Issue]:
    """Report fields of an object in a state that exclude each other."""
    for pair in TWINS_INSIDE[element.shape.noun]:
        if element.shape.keys.issuperset(pair):
            message = f"{element.shape.noun} can have only one of {' and '.join(pair)}."
            yield Issue(element.place, message, "Remove one of them.")
