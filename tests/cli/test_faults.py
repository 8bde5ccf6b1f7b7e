"""`sfn-release faults`: the failure map of a workflow of the work tree, or of a file."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from support.command_line import Project

CHARGE = "arn:aws:lambda:us-east-1:000000000000:function:charge"
PAY: dict[str, Any] = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            "Type": "Task",
            "Resource": CHARGE,
            "TimeoutSeconds": 9,
            "Retry": [
                {"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 2},
            ],
            "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "No"}],
            "Next": "Paid?",
        },
        "Paid?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.paid", "BooleanEquals": True, "Next": "Yes"}],
            "Default": "No",
        },
        "Yes": {"Type": "Succeed"},
        "No": {"Type": "Fail", "Error": "NotPaid"},
    },
}
TESTS = """\
[[test]]
name = "a declined card"
input = { order = 1 }
mocks.Charge = { payload = { paid = false } }
[test.expect]
error = "NotPaid"

[[test]]
name = "a paid order"
input = { order = 2 }
mocks.Charge = { payload = { paid = true } }
"""
PAID = json.dumps({"Charge": {"payload": {"paid": True}}})


@pytest.fixture
def paying(shop: Project) -> Project:
    """Make a project with a workflow and its mocks, without a commit."""
    shop.write("workflows/pay.asl.json", json.dumps(PAY))
    shop.write("workflows/pay.mocks.json", PAID)
    return shop


def rows(answer: Any) -> dict[str, Any]:
    return {row["error"]: row for row in answer["faults"]}


def test_the_map_is_one_object(paying: Project) -> None:
    """It has the rows, the problems and the unexplored states."""
    done = paying.json("faults", "pay")
    assert done["schema"] == "sfn-release/faults/1"
    assert (done["workflow"], done["path"]) == ("pay", ["Charge", "Paid?", "Yes"])
    throttled = rows(done)["Lambda.TooManyRequestsException"]
    assert {key: throttled[key] for key in ("state", "handled", "retries", "waited_seconds")} == {
        "state": "Charge",
        "handled": True,
        "retries": 3,
        "waited_seconds": 14,
    }
    assert (throttled["status"], throttled["ends_at"]) == ("FAILED", "No")
    assert throttled["caught_by"]["errors"] == ["States.TaskFailed"]
    assert not rows(done)["States.Timeout"]["handled"]
    assert done["unexplored"] == []
    assert [problem["kind"] for problem in done["problems"]] == ["missing_path"]


def test_the_text_folds_errors_that_end_alike(paying: Project) -> None:
    """Retries, waits, the catcher and the end are on one line."""
    out = paying.ok("faults", "pay").out
    assert "retried 3× over 14s, then caught by Catch 1 → No; FAILED at No" in out
    assert "unhandled 1 error: after 9s; FAILED here" in out
    assert "States.Permissions" in paying.ok("faults", "pay", "-v").out


def test_required_errors_exit_1(paying: Project) -> None:
    """Each unhandled one is named; patterns and several names are allowed."""
    assert paying.ok("faults", "pay", "--require-handled", "Lambda.*,States.TaskFailed").err == ""
    done = paying.run("faults", "pay", "--require-handled", "States.*", "--json")
    assert done.code == 1
    assert done.json["required"] == ["States.*"]
    assert done.err == "error: Charge doesn't handle States.Timeout.\n"


FILE = ("faults", "workflows/pay.asl.json", "--mocks", "workflows/pay.mocks.json")
EVERY = ("--require-handled", "States.*,Lambda.*")


def test_an_unknown_end_is_not_handled(paying: Project) -> None:
    """A task behind a Catch without a mock: it's said, and no gate passes."""
    tell = {"Type": "Task", "Resource": CHARGE, "TimeoutSeconds": 1, "End": True}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Tell"}]
    states = {**PAY["States"], "Tell": tell}
    states["Charge"] = {**states["Charge"], "Catch": catch}
    paying.write("workflows/pay.asl.json", json.dumps({**PAY, "States": states}))
    done = paying.run(*FILE, "--require-handled", "Lambda.Unknown,States.TaskFailed")
    assert done.code == 1
    assert "unknown" in done.out
    assert "isn't known" in done.out
    assert "Charge isn't explored to the end after " in done.err
    assert 'The task "Tell"' in done.err


def test_a_catch_that_leads_to_a_broken_state_is_refused(paying: Project) -> None:
    """It says where the execution breaks."""
    states = {**PAY["States"], "No": {"Type": "Fail", "ErrorPath": "$.Nope"}}
    paying.write("workflows/pay.asl.json", json.dumps({**PAY, "States": states}))
    done = paying.run(*FILE, "--require-handled", "States.TaskFailed")
    assert done.code == 1
    assert done.err == (
        "error: Charge catches States.TaskFailed, but then No fails: States.Runtime.\n"
    )


def test_an_incomplete_map_passes_no_gate(paying: Project) -> None:
    """However few runs there were, it says that their budget is spent, and nothing untrue."""
    for runs in ("1", "2", "5"):
        done = paying.run(*FILE, "--require-handled", "States.TaskFailed", "--most-runs", runs)
        assert done.code == 1
        assert "its budget of" in done.err
        assert "can meet" not in done.err
        assert "has no task that can fail" not in done.out
    assert paying.run(*FILE, "--most-runs", "1").code == 0


