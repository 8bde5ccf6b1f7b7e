"""Tests of this repository's own workflow `orders`, as you would write them for yours."""

from __future__ import annotations

from typing import Any

from sfn_release.pytest_plugin.simulate_fixture import Simulate
from sfn_release.testing import Payload

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
