"""What a role needs: each kind of Task, each setting, and what a definition doesn't tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.permissions.needed import NeededPermissions, Place
from sfn_release.permissions.workflow_needs import declared_permissions

PLACE = Place("aws", "eu-west-1", "111111111111")
OWN = "arn:aws:states:eu-west-1:111111111111:stateMachine:orders"


def needs(state: Mapping[str, Any], place: Place = PLACE, **top: Any) -> NeededPermissions:
    """Return what a workflow with one state needs."""
    definition = {"StartAt": "A", "States": {"A": {"Type": "Task", "End": True, **state}}, **top}
    return declared_permissions(Declaration("orders", definition), place)


def calls(
    resource: str, parameters: Mapping[str, Any] | None = None, **more: Any
) -> NeededPermissions:
    """Return what a Task that calls an integration needs."""
    given = {} if parameters is None else {"Parameters": dict(parameters)}
    return needs({"Resource": f"arn:aws:states:::{resource}", **given, **more})


def pairs(needed: NeededPermissions) -> set[tuple[str, str]]:
    """Return each action on each resource."""
    return {
        (action, resource)
        for permission in needed.permissions
        for action in permission.actions
        for resource in permission.resources
    }


def arn(service: str, resource: str) -> str:
    return PLACE.arn(service, resource)


@pytest.mark.parametrize(
    ("resource", "parameters", "expected"),
    [
        # Another name in IAM than in the API.
        ("aws-sdk:s3:listObjectsV2", {"Bucket": "b"}, {("s3:ListBucket", "arn:aws:s3:::b")}),
        (
            "aws-sdk:s3:headObject",
            {"Bucket": "b", "Key": "k"},
            {("s3:GetObject", "arn:aws:s3:::b/k")},
        ),
        (
            "aws-sdk:lambda:invoke",
            {"FunctionName": "f"},
            {("lambda:InvokeFunction", arn("lambda", "function:f"))},
        ),
        (
            "aws-sdk:s3:copyObject",
            {"Bucket": "to", "Key": "k", "CopySource": "from/x"},
            {("s3:GetObject", "arn:aws:s3:::from/x"), ("s3:PutObject", "arn:aws:s3:::to/k")},
        ),
    ],
)
def test_sdk_actions_have_the_names_of_iam(
    resource: str, parameters: Mapping[str, Any], expected: set[tuple[str, str]]
) -> None:
    """The operation of the API isn't always IAM's action."""
    needed = calls(resource, parameters)
    assert expected == pairs(needed)
    assert needed.unknown == ()