def test_the_errors_of_a_task_are_on_one_line(paying: Project) -> None:
    """However many they are."""
    states = {**PAY["States"], "Charge": {**PAY["States"]["Charge"], "Catch": [], "Retry": []}}
    paying.write("workflows/pay.asl.json", json.dumps({**PAY, "States": states}))
    done = paying.run(*FILE, *EVERY)
    (line,) = done.err.splitlines()
    assert line.startswith("error: Charge doesn't handle ")
    assert line.endswith(" more.")


def test_an_error_that_no_task_can_meet_is_a_usage_error(paying: Project) -> None:
    """With the nearest name, so that a typo in CI doesn't pass."""
    done = paying.run("faults", "pay", "--require-handled", "States.Timeot")
    assert done.code == 2
    assert 'Did you mean "States.Timeout"?' in done.err
    assert paying.run("faults", "pay", "--require-handled", ",").code == 2


def test_a_case_that_does_not_succeed_is_refused(paying: Project) -> None:
    """It says how the case ends, and what to do."""
    paying.write("workflows/pay.mocks.json", PAID.replace("true", "false"))
    done = paying.run("faults", "pay")
    assert done.code == 2
    assert "doesn't succeed: pay ends FAILED." in done.err
    assert "NotPaid" in done.err
    assert "Charge → Paid? → No" in done.err
    assert "--input" in done.err


def test_the_case_comes_from_the_tests(paying: Project) -> None:
    """By default from the first test that has to succeed, with its mocks and its input."""
    paying.write("workflows/pay.mocks.json", "{}")
    assert paying.run("faults", "pay").code == 2
    paying.write("workflows/pay.tests.toml", TESTS)
    assert paying.json("faults", "pay")["path"] == ["Charge", "Paid?", "Yes"]
    assert paying.json("faults", "pay", "--test-case", "a paid order")["path"][-1] == "Yes"
    assert paying.run("faults", "pay", "--test-case", "a declined card").code == 2
    wrong = paying.run("faults", "pay", "--test-case", "a paid ordr")
    assert wrong.code == 2
    assert 'Did you mean "a paid order"?' in wrong.err


@pytest.mark.parametrize(
    "mock",
    ["7", '{ ExecutedVersion = "1", Payload = { paid = true }, StatusCode = 200 }', '[{}, "x"]'],
)
def test_it_starts_from_every_test_that_passes(paying: Project, mock: str) -> None:
    """The mocks of a test have all their forms: a result may stand for itself."""
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    task["Parameters"] = {"FunctionName": CHARGE}
    paying.write("workflows/one.asl.json", json.dumps({"StartAt": "A", "States": {"A": task}}))
    paying.write("workflows/one.tests.toml", f'[[test]]\nname = "a"\nmocks.A = {mock}\n')
    assert paying.run("test", "one").code == 0
    assert paying.json("faults", "one")["path"] == ["A"]


def test_an_endless_case_shows_its_loop_once(paying: Project) -> None:
    """With the states before it and its rounds; and advice that a file can follow."""
    end = {"Variable": "$.end", "IsPresent": True, "Next": "Done"}
    states = {
        "Begin": {"Type": "Pass", "Next": "A"},
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Choice", "Choices": [end], "Default": "A"},
        "Done": {"Type": "Succeed"},
    }
    paying.write("workflows/loop.asl.json", json.dumps({"StartAt": "Begin", "States": states}))
    done = paying.run("faults", "workflows/loop.asl.json")
    assert done.code == 2
    assert re.search(r"Its path: Begin, then [\d,]+ times A → B", done.err)
    assert "execute" not in done.err
    assert "--mocks" in done.err
    own = paying.run("faults", "loop").err
    assert "execute loop --tree" in own
    assert max(map(len, own.splitlines())) < 200


def test_mocks_of_a_file_answer_first(paying: Project) -> None:
    """They replace the mocks beside the module."""
    paying.write("workflows/pay.mocks.json", PAID.replace("true", "false"))
    paying.write("good.json", PAID)
    assert paying.json("faults", "pay", "--mocks", "good.json")["path"][-1] == "Yes"
    paying.write("bad.json", '{"Charge": {"payload": 1, "return": 2}}')
    assert "E_CONFIG" in paying.run("faults", "pay", "--mocks", "bad.json").err
    assert paying.run("faults", "pay", "--mocks", "none.json").code == 2


def test_a_file_needs_no_project(paying: Project) -> None:
    """A definition, with a file of mocks."""
    file = ("faults", "workflows/pay.asl.json", "--mocks", "workflows/pay.mocks.json")
    assert rows(paying.json(*file)).keys() == rows(paying.json("faults", "pay")).keys()
    assert "has no mock" in paying.run("faults", "workflows/pay.asl.json").err


def test_a_workflow_without_tasks_has_an_empty_map(shop: Project) -> None:
    """There is nothing that can fail."""
    assert shop.json("faults", "hello")["faults"] == []
    assert "hello has no task" in shop.ok("faults", "hello").out


def test_nested_executions_of_the_project_run_too(paying: Project) -> None:
    """Each run starts the other workflow again, under the name that the definition sets."""
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {
            "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:pay",
            "Name.$": "$$.Execution.Name",
            "Input": {"order": 1},
        },
        "End": True,
    }
    paying.write(
        "workflows/outer.asl.json", json.dumps({"StartAt": "Start", "States": {"Start": start}})
    )
    done = paying.json("faults", "outer")
    assert rows(done)["States.TaskFailed"]["status"] == "FAILED"
    assert done["problems"] == []


@pytest.mark.parametrize("given", ["{", "[1", "@none.json", '{"a": NaN}'])
def test_input_that_is_not_json_is_a_usage_error(paying: Project, given: str) -> None:
    """As for `execute`."""
    assert paying.run("faults", "pay", "--input", given).code == 2
