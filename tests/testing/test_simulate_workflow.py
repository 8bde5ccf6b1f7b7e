"""`simulate` without a project: all forms of a workflow, stretches, variables, times, seeds."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.errors import DefinitionError, NotFoundError, SfnReleaseError, UsageError
from sfn_release.testing import Error, Payload, scenario, simulate
from sfn_release.testing.mocked_results.shape_problem import MockedResultError, MockedResultWarning
from sfn_release.testing.simulate_workflow import Subject
from support.executions import machine

LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:charge"
PUT = "arn:aws:states:::dynamodb:putItem"
TASK = {"Type": "Task", "Resource": LAMBDA}
PASS = {"Type": "Pass"}


def greeting() -> sfn.Workflow:
    """Return a workflow of one state."""
    return sfn.Workflow.of(sfn.Pass("Greet", result={"hello": "you"}))


def test_every_form_of_a_workflow_runs(tmp_path: Path) -> None:
    """A StateMachine, a Workflow, its definition, and files."""
    definition = greeting().serialize()
    (tmp_path / "a.asl.json").write_text(json.dumps(definition))
    (tmp_path / "b.asl.yaml").write_text(json.dumps(definition))
    (tmp_path / "c.py").write_text(
        "import sfn_release as sfn\n"
        "workflow = sfn.Workflow.of(sfn.Pass('Greet', result={'hello': 'you'}))\n"
        "c = sfn.StateMachine('c', workflow)\n"
    )
    machine = sfn.StateMachine("hello", greeting())
    files = [tmp_path / name for name in ("a.asl.json", "b.asl.yaml", "c.py")]
    forms: list[Subject] = [machine, machine.declare(), greeting(), definition, str(files[0])]
    for form in [*forms, *files]:
        run = simulate(form)
        assert (run.status, run.output, run.path) == ("SUCCEEDED", {"hello": "you"}, ["Greet"])


@pytest.mark.parametrize(
    ("workflow", "error", "problem"),
    [
        ("orders", UsageError, "pytest fixture `simulate`"),
        (7, UsageError, "simulate() can't run 7"),
        ({"StartAt": "A", "States": {}}, DefinitionError, "The workflow has"),
        ("missing.asl.json", NotFoundError, "missing.asl.json can't be read"),
    ],
)
def test_other_things_are_refused(
    workflow: Any, error: type[SfnReleaseError], problem: str
) -> None:
    """The error says what can be simulated."""
    with pytest.raises(error) as raised:
        simulate(workflow)
    assert problem in str(raised.value)


def test_a_file_of_several_workflows_is_refused(tmp_path: Path) -> None:
    """The caller picks one of them."""
    (tmp_path / "two.py").write_text(
        "import sfn_release as sfn\n"
        "workflow = sfn.Workflow.of(sfn.Pass('A'))\n"
        "one, two = (sfn.StateMachine(name, workflow) for name in ('one', 'two'))\n"
    )
    with pytest.raises(UsageError, match="has 2: one, two"):
        simulate(tmp_path / "two.py")


def test_placeholders_need_values() -> None:
    """They're named, and `parameters` fill them."""
    definition = machine(
        A={
            "Type": "Pass",
            "Parameters": {
                "table": "${Table}",
                "next": "${workflow:next}",
                "region": "${AWS::Region}",
            },
        }
    )
    with pytest.raises(UsageError) as raised:
        simulate(definition)
    assert "parameters without a value: Table" in str(raised.value)
    assert simulate(definition, parameters={"Table": ["t"]}).output == {
        "table": ["t"],
        "next": "arn:aws:states:us-east-1:000000000000:stateMachine:next",
        "region": "us-east-1",
    }


def test_the_type_shows_in_the_context() -> None:
    """EXPRESS executions have no RedriveCount."""
    definition = machine(A={"Type": "Pass", "Parameters": {"all.$": "$$.Execution"}})
    standard, express = (
        {*simulate(definition, type=type).output["all"]} for type in ("STANDARD", "EXPRESS")
    )
    assert standard - express == {"RedriveCount"}
    declared = sfn.StateMachine("m", sfn.Workflow.from_dict(definition), type="EXPRESS")
    assert {*simulate(declared).output["all"]} == express
    assert {*simulate(declared, type="STANDARD").output["all"]} == standard


