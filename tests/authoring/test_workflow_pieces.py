"""Pieces of a workflow: chains by ``>>``, fragments, and the verbs that make states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sfn_release as sfn
from sfn_release import path
from sfn_release.authoring.state import as_list
from sfn_release.errors import DefinitionError


def steps(workflow: sfn.Workflow) -> dict[str, Any]:
    """Return the next state of each state: an id, or "end"."""
    states = workflow.serialize()["States"]
    return {id: body.get("Next", "end") for id, body in states.items()}


# -- chains ---------------------------------------------------------------------------------------


def test_a_chain_is_a_workflow_in_an_expression() -> None:
    """`a >> b >> c` links the states; `of` ends the workflow."""
    chain = sfn.Pass("A") >> sfn.Wait("B", seconds=1) >> sfn.Pass("C")
    assert repr(chain) == "Chain(A >> B >> C)"
    assert steps(sfn.Workflow.of(chain)) == {"A": "B", "B": "C", "C": "end"}


def test_a_chain_goes_wherever_a_workflow_does() -> None:
    """A chain is a branch, an item processor, a start, or the next piece."""
    each = sfn.Map("Each", item_processor=sfn.Pass("D") >> sfn.Pass("E"))
    both = sfn.Parallel("Both", branches=[sfn.Pass("F") >> sfn.Succeed("G"), each >> sfn.Pass("H")])
    workflow = (
        sfn.Workflow().start_from(sfn.Pass("A") >> sfn.Pass("B")).next_then(both >> sfn.Pass("I"))
    )
    definition = workflow.end().serialize()
    assert list(definition["States"]) == ["A", "B", "Both", "I"]
    left, right = definition["States"]["Both"]["Branches"]
    assert left == {
        "StartAt": "F",
        "States": {"F": {"Type": "Pass", "Next": "G"}, "G": {"Type": "Succeed"}},
    }
    assert right["States"]["H"] == {"Type": "Pass", "End": True}
    inner = right["States"]["Each"]["ItemProcessor"]
    assert inner["States"]["E"] == {"Type": "Pass", "End": True}


def test_a_piece_goes_on_from_all_its_open_ends() -> None:
    """All open ends of a piece lead to the next state."""
    left, right = sfn.Pass("Left"), sfn.Pass("Right", end=True)
    which = sfn.Choice("Which", choices=[sfn.Var("$.a").is_null().next_then(left)], default=right)
    piece = sfn.Workflow().start_from(which)
    workflow = sfn.Workflow().start_from(sfn.Pass("A")).next_then(piece).next_then(sfn.Pass("B"))
    states = workflow.end().serialize()["States"]
    assert states["Left"]["Next"] == states["Right"]["Next"] == "B"
    assert states["A"]["Next"] == "Which"
    assert steps(sfn.Workflow.of(sfn.Pass("X") >> sfn.Workflow.of(sfn.Pass("Y")) >> sfn.Pass("Z")))


def test_a_piece_of_another_query_language_is_refused() -> None:
    """Its states would silently change their meaning."""
    piece = sfn.Workflow.of(sfn.Pass("A"), query_language="JSONata")
    with pytest.raises(DefinitionError, match="workflow uses JSONPath, but the piece uses JSONata"):
        sfn.Workflow().start_from(sfn.Pass("B")).next_then(piece)
    both = sfn.Workflow(query_language="JSONata").start_from(piece).end()
    assert steps(both) == {"A": "end"}


def test_a_chain_may_lead_back() -> None:
    """A loop stays a loop, and nothing can follow it."""
    look = sfn.Pass("Look")
    chain = look >> sfn.Wait("Wait", seconds=5) >> look
    assert chain.ends == ()
    with pytest.raises(DefinitionError, match='"Look" goes to "Wait" already'):
        _ = chain >> sfn.Pass("Never")


def test_a_transition_may_lead_to_a_chain() -> None:
    """A transition leads to a chain's first state, and the chain's open end ends the workflow."""
    retried = sfn.Wait("Pause", seconds=1)
    work = sfn.Task(
        "Work", resource="arn:x", catch=[sfn.Catch("E", sfn.Pass("Note") >> sfn.Pass("Give up"))]
    )
    which = sfn.Choice(
        "Which",
        choices=[sfn.Var("$.a").is_null().next_then(retried >> work)],
        default=sfn.Pass("Other") >> sfn.Succeed("Fine"),
    )
    definition = sfn.Workflow().start_from(which).serialize()
    assert definition["States"]["Which"]["Choices"][0]["Next"] == "Pause"
    assert definition["States"]["Which"]["Default"] == "Other"
    assert definition["States"]["Work"]["Catch"][0]["Next"] == "Note"
    ends = {"Work": True, "Give up": True}
    assert ends == {id: body["End"] for id, body in definition["States"].items() if "End" in body}
    piece = sfn.Workflow().start_from(which)
    after = sfn.Workflow().start_from(piece).next_then(sfn.Pass("After")).end().serialize()
    assert after["States"]["Work"]["Next"] == after["States"]["Give up"]["Next"] == "After"


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: sfn.Succeed("S") >> sfn.Pass("A"), 'Nothing can follow "S"'),
        (lambda: sfn.Pass("A", end=True) >> sfn.Pass("B"), '"A" ends the workflow already'),
        (lambda: sfn.Pass("A", next="X") >> sfn.Pass("B"), '"A" goes to "X" already'),
        (lambda: sfn.Choice("C", default="D") >> sfn.Pass("B"), "already has a next state"),
        (lambda: sfn.Pass("A") >> 5, "not int"),  # type: ignore[operator]
        (lambda: sfn.Pass("A") >> {"Type": "Pass"}, "not dict"),  # type: ignore[operator]
        (lambda: sfn.Pass("A") >> sfn.Workflow(), "no first state"),
    ],
)
def test_a_wrong_chain_is_refused_where_it_is_written(
    write: Callable[[], object], message: str
) -> None:
    """As by `next_then`."""
    with pytest.raises(DefinitionError, match=message):
        write()


# -- pieces of one state, and states after a Choice ------------------------------------------------


def _links(workflow: sfn.Workflow) -> dict[str, Any]:
    """Return the next state of each state of a valid workflow."""
    states = workflow.serialize()["States"]
    return {id: body.get("Next") or body.get("Default") for id, body in states.items()}


def test_a_state_is_a_branch_and_an_item_processor() -> None:
    """The states that it leads to are included, and the open end gets an End."""
    work = sfn.Pass("Work", next=sfn.Pass("After"))
    both = sfn.Parallel("Both", branches=[work, sfn.Succeed("Rest")])
    each = sfn.Map("Each", item_processor=sfn.Pass("Item"))
    old = sfn.Map("Old", iterator=sfn.Pass("Old item"))
    alone = sfn.Parallel("Alone", branches=sfn.Pass("One"))
    states = sfn.Workflow.of(both, each, old, alone).serialize()["States"]
    first, second = states["Both"]["Branches"]
    assert first["StartAt"] == "Work"
    assert first["States"]["After"] == {"Type": "Pass", "End": True}
    assert second["States"] == {"Rest": {"Type": "Succeed"}}
    ended = {"Type": "Pass", "End": True}
    assert states["Each"]["ItemProcessor"] == {"StartAt": "Item", "States": {"Item": ended}}
    assert states["Old"]["Iterator"] == {"StartAt": "Old item", "States": {"Old item": ended}}
    assert states["Alone"]["Branches"] == [{"StartAt": "One", "States": {"One": ended}}]


def test_the_verbs_take_single_states_too() -> None:
    """The verbs accept single states and iterables of branches, as the classes do."""
    workflow = sfn.Workflow().parallel(iter([sfn.Pass("A"), sfn.Pass("B")]), id="Both")
    workflow.parallel(sfn.Pass("C"), id="One").map(sfn.Pass("D"), id="Each").end()
    states = workflow.serialize()["States"]
    assert [list(branch["States"]) for branch in states["Both"]["Branches"]] == [["A"], ["B"]]
    assert [list(branch["States"]) for branch in states["One"]["Branches"]] == [["C"]]
    assert list(states["Each"]["ItemProcessor"]["States"]) == ["D"]


def test_a_function_that_makes_a_piece_is_called_once() -> None:
    """The states are the same ones every time that the workflow is written."""
    calls = []

    def piece() -> sfn.Chain:
        calls.append(1)
        return sfn.Pass("A") >> sfn.Pass("B")

    parallel = sfn.Parallel("P", branches=[piece])
    workflow = sfn.Workflow.of(parallel, sfn.Map("M", iterator=sfn.Succeed))
    assert workflow.serialize() == workflow.serialize()
    assert calls == [1]
    branch = workflow.serialize()["States"]["P"]["Branches"][0]
    assert branch["States"]["A"]["Next"] == "B"


def test_a_single_state_is_copied_with_a_fragment() -> None:
    """A prefix reaches it, and the original keeps its id."""
    inner = sfn.Pass("Inner")
    copied = (sfn.Parallel("P", branches=[inner]) >> sfn.Pass("Z")).prefixed("a ")
    branch = sfn.Workflow.of(copied).serialize()["States"]["a P"]["Branches"][0]
    assert (inner.id, branch["StartAt"]) == ("Inner", "a Inner")


IS_A, IS_B = sfn.Var("$.a").is_present(), sfn.Var("$.b").is_present()


def test_the_ways_of_a_choice_meet_in_the_next_state() -> None:
    """Open ends of a Choice's rules and default lead to the next state."""
    short, long = sfn.Pass("Short"), sfn.Pass("Long") >> sfn.Pass("Longer")
    refused = sfn.Fail("Refused")
    choice = sfn.Choice("C", choices=[IS_A.next_then(short), IS_B.next_then(refused)], default=long)
    links = _links(sfn.Workflow.of(sfn.Pass("A") >> choice >> sfn.Pass("Z") >> sfn.Succeed("S")))
    assert links == {
        "A": "C",
        "C": "Long",
        "Short": "Z",
        "Long": "Longer",
        "Longer": "Z",
        "Z": "S",
        "S": None,
        "Refused": None,
    }


