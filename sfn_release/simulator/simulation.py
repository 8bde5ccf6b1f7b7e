"""The simulator's entry: `simulate` runs one execution from its input to its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.simulator.clock import Clock, Stopped
from sfn_release.simulator.definition_shape import shape_fault
from sfn_release.simulator.event_recorder import EventRecorder, with_error, with_input, with_output
from sfn_release.simulator.execution_outcome import (
    ContextSeed,
    Event,
    ExecutionOutcome,
    ExecutionStatus,
)
from sfn_release.simulator.failure import (
    RUNTIME,
    ExecutionFailure,
    ExecutionTimedOut,
    StateFailure,
)
from sfn_release.simulator.jsonpath import JsonPathLanguage
from sfn_release.simulator.machine import ExecutionRun, Frame, Texts, walk
from sfn_release.simulator.nested_states import map_state, parallel_state
from sfn_release.simulator.scheduler import Scheduler
from sfn_release.simulator.simple_states import (
    choice_state,
    fail_state,
    pass_state,
    succeed_state,
    wait_state,
)
from sfn_release.simulator.task_protocol import Tasks
from sfn_release.simulator.task_state import task_state
from sfn_release.simulator.timestamps import later, write_instant

_LONGEST = {"STANDARD": 365 * 24 * 3600, "EXPRESS": 300}
"""The longest execution in seconds, by the state machine's type (AWS: "Quotas")."""

_LANGUAGES = {"JSONPath": JsonPathLanguage()}

_BEHAVIOURS = {
    "Pass": pass_state,
    "Task": task_state,
    "Choice": choice_state,
    "Wait": wait_state,
    "Succeed": succeed_state,
    "Fail": fail_state,
    "Parallel": parallel_state,
    "Map": map_state,
}


@dataclass(frozen=True)
class _End:
    """The end of an execution, before its last event is recorded."""

    status: ExecutionStatus
    event: str
    previous: int
    output: Any = None
    error: str | None = None
    cause: str | None = None


def simulate(
    definition: Mapping[str, Any],
    input: Any = {},  # noqa: B006 - never changed
    *,
    tasks: Tasks,
    clock: Clock,
    context: ContextSeed,
    observe: Callable[[Event], None] | None = None,
) -> ExecutionOutcome:
    """Run *definition* on *input* and return its outcome. *observe* receives each event at once.

    If the execution fails, or the *definition* can't be run, you get an outcome too. UUIDs, jitter
    and task tokens depend on the execution's ARN only, so the same execution runs the same way
    again.
    """
    history = EventRecorder(clock, observe)
    execution = {
        "Id": context.execution_arn,
        "Input": input,
        "StartTime": write_instant(context.started_at),
        "Name": context.execution_name,
        "RoleArn": context.role_arn,
        **({} if context.type == "EXPRESS" else {"RedriveCount": 0}),
    }
    random = Random(context.execution_arn)  # noqa: S311 - reproducible, nothing secret
    run = ExecutionRun(
        tasks, clock, history, random, context, execution, _LANGUAGES, _BEHAVIOURS, Texts()
    )
    end = _run(run, definition, input)
    if end.status == "SUCCEEDED":
        details = with_output(compact(end.output))
    else:
        details = with_error(end.error, end.cause)
    history.record(end.event, end.previous, details)
    return ExecutionOutcome(
        end.status,
        end.output,
        end.status == "SUCCEEDED",
        end.error,
        end.cause,
        history.events,
        clock.now(),
    )


def _run(run: ExecutionRun, definition: Mapping[str, Any], input: Any) -> _End:
    frame = Frame()
    try:
        details = with_input(compact(input), roleArn=run.seed.role_arn)
        run.history.record("ExecutionStarted", 0, details)
        _require_shape(definition)
        deadline = _deadline(definition, run.clock.now(), run.seed.type)
        output = Scheduler(run.clock, deadline).run(walk(run, frame, definition, input))
    except (StateFailure, ExecutionFailure) as failure:
        return _End(
            "FAILED", "ExecutionFailed", frame.last, error=failure.error, cause=failure.cause
        )
    except ExecutionTimedOut:
        return _End("TIMED_OUT", "ExecutionTimedOut", 0, error="States.Timeout")
    except Stopped as stop:
        return _End("ABORTED", "ExecutionAborted", 0, error=stop.error, cause=stop.cause)
    except RecursionError:
        cause = "The data of a state is nested too deeply to be processed here."
        return _End("FAILED", "ExecutionFailed", frame.last, error=RUNTIME, cause=cause)
    return _End("SUCCEEDED", "ExecutionSucceeded", frame.last, output)


def _require_shape(definition: Any) -> None:
    fault = shape_fault(definition)
    if fault:
        raise ExecutionFailure(RUNTIME, f"The definition can't be run: {fault}")


def _deadline(definition: Mapping[str, Any], now: datetime, type: str) -> datetime:
    longest = _LONGEST[type]
    return later(now, min(definition.get("TimeoutSeconds", longest), longest))
