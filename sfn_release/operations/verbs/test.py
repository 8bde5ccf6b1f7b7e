"""test: run the tests that are declared beside the workflows, in this process, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Literal

from sfn_release.errors import NotFoundError, UsageError
from sfn_release.operations.declared_runs import (
    DeclaredRuns,
    FoundTests,
    Ran,
    find_tests,
    known_in,
    mock_cases,
)
from sfn_release.operations.local_settings import mock_config, with_defaults
from sfn_release.operations.work_tree import WorkTree, read_work_tree
from sfn_release.operations.workspace import Workspace
from sfn_release.project import LOCAL, Environment
from sfn_release.project.task_settings import TaskSettings
from sfn_release.testing.coverage.coverage_counter import CoverageCounter
from sfn_release.testing.coverage.coverage_data import CoverageData
from sfn_release.testing.declared.declared_report import DeclaredReport, DeclaredResult
from sfn_release.testing.declared.declared_test import DeclaredTest
from sfn_release.testing.declared.name_expression import Matches, read_expression
from sfn_release.testing.declared.recording import broken_end, recorded
from sfn_release.testing.declared.tests_file import SUFFIX, file_of_tests
from sfn_release.text import did_you_mean

Record = Literal["missing", "all"]
"""Which expectations to record: of tests without any, or those that fail too."""

Watch = Callable[[DeclaredResult, int, int], None]
"""Hears of each result: the result, how many there are so far, and how many there will be."""


@dataclass(frozen=True)
class RecordedFile:
    """A file of tests with recorded expectations: its path below the project, old and new text."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Tested:
    """The result of `run_tests`. *recorded* are files to write. *coverage* is None by default."""

    report: DeclaredReport
    recorded: tuple[RecordedFile, ...] = ()
    coverage: CoverageData | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return self.report.to_json() | {"recorded": [file.file for file in self.recorded]}


def run_tests(
    workspace: Workspace,
    workflows: Sequence[str] = (),
    *,
    expression: str | None = None,
    environment: str | None = None,
    mock_file: str | None = None,
    strict: bool = False,
    record: Record | None = None,
    watch: Watch = lambda _result, _done, _of: None,
    covered: bool = False,
) -> Tested:
    """Run the declared tests of the work tree or of *workflows*, and return the results.

    *expression* chooses tests by name, as pytest's ``-k``. *environment* gives the parameters; it
    must have mocks. *mock_file* is the path of a MockConfigFile.json. With *strict*, a test fails
    if a mock answers as AWS never would. With *record*, the result has the files of tests with
    expectations from the runs; nothing is written. With *covered*, the result has coverage.

    Raises NotFoundError for an unknown workflow and if there is no test to run, UsageError for an
    expression that can't be read, and the errors of a build.
    """
    matches = read_expression(expression) if expression is not None else None
    chosen = _environment(workspace, environment, mock_file)
    tree = read_work_tree(workspace, chosen)
    _refuse_unknown(tree, workflows)
    cases = mock_cases(tree)
    found = find_tests(tree, cases)
    _warn_unknown(workspace, tree, found)
    asked = _asked(tree, found, workflows)
    picked = asked.tests if matches is None else _picked(asked, matches, expression or "")
    counter = None
    if covered:
        counter = _counter(tree, () if expression is not None else workflows or known_in(tree))
    runs = DeclaredRuns(tree, cases, strict, _counting(counter))
    results: list[DeclaredResult] = []
    with closing(tree):
        for result in runs.results(picked):
            made = _recorded(result, record)
            watch(made, len(results) + 1, len(picked))
            keep = made.recorded or made.status == "failed"
            results.append(made if keep else replace(made, run=None))
    deselected = len(asked.tests) - len(picked)
    untested = asked.untested(workflows or known_in(tree))
    report = DeclaredReport(tuple(results), asked.unread, untested, deselected)
    data = _coverage(counter, results) if counter is not None else None
    return Tested(report, tuple(_files(workspace, results)), data)


def _refuse_unknown(tree: WorkTree, workflows: Sequence[str]) -> None:
    """Raise NotFoundError for a workflow that the work tree doesn't have."""
    known = known_in(tree)
    for name in workflows:
        if name not in known:
            raise NotFoundError(
                f"The work tree has no workflow {name!r}.",
                why=f"It has: {', '.join(known)}.",
                fix=did_you_mean(name, known),
            )


