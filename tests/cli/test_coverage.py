"""`sfn-release coverage`, `graph --coverage` and pytest's ``--sfn-coverage``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from sfn_release.operations.coverage_file import write_coverage
from sfn_release.simulator import Mocks
from sfn_release.testing.coverage.coverage_counter import CoverageCounter
from sfn_release.testing.run_definition import run_definition
from support.command_line import Project
from support.executions import SEED

PAY = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "charge"},
            "OutputPath": "$.Payload",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
            "Next": "Paid?",
        },
        "Paid?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.paid", "BooleanEquals": True, "Next": "Yes"}],
            "Default": "No|`<b>`",
        },
        "Yes": {"Type": "Succeed"},
        "No|`<b>`": {"Type": "Pass", "End": True},
        "Failed": {"Type": "Fail"},
    },
}
PAID = """
from sfn_release.testing import Error, Payload

def test_paid(simulate):
    assert simulate("pay", {}, mocks={"Charge": Payload(paid=True)}).status == "SUCCEEDED"
"""
FAILED = """
def test_failed(simulate):
    assert simulate("pay", {}, mocks={"Charge": Error("Busy")}).status == "FAILED"
"""


@pytest.fixture
def paying(shop: Project) -> Project:
    """Make a project with the workflow `pay` and two tests, and `hello` without any."""
    shop.write("workflows/pay.asl.json", json.dumps(PAY))
    shop.write("tests/test_pay.py", PAID + FAILED)
    return shop


def session(project: Project, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the project's tests in a pytest of their own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    return subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=False)


def kinds(covered: dict[str, Any]) -> dict[str, str]:
    """Return reached/total of each kind."""
    return {
        kind: f"{value['reached']}/{value['total']}"
        for kind, value in covered.items()
        if isinstance(value, dict)
    }


BOTH = {
    "states": "4/5",
    "transitions": "5/7",
    "choices": "1/2",
    "catches": "1/1",
    "retries": "0/0",
}


def test_pytest_shows_what_no_test_reached(paying: Project) -> None:
    """A bare option doesn't take the path after it; reports and data are files."""
    reports = ("--sfn-coverage-report=json:out/c.json", "--sfn-coverage-report=markdown:c.md")
    done = session(paying, "--sfn-coverage", "tests", *reports)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^pay +2 +4/5 +5/7 +1/2 +1/1 +73 %$", done.stdout, re.MULTILINE)
    assert "Not reached in pay:\n  No|`<b>`\n  Paid?: default\n" in done.stdout
    assert "Without a run: hello" in done.stdout
    written = json.loads((paying.root / "out/c.json").read_text())
    assert written["schema"] == "sfn-release/coverage/1"
    assert [covered["name"] for covered in written["workflows"]] == ["hello", "pay"]
    assert kinds(written["workflows"][1]) == BOTH
    assert written == paying.json("coverage")
    text = (paying.root / "c.md").read_text()
    assert text.startswith("### Workflow coverage: 61 %\n\n| Workflow | States |")
    assert "| `pay` | 4/5 | 5/7 | 1/2 | 1/1 | – | 73 % |" in text
    assert "```text\nhello: no run\npay:\n  No|`<b>`\n" in text
    assert text.count("```") == 2


def measured(project: Project, *charges: Any) -> None:
    """Write coverage data of a run for each mock of the task."""
    counter = CoverageCounter()
    counter.expect("hello", {})
    for charge in charges:
        tasks = Mocks({"Charge": charge})
        counter.add("pay", run_definition(PAY, {}, tasks=tasks, context=SEED))
    write_coverage(project.root / ".sfn-coverage", counter.data())


OK, BUSY = {"payload": {"paid": True}}, {"error": "Busy"}


def test_workers_of_xdist_are_added_up(paying: Project) -> None:
    """The runs are counted in another process than the one that reports."""
    done = session(paying, "--sfn-coverage=pay", "-n", "1", "--sfn-fail-under", "80")
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"^pay +2 +4/5 +5/7 +1/2 +1/1 +73 %$", done.stdout, re.MULTILINE)
    assert "Workflow coverage is 73 %, less than 80 %." in done.stdout


