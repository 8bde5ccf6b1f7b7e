"""Needed permissions as rows of a table: each action with the states that need it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sfn_release.permissions.needed import NeededPermission


class NeededRow(NamedTuple):
    """Actions on one resource, all of which the same *states* need."""

    actions: tuple[str, ...]
    resource: str
    states: tuple[str, ...]


def needed_rows(permissions: Iterable[NeededPermission]) -> tuple[NeededRow, ...]:
    """Return the rows in the order of their actions.

    Actions that different states need on one resource have a row each. Actions of one service that
    the same states need share a row.

    >>> rows = needed_rows([
    ...     NeededPermission(("s3:GetObject",), ("arn:aws:s3:::a/*",), ("Read",)),
    ...     NeededPermission(("s3:PutObject", "s3:GetObject"), ("arn:aws:s3:::a/*",), ("Write",)),
    ... ])
    >>> [(row.actions, row.states) for row in rows]
    [(('s3:GetObject',), ('Read', 'Write')), (('s3:PutObject',), ('Write',))]
    """
    states_of: dict[tuple[str, str], dict[str, None]] = {}
    for permission in permissions:
        for action in permission.actions:
            for resource in permission.resources:
                states = states_of.setdefault((action, resource), {})
                states.update(dict.fromkeys(permission.states))
    together: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for (action, resource), states in states_of.items():
        key = (action.partition(":")[0], resource, tuple(states))
        together.setdefault(key, []).append(action)
    rows = (
        NeededRow(tuple(sorted(actions)), resource, states)
        for (_, resource, states), actions in together.items()
    )
    return tuple(sorted(rows))