def _asked(tree: WorkTree, found: FoundTests, workflows: Sequence[str]) -> FoundTests:
    """Return the tests of *workflows*, of all without any. Raises NotFoundError if one has none."""
    known = known_in(tree)
    asked = found if not workflows else found.of({*workflows})
    untested = asked.untested(workflows or known)
    if not asked.unread and (not asked.tests or (workflows and untested)):
        raise _no_tests(tree, untested or known)
    return asked


def _picked(asked: FoundTests, matches: Matches, expression: str) -> tuple[DeclaredTest, ...]:
    """Return the tests whose names match. Raises NotFoundError if none does."""
    picked = tuple(test for test in asked.tests if matches([test.name, test.workflow, test.file]))
    if asked.tests and not picked and not asked.unread:
        raise NotFoundError(
            f"-k {expression!r} matches none of {len(asked.tests)} tests.",
            fix="List their names:  sfn-release test -v",
        )
    return picked


def _warn_unknown(workspace: Workspace, tree: WorkTree, found: FoundTests) -> None:
    names = [tree.environment.state_machine_name(name) for name in known_in(tree)]
    for machine in found.unknown:
        near = did_you_mean(machine, names)
        workspace.runtime.watcher.say(
            f"warning: the mock file has test cases of {machine}, which no workflow is. {near}"
        )


def _counter(tree: WorkTree, expected: Sequence[str]) -> CoverageCounter:
    """Return a counter, for which *expected* workflows count even if no test of them runs."""
    counter = CoverageCounter()
    for name, declaration in tree.declarations.items():
        if name in expected:
            counter.expect(name, declaration.definition)
    return counter


def _coverage(counter: CoverageCounter, results: Sequence[DeclaredResult]) -> CoverageData:
    """Return the counts, with the tests that failed."""
    for result in results:
        if result.status == "failed":
            counter.add_failure(result.test.workflow)
    return counter.data()


def _counting(counter: CoverageCounter | None) -> Ran:
    if counter is None:
        return lambda _test, _run: None
    return lambda test, run: counter.add(test.workflow, run)


def _environment(workspace: Workspace, name: str | None, mock_file: str | None) -> Environment:
    """Return the environment of the runs, with its mock configuration."""
    chosen = workspace.environment(name or LOCAL)
    if not chosen.backend.has_mocks:
        raise UsageError(
            f"Tests run on this machine, with mocks, but {chosen.name} has no mocks.",
            fix="Leave out --env.",
        )
    root = workspace.project.root
    path = mock_config(root, workspace.runtime.environ, mock_file)
    asked = TaskSettings(mock_config=path)
    return replace(chosen, tasks=with_defaults(root, chosen.tasks.and_also(asked)))


def _no_tests(tree: WorkTree, untested: Sequence[str]) -> NotFoundError:
    """Return the error for workflows without tests."""
    sources = [tree.declarations[name].source for name in untested if name in tree.declarations]
    place = file_of_tests(sources[0]) if sources else f"{tree.project.workflows}/*{SUFFIX}"
    return NotFoundError(
        f"There are no tests of {', '.join(untested)}.",
        fix=f'Write a first one into {place}:\n    [[test]]\n    name = "it succeeds"',
    )


def _recorded(result: DeclaredResult, record: Record | None) -> DeclaredResult:
    """Return the result of a test whose expectations are recorded from its run, if they are."""
    in_file = result.test.file.endswith(SUFFIX)
    if record is None or result.run is None or result.error is not None or not in_file:
        return result
    missing = result.test.expected is None
    if not (missing or (record == "all" and result.status == "failed")):
        return result
    note = broken_end(result.run)
    ended = f"The recorded error is {result.run.error}: {note.removeprefix('review: ')}"
    warnings = (*result.warnings, *([ended] if note else []))
    return replace(result, differences=(), recorded=True, warnings=warnings)


def _files(workspace: Workspace, results: Sequence[DeclaredResult]) -> list[RecordedFile]:
    """Return the files of tests whose expectations were recorded."""
    by_file: dict[str, list[Any]] = {}
    for result in results:
        if result.recorded:
            by_file.setdefault(result.test.file, []).append((result.test, result.run))
    made = []
    for file, runs in by_file.items():
        old = (workspace.project.root / file).read_bytes().decode("utf-8")
        made.append(RecordedFile(file, old, recorded(old, runs)))
    return made