def test_the_execution_has_its_name_and_start() -> None:
    """They're fixed by default, so that runs repeat."""
    definition = machine(
        A={
            "Type": "Pass",
            "Parameters": {"at.$": "$$.Execution.StartTime", "id.$": "$$.Execution.Id"},
        }
    )
    arn = "arn:aws:states:us-east-1:000000000000:execution:definition"
    assert simulate(definition).output == {"at": "2026-01-01T00:00:00.000Z", "id": f"{arn}:test"}
    moved = simulate(definition, name="n", started_at="2027-02-03T04:05:06+01:00")
    assert moved.output == {"at": "2027-02-03T03:05:06.000Z", "id": f"{arn}:n"}
    naive = datetime(2027, 2, 3)  # noqa: DTZ001 - naive on purpose
    assert simulate(definition, started_at=naive).outcome.stopped_at == naive.replace(tzinfo=UTC)
    with pytest.raises(UsageError, match="isn't a time"):
        simulate(definition, started_at="noon")


def test_a_seed_changes_drawn_values_only() -> None:
    """The same seed draws the same."""
    definition = machine(A={"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}})
    first, again, other = (simulate(definition, seed=seed).output for seed in (1, 1, 2))
    assert first == again != other
    assert simulate(definition).output == simulate(definition).output


CHAIN = machine(
    A={"Type": "Pass", "Result": 1},
    Check={
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "B"}],
        "Default": "C",
    },
    B={"Type": "Pass", "Result": "b", "Next": "Done"},
    C={**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}], "Next": "Done"},
    Done={"Type": "Succeed"},
)


@pytest.mark.parametrize(
    ("start", "until", "input", "path", "next"),
    [
        (None, None, 0, ["A", "Check", "B", "Done"], None),
        ("Check", None, 1, ["Check", "B", "Done"], None),
        (None, "Check", 0, ["A", "Check"], "B"),
        ("Check", "Check", 2, ["Check"], "C"),
        ("C", "C", 2, ["C"], "B"),
    ],
)
def test_a_stretch_runs_alone(
    start: str | None, until: str | None, input: Any, path: list[str], next: str | None
) -> None:
    """The transition out of its last state shows where the execution would go on."""
    run = simulate(CHAIN, input, start_at=start, until=until, mocks={"C": Error("Broke")})
    assert (run.path, run.transitions[-1].next) == (path, next)
    assert any(step.kind == "start" for step in run.transitions) is (start is None)
    assert run.definition == CHAIN


INNER = {
    "QueryLanguage": "JSONata",
    **machine(
        Each={
            "Type": "Map",
            "ItemProcessor": machine(
                Both={
                    "Type": "Parallel",
                    "Branches": [
                        machine(
                            Sum={"Type": "Pass", "Output": "{% $states.input.a + $limit %}"},
                            Twice={"Type": "Pass", "Output": "{% $states.input * 2 %}"},
                        )
                    ],
                }
            ),
        }
    ),
}


def test_a_state_inside_a_map_runs_alone() -> None:
    """With the query language of the definition, and variables from outside."""
    run = simulate(INNER, {"a": 3}, start_at="Sum", variables={"limit": 4})
    assert (run.path, run.output) == (["Sum", "Twice"], 14)
    assert simulate(INNER, 5, start_at="Twice").output == 10


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"start_at": "Sums"}, 'Did you mean "Sum"?'),
        ({"until": "Nothing"}, "has no state 'Nothing'"),
        ({"until": "Sum"}, "isn't in the same machine as 'Each'"),
        ({"start_at": "Sum", "until": "Both"}, "isn't in the same machine as 'Sum'"),
    ],
)
def test_a_stretch_stays_in_one_machine(given: Any, problem: str) -> None:
    """The error names the state, and a near name."""
    with pytest.raises(NotFoundError) as raised:
        simulate(INNER, **given)
    assert problem in str(raised.value)


def test_a_misspelled_condition_is_refused() -> None:
    """Otherwise a test with ``strickt=True`` would prove less than it says."""
    misspelled: Any = {"strickt": True}
    with pytest.raises(UsageError, match="no argument 'strickt'") as raised:
        simulate(machine(First=PASS), **misspelled)
    assert 'Did you mean "strict"?' in str(raised.value)


def test_a_mock_that_no_task_uses_is_refused() -> None:
    """It proves nothing. A task that the run doesn't reach may have a mock."""
    definition = machine(Charge=TASK, End={"Type": "Succeed"})
    with pytest.raises(UsageError) as raised:
        simulate(definition, mocks={"Chrage": Payload()})
    assert 'no task for the mocked "Chrage"' in str(raised.value)
    assert 'Did you mean "Charge"?' in str(raised.value)
    with pytest.raises(UsageError):
        simulate(definition, mocks={"End": {}})
    assert simulate(definition, start_at="End", mocks={"Charge": {}}).path == ["End"]
    assert simulate(definition, mocks={LAMBDA: Payload(1)}).output == 1


