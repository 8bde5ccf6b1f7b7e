"""Questions about a role: may it call an action on a resource? With the answers. Pure data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
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
    """Yield the questions of one permission: each action on each resource."""
    context = context_of(permission.condition)
    for action in permission.actions:
        for resource in permission.resources:
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


def context_of(condition: Mapping[str, Any]) -> Context:
    """Return the context of a request that meets the *condition* of a statement.

    >>> context_of({"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}})
    (('iam:PassedToService', ('ecs-tasks.amazonaws.com',)),)
    """
    context = []
    for operator, keys in condition.items():
        for key, given in keys.items() if operator in _EQUAL else ():
            values = given if isinstance(given, list | tuple) else [given]
            context.append((key, tuple(_text(value) for value in values)))
    return tuple(context)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
