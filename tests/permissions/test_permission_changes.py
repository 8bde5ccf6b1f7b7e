"""What changes in the permissions of a role between two forms of a workflow."""

from __future__ import annotations

from sfn_release.permissions.needed import NeededPermission, NeededPermissions
from sfn_release.permissions.permission_changes import permission_changes

TABLE = "arn:aws:dynamodb:eu-west-1:111111111111:table/orders"
READ = NeededPermission(("dynamodb:GetItem",), (TABLE,), ("Read",))
WRITE = NeededPermission(("dynamodb:GetItem", "dynamodb:PutItem"), (TABLE,), ("Write",))


def needed(*permissions: NeededPermission) -> NeededPermissions:
    return NeededPermissions("orders", permissions)


def test_each_action_on_each_resource_is_a_change_of_its_own() -> None:
    """Added ones come first; an action that another state needs now is no change."""
    (change,) = permission_changes(needed(READ), needed(WRITE))
    assert (change.kind, change.action, change.states) == ("added", "dynamodb:PutItem", ("Write",))
    assert change.text == f"+ dynamodb:PutItem on {TABLE}"
    (change,) = permission_changes(needed(WRITE), needed(READ))
    assert (change.kind, change.action) == ("removed", "dynamodb:PutItem")
    assert change.text == f"- dynamodb:PutItem on {TABLE}"


def test_the_same_permissions_make_no_change() -> None:
    """Whatever states need them."""
    moved = NeededPermission(READ.actions, READ.resources, ("Another",))
    assert permission_changes(needed(READ), needed(moved)) == ()


def test_another_condition_is_a_change() -> None:
    """The statement with the old one goes."""
    limited = NeededPermission(READ.actions, READ.resources, condition={"Bool": {"x": "true"}})
    kinds = [change.kind for change in permission_changes(needed(READ), needed(limited))]
    assert kinds == ["added", "removed"]


def test_an_action_on_everything_has_no_resource_in_its_text() -> None:
    """It has none in IAM."""
    tracing = NeededPermission(("xray:PutTraceSegments",), ("*",))
    (change,) = permission_changes(needed(), needed(tracing))
    assert change.text == "+ xray:PutTraceSegments"
