"""The evaluation of JSONata: results, undefined results, and the limits on every expression."""

from __future__ import annotations

import contextlib
import threading
import time
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.asl.jsonata import JsonataError
from sfn_release.asl.jsonata_engine import UNDEFINED, compiled
from sfn_release.asl.jsonata_functions import JsonataEvaluationError

NOW = "2026-01-31T12:00:00.000Z"
STACK = (
    "Stack overflow error: Check for non-terminating recursive function."
    " Consider rewriting as tail-recursive."
)
MEMORY = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
TIME = "Expression evaluation timeout: Check for infinite loop"


def value_of(text: str, **variables: Any) -> Any:
    """Evaluate an expression."""
    return compiled(text).evaluate(variables, random=Random(1), now=lambda: NOW)  # noqa: S311 - nothing secret


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% $states.input.n %}", 5),
        ("$states.input.orders[total > 15].id", "b"),
        ("$states.input.orders.id", ["a", "b"]),
        ("[$states.input.orders[0].id]", ["a"]),
        ("$sum($states.input.orders.total)", 30),
        ("$states.input.none", None),
        ("$states.input.empty", []),
        ("$states.input.one", [1]),
        ("$states.input.orders.nope", UNDEFINED),
        ("$states.input.nope.nope", UNDEFINED),
        ("$states.input.n.nope", UNDEFINED),
        ("$nope", UNDEFINED),
        ("{'a': $nope}", {}),
        ("[$nope]", []),
        ("null", None),
        ("6 / 2", 3),
        ("0.1 + 0.2", 0.30000000000000004),
        ("[0 / 0, 1 % 0]", [None, None]),
        ("$string(1e20)", "100000000000000000000"),
        ("$now()", NOW),
        ("$millis()", 1_769_860_800_000),
        ("$contains('hello$world', /^hello\\$/)", True),
        ("$states.input.`n`", 5),
    ],
)
def test_an_expression_has_the_reference_s_value(text: str, expected: Any) -> None:
    """Undefined and null are two results, and a single match isn't an array."""
    orders = [{"id": "a", "total": 10}, {"id": "b", "total": 20}]
    input = {"n": 5, "orders": orders, "none": None, "empty": [], "one": [1]}
    found = value_of(text, states={"input": input})
    assert found is expected if expected is UNDEFINED else found == expected


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("$nope()", "T1006", "Attempted to invoke a non-function"),
        ("$sum(['a'])", "T0412", 'Argument 1 of function "sum" must be an array of "numbers"'),
        ("1 + {}", "T2002", 'The right side of the "+" operator must evaluate to a number'),
        ("1 / 0", "D1001", "Number out of range"),
        ("$sqrt(-2)", "D3060", "The sqrt function cannot be applied to a negative number: -2"),
        (
            "$power(-3, 2.5) & '-3.0'",
            "D3061",
            (
                "The power function has resulted in a value that cannot be represented as a JSON"
                " number: base=-3, exponent=2.5"
            ),
        ),
        ("'1.0' < 1", "T2009", 'The values "1.0" and 1 either side of operator "<" must be of'),
        ("1 ~> $lowercase", "T0410", "Argument 1 of function undefined does not match function"),
        ("$split('a', 'b', -1)", "D3020", "Third argument of split function must evaluate to a"),
        ("$error('mine')", "D3137", "mine"),
        (
            "1 < 'a'",
            "T2009",
            'The values 1 and "a" either side of operator "<" must be of the same data type',
        ),
        ("1 + " * 100 + "1", "", STACK),
        ("(" * 100 + "1" + ")" * 100, "", STACK),
        ("(" * 5000 + "1" + ")" * 5000, "", STACK),
        ("($f := function($x) { $x = 0 ? 0 : 1 + $f($x - 1) }; $f(32))", "", STACK),
        ("($f := function($x) { $f($x + 1) }; $f(1))", "", TIME),
        ("[1..873783] ~> $count()", "", MEMORY),
        ("($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $f('x', 23))", "", MEMORY),
    ],
)
def test_a_failing_expression_says_why_in_aws_s_words(text: str, code: str, words: str) -> None:
    """A runaway expression fails like a wrong one."""
    with pytest.raises(JsonataEvaluationError) as caught:
        value_of(text)
    assert caught.value.code == code
    assert caught.value.text.startswith(words)
    assert ".0" not in caught.value.text.replace('"1.0"', "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + " * 99 + "1", 100),
        ("(" * 99 + "1" + ")" * 99, 1),
        ("($f := function($x) { $x = 0 ? 0 : 1 + $f($x - 1) }; $f(31))", 31),
        ("[1..873782] ~> $count()", 873_782),
        (
            "($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f('x', 22)))",
            4_194_304,
        ),
    ],
)
def test_the_largest_expressions_of_aws_are_evaluated(text: str, expected: Any) -> None:
    """AWS accepts them, and refuses the next larger ones."""
    assert value_of(text) == expected


