"""Paths: the values they select, the texts they refuse, and their messages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.asl.path_budget import Budget
from sfn_release.asl.paths import (
    PathBudgetError,
    PathError,
    PathNotFoundError,
    parse,
    problem,
    put,
)

STORE = {
    "book": [
        {"title": "A", "price": 8, "tags": ["x", "y"]},
        {"title": "B", "price": 12.5, "tags": []},
        {"title": "C"},
    ],
    "open": None,
    "odd key": 1,
    "dotted.key": 2,
    "quote'd": 3,
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", STORE),
        ("$.book[0].title", "A"),
        ("$['book'][1]['title']", "B"),
        ('$["odd key"]', 1),
        ("$['quote\\'d']", 3),
        ("$.dotted\\.key", 2),
        ("$.book[-1].title", "C"),
        ("$.[ 'open' ]", None),
        ("$.open", None),
        ("$.book[0]['title','price']", {"title": "A", "price": 8}),
        ("$.book[0,2].title", ["A", "C"]),
        ("$.book[*].title", ["A", "B", "C"]),
        ("$.book[1:].title", ["B", "C"]),
        ("$.book[:1].title", ["A"]),
        ("$.book[::2].title", ["A", "C"]),
        ("$..price", [8, 12.5]),
        ("$.book.length()", 3),
        ("$.book[*].price.max()", 12.5),
        ("$.book[?(@.price)].title", ["A", "B"]),
        ("$.book[?(@.price < 10)].title", ["A"]),
        ("$.book[?(@.price >= 8 && !(@.title == 'B'))].title", ["A"]),
        ("$.book[?(@.title == 'B' || @.title == \"C\")].title", ["B", "C"]),
        ("$.book[?(@.title =~ /[ab]/i)].title", ["A", "B"]),
        ("$.book[?(@.title in ['A', 'C'])].title", ["A", "C"]),
        ("$.book[?(@.tags contains 'x')].title", ["A"]),
        ("$.book[?(@.tags empty true)].title", ["B"]),
        ("$.book[?(@.title == $.book[1].title)].title", ["B"]),
        ("$.nowhere[*].at[1:]", []),
        ("$[*].none", []),
    ],
)
def test_a_path_selects(path: str, expected: Any) -> None:
    """Every kind of step selects the same values as in Step Functions."""
    assert expected == parse(path).find(STORE)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("$.none", "No results for path: $['none']"),
        ("$.no.such.path", "Missing property in path $['no']"),
        ("$.book[0].no.such", "Missing property in path $['book'][0]['no']"),
        ("$.book[7]", "No results for path: $['book'][7]"),
        ("$.open[0]", "The path $['open'] is null"),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_ends(path: str, words: str) -> None:
    """The message is the one of AWS's failures."""
    with pytest.raises(PathNotFoundError) as caught:
        parse(path).find(STORE)
    assert words == str(caught.value)


def test_a_property_of_what_is_no_object_is_not_found() -> None:
    """Values that aren't objects have no properties."""
    with pytest.raises(PathNotFoundError, match=r"with property \['x'\] in path \$\['book'\]"):
        parse("$.book.x").find(STORE)


@pytest.mark.parametrize(
    "path",
    [
        "$.store\\.book",
        "$.\\stor\\e.boo\\k",
        "$.foo\\@bar.baz\\[\\[.\\?pretty",
        "$.&Ж中.\\uD800\\uDF46",
    ],
)
def test_the_specification_s_odd_reference_paths_are_reference_paths(path: str) -> None:
    """The examples of the States Language in "Reference Paths" are parsed."""
    assert problem(path, reference=True) is None


def test_escapes_in_dotted_names() -> None:
    """A backslash escapes the next character; a surrogate pair is one character."""
    assert parse("$.a\\.b").find({"a.b": 1}) == 1
    assert parse("$.\\uD800\\uDF46").find({"\U00010346": 2}) == 2


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        "$.",
        "$[",
        "$[]",
        "$['a]",
        "$.a b",
        "$[?(@.a]",
        "$[?@.a]",
        "$.a.foo()",
        "$.length().a",
    ],
)
def test_what_is_no_path_is_refused_with_its_place(path: str) -> None:
    """The message quotes the text and names the character."""
    with pytest.raises(PathError, match=r"is not a valid path: .*\(character \d+\)"):
        parse(path)


@pytest.mark.parametrize(
    ("path", "is_one"), [("$.a[0]['b']", True), ("$.a[*]", False), ("$.a[1:]", False)]
)
def test_reference_paths_select_one_value_at_most(path: str, is_one: bool) -> None:
    """Wildcards and slices are paths, but no Reference Paths."""
    assert is_one is (problem(path, reference=True) is None)


