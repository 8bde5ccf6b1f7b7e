"""The earliest failed child of a distributed Map, which ListExecutions has on its last page."""

from __future__ import annotations

from typing import Any, cast

import pytest

from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.operations.failed_children import with_children
from sfn_release.testing.histories.state_visits import Visit
from support.world import NOON

RUN = "arn:aws:states:eu-west-1:111111111111:mapRun:orders/each:1"


class Children:
    """Answers like a map run whose failed children fill *pages* pages; the latest come first."""

    def __init__(self, pages: int) -> None:
        self.pages = pages
        self.asked = 0

    def describe_map_run(self, **_: Any) -> dict[str, Any]:
        """Count the failed children."""
        counts = {"failed": 2 * self.pages, "timedOut": 0, "total": 99_999}
        return {"executionCounts": counts}

    def list_executions(self, nextToken: str = "0", **_: Any) -> dict[str, Any]:  # noqa: N803
        """Answer with a page of two."""
        page = int(nextToken)
        self.asked += 1
        number = 2 * (self.pages - page)
        listed = [{"executionArn": f"child:{number}"}, {"executionArn": f"child:{number - 1}"}]
        more = {"nextToken": str(page + 1)} if page + 1 < self.pages else {}
        return {"executions": listed, **more}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: N803
        """Answer with an error of its own."""
        return {"error": f"of {executionArn}", "cause": "why"}


@pytest.mark.parametrize(("pages", "first"), [(1, "child:1"), (3, "child:1"), (11, None)])
def test_the_earliest_failure_is_named(pages: int, first: str | None) -> None:
    """It is read page by page; among too many children, none is called the first."""
    client = Children(pages)
    visit = Visit("Each", "Map", NOON, map_run=RUN)

    (found,) = with_children(cast("StepFunctions", client), [visit])

    assert found.children
    assert (found.children.failed, found.children.first) == (2 * pages, first)
    assert found.children.error == (f"of {first}" if first else None)
    assert client.asked == min(pages, 10)