def test_what_follows_a_choice_without_a_default_is_its_default() -> None:
    """It works like the code after an `if` without an else, in nested choices too."""
    inner = sfn.Choice("Inner", choices=[IS_B.next_then(sfn.Pass("B"))])
    outer = sfn.Choice("Outer", choices=[IS_A.next_then(sfn.Pass("A") >> inner)])
    links = _links(sfn.Workflow.of(outer >> sfn.Pass("Z")))
    assert links == {"Outer": "Z", "A": "Inner", "Inner": "Z", "B": "Z", "Z": None}


def test_a_choice_may_skip_to_what_follows_it() -> None:
    """A rule may name the next state, which then doesn't follow itself."""
    rest = sfn.Pass("Rest")
    choice = sfn.Choice("C", choices=[IS_A.next_then(rest)], default=sfn.Pass("Work"))
    assert _links(sfn.Workflow.of(choice >> rest)) == {"C": "Work", "Work": "Rest", "Rest": None}
    done = sfn.Succeed("Done")
    closed = sfn.Choice("C", choices=[IS_A.next_then(done)], default=sfn.Fail("F"))
    assert _links(sfn.Workflow.of(closed >> done)) == {"C": "F", "Done": None, "F": None}


def test_a_choice_may_lead_back_before_it_goes_on() -> None:
    """A loop stays a loop: only open ends are linked."""
    work = sfn.Pass("Work")
    again = sfn.Choice("Again", choices=[IS_A.next_then(work), IS_B.next_then("Work")])
    links = _links(sfn.Workflow.of(work >> again >> sfn.Pass("Z")))
    assert links == {"Work": "Again", "Again": "Z", "Z": None}
    pause = sfn.Wait("Pause", seconds=1)
    first = sfn.Pass("First")
    loop = first >> sfn.Choice("C", choices=[IS_A.next_then(pause)], default=sfn.Succeed("S"))
    assert _links(sfn.Workflow.of(loop >> first))["Pause"] == "First"


