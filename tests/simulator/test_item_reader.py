"""The ItemReader of a distributed Map: calls to S3, formats, and AWS's causes of failure."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.simulator.datasets.item_reader import ReaderCall, read_items
from sfn_release.simulator.datasets.map_items import MapItem, UnreadableItemsError

GET, LIST = "arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2"
PLACE = {"Bucket": "shop", "Key": "data"}
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"))


def read(
    objects: Mapping[str, Any],
    config: Mapping[str, Any],
    *,
    resource: str = GET,
    payload: Mapping[str, Any] = PLACE,
    most: int = 0,
) -> list[MapItem]:
    """Read items, with *objects* as S3: the body for each ``bucket/key``, two keys to a page."""

    def answer(call: ReaderCall) -> dict[str, Any]:
        if call.resource == GET:
            return {"Body": objects[f"{call.payload['Bucket']}/{call.payload['Key']}"]}
        start = int(call.payload.get("ContinuationToken", 0))
        keys = [name.partition("/")[2] for name in objects]
        page: dict[str, Any] = {"Contents": [{"Key": key} for key in keys[start : start + 2]]}
        return page | ({"NextContinuationToken": str(start + 2)} if len(keys) > start + 2 else {})

    reading = read_items(resource, payload, config, most)
    call = next(reading)
    while True:
        try:
            call = reading.send(answer(call))
        except StopIteration as end:
            items: list[MapItem] = end.value
            return items


def values(body: str | bytes, most: int = 0, **config: Any) -> list[Any]:
    """Return the values of the items in one object."""
    return [item.value for item in read({"shop/data": body}, config, most=most)]


def cause(body: str | bytes, **config: Any) -> str:
    """Return the cause of the failure to read an object."""
    with pytest.raises(UnreadableItemsError) as caught:
        values(body, **config)
    return str(caught.value)


def test_a_json_array_has_items() -> None:
    """The default format is JSON. With a pointer to an object, its members have a key each."""
    assert values('[1, {"a": 2}]') == [1, {"a": 2}]
    members = {"InputType": "JSON", "ItemsPointer": "/in"}
    (one, two) = read({"shop/data": '{"in": {"a": 1, "b": [2]}}'}, members)
    assert one == MapItem(1, "S3://shop/data", "a")
    assert two.context(1) == {"Index": 1, "Key": "b", "Value": [2], "Source": "S3://shop/data"}
    assert two.input() == {"Key": "b", "Value": [2]}


def test_a_json_value_without_items_fails_in_aws_s_words() -> None:
    """A number, a text, null, or a whole object."""
    for body in ("1", '"text"', "null", "true", '{"a": 1}'):
        assert cause(body) == "Attempting to map over non-iterable node."


def test_invalid_json_is_reported_with_its_place() -> None:
    """The cause names the line; NaN isn't JSON."""
    assert cause("[1,\n 2") == (
        "The S3 object isn't valid JSON: Expecting ',' delimiter: line 2 column 3 (char 6)"
    )
    assert cause("[NaN]") == "The S3 object isn't valid JSON: NaN is not a JSON value"
    assert cause("[" * 100_000) == "The S3 object's JSON is nested too deeply"
    assert cause('{"a": 1}\n{"a": }', InputType="JSONL").startswith("Line 2: The S3 object isn't")


def test_items_pointer_selects_a_part() -> None:
    """RFC 6901: ~1 is a slash, ~0 a tilde, digits an array's index."""
    body = json.dumps({"a/b": {"~": [[1], {"": [2, 3]}]}})
    assert values(body, ItemsPointer="/a~1b/~0/0") == [1]
    assert values(body, ItemsPointer="/a~1b/~0/1/") == [2, 3]
    assert [item.key for item in read({"shop/data": body}, {"ItemsPointer": ""})] == ["a/b"]
    for pointer in ("/a~1b/~0/01", "/a~1b/~0/2", "/x", "/a~1b/~0/-"):
        assert "refers to nothing" in cause(body, ItemsPointer=pointer)
    assert "is not a JSON Pointer" in cause(body, ItemsPointer="a")


@given(st.recursive(st.integers(), lambda inner: st.dictionaries(st.text(), inner, min_size=1)))
def test_every_member_has_a_pointer(value: Any) -> None:
    """Following a pointer made of any names arrives at the member."""
    pointer = ""
    part: Any = {"root": {"list": value}}
    while isinstance(part, dict):
        name = next(iter(part))
        pointer += "/" + name.replace("~", "~0").replace("/", "~1")
        part = part[name]
    nested: Any = {"root": {"list": value}}
    if isinstance(value, dict):
        assert values(json.dumps(nested), ItemsPointer="/root/list") == list(value.values())
    assert cause(json.dumps(nested), ItemsPointer=pointer) == (
        "Attempting to map over non-iterable node."
    )


