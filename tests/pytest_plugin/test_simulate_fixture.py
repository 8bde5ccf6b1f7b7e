"""The pytest plugin, in a pytest of its own, as its users run it."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

PROJECT = """
[project]
name = "shop"

[environments.local.parameters]
Charge = "arn:aws:lambda:us-east-1:000000000000:function:charge"
"""
ORDERS = """
import sfn_release as sfn

charge = sfn.task.lambda_invoke("${Charge}", id="Charge", payload={"amount": 40})
paid = sfn.Choice(
    "Paid",
    choices=[sfn.Var("$.paid").boolean_equals(True).next_then(sfn.Succeed("Done"))],
    default=sfn.Fail("Declined", error="CardDeclined", cause="No money"),
)
audit = sfn.task.optimized(
    "states:startExecution.sync:2",
    {"StateMachineArn": "${workflow:audit}", "Name": "one"},
    id="Audit",
    result_path=None,
)
orders = sfn.StateMachine("orders", sfn.Workflow.of(audit, charge, paid))
audited = sfn.StateMachine("audit", sfn.Workflow.of(sfn.Pass("Write")))
"""
TESTS = """
import pytest
from sfn_release.testing import Payload

def test_paid(simulate):
    run = simulate("orders", mocks={"Charge": Payload(paid=True)})
    assert run.path == ["Audit", "Charge", "Paid", "Done"]

def test_mock_file(simulate):
    run = simulate("orders")
    assert run.error == "CardDeclined"
    assert run.calls["Charge"][0].arguments["FunctionName"].endswith(":charge")
"""
FAILING = """
import pytest
from hypothesis import given, settings, strategies as st
from sfn_release.testing import Payload

def test_path(simulate):
    run = simulate("orders", {"id": 7}, mocks={"Charge": Payload(paid=False)})
    assert run.path == ["Audit", "Charge", "Paid", "Done"]

def test_many(simulate):
    for number in range(5):
        run = simulate("orders", {"id": number})
    assert run.status == "SUCCEEDED"

def test_unknown(simulate):
    simulate("order")

def test_file(simulate):
    simulate("missing.asl.json")

def test_function(simulate):
    def charge(arguments):
        assert arguments["Payload"]["amount"] == 41
    simulate("orders", mocks={"Charge": charge})

def test_missing(simulate):
    simulate({"StartAt": "Ask", "States": {"Ask": {
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f", "End": True
    }}})

@pytest.fixture(scope="module")
def declined(simulate):
    return simulate("orders", mocks={"Charge": Payload(paid=False)})

def test_module(declined):
    assert declined.status == "FAILED"

@given(st.booleans())
@settings(max_examples=5, database=None)
def test_any(simulate, declined, paid):
    assert simulate("orders", mocks={"Charge": Payload(paid=paid)}).status == "FAILED"
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Make a project outside any repository, with two workflows and a mock file."""
    monkeypatch.setenv("COLUMNS", "120")
    (pytester.path / ".git").mkdir()  # a search for a project ends here
    pytester.path.joinpath("releases.toml").write_text(PROJECT)
    folder = pytester.mkdir("workflows")
    folder.joinpath("orders.py").write_text(ORDERS)
    folder.joinpath("orders.mocks.json").write_text('{"Charge": {"payload": {"paid": false}}}')
    return pytester


def session(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run pytest in a process of its own: in this one, it would unload modules of ours."""
    return pytester.runpytest_subprocess("-p", "no:cov", "-p", "no:cacheprovider", *options)


def test_workflows_of_the_project_run_by_name(project: pytest.Pytester) -> None:
    """With the parameters of `local`, the mock file, and each other; every run anew.

    A mock in the file that no task uses is a warning. Other plugins get the runs by a hook.
    """
    mocks = project.path / "workflows" / "orders.mocks.json"
    mocks.write_text('{"Charge": {"payload": {"paid": false}}, "Chrage": {"return": 1}}')
    project.makeconftest(
        """
        def pytest_sfn_run_finished(item, workflow, run):
            print(f"<{item.name}: {workflow} {run.status}>")
        """
    )
    project.mkdir("tests").joinpath("test_shop.py").write_text(TESTS)
    result = session(project, "-s")
    result.assert_outcomes(passed=2, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "*<test_paid: orders SUCCEEDED>*",
            '*UnusedMockWarning: workflows/orders.mocks.json: "Chrage" is *',
        ]
    )


def test_workers_of_xdist_run_them_too(project: pytest.Pytester) -> None:
    """Each of them builds the project."""
    project.makepyfile(TESTS)
    session(project, "-n", "1", "-p", "no:hypothesispytest").assert_outcomes(passed=2)


