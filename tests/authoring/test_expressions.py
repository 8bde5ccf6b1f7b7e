"""Expressions as values: paths, intrinsic functions, the context object, JSONata."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonata.jsonata import Jsonata

import sfn_release as sfn
from sfn_release import fn, path, q
from sfn_release.asl import intrinsics, paths
from sfn_release.asl.intrinsic_functions import FUNCTIONS
from sfn_release.errors import DefinitionError

A, B = path("$.a"), path("$.b")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (fn.array(1, "two", None, True, A), "States.Array(1, 'two', null, true, $.a)"),
        (fn.array(), "States.Array()"),
        (fn.array_partition(A, 4), "States.ArrayPartition($.a, 4)"),
        (fn.array_contains(A, "x"), "States.ArrayContains($.a, 'x')"),
        (fn.array_range(1, 9, 2), "States.ArrayRange(1, 9, 2)"),
        (fn.array_get_item(A, 5), "States.ArrayGetItem($.a, 5)"),
        (fn.array_length(A), "States.ArrayLength($.a)"),
        (fn.array_unique(A), "States.ArrayUnique($.a)"),
        (fn.base64_encode("text"), "States.Base64Encode('text')"),
        (fn.base64_decode(A), "States.Base64Decode($.a)"),
        (fn.hash(A), "States.Hash($.a, 'SHA-256')"),
        (fn.hash("x", "MD5"), "States.Hash('x', 'MD5')"),
        (fn.json_merge(A, B), "States.JsonMerge($.a, $.b, false)"),
        (fn.string_to_json(A), "States.StringToJson($.a)"),
        (fn.json_to_string(A), "States.JsonToString($.a)"),
        (fn.math_random(1, 999), "States.MathRandom(1, 999)"),
        (fn.math_random(1, 999, 7), "States.MathRandom(1, 999, 7)"),
        (fn.math_add(A, -1), "States.MathAdd($.a, -1)"),
        (fn.string_split(A, ".+"), "States.StringSplit($.a, '.+')"),
        (fn.uuid(), "States.UUID()"),
        (fn.format("{} of {}", A, fn.array_length(B)), None),
        (fn.format("${Stage}: {} {x}", A), "States.Format('${Stage}: {} \\{x\\}', $.a)"),
        (fn.format("none"), "States.Format('none')"),
        (fn.array(sfn.Context.Map.Item.Index), "States.Array($$.Map.Item.Index)"),
    ],
)
def test_every_intrinsic_is_a_function(call: sfn.Intrinsic, expected: str | None) -> None:
    """Each function's call is written in the language's syntax, and can be parsed."""
    assert (expected or "States.Format('{} of {}', $.a, States.ArrayLength($.b))") == call.text
    assert intrinsics.problem(call.text) is None


def test_there_are_the_18_intrinsics_and_no_others() -> None:
    """`fn.` has the functions of the language, and no others."""
    made = {name for name, value in inspect.getmembers(fn, inspect.isfunction) if name[0] != "_"}
    called = {name.removeprefix("States.").lower() for name in FUNCTIONS}
    assert called == {name.replace("_", "") for name in made} - {"call"}  # `fn.call` takes any name
    assert len(made) == 19


@given(st.text(max_size=20))
def test_a_text_argument_stays_the_text_that_it_is(text: str) -> None:
    """A text keeps its quotes, backslashes, braces and a leading dollar sign."""
    assert [text] == evaluated(fn.array(text)) or "{" in text or "}" in text
    assert text + "-" + text == evaluated(fn.format(text.replace("{}", "") + "-{}", text)) or (
        "{}" in text
    )


def evaluated(call: sfn.Intrinsic) -> Any:
    return intrinsics.parse(call.text).evaluate(lambda _: None, Random(0))  # noqa: S311 - the same each time


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: fn.format("{} and {}", A), "2 places"),
        (lambda: fn.format("nothing", A), "0 places"),
        (lambda: fn.array({"a": 1}), "can't be an argument"),  # type: ignore[arg-type]
        (lambda: fn.array(float("nan")), "can't be an argument"),
        (lambda: q.input.a == float("inf"), "can't be written in JSONata"),
        (lambda: q.input.a == [q.input.b], "can't be written in JSONata"),
        (lambda: path("$")["a\\b"], "implementations differ"),
        (lambda: path("a.b"), "is not a path"),
        (lambda: path("States.UUID()"), "is not a path"),
        (lambda: q(""), "not a JSONata"),
        (lambda: q("{% 1"), "only one of"),
        (lambda: q.var("a.b"), "not a valid variable name"),
        (lambda: q.var("states"), "not a valid variable name"),
        (lambda: q.input.name + "x", "joined by &"),  # type: ignore[operator]
        (lambda: q.input.name == path("$.a"), "can't be written in JSONata"),
    ],
)
def test_what_is_no_expression_is_refused_where_it_is_written(
    make: Callable[[], object], message: str
) -> None:
    """The error is raised at the line that makes the expression."""
    with pytest.raises(DefinitionError, match=message):
        make()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (q.input, "$states.input"),
        (q.input.order.id, "$states.input.order.id"),
        (q.input["first name"], "$states.input.`first name`"),
        (q.input["and"], "$states.input.`and`"),
        (q.input["a`b"], '$lookup($states.input, "a`b")'),
        (q.input.lines[0].price, "$states.input.lines[0].price"),
        (q.input["_id"], "$states.input._id"),
        (q.result.Payload, "$states.result.Payload"),
        (q.error_output.Cause, "$states.errorOutput.Cause"),
        (q.context.Execution.Id, "$states.context.Execution.Id"),
        (q.states.context.Task.Token, "$states.context.Task.Token"),
        (q.var("total"), "$total"),
        (q.var("total") + 1, "$total + 1"),
        (1 - q.var("total"), "1 - $total"),
        ((q.var("a") + 1) * 2, "($a + 1) * 2"),
        (2 / q.var("a"), "2 / $a"),
        (q.input.a == "x", '$states.input.a = "x"'),
        (q.input.a == 'say "x"', '$states.input.a = "say \\"x\\""'),
        (q.input.a != None, "$states.input.a != null"),  # noqa: E711 - an expression
        (q.input.a >= q.var("low"), "$states.input.a >= $low"),
        (q.input.a == sfn.Context.State.Name, "$states.input.a = $states.context.State.Name"),
        (q("$sum(x)").total, "($sum(x)).total"),
        (q("{% $x + 1 %}"), "$x + 1"),
        (q(f"$uppercase({q.input.name})"), "$uppercase($states.input.name)"),
    ],
)
def test_a_jsonata_value_is_its_text(expression: sfn.Jsonata, expected: str) -> None:
    """Attributes and brackets go into the data; operators are JSONata's."""
    assert expected == str(expression)
    assert repr(expression) == f"q({expected!r})"


