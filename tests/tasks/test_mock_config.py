"""MockConfigFile.json: the mock file of Step Functions Local, read as it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sfn_release.errors import ConfigError
from sfn_release.simulator import NoAnswer, TaskCall, TaskFailure
from sfn_release.tasks import ExecutionScope, MockConfig, TaskSources, load_mock_config

INVOKE = "arn:aws:states:::lambda:invoke"
FILE = "MockConfigFile.json"


def config(responses: dict[str, Any], case: dict[str, str] | None = None) -> MockConfig:
    """Return the configuration of the machine m, whose test case is c."""
    document = {
        "StateMachines": {"m": {"TestCases": {"c": case or {"Call": "R"}}}},
        "MockedResponses": responses,
    }
    return load_mock_config(json.dumps(document), file=FILE)


def answers(mocked: MockConfig, *calls: TaskCall) -> list[Any]:
    """Return the results and failures of the calls of one execution."""
    scope = ExecutionScope("m", test_case=mocked.case("m", "c"))
    tasks = TaskSources().for_execution(scope)
    given: list[Any] = []
    for call in calls:
        try:
            given.append(tasks.run(call))
        except TaskFailure as failure:
            given.append((failure.error, failure.cause))
        except NoAnswer as missing:
            given.append(missing)
    return given


def call(state: str = "Call", **fields: Any) -> TaskCall:
    return TaskCall(state, INVOKE, {}, **fields)


def test_calls_are_counted_per_state_and_execution() -> None:
    """Retries, loops and iterations of a Map advance one counter, as in Step Functions Local."""
    mocked = config(
        {
            "R": {
                "0": {"Throw": {"Error": "Boom", "Cause": "first"}},
                "1-2": {"Return": {"Payload": "a"}},
                "3": {"Return": 7},
            },
            "S": {"0": {"Return": None}},
        },
        {"Call": "R", "Other": "S"},
    )
    first, second = (("M", 0),), (("M", 1),)
    given = answers(
        mocked,
        call(iteration=first),
        call(iteration=first, attempt=1),
        call(iteration=second),
        call("Other"),
        call(iteration=second, attempt=1),
    )
    assert given == [("Boom", "first"), {"Payload": "a"}, {"Payload": "a"}, None, 7]
    assert answers(mocked, call()) == [("Boom", "first")]  # the next execution counts anew


@pytest.mark.parametrize(
    ("responses", "cause"),
    [
        ({"R": {"0": {"Return": 1}}}, 'has no answer to call 1 of the state. Add "1".'),
        ({"R": {"0": {"Return": 1}, "2": {"Return": 1}}}, "no answer to call 1"),
    ],
)
def test_a_call_without_answer_ends_the_execution(responses: dict[str, Any], cause: str) -> None:
    """States.Runtime, as in Step Functions Local; the cause names file, case, state and call."""
    _, missing = answers(config(responses), call(), call())
    assert missing.error == "States.Runtime"
    assert missing.cause.startswith(f'{FILE}: the test case "c" mocks the state "Call" with')
    assert cause in missing.cause


@pytest.mark.parametrize("responses", [{}, {"R": {}}])
def test_responses_are_looked_up_when_a_state_runs(responses: dict[str, Any]) -> None:
    """A missing or empty response matters only to an execution that needs it."""
    (missing,) = answers(config(responses), call())
    assert (missing.error, FILE in missing.cause) == ("States.Runtime", True)


def test_a_state_outside_the_test_case_is_left_to_the_next_source() -> None:
    """Mocked and other tasks mix in one execution."""
    (missing,) = answers(config({"R": {"0": {"Return": 1}}}), call("Elsewhere"))
    assert missing.error == "SfnRelease.NoMock"


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("[]", "$", "expected an object, got []"),
        ("{", FILE, ""),
        ('{"StateMachine": {}}', "$", 'unknown key "StateMachine"'),
        ('{"MockedResponse": {}}', "$", 'unknown key "MockedResponse"'),
        ('{"StateMachines": {"m": {"testCases": {}}}}', "$.StateMachines.m", '"testCases"'),
        (
            '{"StateMachines": {"m": {"TestCases": {"c": {"a b": 1}}}}}',
            "$.StateMachines.m.TestCases.c",
            "expected a string, got 1",
        ),
        ('{"MockedResponses": {"R": {"x": {"Return": 1}}}}', "$.MockedResponses.R.x", "range"),
        ('{"MockedResponses": {"R": {"-1": {"Return": 1}}}}', "$.MockedResponses.R", "range"),
        (
            '{"MockedResponses": {"R": {"2-1": {"Return": 1}}}}',
            "$.MockedResponses.R",
            "ends before",
        ),
        (
            '{"MockedResponses": {"R": {"0-2": {"Return": 1}, "2": {"Return": 1}}}}',
            "$.MockedResponses.R.2",
            "call 2 has two answers",
        ),
        ('{"MockedResponses": {"R": {"0": {}}}}', "$.MockedResponses.R.0", "either"),
        ('{"MockedResponses": {"R": {"0": {"Return": 1, "Throw": {}}}}}', "$.Mocked", "either"),
        ('{"MockedResponses": {"R": {"0": {"Retrun": 1}}}}', "$.Mocked", '"Retrun"'),
        ('{"MockedResponses": {"R": {"0": {"Throw": {"error": "E"}}}}}', ".Throw", '"error"'),
        ('{"MockedResponses": {"R": {"0": {"Throw": {"Error": 1}}}}}', ".Throw.Error", "string"),
    ],
)
def test_a_fault_is_reported_with_file_and_place(text: str, place: str, problem: str) -> None:
    """And with the nearest known key, where a key is misspelt."""
    with pytest.raises(ConfigError) as caught:
        load_mock_config(text, file=FILE)
    assert caught.value.message.startswith(FILE)
    assert place in caught.value.message
    assert problem in caught.value.message


@pytest.mark.parametrize(
    ("machine", "case", "fix"), [("M", "c", "m"), ("m", "C", "c"), ("m", "other", "")]
)
def test_an_unknown_test_case_is_an_error_with_the_known_cases(
    machine: str, case: str, fix: str
) -> None:
    """And with the nearest known name."""
    with pytest.raises(ConfigError) as caught:
        config({}).case(machine, case)
    assert FILE in caught.value.message
    assert fix in caught.value.fix


JSON = some.recursive(
    some.none() | some.booleans() | some.integers(-9, 9) | some.text(max_size=3),
    lambda inner: (
        some.lists(inner, max_size=2)
        | some.dictionaries(
            some.sampled_from(
                ["StateMachines", "MockedResponses", "TestCases", "0", "1-2", "Return"]
            )
            | some.text(max_size=2),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_or_refused(document: Any) -> None:
    """With a ConfigError that names the file, never with another exception."""
    try:
        load_mock_config(json.dumps(document), file=FILE)
    except ConfigError as error:
        assert error.message.startswith(FILE)  # noqa: PT017 - reading it is fine, too
