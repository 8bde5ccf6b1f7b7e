"""`bisect`: the release that changed a workflow's result, in real repositories."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from support.command_line import Project, config

LAST = 21  # releases 0.0.1, 0.0.2, …


def threshold(number: int) -> str:
    """Return a workflow that answers new for inputs up to *number*, and old for others."""
    rule = {"Variable": "$.n", "NumericLessThanEquals": number, "Next": "New"}
    return json.dumps(
        {
            "StartAt": "Which",
            "States": {
                "Which": {"Type": "Choice", "Choices": [rule], "Default": "Old"},
                "New": {"Type": "Fail", "Error": "Broken", "Cause": "it is new"},
                "Old": {"Type": "Succeed"},
            },
        }
    )


@pytest.fixture
def shop(repository: Path, local_server: str) -> Project:
    """Return an empty project."""
    made = Project(repository)
    made.write("releases.toml", config("local", local_server))
    return made


def release(shop: Project, version: str, definition: str, *options: str) -> str:
    """Commit and release the workflow `pay`; return its commit."""
    shop.write("workflows/pay.asl.json", definition)
    commit = shop.commit()
    shop.ok("publish", version, "--no-deploy", *options)
    return commit


def test_a_change_is_found_at_every_place(shop: Project) -> None:
    """Each input breaks another one of 21 releases: its number, its commit, its differences."""
    commits = [release(shop, f"0.0.{number}", threshold(number)) for number in range(1, LAST + 1)]
    for number in range(2, LAST + 1):
        found = shop.json("bisect", "pay", "--input", f'{{"n": {number}}}', "--expect", "SUCCEEDED")
        assert (found["version"], found["previous"]) == (f"0.0.{number}", f"0.0.{number - 1}")
        assert found["commit"] == commits[number - 1]
        assert (found["expected"], found["meets"]) == ({"status": "SUCCEEDED"}, False)
        assert found["got"] == {"status": "FAILED", "error": "Broken", "cause": "it is new"}
        assert found["before"] == {"status": "SUCCEEDED", "output": {"n": number}}
        assert [difference["state"] for difference in found["differences"]] == ["Which"]
        assert (found["runs"], found["other_changes"], found["why"]) == (LAST, [], None)
    shown = shop.ok("bisect", "pay", "--input", '{"n": 9}', "--output", '{"n": 9}').out
    assert shown.startswith("0.0.9 changed the result of pay\n")
    assert f"  commit     {commits[8][:12]} by Ann" in shown
    assert re.search(r"  commit .*Z, (just now|.* ago)\n", shown)
    assert '  ~ state "Which": Choices[0].NumericLessThanEquals 8 → 9' in shown
    same = shop.run("bisect", "pay", "--input", '{"n": 1}', "--error", "Broken")
    assert (same.code, "The results of all 21 releases are as expected." in same.out) == (1, True)
    asked = ("bisect", "pay", "--input", '{"n": 9}')
    ranged = shop.run(*asked, "--expect", "FAILED", "--bad", "0.0.5")
    assert (ranged.code, "The results of all 5 releases are not" in ranged.out) == (1, True)
    fixed = shop.json(*asked, "--error", "Broken", "--good", "0.0.9", "--bad", "0.0.8")
    assert (fixed["version"], fixed["meets"], fixed["releases"]) == ("0.0.9", True, 2)


def outcome(shop: Project, *arguments: str) -> Any:
    """Return the JSON object of `bisect pay`, whatever it found."""
    return shop.run("--json", "bisect", "pay", *arguments).json


def test_the_work_tree_comes_last(shop: Project) -> None:
    """It counts if its workflow is another one; a broken one is left out with a warning."""
    release(shop, "1.0.0", threshold(1))
    release(shop, "1.1.0-rc.1", threshold(1))
    asked = ("--input", '{"n": 3}', "--expect", "SUCCEEDED")
    found = outcome(shop, *asked)
    assert (found["version"], found["releases"], found["runs"]) == (None, 2, 1)
    assert found["why"] == "The results of all 2 releases are as expected."
    shop.write("workflows/pay.asl.json", threshold(5))
    found = outcome(shop, *asked)
    assert (found["work_tree"], found["version"], found["previous"]) == (True, None, "1.1.0-rc.1")
    shop.write("workflows/pay.asl.json", "{")
    left_out = shop.run("bisect", "pay", *asked)
    assert (left_out.code, "warning: The work tree was left out" in left_out.err) == (1, True)


def test_an_answer_that_came_and_went_is_shown(shop: Project) -> None:
    """The last change is named, the others beside it; yanked releases count, and say so."""
    for number, limit in enumerate((1, 9, 1, 9, 9)):
        release(shop, f"1.{number}.0", threshold(limit))
    shop.ok("yank", "1.3.0", "--reason", "wrong")
    found = outcome(shop, "--input", '{"n": 3}', "--expect", "SUCCEEDED")
    assert (found["version"], found["previous"], found["runs"]) == ("1.3.0", "1.2.0", 2)
    assert [(other["version"], other["meets"]) for other in found["other_changes"]] == [
        ("1.2.0", True),
        ("1.1.0", False),
    ]
    shown = shop.ok("bisect", "pay", "--input", '{"n": 3}', "--expect", "SUCCEEDED").out
    assert "(yanked)" in shown
    expected = "in 1.2.0 (to the expected one), 1.1.0 (from the expected one)"
    assert f"The result changed before, too: {expected}" in shown


def test_mocks_and_nested_workflows_answer(shop: Project) -> None:
    """The mock file of today answers old releases, and a release starts its own workflows."""
    start = {
        "StartAt": "Start",
        "States": {
            "Start": {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution.sync:2",
                "Parameters": {"StateMachineArn": "${workflow:inner}", "Input": {}},
                "OutputPath": "$.Output",
                "Next": "Ask",
            },
            "Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": "u", "MessageBody": "b"},
                "ResultPath": None,
                "End": True,
            },
        },
    }
    mocked = {"Ask": {"return": {"MessageId": "1"}}}
    shop.write("workflows/pay.mocks.json", json.dumps(mocked))
    for number, result in enumerate(("old", "old", "new")):
        shop.workflow("inner", result)
        release(shop, f"1.{number}.0", json.dumps(start))
    found = outcome(shop, "--output", '"old"')
    assert (found["version"], found["got"]) == ("1.2.0", {"status": "SUCCEEDED", "output": "new"})
    shop.write("own.json", json.dumps({"Start": {"error": "Down"}}))
    found = outcome(shop, "--expect", "FAILED", "--mocks", "own.json")
    assert (found["why"], found["got"]["error"]) == (
        "The results of all 3 releases are as expected.",
        "Down",
    )


def test_the_parameters_of_another_environment(shop: Project) -> None:
    """A release answers otherwise where its parameters have other values."""
    prod = """
