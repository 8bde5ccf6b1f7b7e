"""Runs an Amazon States Language definition in this process, as AWS Step Functions would.

    definition, input → simulate → ExecutionOutcome (status, output, error, history)

You hand in everything that an execution needs from outside:

- time: a `Clock`. A `VirtualClock` jumps over every wait, a `RealClock` waits;
- the answers of tasks, and the objects that an ItemReader reads: a `Tasks`, usually `Mocks`;
- names, ARNs and the start time: a `ContextSeed`. UUIDs, jitter and task tokens are drawn from a
  generator that the execution's ARN seeds, so the same execution runs the same way again.

You get an `ExecutionOutcome`: how it ended, and its history as AWS writes it. An execution that
fails is an outcome. So is a definition that can't be run. Only a bug raises.

The simulator doesn't read files, the environment or the network, keeps nothing between two
executions (long histories use a temporary file while they run), and knows no deployment, project
or service.

simulation        the entry: one execution, from its input to its outcome
execution         the same execution, for callers that drive it themselves
machine           the walk from state to state; `observer` hears of it
states            the behaviour of each type of state
languages         JSONPath and JSONata, which compute a state's fields
map_runs          the distributed Map and its child executions; `datasets` reads its items
state_tests       one state by itself, as TestState runs it
scheduler         branches and iterations side by side
clock             virtual and real time
task_protocol     the interface to whatever answers tasks; `mocks` implements it
"""

from __future__ import annotations

from sfn_release.simulator.clock import Clock, RealClock, VirtualClock
from sfn_release.simulator.execution import Execution, Redrive
from sfn_release.simulator.execution_outcome import (
    ContextSeed,
    Event,
    ExecutionOutcome,
    ExecutionStatus,
)
from sfn_release.simulator.machine import Stretch
from sfn_release.simulator.map_runs.child_execution import ChildExecution
from sfn_release.simulator.map_runs.map_run_record import MapRun
from sfn_release.simulator.mocks import Mocks, load_mocks
from sfn_release.simulator.observer import Observer, Transition
from sfn_release.simulator.simulation import drive, simulate
from sfn_release.simulator.task_protocol import (
    Later,
    NoAnswer,
    TaskCall,
    TaskFailure,
    TaskResult,
    Tasks,
)

__all__ = [
    "ChildExecution",
    "Clock",
    "ContextSeed",
    "Event",
    "Execution",
    "ExecutionOutcome",
    "ExecutionStatus",
    "Later",
    "MapRun",
    "Mocks",
    "NoAnswer",
    "Observer",
    "RealClock",
    "Redrive",
    "Stretch",
    "TaskCall",
    "TaskFailure",
    "TaskResult",
    "Tasks",
    "Transition",
    "VirtualClock",
    "drive",
    "load_mocks",
    "simulate",
]