def test_states_that_end_or_catch_are_left_alone() -> None:
    """An End stays an End, and the states of a catcher aren't linked."""
    caught = sfn.Pass("Caught", end=True)
    ended = sfn.Raw("Ended", {"Type": "Pass", "End": True})
    work = sfn.task.activity("arn:aws:states:eu-west-1:111122223333:activity:a", id="Work")
    work.catch = sfn.Catch(sfn.States.ALL, caught)
    choice = sfn.Choice("C", choices=[IS_A.next_then(work), IS_B.next_then(ended)])
    links = _links(sfn.Workflow.of(choice >> sfn.Pass("Z")))
    assert links == {"C": "Z", "Work": "Z", "Ended": None, "Caught": None, "Z": None}


def test_ways_that_nothing_follows_end_the_workflow() -> None:
    """Open ends get an End in a workflow, in a branch, and after the Choice."""
    a, b = sfn.Pass("A"), sfn.Pass("B")
    choice = sfn.Choice("C", choices=[IS_A.next_then(a)], default=b)
    workflow = sfn.Workflow.of(sfn.Pass("Start"), choice)
    workflow.continue_from(b).next_then(sfn.Pass("Later")).end()
    states = workflow.serialize()["States"]
    assert (states["A"]["End"], states["B"]["Next"], states["C"]["Default"]) == (True, "Later", "B")
    inner = sfn.Choice("C", choices=[IS_A.next_then(sfn.Pass("A"))], default=sfn.Pass("B"))
    both = sfn.Workflow.of(sfn.Parallel("P", branches=[sfn.Pass("Start") >> inner]))
    branch = both.serialize()["States"]["P"]["Branches"][0]["States"]
    assert branch["A"]["End"] is branch["B"]["End"] is True
    again = sfn.Workflow.of(both.prefixed("x "))
    assert "x A" in again.serialize()["States"]["x P"]["Branches"][0]["States"]


