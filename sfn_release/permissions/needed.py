"""The permissions that a workflow's role needs, and which state needs each of them. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Place:
    """The account of an environment: what the ARNs of a policy begin with.

    >>> Place("aws", "eu-west-1", "111111111111").arn("sqs", "orders")
    'arn:aws:sqs:eu-west-1:111111111111:orders'
    """

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True)
class NeededPermission:
    """One action on resources. *states* need it; empty when the state machine itself does.

    *actions* are IAM's names (``s3:ListBucket``), *resources* are ARNs, ``*`` where IAM knows no
    resource for the action. *condition* is the Condition of a statement, such as that of
    ``iam:PassRole``.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    states: tuple[str, ...] = ()
    condition: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class UnknownPermission:
    """A permission that a definition doesn't tell: its state, and the reason as a sentence."""

    state: str
    reason: str


@dataclass(frozen=True)
class NeededPermissions:
    """All permissions of one workflow's role, in the order of its states."""

    workflow: str
    permissions: tuple[NeededPermission, ...]
    unknown: tuple[UnknownPermission, ...] = ()
