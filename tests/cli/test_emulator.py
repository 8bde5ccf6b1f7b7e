"""An environment whose endpoint is on this machine: `local serve`, or another emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from support.command_line import ROLE, Project

ACCOUNT = "000000000000"
CALLER = {
    "StartAt": "Call",
    "States": {
        "Call": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution",
            "Parameters": {
                "StateMachineArn": "${workflow:hello}",
                "Input": {"Account": "${AWS::AccountId}"},
            },
            "End": True,
        }
    },
}


def emulated(repository: Path, endpoint: str, *lines: str) -> Project:
    """Return a project with the environment that the README shows, at *endpoint*, and two flows."""
    project = Project(repository)
    head = '[project]\nname = "shop"\ndefault_environment = "emulator"\n\n'
    text = ["[environments.emulator]", 'backend = "aws"', 'region = "us-east-1"']
    # Tests share the server; the name of a test's folder keeps its state machines apart.
    text += [f"endpoint_url = {endpoint}", f'name = "{{workflow}}-{repository.parent.name}"']
    text.append(f'role_arn = "{ROLE}"')
    project.write("releases.toml", head + "\n".join([*text, *lines]) + "\n")
    project.workflow("hello", "one")
    project.write("workflows/caller.asl.json", json.dumps(CALLER))
    project.commit()
    return project


def called(project: Project, url: str) -> tuple[str, str]:
    """Return the account and the ARN that callers of `caller` use."""
    client = boto3.client("stepfunctions", region_name="us-east-1", endpoint_url=url)
    name = f"caller-{project.root.parent.name}"
    arn = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:{name}"
    definition = json.loads(client.describe_state_machine(stateMachineArn=arn)["definition"])
    parameters = definition["States"]["Call"]["Parameters"]
    return parameters["Input"]["Account"], parameters["StateMachineArn"]


@pytest.mark.parametrize(
    ("endpoint", "lines"),
    [
        ('"{url}"', ()),
        ('"{url}"', (f'account = "{ACCOUNT}"',)),
        ('{{ stepfunctions = "{url}" }}', (f'account = "{ACCOUNT}"',)),
    ],
    ids=["without-account", "with-account", "step-functions-alone"],
)
def test_the_account_of_local_serve_fills_definitions_from_the_first_release_on(
    repository: Path, local_server: str, endpoint: str, lines: tuple[str, ...]
) -> None:
    """Every command works with `${AWS::AccountId}` and `${workflow:…}`, and never calls AWS."""
    project = emulated(repository, endpoint.format(url=local_server), *lines)
    checked = project.ok("env", "check").out
    assert "the endpoint is on this machine: any credentials will do" in checked
    assert "create state machine" in project.ok("plan").out
    project.ok("publish", "1.0.0")
    hello = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:hello-{repository.parent.name}:live"
    assert called(project, local_server) == (ACCOUNT, hello)
    project.commit(hello="two")
    project.ok("publish", "1.1.0", "--no-deploy")
    project.ok("deploy", "1.1.0")
    project.ok("rollback")
    assert called(project, local_server) == (ACCOUNT, hello)
    assert project.json("status", "--check")["environments"][0]["state"] == "in-sync"


def test_an_emulator_without_sts_needs_the_account(
    repository: Path, local_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STS is asked, and the error asks for `account`; once that is set, STS isn't called."""
    monkeypatch.setattr(
        "sfn_release.local_service.http.sts.is_get_caller_identity", lambda *_: False
    )
    for endpoint in (f'"{local_server}"', f'{{ stepfunctions = "{local_server}" }}'):
        project = emulated(repository, endpoint)
        planned = project.run("plan")
        assert planned.code == 1
        assert "error: The account of emulator is unknown." in planned.err
        assert 'account = "000000000000"' in planned.err
        project = emulated(repository, endpoint, f'account = "{ACCOUNT}"')
        assert "create state machine" in project.ok("plan").out


def test_local_serve_answers_as_sts(local_server: str) -> None:
    """The account is taken from the access key, as for state machines."""

    def who(key: str, region: str = "us-east-1") -> dict[str, Any]:
        client = boto3.client(
            "sts",
            region_name=region,
            endpoint_url=local_server,
            aws_access_key_id=key,
            aws_secret_access_key="x",
        )
        answer: dict[str, Any] = client.get_caller_identity()
        return {name: answer[name] for name in ("Account", "Arn", "UserId")}

    root = f"arn:aws:iam::{ACCOUNT}:root"
    assert who("any") == {"Account": ACCOUNT, "Arn": root, "UserId": ACCOUNT}
    other = "123456789012"
    root = f"arn:aws-cn:iam::{other}:root"
    assert who(other, "cn-north-1") == {"Account": other, "Arn": root, "UserId": other}
