"""Redrives of distributed Maps: the children that run again, and those that don't."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sfn_release.simulator import (
    Execution,
    ExecutionOutcome,
    Observer,
    Redrive,
    TaskCall,
    TaskFailure,
    VirtualClock,
    drive,
)
from support.executions import SEED, START, Answers, detail, machine, types

PICK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:pick"}


def picking(kind: str = "STANDARD", **fields: Any) -> dict[str, Any]:
    """Return a machine with a distributed Map, whose children have a task."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    processor = {"ProcessorConfig": config, **machine(Pick=PICK)}
    return machine(Rows={"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor, **fields})


class Picks:
    """Answers the tasks, and knows which items were picked."""

    def __init__(self, *failing: int) -> None:
        self.items: list[Any] = []
        self._failing = failing

    def run(self, call: TaskCall) -> Any:
        """Return the item. Raises TaskFailure for the failing ones."""
        self.items.append(call.payload)
        if call.payload in self._failing:
            raise TaskFailure("Empty")
        return call.payload


def run(
    definition: dict[str, Any], tasks: Any, before: ExecutionOutcome | None = None, count: int = 1
) -> ExecutionOutcome:
    """Run *definition* on three items, or redrive *before*."""
    redrive = None
    if before is not None and before.checkpoint is not None:
        at = START + timedelta(days=count)
        redrive = Redrive(before.checkpoint, before.events[-1].id, count, at)
    clock = VirtualClock(START + timedelta(days=count if redrive else 0))
    execution = Execution(
        definition, [1, 2, 3], tasks=tasks, clock=clock, context=SEED, redrive=redrive
    )
    return drive(execution, clock)


def histories(outcome: ExecutionOutcome) -> list[list[str]]:
    """Return the types of the children's events, since the redrive."""
    (map_run,) = outcome.map_runs
    return [[event.type for event in child.events] for child in map_run.children]


def test_only_unsuccessful_children_run_again() -> None:
    """They go on in their histories, and the map run keeps its ARN."""
    failed = run(picking(), Picks(2))
    assert failed.error == "States.ExceedToleratedFailureThreshold"
    picks = Picks()
    redriven = run(picking(), picks, failed)
    assert (redriven.output, picks.items) == ([1, 2, 3], [2, 3])
    assert types(redriven)[:2] == ["ExecutionRedriven", "MapRunRedriven"]
    assert detail(redriven.events[1], "redriveCount") == 1
    (before,), (after,) = failed.map_runs, redriven.map_runs
    assert detail(redriven.events[1], "mapRunArn") == after.arn == before.arn
    assert [child.redrive_count for child in after.children] == [0, 1, 0]
    assert after.counts(items=False)["succeeded"] == 3
    goes_on = ["ExecutionRedriven", "LambdaFunctionScheduled"]
    assert [history[:2] for history in histories(redriven)] == [
        [],
        goes_on,
        ["ExecutionStarted", "TaskStateEntered"],
    ]


def test_an_express_child_starts_again() -> None:
    """AWS starts it once more, from its first state."""
    entered = machine(First={"Type": "Pass", "Result": 7, "ResultPath": "$.seven"}, Pick=PICK)
    definition = picking("EXPRESS", ItemSelector={"item.$": "$$.Map.Item.Value"})
    rows = definition["States"]["Rows"]
    rows["ItemProcessor"] = {**rows["ItemProcessor"], **entered}

    def fail(call: TaskCall) -> Any:
        raise TaskFailure("Empty", str(call.payload))

    failed = run(definition, Answers(fail))
    (child, *_) = failed.map_runs[0].children
    assert (child.status, child.last_event) == ("FAILED", 8)
    redriven = run(definition, Answers(lambda call: call.payload), failed)
    assert redriven.output == [{"item": item, "seven": 7} for item in (1, 2, 3)]
    (child, *_) = redriven.map_runs[0].children
    assert (child.redrive_count, child.last_event) == (1, 9)


def test_a_map_run_can_be_redriven_more_than_once() -> None:
    """Its count and its children's counts grow."""
    outcome = run(picking(), Picks(1))
    for count in (1, 2):
        outcome = run(picking(), Picks(2), outcome, count)
    (map_run,) = outcome.map_runs
    assert (outcome.status, map_run.redrive_count) == ("FAILED", 2)
    assert [child.redrive_count for child in map_run.children] == [1, 1, 0]


def test_children_that_a_redrive_has_not_reached_are_pending() -> None:
    """Their counts stay as they were, also when the redriven run fails before it reaches them."""
    definition = picking(ToleratedFailureCount=1)
    failed = run(definition, Picks(1, 2))
    pending: list[int] = []
    clock = VirtualClock(START + timedelta(days=1))
    assert failed.checkpoint is not None
    redriven = Execution(
        definition,
        [1, 2, 3],
        tasks=Picks(1, 2),
        clock=clock,
        context=SEED,
        redrive=Redrive(failed.checkpoint, failed.events[-1].id, 1, clock.now()),
        observer=Observer(
            child=lambda run, _child: pending.append(run.counts(items=False)["pendingRedrive"])
        ),
    )
    drive(redriven, clock)
    assert pending == [1, 1, 0, 0]
    first = run(picking(), Picks(1))
    second = run(picking(), Picks(1), first)
    again = run(picking(ToleratedFailureCount=1), Picks(1, 2), run(definition, Picks(1, 2)))
    assert [child.redrive_count for child in second.map_runs[0].children] == [1, 0, 0]
    assert [child.redrive_count for child in again.map_runs[0].children] == [1, 1, 0]
    assert again.map_runs[0].counts(items=False)["pendingRedrive"] == 0


def test_a_child_with_a_full_history_is_not_redriven() -> None:
    """It stays a failure, which the redriven Map may tolerate or not."""
    loop = machine(Loop={"Type": "Pass", "Next": "Loop"})
    definition = picking()
    rows = definition["States"]["Rows"]
    rows["ItemProcessor"] = {**rows["ItemProcessor"], **loop}
    failed = run(definition, Picks())
    assert failed.map_runs[0].counts(items=True)["failuresNotRedrivable"] == 1
    again = run(definition, Picks(), failed)
    assert again.error == "States.ExceedToleratedFailureThreshold"
    rows["ItemProcessor"] = {**rows["ItemProcessor"], **machine(Pick=PICK)}
    rows["ToleratedFailureCount"] = 1
    redriven = run(definition, Picks(), failed)
    (child, *others) = redriven.map_runs[0].children
    assert (child.status, child.redrive_count, child.last_event) == ("FAILED", 0, 25_000)
    assert [other.status for other in others] == ["SUCCEEDED", "SUCCEEDED"]
    assert redriven.output[1:] == [2, 3]


def test_a_map_whose_results_were_too_large_runs_all_children_again() -> None:
    """Without that, a redrive could never succeed. Its failed children are tolerated."""
    definition = picking(ToleratedFailureCount=1)

    def large(call: TaskCall) -> Any:
        if call.payload == 2:
            raise TaskFailure("Empty")
        return "x" * 200_000

    failed = run(definition, Answers(large))
    assert failed.error == "States.DataLimitExceeded"
    picks = Picks()
    redriven = run(definition, picks, failed)
    assert (redriven.output, picks.items) == ([1, 2, 3], [1, 2, 3])
    assert types(redriven)[:3] == ["ExecutionRedriven", "MapStateStarted", "MapRunStarted"]


def test_a_child_s_context_has_its_own_redrive() -> None:
    """A child that starts for the first time, in its parent's redrive, has none."""
    definition = picking()
    processor = definition["States"]["Rows"]["ItemProcessor"]
    processor["States"]["Pick"]["Parameters"] = {"execution.$": "$$.Execution"}
    contexts: list[Any] = []

    def fail_first(call: TaskCall) -> Any:
        contexts.append(call.payload["execution"])
        if len(contexts) == 1:
            raise TaskFailure("Empty")
        return 1

    failed = run(definition, Answers(fail_first))
    redriven = run(definition, Answers(fail_first), failed)
    assert redriven.status == "SUCCEEDED"
    assert [
        (context["Name"] == child.name, context["RedriveCount"], context.get("RedriveTime"))
        for context, child in zip(contexts[1:], redriven.map_runs[0].children, strict=True)
    ] == [(True, 1, "2026-01-02T00:00:00.000Z"), (True, 0, None), (True, 0, None)]
