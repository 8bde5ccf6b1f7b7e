"""Reads coverage for a report, in each form that the program writes it. Pure.

- coverage data of tests: ``.sfn-coverage``, written by ``test --coverage`` and pytest
- the JSON of ``coverage``, of tests or with ``--env``: the reached parts, without how often
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sfn_release.errors import UsageError
from sfn_release.testing.coverage.coverage_data import (
    SCHEMA,
    WorkflowCounts,
    checked_number,
    checked_text,
    data_from_json,
)
from sfn_release.testing.coverage.coverage_report import (
    KINDS,
    Reached,
    WorkflowCoverage,
    workflow_coverage,
)

_REPORT: Final = "sfn-release/coverage/1"


@dataclass(frozen=True)
class HandledErrors:
    """How often an error of a state was retried, or caught."""

    how: str
    state: str
    error: str
    count: int


@dataclass(frozen=True)
class CoveredWorkflow:
    """The coverage of one workflow.

    *source* names the file. *environment* is set for finished executions, and *version* is their
    release. *counts* say how often each state and step was reached, None if the file doesn't.
    *problem* says why there is no coverage.
    """

    name: str
    source: str
    runs: int
    coverage: WorkflowCoverage | None
    counts: WorkflowCounts | None = None
    environment: str | None = None
    version: str | None = None
    handled: tuple[HandledErrors, ...] = ()
    unseen: tuple[str, ...] = ()
    problem: str = ""


def read_coverage_text(text: str, source: str) -> tuple[CoveredWorkflow, ...]:
    """Return the workflows in the text of a coverage file. Raises UsageError, naming *source*."""
    try:
        value = json.loads(text)
        return tuple(_read(value, source))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        why = f"{error}" if isinstance(error, ValueError) else "Its form is another one."
        raise UsageError(
            f"{source} doesn't hold coverage.",
            why=why,
            fix="Take .sfn-coverage, which `sfn-release test --coverage` and pytest write, or"
            " the output of `sfn-release --json coverage`.",
        ) from error


def _read(value: Any, source: str) -> Iterator[CoveredWorkflow]:
    match value["schema"]:
        case "sfn-release/coverage-data/1":
            for name, counts in data_from_json(value).workflows.items():
                covered = workflow_coverage(name, counts)
                yield CoveredWorkflow(name, source, counts.runs, covered, counts)
        case "sfn-release/coverage/1":
            for workflow in value["workflows"]:
                yield _reported(workflow, value.get("environment"), source)
        case other:
            raise ValueError(f"its schema is {other!r}, not {SCHEMA!r} or {_REPORT!r}")


def _reported(workflow: Mapping[str, Any], environment: Any, source: str) -> CoveredWorkflow:
    name = checked_text(workflow["name"])
    runs = checked_number(workflow["runs"] if "runs" in workflow else workflow["executions"])
    covered = None
    if "states" in workflow:
        kinds = {kind: _reached(workflow[kind]) for kind in KINDS}
        gaps = dict.fromkeys(gap for kind in kinds.values() for gap in kind.missing)
        covered = WorkflowCoverage(name, runs, kinds, tuple(gaps))
    return CoveredWorkflow(
        name,
        source,
        runs,
        covered,
        environment=None if environment is None else checked_text(environment),
        version=None if workflow.get("version") is None else checked_text(workflow["version"]),
        handled=tuple(
            HandledErrors(
                how,
                checked_text(it["state"]),
                checked_text(it["error"]),
                checked_number(it["count"]),
            )
            for how in ("retried", "caught")
            for it in workflow.get(how, ())
        ),
        unseen=_texts(workflow.get("unseen", [])),
        problem=checked_text(workflow.get("problem", "")),
    )


def _reached(value: Mapping[str, Any]) -> Reached:
    return Reached(
        checked_number(value["reached"]), checked_number(value["total"]), _texts(value["missing"])
    )


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(checked_text(value) for value in values)
