"""docs/how-to/from-*.md and take-over.md: files and commands of migrations do as they say."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from support.command_line import Project
from support.places import ROOT

PAGES = ROOT / "docs" / "how-to"
FILLED = {
    "ChargeFunctionArn": "arn:aws:lambda:eu-west-1:000000000000:function:charge",
    "OrdersTable": "orders",
}
_numbers = itertools.count(1)


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page in one language."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def shop(repository: Path, local_server: str) -> Project:
    """Return a project with an environment at the local server, whose machines have new names."""
    project = Project(repository, environment="prod", endpoint=local_server)
    lines = [
        '[project]\nname = "shop"\nremote = ""\n',
        f'[environments.prod]\nregion = "eu-west-1"\nendpoint_url = "{local_server}"',
        f'name = "{{workflow}}-taken-{next(_numbers)}"',
        'role_arn = "arn:aws:iam::000000000000:role/orders-role"\n',
        "[environments.prod.parameters]",
        *(f'{name} = "{value}"' for name, value in FILLED.items()),
    ]
    project.write("releases.toml", "\n".join(lines))
    project.commit()
    return project


def made_by_another_tool(project: Project, definition: str) -> str:
    """Create the state machine `orders` as the old tool did; return its ARN."""
    for name, value in FILLED.items():
        definition = definition.replace(f"${{{name}}}", value)
    settings = (project.root / "releases.toml").read_text()
    (template,) = re.findall(r'name = "(\{workflow\}.*)"', settings)
    client = boto3.client("stepfunctions", endpoint_url=project.endpoint, region_name="eu-west-1")
    return str(
        client.create_state_machine(
            name=template.replace("{workflow}", "orders"),
            definition=definition,
            roleArn="arn:aws:iam::000000000000:role/orders-role",
        )["stateMachineArn"]
    )


def test_a_file_of_sam_is_taken_over_without_an_update(shop: Project) -> None:
    """The plan is the one that take-over.md shows, and a rollback restores what was there."""
    (definition,) = blocks("from-sam.md", "json")
    made_by_another_tool(shop, definition)
    shop.write("workflows/orders.asl.json", definition)
    shop.commit()
    (shown,) = blocks("take-over.md", "text")
    plan = shop.ok("plan", "--env", "prod", "--adopt").out
    steps = shown.partition("  note:")[0]
    assert plan.startswith(steps)
    assert "update state machine" not in plan
    assert "To restore it: `sfn-release rollback 0.0.0-found.1 --env prod`" in plan
    shop.ok("publish", "1.0.0", "--env", "prod", "--adopt")
    shop.ok("status", "--env", "prod", "--check")
    ran = shop.ok("rollback", "0.0.0-found.1", "--env", "prod")
    assert "rolled back prod from 1.0.0 to 0.0.0-found.1: orders unchanged" in ran.out


def test_a_machine_of_the_cdk_is_adopted_from_aws(shop: Project) -> None:
    """The module is the one of the page, but for the ARN in its first line."""
    (shown,) = blocks("from-cdk.md", "py")
    shop.write("workflows/orders.py", shown)
    definition = shop.ok("build", "orders").out
    (shop.root / "workflows/orders.py").unlink()
    arn = made_by_another_tool(shop, definition)
    shop.ok("adopt", arn, "--env", "prod")
    written = (shop.root / "workflows/orders.py").read_text()
    assert written.partition("\n\n")[2] == shown
    shop.commit()
    assert "update state machine" not in shop.ok("publish", "1.0.0", "--env", "prod").err


@pytest.mark.parametrize(
    ("page", "language", "resource"),
    [
        ("from-serverless-step-functions.md", "yaml", "${ChargeFunction}"),
        ("from-stefunny.md", "json", "{{ tfstate `aws_lambda_function.charge.arn` }}"),
    ],
)
def test_definitions_of_other_tools_are_imported(
    shop: Project, page: str, language: str, resource: str
) -> None:
    """With a warning where a value of the other tool is left."""
    (definition,) = [
        block for block in blocks(page, language) if re.match(r'StartAt|\{\s+"St', block)
    ]
    shop.write(f"old.asl.{language}", definition)
    ran = shop.ok("import", str(shop.root / f"old.asl.{language}"), "--name", "old", "--out", "-")
    assert resource in ran.out
    assert ("publish would refuse it" in ran.err) == resource.startswith("{{")


def test_the_yaml_of_serverless_without_a_placeholder_is_refused_in_words(shop: Project) -> None:
    """The page names the warning."""
    (page,) = [
        block for block in blocks("from-serverless-step-functions.md", "yaml") if "events" in block
    ]
    definition = page.partition("definition:\n")[2]
    shop.write("old.yaml", definition)
    ran = shop.ok("import", str(shop.root / "old.yaml"), "--out", "-")
    assert "Resource must be a string" in ran.err
    assert json.loads(shop.ok("--json", "import", str(shop.root / "old.yaml"), "--out", "-").out)


def test_the_old_retry_of_aws_stepfunction_gives_the_old_definition() -> None:
    """Version 0.0.5 serializes this for the script of the page, but for the parameter."""
    example = next(
        block for block in blocks("from-aws-stepfunction.md", "python") if "OLD" in block
    )
    shown: dict[str, Any] = {}
    exec(example, shown)  # noqa: S102 - a block of our own page
    assert shown["workflow"].serialize() == {
        "StartAt": "Charge",
        "States": {
            "Charge": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"Payload.$": "$", "FunctionName": "${ChargeFunction}"},
                "OutputPath": "$.Payload",
                "Retry": [
                    {
                        "ErrorEquals": [
                            "Lambda.ServiceException",
                            "Lambda.AWSLambdaException",
                            "Lambda.SdkClientException",
                        ],
                        "IntervalSeconds": 2,
                        "BackoffRate": 2,
                        "MaxAttempts": 3,
                    }
                ],
                "Next": "Charged",
            },
            "Charged": {"Type": "Succeed"},
        },
    }
