"""The coverage of executions: of orders over HTTP, of child executions, and without rights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sfn_release.errors import AccessError, AwsError
from sfn_release.operations.finished.child_histories import child_histories
from support.command_line import Project
from support.sold_orders import change, order, order_shop


@pytest.fixture
def sold(tmp_path: Path) -> Iterator[Project]:
    """Serve Step Functions, where two releases of `orders` have run."""
    with order_shop(tmp_path) as project:
        project.ok("publish", "1.0.0", "--env", "prod")
        for number in range(3):
            order(project, number)
        change(project, "Cool Off", "Sleep On It")
        project.commit()
        project.ok("publish", "1.1.0", "--env", "prod")
        order(project, 7, 900)
        yield project


def test_each_release_is_compared_with_its_own_definition(sold: Project) -> None:
    """The states of 1.1.0 have other names, and its only order was declined."""
    newer, older = sold.json("coverage", "orders", "--env", "prod")["workflows"]
    assert [(release["version"], release["executions"]) for release in (newer, older)] == [
        ("1.1.0", 1),
        ("1.0.0", 3),
    ]
    assert "Sleep On It" in newer["states"]["missing"]
    assert "Cool Off" in older["states"]["missing"]
    assert {"Mark Paid", "Confirm Order"} <= {*newer["states"]["missing"]}
    assert "Declined" in older["states"]["missing"]
    throttled = {"state": "Charge", "error": "Lambda.TooManyRequestsException", "count": 1}
    assert (older["retried"], newer["retried"]) == ([throttled], [])
    assert older["retries"]["reached"] == 1
    text = sold.ok("coverage", "orders", "--env", "prod", "--last", "1").out
    assert "Never reached in orders 1.1.0:" in text
    assert "1.0.0" not in text


def mapped(kind: str = "mapRunStartedEventDetails") -> list[dict[str, Any]]:
    """Return a history with a map run."""
    return [{"type": "MapRunStarted", "id": 1, kind: {"mapRunArn": "arn:run"}}]


class Children:
    """Answers about the child executions of a map run."""

    def __init__(self, code: str = "", operation: str = "") -> None:
        self._code = code
        self._operation = operation

    def list_executions(self, **request: Any) -> Any:
        """List one child that succeeded."""
        self._fail("ListExecutions")
        known = request["statusFilter"] == "SUCCEEDED"
        return {"executions": [{"executionArn": "arn:child"}] if known else []}

    def get_execution_history(self, **_: Any) -> Any:
        """Return the history of a child, which starts no further map run."""
        self._fail("GetExecutionHistory")
        return {"events": [{"id": 1, "type": "ExecutionStarted"}]}

    def _fail(self, operation: str) -> None:
        if operation == self._operation:
            raise ClientError({"Error": {"Code": self._code, "Message": "no"}}, operation)


@pytest.mark.parametrize("operation", ["ListExecutions", "GetExecutionHistory"])
def test_a_missing_permission_names_the_action(operation: str) -> None:
    """Of the child executions too."""
    client: Any = Children("AccessDeniedException", operation)
    with pytest.raises(AccessError, match=f"states:{operation}"):
        [*child_histories(client, mapped(), most=1)]


def test_children_that_cannot_be_read_are_left_out() -> None:
    """Map runs expire before executions do, and EXPRESS children have no history."""
    good: Any = Children()
    assert len([*child_histories(good, mapped(), most=1)]) == 1
    for code, operation in (
        ("ResourceNotFound", "ListExecutions"),
        ("InvalidArn", "GetExecutionHistory"),
        ("ExecutionDoesNotExist", "GetExecutionHistory"),
    ):
        client: Any = Children(code, operation)
        assert [*child_histories(client, mapped(), most=1)] == []
    throttled: Any = Children("ThrottlingException", "ListExecutions")
    with pytest.raises(AwsError, match="Throttling"):
        [*child_histories(throttled, mapped(), most=1)]
