"""Counts the runs of a test session, and reports their coverage.

    worker: run → counter → data → the controller, which adds up the data of all workers
    at the end: the data → .sfn-coverage, the reports, the table

Without pytest-xdist one process is both.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import Any

import pytest

from sfn_release.cli.coverage_files import write_json_report, write_markdown_report
from sfn_release.cli.output.coverage_tables import coverage_lines, too_low
from sfn_release.cli.output.error_text import error_lines
from sfn_release.errors import NotFoundError, SfnReleaseError
from sfn_release.operations.coverage_file import write_coverage
from sfn_release.operations.verbs.coverage import data_file
from sfn_release.project import find_project
from sfn_release.pytest_plugin.project_workflows import built_projects, project_at
from sfn_release.testing.coverage.coverage_counter import CoverageCounter
from sfn_release.testing.coverage.coverage_data import CoverageData, data_from_json
from sfn_release.testing.coverage.coverage_report import WorkflowCoverage, coverage_of
from sfn_release.testing.run import Run
from sfn_release.text import did_you_mean

_OUTPUT = "sfn_coverage"
_PLUGIN = "sfn-release coverage"

Report = tuple[str, str]
"""The format of a report, and its file."""


@dataclass(frozen=True)
class Settings:
    """The options. *workflows* are those to report, all without any."""

    workflows: tuple[str, ...] = ()
    reports: tuple[Report, ...] = ()
    fail_under: int | None = None
    append: bool = False


def measure(config: pytest.Config, settings: Settings) -> None:
    """Measure the coverage of a session."""
    worker = hasattr(config, "workeroutput")
    plugin = _Worker(config) if worker else _Controller(config, settings)
    config.pluginmanager.register(plugin, _PLUGIN)


class _Worker:
    """Counts the runs of one process, and hands the counts to the controller."""

    def __init__(self, config: pytest.Config) -> None:
        self._config: Any = config
        self._counter = CoverageCounter()

    def pytest_sfn_run_finished(self, workflow: str | None, run: Run) -> None:
        """Count a run of a workflow of the project."""
        if workflow is not None:
            self._counter.add(workflow, run)

    def pytest_sessionfinish(self) -> None:
        """Hand over the counts."""
        self._config.workeroutput[_OUTPUT] = json.dumps(self.data().to_json())

    def data(self) -> CoverageData:
        """Return the counts of all runs, with each workflow of the projects that tests used."""
        for project in built_projects(self._config).values():
            for name, declaration in project.tree.declarations.items():
                self._counter.expect(name, declaration.definition)
        return self._counter.data()


class _Controller:
    """Adds up the counts of the workers, or of this process, and reports them."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._own = _Worker(config)
        self._data = CoverageData()
        self._shown: list[WorkflowCoverage] = []
        self._problems: list[str] = []

    def pytest_sfn_run_finished(self, workflow: str | None, run: Run) -> None:
        """Count a run in this process."""
        self._own.pytest_sfn_run_finished(workflow, run)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the counts of a worker of pytest-xdist that has ended."""
        text = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if text is not None:
            self._data = self._data.plus(data_from_json(json.loads(text)))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the data and the reports, and fail the session if coverage is too low."""
        for step in (self._gather, self._store, self._choose, self._report):
            try:
                step()
            except SfnReleaseError as error:
                self._problems += error_lines(error)
        low = too_low(self._shown, self._settings.fail_under)
        if low:
            self._problems.append(low)
        if self._problems and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the table."""
        terminalreporter.section("coverage of workflows")
        writer = terminalreporter._tw  # noqa: SLF001 - as other plugins find the width
        room = writer.fullwidth if writer.hasmarkup else None
        verbose = self._config.get_verbosity() > 0
        for line in coverage_lines(self._shown, room=room, verbose=verbose):
            terminalreporter.write_line(line)
        for line in self._problems:
            terminalreporter.write_line(line, red=True)

    def _gather(self) -> None:
        """Take the counts of this process, with the project around pytest's rootdir."""
        if not built_projects(self._config) and not self._data.workflows:
            with contextlib.suppress(NotFoundError):  # the tests may run definitions of their own
                project_at(self._config, find_project(self._config.rootpath))
        self._data = self._data.plus(self._own.data())

    def _store(self) -> None:
        """Write the data of this session, added to the earlier data if an option says so."""
        projects = [*built_projects(self._config)]
        root = projects[0].parent if len(projects) == 1 else self._config.rootpath
        self._data = write_coverage(data_file(root), self._data, append=self._settings.append)

    def _choose(self) -> None:
        """Choose the workflows to report."""
        names = self._settings.workflows
        self._shown = coverage_of(self._data.only(names) if names else self._data)
        for name in names:
            if name not in self._data.workflows:
                raise NotFoundError(
                    f"--sfn-coverage: there is no workflow {name!r}.",
                    why=f"There are: {', '.join(self._data.workflows) or 'none'}.",
                    fix=did_you_mean(name, self._data.workflows),
                )

    def _report(self) -> None:
        """Write the reports, relative to the folder that pytest was started in."""
        for format_, file in self._settings.reports:
            path = self._config.invocation_params.dir / file
            write = write_json_report if format_ == "json" else write_markdown_report
            write(path, self._shown)
