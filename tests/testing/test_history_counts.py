"""Counting histories gives what the simulator's own transitions give."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.simulator import (
    ExecutionOutcome,
    Observer,
    TaskCall,
    TaskFailure,
    Transition,
    VirtualClock,
    simulate,
)
from sfn_release.testing.coverage.history_counts import HandledError, HistoryCounter
from sfn_release.testing.coverage.points import Step, points_of, step_of
from sfn_release.testing.histories.state_visits import api_events
from support.executions import SEED, START, Answers, machine
from support.oracle import CATEGORIES, Case, Recorded, cases
from support.random_machines import RandomAnswers, machines


def executed(
    definition: dict[str, Any], input: Any, tasks: Any
) -> tuple[ExecutionOutcome, Counter[Step]]:
    """Run a definition, and return its end and its steps."""
    seen: list[Transition] = []
    outcome = simulate(
        definition,
        input,
        tasks=tasks,
        clock=VirtualClock(START),
        context=SEED,
        observer=Observer(transition=seen.append),
    )
    return outcome, Counter(step_of(transition) for transition in seen)


Pairs = dict[tuple[str, str | None, str], int]


def pairs(steps: Mapping[Step, int], together: Callable[[list[int]], int]) -> Pairs:
    """Return the counts by states and reason; *together* joins the rules of a Choice to a state."""
    found: dict[tuple[str, str | None, str], list[int]] = {}
    for step, count in steps.items():
        chosen = step.kind in {"choice", "default"}
        reason = "choice" if chosen else f"{step.kind} {step.rule}"
        found.setdefault((step.state, step.next, reason), []).append(count)
    return {key: together(counts) for key, counts in found.items()}


def test_the_first_rule_that_covers_an_error_handled_it() -> None:
    """Others that cover it too don't count, and errors are counted by state and name."""
    rules = [{"ErrorEquals": ["Busy"], "MaxAttempts": 2}, {"ErrorEquals": ["States.ALL"]}]
    catches = [{"ErrorEquals": names, "Next": "End"} for names in (["Busy"], ["States.ALL"])]
    definition = machine(
        Work={"Type": "Task", "Resource": "work", "Retry": rules, "Catch": catches},
        End={"Type": "Pass"},
    )

    def busy(_call: TaskCall) -> Any:
        raise TaskFailure("Busy", None)

    counter = HistoryCounter(definition)
    for _ in range(2):
        counter.add(api_events(executed(definition, {}, Answers(busy))[0].events))
    assert counter.counts().runs == 2
    assert counter.counts().steps == {
        Step("start", "", "Work"): 2,
        Step("retry", "Work", "Work", 0): 4,
        Step("catch", "Work", "End", 0): 2,
        Step("next", "End", None): 2,
    }
    assert counter.handled == {
        HandledError("retried", "Work", "Busy"): 4,
        HandledError("caught", "Work", "Busy"): 2,
    }


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_history_has_the_steps_of_its_execution(category: str) -> None:
    """Over the recordings of real executions, simulated: each step is a known point."""
    for case in cases(category):
        definition = definition_of(case)
        outcome, steps = executed(definition, case.get("input"), Recorded(case))
        points = points_of(definition)
        assert {*steps} <= {*points.steps}, case["id"]
        if not outcome.map_runs:  # child executions have histories of their own
            counter = HistoryCounter(definition)
            counter.add(api_events(outcome.events))
            assert pairs(steps, sum) == pairs(counter.counts().steps, max), case["id"]


def definition_of(case: Case) -> dict[str, Any]:
    """Return the definition of a recording."""
    found = case["definition"]
    definition: dict[str, Any] = json.loads(found) if isinstance(found, str) else found
    return definition


@given(machines(), st.integers(0, 1000))
def test_a_random_execution_takes_known_steps(definition: dict[str, Any], seed: int) -> None:
    """And its history has the same steps, with the same retriers and catchers."""
    input = {"n": seed % 3, "items": [0, 1]}
    outcome, steps = executed(definition, input, RandomAnswers(seed))
    assert {*steps} <= {*points_of(definition).steps}
    counter = HistoryCounter(definition)
    counter.add(api_events(outcome.events))
    assert pairs(steps, sum) == pairs(counter.counts().steps, max)
