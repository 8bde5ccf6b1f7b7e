"""Finds the declared tests of a project, and runs them on its workflows in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from sfn_release.errors import ConfigError, SfnReleaseError
from sfn_release.operations.work_tree import WorkTree, execution_seed
from sfn_release.project.toml_text import toml
from sfn_release.release.rendering import Rendered
from sfn_release.simulator import Mocks, Stretch, TaskCall, Tasks
from sfn_release.simulator.mocks import task_names
from sfn_release.tasks.mock_config import MockConfig
from sfn_release.testing.answers import answers_of
from sfn_release.testing.declared.declared_report import DeclaredResult
from sfn_release.testing.declared.declared_test import DeclaredTest, Expectation
from sfn_release.testing.declared.run_differences import run_differences
from sfn_release.testing.declared.tests_file import SUFFIX, read_tests_file, tests_file
from sfn_release.testing.inner_machines import machines_in
from sfn_release.testing.result_shapes import HeldToShapes
from sfn_release.testing.run import Run
from sfn_release.testing.run_definition import run_definition
from sfn_release.testing.shape_problem import ShapeProblem
from sfn_release.text import did_you_mean

_NAME = "test"  # of every execution, so that its ARN and its draws are the same in every run
_OURS = "SfnRelease."  # errors that only this simulator raises
_RUNTIME = "States.Runtime"

Ran = Callable[[DeclaredTest, Run], None]
"""Hears of each run."""


@dataclass(frozen=True)
class FoundTests:
    """The tests of a project, by workflow, and the errors of those that can't be read."""

    tests: tuple[DeclaredTest, ...]
    errors: tuple[ConfigError, ...] = ()


def find_tests(tree: WorkTree, cases: MockConfig | None) -> FoundTests:
    """Return the tests beside the modules of *tree*, and a test for each other case of *cases*."""
    beside: dict[str, list[str]] = {}
    for name, declaration in tree.declarations.items():
        beside.setdefault(tests_file(declaration.source), []).append(name)
    known = [*tree.declarations, *tree.refused]
    tests: list[DeclaredTest] = []
    errors: list[ConfigError] = []
    root = tree.project.root
    for file in _files(root, tree.project.workflows):
        own = beside.get(file) or _refused_beside(file, tree.refused)
        found = read_tests_file(root, file, own, known)
        tests += found.tests
        errors += found.errors
    tests += _other_cases(tree, cases, tests) if cases else ()
    order = {name: number for number, name in enumerate(sorted(known))}
    return FoundTests(tuple(sorted(tests, key=lambda test: order[test.workflow])), tuple(errors))


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
                    case, workflow, cases.file, test_case=case, expected=Expectation(any_end=True)
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
        problems: list[ShapeProblem] = []
        try:
            run = self._run(test, problems)
        except SfnReleaseError as error:
            return DeclaredResult(test, error=error)
        self.ran(test, run)
        warnings = tuple(dict.fromkeys(map(str, problems)))
        fault = _fault(test, run)
        if fault is None and warnings and self.strict:
            fault = ConfigError("A mock answers as AWS never would.", why="\n".join(warnings))
        differences = () if fault else run_differences(test.expected or Expectation(), run)
        return DeclaredResult(test, run, differences, fault, warnings)

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

    def _run(self, test: DeclaredTest, problems: list[ShapeProblem]) -> Run:
        form = self.form(test.workflow)
        given = answers_of(test.mocks, file=f"{test.place}: mocks")
        self._refuse_unknown(test, form, given)
        case = None
        if test.test_case is not None:
            if self.cases is None:
                raise ConfigError(
                    f"{test.place}: there is no MockConfigFile.json for the test case"
                    f" {test.test_case!r}.",
                    fix="Name the file in releases.toml: `mock_config` in [environments.local].",
                )
            case = self.cases.case(form.name, test.test_case)
        with closing(self.tree.open_tasks()) as workflows:
            return run_definition(
                form.definition,
                test.input,
                tasks=_GivenFirst(given, workflows.tasks(form.name, case), problems),
                context=execution_seed(form, self.tree.environment, _NAME, test.started_at),
                variables=test.variables,
                stretch=Stretch(test.start_at, test.until),
            )

    def _refuse_unknown(self, test: DeclaredTest, form: Rendered, given: Mocks) -> None:
        """Raise ConfigError for a state that the workflow doesn't have: a test of nothing."""
        tasks = [*task_names(form.definition)]
        for name in given.unused(tasks):
            raise ConfigError(
                f"{test.place}: mocks has {toml(name)}, which is neither a task nor a Resource of"
                f" {test.workflow}.",
                fix=did_you_mean(name, tasks),
            )
        states = [
            name for machine in machines_in(form.definition) for name in machine.get("States", ())
        ]
        for name in test.states:
            if name not in states:
                raise ConfigError(
                    f"{test.place}: {test.workflow} has no state {toml(name)}.",
                    fix=did_you_mean(name, states),
                )


class _GivenFirst:
    """Answers tasks with the mocks *given* by a test, and *rest* the others.

    The mocks are held against AWS's models, and *problems* gets what AWS would never answer.
    """

    def __init__(self, given: Mocks, rest: Tasks, problems: list[ShapeProblem]) -> None:
        self._given = given
        self._held = HeldToShapes(given, problems.append)
        self._rest = rest

    def run(self, call: TaskCall) -> Any:
        """Answer *call*."""
        mocked = self._given.answer_to(call) is not None
        return self._held.run(call) if mocked else self._rest.run(call)


def _fault(test: DeclaredTest, run: Run) -> ConfigError | None:
    """Return why a run isn't one of the workflow: a task had no answer, or it couldn't run."""
    error = run.error or ""
    bare = test.expected is not None and test.expected.any_end
    if not (error.startswith(_OURS) or (bare and error == _RUNTIME)):
        return None
    place = f" in {run.path[-1]!r}" if run.path else ""
    fix = (
        f"Give the case an input: a [[test]] with  test_case = {toml(test.test_case)}  beside the"
        " module."
        if bare and error == _RUNTIME
        else ""
    )
    return ConfigError(f"The run ended{place} with {error}.", why=run.cause or "", fix=fix)
