"""The problems that the failure map finds, and the ways that answers open to it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from sfn_release.canonical import loads
from sfn_release.errors import DefinitionError
from sfn_release.simulator import Mocks, TaskCall, TaskResult
from sfn_release.simulator.mocks import mocked_tasks
from sfn_release.testing.faults.exploration import explore
from sfn_release.testing.faults.failure_map import FailureMap, Problem, Step
from sfn_release.testing.faults.injections import (
    Answering,
    Fault,
    Hit,
    InjectedTasks,
    Injection,
)
from sfn_release.testing.faults.passing_case import PassingCase
from support.executions import SEED, machine
from support.places import CORPUS

INVOKE = "arn:aws:states:::lambda:invoke"
TASK = {"Type": "Task", "Resource": INVOKE}
ASK = {**TASK, "ResultSelector": {"status.$": "$.Payload.status"}, "ResultPath": "$.payment"}
DONE = {"Type": "Succeed"}


def explored(
    definition: Mapping[str, Any], mocks: Mapping[str, Any], input: Any = None
) -> FailureMap:
    case = PassingCase(definition, {} if input is None else input, Mocks(mocks).fresh, SEED)
    return explore("made", case)


def problem(found: FailureMap, kind: str, state: str) -> Problem:
    (only,) = [known for known in found.problems if (known.kind, known.state) == (kind, state)]
    return only


def choice(*ways: tuple[str, str], default: str | None = None) -> dict[str, Any]:
    """Return a Choice on the status of the payment."""
    rules = [
        {"Variable": "$.payment.status", "StringEquals": status, "Next": next}
        for status, next in ways
    ]
    return {"Type": "Choice", "Choices": rules, **({"Default": default} if default else {})}


PAID = {"Ask": {"payload": {"status": "PAID"}}}
POLLING = machine(
    Ask=ASK,
    Paid=choice(("PAID", "Done"), ("PENDING", "Wait"), default="Done"),
    Wait={"Type": "Wait", "Seconds": 60, "Next": "Ask"},
    Done=DONE,
)


def test_a_loop_that_never_ends_is_found_with_the_answer_that_keeps_it_going() -> None:
    """It reaches AWS's limit of events before the limit of a year."""
    found = problem(explored(POLLING, PAID), "endless_loop", "Ask")
    assert found.states == ("Ask", "Paid", "Wait")
    assert found.after == (Step("Ask", 'status = "PENDING"'),)
    assert found.error == "States.Runtime"
    assert found.cause == "The execution reached the maximum number of history events (25000)."


def test_a_loop_in_an_execution_with_a_timeout_runs_into_it() -> None:
    """An hour has sixty rounds."""
    found = problem(explored({**POLLING, "TimeoutSeconds": 3600}, PAID), "endless_loop", "Ask")
    assert (found.error, found.states) == ("States.Timeout", ("Ask", "Paid", "Wait"))


