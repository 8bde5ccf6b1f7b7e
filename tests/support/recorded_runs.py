"""Simulated executions as recordings, for tests of replay."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sfn_release.simulator import ContextSeed, TaskCall, VirtualClock, simulate
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.history_files import execution_of
from sfn_release.testing.histories.state_visits import api_events
from sfn_release.testing.replay.replayed import Replayed
from support.executions import SEED, START, Answers

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:work"
INPUT = {"id": "7"}


def record(
    definition: Mapping[str, Any],
    answer: Callable[[TaskCall], Any],
    input: Any = INPUT,
    seed: ContextSeed = SEED,
) -> FinishedExecution:
    """Run a definition, and return the execution as a file has it."""
    outcome = simulate(
        definition, input, tasks=Answers(answer), clock=VirtualClock(START), context=seed
    )
    described = {"executionArn": seed.execution_arn.replace("run-1", "run-2")}
    return execution_of([*api_events(outcome.events)], described, name="run")


def changed(definition: Mapping[str, Any], **states: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a definition with members of states replaced; None removes a member."""
    copy: dict[str, Any] = json.loads(json.dumps(definition))
    for name, members in states.items():
        for key, value in (members or {}).items():
            copy["States"][name][key] = value
            if value is None:
                del copy["States"][name][key]
    return copy


def parts(replayed: Replayed) -> list[tuple[str, str, Any, Any]]:
    """Return what, state and both sides of each difference."""
    return [
        (found.what, found.state, found.recorded, found.candidate) for found in replayed.differences
    ]
