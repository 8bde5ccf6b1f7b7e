"""IAM's evaluation of policies, where policies alone can answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.permissions.policy_evaluation import (
    action_matches,
    evaluated,
    resource_matches,
)
from sfn_release.permissions.role_question import LiveRole, RoleQuestion

ROLE = "arn:aws:iam::111111111111:role/shop"
TABLE = "arn:aws:dynamodb:eu-west-1:111111111111:table/orders"
UPDATE = RoleQuestion("dynamodb:UpdateItem", TABLE)


def allow(**members: Any) -> dict[str, Any]:
    """Return a statement that allows updates of the table, with other *members*."""
    return {"Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": TABLE} | members


def answer(*statements: Any, boundary: Any = None, question: RoleQuestion = UPDATE) -> str:
    """Return the decision for a role with one policy."""
    limit = ("arn:aws:iam::111111111111:policy/limit", boundary) if boundary is not None else None
    policies = {"own": {"Statement": list(statements)}}
    return evaluated(LiveRole(ROLE, None, policies, limit), question).decision


@pytest.mark.parametrize(
    ("statement", "decision"),
    [
        (allow(), "allowed"),
        (allow(Action=["s3:*", "DYNAMODB:update*"]), "allowed"),
        (allow(Action="*"), "allowed"),
        (allow(Action="dynamodb:Update"), "denied"),
        (allow(Action="dynamodb:Update????"), "allowed"),
        (allow(Resource="*"), "allowed"),
        (allow(Resource=["arn:aws:dynamodb:*:*:table/ord*"]), "allowed"),
        (allow(Resource="arn:aws:dynamodb:eu-west-1:111111111111:table/ORDERS"), "denied"),
        (allow(Resource=f"{TABLE}/index/*"), "denied"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "allowed"),
        ({"Effect": "Allow", "NotAction": "dynamodb:*", "Resource": "*"}, "denied"),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"}, "allowed"),
        ({"Effect": "Allow", "Action": "*", "NotResource": f"{TABLE}*"}, "denied"),
        (allow(Condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}), "unknown"),
        (allow(Condition={"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}), "allowed"),
        (allow(Condition={"ArnNotLike": {"aws:PrincipalArn": "*:role/shop"}}), "denied"),
        (allow(Condition={"Bool": {"aws:SecureTransport": "true"}}), "allowed"),
        (allow(Condition={"Bool": {"aws:SecureTransport": False}}), "denied"),
        (allow(Condition={"StringEquals": {"aws:principalaccount": ["1", "111111111111"]}}),
         "allowed"),
        (allow(Condition={"Null": {"aws:PrincipalArn": "true"}}), "denied"),
        (allow(Condition={"NewOperator": {"aws:PrincipalArn": "x"}}), "unknown"),
        (allow(Condition={"StringEquals": {"aws:PrincipalArn": "${aws:userid}"}}), "unknown"),
        (allow(Resource="arn:aws:dynamodb:eu-west-1:111111111111:table/${aws:PrincipalTag/t}"),
         "unknown"),
        (allow(Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}), "allowed"),
        (allow(Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}}), "denied"),
        (allow(Condition={"StringEquals": {"aws:ResourceAccount": "222222222222"}}), "denied"),
        (allow(Effect="Audit"), "denied"),
        ({}, "denied"),
        ("nonsense", "denied"),
    ],
)  # fmt: skip
def test_a_statement_decides(statement: Any, decision: str) -> None:
    """By its action, its resource and its condition."""
    assert answer(statement) == decision


def test_a_deny_wins() -> None:
    """Wherever it stands, if it surely applies; else nobody knows."""
    deny = allow(Effect="Deny", Action="dynamodb:*", Resource="*")
    depends = deny | {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
    assert answer(allow(), deny) == "denied"
    assert answer(deny, allow()) == "denied"
    assert answer(allow(), depends) == "unknown"
    assert answer(depends) == "denied"
    other = deny | {"Resource": "arn:aws:s3:::*"}
    assert answer(allow(), other) == "allowed"


def test_a_deny_of_a_part_leaves_a_pattern_open() -> None:
    """A Map may write below the denied prefix, or not."""
    write = RoleQuestion("s3:PutObject", "arn:aws:s3:::b/*")
    whole = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    part = {"Effect": "Deny", "Action": "s3:Put*", "Resource": "arn:aws:s3:::b/secret/*"}
    assert answer(whole, question=write) == "allowed"
    assert answer(whole, part, question=write) == "unknown"
    assert answer(part, question=write) == "denied"
    for other in ({"Resource": "arn:aws:s3:::c/*"}, {"Action": "s3:Get*"}, {"Effect": "Allow"}):
        assert answer(whole, part | other, question=write) == "allowed"


def test_a_place_that_the_resource_does_not_tell_is_open() -> None:
    """A bucket's ARN has no region."""
    read = RoleQuestion("s3:GetObject", "arn:aws:s3:::b/k")
    there = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": there}
    assert answer(statement, question=read) == "unknown"


def test_a_boundary_limits_and_allows_nothing_by_itself() -> None:
    """Both must allow a request."""
    whole = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    reads = {"Statement": {"Effect": "Allow", "Action": "dynamodb:Get*", "Resource": "*"}}
    assert answer(allow(), boundary=whole) == "allowed"
    assert answer(boundary=whole) == "denied"
    assert answer(allow(), boundary=reads) == "denied"
    found = evaluated(LiveRole(ROLE, None, {"own": {"Statement": [allow()]}}, ("b", reads)), UPDATE)
    assert found.why == "the permissions boundary b doesn't allow it"


def test_the_context_of_a_question_meets_a_condition() -> None:
    """iam:PassRole is allowed for a service that the policy names."""
    statement = {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": "*",
        "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    }
    for service, decision in (("ecs-tasks", "allowed"), ("glue", "denied")):
        context = (("iam:PassedToService", (f"{service}.amazonaws.com",)),)
        question = RoleQuestion("iam:PassRole", f"{ROLE}-task", context)
        assert answer(statement, question=question) == decision


ARN = st.text("ab:/*", max_size=8)


@given(ARN)
def test_a_pattern_names_itself_and_a_star_names_all(text: str) -> None:
    """Also where the resource has stars of its own."""
    assert resource_matches(text, text)
    assert resource_matches("*", text)
    assert resource_matches(text + "*", text + "anything:/at all")
    assert action_matches(text.upper(), text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Statement",
                    "Effect",
                    "Action",
                    "NotAction",
                    "Resource",
                    "NotResource",
                    "Condition",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_any_json_ends_in_an_answer(document: Any, statement: Any) -> None:
    """A role's policies come from outside."""
    policies = {
        "a": document,
        "b": {"Statement": statement},
        "c": {"Statement": [allow(), statement]},
    }
    found = evaluated(LiveRole(ROLE, None, policies, ("limit", document)), UPDATE)
    assert found.decision in {"allowed", "denied", "unknown"}
