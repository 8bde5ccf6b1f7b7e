"""Reads the items of a distributed Map from S3's answer to its ItemReader.

    answer, ReaderConfig → items_of → items

An answer is a list of items, or an object as S3 returns it: ``{"Body": text}`` from GetObject,
which ReaderConfig's InputType describes, or ``{"Contents": [...]}`` from ListObjectsV2.
Source: "ItemReader (Map)" in AWS's developer guide.
"""

from __future__ import annotations

import csv
import json
import struct
from collections.abc import Mapping
from typing import Any

_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


def items_of(answer: Any, config: Mapping[str, Any]) -> list[Any]:
    """Return the items in an ItemReader's *answer*.

    Raises ValueError. Its text is the cause of States.ItemReaderFailed.
    """
    if isinstance(answer, Mapping) and isinstance(answer.get("Contents"), list):
        answer = answer["Contents"]
    elif isinstance(answer, Mapping) and isinstance(answer.get("Body"), str):
        answer = _parsed(answer["Body"], config)
    if not isinstance(answer, list):
        raise ValueError("Attempting to map over non-iterable node.")  # noqa: TRY004 - AWS's cause
    return answer


def _parsed(body: str, config: Mapping[str, Any]) -> Any:
    """Read an object's text as *config*'s InputType."""
    match config.get("InputType", "JSON"):
        case "CSV":
            return _rows(body, config)
        case "JSONL":
            return [json.loads(line) for line in body.splitlines() if line.strip()]
        case "JSON":
            return json.loads(body)
        case other:
            raise ValueError(f"The local simulator doesn't support the InputType {other}.")


def _rows(body: str, config: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return an object per row. A cell without a header is dropped, a missing cell is empty."""
    delimiter = _DELIMITERS.get(config.get("CSVDelimiter", "COMMA"), ",")
    rows = [row for row in csv.reader(body.splitlines(), delimiter=delimiter) if row]
    if config.get("CSVHeaderLocation") == "GIVEN":
        headers = list(config.get("CSVHeaders", []))
    else:
        headers = rows.pop(0) if rows else []
    if len(set(headers)) < len(headers):
        raise ValueError("CSV headers cannot contain duplicates.")
    columns = _in_java_s_order(headers)
    return [
        {header: row[index] if index < len(row) else "" for index, header in columns}
        for row in rows
    ]


def _in_java_s_order(headers: list[str]) -> list[tuple[int, str]]:
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
