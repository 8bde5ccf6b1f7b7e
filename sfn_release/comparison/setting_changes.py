"""The changes of a workflow beside its definition: type, role, logging, tracing, keys, tags."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from sfn_release.comparison.semantic_change import ChangeClass, SemanticChange
from sfn_release.comparison.state_changes import details_text
from sfn_release.permissions.needed import NeededPermissions, Place, UnknownPermission
from sfn_release.permissions.permission_changes import PermissionChange, permission_changes
from sfn_release.permissions.workflow_needs import needed_permissions
from sfn_release.release.differences import ComparableWorkflow, Difference, differences
from sfn_release.release.rendering import (
    Rendered,
    normal_encryption,
    normal_logging,
    normal_tracing,
)

_SETTINGS: Final[Mapping[str, tuple[ChangeClass, str]]] = {
    "type": (
        "breaking",
        "Callers start and await the two types in different ways, and AWS can't change the type.",
    ),
    "role": ("permissions", "The other role needs every permission of the workflow."),
    "logging": ("safe", "Executions run as before; only their logs change."),
    "tracing": ("safe", "Executions run as before; only their traces change."),
    "encryption": (
        "permissions",
        "The role and everyone who reads executions need permissions for the key.",
    ),
    "tags": ("safe", "Executions don't see tags."),
}
_MOST_NAMED: Final = 3  # permissions in a sentence


def setting_changes(
    workflow: str, old: ComparableWorkflow, new: ComparableWorkflow
) -> Iterator[SemanticChange]:
    """Yield a change for each setting that differs."""
    found: dict[str, list[Difference]] = {}
    for difference in differences(_Settings(old), _Settings(new)):
        name = difference.field.partition(".")[0].partition("[")[0]
        found.setdefault(name, []).append(difference)
    for name, parts in found.items():
        change_class, reason = _SETTINGS[name]
        details = tuple(parts)
        text = str(details[0]) if len(details) == 1 else details_text(details)
        yield SemanticChange(
            workflow,
            "",
            name,
            change_class,
            text,
            reason,
            details=details if len(details) > 1 else (),
        )


class _Settings:
    """A side of a comparison with its settings alone."""

    definition: Mapping[str, Any] = {}

    def __init__(self, side: Any) -> None:
        self.name = side.name
        for name in _SETTINGS:
            setattr(self, name, getattr(side, name))


def role_changes(
    workflow: str, old: ComparableWorkflow, new: ComparableWorkflow, place: Place
) -> Iterator[SemanticChange]:
    """Yield the permissions that the role needs more or no more, grouped by state."""
    sides = (_rendered(old), _rendered(new))
    parts = _changed_parts(*sides)
    if parts is not None and not _compared(parts, place):
        return
    before, after = (needed_permissions(side, place) for side in sides)
    grouped: dict[tuple[str, tuple[str, ...]], list[PermissionChange]] = {}
    for change in permission_changes(before, after):
        grouped.setdefault((change.kind, change.states), []).append(change)
    for (kind, states), changes in grouped.items():
        needs = "needs" if kind == "added" else "no longer needs"
        names = [change.text.removeprefix("+ ").removeprefix("- ") for change in changes]
        more = len(names) - _MOST_NAMED
        listed = ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        reason = (
            "Allow it before the change is deployed, or executions fail there."
            if kind == "added"
            else "You can remove it from the role's policy."
        )
        yield _permission(workflow, states, f"the role {needs} {listed}", reason)
    yield from _unknown(workflow, before, after)


def _changed_parts(old: Rendered, new: Rendered) -> tuple[Rendered, Rendered] | None:
    """Return both sides without the states that are equal, or None if they can't be left out.

    Every state adds to the permissions by itself, unless it reads a variable or the workflow's
    name. Equal parts have equal permissions, and most states of a workflow are equal.
    """
    before, after = (side.definition.get("States") for side in (old, new))
    if old.name != new.name or not (isinstance(before, dict) and isinstance(after, dict)):
        return None
    if '"Assign"' in json.dumps([before, after], default=str):
        return None
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    parts = (
        {**side.definition, "States": {name: own[name] for name in changed if name in own}}
        for side, own in ((old, before), (new, after))
    )
    one, other = parts
    return replace(old, definition=one), replace(new, definition=other)


def _compared(parts: tuple[Rendered, Rendered], place: Place) -> bool:
    """Whether two sides differ in the permissions that they need, or in the unknown ones."""
    before, after = (needed_permissions(side, place) for side in parts)
    return bool(permission_changes(before, after)) or any(_new_unknown(before, after))


def _new_unknown(old: NeededPermissions, new: NeededPermissions) -> Iterator[UnknownPermission]:
    """Yield each unknown permission that the old side doesn't have for the same reason."""
    known = {(found.actions, found.reason) for found in old.unknown}
    for found in new.unknown:
        if (found.actions, found.reason) not in known:
            known.add((found.actions, found.reason))
            yield found


def _unknown(
    workflow: str, old: NeededPermissions, new: NeededPermissions
) -> Iterator[SemanticChange]:
    for found in _new_unknown(old, new):
        text = "a permission of the role can't be read from the definition"
        change = _permission(workflow, (found.state,), text, found.reason)
        yield replace(change, kind="permission-unknown")


def _permission(workflow: str, states: tuple[str, ...], text: str, reason: str) -> SemanticChange:
    named = ", ".join(f'"{state}"' for state in states if state)
    where = f" (state {named})" if len(states) == 1 and named else f" (states {named})"
    state = states[0] if len(states) == 1 else ""
    return SemanticChange(
        workflow, state, "permissions", "permissions", text + (where if named else ""), reason
    )


def _rendered(side: Any) -> Rendered:
    """Return a side as it would be sent, with unfilled parameters as they are."""
    if isinstance(side, Rendered):
        return side
    return Rendered(
        workflow=side.name,
        name=side.name,
        definition=side.definition,
        type=side.type,
        role=side.role or "",
        logging=normal_logging(side.logging),
        tracing=normal_tracing(side.tracing),
        encryption=normal_encryption(side.encryption),
        tags=side.tags,
    )
