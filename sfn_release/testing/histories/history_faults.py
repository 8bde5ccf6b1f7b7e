"""Finds what makes a history useless for a comparison: holes, wrong links, foreign events. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sfn_release.testing.histories.event_kinds import kind_of
from sfn_release.testing.histories.task_attempts import details_of

_STATES = ("Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait")
_TASKS = ("Activity", "LambdaFunction", "Task")
_STEPS: Mapping[str, Sequence[str]] = {
    **{f"{state}State": ("Entered", "Exited") for state in _STATES},
    **dict.fromkeys(_TASKS, ("Scheduled", "Started", "Succeeded", "Failed", "TimedOut")),
    "ActivitySchedule": ("Failed",),
    "LambdaFunctionSchedule": ("Failed",),
    "LambdaFunctionStart": ("Failed",),
    "TaskStart": ("Failed",),
    "TaskSubmit": ("ted", "Failed"),
    "Execution": ("Started", "Succeeded", "Failed", "TimedOut", "Aborted", "Redriven"),
    "MapRun": ("Started", "Succeeded", "Failed", "Aborted", "Redriven"),
    "MapIteration": ("Started", "Succeeded", "Failed", "Aborted"),
    "Evaluation": ("Failed",),
}
_CONTAINERS = ("Started", "Succeeded", "Failed", "Aborted")

EVENT_TYPES = frozenset(
    (
        *(f"{subject}{step}" for subject, steps in _STEPS.items() for step in steps),
        *(f"{state}State{step}" for state in ("Map", "Parallel") for step in _CONTAINERS),
        "FailStateEntered",
        "TaskStateAborted",
        "WaitStateAborted",
    )
) - {"FailStateExited"}
"""The types of events, as the API reference of ``GetExecutionHistory`` lists them."""

_OURS = "SfnRelease."  # errors of the simulator's set-up, such as a missing mock
_SHOWN = 5  # missing ids in a text


def history_fault(events: Sequence[Mapping[str, Any]]) -> str:
    """Return why *events* aren't the whole history of an execution by AWS's rules; "" if they are.

    AWS numbers the events of an execution from 1 on without gaps, and each one names an earlier
    event. An error of the simulator's set-up is a fault as well, unless you stopped the execution.
    """
    missing = missing_ids([event["id"] for event in events])
    if missing:
        return f"The history has no event {missing}."
    for expected, event in enumerate(events, start=1):
        fault = _event_fault(event, expected)
        if fault:
            return fault
    return ""


def missing_ids(ids: Sequence[int]) -> str:
    """Return the ids from 1 to the last that aren't in *ids*, as a text; "" without any.

    >>> missing_ids([1, 2, 5])
    '3, 4 of 5'
    """
    last = max(ids, default=0)
    found = set(ids)
    if last == len(found) and len(ids) == last and min(ids, default=1) > 0:
        return ""
    missing: list[int] = []
    for id in range(1, last + 1):
        if id not in found:
            missing.append(id)
            if len(missing) > _SHOWN:
                break
    shown = ", ".join(str(id) for id in missing[:_SHOWN])
    more = " …" if len(missing) > _SHOWN else ""
    return f"{shown}{more} of {last}" if missing else ""


def _event_fault(event: Mapping[str, Any], expected: int) -> str:
    id, type = event["id"], event["type"]
    if id != expected:
        return f"Event {id} is where event {expected} belongs."
    if type not in EVENT_TYPES:
        return f"Event {id} has the type {type}, which GetExecutionHistory doesn't have."
    previous = event.get("previousEventId", 0)
    if not isinstance(previous, int) or not 0 <= previous < id:
        return f"Event {id} ({type}) follows event {previous}, which isn't an earlier event."
    return _our_error(event) if kind_of(type).fails else ""


def _our_error(event: Mapping[str, Any]) -> str:
    details = details_of(event)
    error, cause = details.get("error"), details.get("cause")
    if not isinstance(error, str) or not error.startswith(_OURS):
        return ""
    said = f": {cause}" if isinstance(cause, str) and cause else "."
    return f"It failed with {error}, an error of the local set-up and not of the workflow{said}"
