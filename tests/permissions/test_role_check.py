"""A workflow's needs compared with answers about its role."""

from __future__ import annotations

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.permissions.needed import NeededPermission, NeededPermissions, Place
from sfn_release.permissions.role_check import RoleGap, role_gaps, short_resource
from sfn_release.permissions.role_question import RoleAnswer, RoleQuestion, all_questions
from sfn_release.permissions.workflow_needs import declared_permissions

PLACE = Place("aws", "eu-west-1", "111111111111")
TABLE = PLACE.arn("dynamodb", "table/orders")
DENIED = RoleAnswer("denied")


def gaps(*permissions: NeededPermission, answer: RoleAnswer | None = DENIED) -> tuple[RoleGap, ...]:
    """Return the gaps where every question has one answer, or none has any."""
    needed = NeededPermissions("orders", permissions)
    answers = {question: answer for question in all_questions([needed]) if answer is not None}
    return role_gaps(needed, answers)


def test_a_resource_that_is_computed_in_part_is_never_lacking_for_sure() -> None:
    """The role may be right with less than the whole pattern."""
    partial = NeededPermission(("s3:GetObject",), ("arn:aws:s3:::a/*",), ("Read",), partial=True)
    (gap,) = gaps(partial)
    assert not gap.sure
    assert "only a part of the resource's name is known" in gap.text(PLACE)
    whole = NeededPermission(("s3:GetObject",), ("arn:aws:s3:::a/*",), ("Read all",))
    (gap,) = gaps(partial, whole)
    assert gap.sure
    assert gap.states == ("Read", "Read all")
    assert gaps(partial, answer=RoleAnswer("allowed")) == ()


@pytest.mark.parametrize(
    ("resource", "parameters"),
    [
        ("secretsmanager:getSecretValue", {"SecretId": "db"}),
        ("kms:decrypt", {"KeyId": "alias/shop", "CiphertextBlob": "x"}),
    ],
)
def test_an_arn_that_only_aws_knows_is_never_lacking_for_sure(
    resource: str, parameters: dict[str, str]
) -> None:
    """The role may name the one secret, or the one key, that is meant."""
    task = {"Type": "Task", "End": True, "Resource": f"arn:aws:states:::aws-sdk:{resource}"}
    states = {"A": {**task, "Parameters": parameters}}
    needed = declared_permissions(Declaration("orders", {"StartAt": "A", "States": states}), PLACE)
    assert needed.unknown == ()
    (gap,) = gaps(*needed.permissions)
    assert not gap.sure


def test_each_value_of_a_condition_is_a_request() -> None:
    """A role that allows GET alone lacks PUT."""
    methods = {"StringEquals": {"states:HTTPMethod": ["GET", "PUT"]}}
    permission = NeededPermission(("states:InvokeHTTPEndpoint",), (TABLE,), ("Call",), methods)
    needed = NeededPermissions("orders", (permission,))
    get, put = all_questions([needed])
    assert (get.context, put.context) == (
        (("states:HTTPMethod", ("GET",)),),
        (("states:HTTPMethod", ("PUT",)),),
    )
    (gap,) = role_gaps(needed, {get: RoleAnswer("allowed"), put: DENIED})
    assert gap.sure


def test_a_question_without_an_answer_is_unknown() -> None:
    """All isn't well only because nobody answered."""
    (gap,) = gaps(NeededPermission(("a:B",), ("*",)), answer=None)
    assert gap.text(PLACE) == (
        "orders: it can't be known whether the role may a:B (the state machine itself):"
        " IAM didn't answer"
    )


def test_many_states_are_counted() -> None:
    """A line stays one line."""
    states = tuple(f"S{number}" for number in range(7))
    (gap,) = gaps(NeededPermission(("a:B", "a:A"), (TABLE,), states))
    assert gap.text(PLACE) == (
        'orders: the role may not a:A, a:B on table/orders (states "S0", "S1", "S2" and 4 more)'
    )


def test_a_resource_elsewhere_is_shown_whole() -> None:
    """Its account or region is the point."""
    for other in (
        Place("aws", "eu-west-1", "222222222222"),
        Place("aws", "us-east-1", "111111111111"),
        Place("aws-cn", "eu-west-1", "111111111111"),
    ):
        arn = other.arn("dynamodb", "table/orders")
        assert short_resource(arn, PLACE) == arn
    assert short_resource(PLACE.arn("lambda", "function:a:live"), PLACE) == "function:a:live"
    assert short_resource("*", PLACE) == "*"


def test_each_question_is_asked_once() -> None:
    """Of all workflows that share a role."""
    permission = NeededPermission(("a:B",), (TABLE,), ("S",))
    needs = [NeededPermissions(name, (permission, permission)) for name in ("a", "b")]
    assert all_questions(needs) == (RoleQuestion("a:B", TABLE),)