def test_runs_can_be_appended(paying: Project) -> None:
    """Otherwise a run replaces the data of the last one."""
    measured(paying, OK)
    options = ("--sfn-coverage", "--sfn-coverage-append", "tests/test_pay.py::test_failed")
    assert session(paying, *options).returncode == 0
    assert paying.json("coverage", "pay")["workflows"][0]["runs"] == 2
    assert kinds(paying.json("coverage", "pay")["workflows"][0]) == BOTH


def test_data_of_shards_is_added_up(paying: Project) -> None:
    """With --from, and kept with --save."""
    for name, charge in (("a", OK), ("b", BUSY)):
        measured(paying, charge)
        paying.ok("coverage", "--save", name)
    both = ("--from", "a", "--from", "b")
    assert kinds(paying.json("coverage", "pay", *both)["workflows"][0]) == BOTH
    assert paying.run("coverage", "pay", *both, "--fail-under", "73").code == 0
    low = paying.run("coverage", "pay", *both, "--fail-under", "74")
    assert (low.code, low.err) == (1, "error: Workflow coverage is 73 %, less than 74 %.\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sfn-coverage=ordres"], "there is no workflow 'ordres'"),
        (["--sfn-coverage-report=pdf:x"], "'pdf:x' is neither json:FILE nor markdown:FILE"),
        (["--sfn-coverage-report=json:"], "'json:' is neither json:FILE nor markdown:FILE"),
        (["--sfn-fail-under=101"], "'101' is not a whole number from 0 to 100"),
        (["--sfn-coverage-report=json:releases.toml/x"], "Can't create"),
    ],
)
def test_a_wrong_option_fails_the_session(
    paying: Project, options: list[str], message: str
) -> None:
    """With an error that says why."""
    done = session(paying, *options)
    assert done.returncode in {1, 4}
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_coverage_needs_data(paying: Project) -> None:
    """It comes from a test run."""
    ran = paying.run("coverage")
    assert ran.code == 2
    assert "There is no coverage data" in ran.err
    assert "pytest --sfn-coverage" in ran.err
    paying.write(".sfn-coverage", "[1]")
    assert "doesn't hold coverage data" in paying.run("coverage").err
    measured(paying, OK)
    ran = paying.run("coverage", "pya")
    assert ran.code == 1
    assert 'Did you mean "pay"?' in ran.err


def test_options_of_tests_and_executions_exclude_each_other(paying: Project) -> None:
    """One is about a file, the other about an environment."""
    assert paying.run("coverage", "--last", "3").code == 2
    assert paying.run("coverage", "--env", "local", "--fail-under", "3").code == 2


def test_the_graph_marks_what_no_test_reached(paying: Project) -> None:
    """Dashed, and with a sign; everything else is a line."""
    measured(paying, OK, BUSY)
    drawn = paying.ok("graph", "pay", "--coverage").out
    assert '-.->|"default<br/>✗"|' in drawn
    assert drawn.count("✗ not reached") == 1
    assert '-->|"States.ALL"|' in drawn
    assert len(re.findall(r"-\.->", drawn)) == 2
    dot = paying.ok("graph", "pay", "--format", "dot", "--coverage").out
    assert dot.count('style="dashed"') == 2
    assert dot.count('style="rounded,dashed"') == 1
    svg = ET.fromstring(paying.ok("graph", "pay", "--format", "svg", "--coverage").out)  # noqa: S314 - our own text
    missed = [
        part.get("class") or "" for part in svg.iter() if "missed" in (part.get("class") or "")
    ]
    assert sorted(name.split()[0] for name in missed) == [
        "edge",
        "edge",
        "edge-label",
        "edge-label",
        "node",
    ]
    assert "✗" not in paying.ok("graph", "pay").out
    (paying.root / ".sfn-coverage").rename(paying.root / "kept")
    assert paying.ok("graph", "pay", "--coverage", "kept").out == drawn