@pytest.mark.parametrize(
    "use",
    [
        lambda: bool(q.input.a),
        lambda: list(q.input.a),
        lambda: q.input.a & q.input.b,
        lambda: q.input.a | q.input.b,
        lambda: ~q.input.a,
        lambda: list(path("$.a")),
        lambda: list(sfn.Context.Execution.Id),
    ],
)
def test_an_expression_has_no_value_when_it_is_written(use: Callable[[], object]) -> None:
    """Python's own tests are refused, and the error shows the right way to write them."""
    with pytest.raises(TypeError, match=r"write|when the workflow runs|can't iterate"):
        use()


def test_an_expression_can_be_copied_and_hashed() -> None:
    """A fragment copies its states, and with them their expressions."""
    expression = q.input.a
    assert str(copy.deepcopy(expression)) == "$states.input.a"
    assert {expression: 1}[expression] == 1
    with pytest.raises(AttributeError):
        _ = expression.__wrapped__


def test_the_context_object_has_its_fields_in_both_languages() -> None:
    """Fields have the names that Step Functions uses."""
    token = sfn.Context.Task.Token
    assert (token.jsonpath, token.jsonata) == ("$$.Task.Token", "$states.context.Task.Token")
    order = sfn.Context.Execution.Input["order id"][0]
    assert order.jsonpath == "$$.Execution.Input['order id'][0]"
    assert order.jsonata == "$states.context.Execution.Input.`order id`[0]"


def test_a_path_goes_further_by_brackets() -> None:
    """Brackets go deeper into a path, and quote names where necessary."""
    expected = "$.a.b[0]['c d']['it\\'s']"
    assert expected == path("$.a")["b"][0]["c d"]["it's"].text == str(path(expected))


# -- expressions mean the same as in Python -------------------------------------------------------

NUMBERS = st.integers(-9, 9)
KEYS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\"), min_size=1, max_size=8
)


@st.composite
def sums(draw: st.DrawFn, depth: int = 3) -> tuple[Any, float]:
    """Return an expression over the variable n, which is 7, and its value."""
    if depth == 0 or draw(st.booleans()):
        return q.var("n"), 7
    expression, value = draw(sums(depth=depth - 1))
    other, its_value = draw(st.one_of(NUMBERS.map(lambda n: (n, n)), sums(depth=depth - 1)))
    match draw(st.sampled_from(["+", "-", "*", "r-", "r*"])):
        case "+":
            return expression + other, value + its_value
        case "-":
            return expression - other, value - its_value
        case "*":
            return expression * other, value * its_value
        case "r-":
            return other - expression, its_value - value
        case _:
            return other * expression, its_value * value


@given(sums(), NUMBERS)
def test_arithmetic_means_what_python_says(both: tuple[Any, float], limit: int) -> None:
    """Nested arithmetic has brackets wherever precedence needs them."""
    expression, value = both
    assert value == run_jsonata(expression, n=7)
    assert (value > limit) == run_jsonata(expression > limit, n=7)
    assert (value == limit) == run_jsonata(expression == limit, n=7)


@given(KEYS, st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
def test_any_key_and_any_text_is_quoted(key: str, text: str) -> None:
    """Keys and texts with any characters are found and compared in both languages."""
    states = {"input": {key: {"x": [text]}}}
    assert run_jsonata(q.input[key].x[0] == text, states=states) is True
    assert paths.parse(path("$")[key]["x"][0].text).find(states["input"]) == text


def run_jsonata(expression: sfn.Jsonata, **variables: Any) -> Any:
    parsed = Jsonata(str(expression))
    frame = parsed.create_frame()
    for name, value in variables.items():
        frame.bind(name, value)
    return parsed.evaluate(None, frame)
