"""Canonical JSON: one digest for one value, and an error for values that it can't carry."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from sfn_release.canonical import canonical, digest, dumps, first_difference, loads, member, short
from sfn_release.errors import DefinitionError
from support.values import JSON, SCALARS

# RFC 8785, appendix B: IEEE 754 doubles and their form in JSON.
NUMBERS = [
    (0.0, "0"),
    (-0.0, "0"),
    (5e-324, "5e-324"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (9007199254740991, "9007199254740991"),
    (295147905179352830000.0, "295147905179352830000"),
    (1e23, "1e+23"),
    (9.999999999999997e-7, "9.999999999999997e-7"),
    (0.000001, "0.000001"),
    (333333333.3333332, "333333333.3333332"),
    (2.0, "2"),
    (2, "2"),
    (True, "true"),
]


@pytest.mark.parametrize(("number", "text"), NUMBERS)
def test_numbers_have_the_form_of_rfc_8785(number: float, text: str) -> None:
    """Its appendix B, among others; 2.0 and 2 are one number."""
    assert text.encode() == canonical(number)


def test_keys_are_sorted_by_utf_16() -> None:
    """RFC 8785, section 3.2.3: its own example, in which code points would sort differently."""
    value = {"€": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "ö": 7}
    assert list(json.loads(canonical(value)).values()) == [2, 4, 6, 7, 1, 5, 3]


@given(JSON)
@example({'\x00\x1f\x7f\u2028"\\/': ["\ud7ff", 2**53 - 1, 1 - 2**53, 0.0, {}, [], ""]})
@example({"\uffff": 1, "\U00010000": 2})
@example({"a": {"\ufb33": 1, "\U0001f600": 2}, "€": True})
def test_every_value_is_written_as_the_reference_writes_it(value: Any) -> None:
    """Simple values take a faster way, and get the same bytes."""
    assert rfc8785.dumps(value) == canonical(value)


def test_simple_values_that_hold_themselves_are_errors() -> None:
    """Nothing runs forever."""
    value: list[Any] = []
    value.append({"again": value})
    with pytest.raises(DefinitionError, match="contains itself"):
        canonical(value)


@given(JSON, st.randoms(use_true_random=False))
def test_layout_and_key_order_do_not_matter(value: Any, shuffle: random.Random) -> None:
    """The digest depends on the value alone, and not on the layout of its text."""
    text = json.dumps(shuffled(value, shuffle), indent=shuffle.choice([None, 1, "\t"]))
    assert digest(value) == digest(loads(text))


@given(JSON, JSON)
def test_digests_are_equal_just_when_values_are(one: Any, other: Any) -> None:
    """And then there is no first difference."""
    same = canonical(one) == canonical(other)
    assert same == (digest(one) == digest(other)) == (first_difference(one, other) is None)


@given(JSON, st.data())
def test_one_change_changes_the_digest(value: Any, data: st.DataObject) -> None:
    """Wherever it is; and the first difference leads to it."""
    changed = data.draw(replaced(value))
    same = canonical(value) == canonical(changed)
    assert same == (digest(value) == digest(changed)) == (first_difference(value, changed) is None)


@given(JSON)
def test_what_the_ledger_writes_reads_back(value: Any) -> None:
    """As the same value, with the same digest."""
    assert digest(value) == digest(loads(dumps(value)))


def test_text_is_not_normalized() -> None:
    """Two spellings of é are two texts: nothing is rewritten."""
    assert digest("\u00e9") != digest("e\u0301")


BAD_VALUES = [
    ({"a": [1, 2**53]}, "$.a[1]: 9007199254740992 is beyond 2^53"),
    ({"a": -(2**53)}, "$.a: -9007199254740992 is beyond 2^53"),
    ([math.nan], "$[0]: nan is not a JSON number"),
    ({"x y": math.inf}, '$["x y"]: inf is not a JSON number'),
    ({"a": "\ud800"}, "$.a: the text has a lone surrogate"),
    ({"\udc00": 1}, "$: the text has a lone surrogate"),
    ({"a": {1: 2}}, "$.a: the key 1 is not a string"),
    ({"a": {2, 3}}, "$.a: set is not a JSON type"),
    ({"a": b"x"}, "$.a: bytes is not a JSON type"),
]


@pytest.mark.parametrize(("value", "words"), BAD_VALUES, ids=[words for _, words in BAD_VALUES])
def test_what_cannot_be_carried_exactly_is_an_error(value: Any, words: str) -> None:
    """Never a rounding, and the error names the place."""
    with pytest.raises(DefinitionError) as caught:
        canonical(value)
    assert words in str(caught.value)


def test_a_value_nested_too_deeply_is_an_error() -> None:
    """Not a RecursionError, neither from a value nor from its text."""
    value: Any = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(DefinitionError, match="nested too deeply"):
        canonical(value)
    with pytest.raises(DefinitionError, match="nested too deeply"):
        loads("[" * 100_000 + "]" * 100_000)


BAD_TEXTS = [
    ('{"a": 1, "a": 1}', '"a" appears twice'),
    ('[{"b": {"": 1, "": 2}}]', '"" appears twice'),
    ("NaN", "NaN is not a number"),
    ("[-Infinity]", "-Infinity is not a number"),
    ("1e999", "1e999 is not a number"),
    ("[-1e400]", "-1e400 is not a number"),
    ("1" * 5000, "Invalid JSON"),
    ("", "Invalid JSON"),
    ("{'a': 1}", "Invalid JSON"),
    (b"\xff\xfe\xff", "Invalid JSON: byte 1 is not UTF-8"),
    ('"é"'.encode("latin-1"), "Invalid JSON: byte 2 is not UTF-8"),
    ("{}".encode("utf-16"), "Invalid JSON: byte 1 is not UTF-8"),
    ("{}".encode("utf-16-le"), "Invalid JSON"),
    ("{}".encode("utf-32"), "Invalid JSON"),
]


def test_a_byte_order_mark_is_passed_over() -> None:
    """As editors of Windows write it before UTF-8."""
    assert loads(b"\xef\xbb\xbf" + '{"a": "é"}'.encode()) == {"a": "é"}


@pytest.mark.parametrize(("text", "words"), BAD_TEXTS, ids=[words for _, words in BAD_TEXTS])
def test_reading_is_strict(text: str | bytes, words: str) -> None:
    """JSON that other readers would read differently is refused."""
    with pytest.raises(DefinitionError) as caught:
        loads(text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("left", "right", "path"),
    [
        ({"a": 1}, {"a": 1.0}, None),
        ([1, (2, 3)], [1, [2, 3]], None),
        ({"a": 1}, {"a": True}, "$.a"),
        ({"a": 0}, {"a": None}, "$.a"),
        ({"a": 1, "b": 2}, {"b": 2}, "$.a"),
        ({}, {"x y": None}, '$["x y"]'),
        ([1, 2], [1, 2, 3], "$[2]"),
        ([1, {"a": [0]}], [1, {"a": [1]}], "$[1].a[0]"),
        ({}, [], "$"),
        ("a", ["a"], "$"),
    ],
)
def test_the_first_difference_is_named(left: Any, right: Any, path: str | None) -> None:
    """By its JSON path, which is the same seen from the other side."""
    assert (path, path) == (first_difference(left, right), first_difference(right, left))


def test_paths_quote_what_is_no_plain_name() -> None:
    """So that a path can be read back."""
    assert [member("$", key) for key in ("a_1", "é", "", 'a"b')] == [
        "$.a_1",
        '$["é"]',
        '$[""]',
        '$["a\\"b"]',
    ]


def test_people_read_twelve_digits() -> None:
    """Of the digest, without its algorithm."""
    assert short(digest(1)) == digest(1)[7:19]


def shuffled(value: Any, shuffle: random.Random) -> Any:
    if isinstance(value, dict):
        keys = shuffle.sample(sorted(value), len(value))
        return {key: shuffled(value[key], shuffle) for key in keys}
    return [shuffled(item, shuffle) for item in value] if isinstance(value, list) else value


def replaced(value: Any) -> st.SearchStrategy[Any]:
    """Return strategies for *value* with one place in it replaced."""
    if isinstance(value, dict) and value:
        return st.sampled_from(sorted(value)).flatmap(
            lambda key: replaced(value[key]).map(lambda new: {**value, key: new})
        )
    if isinstance(value, list) and value:
        return st.integers(0, len(value) - 1).flatmap(
            lambda at: replaced(value[at]).map(lambda new: [*value[:at], new, *value[at + 1 :]])
        )
    return SCALARS
