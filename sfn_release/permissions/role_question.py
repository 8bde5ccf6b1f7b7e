"""Questions about a role: may it call an action on a resource? With the answers. Pure data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

from sfn_release.permissions.needed import NeededPermission, NeededPermissions

Decision = Literal["allowed", "denied", "unknown"]
Context = tuple[tuple[str, tuple[str, ...]], ...]
"""Condition keys of a request with their values, such as ``iam:PassedToService``."""

_EQUAL = frozenset({"StringEquals", "StringLike", "ArnEquals", "ArnLike"})


@dataclass(frozen=True)
class RoleQuestion:
    """Asks if the role may call *action* on *resource*, in a request with *context*."""

    action: str
    resource: str
    context: Context = ()


@dataclass(frozen=True)
class RoleAnswer:
    """The answer to a question; *why* is a clause, such as ``the policy limits denies it``.

    It's empty where simply no policy of the role allows the action.
    """

    decision: Decision
    why: str = ""


@dataclass(frozen=True)
class LiveRole:
    """A role as IAM has it. *trust* and the *policies* are documents, policies by their names.

    *boundary* is its permissions boundary, by its ARN. A document is any JSON.
    """

    arn: str
    trust: Any
    policies: Mapping[str, Any] = field(default_factory=dict)
    boundary: tuple[str, Any] | None = None


def questions_of(permission: NeededPermission) -> Iterator[RoleQuestion]:
    """Yield the questions of one permission: each action on each resource, in each context."""
    for action in permission.actions:
        for resource in permission.resources:
            for context in contexts_of(permission.condition):
                yield RoleQuestion(action, resource, context)


def all_questions(every: Iterable[NeededPermissions]) -> tuple[RoleQuestion, ...]:
    """Return the questions of several workflows, each once."""
    return tuple(
        dict.fromkeys(
            question
            for needed in every
            for permission in needed.permissions
            for question in questions_of(permission)
        )
    )


def contexts_of(condition: Mapping[str, Any]) -> Iterator[Context]:
    """Yield the contexts of the requests that meet the *condition* of a statement.

    Where a key has several values, each is a request of its own, and the role needs all of them.

    >>> list(contexts_of({"StringEquals": {"states:HTTPMethod": ["GET", "PUT"]}}))
    [(('states:HTTPMethod', ('GET',)),), (('states:HTTPMethod', ('PUT',)),)]
    """
    keys = []
    for operator, members in condition.items():
        for key, given in members.items() if operator in _EQUAL else ():
            values = given if isinstance(given, list | tuple) else [given]
            keys.append([(key, (_text(value),)) for value in values])
    yield from product(*keys)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
