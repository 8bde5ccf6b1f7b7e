"""`explain`: one execution in plain words, from an environment or from a file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.command_line import Project, run

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:charge"
PAY = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            "Type": "Task",
            "Resource": FUNCTION,
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 5, "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["busy"], "Next": "Sorry"}],
            "Next": "Paid",
        },
        "Paid": {"Type": "Succeed"},
        "Sorry": {"Type": "Fail", "Error": "Sorry"},
    },
}


@pytest.fixture
def paying(project: Project) -> Project:
    """Publish a workflow with one task, which is too busy twice."""
    project.write("workflows/pay.asl.json", json.dumps(PAY))
    project.write("workflows/pay.mocks.json", json.dumps({"Charge": {"error": "Busy"}}))
    project.publish("1.0.0")
    return project


def arn_of(ran: Any) -> str:
    """Return the ARN of an execution that `execute` started."""
    return str(json.loads(ran.out)["execution_arn"])


@pytest.mark.parametrize("environment", ["local"], indirect=True)
def test_a_failed_execution_is_explained(paying: Project) -> None:
    """The state, its retries, the nearest catcher, and the release that ran."""
    arn = arn_of(paying.run("--json", "execute", "pay", "--input", '{"n": 1}'))
    told = paying.ok("explain", arn).out
    assert told.startswith("FAILED  pay 1.0.0 in local (not AWS), took 5 s\n")
    for text in (
        "  release    1.0.0, commit ",
        "Charge failed with Busy.",
        "Charge was tried 2 times: its Retry of Busy allows 1 retry.",
        'No Catch of Charge names Busy; it catches busy. "busy" came nearest',
        "attempt 2 +5 s, 5 s later: failed after 0 s: Busy",
        "100% of the execution, 5 s between attempts",
    ):
        assert text in told, told
    explained = paying.json("explain", arn)
    (charge,) = explained["states"]
    assert (charge["name"], charge["attempts"], charge["error"]) == ("Charge", 2, "Busy")
    assert (charge["input"], charge["output"]) == ({"n": 1}, None)
    assert (explained["version"], explained["workflow"]) == ("1.0.0", "pay")
    assert explained["commit"] == paying.git("rev-parse", "HEAD")
    assert explained["reason"]["state"] == "Charge"


@pytest.mark.parametrize("environment", ["local"], indirect=True)
def test_the_way_is_drawn_on_the_state_graph(paying: Project) -> None:
    """Taken and missed edges differ by words and lines, and the failed state says so."""
    arn = arn_of(paying.run("--json", "execute", "pay"))
    graph = paying.ok("explain", arn, "--format", "mermaid").out
    assert graph.startswith("flowchart TD\n")
    assert "✗ failed: Busy" in graph.replace("#10007;", "✗").replace("#58;", ":")
    assert 'begin -->|"1×"| s1' in graph.replace("#215;", "×")
    assert paying.json("explain", arn, "--format", "mermaid")["graph"] == graph


def test_a_history_file_needs_no_project(tmp_path: Any) -> None:
    """The output of the AWS CLI is enough."""
    events = [
        {"id": 1, "type": "ExecutionStarted", "timestamp": "2026-01-01T01:00:00+01:00",
         "executionStartedEventDetails": {"input": "{}"}},
        {"id": 2, "previousEventId": 0, "type": "ChoiceStateEntered", "timestamp": 1767225601.5,
         "stateEnteredEventDetails": {"name": "Is it", "input": '{"a": 1}'}},
        {"id": 3, "previousEventId": 2, "type": "ExecutionFailed", "timestamp": 1767225602,
         "executionFailedEventDetails": {"error": "States.NoChoiceMatched"}},
    ]  # fmt: skip
    (tmp_path / "history.json").write_text(json.dumps({"events": events}))
    ran = run("-C", str(tmp_path), "explain", "history.json")
    assert ran.code == 0, ran.err
    assert "FAILED  an execution, took 2 s" in ran.out
    assert "unknown: there is no project here" in ran.out
    assert "Is it failed with States.NoChoiceMatched." in ran.out
    assert 'The data was {"a": 1}' in ran.out
    assert run("explain", "-", stdin=json.dumps(events)).code == 0


def test_a_history_that_is_cut_off_is_incomplete(tmp_path: Any) -> None:
    """It isn't running: the file doesn't say how it ended."""
    event = {"timestamp": 1, "type": "ExecutionStarted", "id": 1, "previousEventId": 0}
    page = {"events": [{**event, "executionStartedEventDetails": {"input": "{}"}}]}
    (tmp_path / "part.json").write_text(json.dumps({**page, "nextToken": "more"}))
    told = run("-C", str(tmp_path), "explain", "part.json")
    assert told.out.startswith("INCOMPLETE  an execution\n")
    assert "the rest of the history is missing" in told.out
    assert run("-C", str(tmp_path), "--json", "explain", "part.json").json["incomplete"] is True
    (tmp_path / "text.json").write_text("EVENTS\t1\t0\tExecutionStarted")
    refused = run("-C", str(tmp_path), "explain", "text.json")
    assert refused.code == 1
    assert "--output json" in refused.err


@pytest.mark.parametrize("environment", ["local"], indirect=True)
def test_express_executions_of_local_have_no_history(project: Project) -> None:
    """The message names the command that shows the way of an input."""
    module = (
        "import sfn_release as sfn\n"
        'quick = sfn.StateMachine("quick", sfn.Workflow.of(sfn.Pass("A")), type="EXPRESS")\n'
    )
    project.write("workflows/quick.py", module)
    project.publish("1.0.0")
    ran = project.run("explain", arn_of(project.run("--json", "execute", "quick")))
    assert ran.code == 1
    assert "local (not AWS) keeps no history of EXPRESS executions" in ran.err
    assert "sfn-release execute WORKFLOW --tree" in ran.err
