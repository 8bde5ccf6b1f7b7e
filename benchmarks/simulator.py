"""The simulator in this process, on one core, in virtual time.

You see the states that it runs in a second, JSONata against JSONPath for the same work, and the
time that a state takes early and late in a long execution, and in small and in large Maps.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from measuring import compare, seconds

from sfn_release.simulator import ContextSeed, Event, Mocks, Observer, VirtualClock, simulate

RATE = 20_000  # states a second
JSONATA = 3  # times a JSONPath state
GROWTH = 1.2  # times the early states, or the items of a small Map; 1 but for noise
EVENTS = 20_000
ROUNDS = 9
START = datetime(2026, 1, 31, 12, tzinfo=UTC)
ARN = "arn:aws:states:us-east-1:000000000000"
SEED = ContextSeed(
    f"{ARN}:execution:benchmark:first",
    "first",
    "arn:aws:iam::000000000000:role/benchmark",
    f"{ARN}:stateMachine:benchmark",
    "benchmark",
    START,
)
ORDER = {"order": {"id": 17, "total": 120.5, "lines": [1, 2, 3]}, "customer": "Ada"}
LAMBDA = f"{ARN.replace('states', 'lambda')}:function:Price"

PASS = {"Type": "Pass"}
SELECT = {"Type": "Pass", "Parameters": {"order.$": "$.order", "customer.$": "$.customer"}}
TASK = {"Type": "Task", "Resource": LAMBDA, "ResultPath": "$.price"}
CHOICE = {
    "Type": "Choice",
    "Choices": [
        {
            "And": [
                {"Variable": "$.order.total", "NumericGreaterThan": 100},
                {"Variable": "$.customer", "StringEquals": "Ada"},
            ],
        }
    ],
}
LOOP = {
    "StartAt": "Count",
    "States": {
        "Count": {
            "Type": "Pass",
            "Parameters": {"n.$": "States.MathAdd($.n, 1)", "last.$": "$.last"},
            "Next": "Again",
        },
        "Again": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericLessThanPath": "$.last", "Next": "Count"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}

JSONATA_SELECT = {
    "Type": "Pass",
    "Output": {
        "order": "{% $states.input.order %}",
        "customer": "{% $states.input.customer %}",
    },
}
JSONATA_TASK = {
    "Type": "Task",
    "Resource": LAMBDA,
    "Output": "{% $merge([$states.input, {'price': $states.result}]) %}",
}
JSONATA_CHOICE = {
    "Type": "Choice",
    "Choices": [
        {
            "Condition": (
                "{% $states.input.order.total > 100 and $states.input.customer = 'Ada' %}"
            ),
        }
    ],
}
JSONATA_LOOP = {
    "QueryLanguage": "JSONata",
    "StartAt": "Count",
    "States": {
        "Count": {
            "Type": "Pass",
            "Output": {"n": "{% $states.input.n + 1 %}", "last": "{% $states.input.last %}"},
            "Next": "Again",
        },
        "Again": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $states.input.n < $states.input.last %}", "Next": "Count"}
            ],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}


def main() -> int:
    """Measure, print, and return 1 when a goal is missed."""
    met = [
        _rate("a chain of Pass states", chain(PASS, 2000), ORDER, 2000),
        _rate("... with two paths in Parameters", chain(SELECT, 2000), ORDER, 2000),
        _rate("a chain of Choice states", chain(CHOICE, 2000), ORDER, 2000),
        _rate("a loop of Pass and Choice", LOOP, {"n": 0, "last": 2000}, 4001),
        _rate("a chain of Task states", chain(TASK, 2000), ORDER, 2000, goal=RATE / 2),
        *_jsonata(),
        _late_states(),
        _many_items("INLINE", 100, 1000),
        _many_items("DISTRIBUTED", 100, 10_000),
    ]
    return 0 if all(met) else 1


def chain(state: Mapping[str, Any], length: int, language: str = "JSONPath") -> dict[str, Any]:
    """Return a machine of *length* such states, one after the other."""

    def linked(number: int) -> dict[str, Any]:
        following = f"S{number + 1}"
        if "Choices" in state:
            rules = [{**rule, "Next": following} for rule in state["Choices"]]
            return {**state, "Choices": rules}
        return {**state, "Next": following}

    states = {f"S{number}": linked(number) for number in range(length)}
    end = {f"S{length}": {"Type": "Succeed"}}
    return {"QueryLanguage": language, "StartAt": "S0", "States": {**states, **end}}


def run(
    definition: Mapping[str, Any],
    input: Any,
    observe: Callable[[Event], None] | None = None,
) -> Any:
    """Run an execution that must succeed, and return its output."""
    tasks = Mocks({LAMBDA: {"payload": {"amount": 1}}})
    outcome = simulate(
        definition,
        input,
        tasks=tasks,
        clock=VirtualClock(START),
        context=SEED,
        observer=Observer(observe),
    )
    if outcome.status != "SUCCEEDED":
        raise SystemExit(f"The execution {outcome.status}: {outcome.error}: {outcome.cause}")
    return outcome.output


def _rate(
    what: str, definition: Mapping[str, Any], input: Any, states: int, goal: float = RATE
) -> bool:
    run(definition, input)
    spent = [seconds(lambda: run(definition, input), time.process_time) for _ in range(ROUNDS)]
    best, middle = states / min(spent), states / statistics.median(spent)
    met = best >= goal
    print(
        f"{what:<44} {best:7,.0f} states a second (goal {goal:,.0f}:"
        f" {'met' if met else 'MISSED'}; median {middle:,.0f} of {ROUNDS} rounds)"
    )
    return met


def _jsonata() -> list[bool]:
    """Compare each kind of state with itself in the other language."""
    pairs = [
        ("Pass", chain(JSONATA_SELECT, 1000, "JSONata"), chain(SELECT, 1000), ORDER),
        ("Choice", chain(JSONATA_CHOICE, 1000, "JSONata"), chain(CHOICE, 1000), ORDER),
        ("Task", chain(JSONATA_TASK, 1000, "JSONata"), chain(TASK, 1000), ORDER),
        ("a loop of Pass and Choice", JSONATA_LOOP, LOOP, {"n": 0, "last": 500}),
    ]
    met = []
    for what, ours, base, input in pairs:
        assert run(ours, input) == run(base, input), what
        met.append(
            compare(
                f"JSONata against JSONPath: {what}",
                partial(run, ours, input),
                partial(run, base, input),
                goal=JSONATA,
                clock=time.process_time,
            )
        )
    return met


def _late_states() -> bool:
    """Compare the last thousand states of a long execution with the first."""
    ratios, early, late = [], 0.0, 0.0
    stamps: list[float] = []

    def stamp(_event: Event) -> None:
        stamps.append(time.process_time())

    for _ in range(ROUNDS):
        stamps.clear()
        run(LOOP, {"n": 0, "last": EVENTS // 4}, stamp)
        early = (stamps[2000] - stamps[0]) / 1000
        late = (stamps[-1] - stamps[-2001]) / 1000
        ratios.append(late / early)
    ratio = statistics.median(ratios)
    met = ratio <= GROWTH
    print(
        f"{f'the last 1,000 states of {EVENTS:,} events':<44} {ratio:6.2f}  (goal {GROWTH:g}:"
        f" {'met' if met else 'MISSED'}; {late * 1e6:.0f} µs a state against {early * 1e6:.0f} µs"
        f" of the first 1,000, {ROUNDS} rounds)"
    )
    return met


def _many_items(mode: str, few: int, many: int) -> bool:
    """Compare an item of a large Map with an item of a small one."""
    processor = {
        "ProcessorConfig": {"Mode": mode, "ExecutionType": "STANDARD"},
        "StartAt": "Keep",
        "States": {"Keep": {"Type": "Pass", "End": True}},
    }
    if mode == "INLINE":
        del processor["ProcessorConfig"]
    state = {"Type": "Map", "ItemProcessor": processor, "ResultPath": "$.done", "End": True}
    definition = {"StartAt": "Each", "States": {"Each": {**state, "ItemsPath": "$.items"}}}

    def map_of(count: int) -> Callable[[], None]:
        input = {"items": list(range(count))}
        assert run(definition, input)["done"] == input["items"]

        def repeat() -> None:
            for _ in range(many // count):
                run(definition, input)

        return repeat

    return compare(
        f"{mode.lower()} Map of {many:,} items against {many // few} of {few}",
        map_of(many),
        map_of(few),
        goal=GROWTH,
        rounds=ROUNDS,
        clock=time.process_time,
    )


if __name__ == "__main__":
    sys.exit(main())
