"""The permissions that a workflow's role needs, and which state needs each of them. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Place:
    """The account of an environment: the beginning of the ARNs of a policy.

    >>> Place("aws", "eu-west-1", "111111111111").arn("sqs", "orders")
    'arn:aws:sqs:eu-west-1:111111111111:orders'
    """

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


ANYWHERE = Place("${AWS::Partition}", "${AWS::Region}", "${AWS::AccountId}")
"""Stands for the account of an environment where parameters aren't filled either."""


@dataclass(frozen=True)
class NeededPermission:
    """Actions on resources. *states* need them; empty when the state machine itself does.

    *actions* are IAM's names (``s3:ListBucket``), *resources* are ARNs, ``*`` where IAM knows no
    resource for the action. *condition* is the Condition of a statement, which
    ``iam:PassRole`` has.

    *partial*: a part of the resource is computed at run time, and its ARN has ``*`` there. The
    policy needs the whole pattern to be safe, and a role that allows less of it may still be right.
    An `UnknownPermission` explains each of them. Or only AWS knows a part of the ARN, such as the
    six characters after a secret's name. In other ARNs, the role needs all that ``*`` is.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    states: tuple[str, ...] = ()
    condition: Mapping[str, Any] = field(default_factory=dict)
    partial: bool = False


@dataclass(frozen=True)
class UnknownPermission:
    """A permission that a definition doesn't tell: its state, and the reason as a sentence.

    *actions* are those whose resource is unknown; none if they're unknown too. *within* is the
    pattern that the permissions have instead, where a part of the resource is known. Without it,
    the permissions lack the actions.
    """

    state: str
    reason: str
    actions: tuple[str, ...] = ()
    within: str = ""


@dataclass(frozen=True)
class NeededPermissions:
    """All permissions of one workflow's role, in the order of its states.

    *assumed* has the permissions that other roles need: a Task with Credentials runs as another
    role. Its keys are the ARNs of those roles.
    """

    workflow: str
    permissions: tuple[NeededPermission, ...]
    unknown: tuple[UnknownPermission, ...] = ()
    assumed: Mapping[str, tuple[NeededPermission, ...]] = field(default_factory=dict)
