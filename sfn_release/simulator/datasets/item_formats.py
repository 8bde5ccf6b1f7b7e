"""Reads the items in one S3 object: CSV, JSON, JSON Lines or Parquet, compressed or not.

    body, ReaderConfig → items_in → items

Source: "ItemReader (Map)" in AWS's developer guide.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from sfn_release.simulator.datasets import item_csv
from sfn_release.simulator.datasets.item_parquet import read_parquet
from sfn_release.simulator.datasets.map_items import (
    NOT_ITERABLE,
    MapItem,
    UnreadableItemsError,
    iterate,
)

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def items_in(body: str | bytes, config: Mapping[str, Any], source: str) -> Iterator[MapItem]:
    """Return the items in an S3 object's *body*, whose format is *config*'s InputType.

    *source* is the object's URI. Raises UnreadableItemsError, at once or while you iterate.
    """
    match config.get("InputType", "JSON"):
        case "PARQUET":
            return (MapItem(row, source) for row in read_parquet(data(body)))
        case "CSV":
            return (MapItem(row, source) for row in item_csv.read_rows(text(body), config))
        case "JSONL":
            return (MapItem(value, source) for value in _json_lines(text(body)))
        case "JSON":
            value = parse(text(body))
            if "ItemsPointer" in config:
                return iterate(_pointed(value, config["ItemsPointer"]), source)
            if not isinstance(value, list):  # as recorded on AWS, also for an object
                raise UnreadableItemsError(NOT_ITERABLE)
            return iterate(value, source)
        case other:
            raise UnreadableItemsError(f"The InputType {other} can't be read from one object.")


def text(body: str | bytes) -> str:
    """Return a body's text, decompressed."""
    if isinstance(body, str):
        return body.removeprefix("\ufeff")
    try:
        return data(body).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableItemsError(f"The S3 object isn't UTF-8 text: {error}") from error


def data(body: str | bytes) -> bytes:
    """Return a body's bytes, decompressed."""
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    if raw.startswith(_ZSTD):
        raise UnreadableItemsError("The S3 object is compressed with ZSTD, not GZIP.")
    return _decompressed(raw) if raw.startswith(_GZIP) else raw


def _decompressed(raw: bytes) -> bytes:
    """Return the content of all members of a GZIP file."""
    parts: list[bytes] = []
    rest = raw
    while rest.startswith(_GZIP):
        member = zlib.decompressobj(wbits=31)
        try:
            parts.append(member.decompress(rest) + member.flush())
        except zlib.error as error:
            raise UnreadableItemsError(f"The S3 object isn't a valid GZIP file: {error}") from error
        if not member.eof:
            raise UnreadableItemsError("The S3 object isn't a valid GZIP file: it ends too early")
        rest = member.unused_data
    return b"".join(parts)


def parse(content: str) -> Any:
    """Parse JSON text. Raises UnreadableItemsError with its place."""
    try:
        return json.loads(content, parse_constant=_no_constant)
    except RecursionError as error:
        raise UnreadableItemsError("The S3 object's JSON is nested too deeply") from error
    except ValueError as error:
        raise UnreadableItemsError(f"The S3 object isn't valid JSON: {error}") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _json_lines(content: str) -> Iterator[Any]:
    """Yield the value of each line that isn't blank."""
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            try:
                yield parse(line)
            except UnreadableItemsError as error:
                raise UnreadableItemsError(f"Line {number}: {error}") from error


def _pointed(value: Any, pointer: str) -> Any:
    """Return the part of *value* at a JSON Pointer (RFC 6901)."""
    if pointer and not pointer.startswith("/"):
        raise UnreadableItemsError(f"The ItemsPointer '{pointer}' is not a JSON Pointer.")
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and _is_index(name) and int(name) < len(value):
            value = value[int(name)]
        else:
            raise UnreadableItemsError(
                f"The ItemsPointer '{pointer}' refers to nothing in the object."
            )
    return value


def _is_index(name: str) -> bool:
    """Return whether *name* is an array's index: digits without a leading zero."""
    return name.isascii() and name.isdigit() and len(name) < 16 and str(int(name)) == name  # noqa: PLR2004