def test_the_verbs_go_on_after_a_choice() -> None:
    """The verbs work on a Choice as a chain does."""
    choice = [IS_A.next_then(sfn.Pass("A"))]
    workflow = sfn.Workflow().choice(choice, sfn.Pass("B"), id="C").next_then(sfn.Pass("Z")).end()
    assert _links(workflow) == {"C": "B", "Z": None, "A": "Z", "B": "Z"}
    ended = sfn.Workflow().choice([IS_A.next_then(sfn.Pass("A"))], sfn.Pass("B"), id="C").end()
    assert _links(ended) == {"C": "B", "A": None, "B": None}


# -- fragments ------------------------------------------------------------------------------------


def fragment(topic: str) -> sfn.Chain:
    """Return a piece with every kind of transition, nested graphs, and an open end."""
    sorry = sfn.Pass("Sorry", next="Outside")
    send = sfn.task.optimized(
        "sns:publish", {"TopicArn": topic}, id="Send", catch=[sfn.Catch(sfn.States.ALL, sorry)]
    )
    which = sfn.Choice(
        "Which", choices=[sfn.Var("$.again").boolean_equals(True).next_then("Send")], default=sorry
    )
    each = sfn.Map("Each", item_processor=sfn.Pass("Item") >> sfn.Pass())
    written = {
        "StartAt": "Deep",
        "States": {
            "Deep": {"Type": "Choice", "Choices": [{"Next": "End"}], "Default": "Deep"},
            "End": {"Type": "Task", "Catch": [{"Next": "Deep"}], "Next": "Elsewhere"},
        },
    }
    raw = sfn.Raw("Raw", {"Type": "Parallel", "Branches": [written], "Catch": [{"Next": "Send"}]})
    plain = sfn.Parallel("Plain", branches=[written])
    return send >> each >> raw >> plain >> which


def test_a_fragment_can_be_used_twice() -> None:
    """Every id and every transition has the prefix; the fragment itself stays as it is."""
    piece = fragment("t")
    first, second = piece.prefixed("1 "), piece.prefixed("2 ")
    definition = sfn.Workflow().start_from(first).to_asl(_Names())
    states = definition["States"]
    assert set(states) == {"1 Send", "1 Each", "1 Raw", "1 Plain", "1 Which", "1 Sorry"}
    assert definition["StartAt"] == "1 Send"
    assert states["1 Send"]["Next"] == "1 Each"
    assert states["1 Send"]["Catch"][0]["Next"] == "1 Sorry"
    assert states["1 Which"]["Choices"][0]["Next"] == "1 Send"
    assert states["1 Which"]["Default"] == "1 Sorry"
    assert states["1 Sorry"]["Next"] == "Outside"
    inner = states["1 Each"]["ItemProcessor"]
    assert list(inner["States"]) == ["1 Item", "1 Pass 2"]
    assert inner["States"]["1 Item"]["Next"] == "1 Pass 2"
    for id in ("1 Raw", "1 Plain"):
        (branch,) = states[id]["Branches"]
        assert branch["StartAt"] == "1 Deep"
        assert branch["States"]["1 Deep"]["Choices"] == [{"Next": "1 End"}]
        assert branch["States"]["1 Deep"]["Default"] == "1 Deep"
        assert branch["States"]["1 End"]["Catch"] == [{"Next": "1 Deep"}]
        assert branch["States"]["1 End"]["Next"] == "Elsewhere"
    assert states["1 Raw"]["Catch"] == [{"Next": "1 Send"}]
    assert "1 Send" not in sfn.Workflow().start_from(piece).to_asl(_Names())["States"]
    assert {state.id for state in second.states} == {id.replace("1", "2") for id in states}


