"""The functions that Step Functions adds to JSONata, with the edge cases that AWS has shown."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.asl.jsonata_engine import UNDEFINED, compiled
from sfn_release.asl.jsonata_functions import JsonataEvaluationError


def value_of(text: str, seed: int = 1, **variables: Any) -> Any:
    """Evaluate an expression."""
    random, now = Random(seed), "2026-01-31T12:00:00.000Z"  # noqa: S311 - nothing secret
    return compiled(text).evaluate(variables, random=random, now=lambda: now)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]]),
        ("$partition([1,2,3,4,5], 2.9)", [[1, 2], [3, 4], [5]]),
        ("$partition([1,2,3])", [[1, 2, 3]]),
        ("$partition([1,2], 9)", [[1, 2]]),
        ("$partition([], 2)", UNDEFINED),
        ("$partition([1,2,3], 0)", UNDEFINED),
        ("$partition([1,2,3], -0.5)", UNDEFINED),
        ("$partition($nope, 2)", UNDEFINED),
        ("$range(0, 10, 2)", [0, 2, 4, 6, 8, 10]),
        ("$range(0, 6, 4)", [0, 4]),
        ("$range(10, 0, -2)", [10, 8, 6, 4, 2, 0]),
        ("$range(5, 1, -1.5)", [5, 4, 3, 2, 1]),
        ("$range(-1.7, 2, 1)", [-1, 0, 1, 2]),
        ("$range(3, 3, 1)", 3),
        ("$range(5, 1, 1)", UNDEFINED),
        ("$range(1, 5, 0)", UNDEFINED),
        ("$range(1, 5)", UNDEFINED),
        ("$count($range(-9223372036854775808, 9223372036854775807, 9223372036854775807))", 3),
        ("$count($range(1, 360145, 1))", 360_145),
        ("$hash('Hello', 'MD5')", "8b1a9953c4611296a827abf8c47804d7"),
        ("$hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("$hash('ñ', 'MD5')", "94e9342ecbb1458b6043ecd3bfcbc192"),
        ("$hash('a')", UNDEFINED),
        ("$random(42)", 0.7275636800328681),
        ("$random(0)", 0.730967787376657),
        ("$random(0.9)", 0.730967787376657),
        ("$random(-1) = $random(-1)", True),
        ('$parse(\'{"foo": {"bar": [1, null]}}\').foo', {"bar": [1, None]}),
        ("$parse('null')", None),
        ("$exists($parse('null'))", True),
        ("$parse('1.0')", 1),
        ("$parse()", UNDEFINED),
        ("$parse($nope)", UNDEFINED),
        ("$map(['1', '[2]'], $parse)", [1, [2]]),
        ("$uuid() = $uuid()", False),
        ("$random() = $random()", False),
    ],
)
def test_a_function_returns_what_it_returns_on_aws(text: str, expected: Any) -> None:
    """Whole numbers are cut off towards zero, and some arguments give an undefined result."""
    found = value_of(text)
    assert found is expected if expected is UNDEFINED else found == expected


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("$partition([1], -1)", "D3137", "Second argument must be zero or greater"),
        (
            "$partition(null, 2)",
            "T0412",
            'Argument 1 of function "partition" must be an array of undefined',
        ),
        ("$partition([1], 'a')", "T0410", 'Argument 2 of function "partition" does not match'),
        ("$partition([1], 1, 1)", "T0410", 'Argument 3 of function "partition" does not match'),
        ("$range(1)", "T0410", 'Argument 2 of function "range" does not match'),
        ("$range($nope, 1, 1)", "T0410", 'Argument 1 of function "range" does not match'),
        ("$range(1, 2, '1')", "T0410", 'Argument 3 of function "range" does not match'),
        ("$range(1, 360146, 1)", "", "Expression evaluation memory limit exceeded: Check for"),
        ("$hash(42, 'MD5')", "T0410", 'Argument 1 of function "hash" does not match'),
        ("$hash($nope, 'MD5')", "T0410", 'Argument 1 of function "hash" does not match'),
        (
            "$hash('a', 'md5')",
            "D3137",
            "Hash algorithm 'md5' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5",
        ),
        ("$random(1, 2)", "T0410", 'Argument 2 of function "random" does not match'),
        ("$random('1')", "T0410", 'Argument 1 of function "random" does not match'),
        ("$uuid(1)", "T0410", 'Argument 1 of function "uuid" does not match'),
        ("$parse(null)", "T0410", 'Argument 1 of function "parse" does not match'),
        ("$parse('')", "D3137", "Invalid JSON"),
        ("$parse('  ')", "D3137", "Invalid JSON"),
        ('$parse(\'{"a":1,"a":2}\')', "D3137", "Invalid JSON"),
        ("$parse('[1] [2]')", "D3137", "Invalid JSON"),
        ("$parse('1e400')", "D3137", "Invalid JSON"),
        ("$parse('NaN')", "D3137", "Invalid JSON"),
        ("$eval('1')", "T1006", "Attempted to invoke a non-function"),
    ],
)
def test_a_wrong_argument_fails_in_aws_s_words(text: str, code: str, words: str) -> None:
    """The code and the text are those of AWS's cause."""
    with pytest.raises(JsonataEvaluationError) as caught:
        value_of(text)
    assert (caught.value.code, caught.value.text[: len(words)]) == (code, words)


def test_an_execution_s_source_decides_what_is_random() -> None:
    """The same source gives the same $random, $uuid and $shuffle, and another one others."""
    text = "[$random(), $uuid(), $shuffle([1..20])]"
    assert value_of(text, seed=1) == value_of(text, seed=1) != value_of(text, seed=2)
    version_4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(version_4, value_of("$uuid()"))
    assert 0 <= value_of("$random()") < 1


@given(st.lists(st.integers(-9, 9)), st.integers(1, 12))
def test_partitions_hold_every_item_once(items: list[int], size: int) -> None:
    """All parts are of the size, but for the last, and nothing is lost."""
    parts = value_of("$partition($items, $size)", items=items, size=size)
    if not items:
        assert parts is UNDEFINED
        return
    assert [item for part in parts for item in part] == items
    assert all(len(part) == size for part in parts[:-1])
    assert 0 < len(parts[-1]) <= size


@given(st.integers(-40, 40), st.integers(-40, 40), st.integers(-9, 9))
def test_a_range_is_python_s_with_both_ends(start: int, end: int, step: int) -> None:
    """The end is included when the step meets it."""
    found = value_of("$range($start, $end, $step)", start=start, end=end, step=step)
    numbers = list(range(start, end + (1 if step > 0 else -1), step)) if step else []
    expected: Any = numbers[0] if len(numbers) == 1 else numbers or UNDEFINED
    assert found == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_parse_reads_what_json_writes(value: Any) -> None:
    """$parse is the reverse of writing JSON."""
    found = value_of("{'v': $parse($json)}", json=json.dumps(value))
    assert found == {"v": value}
