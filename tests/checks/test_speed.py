"""Checking takes time in proportion to the size of a definition, and never fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.checks import jsonata_expressions

LENGTH = 40_000  # characters; a quadratic check needs many seconds for these
MOST = 2.0  # seconds of processor time: ten times the need of any test here


def checked(definition: dict[str, Any]) -> list[str]:
    """Return the rules of the findings, and check the time."""
    start = time.process_time()
    found = sfn.check_definition(definition, services=True)
    assert time.process_time() - start < MOST
    assert all(len(finding.message) < 5000 for finding in found)
    return [finding.rule for finding in found]


def only(**fields: Any) -> dict[str, Any]:
    """Return a definition of one Pass."""
    return {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True, **fields}}}


def chain(count: int, state: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
    """Return a definition of many Pass states, one after the other."""
    states = {f"s{at}": {"Type": "Pass", "Next": f"s{at + 1}", **state(at)} for at in range(count)}
    return {"StartAt": "s0", "States": {**states, f"s{count}": {"Type": "Succeed"}}}


def repeated(begin: str, unit: str, end: str = "", length: int = LENGTH) -> str:
    """Return a text of about *length* characters."""
    return begin + unit * (length // len(unit)) + end


PATHS = {
    "names": (repeated("$", ".a"), []),
    "an open quote": (repeated("$['", "a"), ["expression"]),
    "backslashes": (repeated("$.", "\\"), []),
    "indexes": (repeated("$[", "1,", "x]"), ["expression"]),
    "alternatives": (repeated("$.a[?(@.x==1", " || @.x==1", ")]"), []),
    "parentheses": (repeated("$.a[?(", "(", "@.x)]"), ["doubtful-path"]),
    "negations": (repeated("$.a[?(", "!", "@.x)]"), []),
    "lists in lists": (repeated("$.a[?(@.x in ", "[", ")]"), ["doubtful-path"]),
    "a long pattern": (repeated("$.a[?(@.x =~ /", "(a*)*", "/)]"), ["doubtful-path"]),
    "a deep pattern": (f"$.a[?(@.x =~ /{'(' * 480}{')' * 480}/)]", None),
    "filters in filters": (repeated("$.a", "[?(@.x"), ["doubtful-path"]),
    "arguments": (repeated("States.Array(1", ", $.a", ")"), []),
    "too many arguments": (repeated("States.Array(1", ",2", ")"), ["expression"]),
    "calls in calls": (repeated("", "States.Array("), ["expression"]),
    "an open text": (repeated("States.Format('", "a"), ["expression"]),
    "backslashes in a text": (repeated("States.Format('", "\\\\", "')"), []),
    "places": (repeated("States.Format('", "{}", "', 1)"), ["intrinsic"]),
    "brackets": (repeated("States.Array($.a", "["), ["expression"]),
    "quotes in parentheses": (repeated("States.Array($.a(", "'", ")"), ["expression"]),
    "a huge range": (f"States.ArrayRange(1, {'9' * 300}, 1)", ["intrinsic"]),
}


@pytest.mark.parametrize("name", PATHS)
def test_a_long_path_or_call_is_read_in_time(name: str) -> None:
    """A valid or invalid path is checked without an exception."""
    text, expected = PATHS[name]
    found = checked(only(Parameters={"a.$": text}))
    assert expected is None or expected == found


JSONATA = {
    "a sum": (repeated("1", " + $states.input.a"), None),
    "a path": (repeated("$states.input", ".a", length=5000), None),
    "a sort": (repeated("$states.input^(a", ",a", ")", length=5000), []),
    "an open text": (repeated("'", "a"), ["jsonata"]),
    "parentheses": (repeated("", "(", repeated("1", ")")), ["unread-jsonata"]),
    "functions": (repeated("", "function($x){"), ["unread-jsonata"]),
    "a comment": (repeated("/*", "a", "*/ 1"), []),
    "another dialect": (r"$match($states.input, /(?<a>x)\p{L}/)", ["unread-jsonata"]),
}


@pytest.mark.parametrize("name", JSONATA)
def test_a_long_expression_is_read_in_time(name: str) -> None:
    """An expression that can't be parsed is reported, not ignored."""
    text, expected = JSONATA[name]
    found = checked(only(QueryLanguage="JSONata", Output=f"{{% {text} %}}"))
    assert expected is None or expected == found