def test_an_expression_with_few_long_steps_ends_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A regular expression with exponential time ends by the clock, and other threads go on."""
    monkeypatch.setattr("sfn_release.asl.jsonata_engine._SECONDS", 0.2)
    text = "$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', /^(a+)+$/)"
    ended: list[str] = []

    def evaluate() -> None:
        with pytest.raises(JsonataEvaluationError) as caught:
            value_of(text)
        ended.append(caught.value.text)

    thread = threading.Thread(target=evaluate)
    thread.start()
    steps = 0
    while thread.is_alive():
        steps += 1
        time.sleep(0.001)
    assert ended == [TIME]
    assert steps > 1


@pytest.mark.parametrize(
    "text", ["$a.true", "\ud800", "1 +", "{% $x := %}", "a[1,2)", "'open", "", "{%%}"]
)
def test_invalid_jsonata_is_refused_with_its_code(text: str) -> None:
    """The error has JSONata's code and text."""
    with pytest.raises(JsonataError) as caught:
        compiled(text)
    assert caught.value.code.startswith("S0")


@pytest.mark.parametrize("number", [2**53 + 1, 123456789012345678, -(2**63) + 1, 7])
def test_a_whole_number_passes_through_unrounded(number: int) -> None:
    """As on AWS, whose numbers have 64 bits, wherever the expression puts it."""
    text = "{'id': $v.id, 'all': [$v.ids[$ = $v.id], 'n'], 'next': 1}"
    found = value_of(text, v={"id": number, "ids": [0, number]})
    assert found == {"id": number, "all": [number, "n"], "next": 1}


@pytest.mark.parametrize(
    ("text", "symbol"),
    [("$a ?? 1", "?"), ("$a ?: 1", ":"), ("'??' & ($b ?? '?:')", "?"), ("$f(/a??/) ?: 1", ":")],
)
def test_an_operator_newer_than_aws_s_version_is_refused(text: str, symbol: str) -> None:
    """Step Functions has JSONata 2.0.6, and this is that version's error."""
    with pytest.raises(JsonataError) as caught:
        compiled(text)
    assert caught.value.code == "S0211"
    assert str(caught.value) == f'The symbol "{symbol}" cannot be used as a unary operator'


@pytest.mark.parametrize(
    "text",
    ["'?? ?:'", '"\\"??"', "/* ?? */ 1", "$match('a', /a??/)", "$a ~> /x?:/", "{`a??`: 1}.`?:`"],
)
def test_the_same_characters_elsewhere_are_no_operator(text: str) -> None:
    """In texts, names, comments and regular expressions."""
    compiled(text)


@pytest.mark.parametrize("value", [10**400, [[]] * 3, "\ud800", {"a": "\ud800"}, 2**63])
def test_any_json_can_be_read_or_fails_as_an_expression(value: Any) -> None:
    """Numbers and texts that the engine can't hold raise no other error."""
    with contextlib.suppress(JsonataEvaluationError):
        value_of("[$v, 1]", v=value)


def test_deep_data_fails_as_an_expression() -> None:
    """Data that is nested too deeply raises no RecursionError."""
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(JsonataEvaluationError):
        value_of("[$v, 1]", v=deep)
    assert value_of("$v", v=deep) is deep


NAMES = ("a", "b", "c")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(JSON, st.lists(st.sampled_from(NAMES), max_size=3))
def test_a_plain_path_has_the_engine_s_value(value: Any, names: list[str]) -> None:
    """A path that is read without the engine has the value that the engine gives it."""
    path = ".".join(["$v", *names])
    found, by_engine = value_of(path, v=value), value_of(f"({path})", v=value)
    assert found is by_engine if UNDEFINED in (found, by_engine) else found == by_engine


@given(JSON)
def test_what_is_not_read_changes_nothing(value: Any) -> None:
    """An expression has the same value with only the parts that it reads, and with all of them."""
    some = value_of("{'a': $v.a, 'b': $v.b.c}", v=value)
    assert some == value_of("($all := $v; {'a': $all.a, 'b': $all.b.c})", v=value)
