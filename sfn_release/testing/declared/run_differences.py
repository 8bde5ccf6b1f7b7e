"""Compares a run with the expectations of its test. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sfn_release.canonical import member
from sfn_release.release.differences import MISSING
from sfn_release.testing.declared.declared_test import Expectation, ExpectedCalls
from sfn_release.testing.run import Call, Run

Compared = Literal["status", "output", "error", "cause", "path", "calls"]
"""The parts of a run that a test can compare."""

_WIDEST = 200  # characters of a value in a line


@dataclass(frozen=True)
class RunDifference:
    """One difference between a run and its test.

    *at* is the place in the part *of* the run: the JSON path in the output, the number of the step
    in the path, or the state and the call. *expected* and *got* are JSON values, or MISSING.
    """

    of: Compared
    at: str
    expected: Any
    got: Any

    def __str__(self) -> str:
        place = f"{self.at}: " if self.at else ""
        return f"{place}expected {_shown(self.expected)}, got {_shown(self.got)}"

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; a side without a value is left out."""
        sides = {"expected": self.expected, "got": self.got}
        found = {name: value for name, value in sides.items() if value is not MISSING}
        return {"of": self.of, "at": self.at, **found}


def run_differences(expected: Expectation, run: Run) -> tuple[RunDifference, ...]:
    """Return every difference between *run* and the expectations, status first."""
    return tuple(_differences(expected, run))


def _differences(expected: Expectation, run: Run) -> Iterator[RunDifference]:
    status = expected.wanted_status
    if status is not None and status != run.status:
        yield RunDifference("status", "", status, run.status)
    yield from _failures(expected, run)
    if expected.path is not None:
        yield from _path(expected.path, run.path)
    for wanted, partial in ((expected.output, False), (expected.output_contains, True)):
        if wanted is None:
            continue
        if not run.outcome.has_output:
            yield RunDifference("output", "", wanted[0], MISSING)
            continue
        for at, left, right in json_differences(wanted[0], run.output, partial=partial):
            yield RunDifference("output", at, left, right)
    for state, calls in expected.calls:
        yield from _calls(state, calls, run.calls.get(state, []))


def _failures(expected: Expectation, run: Run) -> Iterator[RunDifference]:
    error = MISSING if run.error is None else run.error
    cause = MISSING if run.cause is None else run.cause
    if expected.error is not None and expected.error != run.error:
        yield RunDifference("error", "", expected.error, error)
    if expected.cause is not None and expected.cause != run.cause:
        yield RunDifference("cause", "", expected.cause, cause)
    pattern = expected.cause_matches
    if pattern is not None and not pattern.search(run.cause or ""):
        yield RunDifference("cause", "matching", pattern.pattern, cause)


def _path(expected: Sequence[str], got: Sequence[str]) -> Iterator[RunDifference]:
    """Yield where two paths part: their first difference."""
    for number in range(max(len(expected), len(got))):
        left = expected[number] if number < len(expected) else MISSING
        right = got[number] if number < len(got) else MISSING
        if left != right:
            after = f", after {_shown(got[number - 1])}" if number else ""
            yield RunDifference("path", f"step {number + 1}{after}", left, right)
            return


def _calls(state: str, expected: ExpectedCalls, got: Sequence[Call]) -> Iterator[RunDifference]:
    name = _shown(state)
    if len(got) != expected.count:
        yield RunDifference("calls", f"number of calls of {name}", expected.count, len(got))
    for number, (wanted, call) in enumerate(zip(expected.arguments or (), got, strict=False), 1):
        for at, left, right in json_differences(wanted, call.arguments, partial=expected.partial):
            yield RunDifference("calls", f"{name}, call {number}, {at}", left, right)


def json_differences(
    expected: Any, got: Any, at: str = "$", *, partial: bool = False
) -> Iterator[tuple[str, Any, Any]]:
    """Yield the JSON path, the expected and the actual value of each difference.

    With *partial*, objects may have more members than expected. Arrays are compared item by item.
    """
    match expected, got:
        case Mapping(), Mapping():
            added = [] if partial else [key for key in got if key not in expected]
            for key in [*expected, *added]:
                left, right = expected.get(key, MISSING), got.get(key, MISSING)
                yield from json_differences(left, right, member(at, key), partial=partial)
        case (list() | tuple(), list() | tuple()):
            for index in range(max(len(expected), len(got))):
                left = expected[index] if index < len(expected) else MISSING
                right = got[index] if index < len(got) else MISSING
                yield from json_differences(left, right, f"{at}[{index}]", partial=partial)
        case _:
            if isinstance(expected, bool) != isinstance(got, bool) or expected != got:
                yield at, expected, got


def _shown(value: Any) -> str:
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…"
