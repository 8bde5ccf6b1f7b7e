"""Payload templates of JSONPath states: the members of every object in them.

A key that ends in ``.$`` holds an expression: its value isn't part of the template.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sfn_release.checks.definition import Member, ParsedState
from sfn_release.checks.location import Location, entries

COMPUTED: Final = ".$"
_TEMPLATES: Final = ("Parameters", "ResultSelector", "ItemSelector", "Assign", "Credentials")
_INSIDE: Final = (
    ("ItemReader", "Parameters"),
    ("ResultWriter", "Parameters"),
    ("ItemBatcher", "BatchInput"),
)
_RULES: Final = ("Catch", "Choices")
TEMPLATE_FIELDS: Final = frozenset((*_TEMPLATES, *(holder for holder, _ in _INSIDE), *_RULES))


def members_of(state: ParsedState) -> list[Member]:
    """Return the members of every object in the payload templates of a JSONPath state."""
    found: list[Member] = []
    for root, place in _templates(state):
        queue = [(root, place)]
        while queue:
            node, here = queue.pop()
            if isinstance(node, dict):
                for key, value in node.items():
                    found.append(Member(node, key, value, here))
                    if isinstance(value, dict | list | tuple) and not key.endswith(COMPUTED):
                        queue.append((value, here.at(key)))
            else:
                queue.extend(
                    (item, here.at(index))
                    for index, item in entries(node)
                    if isinstance(item, dict | list | tuple)
                )
    return found


def _templates(state: ParsedState) -> Iterator[tuple[Any, Location]]:
    """Yield the payload templates of a state."""
    body, place, keys = state.body, state.place, state.shape.keys
    for key in _TEMPLATES:
        if key in keys:
            yield body[key], place.at(key)
    for key, inner in _INSIDE:
        holder = body[key] if key in keys else None
        if isinstance(holder, dict) and inner in holder:
            yield holder[inner], place.at(key, inner)
    for key in _RULES:
        if key in keys:
            for index, rule in entries(body[key]):
                if isinstance(rule, dict) and "Assign" in rule:
                    yield rule["Assign"], place.at(key, index, "Assign")
