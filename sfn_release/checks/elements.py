"""The objects of a definition whose fields the language knows: scopes, states, what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sfn_release.asl.field_types import FieldType
from sfn_release.asl.fields import (
    BRANCH,
    CATCHER,
    FIELDS,
    NESTED,
    PROCESSOR,
    RETRIER,
    ROOT,
)
from sfn_release.checks.definition import ParsedDefinition, ParsedScope, ParsedState
from sfn_release.checks.rule import Location, entries

_INSIDE = {"ItemReader": "ReaderConfig", "ResultWriter": "WriterConfig"}
_FLOW = frozenset(("Next", "End"))  # the rules of `graph` look at them


class Element(NamedTuple):
    """An object and what it may hold. *what* names it in a sentence: ``A Task``."""

    body: Any
    place: Location
    fields: Mapping[str, FieldType]
    what: str
    language: str


def parts(document: ParsedDefinition) -> Iterator[Element]:
    """Yield every object of *document* with known fields; their bodies may be of any type."""
    for scope in document.scopes:
        yield _of_scope(scope)
    for state in document.states:
        if state.type:
            yield Element(
                {key: value for key, value in state.body.items() if key not in _FLOW},
                state.place,
                FIELDS[state.type],
                f"A {state.type}",
                state.language,
            )
            yield from _in_state(state)


def _of_scope(scope: ParsedScope) -> Element:
    if scope.holder is None:
        return Element(scope.body, scope.place, ROOT, "A definition", scope.language)
    if scope.holder.type == "Parallel":
        return Element(scope.body, scope.place, BRANCH, "A branch", scope.language)
    return Element(scope.body, scope.place, PROCESSOR, "An item processor", scope.language)


def _in_state(state: ParsedState) -> Iterator[Element]:
    body, language = state.body, state.language
    if state.type in ("Task", "Parallel", "Map"):
        for key, known, what in (("Retry", RETRIER, "A retrier"), ("Catch", CATCHER, "A catcher")):
            for index, rule in entries(body.get(key)):
                yield Element(rule, state.place.at(key, index), known, what, language)
    for key in FIELDS[state.type].keys() & NESTED.keys() & body.keys():
        yield from _nested(body[key], state.place.at(key), key, language)
    if state.type == "Map":
        for key in ("ItemProcessor", "Iterator"):
            if isinstance(body.get(key), dict) and "ProcessorConfig" in body[key]:
                place = state.place.at(key, "ProcessorConfig")
                yield from _nested(body[key]["ProcessorConfig"], place, "ProcessorConfig", language)


def _nested(body: Any, place: Location, key: str, language: str) -> Iterator[Element]:
    if not isinstance(body, dict):
        return  # the object around it tells
    yield Element(body, place, NESTED[key], key, language)
    inner = _INSIDE.get(key)
    if inner is not None and inner in body:
        yield from _nested(body[inner], place.at(inner), inner, language)
