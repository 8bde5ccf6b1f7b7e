"""Machines for hypothesis: every type of state, nested, with tasks that fail, and their answers."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from sfn_release.simulator import TaskCall, TaskFailure, TaskResult

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:work"
_RESOURCES = (
    FUNCTION,
    "arn:aws:states:::lambda:invoke",
    "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "arn:aws:states:::states:startExecution.sync:2",
)
_TOKEN = {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token", "n.$": "$.n"}}
_PARAMETERS: dict[str, dict[str, Any]] = {
    _RESOURCES[1]: {"FunctionName": "work", "Payload.$": "$"},
    _RESOURCES[2]: _TOKEN,
    _RESOURCES[3]: {"StateMachineArn": "m", "Input": {"id.$": "States.UUID()", "n.$": "$.n"}},
}
_PARALLEL = {"Type": "Parallel", "ResultPath": "$.both"}
_MAP = {
    "Type": "Map",
    "ItemsPath": "$.items",
    "ItemSelector": {"n.$": "$$.Map.Item.Value", "items.$": "$.items"},
    "ResultPath": "$.all",
}
_ERRORS = ("Busy", "Broken", "States.Timeout")


class RandomAnswers:
    """Answers tasks by chance: a result or an error, after some time."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - repeatable

    def run(self, call: TaskCall) -> TaskResult:
        """Return a result, or fail."""
        random = self._random
        submitted = {"id": random.random()} if "." in call.resource.rpartition(":")[2] else None
        seconds = random.choice((0, 0.25, 3, 70))
        if random.random() < 0.3:
            error = random.choice(_ERRORS)
            raise TaskFailure(
                error, random.choice((None, "a cause")), seconds=seconds, submitted=submitted
            )
        return TaskResult({"n": random.randrange(5), "x": random.random()}, seconds, submitted)


@st.composite
def machines(
    draw: st.DrawFn, depth: int = 2, prefix: str = "", *, draws: bool = True
) -> dict[str, Any]:
    """Return a machine whose states follow each other, with choices and catches between them.

    With *draws*, some states use UUIDs, chance, times and tokens.
    """
    count = draw(st.integers(1, 4))
    names = [f"{prefix}{letter}" for letter in "ABCDE"[:count]]
    states: dict[str, Any] = {}
    for index, name in enumerate(names):
        following = names[index + 1] if index + 1 < count else None
        states[name] = draw(_states(name, following, names[index:], depth, draws))
    return {"StartAt": names[0], "States": states}


@st.composite
def _states(
    draw: st.DrawFn, name: str, following: str | None, later: list[str], depth: int, draws: bool
) -> dict[str, Any]:
    """Return a state that *following* follows; *later* are this state and the ones after it."""
    link: dict[str, Any] = {"Next": following} if following else {"End": True}

    def inner(at: object) -> st.SearchStrategy[dict[str, Any]]:
        return machines(depth - 1, f"{name}{at}", draws=draws)

    kinds: dict[str, st.SearchStrategy[dict[str, Any]]] = {
        "plain": _plain(draws).map(lambda state: {**state, **link}),
        "task": st.builds(
            lambda task, found: {**task, **found, **link}, _tasks(draws), _handlers(later)
        ),
        "end": st.sampled_from(
            ({"Type": "Succeed"}, {"Type": "Fail", "Error": "Stopped", "Cause": "Here"})
        ),
    }
    if following:
        kinds["choice"] = _choices(later[1:])
    if depth:
        branches = st.integers(1, 3).flatmap(
            lambda count: st.tuples(*(inner(at) for at in range(count)))
        )
        container = st.one_of(
            branches.map(lambda made: {**_PARALLEL, "Branches": [*made]}),
            st.builds(
                lambda made, limit: {**_MAP, "ItemProcessor": made, "MaxConcurrency": limit},
                inner("M"),
                st.integers(0, 2),
            ),
        )
        kinds["container"] = st.builds(
            lambda state, found: {**state, **found, **link}, container, _handlers(later)
        )
    return draw(kinds[draw(st.sampled_from([*kinds, "plain", "task"]))])


def _plain(draws: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Return the states without a choice, a task or an inside."""
    drawn = ("States.UUID()", "States.MathRandom(0, 5)", "$$.State.EnteredTime") if draws else ()
    sources = ("$random()", "$now()", "$uuid()") if draws else ()
    return st.one_of(
        st.builds(
            lambda result, path: {"Type": "Pass", "Result": result, "ResultPath": path},
            st.integers(0, 4),
            st.sampled_from(("$.n", "$.p", "$.deep.q")),
        ),
        st.sampled_from((*drawn, "$.n")).map(
            lambda text: {"Type": "Pass", "Parameters": {"d.$": text}, "ResultPath": "$.drawn"}
        ),
        st.sampled_from((*sources, "$states.input.n", "1")).map(
            lambda source: {
                "Type": "Pass",
                "QueryLanguage": "JSONata",
                "Output": "{% $merge([$states.input, {'j': " + source + "}]) %}",
            }
        ),
        st.integers(0, 100).map(lambda seconds: {"Type": "Wait", "Seconds": seconds}),
    )


@st.composite
def _tasks(draw: st.DrawFn, draws: bool) -> dict[str, Any]:
    resource = draw(st.sampled_from(_RESOURCES if draws else _RESOURCES[:2]))
    state: dict[str, Any] = {"Type": "Task", "Resource": resource, "ResultPath": "$.result"}
    if resource in _PARAMETERS:
        state["Parameters"] = _PARAMETERS[resource]
    if draw(st.booleans()):
        state["TimeoutSeconds"] = 60
    return state


@st.composite
def _choices(draw: st.DrawFn, later: list[str]) -> dict[str, Any]:
    first, other = draw(st.sampled_from(later)), draw(st.sampled_from(later))
    rule = {"Variable": "$.n", "NumericLessThan": draw(st.integers(0, 5)), "Next": first}
    return {"Type": "Choice", "Choices": [rule], "Default": other}


@st.composite
def _handlers(draw: st.DrawFn, later: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        errors = draw(st.sampled_from((["Busy"], ["States.TaskFailed"], ["States.ALL"])))
        found["Retry"] = [{"ErrorEquals": errors, "MaxAttempts": draw(st.integers(0, 2))}]
    if len(later) > 1 and draw(st.booleans()):
        target = draw(st.sampled_from(later[1:]))
        found["Catch"] = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": target}]
    return found
