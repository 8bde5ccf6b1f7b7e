"""Filling ${Name}: text that is filled, escaped, left alone or refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.canonical import canonical
from sfn_release.errors import ConfigError
from sfn_release.project import Environment, fill, parameters_in, parse_project
from sfn_release.project.backends import AWS
from sfn_release.project.parameter_sources import Variable
from sfn_release.project.parameter_values import convert

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
    """Every string is filled once, and only at its parameters."""
    assert expected == fill(value, PARAMETERS, where="workflow orders")


def test_an_undeclared_parameter_is_told_the_nearest_and_the_toml_to_add() -> None:
    """The error has the name, the place, the nearest parameter and the lines to add."""
    definition = {"States": {"Save it": {"Resource": "${Tabel}"}}}
    with pytest.raises(ConfigError) as caught:
        Environment("staging", AWS, parameters=PARAMETERS).fill(definition, where="orders")
    assert caught.value.message == "orders: the parameter ${Tabel} is not declared."
    assert caught.value.why == (
        'It is used at $.States["Save it"].Resource. Did you mean "${Table}"?'
    )
    assert '[environments.staging.parameters]\n    Tabel = "…"' in caught.value.fix


@pytest.mark.parametrize(
    "text",
    ["${a-b}", "${AWS:Region}", "${a..b}", "${workflow:}", "${", "${}", "${9}", "{% no %} ${x y}"],
)
def test_what_looks_like_a_parameter_and_is_none_is_refused(text: str) -> None:
    """Invalid parameter syntax is refused, because AWS would receive it unchanged."""
    with pytest.raises(ConfigError, match="is not a valid parameter name") as caught:
        fill([text], PARAMETERS, where="orders")
    assert "$${" in caught.value.fix


def test_two_keys_that_become_equal_are_refused() -> None:
    """No key is lost silently."""
    with pytest.raises(ConfigError, match='two keys become "same"'):
        fill({"${A}": 1, "${B}": 2}, PARAMETERS, where="orders")


def test_the_value_itself_stays() -> None:
    """Filling returns a new value."""
    value = {"a": ["${Table}"]}
    fill(value, PARAMETERS, where="orders")
    assert value == {"a": ["${Table}"]}


def test_parameters_are_listed() -> None:
    """Names in keys and values are listed, and escaped ones aren't."""
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
    """Escaping every ${ is always possible, so that any text can be written."""

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
    """One error has the place of each parameter, and all the lines to add."""
    with pytest.raises(ConfigError) as caught:
        fill({"a": "${Topic}", "b": ["${Conn} ${Topic}"]}, {"Cons": ""}, where="orders")
    assert caught.value.message == "orders: the parameters ${Topic}, ${Conn} are not declared."
    assert "${Conn} is used at $.b[0]. Did you mean" in caught.value.why
    assert 'Topic = "…"\n    Conn = "…"' in caught.value.fix


VALUES: dict[str, Any] = {
    "Pause": 3,
    "Rate": 1.5,
    "On": True,
    "Names": ["a", "b"],
    "Extra": {"a": [1]},
    "_x.y::z": "odd",
    "workflow:shipping": "arn:shipping",
    "Nothing": None,
}

TYPED = {
    "a number alone": ({"Seconds": "${Pause}"}, {"Seconds": 3}),
    "a number in a text": ("in ${Pause} s", "in 3 s"),
    "a fraction in a text": ("${Rate}x", "1.5x"),
    "true alone": (["${On}"], [True]),
    "true in a text": ("{% ${On} and true %}", "{% true and true %}"),
    "null in a text": ("{% ${Nothing} %}", "{% null %}"),
    "a list alone": ("${Names}", ["a", "b"]),
    "a table alone": ("${Extra}", {"a": [1]}),
    "a number in a key": ({"${Pause}": 1}, {"3": 1}),
    "a number twice": ("${Pause}${Pause}", "33"),
    "a name of CloudFormation's": ("${_x.y::z}", "odd"),
    "a workflow": ("${workflow:shipping}", "arn:shipping"),
}


@pytest.mark.parametrize(("value", "expected"), TYPED.values(), ids=TYPED.keys())
def test_a_field_that_is_the_placeholder_alone_takes_the_type(value: Any, expected: Any) -> None:
    """Within a longer text, values are written as JSON writes them."""
    filled = fill(value, VALUES, where="workflow orders")
    assert canonical(expected) == canonical(filled)


