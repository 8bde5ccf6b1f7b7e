"""Runs an Amazon States Language definition in this process, as AWS Step Functions would.

    definition, input → simulate → ExecutionOutcome (status, output, error, history)

Time comes from a `Clock` (a `VirtualClock` never waits), tasks are answered by a `Tasks` (usually
`Mocks`), and nothing else reaches outside.
"""

from __future__ import annotations

from sfn_release.simulator.clock import Clock, RealClock, Stopped, VirtualClock
from sfn_release.simulator.execution_outcome import (
    ContextSeed,
    Event,
    ExecutionOutcome,
    ExecutionStatus,
)
from sfn_release.simulator.mocks import Mocks, load_mocks
from sfn_release.simulator.simulation import simulate
from sfn_release.simulator.task_protocol import NoAnswer, TaskCall, TaskFailure, TaskResult, Tasks

__all__ = [
    "Clock",
    "ContextSeed",
    "Event",
    "ExecutionOutcome",
    "ExecutionStatus",
    "Mocks",
    "NoAnswer",
    "RealClock",
    "Stopped",
    "TaskCall",
    "TaskFailure",
    "TaskResult",
    "Tasks",
    "VirtualClock",
    "load_mocks",
    "simulate",
]
