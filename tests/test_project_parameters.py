"""Filling ${Name}: what is filled, escaped, left alone and refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.errors import ConfigError
from sfn_release.project import Environment, fill, parameters_in

PARAMETERS = {"Table": "orders", "Topic": "${Table}", "A": "same", "B": "same"}

FILLED = {
    "alone": ("${Table}", "orders"),
    "inside": ("arn:${Table}/x", "arn:orders/x"),
    "twice": ("${Table}${Table}", "ordersorders"),
    "not again": ("${Topic}", "${Table}"),
    "escaped": ("$${Table}", "${Table}"),
    "a dollar before an escape": ("$$${Table}", "$${Table}"),
    "JSONPath": ("$.Table", "$.Table"),
    "context object": ("$$.Execution.Id", "$$.Execution.Id"),
    "a dollar alone": ("5 $", "5 $"),
    "JSONata keeps its own braces": ('{% ${"a": 1} %}', '{% ${"a": 1} %}'),
    "JSONata is filled": ("{% $x & '${Table}' %}", "{% $x & 'orders' %}"),
    "keys": ({"${Table}": 1}, {"orders": 1}),
    "deep": ({"a": [{"b": "${Table}"}]}, {"a": [{"b": "orders"}]}),
    "no strings": ([1, 2.5, True, None], [1, 2.5, True, None]),
}


@pytest.mark.parametrize(("value", "expected"), FILLED.values(), ids=FILLED.keys())
def test_filling(value: Any, expected: Any) -> None:
    """Every string is filled once, and only where a parameter stands."""
    assert expected == fill(value, PARAMETERS, where="workflow orders")


def test_an_undeclared_parameter_is_told_the_nearest_and_the_toml_to_add() -> None:
    """The error says which, where, what it may have been, and what to write."""
    definition = {"States": {"Save it": {"Resource": "${Tabel}"}}}
    with pytest.raises(ConfigError) as caught:
        Environment("staging", "aws", parameters=PARAMETERS).fill(definition, where="orders")
    assert caught.value.message == "orders: the parameter ${Tabel} is not declared."
    assert caught.value.why == (
        'It is used at $.States["Save it"].Resource. Declared is Table; did you mean that?'
    )
    assert '[environments.staging.parameters]\n    Tabel = "…"' in caught.value.fix


@pytest.mark.parametrize(
    "text", ["${a-b}", "${AWS::Region}", "${", "${}", "${9}", "{% no %} ${x y}"]
)
def test_what_looks_like_a_parameter_and_is_none_is_refused(text: str) -> None:
    """It would reach AWS as it stands, which nobody means."""
    with pytest.raises(ConfigError, match="is not a parameter") as caught:
        fill([text], PARAMETERS, where="orders")
    assert "$${" in caught.value.fix


def test_two_keys_that_become_equal_are_refused() -> None:
    """No member is lost silently."""
    with pytest.raises(ConfigError, match='two keys become "same"'):
        fill({"${A}": 1, "${B}": 2}, PARAMETERS, where="orders")


def test_the_value_itself_stays() -> None:
    """Filling returns a new value."""
    value = {"a": ["${Table}"]}
    fill(value, PARAMETERS, where="orders")
    assert value == {"a": ["${Table}"]}


def test_parameters_are_listed() -> None:
    """Names in keys and values, none that is escaped."""
    value = {"${One}": ["${Two} ${Three}", "$${Four}", {"x": "${One}"}], "n": 1}
    assert {"One", "Two", "Three"} == parameters_in(value)


JSON = st.recursive(
    st.none() | st.integers() | st.text("a${}N "),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("a${}N"), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_an_escaped_value_comes_back_as_it_was(value: Any) -> None:
    """Escaping every ${ is always possible: no text is out of reach."""

    def escape(item: Any) -> Any:
        if isinstance(item, str):
            return item.replace("${", "$${")
        if isinstance(item, list):
            return [escape(content) for content in item]
        if isinstance(item, dict):
            return {escape(key): escape(content) for key, content in item.items()}
        return item

    assert value == fill(escape(value), {}, where="orders")
    assert frozenset() == parameters_in(escape(value))


def test_all_undeclared_parameters_are_told_at_once() -> None:
    """Each with its place, and together what to write."""
    with pytest.raises(ConfigError) as caught:
        fill({"a": "${Topic}", "b": ["${Conn} ${Topic}"]}, {"Cons": ""}, where="orders")
    assert caught.value.message == "orders: the parameters ${Topic}, ${Conn} are not declared."
    assert "${Conn} is used at $.b[0]. Declared is Cons" in caught.value.why
    assert 'Topic = "…"\n    Conn = "…"' in caught.value.fix
