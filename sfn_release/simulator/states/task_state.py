"""Task states: Lambda functions, activities and service integrations, answered by `Tasks`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sfn_release.asl.integrations import CALLBACK, is_activity, is_function, service_call
from sfn_release.asl.intrinsic_functions import compact
from sfn_release.simulator.event_recorder import with_error, with_input, with_output
from sfn_release.simulator.failure import ExecutionFailure, StateFailure, exceeds_quota, too_large
from sfn_release.simulator.machine import ExecutionRun, Frame
from sfn_release.simulator.scheduler import SleepUntil, Strand, TimeIsUp, WaitForMessage
from sfn_release.simulator.states.retries import with_retries
from sfn_release.simulator.states.state_visit import StateVisit
from sfn_release.simulator.states.task_parameters import require_parameters
from sfn_release.simulator.task_protocol import (
    Later,
    NoAnswer,
    TaskCall,
    TaskFailure,
    TaskHeartbeat,
    TaskResult,
    TaskStarted,
)
from sfn_release.simulator.timestamps import later

_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_TIMEOUTS = ("States.Timeout", "States.HeartbeatTimeout")


@dataclass(frozen=True)
class _ResourceKind:
    """A kind of task: the prefix of its event names, and the members that name its resource."""

    prefix: str
    name: str  # in messages
    resource: Mapping[str, str]
    submits: bool = False

    @classmethod
    @lru_cache(maxsize=1024)
    def of(cls, resource: str) -> _ResourceKind:
        """Return the kind of a task's Resource."""
        if is_function(resource):
            return cls("LambdaFunction", resource, {})
        if is_activity(resource):
            return cls("Activity", resource, {})
        call = service_call(resource)
        if call is None:  # no check has seen this definition
            return cls("Task", resource, {"resource": resource, "resourceType": ""})
        service = f"{call.service}:{call.sdk}" if call.sdk else call.service
        parts = {"resource": f"{call.action}{call.wait}", "resourceType": service}
        return cls("Task", service, parts, bool(call.wait))


def task_state(run: ExecutionRun, frame: Frame, visit: StateVisit) -> Strand:
    """Call the resource, with Retry and Catch."""
    language = run.language(frame, visit.definition)
    language.enter(visit)

    def attempt(count: int) -> Strand:
        result = yield from _attempt(run, frame, visit, count)
        return language.finish(visit, result)

    return (yield from with_retries(run, frame, visit, attempt, lambda _failure: None))


def _attempt(run: ExecutionRun, frame: Frame, visit: StateVisit, count: int) -> Strand:
    """Schedule the task once and return its result."""
    language = run.language(frame, visit.definition)
    resource = visit.field("Resource", str)
    kind = _ResourceKind.of(resource)
    token = run.new_token()
    if kind.submits:  # AWS gives .sync tasks a token too
        visit.give_token(token)
    call = TaskCall(
        visit.name,
        resource,
        language.arguments(visit),
        count,
        language.seconds(visit, "TimeoutSeconds"),
        language.seconds(visit, "HeartbeatSeconds"),
        frame.iteration,
        language.credentials(visit),
        token,
        execution_arn=run.seed.execution_arn,
        state_machine_arn=run.seed.state_machine_arn,
    )
    require_parameters(visit, call)
    _schedule(run, frame, kind, call)
    if kind.prefix != "Activity":
        _start(run, frame, kind)
    scheduled = run.clock.now()
    yield SleepUntil(scheduled)  # other branches start their tasks at the same instant
    answer = ask(run, call)
    if kind.prefix == "Activity" and not isinstance(answer, Later):
        _start(run, frame, kind)  # otherwise a worker takes it later
    refused = isinstance(answer, TaskFailure) and answer.at_submission
    if kind.submits and not refused:
        text = compact({} if answer.submitted is None else answer.submitted)
        details = with_output(text, **kind.resource)
        frame.last = run.history.record("TaskSubmitted", frame.last, details)
    if isinstance(answer, Later):
        beats = None if answer.timeout == "task" else call.heartbeat_seconds
        answer = yield from _message(
            run, frame, kind, replace(call, heartbeat_seconds=beats), scheduled
        )
    yield from _spend(run, frame, kind, call, answer.seconds)
    if isinstance(answer, TaskFailure):
        raise _record_failure(run, frame, kind, StateFailure(answer.error, answer.cause))
    text = _checked(visit, answer.result) if answer.text is None else answer.text
    if exceeds_quota(text):
        raise _record_failure(run, frame, kind, too_large(kind.name))
    details = with_output(text, **kind.resource)
    frame.last = run.history.record(f"{kind.prefix}Succeeded", frame.last, details)
    return json.loads(text) if answer.text is None else answer.result


