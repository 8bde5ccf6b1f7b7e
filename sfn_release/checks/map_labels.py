"""Rules of a distributed Map's Label."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sfn_release.asl.field_types import is_open
from sfn_release.checks.definition import ParsedDefinition, ParsedState
from sfn_release.checks.rule import Issue

_MAX_LABEL = 40
_NOT_IN_LABEL = re.compile(r"[\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]")


def label(state: ParsedState) -> Iterator[Issue]:
    """Report a label with a wrong length, or with invalid characters."""
    value, place = state.body["Label"], state.place.at("Label")
    if not isinstance(value, str) or is_open(value):
        return
    if not 1 <= len(value) <= _MAX_LABEL:
        yield Issue(place, f"A label must have 1 to {_MAX_LABEL} characters, not {len(value)}.")
    elif _NOT_IN_LABEL.search(value):
        yield Issue(
            place, "A label can't contain spaces, control characters or special characters."
        )


def duplicate_label(definition: ParsedDefinition) -> Iterator[Issue]:
    """Report labels that two Maps have."""
    first: dict[str, str] = {}
    for state in definition.states:
        value = state.body.get("Label") if state.type == "Map" else None
        if not isinstance(value, str) or is_open(value):
            continue
        if first.setdefault(value, state.id) != state.id:
            message = f'Duplicate label name: the Map "{first[value]}" has the label "{value}" too.'
            yield Issue(
                state.place.at("Label"),
                message,
                "Change one of them. Labels must be unique in a workflow.",
            )