class _Names:
    def id_of(self, state: sfn.State | str) -> str:
        """Return the id."""
        return state if isinstance(state, str) else state.id or "unnamed"


def test_fragments_follow_each_other_in_one_workflow() -> None:
    """A function that returns a piece can be called twice in one workflow."""

    def notify(topic: str) -> sfn.Chain:
        send = sfn.task.optimized(
            "sns:publish", {"TopicArn": topic, "Message": path("$.text")}, id="Send"
        )
        return send >> sfn.Pass("Sent")

    workflow = sfn.Workflow.of(
        sfn.Pass("Begin"), notify("a").prefixed("Alice: "), notify("b").prefixed("Bob: ")
    )
    assert steps(workflow) == {
        "Begin": "Alice: Send",
        "Alice: Send": "Alice: Sent",
        "Alice: Sent": "Bob: Send",
        "Bob: Send": "Bob: Sent",
        "Bob: Sent": "end",
    }


def test_a_copy_shares_nothing_with_its_fragment() -> None:
    """A change of one doesn't affect the other."""
    task = sfn.task.sdk("s3:getObject", {"Bucket": "b"}, id="T", catch=[sfn.Catch("E", "T")])
    chain = task >> sfn.Choice("C", choices=[sfn.Var("$.a").is_null().next_then(task)])
    fresh = chain.prefixed("x ")
    copy = fresh.first
    assert isinstance(copy, sfn.Task)
    assert copy.parameters == {"Bucket": "b"}
    copy.parameters["Bucket"] = "c"  # type: ignore[index]
    assert task.parameters == {"Bucket": "b"}
    assert [catcher.next for catcher in as_list(copy.catch)] == ["x T"]
    assert copy.next is fresh.parts[1]


def test_a_long_workflow_is_no_deep_one() -> None:
    """Thousands of states in a row are copied and written without recursion."""
    workflow = sfn.Workflow()
    for number in range(2000):
        state = sfn.Pass(f"S{number}")
        workflow = workflow.next_then(state) if number else workflow.start_from(state)
    copy = workflow.end().prefixed("x")
    assert len(copy.to_asl(_Names())["States"]) == 2000
    assert copy.states[-1].id == "xS1999"


def test_a_definition_that_was_read_is_a_fragment_too() -> None:
    """Its links are ids; they get the prefix."""
    definition = {
        "Comment": "c",
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Next": "B"},
            "B": {"Type": "Pass", "Retry": [], "End": True},  # a state that stays Raw
        },
    }
    piece = sfn.Workflow.from_dict(definition)
    prefixed = piece.prefixed("x")
    assert prefixed.start == "xA"
    assert prefixed.comment == "c"
    assert piece.to_asl(_Names()) == definition
    workflow = sfn.Workflow().start_from(prefixed).next_then(sfn.Succeed("C"))
    states = workflow.to_asl(_Names())["States"]
    assert states["xA"] == {"Type": "Pass", "Next": "xB"}
    assert states["xB"] == {"Type": "Pass", "Retry": [], "Next": "C"}


# -- verbs ----------------------------------------------------------------------------------------


