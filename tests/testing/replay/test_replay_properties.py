"""A simulated execution of any machine replays as the same on its own definition."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.simulator import ExecutionOutcome, VirtualClock, simulate
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.state_visits import api_events, read_visits
from sfn_release.testing.replay.replay_execution import replay_execution
from support.changed_definitions import changes
from support.executions import SEED, START
from support.random_machines import RandomAnswers, machines
from support.replay_changes import measure, runs_as_recorded

INPUT = {"n": 2, "items": [1, 2, 3]}


def recorded(definition: dict[str, Any], seed: int) -> tuple[ExecutionOutcome, FinishedExecution]:
    """Run a definition with answers by chance; return its outcome, and its recording."""
    outcome = simulate(
        definition, INPUT, tasks=RandomAnswers(seed), clock=VirtualClock(START), context=SEED
    )
    recording = FinishedExecution(
        # Another name draws other values.
        arn=SEED.execution_arn + "-replayed",
        workflow="orders",
        version=None,
        status=outcome.status,
        input=compact(INPUT),
        output=compact(outcome.output) if outcome.has_output else None,
        error=outcome.error,
        cause=outcome.cause,
        started=START,
        stopped=outcome.stopped_at,
        events=[*api_events(outcome.events)],
    )
    return outcome, recording


@settings(max_examples=100)
@given(machines(), st.integers(0, 10_000))
def test_an_execution_replays_as_the_same(definition: dict[str, Any], seed: int) -> None:
    """With branches, iterations, retries, catches, timeouts and drawn values."""
    _, recording = recorded(definition, seed)
    replayed = replay_execution(recording, definition)
    assert replayed.same, json.dumps(definition)


@settings(max_examples=40)
@given(machines(draws=False), st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_a_change_is_found_where_it_is(
    definition: dict[str, Any], seed: int, random: Random
) -> None:
    """A visible change is found exactly, and a hidden one replays as the same."""
    _, recording = recorded(definition, seed)
    visits = read_visits(recording.events)
    assume(runs_as_recorded(definition, recording, visits))
    made = [*changes(definition, visits, random)]
    for change in random.sample(made, min(3, len(made))):
        found = measure({"definition": definition}, recording, visits, change)
        assert found.right, (change.kind, change.state, found.replayed)
