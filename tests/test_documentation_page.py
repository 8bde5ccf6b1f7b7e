"""The documentation page "State Machine Deployment", statement by statement.

Everything is real: a boto_session_manager.BotoSesManager, boto3, and a Step Functions service, the
local one on HTTP.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from boto_session_manager.api import BotoSesManager

import sfn_release as sfn
from sfn_release.local_service import open_service
from sfn_release.local_service.http.server import listen
from sfn_release.simulator import Mocks
from support.places import ROOT

NAME = "stepfunction_deployment_example"
MACHINE = f"arn:aws:states:us-east-1:000000000000:stateMachine:{NAME}"
HOME = "https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@pytest.fixture
def endpoint() -> Iterator[str]:
    local = open_service(":memory:", tasks_for=lambda _scope: Mocks())
    with listen(local, host="127.0.0.1", port=0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
    local.close()


@pytest.fixture(params=["BotoSesManager", "boto3.Session", "client", "sfn.local()"])
def bsm(
    request: pytest.FixtureRequest, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    if request.param == "BotoSesManager":
        held = BotoSesManager(**KEYS, default_client_kwargs={"endpoint_url": endpoint})
    elif request.param == "boto3.Session":
        monkeypatch.setenv("AWS_ENDPOINT_URL_SFN", endpoint)
        held = boto3.Session(**KEYS)
    elif request.param == "client":
        held = boto3.Session(**KEYS).client("stepfunctions", endpoint_url=endpoint)
    else:
        held = sfn.local()
    yield held
    client: Any = getattr(held, "sfn_client", held)
    if hasattr(client, "close"):
        client.close()


def page_workflow() -> tuple[sfn.Workflow, sfn.Pass]:
    workflow = sfn.Workflow()
    input_argument_handling = sfn.Pass(
        id="Input Argument Handling",
        result={"message": "Hello Alice"},
    )
    (
        workflow.start_from(input_argument_handling)
        .next_then(sfn.Pass(id="Task 1"))
        .next_then(sfn.Pass(id="Task 2"))
        .end()
    )
    return workflow, input_argument_handling


def page_machine(workflow: sfn.Workflow) -> sfn.StateMachine:
    state_machine = sfn.StateMachine(
        name=NAME,
        workflow=workflow,
        role_arn="arn:aws:iam::669508176277:role/sanhe-for-everything-admin",
        tags={"Creator": "alice@example.com"},
    )
    state_machine.set_type_as_express()
    return state_machine


def test_the_workflow_is_serialized_with_its_keys_in_the_order_of_the_page() -> None:
    """`print(workflow.serialize())` prints the page's output, to the letter."""
    workflow, _ = page_workflow()
    expected = (
        "{'StartAt': 'Input Argument Handling', 'States': {"
        "'Input Argument Handling': {'Type': 'Pass', 'Result': {'message': 'Hello Alice'},"
        " 'Next': 'Task 1'}, "
        "'Task 1': {'Type': 'Pass', 'Next': 'Task 2'}, "
        "'Task 2': {'Type': 'Pass', 'End': True}}}"
    )
    assert expected == str(workflow.serialize())


def test_the_whole_page_runs_and_prints_its_messages(
    bsm: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Create, update, execute, change, delete: with the page's answers and messages."""
    workflow, input_argument_handling = page_workflow()
    state_machine = page_machine(workflow)

    created = state_machine.deploy(bsm)
    assert created["_deploy_action"] == "create"
    assert created["stateMachineArn"] == MACHINE
    assert (
        f"deploy state machine to '{MACHINE}' ...\n"
        "  not exists, create state machine ...\n"
        f"  done, preview at: {HOME}#/visual-editor?stateMachineArn={MACHINE}\n"
    ) == capsys.readouterr().out

    updated = state_machine.deploy(bsm)
    assert updated["_deploy_action"] == "update"
    assert updated["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "updateDate" in updated
    assert (
        f"deploy state machine to '{MACHINE}' ...\n"
        "  already exists, update state machine ...\n"
        f"  done, preview at: {HOME}#/visual-editor?stateMachineArn={MACHINE}\n"
    ) == capsys.readouterr().out

    first = state_machine.execute(bsm, sync=True)
    assert (first["status"], first["output"]) == ("SUCCEEDED", '{"message":"Hello Alice"}')
    assert first["input"] == "{}"
    last_part = first["executionArn"].rpartition(":")[2]
    execution = MACHINE.replace(":stateMachine:", ":execution:") + f":{last_part}"
    assert (
        f"execute state machine '{MACHINE}'\n  preview at: {HOME}#/executions/details/{execution}\n"
    ) == capsys.readouterr().out

    input_argument_handling.result = {"message": "Hello Bob"}
    assert state_machine.deploy(bsm)["_deploy_action"] == "update"
    assert state_machine.execute(bsm, sync=True)["output"] == '{"message":"Hello Bob"}'
    capsys.readouterr()

    deleted = state_machine.delete(bsm)
    assert list(deleted) == ["ResponseMetadata"]
    assert (
        f"delete state machine '{MACHINE}'\n  done, exam at: {HOME}#/statemachines/view/{MACHINE}\n"
    ) == capsys.readouterr().out


def test_type_express_can_be_an_argument() -> None:
    """`StateMachine(..., type="EXPRESS")` equals `set_type_as_express()`."""
    workflow, _ = page_workflow()
    machine = sfn.StateMachine(NAME, workflow, "arn:aws:iam::1:role/r", type="EXPRESS")
    assert machine.type == page_machine(workflow).type


def test_the_example_of_the_project_is_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    """workflows/hello.py deploys and says hello."""
    import runpy

    module = runpy.run_path(str(ROOT / "workflows" / "hello.py"))
    workflow, _ = page_workflow()
    hello = module["hello"]
    assert workflow.serialize() == hello.declare().definition
    client = sfn.local()
    hello.deploy(client)
    assert hello.execute(client, sync=True)["output"] == '{"message":"Hello Alice"}'
    assert capsys.readouterr().out