def test_jsonata_beyond_a_limit_is_told_and_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one finding at the first unchecked expression, and the others are checked."""
    monkeypatch.setattr(jsonata_expressions, "MOST", 100)
    output = ["{% $nope %}", "{% $nopo %}", f"{{% '{'a' * 80}' %}}", "{% $nope %}"]
    found = sfn.check_definition(only(QueryLanguage="JSONata", Output=output))
    told = {(finding.rule, finding.path) for finding in found}
    assert {"unread-jsonata", "undefined-variable"} == {rule for rule, _ in told}
    assert len(told) == len(found)


def test_a_deep_expression_can_still_be_silenced() -> None:
    """The finding is a warning, because the expression may be valid."""
    text = repeated("{% ", "(", "1")
    (finding,) = sfn.check_definition(
        only(QueryLanguage="JSONata", Output=text + ")" * LENGTH + " %}")
    )
    assert (finding.rule, finding.severity) == ("unread-jsonata", "warning")
    assert "nested too deeply" in finding.message


STATES = {
    "states": chain(2000, lambda _: {}),
    "variables": chain(1500, lambda at: {"Assign": {f"v{at}": at, f"w{at}.$": f"$v{at}"}}),
    "undefined variables": chain(1500, lambda at: {"Assign": {f"v{at}.$": f"$u{at}"}}),
    "dangling ways": chain(2000, lambda at: {"Next": f"x{at}"}),
    "unknown fields": chain(2000, lambda at: {f"Foo{at}": 1}),
    "services": chain(
        500, lambda at: {"Type": "Task", "Resource": f"arn:aws:states:::aws-sdk:s{at}:get"}
    ),
}


@pytest.mark.parametrize("unit", ["${", "${1", "${A}", "${1}", "$${", "${workflow:"])
def test_a_text_of_placeholders_is_checked_in_time(unit: str) -> None:
    """Placeholders are checked in time, whether they are closed, filled or not."""
    text = unit * (10 * LENGTH // len(unit))
    assert set(checked(only(Parameters={"a": text}))) <= {"parameter"}


def inner_variables(count: int) -> dict[str, Any]:
    """Return a definition with many Maps whose variables a later state assigns too."""
    maps = {
        f"m{at}": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": f"i{at}",
                "States": {f"i{at}": {"Type": "Pass", "Assign": {f"v{at}": 1}, "End": True}},
            },
            "Next": f"m{at + 1}" if at < count - 1 else "last",
        }
        for at in reversed(range(count))
    }
    assigned = {f"v{at}": 1 for at in range(count)}
    states = {**maps, "last": {"Type": "Pass", "Assign": assigned, "End": True}}
    return {"StartAt": "m0", "States": states}


def test_variables_of_many_scopes_are_checked_in_time() -> None:
    """One walk over the outer graph is enough for all scopes."""
    assert checked(inner_variables(1500)) == []
    looped = inner_variables(1500)
    looped["States"]["last"] = {**looped["States"]["last"], "Next": "m0"}
    del looped["States"]["last"]["End"]
    looped["States"]["m0"]["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "end"}]
    looped["States"]["end"] = {"Type": "Succeed"}
    assert checked(looped) == ["variable-scope"] * 100


@pytest.mark.parametrize("name", STATES)
def test_many_states_are_checked_in_time(name: str) -> None:
    """Thousands of states, variables and mistakes are checked in time."""
    checked(STATES[name])
