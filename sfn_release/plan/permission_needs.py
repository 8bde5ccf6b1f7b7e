"""Show how a plan changes the permissions that roles need. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sfn_release.comparison.semantic_change import SemanticChange
from sfn_release.errors import FileError
from sfn_release.permissions.permission_changes import PermissionChange
from sfn_release.permissions.role_check import short_resource, states_text
from sfn_release.permissions.workflow_place import place_of
from sfn_release.plan.model import Plan, Target, WorkflowPlan
from sfn_release.project import Environment
from sfn_release.release.rendering import Rendered

_SHOWN = 10  # permissions of a workflow


def with_permission_changes(
    plan: Plan, target: Target, old: Mapping[str, Rendered], environment: Environment
) -> Plan:
    """Return *plan* with each permission that a role needs now, or no longer needs.

    Only definitions and settings count, not the role as it is. Where there is no IAM, nothing does.
    """
    if not environment.backend.has_iam:
        return plan

    def compared(planned: WorkflowPlan) -> WorkflowPlan:
        name = planned.workflow
        if name not in old or name not in target.workflows or planned.change == "created":
            return planned
        changes = _changes(old[name], target.workflows[name].rendered, environment)
        return replace(planned, permission_changes=changes) if changes else planned

    return replace(plan, workflows=tuple(compared(planned) for planned in plan.workflows))


def _changes(
    old: Rendered, new: Rendered, environment: Environment
) -> tuple[PermissionChange, ...]:
    if old.digest == new.digest:
        return ()
    from sfn_release.permissions.permission_changes import permission_changes
    from sfn_release.permissions.workflow_needs import needed_permissions  # loads service models

    place = place_of(environment, new)
    try:
        changes = permission_changes(needed_permissions(old, place), needed_permissions(new, place))
    except FileError:
        return ()  # the semantic changes say so
    return tuple(
        replace(change, resource=short_resource(change.resource, place)) for change in changes
    )


def permission_lines(planned: WorkflowPlan) -> list[str]:
    """Return the permissions that a workflow's role needs now, and no longer needs, a line each.

    ``the role needs 1 more permission: dynamodb:UpdateItem on table/orders (state "Reserve Item")``
    """
    lines = []
    for kind, verb, more in (("added", "needs", "more "), ("removed", "no longer needs", "")):
        found = [change for change in planned.permission_changes if change.kind == kind]
        if found:
            noun = "permission" if len(found) == 1 else "permissions"
            lines.append(f"the role {verb} {len(found)} {more}{noun}: {_listed(found)}")
    return lines


def other_changes(planned: WorkflowPlan) -> list[SemanticChange]:
    """Return the changes of a workflow that `permission_lines` doesn't show."""
    shown = bool(planned.permission_changes)
    return [
        change
        for change in planned.semantic_changes
        if not (shown and change.kind == "permissions")
    ]


def _listed(changes: list[PermissionChange]) -> str:
    texts = [
        f"{change.action}{'' if change.resource == '*' else f' on {change.resource}'}"
        f" ({states_text(change.states)})"
        for change in changes[:_SHOWN]
    ]
    more = len(changes) - len(texts)
    return "; ".join([*texts, f"and {more} more"] if more else texts)
