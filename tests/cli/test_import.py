"""`import`: files and state machines become modules of the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfn_release.canonical import digest
from sfn_release.operations.verbs.import_ import described_source
from support.command_line import Project, run
from support.values import definition

ORDERS = definition("Hello Orders")


def test_a_file_becomes_a_module_of_the_project(shop: Project) -> None:
    """The module has the file's digest, and the message says how to remove the file."""
    shop.write("workflows/orders.asl.json", json.dumps(ORDERS))
    before = shop.json("list")["workflows"][1]

    ran = shop.ok("import", "workflows/orders.asl.json")

    assert ran.out == "wrote  workflows/orders.py\nwrote  workflows/orders.tests.toml\n"
    assert "git rm workflows/orders.asl.json" in ran.err
    (shop.root / "workflows" / "orders.asl.json").unlink()
    after = shop.json("list")["workflows"][1]
    assert (after["module"], after["digest"]) == ("workflows/orders.py", before["digest"])


def test_nothing_is_overwritten_unless_it_is_asked_for(shop: Project) -> None:
    """An existing module is kept, unless --force is given."""
    shop.write("old.json", json.dumps(ORDERS))
    shop.write("workflows/old.py", "mine = 1\n")

    refused = shop.run("import", "old.json")

    assert refused.code == 1
    assert "already exists" in refused.err
    assert (shop.root / "workflows/old.py").read_text() == "mine = 1\n"
    shop.ok("import", "old.json", "--force")
    assert "sfn.StateMachine" in (shop.root / "workflows/old.py").read_text()


def test_a_module_can_be_printed_or_put_elsewhere(tmp_path: Path) -> None:
    """A module is printed, or written elsewhere, without a project."""
    text = json.dumps(ORDERS)
    printed = run("import", "-", "--name", "my-orders", "--out", "-", stdin=text)
    assert printed.out.startswith(
        '"""The workflow my-orders, imported from stdin."""\n\nimport sfn'
    )
    ran = run("-C", str(tmp_path), "--json", "import", "-", "--out", "a/b.py", stdin=text)
    assert ran.json["file"] == str(tmp_path / "a" / "b.py")
    assert ran.json["definition_digest"] == digest(ORDERS)
    assert (tmp_path / "a" / "b.py").read_text() == ran.json["module"]


def test_the_name_is_one_that_aws_takes(tmp_path: Path) -> None:
    """A name that comes from the file is made valid; an invalid --name is refused."""
    (tmp_path / "My orders (old).json").write_text(json.dumps(ORDERS))
    folder = ("-C", str(tmp_path), "import", "My orders (old).json", "--out", "-")
    assert 'sfn.StateMachine("My-orders-old", workflow)' in run(*folder).out
    refused = run(*folder, "--name", "my orders")
    assert (refused.code, refused.out) == (2, "")
    assert "can't be the name of a workflow" in refused.err


def test_what_aws_prints_can_be_imported(tmp_path: Path) -> None:
    """A file with the response of describe-state-machine is imported."""
    described = {
        "stateMachineArn": "arn:aws:states:eu-west-1:1:stateMachine:orders",
        "name": "orders",
        "definition": json.dumps(ORDERS),
        "type": "EXPRESS",
        "roleArn": "arn:aws:iam::1:role/r",
    }
    (tmp_path / "described.json").write_text(json.dumps(described))
    ran = run("-C", str(tmp_path), "import", "described.json", "--out", "-")
    assert '    role_arn="arn:aws:iam::1:role/r",\n    type="EXPRESS",\n' in ran.out


@pytest.mark.parametrize("qualifier", ["", ":1", ":live"])
def test_a_state_machine_becomes_a_module(project: Project, qualifier: str) -> None:
    """The ARN of a state machine, a version or an alias is imported with type, role and tags."""
    record = json.loads(project.publish("1.0.0", "--json").out)["deployments"][0]
    arn = record["workflows"]["hello"]["state_machine_arn"]

    text = project.ok("import", f"{arn}{qualifier}", "--out", "-", "--env", project.environment).out

    assert 'sfn.Pass("Only", result="Hello Alice")' in text
    assert 'role_arn="arn:aws:iam::000000000000:role/shop"' in text
    assert "sfn-release:" not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("arn:aws:iam::1:role/r",), "is not the ARN of a state machine"),
        (("arn:aws:states:us-east-1:000000000000:stateMachine:no",), "StateMachineDoesNotExist"),
        (("nope.json",), "nope.json can't be read"),
        (("releases.toml",), "is not a workflow file"),
    ],
)
def test_what_cannot_be_imported_is_told(
    shop: Project, arguments: tuple[str, ...], said: str
) -> None:
    """The error says why, and nothing is written."""
    ran = shop.run("import", *arguments)
    assert (ran.code in (1, 2), ran.out) == (True, "")
    assert said in ran.err


def test_a_definition_that_would_be_refused_is_imported_with_a_warning(shop: Project) -> None:
    """An invalid definition is imported with a warning, so that you can fix it in the module."""
    ran = shop.ok("import", "-", "--out", "-", stdin='{"StartAt": "A", "States": {}}')
    assert "warning: Step Functions would refuse it" in ran.err