@pytest.mark.parametrize(
    ("path", "root", "variable"),
    [("$$.Map.Item", "$$", None), ("$total.x", "$total", "total"), ("$", "$", None)],
)
def test_a_path_starts_at_data_context_or_variable(
    path: str, root: str, variable: str | None
) -> None:
    """A path starts at the data, the context object or a variable."""
    assert (root, variable) == (parse(path).root, parse(path).variable)


def test_what_is_no_text_is_no_path() -> None:
    """Any JSON value in place of a path is an error without a traceback."""
    values: list[Any] = [None, 1, [], {}, True]
    assert all(problem(value) for value in values)


def test_put_creates_objects_and_leaves_the_document_as_it_was() -> None:
    """Put changes a copy, as ResultPath does."""
    document = {"a": {"b": 1}, "list": [1, 2]}
    assert put(document, parse("$.x.y"), 2) == {"a": {"b": 1}, "list": [1, 2], "x": {"y": 2}}
    assert put(document, parse("$.list[1]"), 9) == {"a": {"b": 1}, "list": [1, 9]}
    assert put(document, parse("$"), 3) == 3
    assert put(None, parse("$.a"), 1) == {"a": 1}
    assert document == {"a": {"b": 1}, "list": [1, 2]}


@pytest.mark.parametrize("path", ["$.a.b.c", "$.list[2]", "$.a[0]"])
def test_put_refuses_a_place_that_cannot_be(path: str) -> None:
    """Nothing goes below a number, beyond an array's end, or to an index of an object."""
    with pytest.raises(PathNotFoundError):
        put({"a": {"b": 1}, "list": [1, 2]}, parse(path), 0)


def test_the_depth_of_data_does_not_matter() -> None:
    """The data may be a thousand times deeper than Python's stack."""
    deep: Any = 0
    for _ in range(100_000):
        deep = {"a": deep}
    assert len(parse("$..a").find(deep)) == 100_000
    while deep:  # so that Python frees it without recursion
        deep = deep["a"]


@given(st.text())
def test_any_text_is_a_path_or_has_a_problem(text: str) -> None:
    """No text makes the parser fail in another way."""
    for path in (text, f"${text}", f"$.{text}", f"$[{text}]", f"$[?({text})]"):
        if problem(path) is None:
            parse(path)
        else:
            with pytest.raises(PathError):
                parse(path)


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="'\\"), min_size=1)


@given(st.lists(NAMES, min_size=1, max_size=5), st.integers())
def test_what_is_put_is_found(names: list[str], value: int) -> None:
    """A value that was put at a path is found there, for any names in brackets."""
    path = parse("$" + "".join(f"['{name}']" for name in names))
    assert value == path.find(put({}, path, value))


@pytest.mark.parametrize("path", ["$[" + "9" * 5000 + "]", "$[٣]", "$[?(@.a == 00)]"])
def test_numbers_are_those_of_json_and_of_a_sane_length(path: str) -> None:
    """Numbers that JSON doesn't have, or that are too long, are refused."""
    assert problem(path)


@pytest.mark.parametrize(
    "path",
    [
        "$..*..*..*",
        "$..[?(@..[?(@..*)])]",
        "$.list[?(@.n in $.all)]",
        "$.list[?(@.own subsetof $.all)]",
        "$.list[?($.all == $.copy)]",
        "$.list[?($..n empty true || !$..nothing)]",
    ],
)
def test_a_path_that_looks_at_too_much_is_stopped(path: str) -> None:
    """Descents, filters and comparisons have a limit."""
    everything = list(range(300, 600))
    items = [{"n": number, "own": everything[:10]} for number in range(300)]
    deep: Any = []
    for _ in range(50):
        deep = [deep, 1]
    document = {"list": items, "all": everything, "copy": list(everything), "deep": deep}
    with pytest.raises(PathBudgetError):
        parse(path).find(document, Budget(20_000))


def test_a_path_over_all_data_that_a_state_may_have_is_followed() -> None:
    """A descent over the 262,144 bytes that a state can have stays below the limit."""
    document = {"list": list(range(60_000))}
    assert len(parse("$..*").find(document)) == 60_001
    assert len(parse("$.list[?(@ >= 0 && @ < 1000000)]").find(document)) == 60_000


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$[?(!@.s)].id", [1, 3]),
        ("$[?(@.s)].id", [1, 2]),
        ("$[?(!!@.s)].id", [1, 2]),
        ("$[?(!(@.s))].id", [3]),
        ("$[?(!@.s == null)].id", [2, 3]),
        ("$[?(!@.s && @.id > 1)].id", [3]),
    ],
)
def test_null_is_nothing_to_a_negated_path_alone(path: str, expected: list[int]) -> None:
    """As in Step Functions Local 2.0.0, only a negated path treats null as absent."""
    assert expected == parse(path).find([{"id": 1, "s": None}, {"id": 2, "s": {}}, {"id": 3}])
