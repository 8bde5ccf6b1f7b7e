"""test: run the tests that are declared beside the workflows, and show where they differ."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

import click

from sfn_release.cli.files import make_folder, write_text
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.coverage_tables import (
    coverage_members,
    too_low,
    write_coverage_table,
)
from sfn_release.cli.output.error_text import write_error
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError
from sfn_release.text import count

_MANY = 20  # tests: below, they run faster than you can read
_STEP = 5  # tests between two updates

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sfn_release.operations.verbs.test import RecordedFile, Tested
    from sfn_release.operations.workspace import Workspace
    from sfn_release.testing.coverage.coverage_data import CoverageData
    from sfn_release.testing.coverage.coverage_report import WorkflowCoverage
    from sfn_release.testing.declared.declared_report import DeclaredReport, DeclaredResult


@command("test")
@click.argument("workflows", nargs=-1, metavar="[WORKFLOW]...")
@click.option("-k", "expression", metavar="EXPRESSION", help="Only tests of these names.")
@click.option("--record", is_flag=True, help="Write the expectations of tests that have none.")
@click.option("--overwrite", is_flag=True, help="With --record: also replace failed expectations.")
@click.option("--strict", is_flag=True, help="Fail for mocks that answer as AWS never would.")
@click.option("--coverage", is_flag=True, help="Show the parts that no test reached.")
@click.option(
    "--fail-under",
    type=click.IntRange(0, 100),
    metavar="PERCENT",
    help="Exit 1 if the coverage is lower. Implies --coverage.",
)
@click.option(
    "--coverage-append", is_flag=True, help="Add to the coverage data of the last test run."
)
@click.option("--coverage-json", metavar="FILE", help="Write the coverage as JSON.")
@click.option("--coverage-markdown", metavar="FILE", help="Write the coverage as Markdown.")
@click.option("--junit", metavar="FILE", help="Write the results as JUnit XML.")
@click.option(
    "--mock-config",
    metavar="FILE",
    help="The file of test cases. Default: SFN_MOCK_CONFIG, or MockConfigFile.json.",
)
def run(
    session: Session,
    workflows: tuple[str, ...],
    expression: str | None,
    record: bool,
    overwrite: bool,
    strict: bool,
    coverage: bool,
    fail_under: int | None,
    coverage_append: bool,
    coverage_json: str | None,
    coverage_markdown: str | None,
    junit: str | None,
    mock_config: str | None,
) -> int:
    """Run the tests beside the workflows. Exits 1 on failures.

    Runs the tests in workflows/NAME.tests.toml and the test cases of MockConfigFile.json on the
    work tree, in this process and in virtual time. EXPRESSION is a part of a test's name; combine
    several with and, or, not and parentheses.
    """
    from sfn_release.cli.output.declared_markdown import declared_tests_markdown
    from sfn_release.operations.verbs.test import run_tests

    if overwrite and not record:
        raise UsageError("--overwrite needs --record.", fix="Add --record.")
    workspace = session.workspace()
    progress = _Progress(session)
    try:
        tested = run_tests(
            workspace,
            workflows,
            expression=expression,
            environment=session.environment,
            mock_file=None if mock_config is None else str(session.directory / mock_config),
            strict=strict,
            record=("all" if overwrite else "missing") if record else None,
            watch=progress.watch,
            covered=coverage
            or coverage_append
            or any(option is not None for option in (fail_under, coverage_json, coverage_markdown)),
        )
    finally:
        progress.close()
    for file in tested.recorded:
        write_text(workspace.project.root / file.file, file.new)
    if junit is not None:
        _write_junit(session, junit, tested.report)
    members, low = tested.to_json(), ""
    covered: list[WorkflowCoverage] = []
    if tested.coverage is not None:
        covered = _covered(workspace, tested.coverage, append=coverage_append)
        _write_reports(session, covered, coverage_json, coverage_markdown)
        members |= coverage_members(covered)
        low = too_low(covered, fail_under)
    session.show(
        "test",
        members,
        lambda: _write(session, tested, covered),
        summary=lambda: declared_tests_markdown(tested.report),
    )
    if low:
        terminal.say_always(f"error: {low}", style="red")
    return 0 if tested.report.ok and not low else 1


def _covered(workspace: Workspace, data: CoverageData, *, append: bool) -> list[WorkflowCoverage]:
    """Keep the data for other commands, and return the coverage."""
    from sfn_release.operations.coverage_file import write_coverage
    from sfn_release.testing.coverage.coverage_data import FILE_NAME
    from sfn_release.testing.coverage.coverage_report import coverage_of

    file = workspace.project.root / FILE_NAME
    return coverage_of(write_coverage(file, data, append=append))


def _write_reports(
    session: Session,
    covered: Sequence[WorkflowCoverage],
    json_file: str | None,
    markdown_file: str | None,
) -> None:
    from sfn_release.cli.coverage_files import write_json_report, write_markdown_report

    if json_file is not None:
        write_json_report(session.directory / json_file, covered)
    if markdown_file is not None:
        write_markdown_report(session.directory / markdown_file, covered)


def _write_junit(session: Session, file: str, report: DeclaredReport) -> None:
    from sfn_release.cli.output.junit import junit_xml

    path = session.directory / file
    make_folder(path.parent)
    write_text(path, junit_xml(report))


class _Progress:
    """Shows on a terminal how many tests have run: a line that is overwritten."""

    def __init__(self, session: Session) -> None:
        self._shown = terminal.on_terminal(sys.stderr) and not session.as_json and not session.quiet
        self._failed = 0

    def watch(self, result: DeclaredResult, done: int, of: int) -> None:
        """Show one more result."""
        self._failed += result.status == "failed"
        if self._shown and of > _MANY and (done % _STEP == 0 or done == of):
            failed = f", {self._failed} failed" if self._failed else ""
            sys.stderr.write(f"\r{done} of {of} tests{failed}")
            sys.stderr.flush()

    def close(self) -> None:
        """Take the line off the screen."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _write(session: Session, tested: Tested, covered: Sequence[WorkflowCoverage]) -> None:
    report = tested.report
    workflow = ""
    for result in report.results:
        if session.verbose or result.status == "failed" or result.warnings:
            if result.test.workflow != workflow:
                workflow = result.test.workflow
                terminal.write_parts(terminal.Styled(terminal.one_line(workflow), "bold"))
            _write_result(result)
    for unread in report.unread:
        write_error(unread.error, as_json=False, verbose=False)
    for file in tested.recorded:
        _write_recorded(file)
    if tested.coverage is not None:
        write_coverage_table(covered, verbose=session.verbose)
        terminal.write()
    _write_summary(report, {workflow.name for workflow in covered if not workflow.runs})


