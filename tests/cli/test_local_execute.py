"""`execute --test-case`: a test case of a MockConfigFile.json answers a workflow's tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.command_line import Project

CHARGE = "arn:aws:lambda:us-east-1:000000000000:function:charge"
PAY = {
    "StartAt": "Charge",
    "States": {"Charge": {"Type": "Task", "Resource": CHARGE, "End": True}},
}


def mocks(answer: Any) -> str:
    """Return a mock file whose test case Happy answers the state Charge."""
    return json.dumps(
        {
            "StateMachines": {"pay": {"TestCases": {"Happy": {"Charge": "Answer"}}}},
            "MockedResponses": {"Answer": {"0": {"Return": answer}}},
        }
    )


@pytest.fixture
def paying(shop: Project) -> Project:
    """Publish a workflow with one task, whose mock file says 0."""
    shop.write("workflows/pay.asl.json", json.dumps(PAY))
    shop.write("workflows/pay.mocks.json", json.dumps({"Charge": {"payload": 0}}))
    shop.publish("1.0.0")
    return shop


@pytest.mark.parametrize("tree", [[], ["--tree"]])
def test_a_test_case_wins_over_the_mock_file_of_the_workflow(
    paying: Project, tree: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The file is an option's, a variable's, releases.toml's, or the project's own."""

    def output(*options: str) -> Any:
        return paying.json("execute", "pay", *tree, *options)["output"]

    assert output() == 0
    paying.write("MockConfigFile.json", mocks("beside"))
    assert output("--test-case", "Happy") == "beside"
    assert output() == 0
    (tmp_path / "variable.json").write_text(mocks("variable"))
    monkeypatch.setenv("SFN_MOCK_CONFIG", str(tmp_path / "variable.json"))
    assert output("--test-case", "Happy") == "variable"
    paying.write("own.json", mocks("option"))
    assert output("--test-case", "Happy", "--mock-config", "own.json") == "option"


@pytest.mark.parametrize("tree", [[], ["--tree"]])
def test_a_misspelt_state_of_a_test_case_is_shown(paying: Project, tree: list[str]) -> None:
    """A warning names the task that is meant, and so does the cause if nothing else answers."""
    content = mocks(1).replace('"Charge"', '"Chrge"')
    paying.write("MockConfigFile.json", content)
    mocked = paying.run("execute", "pay", *tree, "--test-case", "Happy")
    warning = (
        'warning: MockConfigFile.json: the test case "Happy" mocks "Chrge", which is no task of the'
        ' workflow. Did you mean "Charge"?'
    )
    assert (mocked.code, warning in mocked.err) == (0, True)
    (paying.root / "workflows/pay.mocks.json").unlink()
    ran = paying.run("--json", "execute", "pay", *tree, "--test-case", "Happy")
    assert warning in ran.err
    cause = json.loads(ran.out)["cause"]
    assert 'the test case "Happy" mocks "Chrge". Is "Chrge" a misspelt "Charge"? Add' in cause


@pytest.mark.parametrize("tree", [[], ["--tree"]])
def test_faults(paying: Project, tree: list[str]) -> None:
    """Each error says what to write."""

    def refused(*options: str) -> str:
        ran = paying.run("execute", "pay", *tree, *options)
        assert ran.code in (1, 2)
        assert ran.out == ""
        return ran.err

    assert "needs the name of a test case" in refused("--mock-config", "x.json")
    assert "There is no mock file" in refused("--test-case", "Happy")
    missing = refused("--test-case", "Happy", "--mock-config", "x.json")
    assert "Can't read the mock configuration" in missing
    paying.write("MockConfigFile.json", mocks(1))
    unknown = refused("--test-case", "Hapy")
    assert "has no test case 'Hapy'." in unknown
    assert "Its test cases: Happy." in unknown


@pytest.mark.parametrize("environment", ["aws"], indirect=True)
def test_an_environment_on_aws_has_no_mocks(project: Project) -> None:
    """A test case is for this machine."""
    project.publish("1.0.0")
    ran = project.run("execute", "hello", "--test-case", "Happy", "--env", "aws")
    assert ran.code == 2
    assert "--test-case needs mocks, and aws has none" in ran.err
