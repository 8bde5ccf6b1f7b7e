"""Intrinsic functions: their values in AWS, and the messages of errors."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.asl.intrinsics import IntrinsicError, IntrinsicSyntaxError, parse, problem

DATA = {"s": "x", "n": 3, "list": [1, 2, 2, 1.0, True], "a": {"k": 1, "l": 0}, "b": {"k": 2}}


def evaluate(text: str) -> Any:
    return parse(text).evaluate(lambda path: path.find(DATA), Random(1))  # noqa: S311 - a test


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("States.Array()", []),
        (
            "States.Array('a', 1, -2.5, true, null, $.s, $.list[1:3])",
            ["a", 1, -2.5, True, None, "x", [2, 2]],
        ),
        ("States.ArrayPartition($.list, 2)", [[1, 2], [2, 1.0], [True]]),
        ("States.ArrayContains($.list, 2)", True),
        ("States.ArrayContains($.list, 'x')", False),
        ("States.ArrayRange(1, 9, 4)", [1, 5, 9]),
        ("States.ArrayRange(3, 1, -1)", [3, 2, 1]),
        ("States.ArrayGetItem($.list, 1)", 2),
        ("States.ArrayLength($.list)", 5),
        ("States.ArrayUnique($.list)", [1, 2, True]),
        ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode('RGVjb2RlZCBkYXRh')", "Decoded data"),
        ("States.Base64Encode('\ud83d')", "Pw=="),  # as Java writes half of a pair: "?"
        ("States.Hash('\ud83d', 'MD5')", "d1457b72c3fb323a2671125aef3eab5d"),
        ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("States.JsonMerge($.a, $.b, false)", {"k": 2, "l": 0}),
        ("States.StringToJson('{\"a\": [1]}')", {"a": [1]}),
        ("States.JsonToString($.a)", '{"k":1,"l":0}'),
        ("States.MathAdd(111, -1)", 110),
        ("States.MathAdd(1.5, 1)", 3),
        (
            "States.StringSplit('This.is+a,test=string', '.+,=')",
            ["This", "is", "a", "test", "string"],
        ),
        ("States.Format('Hello {}, {} {}', 'it\\'s', $.n, $.a)", "Hello it's, 3 {k=1, l=0}"),
        ("States.Format('\\{\\}{}', States.Array(null, 'a'))", "{}[null, a]"),
        ("States.Format('{}', $['s'])", "x"),
        ("  States.ArrayLength( States.Array( $.list.length() , 'a,)' ) ) ", 2),
    ],
)
def test_a_function_gives(call: str, expected: Any) -> None:
    """The 18 functions, nested calls and every kind of argument have AWS's values."""
    assert expected == evaluate(call)


def test_random_functions_follow_their_source() -> None:
    """The same source makes the same values; a seed makes MathRandom independent of it."""
    assert evaluate("States.UUID()") == evaluate("States.UUID()")
    assert 0 <= evaluate("States.MathRandom(0, 5)") < 5
    seeded = parse("States.MathRandom(0, 1000000, 7)")
    assert len({seeded.evaluate(lambda _: None, Random(n)) for n in range(5)}) == 1  # noqa: S311


@pytest.mark.parametrize(
    "call",
    [
        "States.ArrayGetItem($.list, 9)",
        "States.ArrayPartition($.list, 0)",
        "States.ArrayRange(0, 5000, 1)",
        "States.ArrayRange(0, 5, 0)",
        "States.ArrayLength($.s)",
        "States.Base64Decode('%')",
        "States.Base64Decode('é')",
        "States.Hash('x', 'CRC')",
        "States.JsonMerge($.a, $.b, true)",
        "States.JsonMerge($.a, 1, false)",
        "States.StringToJson('{')",
        "States.StringToJson('NaN')",
        "States.MathAdd('1', 1)",
        "States.MathAdd(1e400, 1)",
        "States.MathRandom(5, 5)",
        "States.Format('{} {}', 1)",
    ],
)
def test_arguments_that_a_function_does_not_take_are_named(call: str) -> None:
    """The failure quotes the call."""
    with pytest.raises(IntrinsicError) as caught:
        evaluate(call)
    assert str(caught.value).startswith(f"The function '{call}' had the following error: ")


@pytest.mark.parametrize(
    "call",
    [
        "States.Nope()",
        "States.UUID",
        "States.UUID(1)",
        "States.Format()",
        "States.Format('a)",
        "States.Array(1 2)",
        "States.Array(x)",
        "States.Array($.a[)",
        "States.UUID() + 1",
        "States.Array(" * 11 + ")" * 11,
    ],
)
def test_what_is_no_call_is_refused(call: str) -> None:
    """Unknown functions, wrong counts, open quotes and more than ten levels are refused."""
    with pytest.raises(IntrinsicSyntaxError):
        parse(call)


@given(st.text())
def test_any_text_is_a_call_or_has_a_problem(text: str) -> None:
    """No text makes the parser fail in another way."""
    for call in (text, f"States.Format({text})", f"States.Array('{text}')"):
        if problem(call) is None:
            parse(call)
        else:
            with pytest.raises(IntrinsicSyntaxError):
                parse(call)
