"""Pins from a terminal: Lambda is moto's over HTTP, Step Functions the local service over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sfn_release.local_service import open_service
from sfn_release.local_service.http.server import start
from sfn_release.simulator import Mocks
from support.command_line import ROLE, Project
from support.services import ACCOUNT, code

REGION = "us-east-1"
CHARGE = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:charge"


@pytest.fixture
def functions(other_services: str) -> Any:
    """Return a Lambda client for an account with the function `charge`, published as version 1."""
    import boto3

    iam = boto3.client("iam", region_name=REGION, endpoint_url=other_services)
    role = iam.create_role(RoleName="charge", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client = boto3.client("lambda", region_name=REGION, endpoint_url=other_services)
    client.create_function(
        FunctionName="charge",
        Runtime="python3.13",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": code("one")},
    )
    client.publish_version(FunctionName="charge")
    client.create_alias(FunctionName="charge", Name="live", FunctionVersion="1")
    return client


@pytest.fixture
def shop(repository: Path, tmp_path: Path, other_services: str) -> Iterator[Project]:
    """Return a project whose workflow `orders` refers to `charge` in every possible way."""
    running = open_service(tmp_path / "aws.db", tasks_for=lambda _scope: Mocks(), account=ACCOUNT)
    with start(running) as server:
        project = Project(repository, environment="aws", endpoint=server.url)
        project.write("releases.toml", config(server.url, other_services, "resolve"))
        write(project, "one")
        project.commit()
        yield project


def config(stepfunctions: str, others: str, pins: str) -> str:
    endpoints = f'stepfunctions = "{stepfunctions}", lambda = "{others}", sts = "{others}"'
    return (
        '[project]\nname = "shop"\ndefault_environment = "aws"\n\n[environments.aws]\n'
        f'region = "{REGION}"\naccount = "{ACCOUNT}"\nendpoint_url = {{ {endpoints} }}\n'
        f'role_arn = "{ROLE}"\npins = "{pins}"\n'
    )


def write(project: Project, comment: str) -> None:
    invoke: dict[str, Any] = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
    states = {
        "Name": {**invoke, "Parameters": {"FunctionName": "charge"}, "Next": "Alias"},
        "Alias": {"Type": "Task", "Resource": f"{CHARGE}:live", "Next": "Partial"},
        "Partial": {
            **invoke,
            "Parameters": {"FunctionName": f"{ACCOUNT}:function:charge:$LATEST"},
            "Next": "JSONata",
        },
        "JSONata": {
            **invoke,
            "QueryLanguage": "JSONata",
            "Arguments": {"FunctionName": "{% 'charge' %}", "Qualifier": "1"},
            "End": True,
        },
    }
    definition = {"Comment": comment, "StartAt": "Name", "States": states}
    project.write("workflows/orders.asl.json", json.dumps(definition))


def pins(project: Project) -> Any:
    """Return the pins of the last deployment."""
    return project.json("history")["deployments"][0]["workflows"]["orders"]["pins"]


def test_functions_are_pinned_and_told(shop: Project, functions: Any) -> None:
    """The plan shows each pin, the record has it, and a new version of the code is an update."""
    first = shop.ok("publish", "1.0.0")
    assert "pin charge → :1\n" in first.err
    assert "pin charge:live → :1\n" in first.err
    assert pins(shop) == {
        "charge": f"{CHARGE}:1",
        f"{CHARGE}:live": f"{CHARGE}:1",
        f"{ACCOUNT}:function:charge:$LATEST": f"{CHARGE}:1",
        "charge:1": f"{CHARGE}:1",
    }
    functions.update_function_code(FunctionName="charge", ZipFile=code("two"))
    noted = shop.ok("plan", "1.0.0")
    assert "the code of $LATEST is not published: its newest version is :1, with other" in noted.out
    functions.publish_version(FunctionName="charge")
    planned = shop.ok("plan", "1.0.0")
    assert "pin charge → :2 (was :1)" in planned.out
    assert "pin charge:live" not in planned.out
    assert "note: the content of orders doesn't change: only its pins do" in planned.out
    assert shop.json("plan", "1.0.0")["pins"]["orders"]["charge"] == f"{CHARGE}:2"
    shop.ok("deploy", "1.0.0")
    assert pins(shop)["charge"] == f"{CHARGE}:2"
    assert "in-sync" in shop.ok("status", "--check").out


def test_a_rollback_restores_pins_and_refuses_deleted_ones(shop: Project, functions: Any) -> None:
    """An existing version is pinned again; for a deleted one, the error names it and the fix."""
    shop.ok("publish", "1.0.0")
    functions.update_function_code(FunctionName="charge", ZipFile=code("two"))
    functions.publish_version(FunctionName="charge")
    write(shop, "two")
    shop.publish("1.1.0")
    assert pins(shop)["charge"] == f"{CHARGE}:2"
    shop.ok("rollback")
    assert pins(shop)["charge"] == f"{CHARGE}:1"
    shop.ok("deploy", "1.1.0")
    functions.update_alias(FunctionName="charge", Name="live", FunctionVersion="2")
    functions.delete_function(FunctionName="charge", Qualifier="1")
    refused = shop.run("rollback")
    assert refused.code == 1
    assert "E_NOT_FOUND" in refused.err
    assert "charge:1 (orders)" in refused.err
    assert "sfn-release rollback 1.0.0 --env aws --rerender" in refused.err


def test_a_missing_function_is_named_with_its_place(shop: Project, functions: Any) -> None:
    """The error names the workflow, state and JSON path, and nothing is released."""
    functions.delete_function(FunctionName="charge")
    refused = shop.run("publish", "1.0.0")
    assert refused.code == 1
    assert 'charge of orders (state "Name", $.States.Name.Parameters.FunctionName)' in refused.err
    assert shop.git("tag") == ""


def test_an_alias_with_two_routes_is_refused_where_pins_are_required(
    shop: Project, functions: Any, other_services: str
) -> None:
    """The policy's refusal is in the plan, and can be overridden."""
    functions.update_function_code(FunctionName="charge", ZipFile=code("two"))
    functions.publish_version(FunctionName="charge")
    functions.update_alias(
        FunctionName="charge",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
    )
    shop.write("releases.toml", config(shop.endpoint, other_services, "required"))
    shop.commit()
    assert "refused: pins" in shop.ok("plan").out
    refused = shop.run("publish", "1.0.0")
    assert "E_POLICY" in refused.err
    assert "the alias live sends its calls to several versions (:1, 25% to :2)" in refused.err
    shop.ok("publish", "1.0.0", "--override", "The shift of charge is nearly over")
    assert f"{CHARGE}:live" not in pins(shop)


