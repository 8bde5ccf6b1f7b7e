"""The order workflow of this repository, released to a Step Functions over HTTP, and its orders."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sfn_release.local_service import open_service
from sfn_release.local_service.http.server import start
from sfn_release.simulator import TaskCall, TaskFailure, TaskResult
from support.command_line import ROLE, Project
from support.executions import Answers
from support.git import run_git
from support.places import ROOT

EMAIL = "bob.müller@example.com"
SHARED = """
role_arn = "{role}"
alias = "live"
[environments.{name}.parameters]
ChargeFunction = "arn:aws:lambda:us-east-1:000000000000:function:charge-{name}"
OrdersTable = "orders-{name}"
OrdersTopic = "arn:aws:sns:us-east-1:000000000000:orders-{name}"
"""
CONFIG = """\
[project]
name = "shop"
remote = ""
default_environment = "prod"
[environments.local]
"""


def answer(call: TaskCall) -> Any:
    """Answer the tasks of an order. Totals above 500 are declined, and a first try is throttled."""
    if call.state != "Charge":
        return TaskResult({"MessageId": "1"} if "sns" in call.resource else {})
    if call.attempt == 0 and call.payload["Payload"]["order_id"].endswith("2"):
        raise TaskFailure("Lambda.TooManyRequestsException", "Rate exceeded")
    status = "DECLINED" if call.payload["Payload"]["amount"] > 500 else "PAID"
    return TaskResult({"StatusCode": 200, "Payload": {"status": status, "charge_id": "ch-1"}})


@contextmanager
def order_shop(folder: Path) -> Iterator[Project]:
    """Serve Step Functions, and yield a project whose environment ``prod`` is there."""
    service = open_service(folder / "aws.db", tasks_for=lambda _scope: Answers(answer))
    with start(service) as server:
        root = folder / "shop"
        shutil.copytree(
            ROOT / "workflows",
            root / "workflows",
            ignore=shutil.ignore_patterns("__pycache__", "*.tests.toml"),
        )
        project = Project(root, environment="prod", endpoint=server.url)
        local = SHARED.format(name="local", role=ROLE).replace('alias = "live"\n', "")
        prod = f'[environments.prod]\nregion = "us-east-1"\nendpoint_url = "{server.url}"'
        shared = SHARED.format(name="prod", role=ROLE)
        project.write("releases.toml", f"{CONFIG}{local.strip()}\n{prod}{shared}")
        run_git(root, "init", "--quiet")
        project.commit()
        yield project


def order(project: Project, number: int, total: int | None = None) -> str:
    """Start an order over HTTP as callers do, and wait for its end; return the execution."""
    import boto3

    client = boto3.client("stepfunctions", region_name="us-east-1", endpoint_url=project.endpoint)
    machines = client.list_state_machines()["stateMachines"]
    (arn,) = (found["stateMachineArn"] for found in machines if found["name"] == "orders")
    given = {
        "order_id": str(number),
        "items": [{"sku": "a", "quantity": 1 + number}],
        "total": 100 * (number + 1) if total is None else total,
        "customer": {"email": EMAIL},
        "payment": {"card": "4111-1111-1111-1111"},
    }
    begun = client.start_execution(
        stateMachineArn=f"{arn}:live", name=f"order-{number}", input=json.dumps(given)
    )
    execution = str(begun["executionArn"])
    while client.describe_execution(executionArn=execution)["status"] == "RUNNING":
        time.sleep(0.01)
    return execution


def change(project: Project, before: str, after: str) -> None:
    """Change the order workflow of the work tree."""
    file = project.root / "workflows/orders.py"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