def _write_result(result: DeclaredResult) -> None:
    from sfn_release.testing.run_report import run_lines

    style, word = ("green", "passed") if result.status == "passed" else ("red", "FAILED")
    word = "recorded" if result.recorded else word
    terminal.write_parts(
        "  ",
        terminal.Styled(f"{word}  ", style),
        terminal.one_line(result.test.name),
        terminal.Styled(f"  {result.test.place}", "dim"),
    )
    for line in (result.difference or "").splitlines():
        terminal.write(f"      {line}")
    if result.run is not None and result.differences:
        for line in run_lines(result.run):
            terminal.write(f"      {line}".rstrip(), style="dim")
    for warning in result.warnings if result.error is None else ():
        terminal.write(f"      warning: {warning}", style="yellow")


def _write_recorded(file: RecordedFile) -> None:
    """Show the lines that were written, for review."""
    terminal.write_parts(terminal.Styled("wrote  ", "green"), file.file)
    texts = (file.old.rstrip(), file.new.rstrip())
    old, new = (text.replace("\r\n", "\n").split("\n") for text in texts)
    for line in difflib.unified_diff(old, new, lineterm="", n=1):
        if not line.startswith(("---", "+++")):
            styles = {"+": "green", "-": "red", "@": "dim"}
            terminal.write(f"  {line}", style=styles.get(line[:1], ""))


def _write_summary(report: DeclaredReport, named: Collection[str]) -> None:
    """Write the counts, and the workflows without tests that the coverage hasn't *named*."""
    parts = [f"{report.passed} passed", f"{report.failed} failed"]
    parts += [f"{count(report.unread, 'error')}"] if report.unread else []
    parts += [f"{report.deselected} deselected"] if report.deselected else []
    untested = [name for name in report.untested if name not in named]
    if untested:
        terminal.say(f"Without tests: {', '.join(untested)}", style="yellow")
    terminal.write(", ".join(parts), style="green" if report.ok else "red")
