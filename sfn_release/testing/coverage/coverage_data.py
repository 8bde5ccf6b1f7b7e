"""Counts of reached states and steps, merged from processes and shards, and as JSON. Pure.

`CoverageData` holds the points of each workflow's definition and how often each was reached. So a
report needs neither the project nor its definitions.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from sfn_release.errors import UsageError
from sfn_release.simulator.observer import TransitionKind
from sfn_release.testing.coverage.points import Points, Step

SCHEMA: Final = "sfn-release/coverage-data/1"
FILE_NAME: Final = ".sfn-coverage"


@dataclass(frozen=True)
class WorkflowCounts:
    """The points of a workflow, how often *steps* of them were taken, and how many *runs* it had.

    *states* counts the entries of states. *definition* is the digest of the definition, "" for
    several or an unknown one. *failed* counts the declared tests that failed.
    """

    points: Points
    states: Mapping[str, int] = field(default_factory=dict)
    steps: Mapping[Step, int] = field(default_factory=dict)
    runs: int = 0
    definition: str = ""
    failed: int = 0

    def plus(self, later: WorkflowCounts) -> WorkflowCounts:
        """Return the sums, with the points of *later*."""
        return WorkflowCounts(
            later.points,
            Counter(self.states) + Counter(later.states),
            Counter(self.steps) + Counter(later.steps),
            self.runs + later.runs,
            later.definition if self.definition == later.definition else "",
            self.failed + later.failed,
        )


@dataclass(frozen=True)
class CoverageData:
    """The counts of each workflow, by name."""

    workflows: Mapping[str, WorkflowCounts] = field(default_factory=dict)

    def plus(self, later: CoverageData) -> CoverageData:
        """Return the sums. If a definition differs, *later* has its points."""
        merged = dict(self.workflows)
        for name, counts in later.workflows.items():
            merged[name] = merged[name].plus(counts) if name in merged else counts
        return CoverageData(merged)

    def only(self, names: Iterable[str]) -> CoverageData:
        """Return the counts of *names* alone."""
        chosen = {*names}
        return CoverageData(
            {name: self.workflows[name] for name in self.workflows if name in chosen}
        )

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "schema": SCHEMA,
            "workflows": {name: _written(counts) for name, counts in self.workflows.items()},
        }


def merged(parts: Iterable[CoverageData]) -> CoverageData:
    """Return the sums of all *parts*."""
    total = CoverageData()
    for part in parts:
        total = total.plus(part)
    return total


def data_from_json(value: Any) -> CoverageData:
    """Return the data of a JSON form; raises ValueError for any other value."""
    try:
        if value["schema"] != SCHEMA:
            raise ValueError(f"its schema is {value['schema']!r}, not {SCHEMA!r}")
        return CoverageData({str(name): _read(part) for name, part in value["workflows"].items()})
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise ValueError("it doesn't have the form of coverage data") from error


def data_from_text(text: str, source: str) -> CoverageData:
    """Return the data of a file's *text*. Raises UsageError, which names the file as *source*."""
    try:
        return data_from_json(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{source} doesn't hold coverage data.",
            why=f"{error}",
            fix="Write it again: pytest --sfn-coverage, or sfn-release test --coverage.",
        ) from error


def _written(counts: WorkflowCounts) -> dict[str, Any]:
    return {
        "runs": counts.runs,
        "definition": counts.definition,
        "failed": counts.failed,
        "states": [[name, counts.states.get(name, 0)] for name in counts.points.states],
        "steps": [
            [*step, words, counts.steps.get(step, 0)] for step, words in counts.points.words.items()
        ],
    }


def _read(part: Any) -> WorkflowCounts:
    states = {checked_text(name): checked_number(count) for name, count in part["states"]}
    words: dict[Step, str] = {}
    steps: dict[Step, int] = {}
    for kind, state, next, rule, text, count in part["steps"]:
        if kind not in get_args(TransitionKind):
            raise ValueError(f"{kind!r} is not a kind of step")
        step = Step(
            kind,
            checked_text(state),
            None if next is None else checked_text(next),
            None if rule is None else checked_number(rule),
        )
        words[step], steps[step] = checked_text(text), checked_number(count)
    return WorkflowCounts(
        Points(tuple(states), words),
        {state: count for state, count in states.items() if count},
        {step: count for step, count in steps.items() if count},
        checked_number(part["runs"]),
        checked_text(part.get("definition", "")),
        checked_number(part.get("failed", 0)),
    )


def checked_text(value: Any) -> str:
    """Return a text of a coverage file; raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError
    return value


def checked_number(value: Any) -> int:
    """Return a count of a coverage file; raises TypeError for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value
