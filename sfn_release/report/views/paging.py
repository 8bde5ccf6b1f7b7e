"""Divides lists over pages, so that no page is too large. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item")


class Part(NamedTuple, Generic[Item]):
    """Some *items* of a list: part *number* of *of* parts, counted from 1."""

    number: int
    of: int
    items: Sequence[Item]


def by_weight(items: Sequence[Item], weigh: Callable[[Item], int], most: int) -> list[Part[Item]]:
    """Return *items* in parts of at most *most* by weight, at least one item in each.

    Without items there is one empty part.
    """
    found: list[list[Item]] = [[]]
    weight = 0
    for item in items:
        own = weigh(item)
        if found[-1] and weight + own > most:
            found.append([])
            weight = 0
        found[-1].append(item)
        weight += own
    return [Part(number, len(found), part) for number, part in enumerate(found, 1)]


def by_count(items: Sequence[Item], most: int) -> list[Part[Item]]:
    """Return *items* in parts of *most*; the last may have fewer.

    >>> [part.items for part in by_count("abcde", 2)]
    ['ab', 'cd', 'e']
    """
    starts = range(0, len(items), most) or range(1)
    return [
        Part(number, len(starts), items[start : start + most])
        for number, start in enumerate(starts, 1)
    ]
