"""Divides a policy that is longer than IAM allows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sfn_release.permissions.policy_statements import PolicyStatement, policy_document, size

MANAGED_LIMIT = 6_144
"""Characters of a managed policy, without white space. Source: "IAM and AWS STS quotas"."""
INLINE_LIMIT = 10_240
"""Characters of all inline policies of one role together, without white space."""
MANAGED_POLICIES = 10
"""Managed policies of one role, by default. Source: as above."""
_SID_ROOM = 8  # characters of "Part1234"


def divided(
    statements: Sequence[PolicyStatement], limit: int = MANAGED_LIMIT
) -> tuple[tuple[PolicyStatement, ...], ...]:
    """Return statements in parts, none of which is longer than *limit* as a document.

    Only a single ARN or action that is longer by itself makes a longer part.
    """
    empty = size(policy_document(()))
    parts: list[list[PolicyStatement]] = [[]]
    used = empty
    for statement in statements:
        for piece in _pieces(statement, limit - empty):
            length = size(piece.to_json()) + 1  # and its comma
            if parts[-1] and used + length > limit + 1:
                parts.append([])
                used = empty
            parts[-1].append(piece)
            used += length
    return tuple(tuple(part) for part in parts if part) or ((),)


def _pieces(statement: PolicyStatement, limit: int) -> Iterator[PolicyStatement]:
    """Yield a statement, in pieces if it is longer than *limit*."""
    pending, number = [statement], 0
    while pending:
        piece = pending.pop(0)
        wide, deep = len(piece.resources), len(piece.actions)
        if size(piece.to_json()) > limit - _SID_ROOM and (wide > 1 or deep > 1):
            pending[:0] = _halves(piece)
            continue
        number += 1
        yield piece if number == 1 else replace(piece, sid=f"{statement.sid}Part{number}")


def _halves(statement: PolicyStatement) -> list[PolicyStatement]:
    """Return two statements with half of the resources each, or of the actions of one resource."""
    resources, actions = statement.resources, statement.actions
    if len(resources) > 1:
        middle = len(resources) // 2
        parts = (resources[:middle], resources[middle:])
        return [replace(statement, resources=part) for part in parts]
    middle = len(actions) // 2
    return [replace(statement, actions=part) for part in (actions[:middle], actions[middle:])]
