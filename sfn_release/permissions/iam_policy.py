"""The least policy of a role, and the policy that says who may assume it. Pure.

Source: "IAM JSON policy elements reference" in AWS's IAM user guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sfn_release.permissions.needed import (
    NeededPermission,
    NeededPermissions,
    Place,
    UnknownPermission,
)
from sfn_release.permissions.needed_rows import NeededRow, needed_rows
from sfn_release.permissions.policy_division import MANAGED_LIMIT, divided
from sfn_release.permissions.policy_statements import (
    VERSION,
    PolicyStatement,
    policy_document,
    policy_statements,
    size,
)

SERVICE = "states.amazonaws.com"
"""The service principal of Step Functions."""


@dataclass(frozen=True)
class LeastPolicy:
    """The least policy of one role, for one workflow or for several that share the role.

    *subject* is the name of the workflow, or the ARN of the shared role. *place* is the account of
    the state machines. *trust* is the policy that lets Step Functions assume the role. *rows* name
    the states that need each action, or the workflows that share the role. *unknown* are the
    permissions that can't be read from the definitions, by workflow. *assumed* are the statements
    that roles of other accounts need for Tasks with Credentials, by the ARN of that role.
    """

    subject: str
    role: str
    workflows: tuple[str, ...]
    statements: tuple[PolicyStatement, ...]
    trust: Mapping[str, Any]
    place: Place
    rows: tuple[NeededRow, ...] = ()
    unknown: tuple[tuple[str, UnknownPermission], ...] = ()
    assumed: Mapping[str, tuple[PolicyStatement, ...]] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        """The whole policy as one document."""
        return policy_document(self.statements)

    @property
    def parts(self) -> tuple[tuple[PolicyStatement, ...], ...]:
        """The statements, divided so that each part fits into a managed policy."""
        return divided(self.statements)

    @property
    def size(self) -> int:
        """The characters of the whole policy that count for IAM."""
        return size(self.document)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; *policies* has the parts where the policy is too long for one."""
        form: dict[str, Any] = {
            "policy": self.document,
            "trust": dict(self.trust),
            "unknown": [_unknown_json(unknown) for _, unknown in self.unknown],
            "role": self.role,
            "size": self.size,
        }
        if self.workflows != (self.subject,):
            form["workflows"] = list(self.workflows)
            for member, (workflow, _) in zip(form["unknown"], self.unknown, strict=True):
                member["workflow"] = workflow
        if self.size > MANAGED_LIMIT:
            form["policies"] = [policy_document(part) for part in self.parts]
        if self.assumed:
            form["assumed"] = {
                role: policy_document(statements) for role, statements in self.assumed.items()
            }
        return form


def _unknown_json(unknown: UnknownPermission) -> dict[str, Any]:
    return {
        "state": unknown.state,
        "reason": unknown.reason,
        "actions": list(unknown.actions),
        "within": unknown.within or None,
    }


def least_policy(needed: NeededPermissions, role: str, place: Place) -> LeastPolicy:
    """Return the least policy of one workflow's *role* in *place*."""
    return LeastPolicy(
        needed.workflow,
        role,
        (needed.workflow,),
        policy_statements(needed.permissions),
        trust_policy(place),
        place,
        needed_rows(needed.permissions),
        tuple((needed.workflow, unknown) for unknown in needed.unknown),
        {arn: policy_statements(permissions) for arn, permissions in needed.assumed.items()},
    )


def shared_policy(every: Sequence[NeededPermissions], role: str, place: Place) -> LeastPolicy:
    """Return the least policy of a *role* that several workflows share."""
    assumed: dict[str, list[NeededPermission]] = {}
    for needed in every:
        for arn, permissions in needed.assumed.items():
            assumed.setdefault(arn, []).extend(permissions)
    together = [
        replace(permission, states=(needed.workflow,))
        for needed in every
        for permission in needed.permissions
    ]
    return LeastPolicy(
        role,
        role,
        tuple(needed.workflow for needed in every),
        policy_statements(together),
        trust_policy(place),
        place,
        needed_rows(together),
        tuple((needed.workflow, unknown) for needed in every for unknown in needed.unknown),
        {arn: policy_statements(permissions) for arn, permissions in assumed.items()},
    )


def trust_policy(place: Place) -> dict[str, Any]:
    """Return the policy that lets Step Functions assume a role for state machines in *place*.

    The condition names all state machines of the account and region, as AWS's guide does: AWS
    doesn't document the source ARN of versions and of the executions of a distributed Map.
    Source: "Prevent cross-service confused deputy issue" in the Step Functions developer guide.
    """
    allowed = {
        "Sid": "StepFunctions",
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": place.account},
            "ArnLike": {"aws:SourceArn": place.arn("states", "stateMachine:*")},
        },
    }
    return {"Version": VERSION, "Statement": [allowed]}