def test_doctor_resolves_pins(shop: Project, functions: Any) -> None:
    """`doctor` resolves pins as a deployment does, so that it finds a missing function first."""
    line = next(line for line in shop.run("doctor").out.splitlines() if " pins" in line)
    assert "references can be pinned" in line
    functions.delete_function(FunctionName="charge")
    ran = shop.run("doctor")
    assert ran.code == 1
    assert "Workflows refer to something that doesn't exist in aws:" in ran.out


@pytest.mark.parametrize("table", [False, True])
def test_an_emulator_without_lambda_is_named_with_the_way_out(shop: Project, table: bool) -> None:
    """Whether one URL stands for all services, or no Lambda is among the URLs."""
    url = shop.endpoint
    endpoints = f'{{ stepfunctions = "{url}", sts = "{url}" }}' if table else f'"{url}"'
    text = config("", "", "resolve")
    start = text.index("endpoint_url")
    end = text.index("\n", start)
    shop.write("releases.toml", f"{text[:start]}endpoint_url = {endpoints}{text[end:]}")
    shop.commit()
    ran = shop.run("publish", "1.0.0")
    assert ran.code == 1
    assert "Can't look up the versions of the Lambda functions that aws pins: charge" in ran.err
    assert 'Set  pins = "off"  in [environments.aws]' in ran.err
