"""Groups the items of a distributed Map into the inputs of its child executions (ItemBatcher).

Source: "ItemBatcher (Map)" in AWS's developer guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.asl.quotas import MAX_DATA_BYTES, data_size
from sfn_release.simulator.failure import StateFailure


@dataclass(frozen=True)
class Batching:
    """The limits of a batch, and the members that all batches share.

    *most_items* and *most_bytes* are at least 1. *common* is empty or holds ``BatchInput``.
    """

    most_items: int
    most_bytes: int = MAX_DATA_BYTES
    common: Mapping[str, Any] | None = None


def batches(items: Sequence[Any], batching: Batching) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of items and the child execution's input, for each batch.

    A batch is as large as its whole input, written as JSON in UTF-8, with the common members.
    Raises StateFailure for an item that doesn't fit in a batch of its own.
    """
    common = dict(batching.common or {})
    frame = _size({**common, "Items": []})
    batch: list[Any] = []
    size = frame
    for item in items:
        room = _size(item)
        if frame + room > batching.most_bytes:
            raise StateFailure(
                "States.DataLimitExceeded",
                f"The batch of one item has {frame + room} bytes, more than the limit of"
                f" {batching.most_bytes} bytes for a batch.",
            )
        comma = 1 if batch else 0
        if batch and (
            len(batch) >= batching.most_items or size + comma + room > batching.most_bytes
        ):
            yield len(batch), {**common, "Items": batch}
            batch, size, comma = [], frame, 0
        batch.append(item)
        size += comma + room
    if batch:
        yield len(batch), {**common, "Items": batch}


def _size(value: Any) -> int:
    return data_size(compact(value))