def test_states_can_be_made_on_the_way() -> None:
    """Each verb makes a state and goes on from it."""
    accepted = sfn.Pass("Accepted")
    workflow = (
        sfn.Workflow()
        .start_from(sfn.Pass("Begin"))
        .parallel([sfn.Workflow.of(sfn.Pass("L")), sfn.Pass("R1") >> sfn.Pass("R2")], id="Both")
        .map(sfn.Workflow.of(sfn.Pass("Item")), items_path="$.items", max_concurrency=2, id="Each")
        .wait("A while", seconds=0)
        .choice([sfn.Var("$.ok").boolean_equals(True).next_then(accepted)], default="No", id="Ok")
        .continue_from(accepted)
        .succeed("Yes")
    )
    workflow.add(sfn.Fail("No", error="E"))
    states = workflow.serialize()["States"]
    assert {id: body["Type"] for id, body in states.items()} == {
        "Begin": "Pass",
        "Both": "Parallel",
        "Each": "Map",
        "A while": "Wait",
        "Ok": "Choice",
        "Accepted": "Pass",
        "Yes": "Succeed",
        "No": "Fail",
    }
    assert states["Each"]["ItemsPath"] == "$.items"
    assert states["Each"]["MaxConcurrency"] == 2
    assert states["A while"] == {"Type": "Wait", "Seconds": 0, "Next": "Ok"}


@pytest.mark.parametrize(
    ("start", "type"),
    [
        (lambda new: new.start_from_parallel([sfn.Workflow.of(sfn.Pass())]), "Parallel"),
        (lambda new: new.start_from_map(sfn.Workflow.of(sfn.Pass()), items_path="$"), "Map"),
        (lambda new: new.start_from_choice([], default=sfn.Succeed("Done")), "Choice"),
        (lambda new: new.parallel([sfn.Workflow.of(sfn.Pass())]), "Parallel"),
        (lambda new: new.wait(seconds=1), "Wait"),
        (lambda new: new.succeed(), "Succeed"),
        (lambda new: new.fail(cause="c", error="e"), "Fail"),
    ],
)
def test_a_workflow_may_start_from_such_a_state(
    start: Callable[[sfn.Workflow], sfn.Workflow], type: str
) -> None:
    """Explicitly, or as the first verb; the id is made of type and position."""
    workflow = start(sfn.Workflow())
    assert workflow.start is workflow.states[0]
    assert workflow.states[0].type == type
    with pytest.raises(DefinitionError, match="already starts from"):
        workflow.start_from(sfn.Pass("Again"))


def test_a_subflow_is_a_workflow_of_its_own() -> None:
    """A subflow is another workflow, for a branch for example; the first one doesn't change."""
    workflow = sfn.Workflow().start_from(sfn.Pass("A"))
    sub = workflow.subflow_from(sfn.Pass("B")).next_then(sfn.Pass("C")).end()
    assert steps(sub) == {"B": "C", "C": "end"}
    assert [state.id for state in workflow.states] == ["A"]