def _schedule(run: ExecutionRun, frame: Frame, kind: _ResourceKind, call: TaskCall) -> None:
    """Record that the task is scheduled."""
    payload = run.texts.of(call.payload, call.state)
    limits: dict[str, Any] = {}
    if call.timeout_seconds is not None:
        limits["timeoutInSeconds"] = call.timeout_seconds
    if call.heartbeat_seconds is not None and kind.prefix != "LambdaFunction":
        limits["heartbeatInSeconds"] = call.heartbeat_seconds
    if call.role_arn is not None:
        limits["taskCredentials"] = {"roleArn": call.role_arn}
    if kind.prefix == "Task":
        region = run.seed.state_machine_arn.split(":")[3:4]
        scheduled = {**kind.resource, "region": "".join(region), "parameters": payload, **limits}
    else:
        scheduled = with_input(payload, resource=call.resource, **limits)
    frame.last = run.history.record(f"{kind.prefix}Scheduled", frame.last, scheduled)


def _start(run: ExecutionRun, frame: Frame, kind: _ResourceKind, worker: str = "local") -> None:
    """Record that the task has started; *worker* is the activity worker that took it."""
    started = {"Activity": {"workerName": worker}, "LambdaFunction": None}
    details = started.get(kind.prefix, dict(kind.resource))
    frame.last = run.history.record(f"{kind.prefix}Started", frame.last, details)


def ask(run: ExecutionRun, call: TaskCall) -> TaskResult | TaskFailure | Later:
    """Ask `Tasks` for the answer to *call*. Raises ExecutionFailure if nothing answers it."""
    try:
        answer = run.tasks.run(call)
    except TaskFailure as failure:
        return failure
    except NoAnswer as missing:
        raise ExecutionFailure(missing.error, missing.cause) from missing
    if isinstance(answer, Later) and answer.work is not None:
        run.work[call.token] = answer.work
    return answer if isinstance(answer, TaskResult | Later) else TaskResult(answer)


def _message(
    run: ExecutionRun, frame: Frame, kind: _ResourceKind, call: TaskCall, scheduled: datetime
) -> Strand:
    """Wait for the answer to *call* from outside. Raises the failure of a task that is late."""
    timeout = _after(scheduled, call.timeout_seconds)
    beats = call.heartbeat_seconds if _takes_heartbeats(kind, call) else None
    # A worker's first heartbeat is due after it has taken the activity.
    heartbeat = None if kind.prefix == "Activity" else _after(run.clock.now(), beats)
    while True:
        until = min((instant for instant in (timeout, heartbeat) if instant), default=None)
        match (yield WaitForMessage(call.token, until)):
            case TaskStarted(worker):
                _start(run, frame, kind, worker)
                heartbeat = _after(run.clock.now(), beats)
            case TaskHeartbeat():
                heartbeat = _after(run.clock.now(), beats)
            case TimeIsUp():
                also = "States.Timeout" if until == timeout else "States.HeartbeatTimeout"
                run.work.pop(call.token, None)
                raise _record_failure(
                    run, frame, kind, StateFailure("States.Timeout", also=(also,))
                )
            case ExecutionFailure() as failure:
                raise failure
            case answer:
                return answer


def _after(instant: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else later(instant, seconds)


def _takes_heartbeats(kind: _ResourceKind, call: TaskCall) -> bool:
    return call.resource.endswith(CALLBACK) or kind.prefix == "Activity"


def _spend(
    run: ExecutionRun, frame: Frame, kind: _ResourceKind, call: TaskCall, seconds: float
) -> Strand:
    """Wait as long as the task takes. Raises the failure of a task that exceeds a timeout."""
    if not seconds:
        return
    limits = {"States.Timeout": call.timeout_seconds}
    if _takes_heartbeats(kind, call):
        limits["States.HeartbeatTimeout"] = call.heartbeat_seconds
    also, limit = min(
        ((name, limit) for name, limit in limits.items() if limit is not None),
        key=lambda pair: pair[1],
        default=("", None),
    )
    late = limit is not None and seconds > limit
    yield SleepUntil(later(run.clock.now(), min(seconds, limit or seconds)))
    if late:
        raise _record_failure(run, frame, kind, StateFailure("States.Timeout", also=(also,)))


def _record_failure(
    run: ExecutionRun, frame: Frame, kind: _ResourceKind, failure: StateFailure
) -> StateFailure:
    """Record a task's failure and return it."""
    if failure.error in _TIMEOUTS:
        failure = StateFailure("States.Timeout", failure.cause, also=failure.names)
    end = "TimedOut" if failure.error in _TIMEOUTS else "Failed"
    details = with_error(failure.error, failure.cause, **kind.resource)
    frame.last = run.history.record(f"{kind.prefix}{end}", frame.last, details)
    return failure


def _checked(visit: StateVisit, result: Any) -> str:
    try:
        return _JSON.encode(result)
    except (TypeError, ValueError, RecursionError) as error:
        raise ExecutionFailure(
            "SfnRelease.BadMock",
            f"The answer of the task {visit.name!r} is not JSON: {error}",
        ) from error
