"""Finds the declared tests of a project, and runs them on its workflows in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from time import perf_counter

from sfn_release.asl.error_names import States
from sfn_release.errors import ConfigError, SfnReleaseError
from sfn_release.operations.work_tree import WorkTree, execution_seed
from sfn_release.project.backends.local_tasks import mock_config as opened
from sfn_release.project.toml_text import toml
from sfn_release.release.rendering import Rendered
from sfn_release.simulator import ContextSeed
from sfn_release.simulator.mocks import mocked_tasks
from sfn_release.simulator.task_protocol import OURS
from sfn_release.tasks.mock_config import MockConfig, MockedTestCase
from sfn_release.testing.declared.declared_report import DeclaredResult, UnreadTest
from sfn_release.testing.declared.declared_test import DeclaredTest, Expectation
from sfn_release.testing.declared.run_differences import run_differences
from sfn_release.testing.declared.tests_file import SUFFIX, file_of_tests, read_tests_file
from sfn_release.testing.inner_machines import states_in
from sfn_release.testing.mocked_results.shape_problem import ShapeProblem
from sfn_release.testing.run import Run
from sfn_release.testing.scenario import Conditions, Runnable, missed_end, run_mocked
from sfn_release.text import did_you_mean, listing

Ran = Callable[[DeclaredTest, Run], None]
"""Hears of each run."""


@dataclass(frozen=True)
class FoundTests:
    """The tests of a project, by workflow, and the *unread* ones.

    *unknown* are state machines of the mock configuration that no workflow has.
    """

    tests: tuple[DeclaredTest, ...]
    unread: tuple[UnreadTest, ...] = ()
    unknown: tuple[str, ...] = ()

    def of(self, workflows: Collection[str]) -> FoundTests:
        """Return the tests of *workflows* alone, and the unread ones that may be about them."""
        return replace(
            self,
            tests=tuple(test for test in self.tests if test.workflow in workflows),
            unread=tuple(
                unread
                for unread in self.unread
                if not unread.workflows or {*unread.workflows} & {*workflows}
            ),
        )

    def untested(self, workflows: Iterable[str]) -> tuple[str, ...]:
        """Return which of *workflows* have no test, not even an unread one."""
        tested = {test.workflow for test in self.tests}
        tested |= {name for unread in self.unread for name in unread.workflows}
        return tuple(name for name in sorted(workflows) if name not in tested)


def find_tests(tree: WorkTree, cases: MockConfig | None) -> FoundTests:
    """Return the tests beside the modules of *tree*, and a test for each other case of *cases*."""
    beside: dict[str, list[str]] = {}
    for name, declaration in tree.declarations.items():
        beside.setdefault(file_of_tests(declaration.source), []).append(name)
    known = known_in(tree)
    tests: list[DeclaredTest] = []
    unread: list[UnreadTest] = []
    for file in _files(tree.project.root, tree.project.workflows):
        own = beside.get(file) or _refused_beside(file, tree.refused)
        found = read_tests_file(tree.project.root, file, own, known)
        tests += found.tests
        unread += [UnreadTest(file, error, tuple(own)) for error in found.errors]
    tests += _other_cases(tree, cases, tests) if cases else ()
    order = {name: number for number, name in enumerate(known)}
    return FoundTests(
        tuple(sorted(tests, key=lambda test: order[test.workflow])),
        tuple(unread),
        tuple(_unknown(tree, cases)),
    )


def mock_cases(tree: WorkTree) -> MockConfig | None:
    """Return the test cases of an environment's mock configuration; None without one."""
    file = opened(tree.environment.tasks, tree.project.root)
    return None if file is None else file.read()


def _unknown(tree: WorkTree, cases: MockConfig | None) -> Iterator[str]:
    """Yield the state machines of a mock configuration that no workflow of *tree* has."""
    names = {tree.environment.state_machine_name(name) for name in known_in(tree)}
    yield from (machine for machine in (cases.machines if cases else ()) if machine not in names)


def known_in(tree: WorkTree) -> list[str]:
    """Return the names of all workflows, faulty ones too."""
    return sorted([*tree.declarations, *tree.refused])


def _files(root: Path, workflows: str) -> Iterator[str]:
    """Yield the files of tests in the workflows folder, by their paths below *root*."""
    for folder, folders, names in os.walk(root / workflows):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for name in sorted(names):
            if name.endswith(SUFFIX) and not name.startswith((".", "_")):
                yield (Path(folder) / name).relative_to(root).as_posix()


def _refused_beside(file: str, refused: Mapping[str, SfnReleaseError]) -> list[str]:
    """Return the faulty workflows that a file of tests can be about: we don't know their files."""
    stem = Path(file).name.removesuffix(SUFFIX)
    return [stem] if stem in refused else [*refused]


