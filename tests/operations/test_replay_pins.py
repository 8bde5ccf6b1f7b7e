"""Replays where deployments pin functions: each execution is replayed with its own pins."""

from __future__ import annotations

import json
import time
import weakref
from pathlib import Path
from typing import Any

import pytest

from sfn_release.aws.stepfunctions import in_process
from sfn_release.local_service import open_service
from sfn_release.operations.verbs.replay import replay
from sfn_release.simulator import TaskResult
from support.executions import Answers
from support.services import Lambda
from support.shop import ALONE, Shop, make_shop
from support.world import REGION

PINNED = ALONE + 'pins = "resolve"\n'


def definition(comment: str, function: str = "${Who}") -> dict[str, Any]:
    """Return the definition of a workflow that invokes a function."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "End": True,
    }
    return {"Comment": comment, "StartAt": "Charge", "States": {"Charge": task}}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a shop whose prod answers tasks, and pins the function `Alice`."""
    shop = make_shop(tmp_path / "shop", config=PINNED)
    service = open_service(
        ":memory:",
        tasks_for=lambda _scope: Answers(lambda _: TaskResult({"Payload": {}})),
        clock=time.time,
        region=REGION,
    )
    client = in_process(service.answer, region=REGION)
    weakref.finalize(client, service.close)
    functions = Lambda()
    functions.add("Alice", "one")
    shop.clients["prod"], shop.others["lambda"] = client, functions
    return shop


def release(shop: Shop, version: str, content: dict[str, Any]) -> None:
    """Publish a release to prod, and run it once."""
    shop.write("workflows/hello.asl.json", json.dumps(content))
    shop.commit()
    shop.publish(version, "prod")
    client = shop.client("prod")
    arn = f"{shop.arn('hello', 'prod')}:live"
    execution = client.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
    while client.describe_execution(executionArn=execution)["status"] == "RUNNING":
        pass


def test_each_execution_is_replayed_with_the_pins_of_its_deployment(shop: Shop) -> None:
    """A new version of a function isn't a difference of the workflow."""
    release(shop, "1.0.0", definition("first"))
    shop.others["lambda"].add("Alice", "one", "two")
    release(shop, "1.1.0", definition("second"))
    called = [
        json.loads(event["taskScheduledEventDetails"]["parameters"])["FunctionName"]
        for execution in shop.client("prod").list_executions(
            stateMachineArn=shop.arn("hello", "prod")
        )["executions"]
        for event in shop.client("prod").get_execution_history(
            executionArn=execution["executionArn"]
        )["events"]
        if "taskScheduledEventDetails" in event
    ]
    assert [name.rpartition(":")[2] for name in called] == ["2", "1"]
    for against in (None, "1.0.0", "1.1.0"):
        report = replay(shop.workspace(), "hello", environment="prod", against=against)
        assert (report.executions, report.same) == (2, 2), report.different


def test_another_function_is_a_difference(shop: Shop) -> None:
    """The arguments name it, with the version that the last deployment pinned."""
    release(shop, "1.0.0", definition("first"))
    shop.write("workflows/hello.asl.json", json.dumps(definition("second", "Bob")))
    report = replay(shop.workspace(), "hello", environment="prod")
    (different,) = report.different
    assert (different["what"], different["at"]) == ("arguments", "$.FunctionName")
    assert (different["candidate"], different["recorded"].rpartition(":")[2]) == ("Bob", "1")
