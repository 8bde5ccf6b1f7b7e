"""Replays child executions of distributed Maps: of an environment, and of saved files."""

from __future__ import annotations

import json
import time
import weakref
from pathlib import Path
from typing import Any

import pytest

from sfn_release.aws.stepfunctions import in_process
from sfn_release.errors import AccessError
from sfn_release.local_service import open_service
from sfn_release.operations.replaying.saved_executions import ExecutionFolder
from sfn_release.operations.verbs.replay import replay, replay_files
from sfn_release.simulator import TaskResult
from support.executions import Answers
from support.faulty_client import Faulty, refused
from support.shop import ALONE, Shop, make_shop
from support.world import REGION

ROWS = 12


def definition(**work: Any) -> dict[str, Any]:
    """Return a workflow with a distributed Map, which has no Label."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": "https://example.com/q", "MessageBody.$": "$"},
        "End": True,
        **work,
    }
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Send",
        "States": {"Send": task},
    }
    each = {"Type": "Map", "ItemProcessor": processor, "End": True}
    return {"StartAt": "Each", "States": {"Each": each}}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a shop whose `hello` ran once in prod, with twelve child executions."""
    shop = make_shop(tmp_path / "shop", config=ALONE)
    service = open_service(
        ":memory:",
        tasks_for=lambda _scope: Answers(lambda _: TaskResult({"MessageId": "1"})),
        clock=time.time,
        region=REGION,
    )
    client = in_process(service.answer, region=REGION)
    weakref.finalize(client, service.close)
    shop.clients["prod"] = client
    write(shop, definition())
    shop.commit()
    shop.publish("1.0.0", "prod")
    arn = f"{shop.arn('hello', 'prod')}:live"
    started = client.start_execution(stateMachineArn=arn, input=json.dumps([*range(ROWS)]))
    for _ in range(100):
        described = client.describe_execution(executionArn=started["executionArn"])
        if described["status"] != "RUNNING":
            break
    assert described["status"] == "SUCCEEDED"
    return shop


def write(shop: Shop, content: dict[str, Any]) -> None:
    """Write the definition of `hello` into the work tree."""
    shop.write("workflows/hello.asl.json", json.dumps(content))


def test_ten_children_of_a_map_run_are_replayed_and_kept(shop: Shop, tmp_path: Path) -> None:
    """The same from their files; a changed task is found in each of them, with its ARN."""
    folder = ExecutionFolder(tmp_path / "kept", "prod")
    report = replay(shop.workspace(), "hello", environment="prod", keep=folder.save)
    assert (report.executions, report.same, folder.saved) == (11, 11, 11)
    header = json.loads(next((tmp_path / "kept").glob("*.json")).read_text())["sfn_release"]
    assert header.get("map_state") in {None, "Each"}

    another = {"QueueUrl": "https://example.com/other", "MessageBody.$": "$"}
    write(shop, definition(Parameters=another))
    for found in (
        replay(shop.workspace(), "hello", environment="prod"),
        replay_files(shop.workspace(), "hello", [tmp_path / "kept"]),
    ):
        assert (found.executions, found.same, len(found.different)) == (11, 1, 10)
        first = found.different[0]
        assert (first["state"], first["what"]) == ("Send", "arguments")
        assert "/" in first["execution"].split(":")[6]


def test_a_missing_permission_names_the_action(shop: Shop) -> None:
    """It is ListExecutions of the map run."""

    def answer(request: dict[str, Any]) -> None:
        if "mapRunArn" in request:
            raise refused("AccessDeniedException", "ListExecutions")

    refusing: Any = Faulty(shop.clients["prod"], list_executions=answer)
    shop.clients["prod"] = refusing
    with pytest.raises(AccessError, match="states:ListExecutions"):
        replay(shop.workspace(), "hello", environment="prod")
