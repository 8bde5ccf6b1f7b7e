"""faults: inject every error into every task of a workflow, and return how each run ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import loads
from sfn_release.errors import UsageError
from sfn_release.operations.given_buckets import with_buckets
from sfn_release.operations.mocked_start import MockedStart
from sfn_release.operations.repeated_tasks import RepeatedTasks, said_once
from sfn_release.operations.verbs.execute import checked_input
from sfn_release.operations.work_tree import WorkTree, execution_seed, read_work_tree
from sfn_release.operations.workspace import Workspace
from sfn_release.project import LOCAL, Environment
from sfn_release.simulator import ContextSeed, Mocks, load_mocks
from sfn_release.simulator.mocks import mocked_tasks
from sfn_release.testing.answers import answers_of
from sfn_release.testing.declared.declared_test import STARTED, DeclaredTest
from sfn_release.testing.declared.tests_file import file_of_tests, read_tests_file
from sfn_release.testing.faults.exploration import MOST_RUNS, explore
from sfn_release.testing.faults.failure_map import FailureMap
from sfn_release.testing.faults.passing_case import PassingCase
from sfn_release.testing.folded_way import folded_way
from sfn_release.text import did_you_mean

_NAME = "faults"
_SHOWN = 500  # runs between two lines of progress
_ADVICE = "Pass an input with which it succeeds (--input), and mocks for its tasks"


@dataclass(frozen=True)
class ChosenCase:
    """The case to start from, as you choose it.

    *input* is JSON text; None takes it from a test. *test_case* names a test of the workflow, or a
    case of a MockConfigFile.json. *mocks* is the text of a mock file, which answers before all
    others; *mocks_file* is its name.
    """

    input: str | None = None
    test_case: str | None = None
    mocks: str | None = None
    mocks_file: str = ""

    @property
    def given_mocks(self) -> Mocks | None:
        """The mocks of the file. Raises ConfigError."""
        return None if self.mocks is None else load_mocks(self.mocks, file=self.mocks_file)


def faults(
    workspace: Workspace,
    workflow: str,
    *,
    case: ChosenCase = ChosenCase(),
    environment: str | None = None,
    buckets: Mapping[str, str] | None = None,
    most_runs: int = MOST_RUNS,
) -> FailureMap:
    """Return the failure map of *workflow* in the work tree. Nothing is deployed or recorded.

    It starts from the input or the test case in *case*. Without either, it starts from the first
    test that expects success, or else from ``{}``.

    Raises UsageError for an environment on AWS, and for a case that doesn't succeed; NotFoundError
    for an unknown workflow or test case, and the errors of the files that it reads.
    """
    chosen = workspace.environment(environment or LOCAL)
    if not chosen.backend.has_mocks:
        raise UsageError(
            f"faults runs on this machine, with mocks, but {chosen.name} has no mocks.",
            fix="Leave out --env.",
        )
    chosen = with_buckets(chosen, buckets or {})
    tree = read_work_tree(workspace, chosen)
    tree = replace(tree, clone=replace(tree.clone, say=said_once(tree.clone.say)))
    declaration = tree.declaration(workflow)
    test = _test(tree, declaration, case)
    mocked = _mocked(case, test)
    if mocked is not None:
        chosen = _with_mocks(workspace, tree, declaration, mocked)
        tree = replace(tree, environment=chosen)
    form = tree.rendered(workflow)
    answers = mocked.case(workspace, chosen, form.name) if mocked else None
    tasks_of_form = [state for state, _resource in mocked_tasks(form.definition)]
    for line in answers.unknown_states(tasks_of_form) if answers else ():
        workspace.runtime.watcher.say(f"warning: {line}")
    given = case.given_mocks or _mocks_of(test)
    with closing(RepeatedTasks(tree, form.name, answers, given)) as tasks:
        passing = PassingCase(
            form.definition,
            _input(case, test),
            tasks.fresh,
            execution_seed(form, chosen, _NAME, _started(test)),
        )
        advice = f"{_ADVICE}:\n  sfn-release execute {workflow} --tree --input @input.json"
        return _explored(workflow, passing, most_runs, advice, workspace.runtime.watcher.say)


def faults_of_definition(
    declaration: Declaration, case: ChosenCase, *, most_runs: int = MOST_RUNS
) -> FailureMap:
    """Return the failure map of a definition without a project; the case's mocks answer its tasks.

    Raises UsageError for a case that doesn't succeed.
    """
    if case.test_case is not None:
        raise UsageError("--test-case needs a workflow of a project.", fix="Use --mocks FILE.")
    mocks = case.given_mocks or Mocks(file=case.mocks_file)
    machine = "arn:aws:states:us-east-1:000000000000"
    name = declaration.name
    seed = ContextSeed(
        execution_arn=f"{machine}:execution:{name}:{_NAME}",
        execution_name=_NAME,
        role_arn="arn:aws:iam::000000000000:role/faults",
        state_machine_arn=f"{machine}:stateMachine:{name}",
        state_machine_name=name,
        started_at=STARTED,
        type=declaration.type,
    )
    passing = PassingCase(declaration.definition, _input(case, None), mocks.fresh, seed)
    return _explored(name, passing, most_runs, f"{_ADVICE} (--mocks).", lambda _line: None)


def _explored(
    workflow: str, case: PassingCase, most_runs: int, advice: str, say: Callable[[str], None]
) -> FailureMap:
    run = case.run().run
    if run.status != "SUCCEEDED":
        why = ": ".join(part for part in (run.error, run.cause) if part)
        way = folded_way(run.path)
        raise UsageError(
            f"The case to start from doesn't succeed: {workflow} ends {run.status}.",
            why=f"{why}\nIts path: {way}." if why else f"Its path: {way}.",
            fix=advice,
        )

    def ran(runs: int) -> None:
        if runs % _SHOWN == 0:
            say(f"{runs} runs so far, of {most_runs} at most")

    return explore(workflow, case, most_runs=most_runs, ran=ran)


def _mocks_of(test: DeclaredTest | None) -> Mocks | None:
    """Return the mocks of a test, in every form that a test may write them."""
    if test is None or not test.mocks:
        return None
    return answers_of(test.mocks, file=f"{test.place}: mocks")


def _input(case: ChosenCase, test: DeclaredTest | None) -> Any:
    if case.input is not None:
        return loads(checked_input(case.input))
    return {} if test is None else test.input


def _started(test: DeclaredTest | None) -> datetime:
    return STARTED if test is None else test.started_at.astimezone(UTC)


def _tests(tree: WorkTree, declaration: Declaration) -> list[DeclaredTest]:
    """Return the declared tests of whole executions of a workflow."""
    root = tree.project.root
    names = [other.name for other in tree.sharing(declaration.name)]
    read = read_tests_file(root, file_of_tests(declaration.source), names, [*tree.declarations])
    return [
        test
        for test in read.tests
        if test.workflow == declaration.name and test.start_at is None and test.until is None
    ]


def _test(tree: WorkTree, declaration: Declaration, case: ChosenCase) -> DeclaredTest | None:
    """Return the declared test to start from; None without one."""
    tests = _tests(tree, declaration)
    if case.test_case is not None:
        return next((test for test in tests if test.name == case.test_case), None)
    if case.input is not None:
        return None
    return next((test for test in tests if _has_to_succeed(test)), None)


def _has_to_succeed(test: DeclaredTest) -> bool:
    return test.expected is None or test.expected.wanted_status == "SUCCEEDED"


def _mocked(case: ChosenCase, test: DeclaredTest | None) -> MockedStart | None:
    """Return the case of a MockConfigFile.json to run; None without one."""
    named = case.test_case if test is None else test.test_case
    return None if named is None else MockedStart(named)


def _with_mocks(
    workspace: Workspace, tree: WorkTree, declaration: Declaration, mocked: MockedStart
) -> Environment:
    try:
        return mocked.on(workspace, tree.environment)
    except UsageError as error:
        tests = [test.name for test in _tests(tree, declaration)]
        file = file_of_tests(declaration.source)
        known = f"{file} has: {', '.join(tests)}." if tests else f"{file} has no tests either."
        raise error.explained(known, fix=did_you_mean(mocked.test_case, tests) or None) from None
