"""Runs an Amazon States Language definition in this process, as AWS Step Functions would.

    definition, input → simulate → Outcome (status, output, error, history)

Time comes from a `Clock` (a `VirtualClock` never waits), tasks are answered by a `Tasks` (usually
`Mocks`), and nothing else reaches outside.
"""

from __future__ import annotations

from sfn_release.simulator.clock import Clock, RealClock, Stopped, VirtualClock
from sfn_release.simulator.execution import simulate
from sfn_release.simulator.mocks import Mocks, load_mocks
from sfn_release.simulator.outcome import ContextSeed, Event, Outcome, Status
from sfn_release.simulator.tasks import NoAnswer, TaskCall, TaskFailure, Tasks, Took

__all__ = [
    "Clock",
    "ContextSeed",
    "Event",
    "Mocks",
    "NoAnswer",
    "Outcome",
    "RealClock",
    "Status",
    "Stopped",
    "TaskCall",
    "TaskFailure",
    "Tasks",
    "Took",
    "VirtualClock",
    "load_mocks",
    "simulate",
]
