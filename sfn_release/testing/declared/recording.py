"""Writes expectations into a file of tests, from the runs of the tests, for you to review.

Only the lines of the expectations change: comments, layout and order stay as they are. An output is
written as TOML if it fits on a line, and otherwise as JSON, as you know it from AWS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfn_release.asl.error_names import COMPUTED
from sfn_release.errors import ConfigError
from sfn_release.project.toml_lines import Key, Statement, statements
from sfn_release.project.toml_text import toml, toml_key
from sfn_release.testing.declared.declared_test import DeclaredTest, ExpectedCalls
from sfn_release.testing.run import Run

_WIDEST = 88  # characters of a line
_LINE = re.compile(r"[^\n]*\n|[^\n]+")  # of TOML: other line separators are data
_BITS = 63  # of a whole number in TOML, beside its sign


def recorded(text: str, runs: Sequence[tuple[DeclaredTest, Run]]) -> str:
    """Return the *text* of a file of tests with the expectations of *runs* in place of others'.

    Raises ConfigError for a test in an inline table, where there is no place for them.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = _LINE.findall(text)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += newline
    known = statements(text.removeprefix("\ufeff"))
    for test, run in sorted(runs, key=lambda pair: pair[0].index, reverse=True):
        own = [found for found in known if found.key[:2] == ("test", test.index)]
        if not own:
            raise ConfigError(
                f"{test.place}: the expectations of {test.name!r} can't be recorded.",
                why="The test is written in an inline table.",
                fix="Write it as a table of its own, below the header [[test]].",
            )
        old = [found for found in own if _within(found.key, ("test", test.index, "expect"))]
        kept = [found for found in own if found not in old]
        written = [line + newline for line in expectation_lines(test, run)]
        for found in reversed(old):
            del lines[found.first - 1 : found.last]
        end = _end(kept, old)
        lines[end:end] = [newline, *written]
    return "".join(lines)


def _within(key: Key, around: Key) -> bool:
    return key[: len(around)] == around


def _end(kept: Sequence[Statement], removed: Sequence[Statement]) -> int:
    """Return after how many lines the last of *kept* ends, without the lines of *removed*."""
    last = max(found.last for found in kept)
    return last - sum(found.last - found.first + 1 for found in removed if found.last <= last)


def expectation_lines(test: DeclaredTest, run: Run) -> Iterator[str]:
    """Yield the lines of ``[test.expect]``, so that *run* passes the test.

    The arguments of calls are among them for the states whose calls the test named before.
    """
    yield "[test.expect]"
    yield f"status = {toml(run.status)}"
    if run.error is not None:
        review = f"  # {broken_end(run)}" if broken_end(run) else ""
        yield f"error = {_toml(run.error)}{review}"
    if run.cause is not None:
        yield f"cause = {_toml(run.cause)}"
    if run.outcome.has_output:
        yield from _value("output", run.output)
    yield from _array("path", run.path)
    yield from _calls(test.expected.calls if test.expected else (), run)


def broken_end(run: Run) -> str:
    """Return a note for review if a run ended because a state broke; "" for other runs."""
    if run.error not in COMPUTED:
        return ""
    return "review: a state broke here. Expect it only if you want the workflow to break."


def _calls(named: Sequence[tuple[str, ExpectedCalls]], run: Run) -> Iterator[str]:
    calls = {state: [call.arguments for call in run.calls.get(state, [])] for state, _ in named}
    counts = {state for state, expected in named if expected.arguments is None}
    plain = {
        state: len(arguments) if state in counts else arguments
        for state, arguments in calls.items()
    }
    if _as_toml(plain) is None:
        yield from _json("calls", plain)
        return
    for state, arguments in plain.items():
        yield from _array_or_value(f"calls.{toml_key(state)}", arguments)


def _array_or_value(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from _array(key, value)
    else:
        yield f"{key} = {toml(value)}"


def _array(key: str, items: Sequence[Any]) -> Iterator[str]:
    """Yield an array, on a line of its own for each item if it is long."""
    line = f"{key} = {_toml(list(items))}"
    if len(line) <= _WIDEST:
        yield line
        return
    yield f"{key} = ["
    for item in items:
        yield f"    {_toml(item)},"
    yield "]"


def _value(key: str, value: Any) -> Iterator[str]:
    line = _as_toml(value)
    if line is not None and len(key) + len(line) + 3 <= _WIDEST:
        yield f"{key} = {line}"
    else:
        yield from _json(key, value)


def _json(key: str, value: Any) -> Iterator[str]:
    """Yield a value as JSON text."""
    text = json.dumps(value, ensure_ascii=False, indent=2).replace("\x7f", "\\u007f")
    if "'''" in text:
        yield f"{key}_json = {_toml(json.dumps(value, ensure_ascii=False))}"
        return
    first, *rest = f"{key}_json = '''\n{text}\n'''".split("\n")
    yield first
    yield from rest


def _as_toml(value: Any) -> str | None:
    """Return a JSON value as TOML writes it; None if TOML can't: it has no null."""
    match value:
        case None:
            return None
        case Mapping():
            inside = [*value.values()]
        case list():
            inside = value
        case int() if value.bit_length() > _BITS:
            return None
        case _:
            inside = []
    return None if any(_as_toml(item) is None for item in inside) else _toml(value)


def _toml(value: Any) -> str:
    return toml(value).replace("\x7f", "\\u007f")