def test_executions_have_coverage(paying: Project) -> None:
    """Of each release, with the errors that were handled."""
    paying.write("workflows/pay.mocks.json", json.dumps({"Charge": {"payload": {"paid": True}}}))
    paying.publish("1.0.0")
    paying.ok("execute", "pay")
    paying.write("workflows/pay.mocks.json", json.dumps({"Charge": {"error": "Busy"}}))
    paying.write("workflows/pay.asl.json", json.dumps({"Comment": "Changed", **PAY}))
    paying.publish("1.1.0")
    paying.run("execute", "pay")
    found = paying.json("coverage", "pay", "--env", "local")
    assert found["environment"] == "local"
    assert [
        (release["version"], release["executions"], kinds(release), release["caught"])
        for release in found["workflows"]
    ] == [
        (
            "1.1.0",
            1,
            {**BOTH, "states": "2/5", "transitions": "2/7", "choices": "0/2"},
            [{"state": "Charge", "error": "Busy", "count": 1}],
        ),
        ("1.0.0", 1, {**BOTH, "states": "3/5", "transitions": "4/7", "catches": "0/1"}, []),
    ]
    text = paying.ok("coverage", "--env", "local").out
    assert "Never reached in pay 1.1.0:" in text
    assert re.search(r"^  Charge +Busy +caught +1$", text, re.MULTILINE)
    only = paying.json("coverage", "pay", "--env", "local", "--version", "1.0.0")
    assert [release["version"] for release in only["workflows"]] == ["1.0.0"]
    assert paying.run("coverage", "--env", "local", "--version", "9.0.0").code == 1


def each(execution_type: str) -> dict[str, Any]:
    """Return a distributed Map whose children fail for negative numbers, after two tries."""
    return {
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.numbers",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": execution_type},
                    "StartAt": "Sign",
                    "States": {
                        "Sign": {
                            "Type": "Choice",
                            "Choices": [
                                {"Variable": "$", "NumericLessThan": 0, "Next": "Negative"},
                                {"Variable": "$", "NumericEquals": 0, "Next": "Zero"},
                            ],
                            "Default": "Positive",
                        },
                        "Negative": {"Type": "Fail", "Error": "Negative"},
                        "Zero": {"Type": "Succeed"},
                        "Positive": {"Type": "Succeed"},
                    },
                },
                "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}],
                "End": True,
            },
            "Sorry": {"Type": "Pass", "End": True},
        },
    }


def test_child_executions_have_coverage(project: Project) -> None:
    """On each kind of environment; the error that a Map fails with is its own."""
    project.write("workflows/each.asl.json", json.dumps(each("STANDARD")))
    project.publish("1.0.0")
    for numbers in ([1, 2], [3, -1]):
        project.ok("execute", "each", "--input", json.dumps({"numbers": numbers}))
    (release,) = project.json("coverage", "each", "--env", project.environment)["workflows"]
    assert (release["executions"], release["unseen"]) == (2, [])
    assert release["states"]["missing"] == ["Zero"]
    assert release["choices"]["missing"] == ["Sign: rule 2 ($ = 0)"]
    failed = {"state": "Each", "error": "States.ExceedToleratedFailureThreshold", "count": 1}
    assert (release["retried"], release["caught"]) == ([failed], [failed])
    assert (release["retries"]["reached"], release["catches"]["reached"]) == (1, 1)


def test_express_child_executions_are_not_counted(shop: Project) -> None:
    """They have no histories; the report names their states."""
    shop.write("workflows/each.asl.json", json.dumps(each("EXPRESS")))
    shop.publish("1.0.0")
    shop.ok("execute", "each", "--input", '{"numbers": [1]}')
    (release,) = shop.json("coverage", "each", "--env", "local")["workflows"]
    assert release["unseen"] == ["Sign", "Negative", "Zero", "Positive"]
    assert release["states"] == {"reached": 1, "total": 2, "missing": ["Sorry"]}
    assert "Not counted in each 1.0.0: Sign, Negative" in shop.ok("coverage", "--env", "local").out
