"""`explain` over HTTP: executions of the order workflow on a served Step Functions, and of moto."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sfn_release.local_service import open_service
from sfn_release.local_service.http.server import start
from sfn_release.simulator import TaskCall, TaskFailure, TaskResult
from support.command_line import ROLE, Project, run
from support.executions import Answers
from support.places import ROOT
from support.services import ACCOUNT

CONFIG = """\
[project]
name = "shop"
remote = ""
default_environment = "prod"

[environments.prod]
region = "us-east-1"
endpoint_url = "{url}"
role_arn = "{role}"

[environments.prod.parameters]
ChargeFunction = "arn:aws:lambda:us-east-1:000000000000:function:charge"
OrdersTable = "orders"
OrdersTopic = "arn:aws:sns:us-east-1:000000000000:orders"
"""
ORDER = {"order_id": "7", "total": 40, "items": [{"sku": "tea", "quantity": 2}]}


def answer(call: TaskCall) -> Any:
    """Answer the tasks of an order: a total of 666 crashes the function that charges it."""
    if call.state != "Charge":
        return TaskResult({"MessageId": "1"} if "sns" in call.resource else {})
    amount = call.payload["Payload"]["amount"]
    if amount == 666:
        frames = ['  File "/var/task/app.py", line 7, in charge\n    raise\n']
        crash = {"errorMessage": "no card\x1b[31m", "errorType": "CardError", "stackTrace": frames}
        raise TaskFailure("CardError", json.dumps(crash))
    pending = amount == 60 and not call.attempt
    return TaskResult({"StatusCode": 200, "Payload": {"status": "PENDING" if pending else "PAID",
                                                      "charge_id": "ch-1"}})  # fmt: skip


@pytest.fixture
def orders(repository: Path, tmp_path: Path) -> Iterator[Project]:
    """Serve Step Functions, and release the sample project there."""
    service = open_service(tmp_path / "aws.db", tasks_for=lambda _scope: Answers(answer))
    with start(service) as server:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "workflows", repository / "workflows", ignore=ignored)
        project = Project(repository, environment="prod", endpoint=server.url)
        project.write("releases.toml", CONFIG.format(url=server.url, role=ROLE))
        project.publish("1.0.0")
        yield project


def execution(orders: Project, **members: Any) -> str:
    """Run an order, and return the ARN of its execution."""
    ran = orders.run("--json", "execute", "orders", "--input", json.dumps(ORDER | members))
    return str(ran.json["execution_arn"])


def test_an_order_that_fails(orders: Project) -> None:
    """Why, by way of the Catch that led to the Fail state; control characters are escaped."""
    arn = execution(orders, total=666)
    shown = orders.ok("explain", arn).out
    assert shown.startswith("FAILED  orders 1.0.0 in prod")
    assert "The Fail state Order Failed ended the execution with CardError." in shown
    assert "It came there because Charge failed, and a Catch took it: CardError" in shown
    assert "\x1b" not in shown
    assert "  [0] Reserve Item  Task" in shown
    explained = orders.json("explain", arn)
    names = [state["name"] for state in explained["states"]]
    assert names == [
        "Is It An Order", "Accept Order", "Prepare", "Reserve Items", "Record Order",
        "Reserve Item", "Charge", "Tell Customer", "Order Failed",
    ]  # fmt: skip
    charge = explained["states"][6]
    assert (charge["ended"], charge["error"], charge["attempts"]) == ("caught", "CardError", 1)
    assert explained["states"][5]["iterations"] == [["Reserve Items", 0]]
    assert explained["commit"] == orders.git("rev-parse", "HEAD")
    graph = orders.ok("explain", arn, "--format", "mermaid").out
    assert "✗ failed: CardError" in graph
    assert '|"States.ALL<br/>1×"|' in graph


def test_where_the_time_of_an_order_went(orders: Project) -> None:
    """Into the Wait state; and `-v` shows whole data."""
    arn = execution(orders)
    shown = orders.ok("-v", "explain", arn).out
    assert shown.startswith("SUCCEEDED  orders 1.0.0 in prod")
    assert "\nWhy\n" not in shown
    assert "(193 characters)" not in shown
    other = orders.run("explain", arn, "--env", "local")
    assert (other.code, f"There is no execution {arn} in local." in other.err) == (1, True)


def test_a_saved_history_is_explained_in_its_project(orders: Project, tmp_path: Path) -> None:
    """The ledger knows the release of its state machine version; the AWS CLI saves it."""
    import boto3

    arn = execution(orders)
    client: Any = boto3.client(
        "stepfunctions", region_name="us-east-1", endpoint_url=orders.endpoint
    )
    history = client.get_execution_history(executionArn=arn)
    described = client.describe_execution(executionArn=arn)
    saved = {"execution": described, "events": history["events"]}
    file = tmp_path / "history.json"
    file.write_text(json.dumps(saved, default=str))
    explained = orders.json("explain", str(file))
    assert (explained["execution_arn"], explained["version"]) == (arn, "1.0.0")
    assert explained["states"] == orders.json("explain", arn)["states"]
    orders.ok("replay", "orders", "--last", "1", "--save", str(tmp_path / "saved"))
    (kept,) = (tmp_path / "saved").iterdir()
    (tmp_path / "elsewhere").mkdir()
    elsewhere = run("-C", str(tmp_path / "elsewhere"), "explain", str(kept))
    assert elsewhere.out.startswith("SUCCEEDED  orders 1.0.0 in prod")
    assert "  release    1.0.0, as the file says" in elsewhere.out
    file.write_text(json.dumps({"events": history["events"]}, default=str))
    assert orders.json("explain", str(file))["status"] == "SUCCEEDED"
    graph = orders.ok("explain", str(file), "--format", "mermaid").out
    assert "Nothing Ordered" in graph, "the work tree knows the definition"


def test_an_execution_of_moto(repository: Path, other_services: str) -> None:
    """Which no release of the project made."""
    import boto3

    project = Project(repository, environment="prod", endpoint=other_services)
    config = CONFIG.format(url=other_services, role=ROLE)
    project.write("releases.toml", config.replace("endpoint", f'account = "{ACCOUNT}"\nendpoint'))
    project.commit(hello="x")
    client: Any = boto3.client(
        "stepfunctions", region_name="us-east-1", endpoint_url=other_services
    )
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    made = client.create_state_machine(name="m", definition=json.dumps(definition), roleArn=role)
    arn = client.start_execution(stateMachineArn=made["stateMachineArn"])["executionArn"]
    explained = project.json("explain", arn)
    assert (explained["execution_arn"], explained["version"]) == (arn, None)
    assert explained["states"]
    shown = project.ok("explain", arn).out
    assert "not a release of this project: the environment has no record" in shown


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no history of an execution"),
        (b'{"events": []}', "has no history of an execution"),
        (b"{", "can't be read as the history of an execution"),
        (b"\xff\xfe", "can't be read as the history of an execution"),
        (b'{"events": 1}', "has no history of an execution"),
        (b"[1]", "has no history of an execution"),
        (b"[" * 100_000, "can't be read as the history of an execution"),
    ],
)
def test_a_file_that_is_no_history(repository: Path, content: bytes, message: str) -> None:
    """A line says so, without a traceback."""
    (repository / "history.json").write_bytes(content)
    ran = Project(repository).run("explain", "history.json")
    assert ran.code in {1, 2}
    assert message in ran.err, ran.err
    assert Project(repository).run("explain", "none.json").code == 2
