"""Reads the items of a distributed Map through its ItemReader.

    ItemReader's request → calls to S3 and their answers → items

`read_items` yields every call that it needs and receives the answer, so it does no I/O of its own.
An answer is `{"Body": text or bytes}` from GetObject, a page `{"Contents": [...]}` from
ListObjectsV2, or a list: the items themselves, as a mock may give them.
Source: "ItemReader (Map)" in AWS's developer guide.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sfn_release.asl.quotas import MAX_ITEMS
from sfn_release.simulator.datasets import item_csv
from sfn_release.simulator.datasets.item_formats import items_in, parse, text
from sfn_release.simulator.datasets.map_items import (
    NOT_ITERABLE,
    MapItem,
    UnreadableItemsError,
    iterate,
)


@dataclass(frozen=True)
class ReaderCall:
    """A request to S3: the *resource* is Step Functions' ARN of the action."""

    resource: str
    payload: Mapping[str, Any]


Reading = Generator[ReaderCall, Any, list[MapItem]]
"""Yields calls, receives their answers, and returns the items."""


def read_items(resource: str, payload: Any, config: Mapping[str, Any], most: int = 0) -> Reading:
    """Read at most *most* items (0: all).

    *resource* and *payload* are the ItemReader's, *config* is its ReaderConfig. Raises
    UnreadableItemsError.
    """
    first = ReaderCall(resource, payload if isinstance(payload, Mapping) else {})
    answer = yield first
    if isinstance(answer, list):
        return list(islice(iterate(answer, _uri(first.payload)), most or MAX_ITEMS))
    if not isinstance(answer, Mapping):
        raise UnreadableItemsError(NOT_ITERABLE)
    lists = resource.endswith(":listObjectsV2") and "Body" not in answer
    if lists or "Contents" in answer:
        return (yield from _listed(first, answer, config, most or MAX_ITEMS))
    return (yield from _from_object(first, answer, config, most or MAX_ITEMS))


def _listed(first: ReaderCall, answer: Any, config: Mapping[str, Any], most: int) -> Reading:
    """Read the objects in a listing, or (LOAD_AND_FLATTEN) the items inside them."""
    flatten = config.get("Transformation") == "LOAD_AND_FLATTEN"
    items: list[MapItem] = []
    while True:
        if not isinstance(answer, Mapping):
            raise UnreadableItemsError(NOT_ITERABLE)
        found = answer.get("Contents", [])
        if not isinstance(found, list):
            raise UnreadableItemsError(NOT_ITERABLE)
        bucket = {"Bucket": first.payload.get("Bucket")}
        if flatten:
            keys = [_key(entry) for entry in found]
            # Consoles show a folder as an empty object whose key ends in a slash.
            places = ({**bucket, "Key": key} for key in keys if not key.endswith("/"))
            items += yield from _from_objects(first, places, config, most - len(items))
        else:
            items += islice(iterate(found, _uri(bucket)), most - len(items))
        token = answer.get("NextContinuationToken")
        if not token or len(items) >= most:
            return items
        answer = yield ReaderCall(first.resource, {**first.payload, "ContinuationToken": token})


def _from_object(first: ReaderCall, answer: Any, config: Mapping[str, Any], most: int) -> Reading:
    """Read an object's items, or the items in the objects that a manifest names."""
    body = _body(answer)
    match config.get("ManifestType"), config.get("InputType"):
        case "ATHENA_DATA", _:
            places = iter([_place(row[0]) for row in item_csv.read_lines(text(body))])
            return (yield from _from_objects(first, places, config, most))
        case ("S3_INVENTORY", _) | (_, "MANIFEST"):
            return (yield from _inventory(first, body, most))
        case _:
            return list(islice(items_in(body, config, _uri(first.payload)), most))


def _from_objects(
    first: ReaderCall, places: Iterator[Mapping[str, Any]], config: Mapping[str, Any], most: int
) -> Reading:
    """Read the items of several objects, one after the other, until there are enough."""
    resource = first.resource.rpartition(":")[0] + ":getObject"
    items: list[MapItem] = []
    for place in places:
        if len(items) >= most:
            break
        body = _body((yield ReaderCall(resource, place)))
        try:
            items += islice(items_in(body, config, _uri(place)), most - len(items))
        except UnreadableItemsError as error:
            raise UnreadableItemsError(f"{error} ({_uri(place)})") from error
    return items


def _inventory(first: ReaderCall, body: str | bytes, most: int) -> Reading:
    """Read the files of an S3 inventory. Its ``manifest.json`` names the columns and the files.

    Source: "Inventory manifest" in Amazon S3's user guide.
    """
    manifest = parse(text(body))
    if not isinstance(manifest, Mapping) or not isinstance(manifest.get("files"), list):
        raise UnreadableItemsError("The S3 object is not the manifest of an S3 inventory.")
    bucket = str(manifest.get("destinationBucket", "")).rpartition(":")[2]
    places = iter(
        [
            {"Bucket": bucket or first.payload.get("Bucket"), "Key": _key(file, "key")}
            for file in manifest["files"]
        ]
    )
    match manifest.get("fileFormat", "CSV"):
        case "CSV":
            headers = [name.strip() for name in str(manifest.get("fileSchema", "")).split(",")]
            config = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": headers}
        case "Parquet":
            config = {"InputType": "PARQUET"}
        case other:
            raise UnreadableItemsError(f"An S3 inventory in the format {other} is not supported.")
    return (yield from _from_objects(first, places, config, most))


def _body(answer: Any) -> str | bytes:
    """Return an object's content."""
    body = answer.get("Body") if isinstance(answer, Mapping) else None
    if not isinstance(body, str | bytes):
        raise UnreadableItemsError(NOT_ITERABLE)
    return body


def _key(entry: Any, name: str = "Key") -> str:
    key = entry.get(name) if isinstance(entry, Mapping) else None
    if not isinstance(key, str):
        raise UnreadableItemsError("The list of S3 objects has an entry without a key.")
    return key


def _place(uri: str) -> dict[str, Any]:
    """Return the bucket and key of an S3 URI."""
    scheme, _, rest = uri.strip().partition("://")
    bucket, _, key = rest.partition("/")
    if scheme.lower() not in ("s3", "s3a", "s3n") or not key:
        raise UnreadableItemsError(f"The manifest has an entry that is not an S3 URI: {uri}")
    return {"Bucket": bucket, "Key": key}


def _uri(place: Mapping[str, Any]) -> str:
    """Return the context object's ``Map.Item.Source`` for a bucket or an object."""
    bucket, key = place.get("Bucket"), place.get("Key")
    return f"S3://{bucket}" if key is None else f"S3://{bucket}/{key}"
