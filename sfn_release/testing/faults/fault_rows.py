"""Makes the row of a fault from two runs: with the fault for good, and with it once."""

from __future__ import annotations

from dataclasses import replace

from sfn_release.testing.faults.definition_problems import steps_of
from sfn_release.testing.faults.failure_map import FaultRow, short_cause
from sfn_release.testing.faults.fault_outcomes import (
    FaultRun,
    Places,
    caught_by,
    end_of,
    ended_by_design,
    is_set_up,
    once,
    retries,
    status_of,
)
from sfn_release.testing.faults.injections import Failing, Fault


def fault_row(for_good: FaultRun, alone: FaultRun, places: Places) -> FaultRow:
    """Return the row of the last injection of two runs."""
    fault = for_good.injections[-1].fault
    run = for_good.run
    found = caught_by(for_good, places)
    again, seconds = retries(for_good, None if found is None else found[1])
    by_design = ended_by_design(run, places)
    single = once(alone, places)
    taken = found is not None or not fault.is_error or run.status == "SUCCEEDED"
    survived = found is None and fault.is_error and single == "survived"
    return FaultRow(
        state=for_good.injections[-1].state,
        error=fault.error,
        kind="error" if fault.is_error else "result",
        handled=(taken and by_design) or survived,
        retries=again,
        waited_seconds=round(seconds, 3),
        caught_by=None if found is None else found[0],
        status=status_of(run),
        ends_at=end_of(run),
        once=single,
        end_error=run.error,
        end_cause=short_cause(run.cause),
        after=steps_of(for_good)[:-1],
        explored=not is_set_up(run.error),
    )


def threshold_row(found: FaultRun, map_state: str, places: Places) -> FaultRow | None:
    """Return the row of a distributed Map whose children all fail; None if it tolerates them."""
    error = "States.ExceedToleratedFailureThreshold"
    run = found.run
    own = [step for step in run.transitions if step.state == map_state and step.error == error]
    if run.error != error and not own:
        return None
    caught = caught_by(found, places)
    taken = caught is not None and caught[0].state == map_state
    again = sum(step.kind == "retry" for step in own)
    calls = [run.all_calls[hit.call] for hit in found.hits]
    return FaultRow(
        state=map_state,
        error=error,
        kind="error",
        handled=taken and ended_by_design(run, places),
        retries=again,
        waited_seconds=round(calls[-1].at - calls[0].at, 3) if again else 0.0,
        caught_by=caught[0] if caught is not None and taken else None,
        status=status_of(run),
        ends_at=end_of(run),
        once="caught" if taken else "ends",
        end_error=run.error,
        end_cause=short_cause(run.cause),
        after=steps_of(found)[:-1],
        explored=not is_set_up(run.error),
    )


def renamed(row: FaultRow, injected: Fault, fault: Fault) -> FaultRow:
    """Return the row of *injected* for another error that is handled in the same way."""
    if fault is injected:
        return row
    error = fault.error if row.end_error == injected.error else row.end_error
    cause = row.end_cause
    match injected.answer, fault.answer:
        case Failing(cause=before), Failing(cause=after) if before == cause:
            cause = after
    return replace(row, error=fault.error, end_error=error, end_cause=cause)
