"""Rules of a distributed Map's Label."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_release.asl.field_types import is_open
from sfn_release.checks.definition import ParsedDefinition, ParsedState
from sfn_release.checks.rule import Issue

_MAX_LABEL = 40
_NOT_IN_LABEL = re.compile(r"[\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]")


def label(document: ParsedDefinition) -> Iterator[Issue]:
    """Report labels that are too long, or that hold what they can't."""
    for state, value in _labels(document):
        place = state.place.at("Label")
        if not 1 <= len(value) <= _MAX_LABEL:
            yield Issue(place, f"A label has 1 to {_MAX_LABEL} characters, not {len(value)}.")
        elif _NOT_IN_LABEL.search(value):
            yield Issue(place, "A label has no spaces, control or special characters.")


def duplicate_label(document: ParsedDefinition) -> Iterator[Issue]:
    """Report labels that two Maps have."""
    first: dict[str, str] = {}
    for state, value in _labels(document):
        if first.setdefault(value, state.id) != state.id:
            message = f'Duplicate label name: the Map "{first[value]}" is labelled "{value}" too.'
            yield Issue(state.place.at("Label"), message, "Labels are unique in a workflow.")


def _labels(document: ParsedDefinition) -> Iterator[tuple[ParsedState, str]]:
    for state in document.of_type("Map"):
        value = state.body.get("Label")
        if isinstance(value, str) and not is_open(value):
            yield state, value