def _other_cases(
    tree: WorkTree, cases: MockConfig, tests: Iterable[DeclaredTest]
) -> Iterator[DeclaredTest]:
    """Yield a test for each case of the mock configuration that no declared test uses."""
    used = {(test.workflow, test.test_case) for test in tests}
    for workflow in tree.declarations:
        machine = tree.environment.state_machine_name(workflow)
        for case in cases.machines.get(machine, {}):
            if (workflow, case) not in used:
                yield DeclaredTest(
                    case,
                    workflow,
                    cases.file,
                    test_case=case,
                    expected=Expectation(any_end=True),
                    check_input=False,
                )


@dataclass
class DeclaredRuns:
    """Runs tests of the workflows of *tree*. *cases* has the test cases that they name.

    If it is *strict*, a test fails if its mocks answer as AWS never would.
    """

    tree: WorkTree
    cases: MockConfig | None = None
    strict: bool = False
    ran: Ran = lambda _test, _run: None
    _forms: dict[str, Rendered | SfnReleaseError] = field(default_factory=dict)

    def results(self, tests: Sequence[DeclaredTest]) -> Iterator[DeclaredResult]:
        """Run *tests* one after the other, and yield the result of each."""
        for test in tests:
            began = perf_counter()
            result = self._result(test)
            yield replace(result, seconds=perf_counter() - began)

    def _result(self, test: DeclaredTest) -> DeclaredResult:
        try:
            run, problems, warnings = self._run(test)
        except SfnReleaseError as error:
            return DeclaredResult(test, error=error)
        self.ran(test, run)
        shapes = tuple(dict.fromkeys(map(str, problems)))
        fault = _fault(test, run)
        if fault is None and shapes and (self.strict or test.strict):
            fault = ConfigError("A mock answers as AWS never would.", why="\n".join(shapes))
        differences = () if fault else run_differences(test.expected or Expectation(), run)
        return DeclaredResult(test, run, differences, fault, (*shapes, *warnings))

    def form(self, workflow: str) -> Rendered:
        """Return the rendered form of a workflow. Raises the error of a faulty one."""
        if workflow not in self._forms:
            try:
                self._forms[workflow] = self.tree.rendered(workflow)
            except SfnReleaseError as error:
                self._forms[workflow] = error
        found = self._forms[workflow]
        if isinstance(found, SfnReleaseError):
            raise found
        return found

    def _run(self, test: DeclaredTest) -> tuple[Run, list[ShapeProblem], list[str]]:
        """Run a test. Return its run, the faults of its mocks, and warnings about the test."""
        form = self.form(test.workflow)
        _refuse_unknown(test, form)
        if test.check_input and test.start_at is None:
            self.tree.check_input(test.workflow, test.input, skip="check_input = false")
        case = self._case(test, form)
        conditions: Conditions = {
            "mocks": test.mocks,
            "start_at": test.start_at,
            "until": test.until,
            "variables": test.variables,
            "started_at": test.started_at,
        }

        def context(name: str, started: datetime) -> ContextSeed:
            return execution_seed(form, self.tree.environment, name, started)

        with closing(self.tree.open_tasks()) as workflows:
            runnable = Runnable(
                test.workflow,
                form.definition,
                context,
                lambda: workflows.tasks(form.name, case),
            )
            run, problems = run_mocked(runnable, test.input, conditions)
        tasks = [state for state, _resource in mocked_tasks(form.definition)]
        warnings = case.unknown_states(tasks) if case else []
        missed = missed_end(run, test.until)
        return run, problems, [*warnings, *([missed] if missed else [])]

    def _case(self, test: DeclaredTest, form: Rendered) -> MockedTestCase | None:
        if test.test_case is None:
            return None
        if self.cases is None:
            raise ConfigError(
                f"{test.place}: there is no MockConfigFile.json for the test case"
                f" {test.test_case!r}.",
                fix="Name the file in releases.toml: `mock_config` in [environments.local].",
            )
        return self.cases.case(form.name, test.test_case)


def _refuse_unknown(test: DeclaredTest, form: Rendered) -> None:
    """Raise ConfigError for a state that the workflow doesn't have: a test of nothing."""
    states = states_in(form.definition)
    for name in test.states:
        if name not in states:
            raise ConfigError(
                f"{test.place_of(name)}: {test.workflow} has no state {toml(name)}.",
                fix=did_you_mean(name, states) or f"Its states are: {listing(states)}.",
            )


def _fault(test: DeclaredTest, run: Run) -> ConfigError | None:
    """Return why a run isn't one of the workflow: a task had no answer, or it couldn't run."""
    error = run.error or ""
    bare = test.expected is not None and test.expected.any_end
    if not (error.startswith(OURS) or (bare and error == States.Runtime)):
        return None
    place = f" in {run.path[-1]!r}" if run.path else ""
    fix = (
        f"Give the case an input: a [[test]] with  test_case = {toml(test.test_case)}  beside the"
        " module."
        if bare and error == States.Runtime and not (run.cause or "").startswith(f"{test.file}: ")
        else ""
    )
    if error == "SfnRelease.NobodyAnswers":
        fix = "Add the result of the task to the mock:  { submitted = {...}, return = {...} }"
    return ConfigError(f"The run ended{place} with {error}.", why=run.cause or "", fix=fix)
