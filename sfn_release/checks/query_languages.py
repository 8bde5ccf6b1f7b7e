"""Rules of the two query languages: each state uses the fields of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.asl.fields import (
    COUNTERPARTS,
    FIELDS,
    ONLY_JSONATA,
    ONLY_JSONPATH,
    ONLY_JSONPATH_INSIDE,
)
from sfn_release.checks.definition import Element, ParsedDefinition, ParsedState
from sfn_release.checks.location import Location
from sfn_release.checks.rule import Issue
from sfn_release.checks.shapes import CATCHER_NOUN, CHOICE_RULE, Shape

_INSIDE: Final = {
    (CHOICE_RULE, JSONATA): ("Variable",),
    (CHOICE_RULE, JSONPATH): ("Condition", "Output"),
    (CATCHER_NOUN, JSONATA): ("ResultPath",),
    (CATCHER_NOUN, JSONPATH): ("Output",),
    ("ItemReader", JSONATA): ("Parameters",),
    ("ItemReader", JSONPATH): ("Arguments",),
    ("ResultWriter", JSONATA): ("Parameters",),
    ("ResultWriter", JSONPATH): ("Arguments",),
}
"""Fields of the other query language, by the object and its own language."""


def jsonpath_in_jsonata(definition: ParsedDefinition) -> Iterator[Issue]:
    """Report JSONPath states of a JSONata workflow."""
    if definition.root.language == JSONATA:
        for state in definition.states:
            if state.language == JSONPATH:
                yield Issue(
                    state.place.at("QueryLanguage"),
                    "'QueryLanguage' can not be 'JSONPath' if it is 'JSONata' for the whole"
                    " workflow.",
                    "Remove it, or set the query language in each state instead.",
                )


def has_foreign(shape: Shape) -> bool:
    """Whether a state has a field of the other query language."""
    return bool(_foreign_keys(shape))


def _foreign_keys(shape: Shape) -> frozenset[str]:
    foreign = ONLY_JSONPATH if shape.language == JSONATA else ONLY_JSONATA
    return shape.keys & foreign & FIELDS.get(shape.type, {}).keys()


def foreign_field(state: ParsedState) -> Iterator[Issue]:
    """Report fields of the other query language in a state."""
    foreign = _foreign_keys(state.shape)
    for key in state.body:
        if key in foreign:
            yield _foreign(state.place.at(key), key, state.language)


def has_foreign_inside(shape: Shape) -> bool:
    """Whether an object in a state has the field that stands for its own in the other language."""
    return bool(_foreign_inside(shape))


def _foreign_inside(shape: Shape) -> list[str]:
    return [key for key in _INSIDE.get((shape.noun, shape.language), ()) if key in shape.keys]


def foreign_field_inside(element: Element) -> Iterator[Issue]:
    """Report fields of the other language in choice rules, catchers, readers and writers."""
    for key in _foreign_inside(element.shape):
        yield _foreign(element.place.at(key), key, element.shape.language)


def has_jsonpath_inside(shape: Shape) -> bool:
    """Whether an object in a JSONata state has a field of JSONPath."""
    keys = shape.keys & ONLY_JSONPATH_INSIDE & shape.fields.keys()
    return shape.language == JSONATA and bool(keys)


def jsonpath_inside(element: Element) -> Iterator[Issue]:
    """Report fields of JSONPath in the objects of a JSONata state."""
    for key in element.body:
        if key in element.shape.fields and key in ONLY_JSONPATH_INSIDE:
            yield _foreign(element.place.at(key), key, element.shape.language)


def _foreign(place: Location, key: str, language: str) -> Issue:
    other = JSONPATH if language == JSONATA else JSONATA
    return Issue(
        place,
        f"The query language here is {language}, and {key} is only supported in {other}.",
        f"In {language}, use {COUNTERPARTS[key]} instead." if key in COUNTERPARTS else "",
    )