def test_json_lines_skip_blank_lines() -> None:
    """Each line is a value, also with Windows line ends."""
    assert values('{"a": 1}\r\n\n2\n"x"\n', InputType="JSONL") == [{"a": 1}, 2, "x"]


@given(st.lists(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists)))
def test_json_lines_round_trip(items: list[Any]) -> None:
    """Line separators of Unicode inside texts don't end a line."""
    body = "\n".join(json.dumps(item, ensure_ascii=False) for item in items)
    assert values(body.encode("utf-8", "surrogatepass") if body.isascii() else body,
                  InputType="JSONL") == items  # fmt: skip


def test_csv_rows_are_objects_of_texts() -> None:
    """A cell without a header is dropped, a missing cell is empty, a blank line is no row."""
    body = "id,name\n1,Ann,extra\n\n2\n"
    rows = [{"id": "1", "name": "Ann"}, {"id": "2", "name": ""}]
    assert values(body, InputType="CSV", CSVHeaderLocation="FIRST_ROW") == rows
    given_headers: dict[str, Any] = {"CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"]}
    assert values("1,2\n", InputType="CSV", **given_headers) == [{"a": "1", "b": "2"}]
    assert values("", InputType="CSV", CSVHeaderLocation="FIRST_ROW") == []


def test_csv_headers_that_aws_refuses() -> None:
    """Duplicates, and headers beyond 10 KiB."""
    assert cause("a,a\n1,2", InputType="CSV") == "CSV headers cannot contain duplicates."
    assert "longer than 10240 bytes" in cause(f"{'x' * 10_241}\n1", InputType="CSV")


@pytest.mark.parametrize(
    ("name", "delimiter"),
    [("COMMA", ","), ("PIPE", "|"), ("SEMICOLON", ";"), ("SPACE", " "), ("TAB", "\t")],
)
@given(rows=st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1))
def test_csv_reads_what_is_quoted(name: str, delimiter: str, rows: list[list[str]]) -> None:
    """Quoted cells may hold quotes and delimiters."""
    lines = [
        delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row)
        for row in [["a", "b"], *rows]
    ]
    read_rows = values("\r\n".join(lines), InputType="CSV", CSVDelimiter=name)
    assert [[row["a"], row["b"]] for row in read_rows] == rows


def test_a_quoted_cell_may_hold_line_breaks() -> None:
    """The row goes on after them."""
    assert values('a,b\n"1\n2",3', InputType="CSV") == [{"a": "1\n2", "b": "3"}]


@given(st.binary() | st.text(), st.sampled_from(["CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"]))
def test_any_content_has_items_or_a_cause(body: str | bytes, type: str) -> None:
    """No content of an object ends in another exception."""
    with suppress(UnreadableItemsError):
        read({"shop/data": body}, {"InputType": type})


def test_a_long_cell_is_read() -> None:
    """AWS reads rows of up to 10 MB."""
    long = "x" * 200_000
    assert values(f"a,b\n{long},2", InputType="CSV") == [{"a": long, "b": "2"}]
    assert "field larger than" in cause("a\n" + "x" * 10_485_761, InputType="CSV")


def test_max_items_ends_the_reading() -> None:
    """What follows isn't read, so it may be invalid."""
    assert values("1\n2\nnot JSON", 2, InputType="JSONL") == [1, 2]
    assert values("a\n1\n2\n3", 2, InputType="CSV") == [{"a": "1"}, {"a": "2"}]


def test_gzip_is_decompressed() -> None:
    """Also a file of several members."""
    body = gzip.compress(b"1\n") + gzip.compress(b"2\n")
    assert values(body, InputType="JSONL") == [1, 2]
    assert "isn't a valid GZIP file" in cause(body[:-9], InputType="JSONL")


def test_a_listing_is_read_to_its_last_page() -> None:
    """The items are S3's entries; their source is the bucket."""
    objects = {f"shop/{index}": "" for index in range(5)}
    found = read(objects, {}, resource=LIST, payload={"Bucket": "shop"})
    assert [item.value for item in found] == [{"Key": str(index)} for index in range(5)]
    assert {item.source for item in found} == {"S3://shop"}
    assert len(read(objects, {}, resource=LIST, payload={"Bucket": "shop"}, most=3)) == 3


def test_no_page_is_read_after_the_last_item() -> None:
    """A bucket may have a million more."""
    reading = read_items(LIST, {"Bucket": "shop"}, {}, 1)
    next(reading)
    with pytest.raises(StopIteration) as end:
        reading.send({"Contents": [{"Key": "a"}], "NextContinuationToken": "more"})
    assert end.value.value == [MapItem({"Key": "a"}, "S3://shop")]


