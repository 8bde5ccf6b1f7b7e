"""`local serve`: the service of a project, or a user's own, for any AWS client."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from sfn_release.operations.verbs.local import data_folder
from support.command_line import CREDENTIALS, Project, run
from support.places import ROOT
from support.serving import SERVED, serving


def asked(url: str, host: str) -> int:
    """Return the status of a request that names *host*."""
    headers = {"Host": host, "X-Amz-Target": "AWSStepFunctions.ListStateMachines"}
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    with contextlib.closing(connection):
        connection.request("POST", "/", body="{}", headers=headers)
        return connection.getresponse().status


def test_the_projects_own_state_is_served(shop: Project) -> None:
    """Any AWS client can list and start the workflows that were published to `local`."""
    shop.publish("1.0.0")
    with serving(shop.root, "--allow-host", "sfn.test") as told:
        client = boto3.client(
            "stepfunctions", region_name="us-east-1", endpoint_url=told["endpoint_url"]
        )
        (machine,) = client.list_state_machines()["stateMachines"]
        started = client.start_execution(stateMachineArn=f"{machine['stateMachineArn']}:live")
        done = client.describe_execution(executionArn=started["executionArn"])
        for host, status in (("sfn.test", 200), ("evil.test", 403)):
            assert status == asked(told["endpoint_url"], host)
    assert (machine["name"], done["output"]) == ("hello", '"Hello Alice"')
    assert Path(told["database"]) == shop.root / ".git" / "sfn-release" / "local" / "shop.db"


def test_the_aws_cli_line_that_is_printed_works(shop: Project) -> None:
    """The text output names the endpoint, and a command to try it."""
    shop.publish("1.0.0")
    process = subprocess.Popen(
        [sys.executable, "-m", "sfn_release", "local", "serve", "--port", "0"],
        cwd=shop.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        url, line = process.stdout.readline(), process.stdout.readline()
        assert url.endswith("  (not AWS)\n")
        program, *arguments = line.split()
        done = subprocess.run(
            [str(Path(sys.executable).with_name(program)), *arguments],
            env=os.environ | {"AWS_PAGER": ""},
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert json.loads(done.stdout)["stateMachines"][0]["name"] == "hello"
    variable = "AWS_DISABLE_HOST_PREFIX_INJECTION=true"
    assert f"for start-sync-execution (EXPRESS) and test-state: {variable}" in said


def test_the_command_that_tests_a_state_works(shop: Project) -> None:
    """The page sets the variable without which AWS clients look for another host."""
    page = (ROOT / "docs" / "reference" / "language.md").read_text(encoding="utf-8")
    (command,) = (
        text for text in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if "test-state" in text
    )
    inherited = {name: text for name, text in os.environ.items() if name not in SERVED}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with serving(shop.root) as printed:
        done = subprocess.run(
            ["bash", "-euc", command.replace("http://127.0.0.1:8083", printed["endpoint_url"])],
            env=inherited | CREDENTIALS | {"AWS_PAGER": "", "PATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
    assert json.loads(json.loads(done.stdout)["output"]) == {"doubled": 42}


@pytest.mark.parametrize(
    "page", ["docs/how-to/from-step-functions-local.md", "docs/reference/language.md"]
)
def test_the_pages_that_name_the_variable_say_for_what(page: str) -> None:
    """Both operations have the host prefix: StartSyncExecution and TestState."""
    text = (ROOT / page).read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    (paragraph,) = (part for part in prose.split("\n\n") if "`sync-`" in part)
    for operation in ("start-sync-execution", "test-state"):
        assert operation in paragraph
    assert "AWS_DISABLE_HOST_PREFIX_INJECTION=true" in paragraph


def test_outside_a_repository_the_state_is_the_users(tmp_path: Path) -> None:
    """Outside a project, the service uses the user's data folder."""
    with serving(tmp_path, XDG_DATA_HOME=str(tmp_path / "data")) as told:
        assert Path(told["database"]) == tmp_path / "data" / "sfn-release" / "local.db"
        client = boto3.client(
            "stepfunctions", region_name="us-east-1", endpoint_url=told["endpoint_url"]
        )
        assert client.list_state_machines()["stateMachines"] == []


