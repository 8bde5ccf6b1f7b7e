"""Needed permissions as rows of a table."""

from __future__ import annotations

from sfn_release.permissions.needed import NeededPermission
from sfn_release.permissions.needed_rows import NeededRow, needed_rows

TABLE = "arn:aws:dynamodb:eu-west-1:111111111111:table/orders"


def test_each_action_names_its_own_states() -> None:
    """Two states that write to one table differently aren't mixed up."""
    put, update = "dynamodb:PutItem", "dynamodb:UpdateItem"
    rows = needed_rows(
        [
            NeededPermission((put,), (TABLE,), ("Record Order",)),
            NeededPermission((update,), (TABLE,), ("Mark Paid", "Reserve Item")),
        ]
    )
    assert rows == (
        NeededRow((put,), TABLE, ("Record Order",)),
        NeededRow((update,), TABLE, ("Mark Paid", "Reserve Item")),
    )


def test_actions_that_the_same_states_need_share_a_row() -> None:
    """Of one service and on one resource, whatever the condition is."""
    rows = needed_rows(
        [
            NeededPermission(("s3:PutObject", "s3:GetObject"), ("a", "b"), ("S",)),
            NeededPermission(("kms:Decrypt",), ("a",), ("S",)),
            NeededPermission(("s3:GetObject",), ("b",), ("S",), {"StringEquals": {"k": "v"}}),
        ]
    )
    assert rows == (
        NeededRow(("kms:Decrypt",), "a", ("S",)),
        NeededRow(("s3:GetObject", "s3:PutObject"), "a", ("S",)),
        NeededRow(("s3:GetObject", "s3:PutObject"), "b", ("S",)),
    )
