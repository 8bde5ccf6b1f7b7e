"""The fewest statements that allow exactly the needed permissions. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_release.permissions.needed import NeededPermission

VERSION = "2012-10-17"
"""The current version of IAM's policy language."""


@dataclass(frozen=True)
class PolicyStatement:
    """One statement that allows *actions* on *resources*; *states* need it, for comments."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Any] = field(default_factory=dict)
    states: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the statement as IAM takes it."""
        statement: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": list(self.resources),
        }
        return statement | ({"Condition": dict(self.condition)} if self.condition else {})


def policy_document(statements: Iterable[PolicyStatement]) -> dict[str, Any]:
    """Return statements as the policy document that IAM takes."""
    return {"Version": VERSION, "Statement": [statement.to_json() for statement in statements]}


def size(document: Mapping[str, Any]) -> int:
    """Return the characters of a document that IAM counts: all but white space."""
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))


def policy_statements(permissions: Iterable[NeededPermission]) -> tuple[PolicyStatement, ...]:
    """Return the statements that allow exactly *permissions*, as few as possible.

    Resources with the same actions of a service share a statement. Nothing is widened: a statement
    allows no pair of action and resource that isn't needed.
    """
    granted: dict[tuple[str, str, str], _Granted] = {}
    for permission in permissions:
        condition = json.dumps(permission.condition, sort_keys=True)
        for action in permission.actions:
            for resource in permission.resources:
                key = (condition, action.partition(":")[0], resource)
                entry = granted.setdefault(key, _Granted(permission.condition))
                entry.actions.add(action)
                entry.states.update(dict.fromkeys(permission.states))
    merged: dict[tuple[str, str, tuple[str, ...]], _Merged] = {}
    for (condition, service, resource), entry in granted.items():
        actions = tuple(sorted(entry.actions))
        group = merged.setdefault((condition, service, actions), _Merged(entry.condition, actions))
        group.resources.add(resource)
        group.states.update(entry.states)
    sids = _Sids()
    return tuple(
        PolicyStatement(
            sids.next(service),
            group.actions,
            tuple(sorted(group.resources)),
            group.condition,
            tuple(group.states),
        )
        for (_, service, _), group in sorted(merged.items(), key=lambda item: _order(*item))
    )


@dataclass
class _Granted:
    """The actions on one resource of a service."""

    condition: Mapping[str, Any]
    actions: set[str] = field(default_factory=set)
    states: dict[str, None] = field(default_factory=dict)


@dataclass
class _Merged:
    """The resources that need the same actions."""

    condition: Mapping[str, Any]
    actions: tuple[str, ...]
    resources: set[str] = field(default_factory=set)
    states: dict[str, None] = field(default_factory=dict)


def _order(key: tuple[str, str, tuple[str, ...]], group: _Merged) -> tuple[Any, ...]:
    condition, service, actions = key
    return service, actions, sorted(group.resources), condition


class _Sids:
    """Makes the ids of statements: the service, with a number from the second one on.

    IAM takes letters and digits only.
    """

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def next(self, service: str) -> str:
        words = re.findall(r"[A-Za-z0-9]+", service)
        name = "".join(word[:1].upper() + word[1:] for word in words) or "Other"
        self._used[name] = number = self._used.get(name, 0) + 1
        # A service's name may end in a digit (ec2, s3), so a letter separates the number.
        return name if number == 1 else f"{name}No{number}"
