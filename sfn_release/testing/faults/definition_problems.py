"""Finds problems in a run that no static check sees: endless loops, missing paths, large data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sfn_release.asl.error_names import COMPUTED, States
from sfn_release.asl.quotas import MAX_EVENTS, longest_seconds
from sfn_release.testing.faults.failure_map import Problem, ProblemKind, Step, short_cause
from sfn_release.testing.faults.fault_outcomes import (
    FaultRun,
    Places,
    end_of,
    ended_by_design,
    is_set_up,
)
from sfn_release.testing.faults.loops import find_loop
from sfn_release.testing.folded_way import fold
from sfn_release.testing.run import Run
from sfn_release.testing.run_definition import STILL_RUNNING

_UNASSIGNED = "has not been assigned"
_MISSING = re.compile(r"could not be found|Invalid path|[Uu]nable to|does not exist|No results")
_UNMATCHED = "Failed to transition out of the state"


def problem_in(found: FaultRun, places: Places, type: str) -> Problem | None:
    """Return the problem that ended a run; None if it ended by design or by its fault.

    *type* is the state machine's.
    """
    run = found.run
    if run.error == STILL_RUNNING or run.status == "TIMED_OUT":
        return _loop(found, type)
    if run.status != "FAILED" or is_set_up(run.error) or ended_by_design(run, places):
        return None
    last = end_of(run)
    if last is None or _failed_as_injected(found, last, places):
        return None
    kind = _kind(run, places[last].type, places)
    cause = short_cause(run.cause)
    return Problem(kind, last, run.error, cause, steps_of(found), _way(run))


def steps_of(found: FaultRun) -> tuple[Step, ...]:
    """Return the faults of a run."""
    return tuple(Step(part.state, part.fault.error) for part in found.injections)


def _loop(found: FaultRun, type: str) -> Problem | None:
    run = found.run
    loop = find_loop(run)
    if loop is None:
        return None
    states = loop.states
    limit = longest_seconds(run.definition, type)
    events = max(len(run.outcome.events), 1)
    too_many = run.seconds * MAX_EVENTS / events < limit and type != "EXPRESS"
    error, cause = (
        (
            States.Runtime,
            f"The execution reached the maximum number of history events ({MAX_EVENTS}).",
        )
        if too_many
        else (States.Timeout, None)
    )
    return Problem(
        "endless_loop", states[0], error, cause, steps_of(found), _way(run, states[0]), states
    )


def _failed_as_injected(found: FaultRun, last: str, places: Places) -> bool:
    """Whether the injected error itself ended the run."""
    if not found.injections:
        return False
    injection = found.injections[-1]
    if not injection.fault.is_error or last not in places[injection.state].scope:
        return False
    return bool(found.hits) and found.run.error not in COMPUTED


def _kind(run: Run, type: str, places: Places) -> ProblemKind:
    cause = run.cause or ""
    if type == "Choice" and _UNMATCHED in cause:
        return "no_choice_matched"
    if run.error == States.DataLimitExceeded:
        return "data_limit"
    if _UNASSIGNED in cause or _reads_unset(run, places):
        return "unset_variable"
    if run.error == States.QueryEvaluationError:
        return "expression"
    if run.error in COMPUTED and _MISSING.search(cause):
        return "missing_path"
    return "state_failure"


def _reads_unset(run: Run, places: Places) -> bool:
    """Whether a failed expression reads a variable that only other ways assign."""
    if run.error != States.QueryEvaluationError:
        return False
    read = set(re.findall(r"\$(\w+)", run.cause or ""))
    assigned = {name for visit in run.visits for name in visit.assigned}
    somewhere: set[str] = set()
    for place in places.values():
        state = place.definition
        for part in (state, *_parts(state, "Catch"), *_parts(state, "Choices")):
            somewhere |= {*part.get("Assign", {})}
    return bool(read & somewhere - assigned)


def _parts(state: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    parts = state.get(name)
    listed = parts if isinstance(parts, list) else []
    return [part for part in listed if isinstance(part, Mapping)]


def _way(run: Run, until: str | None = None) -> tuple[str, ...]:
    """Return the states on the way to the end, or to the first visit of *until*."""
    names = [visit.state for visit in run.visits]
    if until in names:
        names = names[: names.index(until) + 1]
    return tuple(fold(names))
