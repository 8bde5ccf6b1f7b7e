"""The transitions that an observer receives: each step, and the reason for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sfn_release.simulator import (
    Observer,
    TaskCall,
    TaskFailure,
    Transition,
    VirtualClock,
    simulate,
)
from support.executions import SEED, START, Answers, machine

LAMBDA = "arn:aws:states:::lambda:invoke"


def transitions(
    definition: dict[str, Any], input: Any = None, answer: Callable[[TaskCall], Any] = lambda _: {}
) -> list[Transition]:
    """Run *definition* and return its transitions."""
    seen: list[Transition] = []
    simulate(
        definition,
        input or {},
        tasks=Answers(answer),
        clock=VirtualClock(START),
        context=SEED,
        observer=Observer(transition=seen.append),
    )
    return seen


def answers(*given: object) -> Callable[[TaskCall], Any]:
    """Answer the calls in order; an error name fails the task."""
    left: Iterator[object] = iter(given)

    def answer(_call: TaskCall) -> Any:
        result = next(left)
        if isinstance(result, str):
            raise TaskFailure(result)
        return result

    return answer


def test_a_chain_starts_goes_on_and_ends() -> None:
    """The last transition has no next state."""
    assert transitions(machine(A={"Type": "Pass"}, B={"Type": "Succeed"})) == [
        Transition("start", "", "A"),
        Transition("next", "A", "B"),
        Transition("next", "B", None),
    ]


CHOICE = {
    "JSONPath": machine(
        Which={
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.n", "NumericEquals": 1, "Next": "One"},
                {"Variable": "$.n", "NumericEquals": 2, "Next": "One"},
            ],
            "Default": "Other",
        },
        One={"Type": "Succeed"},
        Other={"Type": "Succeed"},
    ),
    "JSONata": {
        "QueryLanguage": "JSONata",
        **machine(
            Which={
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $states.input.n = 1 %}", "Next": "One"},
                    {"Condition": "{% $states.input.n = 2 %}", "Next": "One"},
                ],
                "Default": "Other",
            },
            One={"Type": "Succeed"},
            Other={"Type": "Succeed"},
        ),
    },
}


@pytest.mark.parametrize("language", CHOICE)
@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (1, Transition("choice", "Which", "One", 0)),
        (2, Transition("choice", "Which", "One", 1)),
        (3, Transition("default", "Which", "Other")),
    ],
)
def test_a_choice_names_its_rule(language: str, n: int, expected: Transition) -> None:
    """Two rules that lead to one state are two transitions."""
    assert transitions(CHOICE[language], {"n": n})[1] == expected


def test_retries_and_the_catcher_name_themselves_and_the_error() -> None:
    """Each retrier counts its own attempts, so the second error is retried by the second one."""
    definition = machine(
        Charge={
            "Type": "Task",
            "Resource": LAMBDA,
            "Retry": [
                {"ErrorEquals": ["Busy"], "MaxAttempts": 1},
                {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1},
            ],
            "Catch": [
                {"ErrorEquals": ["Busy"], "Next": "Tell"},
                {"ErrorEquals": ["States.ALL"], "Next": "Tell"},
            ],
        },
        Tell={"Type": "Succeed"},
    )
    assert transitions(definition, answer=answers("Busy", "Broke", "Broke"))[1:3] == [
        Transition("retry", "Charge", "Charge", 0, "Busy"),
        Transition("retry", "Charge", "Charge", 1, "Broke"),
    ]
    assert transitions(definition, answer=answers("Busy", "Broke", "Broke"))[3] == Transition(
        "catch", "Charge", "Tell", 1, "Broke"
    )


def test_a_state_that_fails_has_no_transition() -> None:
    """Neither an error that nothing catches nor a Fail leads anywhere."""
    definition = machine(A={"Type": "Task", "Resource": LAMBDA}, B={"Type": "Fail"})
    assert transitions(definition, answer=answers("Broke")) == [Transition("start", "", "A")]
    assert transitions(definition, answer=answers({}))[-1] == Transition("next", "A", "B")


def test_branches_iterations_and_child_executions_start_and_end() -> None:
    """Each of them begins with the start of its own machine, before its container goes on."""
    inner = {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": True}}}
    distributed = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **inner}
    for state in (
        {"Type": "Parallel", "Branches": [inner, inner]},
        {"Type": "Map", "ItemProcessor": inner},
        {"Type": "Map", "ItemProcessor": distributed},
    ):
        seen = transitions(machine(Outer=state), [1, 2])
        assert seen[0] == Transition("start", "", "Outer")
        assert sorted(map(str, seen[1:-1])) == sorted(
            map(str, 2 * [Transition("start", "", "In"), Transition("next", "In", None)])
        )
        assert seen[-1] == Transition("next", "Outer", None)


def test_a_retry_that_is_cut_off_while_it_waits_is_no_transition() -> None:
    """Another branch ends the execution before the retry's time has come."""
    retried = {
        "Type": "Task",
        "Resource": LAMBDA,
        "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 5}],
        "End": True,
    }
    failing = machine(Fails={"Type": "Wait", "Seconds": 1, "Next": "No"}, No={"Type": "Fail"})
    branches = [{"StartAt": "Busy", "States": {"Busy": retried}}, failing]
    seen = transitions(
        machine(Both={"Type": "Parallel", "Branches": branches}), {}, answers("Busy")
    )
    assert [step.kind for step in seen] == ["start", "start", "start", "next"]
