"""A state alone does as it does in a whole execution."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.errors import ConfigError, UsageError
from sfn_release.testing import Error, Payload, simulate
from sfn_release.testing.answers import answers_of
from sfn_release.testing.run_definition import run_definition
from support.executions import SEED, machine

LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:f"
TASK: dict[str, Any] = {"Type": "Task", "Resource": LAMBDA}

ORDER = machine(
    Accept={"Type": "Pass", "Assign": {"limit.$": "$$.Execution.Input.limit"}},
    Each={
        "Type": "Map",
        "ItemsPath": "$.n",
        "ItemProcessor": machine(Double=TASK, Half={"Type": "Pass"}),
        "ResultPath": "$.doubled",
    },
    Both={
        "Type": "Parallel",
        "ResultPath": None,
        "Branches": [machine(Left={"Type": "Pass"}), machine(Right=TASK)],
    },
    Check={
        "Type": "Choice",
        "Choices": [{"Variable": "$.n[0]", "NumericGreaterThanPath": "$limit", "Next": "Ask"}],
        "Default": "Done",
    },
    Ask={
        **TASK,
        "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 3}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Wait"}],
        "Next": "Done",
    },
    Wait={"Type": "Wait", "Seconds": 9},
    Done={"Type": "Succeed"},
)


def test_a_part_that_misses_its_end_is_a_warning() -> None:
    """The state lies before the start, or on another way; a run that fails says why itself."""
    with pytest.warns(UserWarning, match="never reached 'Ask'.*It went on to the end: Wait → Done"):
        simulate(ORDER, {}, start_at="Wait", until="Ask")
    with pytest.warns(UserWarning, match="never reached 'Wait'"):
        simulate(ORDER, {"n": [1]}, start_at="Check", until="Wait", variables={"limit": 5})
    failed = simulate(ORDER, {}, start_at="Check", until="Wait", variables={"limit": 5})
    assert failed.status == "FAILED"


@pytest.mark.parametrize(
    ("numbers", "ask"),
    [
        ([1, 2], Payload(1)),
        ([9], Payload(1)),
        ([9], [Error("Busy"), Payload(2)]),
        ([9], Error("Broke")),
    ],
)
def test_each_state_alone_does_as_in_the_whole(numbers: list[int], ask: Any) -> None:
    """Given its input, the variables before it, and the same mocks."""
    mocks = {"Double": lambda n: 2 * n, "Right": 0, "Ask": ask}
    run = simulate(ORDER, {"n": numbers, "limit": 5}, mocks=mocks)
    assert run.status == "SUCCEEDED"
    variables = {"limit": 5}
    for name in run.path:
        if name == "Accept":
            continue  # it reads the input of the execution
        before = run.states[name].input
        alone = simulate(ORDER, before, start_at=name, until=name, variables=variables, mocks=mocks)
        assert alone.output == run.states[name].output
        assert alone.states[name].attempts == run.states[name].attempts
        assert alone.transitions[-1] in run.transitions


def test_a_state_inside_does_as_in_the_whole() -> None:
    """Of a Map's iteration, and of a branch."""
    mocks = {"Double": lambda n: 2 * n, "Right": 0, "Ask": 1}
    run = simulate(ORDER, {"n": [1, 2], "limit": 5}, mocks=mocks)
    for name in ("Double", "Half", "Left", "Right"):
        for visit in run.states[name].visits:
            alone = simulate(
                ORDER, json.loads(visit.input or ""), start_at=name, until=name, mocks=mocks
            )
            assert alone.output == json.loads(visit.output or "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
KEYS = st.sampled_from(["return", "payload", "error", "timeout", "cause", "seconds", "submitted"])


@given(JSON | st.dictionaries(KEYS | st.text(), JSON))
def test_any_value_answers_or_is_refused(value: Any) -> None:
    """A plain value is the result; a faulty answer is refused when the mocks are read."""
    try:
        mocks = answers_of({"Ask": value})
    except (UsageError, ConfigError):
        return
    run = run_definition(machine(Ask=TASK), {}, tasks=mocks, context=SEED)
    written = isinstance(value, dict) and not {"return", "payload", "error"}.isdisjoint(value)
    if run.status == "SUCCEEDED" and not written:
        assert run.output == (value[0] if isinstance(value, list) else value)
