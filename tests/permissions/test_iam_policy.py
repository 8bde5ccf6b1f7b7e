"""Least policies as documents: exact, small, divided where IAM's limits ask for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.permissions.iam_policy import least_policy, shared_policy, trust_policy
from sfn_release.permissions.needed import (
    NeededPermission,
    NeededPermissions,
    Place,
    UnknownPermission,
)
from sfn_release.permissions.policy_division import MANAGED_LIMIT, divided
from sfn_release.permissions.policy_evaluation import evaluated
from sfn_release.permissions.policy_statements import policy_document, policy_statements, size
from sfn_release.permissions.role_question import LiveRole, RoleQuestion

PLACE = Place("aws", "eu-west-1", "111111111111")
ROLE = "arn:aws:iam::111111111111:role/shop-workflows"
TABLE = PLACE.arn("dynamodb", "table/orders")
PASSED = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


def needing(workflow: str, *permissions: NeededPermission) -> NeededPermissions:
    """Return what a workflow needs."""
    return NeededPermissions(workflow, permissions)


ORDERS = needing(
    "orders",
    NeededPermission(("dynamodb:UpdateItem",), (TABLE,), ("Reserve Item",)),
    NeededPermission(("dynamodb:GetItem",), (TABLE,), ("Look", "Look again")),
    NeededPermission(("lambda:InvokeFunction",), (PLACE.arn("lambda", "function:b"),), ("B",)),
    NeededPermission(("lambda:InvokeFunction",), (PLACE.arn("lambda", "function:a"),), ("A",)),
    NeededPermission(("iam:PassRole",), (f"{ROLE}-task",), ("Run",), PASSED),
)


def test_a_resource_has_one_statement_with_all_its_actions() -> None:
    """And resources with the same actions share one. Each has an id of letters and digits."""
    policy = least_policy(ORDERS, ROLE, PLACE)
    assert policy.document == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Dynamodb",
                "Effect": "Allow",
                "Action": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
                "Resource": [TABLE],
            },
            {
                "Sid": "Iam",
                "Effect": "Allow",
                "Action": ["iam:PassRole"],
                "Resource": [f"{ROLE}-task"],
                "Condition": PASSED,
            },
            {
                "Sid": "Lambda",
                "Effect": "Allow",
                "Action": ["lambda:InvokeFunction"],
                "Resource": [PLACE.arn("lambda", "function:a"), PLACE.arn("lambda", "function:b")],
            },
        ],
    }
    assert policy.statements[0].states == ("Reserve Item", "Look", "Look again")


def test_a_second_statement_of_a_service_has_a_number() -> None:
    """IAM refuses a policy in which two statements have one id."""
    twice = needing(
        "orders",
        NeededPermission(("s3:GetObject",), ("arn:aws:s3:::a/*",)),
        NeededPermission(("s3:ListBucket",), ("arn:aws:s3:::a",)),
    )
    sids = [statement.sid for statement in least_policy(twice, ROLE, PLACE).statements]
    assert sids == ["S3", "S3No2"]


def test_step_functions_alone_may_assume_the_role_and_for_this_account_alone() -> None:
    """The condition keeps other accounts' state machines out, as AWS advises."""
    (statement,) = trust_policy(PLACE)["Statement"]
    assert statement["Principal"] == {"Service": "states.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "111111111111"},
        "ArnLike": {"aws:SourceArn": "arn:aws:states:eu-west-1:111111111111:stateMachine:*"},
    }


def test_what_is_unknown_is_said_and_not_allowed() -> None:
    """The JSON names the state and the reason."""
    unknown = UnknownPermission("Send", "QueueUrl is computed.", ("sqs:SendMessage",))
    form = least_policy(NeededPermissions("orders", (), (unknown,)), ROLE, PLACE).to_json()
    assert form["unknown"] == [
        {
            "state": "Send",
            "reason": "QueueUrl is computed.",
            "actions": ["sqs:SendMessage"],
            "within": None,
        }
    ]
    assert form["policy"]["Statement"] == []