def test_a_filled_list_is_a_copy() -> None:
    """A definition shares no list with the environment."""
    value: Any = fill(["${Names}"], VALUES, where="workflow orders")
    value[0].append("c")
    assert VALUES["Names"] == ["a", "b"]


@pytest.mark.parametrize(("name", "kind"), [("Names", "a list"), ("Extra", "a table")])
def test_a_list_or_table_in_a_text_is_refused(name: str, kind: str) -> None:
    """The error names the place, the parameter and its type."""
    with pytest.raises(ConfigError) as caught:
        fill({"a": [f"x${{{name}}}"]}, VALUES, where="orders")
    assert f"the parameter ${{{name}}} is {kind}" in caught.value.message
    assert "$.a[0]" in caught.value.why


def test_a_text_stays_one_where_only_texts_are_taken() -> None:
    """Roles, names and tags are always strings."""
    assert fill("${Pause}", VALUES, where="a tag", texts=True) == "3"


def test_a_workflow_that_is_not_there_is_told_the_nearest() -> None:
    """The error names the nearest workflow, and doesn't ask to declare a parameter."""
    with pytest.raises(ConfigError) as caught:
        fill("${workflow:shiping}", VALUES, where="orders")
    assert caught.value.message == "orders: the workflow shiping is not in the release."
    assert 'Did you mean "${workflow:shipping}"?' in caught.value.why
    assert caught.value.fix == "Workflows of this release: shipping."


CONVERTED: dict[str, list[tuple[str, Any]]] = {
    "integer": [("3", 3), ("-7", -7), ("3.0", 3), (" 4 ", 4), ("1e3", 1000)],
    "number": [("2.5", 2.5), ("3", 3)],
    "boolean": [("true", True), ("false", False)],
    "list": [("a, b", ["a", "b"]), ("a", ["a"])],
    "json": [('{"a": 1}', {"a": 1}), ("null", None), ('"x"', "x")],
    "string": [("3", "3")],
}
NOT_CONVERTED = {
    "integer": ["three", "2.5", "true", "", "0x3", "9007199254740993", "1" * 5000, "[1]"],
    "number": ["NaN", "1e999", "true"],
    "boolean": ["yes", "1", "True"],
    "json": ["{", '{"a": 1, "a": 2}'],
}


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [(type, *pair) for type, pairs in CONVERTED.items() for pair in pairs],
)
def test_a_looked_up_text_is_converted(type: Any, text: str, value: Any) -> None:
    """A text that is looked up is converted to the type in releases.toml."""
    converted = convert(text, type)
    assert (converted, converted.__class__) == (value, value.__class__)


@pytest.mark.parametrize(
    ("type", "text"), [(type, text) for type, texts in NOT_CONVERTED.items() for text in texts]
)
def test_a_text_of_another_type_is_refused(type: Any, text: str) -> None:
    """The message shows the text on one line."""
    with pytest.raises(ConfigError) as caught:
        convert(text, type)
    assert len(caught.value.message) < 100


def test_values_of_releases_toml_keep_their_types() -> None:
    """A table is a value, unless it names a source."""
    text = """
[project]
name = "shop"
[environments.prod]
region = "eu-west-1"
name = "${Stage}-{workflow}-${AWS::Region}"
tags = { stage = "${Stage}", account = "of-${AWS::AccountId}" }
[environments.prod.parameters]
Stage = "dev"
Pause = 3.0
On = true
Names = ["a", { b = 2.0 }]
Extra = { Env = "prod" }
Other = { stage = "prod" }
"_x.y::z" = "odd"
Count = { env = "COUNT", type = "integer" }
"""
    prod = parse_project(text, path="releases.toml").environment("prod")
    assert prod.parameters == {
        "Stage": "dev",
        "Pause": 3,
        "On": True,
        "Names": ["a", {"b": 2}],
        "Extra": {"Env": "prod"},
        "Other": {"stage": "prod"},
        "_x.y::z": "odd",
        "Count": Variable("COUNT", "integer"),
    }
    assert prod.state_machine_name("orders") == "dev-orders-eu-west-1"
    assert prod.open(["Stage", "Count", "AWS::Region", "AWS::AccountId", "workflow:a"]) == {
        "Count",
        "AWS::AccountId",
        "workflow:a",
    }


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_region_and_partition_are_given(region: str, partition: str) -> None:
    """They are known without calling AWS, and so is an account that releases.toml declares."""
    environment = Environment("prod", AWS, region=region, account="111111111111")
    text = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:q"
    expected = f"arn:{partition}:sqs:{region}:111111111111:q"
    assert environment.fill(text, where="orders") == expected
