"""The builder: chains, loops, choices, branches, ids, and mistakes."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

import sfn_release as sfn
from sfn_release.authoring.declaration import StateMachineType
from sfn_release.authoring.definition_reader import AsWritten
from sfn_release.errors import DefinitionError


def steps(workflow: sfn.Workflow) -> dict[str, str]:
    """Return the next state of each state."""
    states = workflow.serialize()["States"]
    return {id: body.get("Next", "end") for id, body in states.items()}


def test_a_chain_is_written_in_its_order() -> None:
    """Each verb returns the workflow."""
    workflow = sfn.Workflow()
    chain = (
        workflow.start_from(sfn.Pass("A"))
        .next_then(sfn.Pass("B"))
        .next_then(sfn.Wait("C", seconds=0))
    )
    assert workflow is chain.end()
    assert steps(workflow) == {"A": "B", "B": "C", "C": "end"}


def test_of_is_a_chain_in_one_call() -> None:
    """The usual way to write a branch; a terminal last state needs no end."""
    assert steps(sfn.Workflow.of(sfn.Pass("A"), sfn.Pass("B"))) == {"A": "B", "B": "end"}
    assert steps(sfn.Workflow.of(sfn.Pass("A"), sfn.Succeed("B"))) == {"A": "B", "B": "end"}


def test_a_loop_leads_back() -> None:
    """`next_then` accepts an earlier state."""
    again = sfn.Wait("Again", seconds=1)
    ready = sfn.Choice(
        "Ready", choices=[sfn.Var("$.no").is_present().next_then(again)], default="Done"
    )
    look = sfn.Pass("Look")
    workflow = sfn.Workflow().start_from(look).next_then(ready).continue_from(again).next_then(look)
    workflow.add(sfn.Succeed("Done"))
    assert steps(workflow) == {"Look": "Ready", "Ready": "end", "Again": "Look", "Done": "end"}


def test_states_that_are_led_to_need_not_be_added() -> None:
    """Targets of rules, defaults, catchers and `next=` belong to the workflow."""
    sorry = sfn.Fail("Sorry", error="E")
    last = sfn.Succeed("Last")
    task = sfn.Task("Work", resource="arn:x", catch=[sfn.Catch("E", sorry)], next=last)
    choice = sfn.Choice(choices=[sfn.Var("$.a").is_null().next_then(task)], default=last)
    workflow = sfn.Workflow().start_from(choice)
    assert list(workflow.serialize()["States"]) == ["Choice 1", "Work", "Last", "Sorry"]


def test_a_change_shows_in_the_next_definition() -> None:
    """A change of a state shows in the next definition, and not in earlier ones."""
    greet = sfn.Pass("Greet", result="Alice")
    workflow = sfn.Workflow.of(greet)
    before = workflow.serialize()
    greet.result = "Bob"
    greet.id = "Hello"
    assert before["States"]["Greet"]["Result"] == "Alice"
    assert workflow.serialize()["States"] == {
        "Hello": {"Type": "Pass", "Result": "Bob", "End": True}
    }


def test_fields_of_the_definition_come_first() -> None:
    """Comment, version, timeout and further fields are written before the states."""
    workflow = sfn.Workflow(
        comment="c", version="1.0", timeout_seconds=5, extra={"QueryLanguage": "JSONPath"}
    )
    workflow.start_from(sfn.Pass("A")).end()
    expected = ["Comment", "Version", "TimeoutSeconds", "QueryLanguage", "StartAt", "States"]
    assert expected == list(workflow.serialize())
    assert workflow.serialize() == json.loads(workflow.to_json())


# -- ids ------------------------------------------------------------------------------------------


def test_ids_are_made_of_type_and_position() -> None:
    """The third Pass of the document is "Pass 3", branches included, every time."""

    def build() -> dict[str, Any]:
        inner = sfn.Workflow.of(sfn.Pass(), sfn.Wait(seconds=1))
        parallel = sfn.Parallel(branches=[inner])
        return sfn.Workflow.of(sfn.Pass("First"), parallel, sfn.Pass(), sfn.Succeed()).serialize()

    definition = build()
    assert list(definition["States"]) == ["First", "Parallel 1", "Pass 3", "Succeed 1"]
    (branch,) = definition["States"]["Parallel 1"]["Branches"]
    assert list(branch["States"]) == ["Pass 2", "Wait 1"]
    assert definition == build()


def test_a_made_id_gives_way_to_a_given_one() -> None:
    """No state is lost when a given id equals a generated one."""
    workflow = sfn.Workflow.of(sfn.Pass(), sfn.Pass("Pass 1"), sfn.Pass("Pass 1 (2)"))
    assert list(workflow.serialize()["States"]) == ["Pass 1 (3)", "Pass 1", "Pass 1 (2)"]


def test_one_id_for_two_states_is_refused() -> None:
    """Two states of one id are an error, because one would be lost."""
    workflow = sfn.Workflow.of(sfn.Pass("A"), sfn.Pass("A"))
    with pytest.raises(DefinitionError) as caught:
        workflow.serialize()
    assert 'Two states of one workflow are called "A".' in caught.value.why


def test_one_id_in_two_branches_is_refused() -> None:
    """Names are unique in the whole workflow."""
    branches = [sfn.Workflow.of(sfn.Pass("A")), sfn.Workflow.of(sfn.Pass("A"))]
    (finding,) = sfn.Workflow.of(sfn.Parallel("P", branches=branches)).diagnostics()
    assert (finding.rule, finding.path) == ("duplicate-state", "$.States.P.Branches[1].States.A")


def test_a_state_in_two_branches_is_refused_once() -> None:
    """A shared object is reported as shared, not as two equal names."""
    shared = sfn.Pass("A")
    branches = [sfn.Workflow.of(shared), sfn.Workflow().add(shared).start_from(shared)]
    (finding,) = sfn.Workflow.of(sfn.Parallel("P", branches=branches)).diagnostics()
    assert "stands in two graphs" in finding.message


def test_a_branch_can_not_lead_out() -> None:
    """A state outside a branch and in it is an error."""
    outer = sfn.Pass("Outer")
    branch = sfn.Workflow().start_from(sfn.Pass("Inner", next=outer))
    findings = sfn.Workflow.of(sfn.Parallel("P", branches=[branch]), outer).diagnostics()
    assert any("two graphs" in finding.message for finding in findings)


# -- mistakes -------------------------------------------------------------------------------------


def chain(*states: sfn.State) -> sfn.Workflow:
    workflow = sfn.Workflow().start_from(states[0])
    for state in states[1:]:
        workflow.next_then(state)
    return workflow


CHOICE = sfn.Choice("C", choices=[sfn.Var("$").is_null().next_then("A")])


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: sfn.Workflow().end(), "hasn't started"),
        (lambda: sfn.Workflow().next_then(sfn.Pass("A")), "hasn't started"),
        (lambda: chain(sfn.Pass("A")).end().end(), "has ended"),
        (lambda: chain(sfn.Pass("A")).end().next_then(sfn.Pass("B")), "has ended"),
        (lambda: chain(sfn.Pass("A")).start_from(sfn.Pass("B")), 'already starts from "A"'),
        (lambda: chain(sfn.Succeed("S"), sfn.Pass("A")), 'Nothing can follow "S"'),
        (lambda: chain(sfn.Fail(), sfn.Pass("A")), "the Fail without an id"),
        (lambda: chain(sfn.Choice("C", default="D"), sfn.Pass("A")), "already has a next state"),
        (lambda: chain(CHOICE).end(), "can't end the workflow"),
        (lambda: chain(sfn.Pass("A", next="B"), sfn.Pass("C")), '"A" goes to "B" already'),
        (lambda: chain(sfn.Pass("A", end=True), sfn.Pass("C")), '"A" ends the workflow already'),
        (lambda: chain(sfn.Pass("A", next="B")).end(), "can't end the workflow too"),
        (sfn.Workflow.of, "at least one state"),
        (lambda: sfn.Workflow().add({"Type": "Pass"}), "not of dict"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_chain_is_refused_where_it_is_written(write: Any, message: str) -> None:
    """The error is raised at the wrong line, and not later by `serialize`."""
    with pytest.raises(DefinitionError, match=message):
        write()


@pytest.mark.parametrize(
    ("workflow", "message"),
    [
        (sfn.Workflow(), "needs the field StartAt"),
        (sfn.Workflow().start_from(sfn.Pass("A")), "The state has neither Next nor End"),
        (sfn.Workflow().start_from(sfn.Pass("A", next="B")), 'no state "B"'),
        (sfn.Workflow.of(sfn.Pass("A", result={1: 2})), "the key 1 is not a string"),
        (sfn.Workflow.of(sfn.Pass("A", result=object())), "not a JSON type"),
        (sfn.Workflow.of(sfn.Pass("A", result=10**20)), "beyond 2^53"),
        (sfn.Workflow.of(sfn.Pass(5)), "not a string"),  # type: ignore[arg-type]
        (sfn.Workflow().start_from(sfn.Pass("A", next=5)), "5 is not a state"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_definition_is_refused_when_it_is_asked_for(
    workflow: sfn.Workflow, message: str
) -> None:
    """`serialize` raises the errors of `diagnostics`."""
    assert any(message in finding.message for finding in workflow.diagnostics())
    with pytest.raises(DefinitionError) as caught:
        workflow.serialize()
    assert message in caught.value.why


def test_a_workflow_that_holds_itself_is_refused() -> None:
    """A cycle is an error of diagnostics and serialize."""
    parallel = sfn.Parallel("P")
    workflow = sfn.Workflow.of(parallel)
    parallel.branches = [workflow]
    (finding,) = workflow.diagnostics()
    assert "contains itself" in finding.message


def test_all_errors_are_told_at_once() -> None:
    """All errors are reported together, so that you can fix them in one go."""
    workflow = sfn.Workflow.of(sfn.Pass("A", input_path="a", output_path="b"))
    with pytest.raises(DefinitionError, match="2 errors") as caught:
        workflow.serialize()
    assert caught.value.why.count("\n") == 1


def test_the_type_decides_what_is_allowed() -> None:
    """A callback is for STANDARD workflows."""
    ask = sfn.task.optimized(
        "sqs:sendMessage",
        {"QueueUrl": "q", "MessageBody": "m"},
        id="Ask",
        pattern="waitForTaskToken",
    )
    workflow = sfn.Workflow.of(ask)
    errors = {
        type: [found.rule for found in workflow.diagnostics(type=type) if found.severity == "error"]
        for type in get_args(StateMachineType)
    }
    assert errors == {"STANDARD": [], "EXPRESS": ["express"]}


def test_a_raw_state_is_linked_like_others() -> None:
    """A Raw state gets its Next or End from the workflow, unless it is terminal."""
    ask = sfn.Raw("Ask", {"Type": "Task", "Resource": "arn:aws:states:::sns:publish"})
    workflow = sfn.Workflow.of(ask, sfn.Raw("Done", {"Type": "Succeed"}))
    assert steps(workflow) == {"Ask": "Done", "Done": "end"}
    assert workflow.serialize()["States"]["Done"] == {"Type": "Succeed"}


def test_it_says_what_it_is() -> None:
    """The repr is readable in a prompt or a debugger."""
    assert repr(sfn.Workflow.of(sfn.Pass("A"), sfn.Pass())) == "Workflow(2 states from 'A')"
    assert repr(sfn.Pass("A")) == "Pass('A')"


def endless(kind: str) -> Any:
    """Return a value that contains itself."""
    if kind == "list":
        array: list[Any] = []
        array.append(array)
        return array
    value: dict[str, Any] = {}
    value["a"] = value
    return value


@pytest.mark.parametrize("kind", ["object", "list"])
@pytest.mark.parametrize("field", ["result", "parameters", "extra"])
def test_a_value_that_holds_itself_is_one_finding(field: str, kind: str) -> None:
    """The finding is at the state with the value, and is found quickly."""
    given: Any = {field: {"x": endless(kind)}}
    (finding,) = sfn.Workflow.of(sfn.Pass("A", **given), sfn.Pass("B")).diagnostics()
    assert (finding.severity, finding.path) == ("error", "$.States.A")
    assert "contains itself" in finding.message


@pytest.mark.parametrize("kind", ["object", "list"])
@pytest.mark.parametrize("key", ["Result", "Parameters", "Tomorrow"])
def test_a_definition_that_holds_itself_is_an_error(key: str, kind: str) -> None:
    """The reader's message is the one of `check_definition`."""
    state = {"Type": "Pass", key: endless(kind), "End": True}
    definition = {"StartAt": "A", "States": {"A": state}}
    with pytest.raises(DefinitionError, match="contains itself"):
        sfn.Workflow.from_dict(definition)
    (finding,) = sfn.check_definition(definition)
    assert "contains itself" in finding.message


def test_a_workflow_owns_what_it_was_read_from() -> None:
    """Later changes to the dicts, at any depth, don't change the workflow."""
    rule = {"ErrorEquals": ["E"], "Tomorrow": {"x": [1]}}
    call: dict[str, Any] = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish"}
    call |= {"Parameters": {"list": [1]}, "Retry": [rule], "End": True}
    inner = {"StartAt": "I", "States": {"I": call}}
    map = {"Type": "Map", "ItemProcessor": inner, "End": True}
    definition = {"StartAt": "A", "States": {"A": map}}
    before = json.dumps(definition, sort_keys=True)
    workflow = sfn.Workflow.from_dict(definition)
    call["Parameters"]["list"].append(2)
    rule["Tomorrow"]["x"].append(2)  # type: ignore[index]
    inner["States"].clear()  # type: ignore[attr-defined]
    assert json.dumps(workflow.to_asl(AsWritten()), sort_keys=True) == before
