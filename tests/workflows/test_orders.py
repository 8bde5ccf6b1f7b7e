"""Tests of this repository's own workflow `orders`, as you would write them for yours."""

from __future__ import annotations

from typing import Any

import pytest

from sfn_release.pytest_plugin import Simulate
from sfn_release.testing import Error, Payload, Timeout

ORDER: dict[str, Any] = {
    "order_id": "7",
    "items": [{"sku": "cup", "quantity": 2}],
    "total": 40,
}


def test_a_declined_card_tells_the_customer(simulate: Simulate) -> None:
    """The customer gets a message, and the order fails."""
    run = simulate("orders", ORDER, mocks={"Charge": Payload(status="DECLINED")})
    assert run.status == "FAILED"
    assert run.path == [
        "Is It An Order",
        "Accept Order",
        "Prepare",
        "Charge",
        "Is It Paid",
        "Declined",
        "Tell Customer",
        "Order Failed",
    ]
    assert run.states["Charge"].attempts == 1
    assert run.calls["Tell Customer"][0].arguments["Subject"] == "Your order could not be completed"


def test_a_paid_order_is_marked_and_confirmed(simulate: Simulate) -> None:
    """Without mocks of its own, a test has those of orders.mocks.json."""
    paid = Payload(status="PAID", charge_id="ch-9")
    run = simulate("orders", ORDER, mocks={"Charge": paid})
    assert run.status == "SUCCEEDED"
    marked = run.calls["Mark Paid"][0].arguments
    assert marked["ExpressionAttributeValues"] == {":charge": {"S": "ch-9"}}
    assert run.path[-2:] == ["Confirm Order", "Order Complete"]


def test_a_pending_payment_is_asked_for_every_minute(simulate: Simulate) -> None:
    """Waits take no real time."""
    answers = [Payload(status="PENDING")] * 3 + [Payload(status="PAID", charge_id="ch-9")]
    run = simulate("orders", ORDER, mocks={"Charge": answers})
    assert run.status == "SUCCEEDED"
    assert len(run.calls["Charge"]) == 4
    assert run.seconds == 180


def test_a_large_order_cools_off_for_a_day(simulate: Simulate) -> None:
    """Then it's accepted."""
    paid = Payload(status="PAID", charge_id="ch-9")
    run = simulate("orders", {**ORDER, "total": 5000}, mocks={"Charge": paid})
    assert run.path[:3] == ["Is It An Order", "Cool Off", "Accept Order"]
    assert run.seconds == 24 * 3600


def test_a_busy_table_is_tried_again(simulate: Simulate) -> None:
    """The wait before a retry is drawn: another seed draws another one."""
    busy = [Error("DynamoDB.ThrottlingException", "Slow down"), {}]
    mocks = {"Record Order": busy, "Charge": Payload(status="DECLINED")}
    first, second = (simulate("orders", ORDER, mocks=mocks, seed=seed) for seed in (1, 2))
    assert first.states["Record Order"].attempts == second.states["Record Order"].attempts == 2
    assert first.path == second.path
    assert first.seconds != second.seconds


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Timeout(), "States.Timeout"),
        (Error("Lambda.Unknown", "The function was gone"), "Lambda.Unknown"),
    ],
)
def test_a_failed_charge_tells_the_customer(simulate: Simulate, answer: Any, error: str) -> None:
    """Whatever the reason is, the order fails with it."""
    run = simulate("orders", ORDER, mocks={"Charge": answer})
    assert (run.status, run.error) == ("FAILED", error)
    assert error in run.calls["Tell Customer"][0].arguments["Message"]


def test_each_item_is_reserved(simulate: Simulate) -> None:
    """A stretch of the workflow is enough: the state `Prepare` alone."""
    items = [{"sku": "cup", "quantity": 2}, {"sku": "tea", "quantity": 1}]
    prepared = {"order_id": "7", "items": items, "total": 40, "execution": "e"}
    run = simulate("orders", prepared, start_at="Prepare", until="Prepare")
    keys = [call.arguments["Key"]["id"]["S"] for call in run.calls["Reserve Item"]]
    assert keys == ["stock#cup", "stock#tea"]
    assert run.transitions[-1].next == "Charge"


def test_one_item_is_reserved(simulate: Simulate) -> None:
    """So is a state inside a Map, with the input of one iteration."""
    run = simulate("orders", {"sku": "cup", "quantity": 2}, start_at="Reserve Item")
    assert run.output == {"reserved": True}
