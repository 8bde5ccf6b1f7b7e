"""coverage: show the coverage of tests, or of production."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAST = 1000


@command("coverage")
@click.argument("workflows", nargs=-1, metavar="[WORKFLOW]...")
@click.option(
    "--from",
    "files",
    multiple=True,
    metavar="FILE",
    help="The coverage data to read. Repeatable. Default: .sfn-coverage.",
)
@click.option("--save", metavar="FILE", help="Write the sum of the data to a file.")
@click.option("--markdown", metavar="FILE", help="Write the report as Markdown too.")
@click.option(
    "--fail-under",
    type=click.IntRange(0, 100),
    metavar="PERCENT",
    help="Exit 1 if the coverage is lower.",
)
@click.option(
    "--last",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"With --env, the newest N executions of each workflow. Default: {_LAST}.",
)
@click.option("--version", metavar="VERSION", help="With --env, the executions of one release.")
def run(
    session: Session,
    workflows: tuple[str, ...],
    files: tuple[str, ...],
    save: str | None,
    markdown: str | None,
    fail_under: int | None,
    last: int | None,
    version: str | None,
) -> int:
    """Show which states and transitions were reached, by tests or in production.

    Without --env, shows the coverage of the last test run: pytest --sfn-coverage, or
    sfn-release test --coverage. With --env, reads finished executions, and shows for each release
    which parts they reached, and how often each error was retried and caught.
    """
    if session.environment is not None:
        if files or save or markdown or fail_under is not None:
            raise UsageError(
                "--from, --save, --markdown and --fail-under are about tests, and --env is about"
                " executions.",
                fix="Leave out --env, or the other options.",
            )
        return _of_environment(session, workflows, last or _LAST, version)
    if last is not None or version is not None:
        raise UsageError(
            "--last and --version need an environment, whose executions to read.", fix="Add --env."
        )
    return _of_tests(session, workflows, files, save, markdown, fail_under)


def _of_tests(
    session: Session,
    workflows: Sequence[str],
    files: Sequence[str],
    save: str | None,
    markdown: str | None,
    fail_under: int | None,
) -> int:
    from sfn_release.cli.coverage_files import write_markdown_report
    from sfn_release.cli.output.coverage_markdown import coverage_markdown
    from sfn_release.cli.output.coverage_tables import (
        coverage_members,
        too_low,
        write_coverage_table,
    )
    from sfn_release.operations.coverage_file import write_coverage
    from sfn_release.operations.verbs.coverage import read_test_coverage
    from sfn_release.testing.coverage.coverage_report import coverage_of

    directory = session.directory
    data = read_test_coverage(directory, [directory / file for file in files], workflows)
    covered = coverage_of(data)
    if save is not None:
        write_coverage(directory / save, data)
    if markdown is not None:
        write_markdown_report(directory / markdown, covered)
    session.show(
        "coverage",
        coverage_members(covered),
        lambda: write_coverage_table(covered, verbose=session.verbose),
        summary=lambda: coverage_markdown(covered),
    )
    problem = too_low(covered, fail_under)
    if problem:
        terminal.say_always(f"error: {problem}", style="red")
    return 1 if problem else 0


def _of_environment(
    session: Session, workflows: Sequence[str], last: int, version: str | None
) -> int:
    from sfn_release.cli.output.release_coverage import write_release_coverage
    from sfn_release.operations.verbs.coverage import environment_coverage

    workspace = session.workspace()
    environment = workspace.environment(session.environment)
    with session.counting("read") as progress:
        found = environment_coverage(
            workspace,
            environment.name,
            workflows=workflows,
            last=last,
            version=version,
            progress=progress,
        )
    members: dict[str, Any] = {
        "environment": environment.name,
        "workflows": [release.to_json() for release in found],
    }
    session.show(
        "coverage",
        members,
        lambda: write_release_coverage(found, environment.label, verbose=session.verbose),
    )
    return 0
