"""Reads CSV rows as Step Functions does: an object of texts for each row.

Source: "ItemReader (Map)" in AWS's developer guide, and executions recorded on AWS.
"""

from __future__ import annotations

import csv
import io
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfn_release.asl.quotas import data_size
from sfn_release.simulator.datasets.map_items import UnreadableItemsError

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
_LONGEST_HEADER = 10_240  # bytes
_LONGEST_CELL = 10 * 1024 * 1024  # characters: AWS reads rows of up to 10 MB


def read_rows(text: str, config: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield an object for each row of *text*, as *config* (a ReaderConfig) describes it.

    A cell without a header is dropped, and a missing cell is empty. Raises UnreadableItemsError:
    for headers that AWS refuses, with AWS's cause.
    """
    lines = _lines(text, _DELIMITERS.get(config.get("CSVDelimiter", "COMMA"), ","))
    if config.get("CSVHeaderLocation") == "GIVEN":
        return with_headers(config.get("CSVHeaders", []), lines)
    headers = next(lines, [])
    return with_headers(headers, lines)


def read_lines(text: str) -> Iterator[list[str]]:
    """Yield the cells of each row of a CSV text without headers."""
    return _lines(text, ",")


def with_headers(headers: Sequence[str], rows: Iterator[list[str]]) -> Iterator[dict[str, str]]:
    """Return *rows* as objects whose members are named by *headers*.

    Raises UnreadableItemsError, as `read_rows` does.
    """
    if len(set(headers)) < len(headers):
        raise UnreadableItemsError("CSV headers cannot contain duplicates.")
    if data_size(",".join(headers)) > _LONGEST_HEADER:
        raise UnreadableItemsError(f"CSV headers cannot be longer than {_LONGEST_HEADER} bytes.")
    columns = _in_java_s_order(headers)
    return (
        {header: row[index] if index < len(row) else "" for index, header in columns}
        for row in rows
    )


def _lines(text: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the cells of each row. A quoted cell may hold delimiters and line breaks."""
    csv.field_size_limit(_LONGEST_CELL)  # of all readers in this process; Python's own is 128 KiB
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableItemsError(
                f"Line {reader.line_num} of the CSV file is invalid: {error}"
            ) from error
        if row:
            yield row


def _in_java_s_order(headers: Sequence[str]) -> list[tuple[int, str]]:
    """Return the columns in AWS's order of a row's members, which is a Java HashMap's."""
    slots = 16
    while len(headers) > slots * 3 // 4:
        slots *= 2

    def slot(column: tuple[int, str]) -> int:
        code = 0
        data = column[1].encode("utf-16-be", "surrogatepass")
        for unit in struct.unpack(f">{len(data) // 2}H", data):
            code = (code * 31 + unit) & 0xFFFFFFFF
        return (code ^ code >> 16) & (slots - 1)

    return sorted(enumerate(headers), key=slot)