[environments.prod]
region = "eu-west-1"
account = "123456789012"
role_arn = "arn:aws:iam::123456789012:role/prod"
parameters = { Limit = 5 }
"""
    settings = (shop.root / "releases.toml").read_text()
    shop.write("releases.toml", settings.replace("{ Who", "{ Limit = 0, Who") + prod)
    release(shop, "1.0.0", threshold(3))
    release(shop, "1.1.0", threshold(0).replace(": 0,", ': "${Limit}",'))
    asked = ("--input", '{"n": 4}', "--expect", "SUCCEEDED")
    assert outcome(shop, *asked)["why"] == "The results of all 2 releases are as expected."
    found = outcome(shop, *asked, "--env", "prod")
    assert (found["version"], found["got"]["error"]) == ("1.1.0", "Broken")
    gone = (shop.root / "releases.toml").read_text().replace("{ Limit = 5 }", "{}")
    shop.write("releases.toml", gone)
    left_out = shop.run("bisect", "pay", *asked, "--env", "prod")
    assert left_out.code == 1
    assert "warning: 1.1.0 was left out: " in left_out.err


def test_bad_requests(shop: Project) -> None:
    """Each error says what to write."""
    release(shop, "1.0.0", threshold(1))
    shop.commit_only(other="x")
    shop.ok("publish", "1.1.0", "--no-deploy")
    for arguments, message in (
        (("pay",), "bisect needs the expected result."),
        (("pay", "--output", "{"), "The expected output isn't JSON."),
        (("pay", "--expect", "FAILED", "--input", "x"), "The input isn't JSON."),
        (("pau", "--expect", "FAILED"), 'Did you mean "pay"?'),
        (("pay", "--expect", "FAILED", "--bad", "9.0.0"), "There is no release 9.0.0."),
        (("pay", "--expect", "FAILED", "--good", "1.1.0"), "1.1.0 has no workflow 'pay'."),
        (("pay", "--expect", "FAILED", "--good", "1.0.0", "--input", '{"n": 2}'),
         "1.0.0 isn't good: its result is not as expected."),
        (("pay", "--expect", "FAILED", "--mocks", "none.json"), "Can't read"),
    ):  # fmt: skip
        ran = shop.run("bisect", *arguments)
        assert ran.code in {1, 2}, arguments
        assert message in ran.err, ran.err
