"""The rule of ``${``: texts that look like a parameter and can't be filled as one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sfn_release.asl.placeholders import A_PARAMETER, REFERRED, no_parameters
from sfn_release.checks.definition import ParsedDefinition, ParsedScope, ParsedState
from sfn_release.checks.location import Location, entries
from sfn_release.checks.rule import Issue
from sfn_release.text import count

_VALID = re.compile(rf"\$\{{(?:{REFERRED})\}}")
_SCOPES = frozenset(("States", "Branches", "ItemProcessor", "Iterator"))
"""The fields that hold states, which are looked at one by one."""


def no_parameter(definition: ParsedDefinition) -> Iterator[Issue]:
    """Report each invalid ``${…}`` once, however often it is used.

    For most definitions, one search in their whole text is enough.
    """
    text = definition.text
    if text.count("${") == sum(1 for _ in _VALID.finditer(text)):
        return
    found: dict[str, list[Location]] = {}
    for text, place in _texts(definition):
        for shown in no_parameters(text):
            found.setdefault(shown, []).append(place)
    for shown, places in found.items():
        more = len(places) - 1
        again = f" It is also in {count(more, 'other place')}." if more else ""
        yield Issue(
            places[0],
            f"{shown!r} is not a valid parameter name. {A_PARAMETER}{again}",
            "Rename the parameter, or use $${ for a literal ${ .",
        )


def _texts(definition: ParsedDefinition) -> Iterator[tuple[str, Location]]:
    for scope in definition.scopes:
        yield from ((id, scope.place_of(id)) for id in scope.states)
    holders: list[ParsedScope | ParsedState] = [*definition.scopes, *definition.states]
    for holder in holders:
        if not isinstance(holder.body, dict):
            continue
        for key, value in holder.body.items():
            if key not in _SCOPES:
                yield from _in_value(value, holder.place.at(key))


def _in_value(value: Any, place: Location) -> Iterator[tuple[str, Location]]:
    stack = [(value, place)]
    while stack:
        node, here = stack.pop()
        if isinstance(node, dict):
            yield from ((key, here.at(key)) for key in node)
            stack.extend((item, here.at(key)) for key, item in reversed(node.items()))
        elif isinstance(node, str):
            yield node, here
        else:
            stack.extend((item, here.at(index)) for index, item in reversed([*entries(node)]))
