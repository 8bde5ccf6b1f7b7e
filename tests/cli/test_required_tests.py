"""`tests = "required"`: a release needs a passing test of every workflow."""

from __future__ import annotations

import json

import pytest

from support.command_line import Project

GOOD = '[[test]]\nname = "it greets"\n[test.expect]\noutput = "Hello Alice"\n'
BAD = GOOD.replace("Alice", "Bob")
FAILURE = 'hello: it greets failed: output $: expected "Hello Bob", got "Hello Alice"'


@pytest.fixture
def gated(project: Project) -> Project:
    """Make a project that requires tests, and has a passing one."""
    settings = (project.root / "releases.toml").read_text()
    gate = 'name = "shop"\ntests = "required"'
    project.write("releases.toml", settings.replace('name = "shop"', gate, 1))
    project.write("workflows/hello.tests.toml", GOOD)
    project.commit()
    return project


def record_of(project: Project, version: str) -> object:
    return project.json("show", version)["tests"]


def test_a_release_records_the_tests_that_ran(gated: Project) -> None:
    """In its manifest; a release that is published again was tested already."""
    gated.ok("publish", "1.0.0")
    ran = {"passed": 1, "failed": 0, "workflows": {"hello": {"passed": 1, "failed": 0}}}
    assert record_of(gated, "1.0.0") == ran
    assert "tests   1 passed" in gated.ok("show", "1.0.0").out
    gated.ok("verify")
    assert "running the tests" not in gated.ok("publish", "1.0.0").err
    assert gated.json("releases")["releases"][0]["version"] == "1.0.0"
    assert "[releases.tests.workflows.hello]" in gated.ok("releases", "--format", "toml").out


@pytest.mark.parametrize("options", [(), ("--no-deploy",)])
def test_failing_tests_take_no_version(gated: Project, options: tuple[str, ...]) -> None:
    """Neither with a deployment nor without."""
    gated.write("workflows/hello.tests.toml", BAD)
    gated.commit()
    ran = gated.run("publish", "1.0.0", *options)
    assert (ran.code, "E_POLICY" in ran.err, FAILURE in ran.err) == (1, True, True)
    assert gated.json("releases")["releases"] == []
    assert gated.git("tag", "--list") == ""


def test_an_override_is_recorded(gated: Project) -> None:
    """In the release's manifest, and in the deployment's record."""
    gated.write("workflows/hello.tests.toml", BAD)
    gated.commit()
    ran = gated.ok("publish", "1.0.0", "--override", "a fire")
    assert f'overridden: tests = "required":\n  {FAILURE}' in ran.err
    assert record_of(gated, "1.0.0") == {
        "passed": 0,
        "failed": 1,
        "workflows": {"hello": {"passed": 0, "failed": 1}},
        "override": "a fire",
    }
    assert "0 passed, 1 failed; overridden: a fire" in gated.ok("show", "1.0.0").out
    (record,) = gated.json("history")["deployments"]
    assert record["override"] == "a fire"
    gated.write("workflows/hello.tests.toml", GOOD)
    gated.commit()
    gated.ok("publish", "1.0.1", "--override", "for no reason")
    assert "override" not in record_of(gated, "1.0.1")  # type: ignore[operator]


def test_the_tests_of_the_commit_run(shop: Project) -> None:
    """With its mocks: an ignored file of the work tree isn't part of the release."""
    flow = {
        "StartAt": "Charge",
        "States": {"Charge": {"Type": "Task", "Resource": CHARGE, "End": True}},
    }
    settings = (shop.root / "releases.toml").read_text()
    gate = 'name = "shop"\ntests = "required"'
    shop.write("releases.toml", settings.replace('name = "shop"', gate, 1))
    shop.write("workflows/hello.tests.toml", GOOD)
    shop.write("workflows/pay.asl.json", json.dumps(flow))
    shop.write("workflows/pay.tests.toml", '[[test]]\nname = "a"\nexpect.output = 1\n')
    shop.write(".gitignore", "*.mocks.json\n")
    shop.commit()
    shop.write("workflows/pay.mocks.json", '{"Charge": {"payload": 1}}')
    shop.ok("test")
    ran = shop.run("publish", "1.0.0")
    assert ran.code == 1
    assert "pay: a failed: The run ended in 'Charge' with SfnRelease.NoMock." in ran.err
    shop.git("add", "--force", "workflows/pay.mocks.json")
    shop.commit()
    shop.ok("publish", "1.0.0")


CHARGE = "arn:aws:lambda:us-east-1:000000000000:function:charge"


def test_plan_and_env_check_say_it_first(gated: Project) -> None:
    """Of the work tree: a failure, a workflow without a test, a file that can't be read."""
    gated.write("workflows/hello.tests.toml", BAD)
    gated.workflow("other", 1)
    gated.write("workflows/odd.tests.toml", "x = 1")
    plan = gated.json("plan")
    (refusal,) = [found for found in plan["refusals"] if found["rule"] == "tests"]
    assert FAILURE in refusal["message"]
    assert "other has no test." in refusal["message"]
    assert "workflows/odd.tests.toml:1: unknown key 'x'" in refusal["message"]
    assert refusal["fix"] == "Run them:  sfn-release test"
    checked = gated.ok("env", "check").out
    assert "REFUSED  publishing the work tree would change 2 workflows;" in checked
    assert 'refused today: tests = "required": other has no test.' in checked
    assert "checked: publishing" in checked
    assert checked.endswith("would be refused today\n")
    gated.workflow("third", 1)
    assert 'tests = "required": other and third have no tests.' in gated.ok("env", "check").out
    last = gated.json("env", "check")["checks"][-1]
    assert (last["ok"], last["refused"]) == (True, True)


def test_plan_says_it_even_if_nothing_would_change(gated: Project) -> None:
    """A new version of the same content needs tests too."""
    gated.ok("publish", "1.0.0")
    gated.write("workflows/hello.tests.toml", BAD)
    assert 'refused: tests = "required":' in gated.ok("plan").out
    gated.commit()
    assert gated.run("publish", "1.0.1").code == 1


def test_existing_releases_go_on(gated: Project) -> None:
    """A rollback is never stopped, and a deployment of a release isn't asked for tests."""
    gated.ok("publish", "1.0.0")
    gated.write("workflows/hello.tests.toml", GOOD.replace("Alice", "Eve"))
    gated.publish("1.1.0", hello="Hello Eve")
    gated.write("workflows/hello.tests.toml", BAD)
    gated.commit()
    gated.ok("rollback", "1.0.0", "--yes")
    gated.ok("deploy", "1.1.0")
    assert not [found for found in gated.json("plan", "1.0.0")["refusals"] if found]


def test_a_release_without_required_tests_records_none(shop: Project) -> None:
    """Its manifest has the members that earlier versions read."""
    shop.write("workflows/hello.tests.toml", BAD)
    shop.publish("1.0.0")
    assert "tests" not in shop.json("show", "1.0.0")


def test_the_key_has_two_values(shop: Project) -> None:
    """Others are errors with their line."""
    settings = (shop.root / "releases.toml").read_text()
    gate = 'name = "shop"\ntests = "require"'
    shop.write("releases.toml", settings.replace('name = "shop"', gate, 1))
    ran = shop.run("list")
    assert ran.code == 1
    assert "releases.toml:3: " in ran.err
    assert 'Did you mean "required"?' in ran.err