def test_no_default_of_the_verbs_is_written() -> None:
    """Fields that aren't given are absent. Empty and zero values are present."""
    workflow = sfn.Workflow().start_from(sfn.Pass("A", result={})).wait("W", seconds=0).fail(id="F")
    assert workflow.serialize()["States"] == {
        "A": {"Type": "Pass", "Result": {}, "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 0, "Next": "F"},
        "F": {"Type": "Fail"},
    }


# -- retry and catch, step by step ----------------------------------------------------------------


def test_a_retrier_is_written_step_by_step() -> None:
    """Each step returns a new retrier, and the errors add up."""
    start = sfn.Retry.new()
    retry = (
        start.if_timeout_error()
        .if_error("Mine", "Yours")
        .with_interval_seconds(2)
        .with_max_attempts(0)
        .with_back_off_rate(1.5)
        .with_max_delay_seconds(9)
        .with_full_jitter()
    )
    assert retry.to_asl() == {
        "ErrorEquals": ["States.Timeout", "Mine", "Yours"],
        "IntervalSeconds": 2,
        "MaxAttempts": 0,
        "BackoffRate": 1.5,
        "MaxDelaySeconds": 9,
        "JitterStrategy": "FULL",
    }
    assert start.errors == []


def test_a_catcher_is_written_step_by_step() -> None:
    """Each step sets the catcher's target or output."""
    sorry = sfn.Fail("Sorry")
    catch = sfn.Catch.new().if_all_error().next_then(sorry).with_result_path(None)
    assert catch.to_asl("Sorry") == {
        "ErrorEquals": ["States.ALL"],
        "ResultPath": None,
        "Next": "Sorry",
    }
    assert catch.target is sorry
    jsonata = catch.with_assign({"e": 1}).with_output(sfn.q.error_output)
    assert jsonata.to_asl("Sorry", "JSONata")["Output"] == "{% $states.errorOutput %}"


def test_a_catcher_that_leads_nowhere_is_refused() -> None:
    """The error names the state and the fix."""
    task = sfn.Task("T", resource="arn:x", catch=[sfn.Catch.new().if_timeout_error()])
    (finding,) = sfn.Workflow.of(task).diagnostics()
    assert "The Catch of States.Timeout has no next state" in finding.message


STEPS = {
    "if_all_error": "States.ALL",
    "if_heartbeat_timeout_error": "States.HeartbeatTimeout",
    "if_timeout_error": "States.Timeout",
    "if_task_failed_error": "States.TaskFailed",
    "if_permissions_error": "States.Permissions",
    "if_result_path_match_failure_error": "States.ResultPathMatchFailure",
    "if_parameter_path_failure_error": "States.ParameterPathFailure",
    "if_branch_failed_error": "States.BranchFailed",
    "if_no_choice_matched_error": "States.NoChoiceMatched",
    "if_intrinsic_failure_error": "States.IntrinsicFailure",
    "if_data_limit_exceeded_error": "States.DataLimitExceeded",
    "if_query_evaluation_error": "States.QueryEvaluationError",
    "if_lambda_unknown_error": "Lambda.Unknown",
    "if_lambda_service_error": "Lambda.ServiceException",
    "if_lambda_aws_error": "Lambda.AWSLambdaException",
    "if_lambda_sdk_client_error": "Lambda.SdkClientException",
    "if_lambda_too_many_requests_error": "Lambda.TooManyRequestsException",
}


@pytest.mark.parametrize(("step", "error"), STEPS.items())
def test_every_error_step_names_its_error(step: str, error: str) -> None:
    """For Retry and Catch alike."""
    for rule in (sfn.Retry.new(), sfn.Catch.new()):
        assert [error] == getattr(rule, step)().errors


# -- any graph ------------------------------------------------------------------------------------


@st.composite
def workflows(draw: st.DrawFn) -> sfn.Workflow:
    """Return a workflow of chains, choices, parallels and loops, as an author might build it."""
    counter = iter(range(1000))

    def piece(depth: int) -> sfn.Chain | sfn.State:
        kind = draw(st.sampled_from(["pass", "wait", "chain", "parallel", "map", "fragment"]))
        name = draw(st.sampled_from([None, f"S{next(counter)}"]))
        if depth == 0 or kind == "pass":
            return sfn.Pass(name, result=draw(st.sampled_from([None, {}, "$.x", 0])))
        if kind == "wait":
            return sfn.Wait(name, seconds=draw(st.integers(0, 9)))
        if kind == "parallel":
            branches = [sfn.Workflow.of(piece(depth - 1)) for _ in range(draw(st.integers(1, 3)))]
            return sfn.Parallel(name, branches=branches)
        if kind == "map":
            return sfn.Map(name, item_processor=sfn.Workflow.of(piece(depth - 1)))
        first, second = piece(depth - 1), piece(depth - 1)
        chain = first >> second
        return chain.prefixed(f"F{next(counter)} ") if kind == "fragment" else chain

    workflow = sfn.Workflow()
    for _ in range(draw(st.integers(1, 3))):
        part = piece(2)
        workflow = workflow.next_then(part) if workflow.start else workflow.start_from(part)
    if draw(st.booleans()):
        yes, no = sfn.Pass("Yes"), sfn.Fail("No", error="E")
        rule = sfn.Var("$.a").is_null().next_then(yes)
        return workflow.choice([rule], default=no, id="Which").continue_from(yes).end()
    return workflow.end()


@given(workflows())
def test_whatever_is_built_is_sound_and_the_same_every_time(workflow: sfn.Workflow) -> None:
    """A built workflow has no errors and stable ids, and reading it back changes nothing."""
    definition = workflow.serialize()
    assert definition == workflow.serialize()
    assert definition == sfn.Workflow.from_dict(definition).serialize()
    prefixed = sfn.Workflow.of(workflow.prefixed("p ")).serialize()
    assert len(str(prefixed)) >= len(str(definition))
    assert prefixed["StartAt"] == f"p {definition['StartAt']}"
    assert [f"p {id}" for id in definition["States"]] == list(prefixed["States"])