def test_load_and_flatten_reads_the_objects_of_a_listing() -> None:
    """Each item's source is its object; folders, which hold no JSON, are skipped."""
    objects = {"shop/a": "[1, 2]", "shop/sub/": "", "shop/b": "[3]"}
    config = {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}
    found = read(objects, config, resource=LIST, payload={"Bucket": "shop"})
    assert [(item.value, item.source) for item in found] == [
        (1, "S3://shop/a"),
        (2, "S3://shop/a"),
        (3, "S3://shop/b"),
    ]
    assert len(read(objects, config, resource=LIST, payload={"Bucket": "shop"}, most=2)) == 2


@pytest.mark.parametrize("body", ["[3] [4]", '{"a": 1}'])
def test_an_unreadable_object_of_a_listing_is_named(body: str) -> None:
    """One object among many: the cause ends with its URI."""
    objects = {"shop/a": "[1, 2]", "shop/b": body}
    config = {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}
    with pytest.raises(UnreadableItemsError) as caught:
        read(objects, config, resource=LIST, payload={"Bucket": "shop"})
    assert str(caught.value).endswith("(S3://shop/b)")


@pytest.mark.parametrize("config", [{"InputType": "MANIFEST"}, {"ManifestType": "S3_INVENTORY"}])
def test_an_inventory_lists_objects(config: dict[str, str]) -> None:
    """The manifest names the columns and the files, which are in its destination bucket."""
    manifest = {
        "destinationBucket": "arn:aws:s3:::reports",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "one.csv.gz"}, {"key": "two.csv.gz"}],
    }
    objects = {
        "shop/data": json.dumps(manifest),
        "reports/one.csv.gz": gzip.compress(b'"shop","a","10"\n"shop","b","20"\n'),
        "reports/two.csv.gz": gzip.compress(b'"shop","c","30"\n'),
    }
    found = read(objects, config)
    assert found[0].value == {"Bucket": "shop", "Key": "a", "Size": "10"}
    assert [item.source for item in found] == [
        *["S3://reports/one.csv.gz"] * 2,
        "S3://reports/two.csv.gz",
    ]
    assert "is not the manifest" in cause("[]", **config)
    assert "format ORC" in cause('{"files": [], "fileFormat": "ORC"}', **config)


def test_an_athena_manifest_names_files() -> None:
    """Each line is the URI of a file in the InputType's format."""
    objects = {
        "shop/data": '"s3://out/x/1"\ns3://out/x/2\n',
        "out/x/1": gzip.compress(b'{"a": 1}\n'),
        "out/x/2": '{"a": 2}',
    }
    found = read(objects, {"ManifestType": "ATHENA_DATA", "InputType": "JSONL"})
    assert [item.value for item in found] == [{"a": 1}, {"a": 2}]
    assert "not an S3 URI: x" in cause("x", ManifestType="ATHENA_DATA", InputType="CSV")


def test_a_list_as_the_answer_is_the_items() -> None:
    """A mock of the Map may give the items at once, whatever their format."""
    for resource in (GET, LIST):
        reading = read_items(resource, PLACE, {"InputType": "MANIFEST"}, 1)
        next(reading)
        with pytest.raises(StopIteration) as end:
            reading.send([1, 2])
        assert [item.value for item in end.value.value] == [1]


@pytest.mark.parametrize("answer", [None, 1, "text", {"Body": 3}, {}, {"Contents": 1}])
def test_an_answer_without_content_fails(answer: Any) -> None:
    """It is neither an object's content nor a list."""
    reading = read_items(GET, PLACE, {})
    next(reading)
    with pytest.raises(UnreadableItemsError, match="Attempting to map over non-iterable node"):
        reading.send(answer)


def test_parquet_rows_are_json() -> None:
    """Dates become texts, decimals numbers, bytes base64; NaN has no JSON and is null."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    row = {
        "id": 1,
        "name": "Ann",
        "day": date(2026, 1, 2),
        "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "price": Decimal("1.50"),
        "raw": b"\x00",
        "share": float("nan"),
        "tags": ["a", None],
        "more": {"deep": 2.5},
    }
    file = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist([row, row]), file)
    found = values(file.getvalue(), InputType="PARQUET")
    assert found[0] == {
        "id": 1,
        "name": "Ann",
        "day": "2026-01-02",
        "at": "2026-01-02T03:04:05+00:00",
        "price": 1.5,
        "raw": "AA==",
        "share": None,
        "tags": ["a", None],
        "more": {"deep": 2.5},
    }
    assert len(found) == 2
    assert "isn't a valid Parquet file" in cause(b"text", InputType="PARQUET")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        assert "pip install 'sfn-release[parquet]'" in cause(file.getvalue(), InputType="PARQUET")
