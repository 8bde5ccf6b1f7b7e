"""test: run the tests that are declared beside the workflows, and show where they differ."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import click

from sfn_release.cli.files import make_folder, write_text
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.error_text import write_error
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.operations.verbs.test import RecordedFile, Tested
    from sfn_release.testing.declared.declared_report import DeclaredReport, DeclaredResult


@command("test")
@click.argument("workflows", nargs=-1, metavar="[WORKFLOW]...")
@click.option("-k", "expression", metavar="EXPRESSION", help="Only tests of these names.")
@click.option("--record", is_flag=True, help="Write what is expected where a test says nothing.")
@click.option("--overwrite", is_flag=True, help="With --record: also where a test fails.")
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
    junit: str | None,
    mock_config: str | None,
) -> int:
    """Run the tests beside the workflows. Exits 1 on failures.

    Runs the tests in workflows/NAME.tests.toml and the test cases of MockConfigFile.json on the
    work tree, in this process and in virtual time. EXPRESSION is a part of a test's name; combine
    several with and, or, not and parentheses.
    """
    from sfn_release.operations.verbs.test import run_tests

    if overwrite and not record:
        raise UsageError("--overwrite needs --record.", fix="Add --record.")
    workspace = session.workspace()
    progress = _Progress(session)
    tested = run_tests(
        workspace,
        workflows,
        expression=expression,
        environment=session.environment,
        mock_file=None if mock_config is None else str(session.directory / mock_config),
        record=("all" if overwrite else "missing") if record else None,
        watch=progress.watch,
    )
    progress.close()
    for file in tested.recorded:
        write_text(workspace.project.root / file.file, file.new)
    if junit is not None:
        _write_junit(session, junit, tested.report)
    session.show("test", tested.to_json(), lambda: _write(session, tested))
    return 0 if tested.report.ok else 1


def _write_junit(session: Session, file: str, report: DeclaredReport) -> None:
    from sfn_release.cli.output.junit import junit_xml

    path = session.directory / file
    make_folder(path.parent)
    write_text(path, junit_xml(report))


class _Progress:
    """Shows how many tests ran, on a terminal; with ``-v`` a line for each test."""

    def __init__(self, session: Session) -> None:
        self._verbose = session.verbose and not session.as_json
        self._line = session.progress if not self._verbose else None

    def watch(self, result: DeclaredResult, done: int, of: int) -> None:
        """Show one more result."""

    def close(self) -> None:
        """Take the line off the screen."""


def _write(session: Session, tested: Tested) -> None:
    report = tested.report
    workflow = ""
    for result in report.results:
        if session.verbose or result.status == "failed":
            if result.test.workflow != workflow:
                workflow = result.test.workflow
                terminal.write_parts(terminal.Styled(terminal.one_line(workflow), "bold"))
            _write_result(result)
    for error in report.errors:
        write_error(error, as_json=False, verbose=False)
    for file in tested.recorded:
        _write_recorded(file)
    _write_summary(report)


def _write_result(result: DeclaredResult) -> None:
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


def _write_recorded(file: RecordedFile) -> None:
    """Show the lines that were written, for review."""
    terminal.write_parts(terminal.Styled("wrote  ", "green"), file.file)
    old, new = file.old.splitlines(), file.new.splitlines()
    for line in difflib.unified_diff(old, new, lineterm="", n=1):
        if not line.startswith(("---", "+++")):
            styles = {"+": "green", "-": "red", "@": "dim"}
            terminal.write(f"  {line}", style=styles.get(line[:1], ""))


def _write_summary(report: DeclaredReport) -> None:
    parts = [f"{report.passed} passed", f"{report.failed} failed"]
    parts += [f"{count(report.errors, 'error')}"] if report.errors else []
    parts += [f"{report.deselected} deselected"] if report.deselected else []
    if report.untested:
        terminal.say(f"without tests: {', '.join(report.untested)}", style="yellow")
    terminal.write(", ".join(parts), style="green" if report.ok else "red")
