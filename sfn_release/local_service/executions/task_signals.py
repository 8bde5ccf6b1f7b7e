"""Signals to an execution that waits: answers, heartbeats, workers, stops."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, assert_never

from sfn_release.simulator import Execution, TaskFailure, TaskResult

Kind = Literal["success", "failure", "heartbeat", "started", "stop", "stop_child", "map_run"]


@dataclass(frozen=True)
class TaskSignal:
    """One signal. *output* is JSON text, *worker* the name of an activity's worker.

    To stop a child execution, *token* is its ARN. To change a map run, *token* is its ARN and
    *output* has the members of UpdateMapRun.

    *done* is set when the execution has taken the signal and runs no further for now.
    """

    kind: Kind
    token: str = ""
    output: str = "null"
    error: str | None = None
    cause: str | None = None
    worker: str = ""
    done: threading.Event = field(default_factory=threading.Event, compare=False)

    @property
    def answers(self) -> bool:
        """Whether the signal answers a task."""
        return self.kind in ("success", "failure")

    def form(self) -> dict[str, Any]:
        """Return the signal as JSON, for another process."""
        return {
            "kind": self.kind,
            "token": self.token,
            "output": self.output,
            "error": self.error,
            "cause": self.cause,
            "worker": self.worker,
        }


def from_form(form: Mapping[str, Any]) -> TaskSignal:
    """Return the signal that another process sent."""
    return TaskSignal(**form)


def deliver(signal: TaskSignal, execution: Execution) -> None:
    """Give *signal* to the execution. A task that has ended meanwhile ignores it."""
    match signal.kind:
        case "success":
            execution.answer(signal.token, TaskResult(json.loads(signal.output)))
        case "failure":
            execution.answer(signal.token, TaskFailure(signal.error, signal.cause))
        case "heartbeat":
            execution.heartbeat(signal.token)
        case "started":
            execution.started(signal.token, signal.worker)
        case "stop":
            execution.stop(signal.error, signal.cause)
        case "stop_child":
            execution.stop_child(signal.token, signal.error, signal.cause)
        case "map_run":
            _update_map_run(execution, signal.token, json.loads(signal.output))
        case unknown:
            assert_never(unknown)


def _update_map_run(execution: Execution, arn: str, settings: Mapping[str, Any]) -> None:
    """Change a map run. One that has ended meanwhile stays as it is."""
    for run in execution.map_runs:
        if run.arn == arn and run.status == "RUNNING":
            run.max_concurrency = settings.get("maxConcurrency", run.max_concurrency)
            run.tolerated_failure_count = settings.get(
                "toleratedFailureCount", run.tolerated_failure_count
            )
            run.tolerated_failure_percentage = settings.get(
                "toleratedFailurePercentage", run.tolerated_failure_percentage
            )
            execution.refill()