def test_what_a_state_machine_has_by_default_is_not_declared() -> None:
    """Defaults aren't written, so that an environment's own defaults apply."""
    described: dict[str, Any] = {
        "name": "orders",
        "stateMachineArn": "arn",
        "definition": json.dumps(ORDERS),
        "type": "STANDARD",
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": {"enabled": False},
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }
    source = described_source(described)
    assert (source.logging, source.tracing, source.encryption) == (None, None, None)
    on = {"level": "ALL", "includeExecutionData": True, "destinations": []}
    source = described_source(
        {**described, "loggingConfiguration": on, "tracingConfiguration": {"enabled": True}}
    )
    assert (source.logging, source.tracing) == (on, True)


def test_what_nothing_can_fill_is_told_before_publish_refuses_it(shop: Project) -> None:
    """A definition of CloudFormation has its own references, and the import warns about them."""
    state = {"Type": "Pass", "Comment": "${!Ref Name}", "End": True}
    shop.write("old.json", json.dumps({"StartAt": "A", "States": {"A": state}}))
    ran = shop.ok("import", "old.json")
    assert "warning: publish would refuse it: $.States.A.Comment: '${!Ref Name}'" in ran.err


@pytest.mark.parametrize(
    "command", [("import", "printed.json", "--out", "-"), ("check", "printed.json")]
)
def test_a_definition_may_be_inside_a_json_string(tmp_path: Path, command: tuple[str, ...]) -> None:
    """The output of `aws stepfunctions describe-state-machine --query definition` is accepted."""
    (tmp_path / "printed.json").write_text(json.dumps(json.dumps(ORDERS)))
    ran = run("-C", str(tmp_path), *command)
    assert ran.code == 0
    assert ("sfn.Pass(" in ran.out) == (command[0] == "import")
    (tmp_path / "printed.json").write_text(json.dumps(json.dumps(json.dumps(ORDERS))))
    twice = run("-C", str(tmp_path), *command)
    assert twice.code != 0
    assert "not a definition" in twice.out + twice.err


def test_a_definition_as_plain_text_output_is_one(tmp_path: Path) -> None:
    """With `--output text`, the definition has no string around it."""
    (tmp_path / "printed.json").write_text(json.dumps(ORDERS, indent=2) + "\n")
    ran = run("-C", str(tmp_path), "import", "printed.json", "--out", "-")
    assert 'sfn.Pass("' in ran.out


TEMPLATES = {
    # file → its content, and the words of the error
    "sam.json": (
        '{"Transform": "AWS::Serverless-2016-10-31", "Resources": {}}',
        "an AWS SAM template",
        "from-sam",
    ),
    "template.yaml": (
        "Resources:\n Orders:\n  Type: AWS::Serverless::StateMachine\n  Role: !GetAtt Role.Arn\n",
        "an AWS SAM template",
        "from-sam",
    ),
    "plain.yml": (
        "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}\n",
        "a CloudFormation template",
        "from-sam",
    ),
    "Shop.template.json": (
        '{"Resources": {"A": {"Metadata": {"aws:cdk:path": "Shop/A"}}}}',
        "a file of the AWS CDK",
        "from-cdk",
    ),
    "manifest.json": (
        '{"artifacts": {"Shop": {"type": "aws:cloudformation:stack"}}}',
        "a file of the AWS CDK",
        "from-cdk",
    ),
    "serverless.yml": (
        "service: shop\nstepFunctions:\n  stateMachines: {}\n",
        "a file of the Serverless Framework",
        "from-serverless-step-functions",
    ),
    "main.tf": ('resource "aws_sfn_state_machine" "orders" {}', "a Terraform", "from-terraform"),
    "main.tf.json": (
        '{"resource": {"aws_sfn_state_machine": {"orders": {}}}}',
        "a Terraform file",
        "from-terraform",
    ),
}


@pytest.mark.parametrize("command", ["import", "check"])
@pytest.mark.parametrize("file", [*TEMPLATES])
def test_a_file_of_another_tool_leads_to_the_page_about_it(
    tmp_path: Path, file: str, command: str
) -> None:
    """The error names the tool, `adopt`, and a page that exists."""
    text, noun, page = TEMPLATES[file]
    (tmp_path / file).write_text(text)
    ran = run("-C", str(tmp_path), command, file)
    shown = ran.out + ran.err
    assert ran.code != 0
    assert noun in shown
    assert "\\n" not in shown
    assert "sfn-release adopt ARN --env NAME" in shown
    assert f"/how-to/{page}/" in shown
    assert (Path(__file__).parents[2] / "docs" / "how-to" / f"{page}.md").is_file()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.json", json.dumps(ORDERS | {"Comment": "AWS::Serverless::StateMachine"})),
        ("a.yaml", "StartAt: A\nStates: !GetAtt AWS::Serverless::x\n"),
        ("a.json", '{"States": {}, "Comment": "aws_sfn_state_machine"}'),
    ],
)
def test_a_definition_is_not_taken_for_a_template(tmp_path: Path, file: str, text: str) -> None:
    """Whatever its texts say, and if it is broken too."""
    (tmp_path / file).write_text(text)
    assert "migrate" not in run("-C", str(tmp_path), "check", file).out
