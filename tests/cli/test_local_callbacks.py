"""`execute` of a workflow that waits for an answer from outside."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from support.command_line import Project
from support.serving import serving

SEND = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
APPROVE: dict[str, Any] = {
    "StartAt": "Approve",
    "States": {
        "Approve": {
            "Type": "Task",
            "Resource": SEND,
            "Parameters": {
                "QueueUrl": "https://sqs.test/queue",
                "MessageBody": {"token.$": "$$.Task.Token"},
            },
            "TimeoutSeconds": 3600,
            "End": True,
        }
    },
}
MOCKS = {"Approve": {"submitted": {"MessageId": "1"}}}


@pytest.fixture
def approvals(shop: Project) -> Project:
    """Publish a workflow that waits for an approval, whose request alone is mocked."""
    shop.write("workflows/approve.asl.json", json.dumps(APPROVE))
    shop.write("workflows/approve.mocks.json", json.dumps(MOCKS))
    shop.publish("1.0.0")
    return shop


@contextlib.contextmanager
def executing(project: Project, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run `execute approve` in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sfn_release", "--json", "execute", "approve", *options],
        cwd=project.root,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def shown_token(process: subprocess.Popen[str]) -> str:
    """Read the lines that say what the execution waits for; return the task token."""
    assert process.stderr is not None
    first, sent = process.stderr.readline(), process.stderr.readline()
    assert (
        "Approve waits for a task token, which sqs:sendMessage.waitForTaskToken was sent" in first
    )
    found = re.search(r'"token":"(\w+)"', sent)
    assert found is not None, sent
    return found[1]


def test_an_answer_from_another_process_ends_the_execution(approvals: Project) -> None:
    """It is shown with its token, and goes on when `local serve` takes the answer."""
    with executing(approvals) as process, serving(approvals.root) as printed:
        token = shown_token(process)
        client: Any = boto3.client(
            "stepfunctions", region_name="us-east-1", endpoint_url=printed["endpoint_url"]
        )
        client.send_task_success(taskToken=token, output='{"approved": true}')
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["output"] == {"approved": True}


def test_ctrl_c_stops_a_local_execution(approvals: Project) -> None:
    """It runs in the process of the command, so it ends with it, and says so."""
    with executing(approvals, "--name", "mine") as process:
        shown_token(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped the execution" in err
    with serving(approvals.root) as printed:
        client: Any = boto3.client(
            "stepfunctions", region_name="us-east-1", endpoint_url=printed["endpoint_url"]
        )
        (machine,) = (
            machine["stateMachineArn"]
            for machine in client.list_state_machines()["stateMachines"]
            if machine["name"] == "approve"
        )
        (execution,) = client.list_executions(stateMachineArn=machine)["executions"]
    assert (execution["name"], execution["status"]) == ("mine", "ABORTED")


def test_nobody_can_answer_an_execution_of_the_work_tree(shop: Project) -> None:
    """Without a timeout it fails at once; with one it runs into it, and a line says why."""
    state = {
        name: value for name, value in APPROVE["States"]["Approve"].items() if "Time" not in name
    }
    endless = {"StartAt": "Approve", "States": {"Approve": state}}
    shop.write("workflows/approve.mocks.json", json.dumps(MOCKS))
    shop.write("workflows/approve.asl.json", json.dumps(endless))
    ran = shop.run("--json", "execute", "approve", "--tree")
    assert (ran.code, ran.json["status"]) == (1, "FAILED")
    assert ran.json["error"] == "SfnRelease.NobodyAnswers"
    for part in ("Approve waits", "nobody can send", "Publish the workflow", '"return"'):
        assert part in ran.json["cause"]
    shop.write("workflows/approve.asl.json", json.dumps(APPROVE))
    ran = shop.run("--json", "execute", "approve", "--tree")
    assert (ran.json["status"], ran.json["error"]) == ("FAILED", "States.Timeout")
    assert "warning: Approve waits" in ran.err
    assert "It runs into its timeout." in ran.err


def test_nobody_can_answer_a_nested_execution_of_the_work_tree(shop: Project) -> None:
    """It doesn't wait in the clock of the machine for an hour; its parent has the cause."""
    shop.write("workflows/approve.asl.json", json.dumps(APPROVE))
    shop.write("workflows/approve.mocks.json", json.dumps(MOCKS))
    child = "arn:aws:states:us-east-1:000000000000:stateMachine:approve"
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child},
        "End": True,
    }
    shop.write("workflows/top.asl.json", json.dumps({"StartAt": "Go", "States": {"Go": start}}))
    ran = shop.run("--json", "execute", "top", "--tree")
    assert (ran.json["status"], ran.json["error"]) == ("FAILED", "States.TaskFailed")
    assert "SfnRelease.NobodyAnswers" in ran.json["cause"]


def test_no_wait_does_not_leave_a_local_execution_behind(approvals: Project) -> None:
    """The command shows the wait, stops the execution, and exits 1."""
    ran = approvals.run("execute", "approve", "--no-wait")
    assert (ran.code, ran.out.split()[0]) == (1, "ABORTED")
    assert "Approve waits for a task token" in ran.err
    assert "Leave out --no-wait" in ran.err
    endpoint = "--endpoint-url http://127.0.0.1:8083 --region us-east-1"
    assert f"to answer:  aws stepfunctions {endpoint} send-task-success" in ran.err
    assert "first run  sfn-release local serve" in ran.err
    with serving(approvals.root) as printed:
        ran = approvals.run("execute", "approve", "--no-wait")
    assert f"--endpoint-url {printed['endpoint_url']} --region us-east-1" in ran.err
    assert "first run" not in ran.err
    assert "127.0.0.1:8083" in approvals.run("execute", "approve", "--no-wait").err


def test_no_wait_of_an_execution_that_ends(shop: Project) -> None:
    """A local execution that waits for nothing has ended when it is started."""
    shop.write(
        "workflows/quick.py",
        "import sfn_release as sfn\n"
        "state_machine = sfn.StateMachine(\n"
        "    name='quick', workflow=sfn.Workflow.of(sfn.Pass('A')), type='EXPRESS')\n",
    )
    shop.publish("1.0.0")
    ran = shop.ok("--json", "execute", "hello", "--no-wait")
    assert ran.json["status"] == "SUCCEEDED"
    ran = shop.ok("--json", "execute", "quick", "--no-wait")
    assert ran.json["status"] == "RUNNING"  # nothing shows the end of an EXPRESS execution
