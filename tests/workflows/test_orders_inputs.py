"""The same workflow on every order that its input schema allows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfn_release.errors import UsageError
from sfn_release.pytest_plugin.simulate_fixture import Simulate
from sfn_release.testing import Payload, inputs


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each run starts anew
)
@given(order=inputs("orders"), answer=st.sampled_from(["PAID", "DECLINED"]))
def test_every_order_ends_as_it_should(simulate: Simulate, order: Any, answer: str) -> None:
    """Paid, declined, or empty: no other error."""
    run = simulate("orders", order, mocks={"Charge": Payload(status=answer, charge_id="ch-1")})
    assert run.status == "SUCCEEDED" or run.error in ("EmptyOrder", "CardDeclined")
    assert ("Charge" in run.calls) == bool(order.get("items"))


def test_an_input_outside_of_the_schema_is_refused(simulate: Simulate) -> None:
    """By its JSON path, before the run; a run that begins in the middle has another input."""
    with pytest.raises(UsageError, match="doesn't fit the input schema of orders") as raised:
        simulate("orders", {"order_id": "7", "items": [{"sku": "tea"}], "total": 1})
    assert raised.value.why == "$.items[0]: 'quantity' is a required property"
    assert "check_input=False" in raised.value.fix
    wrong: Any = {"items": [], "total": -1}
    assert simulate("orders", wrong, check_input=False).error == "EmptyOrder"
    middle = simulate("orders", wrong, start_at="Nothing Ordered")
    assert middle.error == "EmptyOrder"
