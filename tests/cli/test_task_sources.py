"""Tasks that a project's own handlers and workflows answer: released, and in the work tree."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.command_line import Project
from support.places import SHARED

CASES = SHARED / "cases"
SETTINGS = """
[project]
name = "shop"

[environments.local]
buckets = { orders = "data" }

[environments.local.handlers]
ChargeFunction = { handler = "app.charge:handler", environment = { CURRENCY = "EUR" } }
refund = "app.charge:refund"

[environments.local.parameters]
ChargeFunction = "arn:aws:lambda:eu-west-1:111111111111:function:charge:live"
"""
HANDLERS = """
import os

def handler(event, context):
    print("charging", event["id"])
    return {"paid": event["id"], "in": os.environ["CURRENCY"], "by": context.function_name}

def refund(event, context):
    raise LookupError("no such payment")
"""


def task(resource: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def one(name: str, state: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": name, "States": {name: state}}


LAMBDA = "arn:aws:states:::lambda:invoke"
START = "arn:aws:states:::states:startExecution.sync:2"
CHILD = "arn:aws:states:us-east-1:000000000000:stateMachine:charging"
WORKFLOWS = {
    "charging": one("Charge", task("${ChargeFunction}")),
    "refunding": one("Refund", task(LAMBDA, Parameters={"FunctionName": "refund"})),
    "parent": one(
        "Pay",
        task(
            START,
            Parameters={"StateMachineArn": CHILD, "Input.$": "$"},
            ResultSelector={"output.$": "$.Output"},
            TimeoutSeconds=60,
        ),
    ),
    "reading": one(
        "Read",
        task(
            "arn:aws:states:::aws-sdk:s3:getObject",
            Parameters={"Bucket": "orders", "Key": "a.txt"},
            OutputPath="$.Body",
        ),
    ),
}


@pytest.fixture
def project(repository: Path) -> Project:
    """Return a project whose tasks have no mocks."""
    project = Project(repository)
    project.write("releases.toml", SETTINGS)
    project.write("app/charge.py", HANDLERS)
    project.write("data/a.txt", "order a")
    for name, definition in WORKFLOWS.items():
        project.write(f"workflows/{name}.asl.json", json.dumps(definition))
    return project


def ran(project: Project, *arguments: str, tree: bool) -> dict[str, Any]:
    """Return the execution of a workflow, of a release or of the work tree."""
    if not tree:
        project.publish("1.0.0")
    done = project.run("--json", "execute", *arguments, *(["--tree"] if tree else []))
    found: dict[str, Any] = json.loads(done.out)
    return {**found, "code": done.code, "err": done.err}


@pytest.mark.parametrize("tree", [False, True])
def test_a_handler_is_found_by_the_parameter_that_names_its_function(
    project: Project, *, tree: bool
) -> None:
    """It has its environment, and prints to standard error."""
    done = ran(project, "charging", "--input", '{"id": 7}', tree=tree)
    assert done["output"] == {"paid": 7, "in": "EUR", "by": "charge"}
    assert "charging 7" in done["err"]


@pytest.mark.parametrize("tree", [False, True])
def test_a_failing_handler_fails_the_execution(project: Project, *, tree: bool) -> None:
    """With the error that Lambda reports."""
    done = ran(project, "refunding", tree=tree)
    assert (done["code"], done["status"], done["error"]) == (1, "FAILED", "LookupError")
    assert json.loads(done["cause"])["errorMessage"] == "no such payment"


@pytest.mark.parametrize("tree", [False, True])
def test_a_workflow_starts_another_of_the_project(project: Project, *, tree: bool) -> None:
    """Whose tasks its own sources answer."""
    done = ran(project, "parent", "--input", '{"id": 7}', tree=tree)
    assert done["output"] == {"output": {"paid": 7, "in": "EUR", "by": "charge"}}


@pytest.mark.parametrize("tree", [False, True])
def test_a_workflow_starts_another_by_its_alias(project: Project, *, tree: bool) -> None:
    """As `${workflow:NAME}` names it."""
    state = task(START, Parameters={"StateMachineArn": "${workflow:charging}", "Input": {"id": 7}})
    project.write("workflows/parent.asl.json", json.dumps(one("Pay", state)))
    done = ran(project, "parent", tree=tree)
    assert done["status"] == "SUCCEEDED", done


@pytest.mark.parametrize("tree", [False, True])
def test_a_misspelt_workflow_of_the_project_is_named(project: Project, *, tree: bool) -> None:
    """The task that starts it has no mock, and the cause names the workflow that is near."""
    state = task(START, Parameters={"StateMachineArn": CHILD.removesuffix("g")})
    project.write("workflows/parent.asl.json", json.dumps(one("Pay", state)))
    done = ran(project, "parent", tree=tree)
    assert 'chargin here. Did you mean "charging"?' in done["cause"]


@pytest.mark.parametrize("tree", [False, True])
def test_a_folder_stands_in_for_a_bucket(project: Project, *, tree: bool) -> None:
    """Relative to the project."""
    assert ran(project, "reading", tree=tree)["output"] == "order a"


@pytest.mark.parametrize("tree", [False, True])
def test_an_option_puts_another_folder_in_its_place(project: Project, *, tree: bool) -> None:
    """For one execution; what isn't a folder is refused."""
    project.write("today/a.txt", "another order")
    done = ran(project, "reading", "--bucket", "orders=today", tree=tree)
    assert done["output"] == "another order"
    refused = project.run("execute", "reading", "--bucket", "orders=none")
    assert (refused.code, "is not a folder" in refused.err) == (2, True)


def test_a_mock_file_comes_before_a_handler(project: Project) -> None:
    """So that a test can leave a slow function out."""
    project.write("workflows/charging.mocks.json", '{"Charge": {"payload": "mocked"}}')
    assert ran(project, "charging", tree=True)["output"] == "mocked"


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not part of the project")
@pytest.mark.parametrize("tree", [False, True])
def test_the_nested_execution_of_a_users_report(repository: Path, *, tree: bool) -> None:
    """A parent and child that people want to run together."""
    shutil.copytree(CASES / "20-nested-execution", repository, dirs_exist_ok=True)
    assert ran(Project(repository), "parent", tree=tree)["output"] == {"ok": True}


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not part of the project")
def test_the_sequence_of_a_users_report_counts_over_iterations(repository: Path) -> None:
    """Where you ask for it, as Step Functions Local always does."""
    shutil.copytree(CASES / "12-mock-sequence-in-map", repository, dirs_exist_ok=True)
    project = Project(repository)
    answers = [{"payload": "first"}, {"payload": "second"}]
    mocks = {"Call": {"per": "execution", "answers": answers}}
    project.write("workflows/seq.mocks.json", json.dumps(mocks))
    done = ran(project, "seq", "--input", "[1, 2]", tree=True)
    assert done["output"] == [{"p": "first"}, {"p": "second"}]
