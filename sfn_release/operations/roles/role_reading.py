"""Reads a role from IAM: its trust policy, its policies and its permissions boundary."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from sfn_release.aws.api_calls import Operation, call
from sfn_release.aws.clients import IdentityManagement
from sfn_release.permissions.role_question import LiveRole


def read_role(iam: IdentityManagement, arn: str) -> tuple[LiveRole, str | None]:
    """Return a role with its trust policy alone, and the ARN of its permissions boundary.

    Raises AccessError, and AwsError for a role that doesn't exist.
    """
    role = call(iam.get_role, RoleName=_name(arn)).get("Role") or {}
    boundary = (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    return LiveRole(arn, _document(role.get("AssumeRolePolicyDocument"))), boundary


def with_policies(iam: IdentityManagement, role: LiveRole, boundary: str | None) -> LiveRole:
    """Return a role with its attached and inline policies, and its *boundary*.

    Raises AccessError and AwsError.
    """
    name = _name(role.arn)
    policies: dict[str, Any] = {}
    attached = _pages(iam.list_attached_role_policies, "AttachedPolicies", RoleName=name)
    for policy in attached:
        policies[policy["PolicyName"]] = _managed(iam, policy["PolicyArn"])
    for inline in _pages(iam.list_role_policies, "PolicyNames", RoleName=name):
        found = call(iam.get_role_policy, RoleName=name, PolicyName=inline)
        policies[inline] = _document(found.get("PolicyDocument"))
    limit = (boundary, _managed(iam, boundary)) if boundary else None
    return LiveRole(role.arn, role.trust, policies, limit)


def _name(arn: str) -> str:
    """Return the name of a role, without its path."""
    return arn.rpartition("/")[2]


def _managed(iam: IdentityManagement, arn: str) -> Any:
    """Return the document of a managed policy's default version."""
    policy = call(iam.get_policy, PolicyArn=arn).get("Policy") or {}
    version = policy.get("DefaultVersionId", "v1")
    found = call(iam.get_policy_version, PolicyArn=arn, VersionId=version)
    return _document((found.get("PolicyVersion") or {}).get("Document"))


def _pages(operation: Operation, member: str, **request: Any) -> Iterator[Any]:
    marker: dict[str, str] = {}
    while True:
        page = call(operation, **request, **marker)
        yield from page.get(member, [])
        following = page.get("Marker")
        if not page.get("IsTruncated") or not following or following == marker.get("Marker"):
            return
        marker = {"Marker": following}


def _document(value: Any) -> Any:
    """Return a document as JSON. IAM sends it as percent-encoded text, which boto3 decodes."""
    if isinstance(value, Mapping) or not isinstance(value, str):
        return value
    try:
        return json.loads(unquote(value))
    except ValueError:
        return None
