"""The rule of ``${``: what looks like a parameter, and can never be filled as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sfn_release.asl.placeholders import A_PARAMETER, no_parameters
from sfn_release.checks.document import Document, Scope, State
from sfn_release.checks.rule import Place, Told, entries

_SCOPES = frozenset(("States", "Branches", "ItemProcessor", "Iterator"))
"""The fields that hold states, which are looked at one by one."""


def no_parameter(document: Document) -> Iterator[Told]:
    """Tell of each ``${…}`` that is no parameter and no literal."""
    holders: list[Scope | State] = [*document.scopes, *document.states]
    for holder in holders:
        if not isinstance(holder.body, dict):
            continue
        for key, value in holder.body.items():
            if key not in _SCOPES:
                yield from _in_value(value, holder.place.at(key))


def _in_value(value: Any, place: Place) -> Iterator[Told]:
    queue = [(value, place)]
    while queue:
        node, here = queue.pop()
        if isinstance(node, dict):
            for key, item in node.items():
                yield from _in_text(key, here.at(key))
                queue.append((item, here.at(key)))
        elif isinstance(node, str):
            yield from _in_text(node, here)
        else:
            queue.extend((item, here.at(index)) for index, item in entries(node))


def _in_text(text: str, place: Place) -> Iterator[Told]:
    for shown in no_parameters(text):
        yield Told(
            place,
            f"{shown!r} is not a parameter, and nothing fills it. {A_PARAMETER}",
            "Name a parameter, or write $${ for a literal ${ .",
        )
