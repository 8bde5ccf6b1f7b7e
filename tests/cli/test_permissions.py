"""docs/how-to/permissions.md and the command `permissions`: its examples run as you run them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sfn_release.operations.diagnosis import iam as iam_policies
from support.command_line import Project
from support.places import ROOT

MACHINE = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
PAGE = (ROOT / "docs" / "how-to" / "permissions.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language on the page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def shop(repository: Path) -> Project:
    """Make the project of the page."""
    project = Project(repository)
    for language in ("python", "toml"):
        first, _, rest = blocks(language)[0].partition("\n")
        project.write(first.removeprefix("# "), rest)
    return project


def test_the_page_shows_what_the_command_prints(shop: Project) -> None:
    """Without any access to AWS: the account follows from the role."""
    (shown,) = blocks("console")
    line, _, told = shown.partition("\n")
    assert shop.ok(*line.removeprefix("$ sfn-release ").split()).out.strip() == told.strip()


def test_every_format_has_the_same_policy(shop: Project) -> None:
    """A policy, its trust and the unknown permissions of each workflow."""

    def printed(*options: str) -> str:
        return str(shop.ok("permissions", "--env", "prod", *options).out)

    found = json.loads(printed("--format", "json"))
    assert list(found) == ["orders"]
    assert {*json.loads(blocks("json")[0])["orders"]} < {*found["orders"]}
    assert [statement["Action"] for statement in found["orders"]["policy"]["Statement"]] == [
        ["dynamodb:UpdateItem"],
        ["lambda:InvokeFunction"],
    ]
    assert found["orders"]["unknown"][0]["state"] == "Tell"
    whole = json.loads(printed("--json"))
    assert whole["schema"] == "sfn-release/permissions/1"
    assert whole["workflows"] == found
    role = "arn:aws:iam::111111111111:role/shop-workflows"
    merged = json.loads(printed("--merged", "--format", "json"))
    assert merged == whole["roles"]
    assert merged[role]["policy"] == found["orders"]["policy"]
    for form, start in (("terraform", 'resource "aws_iam_role"'), ("cloudformation", "Resources:")):
        text = printed("--format", form)
        assert start in text
        assert 'state "Tell"' in text


def test_a_shared_role_needs_the_merged_policy(shop: Project) -> None:
    """Each format for people names the command that prints it."""
    shop.write("workflows/second.asl.json", MACHINE)
    command = "sfn-release permissions --env prod"
    for form in ("terraform", "cloudformation"):
        text = shop.ok("permissions", "--env", "prod", "--format", form).out
        assert text.startswith("# 2 workflows share the role arn:aws:iam::111111111111:role/")
        assert f"{command} --format {form} --merged\n" in text
        merged = shop.ok("permissions", "--env", "prod", "--format", form, "--merged").out
        assert "share the role" not in merged
        kind = 'resource "aws_iam_role" ' if form == "terraform" else "AWS::IAM::Role"
        assert (text.count(kind), merged.count(kind)) == (2, 1)
    assert f"{command} --merged\n" in shop.ok("permissions", "--env", "prod").out


def test_an_unknown_workflow_and_a_project_without_workflows(shop: Project) -> None:
    """The first is an error with the nearest name, the second is said."""
    refused: Any = shop.run("permissions", "order", "--env", "prod")
    assert refused.code == 1
    assert "orders" in refused.err
    assert "There is no release" in shop.run("permissions", "--version", "9.9.9").err


def test_the_members_and_actions_of_the_page_are_the_programs(shop: Project) -> None:
    """Each member of the table is in the JSON of some policy; each action in `doctor`'s lists."""
    listed = re.findall(r"^\| `(\w+)`(?:, `(\w+)`)? \|", PAGE, re.MULTILINE)
    names = {name for row in listed for name in row if name}
    found = json.loads(shop.ok("permissions", "--env", "prod", "--format", "json").out)["orders"]
    assert names - {*found} == {"policies", "assumed"}
    for action in iam_policies.TRIGGER_READS:
        assert f"`{action}`" in PAGE
