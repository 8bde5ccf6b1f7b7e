"""Reads the rows of a Parquet file, by Apache Arrow, which the `parquet` extra installs."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sfn_release.simulator.datasets.map_items import UnreadableItemsError

_ROWS = 10_000  # that are in memory as Python values at a time


def read_parquet(data: bytes) -> Iterator[dict[str, Any]]:
    """Yield an object for each row, its values as JSON.

    Dates and times become ISO 8601 texts, decimals numbers, bytes base64 texts, NaN and infinities
    null. Raises UnreadableItemsError for an invalid file, and when Apache Arrow isn't installed.
    """
    try:
        from pyarrow import ArrowException, BufferReader, parquet
    except ImportError as missing:
        raise UnreadableItemsError(
            "Parquet files need Apache Arrow here: pip install 'sfn-release[parquet]'"
        ) from missing
    try:
        for batch in parquet.ParquetFile(BufferReader(data)).iter_batches(_ROWS):
            for row in batch.to_pylist():
                yield {name: _as_json(value) for name, value in row.items()}
    except (ArrowException, OSError) as error:
        raise UnreadableItemsError(f"The S3 object isn't a valid Parquet file: {error}") from error


def _as_json(value: Any) -> Any:  # noqa: PLR0911 - one line for each type
    match value:
        case bytes():
            return base64.b64encode(value).decode()
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {str(key): _as_json(member) for key, member in value.items()}
        case list() | tuple():
            return [_as_json(member) for member in value]
        case _:
            return value
