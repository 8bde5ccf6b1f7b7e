"""The objects in a state whose fields the language defines: retriers, catchers, readers, ..."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sfn_release.asl.fields import FIELDS, NESTED
from sfn_release.checks.definition import Element, ParsedState
from sfn_release.checks.location import Location, entries
from sfn_release.checks.shapes import CATCHER_NOUN, RETRIER_NOUN, Shape, shape_of

WORK: Final = ("Task", "Parallel", "Map")
"""The types of state that can fail while they work: they have Retry and Catch."""

_INSIDE: Final = {"ItemReader": "ReaderConfig", "ResultWriter": "WriterConfig"}
_RULES: Final = (("Retry", RETRIER_NOUN), ("Catch", CATCHER_NOUN))
_CONFIG: Final = "ProcessorConfig"
_PROCESSORS: Final = ("ItemProcessor", "Iterator")
_NESTED: Final = {type: fields.keys() & NESTED.keys() for type, fields in FIELDS.items()}
_HOLDERS: Final = {
    type: frozenset((*nested, *(("Retry", "Catch") if type in WORK else ())))
    | (frozenset(_PROCESSORS) if type == "Map" else frozenset())
    for type, nested in _NESTED.items()
}


def has_elements(shape: Shape) -> bool:
    """Whether a state has fields that can hold such objects."""
    return bool(shape.type) and shape.has(*_HOLDERS[shape.type])


def elements_of(state: ParsedState) -> list[Element]:
    """Return the objects in a state that have known fields; their bodies may be of any type."""
    type, keys = state.shape.type, state.shape.keys
    found: list[Element] = []
    body, place, language = state.body, state.place, state.shape.language
    if type in WORK:
        for key, noun in _RULES:
            if key in keys:
                for index, rule in entries(body[key]):
                    found.append(_element(noun, rule, place.at(key, index), language))
    for key in [key for key in body if key in _NESTED[type]]:
        found += _nested(body[key], place.at(key), key, language)
    if type == "Map":
        for key in _PROCESSORS:
            if isinstance(body.get(key), dict) and _CONFIG in body[key]:
                found += _nested(body[key][_CONFIG], place.at(key, _CONFIG), _CONFIG, language)
    return found


def _nested(body: Any, place: Location, key: str, language: str) -> Iterator[Element]:
    if isinstance(body, dict):  # otherwise the object around it has a wrong value
        yield _element(key, body, place, language)
        inner = _INSIDE.get(key)
        if inner is not None and inner in body:
            yield from _nested(body[inner], place.at(inner), inner, language)


def _element(noun: str, body: Any, place: Location, language: str) -> Element:
    keys = tuple(body) if isinstance(body, dict) else None
    return Element(body, place, shape_of(noun, language, keys))