def test_a_failed_test_shows_its_runs(project: pytest.Pytester) -> None:
    """And where the path parts from the expected one; our own frames are left out.

    The fixture is the session's, so that hypothesis and fixtures of any scope can use it.
    """
    project.makepyfile(FAILING)
    result = session(project)
    result.assert_outcomes(failed=7, passed=1)
    result.stdout.fnmatch_lines(
        [
            "E * the run's path == the expected path, but they part after 'Paid':",
            "E * run:      … → Paid → Declined",
            "E * expected: … → Paid → Done",
            "*- Run of orders -*",
            "FAILED in Declined: CardDeclined: No money",
            "  Charge    Task",
            "      call  lambda:invoke *",
            "  Declined  Fail, failed here",
            "*- Run of orders (3 of 5) -*",
            "*- Run of orders (5 of 5) -*",
            "E *NotFoundError: The work tree has no workflow 'order'.",
            'E * Did you mean "orders"?',
            "E *NotFoundError: missing.asl.json can't be read: No such file or directory.",
            '>  * assert arguments?"Payload"??"amount"? == 41',
            "E * assert 40 == 41",
            'E *UsageError: The test can\'t run to its end: The task "Ask" * has no mock. *',
            "*- Run of definition -*",
            "E * declined=Run(FAILED, CardDeclined, path=*",
            "*- Run of orders (*) -*",
            "SUCCEEDED in Done",
        ]
    )
    for ours in ("scenario.py", "single_file.py", "FileNotFoundError"):
        assert ours not in result.stdout.str()


def test_an_exception_of_a_mock_shows_the_test_alone(project: pytest.Pytester) -> None:
    """The function is the test's, so its line is where the test failed, not a line of ours."""
    project.makepyfile(
        """
        from sfn_release import testing

        def charge(arguments):
            return arguments["missing"]

        def test_bug(simulate):
            simulate("orders", mocks={"Charge": charge})

        def test_without_the_fixture():
            WORKFLOW = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
            testing.simulate(WORKFLOW, variables=[1])

        def test_wrong_function(simulate):
            run = simulate("orders", mocks={"Charge": lambda: 1})
            assert run.status == "FAILED"
        """
    )
    result = session(project)
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "E *KeyError: 'missing'",
            "test_*.py:4: KeyError",
            "E *UsageError: variables must be a dictionary *",
            "E *UsageError: The mock of 'Charge' can't be called.",
        ]
    )
    for file in ("answers.py", "scenario.py", "condition_checks.py", "simulate_workflow.py"):
        assert file not in result.stdout.str()


def test_a_build_that_failed_is_not_tried_for_each_test(project: pytest.Pytester) -> None:
    """Each test shows the error, and not the frames of the test before it."""
    built = project.path / "built"
    project.path.joinpath("workflows/orders.py").write_text(
        f"open({str(built)!r}, 'a').write('once '); raise ValueError('broken')"
    )
    project.makepyfile(TESTS)
    result = session(project)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["E *BuildError: workflows/orders.py:1 raised *"])
    assert "pluggy" not in result.stdout.str().partition("= FAILURES =")[2]
    assert built.read_text() == "once "


def test_a_faulty_workflow_fails_its_own_tests_alone(project: pytest.Pytester) -> None:
    """With the fault of its definition; a workflow that doesn't call it runs."""
    project.path.joinpath("workflows/faulty.asl.json").write_text('{"StartAt": "A", "States": {}}')
    project.makepyfile(
        """
        def test_faulty(simulate):
            simulate("faulty")

        def test_other(simulate):
            assert simulate("audit").status == "SUCCEEDED"
        """
    )
    result = session(project)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["E *DefinitionError: *faulty*", "E *at least one state*"])


def test_without_a_project_only_names_are_missing(pytester: pytest.Pytester) -> None:
    """The error says where it was looked for."""
    (pytester.path / ".git").mkdir()
    pytester.makepyfile(
        """
        import sfn_release as sfn

        WORKFLOW = sfn.Workflow.of(sfn.Pass("A"))

        def test_definition(simulate):
            assert simulate(WORKFLOW).path == ["A"]
            assert simulate("a.asl.json").path == ["A"]

        def test_name(simulate):
            simulate("orders")

        def test_parameters(simulate):
            simulate("orders", parameters={})
        """
    )
    pytester.path.joinpath("a.asl.json").write_text(
        '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
    )
    result = session(pytester)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "E * there is no releases.toml around this test.",
            "E * Run `sfn-release init` to make a project, *",
            "E * 'orders' is a workflow of your project, so it has its type and parameters.",
        ]
    )


def test_a_session_without_simulate_loads_nothing() -> None:
    """The plugin is in every session of its environment, so its start costs next to nothing."""
    code = (
        "import sys, pytest; before = {*sys.modules}; import sfn_release.pytest_plugin.hooks;"
        "print({*sys.modules} - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = ast.literal_eval(done.stdout)
    own = {name for name in loaded if name.partition(".")[0] == "sfn_release"}
    assert {name.rpartition(".")[0] for name in own} <= {
        "",
        "sfn_release",
        "sfn_release.pytest_plugin",
    }
    assert loaded == own