def test_a_loop_that_counts_to_its_end_is_none() -> None:
    """It takes more rounds than a run has at first, and it ends."""
    definition = machine(
        Ask={**ASK, "ResultPath": "$.payment"},
        Paid=choice(("PAID", "Done"), default="Count"),
        Count={"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}},
        Enough={
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericGreaterThan": 400, "Next": "Done"}],
            "Default": "Count",
        },
        Done=DONE,
    )
    found = explored(definition, PAID, {"n": 0})
    assert [problem.kind for problem in found.problems if problem.state != "Ask"] == []
    assert found.unexplored == ()
    definition["States"]["Enough"]["Choices"][0]["NumericGreaterThan"] = 10**9
    loop = problem(explored(definition, PAID, {"n": 0}), "endless_loop", "Count")
    assert loop.states == ("Count", "Enough")


def test_a_catcher_that_tries_again_for_ever_is_a_loop() -> None:
    """Every error for good keeps it going."""
    again = {"ErrorEquals": ["States.ALL"], "Next": "Wait", "ResultPath": None}
    definition = machine(
        Ask={**ASK, "Catch": [again], "Next": "Done"},
        Wait={"Type": "Wait", "Seconds": 1, "Next": "Ask"},
        Done=DONE,
    )
    found = explored(definition, PAID)
    loop = problem(found, "endless_loop", "Ask")
    assert loop.states == ("Ask", "Wait")
    rows = [row for row in found.faults if row.error == "Lambda.ServiceException"]
    assert [(row.status, row.ends_at, row.handled, row.once) for row in rows] == [
        ("RUNNING", None, False, "caught")
    ]


def test_a_choice_that_no_rule_matches_is_found() -> None:
    """An answer that no rule expects, in a Choice without a Default."""
    definition = machine(Ask=ASK, Paid=choice(("PAID", "Done"), ("OPEN", "Done")), Done=DONE)
    found = problem(explored(definition, PAID), "no_choice_matched", "Paid")
    assert found.way == ("Ask", "Paid")
    assert str(found.cause).endswith("The state does not point to a next state.")


def test_data_can_pass_the_limit_when_a_result_joins_them() -> None:
    """The result alone has at most 262,144 bytes, and the state has other data."""
    definition = machine(Ask={**TASK, "ResultPath": "$.got"})
    found = explored(definition, {"Ask": {"payload": {"text": "x"}}}, {"other": "x" * 100})
    assert problem(found, "data_limit", "Ask").error == "States.DataLimitExceeded"
    alone = explored(machine(Ask=TASK), {"Ask": {"payload": {"text": "x"}}})
    assert [found.kind for found in alone.problems] == []


def test_faults_behind_another_branch_are_explored() -> None:
    """An answer leads to the branch, and the rows of its tasks say which."""
    definition = machine(
        Ask=ASK,
        Paid=choice(("PAID", "Done"), default="Tell"),
        Tell={**TASK, "Next": "Done"},
        Done=DONE,
    )
    found = explored(definition, {**PAID, "Tell": {"payload": 1}})
    after = {row.after for row in found.faults if row.state == "Tell"}
    assert after == {(Step("Ask", 'the largest "status"'),)}
    assert found.unexplored == ()


def test_a_task_behind_a_catcher_that_fails_by_itself_is_a_problem() -> None:
    """The injected error was caught; its handler is what ends the execution."""
    definition = machine(
        Ask={**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Tell"}], "Next": "Done"},
        Tell={**TASK, "Next": "Done"},
        Done=DONE,
    )
    found = explored(definition, {**PAID, "Tell": {"error": "Own"}})
    assert problem(found, "state_failure", "Tell").error == "Own"


def test_an_expression_that_reads_a_set_variable_fails_for_another_reason() -> None:
    """A variable that some state assigns is unset only on a way without that state."""
    definition = {
        **machine(
            Ask={**TASK, "Assign": {"left": "{% $states.result.Payload %}"}, "Next": "Count"},
            Count={"Type": "Pass", "Output": "{% $left + 1 %}", "Next": "Done"},
            Done=DONE,
        ),
        "QueryLanguage": "JSONata",
    }
    found = explored(definition, {INVOKE: {"payload": 1}})
    assert {known.kind for known in found.problems if known.state == "Count"} == {"expression"}


def test_the_last_of_several_injections_wins() -> None:
    """Once it's over, the one before it applies again."""
    odd, then = (Injection("T", Fault(str(at), Answering(at)), times=2 - at) for at in (0, 1))
    tasks = InjectedTasks(Mocks({"T": {"return": "usual"}}), [odd, then])
    call = TaskCall("T", INVOKE, {})
    answers = [tasks.run(call) for _ in range(4)]
    assert [answer.result if isinstance(answer, TaskResult) else answer for answer in answers] == [
        *(1, 0, 0, "usual")
    ]
    assert tasks.hits == [Hit(0, 0)]


def test_a_choice_is_steered_by_tasks_before_it() -> None:
    """A later task answers with a member of the same name, which comes too late."""
    rule = {"Variable": "$.status", "StringEquals": "BIG", "Next": "Box"}
    own = {"OutputPath": "$.Payload"}
    definition = machine(
        Ask={**TASK, **own, "Next": "Which"},
        Which={"Type": "Choice", "Choices": [rule], "Default": "Tell"},
        Tell={**TASK, **own, "Next": "Done"},
        Box={"Type": "Pass", "Next": "Done"},
        Done=DONE,
    )
    assert explored(definition, {INVOKE: {"payload": {"status": "SMALL"}}}).unexplored == ()


def test_a_jsonata_condition_is_steered_by_its_constants() -> None:
    """The answer's member has the name that the condition reads."""
    rule = {"Condition": "{% $states.input.left > 3 and $states.input.kind = 'box' %}"}
    definition = {
        **machine(
            Ask={**TASK, "Output": "{% $states.result.Payload %}"},
            Which={"Type": "Choice", "Choices": [{**rule, "Next": "Box"}], "Default": "Done"},
            Box={**TASK, "Next": "Done"},
            Done=DONE,
        ),
        "QueryLanguage": "JSONata",
    }
    found = explored(definition, {INVOKE: {"payload": {"left": 1, "kind": "bag"}}})
    (after,) = {row.after for row in found.faults if row.state == "Box"}
    assert after == (Step("Ask", 'left = 4, kind = "box"'),)


def test_states_that_depend_on_the_input_are_not_explored_and_named() -> None:
    """The reason names the rule and the path."""
    definition = machine(
        Which={
            "Type": "Choice",
            "Choices": [{"Variable": "$.total", "NumericGreaterThan": 9, "Next": "Ask"}],
            "Default": "Done",
        },
        Ask={**TASK, "Next": "Later"},
        Later=DONE,
        Done=DONE,
    )
    reasons = {
        part.state: part.reason for part in explored(definition, {}, {"total": 1}).unexplored
    }
    assert "rule 1, which reads $.total" in reasons["Ask"]
    assert reasons["Later"] == "It comes after Ask, which no run reached."


def test_a_task_without_a_mock_is_named_and_its_errors_are_still_injected() -> None:
    """Errors and odd answers need no mock."""
    catch = {"ErrorEquals": ["States.ALL"], "Next": "Tell"}
    definition = machine(
        Ask={**TASK, "Catch": [catch], "Next": "Done"},
        Tell={**TASK, "Next": "Told"},
        Told=DONE,
        Done=DONE,
    )
    found = explored(definition, {"Ask": {"payload": 1}})
    reasons = {part.state: part.reason for part in found.unexplored}
    assert "has no mock" in reasons["Tell"]
    assert [*reasons] == ["Tell"]  # odd answers of Tell lead to Told
    told = [row for row in found.faults if row.state == "Tell"]
    assert "Lambda.ServiceException" in {row.error for row in told}
    assert {row.handled for row in told if row.kind == "error"} == {False}
    (caught,) = [row for row in found.faults if row.error == "Sandbox.Timedout" and row.caught_by]
    assert (caught.state, caught.handled, caught.explored) == ("Ask", False, False)
    assert (caught.ends_at, caught.end_error) == ("Tell", "SfnRelease.NoMock")


def test_a_state_behind_a_service_without_a_mock_is_not_explored() -> None:
    """No odd answer can be made of an answer that isn't known."""
    catch = {"ErrorEquals": ["States.ALL"], "Next": "Read"}
    read = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Next": "Told"}
    definition = machine(
        Ask={**TASK, "Catch": [catch], "Next": "Done"}, Read=read, Told=DONE, Done=DONE
    )
    found = explored(definition, {"Ask": {"payload": 1}})
    reasons = {part.state: part.reason for part in found.unexplored}
    assert reasons["Told"] == "It comes after Read, which has no mock."


BROKEN: list[dict[str, Any]] = [
    {"Type": "Fail", "ErrorPath": "$.Nope"},
    {"Type": "Fail", "Error": "Stopped", "CausePath": "States.Format('{}', $.Nope)"},
    {"Type": "Fail", "QueryLanguage": "JSONata", "Error": "{% $states.input.Nope %}"},
]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("retried", [False, True])
def test_a_fail_that_breaks_behind_a_catch_is_no_end_by_design(
    broken: dict[str, Any], retried: bool
) -> None:
    """The error isn't handled, though one failure may be survived; the Fail is a problem."""
    retry = {"ErrorEquals": ["States.TaskFailed"]}
    catch = {"ErrorEquals": ["States.ALL"], "Next": "Stop"}
    ask = {**ASK, "Catch": [catch], "Next": "Done"} | ({"Retry": [retry]} if retried else {})
    found = explored(machine(Ask=ask, Stop=broken, Done=DONE), PAID)
    rows = [row for row in found.faults if row.error == "Lambda.ServiceException"]
    assert [(row.handled, row.explored, row.ends_at) for row in rows] == [(False, True, "Stop")]
    assert "Stop" in {problem.state for problem in found.problems}


def test_a_fail_that_passes_an_error_on_ends_by_design() -> None:
    """Even the error of a state that couldn't compute its own fields."""
    catch = {"ErrorEquals": ["States.QueryEvaluationError"], "Next": "Stop"}
    ask = {**TASK, "QueryLanguage": "JSONata", "Output": "{% $states.result.Payload.n + 1 %}"}
    stop = {"Type": "Fail", "ErrorPath": "$.Error", "CausePath": "$.Cause"}
    found = explored(
        machine(Ask={**ask, "Catch": [catch], "Next": "Done"}, Stop=stop, Done=DONE),
        {"Ask": {"payload": {"n": 1}}},
    )
    ends = {row.end_error: row.handled for row in found.faults if row.ends_at == "Stop"}
    assert ends == {"States.QueryEvaluationError": True}


def definitions() -> Iterator[Any]:
    """Yield every 12th public definition with tasks; all together take a minute."""
    with (CORPUS / "index.tsv").open(newline="") as file:
        paths = [row["path"] for row in csv.DictReader(file, delimiter="\t")]
    for path in paths[::12]:
        try:
            definition = loads((CORPUS / path).read_bytes())
        except DefinitionError:
            continue
        if isinstance(definition, dict) and [*mocked_tasks(definition)]:
            yield definition


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_every_definition_ends_in_a_map_within_its_budget() -> None:
    """Valid or not, and whether its case succeeds or not."""
    explored_count = 0
    for definition in definitions():
        answers: dict[str, Any] = {
            name: {"payload": {}} if ":lambda:" in resource else {"return": {}}
            for name, resource in mocked_tasks(definition)
        }
        case = PassingCase(definition, {}, Mocks(answers).fresh, SEED)
        found = explore("public", case, most_runs=60)
        assert found.runs <= 62
        json.dumps(found.to_json())
        explored_count += 1
    assert explored_count > 10
