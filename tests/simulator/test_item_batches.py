"""ItemBatcher: how items become the inputs of child executions."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.simulator.failure import StateFailure
from sfn_release.simulator.map_runs.item_batches import Batching, batches

ITEMS = st.lists(st.text(max_size=5) | st.integers(0, 999) | st.lists(st.booleans(), max_size=3))


def inputs(items: list[Any], batching: Batching) -> list[dict[str, Any]]:
    """Return the batches, after checking their counts."""
    found = list(batches(items, batching))
    assert [count for count, _ in found] == [len(batch["Items"]) for _, batch in found]
    return [batch for _, batch in found]


def test_batches_hold_most_items() -> None:
    """The last one has the rest; no items make no batch."""
    assert inputs([1, 2, 3], Batching(2)) == [{"Items": [1, 2]}, {"Items": [3]}]
    assert inputs([], Batching(2)) == []


def test_batches_share_their_batch_input() -> None:
    """It comes first, as on AWS."""
    (batch,) = inputs([1], Batching(2, common={"BatchInput": {"a": 1}}))
    assert json.dumps(batch) == '{"BatchInput": {"a": 1}, "Items": [1]}'


@given(ITEMS, st.integers(1, 5), st.integers(40, 90))
def test_no_batch_is_larger_than_its_limits(items: list[Any], most: int, room: int) -> None:
    """All items are in the batches, in order, and no batch could take the next one's first item."""
    batching = Batching(most, room, {"BatchInput": 1})

    def size(batch: dict[str, Any]) -> int:
        return len(json.dumps(batch, separators=(",", ":"), ensure_ascii=False).encode())

    if any(size({"BatchInput": 1, "Items": [item]}) > room for item in items):
        with pytest.raises(StateFailure):
            inputs(items, batching)
        return
    found = inputs(items, batching)
    assert [item for batch in found for item in batch["Items"]] == items
    assert all(size(batch) <= room and len(batch["Items"]) <= most for batch in found)
    for batch, following in pairwise(found):
        joined = {**batch, "Items": [*batch["Items"], following["Items"][0]]}
        assert len(batch["Items"]) == most or size(joined) > room


@pytest.mark.parametrize(("spare", "sizes"), [(0, [3, 1]), (-1, [2, 2])])
def test_the_size_of_a_batch_is_that_of_its_text(spare: int, sizes: list[int]) -> None:
    """To the byte, with its commas."""
    batching = Batching(9, len('{"Items":[1,2,3]}') + spare)
    assert [len(batch["Items"]) for batch in inputs([1, 2, 3, 4], batching)] == sizes


def test_an_item_beyond_the_limit_fails() -> None:
    """The limit counts the whole input of the child execution."""
    with pytest.raises(StateFailure) as caught:
        list(batches(["x" * 50], Batching(1, 40)))
    assert caught.value.error == "States.DataLimitExceeded"