def test_workflows_that_share_a_role_share_a_policy() -> None:
    """Its statements name the workflows in the place of states."""
    other = needing("refunds", NeededPermission(("dynamodb:GetItem",), (TABLE,), ("Look",)))
    shared = shared_policy([ORDERS, other], ROLE, PLACE)
    assert shared.statements[0].states == ("orders", "refunds")
    assert shared.to_json()["workflows"] == ["orders", "refunds"]
    assert shared.document["Statement"] == least_policy(ORDERS, ROLE, PLACE).document["Statement"]


def test_a_long_policy_is_divided_into_managed_policies() -> None:
    """No part is longer than IAM allows, and together they say the same."""
    functions = [PLACE.arn("lambda", f"function:{'x' * 60}{number}") for number in range(300)]
    many = needing(
        "orders",
        NeededPermission(("lambda:InvokeFunction",), tuple(functions)),
        NeededPermission(("dynamodb:GetItem",), (TABLE,)),
    )
    policy = least_policy(many, ROLE, PLACE)
    parts = [policy_document(part) for part in policy.parts]
    assert len(parts) > 4
    assert all(size(part) <= MANAGED_LIMIT for part in parts)
    assert len(parts) <= policy.size / (MANAGED_LIMIT / 2.2)
    said = [statement for part in parts for statement in part["Statement"]]
    assert sorted(arn for statement in said for arn in statement["Resource"]) == sorted(
        [*functions, TABLE]
    )
    for part in parts:
        sids = [statement["Sid"] for statement in part["Statement"]]
        assert len(set(sids)) == len(sids)
        assert all(sid.isalnum() for sid in sids)
    assert policy.to_json()["policies"] == parts
    assert "policies" not in least_policy(ORDERS, ROLE, PLACE).to_json()


NAMES = st.text("abcdef", min_size=1, max_size=3)
PERMISSIONS = st.lists(
    st.builds(
        NeededPermission,
        st.lists(st.builds("{}:{}".format, st.sampled_from(["s3", "sqs"]), NAMES), min_size=1).map(
            tuple
        ),
        st.lists(st.builds("arn:aws:x:::{}".format, NAMES), min_size=1).map(tuple),
        condition=st.sampled_from([{}, PASSED]),
    ),
    max_size=6,
)


@given(PERMISSIONS, st.integers(200, 2000))
def test_no_pair_of_action_and_resource_is_lost_or_added(
    permissions: list[NeededPermission], limit: int
) -> None:
    """However statements are merged and divided."""

    def pairs(statements: Any) -> set[tuple[str, str, str]]:
        return {
            (action, resource, json.dumps(statement.condition))
            for statement in statements
            for action in statement.actions
            for resource in statement.resources
        }

    made = policy_statements(permissions)
    assert pairs(made) == pairs(permissions)
    parts = divided(made, limit)
    assert pairs(statement for part in parts for statement in part) == pairs(permissions)
    for part in parts:
        single = len(part) == 1 and len(part[0].actions) == len(part[0].resources) == 1
        assert single or size(policy_document(part)) <= limit


@given(PERMISSIONS)
def test_a_role_with_the_least_policy_lacks_nothing(permissions: list[NeededPermission]) -> None:
    """Our own evaluation agrees with our own documents."""
    document = policy_document(policy_statements(permissions))
    role = LiveRole(ROLE, None, {"least": document})
    for permission in permissions:
        context = (
            (("iam:PassedToService", ("ecs-tasks.amazonaws.com",)),) if permission.condition else ()
        )
        for action in permission.actions:
            for resource in permission.resources:
                answer = evaluated(role, RoleQuestion(action, resource, context))
                assert answer.decision == "allowed"
    assert evaluated(role, RoleQuestion("s3:zzzz", "arn:aws:x:::zzzz")).decision == "denied"


@pytest.mark.parametrize("service", ["ec2", "step-functions", "", "Ünicode"])
def test_every_id_of_a_statement_is_one_that_iam_takes(service: str) -> None:
    """Letters and digits of ASCII, and at least one."""
    permission = NeededPermission((f"{service}:Do",), ("*",))
    (statement,) = policy_statements([permission])
    assert statement.sid.isalnum()
    assert statement.sid.isascii()
