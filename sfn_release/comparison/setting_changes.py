"""The changes of a workflow beside its definition: type, role, logging, tracing, keys, tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_release.comparison.semantic_change import ChangeClass, SemanticChange
from sfn_release.comparison.state_changes import details_text
from sfn_release.permissions.needed import NeededPermissions, Place
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
    before, after = (needed_permissions(_rendered(side), place) for side in (old, new))
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


def _unknown(
    workflow: str, old: NeededPermissions, new: NeededPermissions
) -> Iterator[SemanticChange]:
    known = {(found.actions, found.reason) for found in old.unknown}
    for found in new.unknown:
        if (found.actions, found.reason) not in known:
            known.add((found.actions, found.reason))
            text = "a permission of the role can't be read from the definition"
            yield _permission(workflow, (found.state,), text, found.reason)


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
