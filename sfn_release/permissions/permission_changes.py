"""The changes of the permissions that a role needs, between two forms of a workflow. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sfn_release.permissions.needed import NeededPermissions

PermissionChangeKind = Literal["added", "removed"]


@dataclass(frozen=True)
class PermissionChange:
    """One action on one resource that the role needs now, or needs no more.

    *states* need it, or needed it. *condition* is as in `NeededPermission`.
    """

    kind: PermissionChangeKind
    action: str
    resource: str
    states: tuple[str, ...] = ()
    condition: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The change for people, without its states.

        >>> PermissionChange("added", "dynamodb:GetItem", "arn:aws:dynamodb:x:1:table/a").text
        '+ dynamodb:GetItem on arn:aws:dynamodb:x:1:table/a'
        """
        where = "" if self.resource == "*" else f" on {self.resource}"
        return f"{'+' if self.kind == 'added' else '-'} {self.action}{where}"


def permission_changes(
    old: NeededPermissions, new: NeededPermissions
) -> tuple[PermissionChange, ...]:
    """Return the additional permissions of the role first, then the dropped ones.

    A permission that other states need now isn't a change.
    """
    before, after = _each(old), _each(new)
    return (
        *(change("added") for key, change in after.items() if key not in before),
        *(change("removed") for key, change in before.items() if key not in after),
    )


@dataclass
class _One:
    action: str
    resource: str
    condition: Mapping[str, Any]
    states: dict[str, None] = field(default_factory=dict)

    def __call__(self, kind: PermissionChangeKind) -> PermissionChange:
        return PermissionChange(
            kind, self.action, self.resource, tuple(self.states), self.condition
        )


def _each(needed: NeededPermissions) -> dict[tuple[str, str, str], _One]:
    """Return each action on each resource once, in order."""
    found: dict[tuple[str, str, str], _One] = {}
    for permission in needed.permissions:
        condition = json.dumps(permission.condition, sort_keys=True)
        for action in permission.actions:
            for resource in permission.resources:
                one = found.setdefault(
                    (action, resource, condition), _One(action, resource, permission.condition)
                )
                one.states.update(dict.fromkeys(permission.states))
    return found