@pytest.mark.parametrize(
    ("mocks", "problem"),
    [
        ({}, "has no mock"),
        ({"Charge": {"submitted": {"MessageId": "1"}}}, "which is for a .waitForTaskToken task"),
        ({"Charge": object()}, "is not JSON"),
    ],
)
def test_a_fault_of_the_test_is_no_failed_execution(mocks: Any, problem: str) -> None:
    """A test that expects a failure must not pass by it."""
    with pytest.raises(UsageError) as raised:
        simulate(machine(First=PASS, Charge=TASK), mocks=mocks)
    assert problem in str(raised.value)
    assert "It reached: First → Charge." in str(raised.value)


def test_a_callback_that_nobody_answers_is_a_fault_of_the_test() -> None:
    """The error names the answers that end it."""
    queue = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    send = {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}
    definition = machine(Ask={"Type": "Task", "Resource": queue, "Parameters": send})
    with pytest.raises(UsageError, match="nobody can send one"):
        simulate(definition, mocks={"Ask": {"submitted": {"MessageId": "1"}}})


def test_a_loop_that_never_ends_is_a_fault_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """An EXPRESS execution without waits would go on for ever."""
    monkeypatch.setattr(scenario, "MOST_STEPS", 500)
    loop = machine(A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"})
    loop["States"]["End"] = {"Type": "Succeed"}
    loop["States"]["B"] = {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "IsNull": True, "Next": "End"}],
        "Default": "A",
    }
    with pytest.raises(UsageError, match="still runs after 500 steps"):
        simulate(loop, 1, type="EXPRESS")


@pytest.mark.parametrize("input", [{1, 2}, float("nan"), datetime(2026, 1, 1, tzinfo=UTC)])
def test_an_input_is_json(input: Any) -> None:
    """Other values are refused, and so is one that Step Functions wouldn't take."""
    with pytest.raises(UsageError, match="input can't be written as JSON"):
        simulate(machine(A=PASS), input)
    with pytest.raises(UsageError, match="262,144 at most"):
        simulate(machine(A=PASS), "x" * 262_144)


def test_a_run_does_not_share_the_tests_data() -> None:
    """What a test changes afterwards isn't in its run."""
    given = {"items": [1]}
    run = simulate(machine(A=PASS), given)
    given["items"].append(2)
    assert run.input == run.output == {"items": [1]}


def test_a_result_that_aws_never_returns_is_reported() -> None:
    """As a warning at the test's own line, or as a failure."""
    put = {"Type": "Task", "Resource": PUT, "Parameters": {"TableName": "t", "Item": {}}}
    definition = machine(Put=put)
    with pytest.warns(MockedResultWarning) as caught:
        simulate(definition, mocks={"Put": {"Atributes": {}}})
    assert [Path(warning.filename).name for warning in caught] == [Path(__file__).name]
    with pytest.raises(MockedResultError):
        simulate(definition, mocks={"Put": {"Atributes": {}}}, strict=True)


ODD = [
    [1],
    {1},
    object(),
    math.nan,
    b"x",
    1.5,
    date(2026, 1, 1),
    Decimal(1),
    len,
    ValueError("x"),
    (number for number in [1]),
]
ARGUMENTS = (
    *("workflow", "parameters", "type", "mocks", "start_at", "until", "variables"),
    *("started_at", "seed", "name", "strict", "check_input"),
)


@pytest.mark.parametrize("value", ODD, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("argument", ARGUMENTS)
def test_a_value_of_another_type_is_a_usage_error(argument: str, value: Any) -> None:
    """Of every argument, and never an exception of Python."""
    arguments: dict[str, Any] = {"workflow": machine(A=PASS), argument: value}
    with pytest.raises((UsageError, NotFoundError)):
        simulate(**arguments)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"variables": [1]}, r"variables must be a dictionary .*, not \[1\]"),
        ({"variables": {"a": {1}}}, "The test's variables can't be written as JSON"),
        ({"parameters": {1: 2}}, "parameters must be a dictionary"),
        ({"parameters": {"a": object()}}, "The test's parameters can't be written as JSON"),
        ({"started_at": "9999-12-31T23:59:59-23:00"}, "isn't a time"),
        ({"started_at": None}, "started_at must be a datetime, or its ISO 8601 text, not None"),
        ({"seed": "\ud800"}, "seed isn't a text of Unicode"),
        ({"name": "\ud800"}, "name isn't a text of Unicode"),
        ({"name": None}, "name must be a text, not None"),
        ({"input": {1}}, "The test's input can't be written as JSON"),
        ({"input": datetime(2026, 1, 1)}, "The test's input can't be written as JSON"),  # noqa: DTZ001
    ],
)
def test_the_error_names_the_argument(arguments: dict[str, Any], problem: str) -> None:
    """It shows the value, and what it should be."""
    with pytest.raises(UsageError, match=problem):
        simulate(machine(A=PASS), **arguments)
