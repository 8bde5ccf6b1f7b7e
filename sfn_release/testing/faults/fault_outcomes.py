"""Reads from a run with a fault how the execution took it: retries, waits, the catcher, the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sfn_release.asl.error_names import COMPUTED
from sfn_release.simulator import Transition
from sfn_release.simulator.task_protocol import OURS
from sfn_release.testing.faults.failure_map import CaughtBy, Once
from sfn_release.testing.faults.injections import Hit, Injection
from sfn_release.testing.faults.state_places import StatePlace
from sfn_release.testing.run import Run
from sfn_release.testing.run_definition import STILL_RUNNING

Places = Mapping[str, StatePlace]


@dataclass(frozen=True)
class FaultRun:
    """A *run* with injections. *hits* are the calls that the last one answered.

    *usual* is the run without the last injection.
    """

    run: Run
    injections: Sequence[Injection]
    hits: Sequence[Hit]
    usual: Run | None = None


def caught_by(found: FaultRun, places: Places) -> tuple[CaughtBy, int] | None:
    """Return the catcher that took the fault, and the index of its transition; None without one."""
    if not found.hits:
        return None
    injection = found.injections[-1]
    start = found.run.all_calls[found.hits[0].call].step
    scope = places[injection.state].scope
    usual = {
        (step.state, step.rule, step.error)
        for step in (found.usual.transitions if found.usual else ())
        if step.kind == "catch"
    }
    for index in range(start, len(found.run.transitions)):
        step = found.run.transitions[index]
        if step.kind != "catch" or (injection.fault.is_error and step.state not in scope):
            continue
        if injection.fault.is_error or (step.state, step.rule, step.error) not in usual:
            return _catcher(step, places), index
    return None


def retries(found: FaultRun, until: int | None) -> tuple[int, float]:
    """Return how often the task was called again, and over how many seconds.

    *until* is the index of the transition that ended it, a catch; None without one.
    """
    calls = [(found.run.all_calls[hit.call], hit.seconds) for hit in found.hits]
    chain = [(call, seconds) for call, seconds in calls if until is None or call.step <= until]
    if not found.injections[-1].fault.is_error:
        # Another call of the task comes from a Retry, or from a loop that asks again.
        chain = chain[:1] + [(call, seconds) for call, seconds in chain[1:] if call.attempt]
    if not chain:
        return 0, 0.0
    (first, _), (last, seconds) = chain[0], chain[-1]
    ended = found.run.seconds if seconds is None else last.at + seconds
    return len(chain) - 1, ended - first.at


def once(found: FaultRun, places: Places) -> Once:
    """Return how an execution took one failure, after which the task answered as usual."""
    if caught_by(found, places) is not None:
        return "caught"
    if is_set_up(found.run.error):
        return "unknown"
    return "survived" if ended_by_design(found.run, places) else "ends"


def ended_by_design(run: Run, places: Places) -> bool:
    """Whether a run succeeded, or ended in a Fail state with the error of that state."""
    if run.status == "SUCCEEDED":
        return True
    last = end_of(run)
    failed = run.status == "FAILED" and last is not None and places[last].type == "Fail"
    return failed and not _broke(run, last)


def _broke(run: Run, state: str | None) -> bool:
    """Whether a Fail state itself failed: it couldn't compute its Error or its Cause.

    The cause of another state, which it may pass on, names that state.
    """
    own = f"An error occurred while executing the state '{state}'"
    return run.error in COMPUTED and (run.cause or "").startswith(own)


def end_of(run: Run) -> str | None:
    """Return the state in which a run ended; None if it hadn't ended."""
    if run.error == STILL_RUNNING:
        return None
    visits = run.visits
    if run.status == "SUCCEEDED":
        return next((visit.state for visit in reversed(visits) if not visit.depth), None)
    if run.status == "FAILED":
        failed = [visit for visit in visits if visit.ended == "failed"]
        if failed:
            return failed[-1].state  # the innermost one: the states around it were entered before
    return visits[-1].state if visits else None


def status_of(run: Run) -> str:
    """Return the status of a run; RUNNING if it hadn't ended."""
    return "RUNNING" if run.error == STILL_RUNNING else run.status


def is_set_up(error: str | None) -> bool:
    """Whether an error is about the set-up, such as a missing mock, and not about the workflow."""
    return bool(error) and str(error).startswith(OURS) and error != STILL_RUNNING


def _catcher(step: Transition, places: Places) -> CaughtBy:
    rule = step.rule or 0
    catcher = places[step.state].definition["Catch"][rule]
    return CaughtBy(step.state, rule, tuple(catcher["ErrorEquals"]), str(step.next))