@pytest.mark.parametrize(
    ("platform", "environ", "folder"),
    [
        ("linux", {"HOME": "/home/a"}, "/home/a/.local/share/sfn-release"),
        ("linux", {"HOME": "/home/a", "XDG_DATA_HOME": "/data"}, "/data/sfn-release"),
        ("darwin", {"HOME": "/Users/a"}, "/Users/a/Library/Application Support/sfn-release"),
        ("win32", {"HOME": "/u", "LOCALAPPDATA": "/u/local"}, "/u/local/sfn-release"),
    ],
)
def test_a_users_data_folder(platform: str, environ: dict[str, str], folder: str) -> None:
    """Each operating system has its own folder for a user's data."""
    assert data_folder(environ, platform) == Path(folder)


def test_a_port_that_is_taken(shop: Project, local_server: str) -> None:
    """The error names the port that is in use."""
    port = local_server.rpartition(":")[2]
    ran = shop.run("local", "serve", "--port", port)
    assert (ran.code, ran.out) == (1, "")
    assert "E_LOCAL" in ran.err
    assert port in ran.err


@pytest.mark.parametrize("environment", ["aws"], indirect=True)
def test_only_a_local_environment_is_served(project: Project) -> None:
    """An environment on AWS can't be served."""
    ran = run("-C", str(project.root), "local", "serve", "--env", "aws")
    assert ran.code == 2
    assert "aws can't be served" in ran.err


def test_execute_warns_about_mocks_that_answer_nothing(shop: Project) -> None:
    """On `local`, a mock for an unknown task or Resource is a warning with the nearest name."""
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    machine = {
        "StartAt": "Charge",
        "States": {"Charge": {**task, "Parameters": {"FunctionName": "f"}}},
    }
    shop.write("workflows/pay.asl.json", json.dumps(machine))
    shop.write("workflows/pay.mocks.json", json.dumps({"Charge": {"payload": 1}}))
    shop.publish("1.0.0")
    assert "warning" not in shop.ok("execute", "pay").err
    mocks = {"Charge": {"payload": 1}, "Chrage": {"payload": 2}}
    shop.write("workflows/pay.mocks.json", json.dumps(mocks))
    warned = shop.ok("execute", "pay").err
    assert 'workflows/pay.mocks.json: "Chrage" is neither a state nor a Resource of pay.' in warned
    assert 'Did you mean "Charge"?' in warned


def test_other_machines_can_connect_when_you_ask_for_it(shop: Project) -> None:
    """With --listen, a container's port can be mapped; host names are still checked."""
    with serving(shop.root, "--listen", "0.0.0.0", "--allow-host", "sfn") as told:  # noqa: S104
        for host, status in (("sfn:8083", 200), ("localhost", 200), ("evil.test", 403)):
            assert status == asked(told["endpoint_url"], host)
    ran = shop.run("local", "serve", "--listen", "nowhere")
    assert (ran.code, "it isn't an IP address" in ran.err) == (1, True)


def test_the_state_can_be_in_memory(shop: Project, tmp_path: Path) -> None:
    """The service begins with nothing, inside and outside a project, and leaves no file."""
    shop.publish("1.0.0")
    for folder in (shop.root, tmp_path):
        with serving(folder, "--in-memory", XDG_DATA_HOME=str(tmp_path / "data")) as told:
            assert told["database"] is None
            client = boto3.client(
                "stepfunctions", region_name="us-east-1", endpoint_url=told["endpoint_url"]
            )
            assert client.list_state_machines()["stateMachines"] == []
    assert not (tmp_path / "data").exists()
