"""check: find problems in workflows and in files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from sfn_release.cli.files import read_stdin
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.error_text import error_json, write_error
from sfn_release.cli.session import Session
from sfn_release.errors import SfnReleaseError, UsageError
from sfn_release.text import count

if TYPE_CHECKING:
    from pathlib import Path

    from sfn_release.operations.verbs.check import Checked, CheckedFinding

_STYLES = {"error": "red", "warning": "yellow"}


@command("check")
@click.argument("named", nargs=-1, metavar="[WORKFLOW|FILE]...")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="text (default), json, github (annotations in a pull request) or sarif (code scanners).",
)
@click.option("--strict", is_flag=True, help="Exit 1 on warnings too.")
@click.option("--remote", is_flag=True, help="Validate with AWS too.")
@click.option("--watch", is_flag=True, help="Check again whenever a file of the project changes.")
def run(
    session: Session,
    named: tuple[str, ...],
    format_: str,
    strict: bool,
    remote: bool,
    watch: bool,
) -> int:
    """Check workflow definitions. Exits 1 on errors.

    Checks every workflow of the work tree, or only the ones you name. A FILE (.json, .yaml, .py, or
    - for standard input) needs no project. With --remote, AWS validates the definitions too, with
    the environment's parameters filled in; this always needs a project. With --env, the roles in
    the environment are compared with the permissions that the workflows need. --watch runs until
    Ctrl-C.
    """
    if watch:
        options = {"--strict": strict, "--remote": remote}
        return _watch(session, named, format_, [option for option, on in options.items() if on])
    from sfn_release.operations.verbs.check import Checked, check
    from sfn_release.project import FILE_NAME

    if remote:
        from sfn_release.operations.remote_validation import asker

    session.as_json |= format_ == "json"
    session.reports &= format_ in {"text", "json"}  # the others are annotations themselves
    ask = asker(session.workspace(), session.environment) if remote else None
    try:
        checked = check(named, session.directory, stdin=read_stdin, environ=os.environ, ask=ask)
    except SfnReleaseError as stopped:
        if format_ not in {"github", "sarif"} or isinstance(stopped, UsageError):
            raise
        # A reader of these formats looks at nothing else: the error has to be in them.
        checked = Checked((), (), 0, {named[0] if named else FILE_NAME: stopped})
    if checked.renamed:
        from sfn_release.operations.former_names import with_former_names

        checked = with_former_names(session.workspace, checked)
    environment = session.environment
    if environment is not None:
        from sfn_release.operations.role_findings import with_role_findings

        checked = with_role_findings(session.workspace(), environment, checked)
    members = {
        "workflows": list(checked.workflows),
        "findings": [found.to_json() for found in checked.findings],
        "silenced": checked.silenced,
        "errors": [{"file": name, **error_json(error)} for name, error in checked.failures.items()],
    }
    writers = {"github": _annotate, "sarif": _write_sarif}
    writer = writers.get(format_)
    session.show(
        "check",
        members,
        lambda: writer(checked, session.directory) if writer else _write(checked),
    )
    for error in checked.failures.values():
        write_error(error, as_json=False, verbose=session.verbose)
    failing = len(checked.failures) + checked.count("error")
    failing += checked.count("warning") if strict else 0
    return 1 if failing else 0


def _write(checked: Checked) -> None:
    heading = None
    for found in checked.findings:
        where = (found.workflow, found.file)
        if where != heading:
            heading = where
            _write_heading(found)
        _write_finding(found)
    terminal.write(_summary(checked))


def _write_heading(found: CheckedFinding) -> None:
    name = terminal.Styled(terminal.one_line(found.workflow or found.file), "bold")
    parts: list[str] = [name]
    if found.workflow and found.file:
        parts.append(f"  {terminal.one_line(found.file)}")
    terminal.write_parts(*parts)


def _write_finding(found: CheckedFinding) -> None:
    finding = found.finding
    severity = terminal.Styled(f"  {finding.severity:<8}", _STYLES[finding.severity])
    line = f"  line {found.line}" if found.line is not None else ""
    terminal.write_parts(
        severity,
        f"{terminal.one_line(finding.path)}{line}  ",
        terminal.Styled(f"[{finding.rule}]", "dim"),
    )
    terminal.write(f"          {terminal.one_line(finding.message)}")
    for line in finding.fix.splitlines():
        terminal.write(f"          {terminal.one_line(line)}")


def _summary(checked: Checked) -> str:
    errors, warnings = checked.count("error"), checked.count("warning")
    found = [count(errors, "error")] if errors else []
    found += [count(warnings, "warning")] if warnings else []
    silenced = f"; {checked.silenced} silenced" if checked.silenced else ""
    workflows = count(checked.workflows, "workflow")
    return f"{' and '.join(found) or 'no problems'} in {workflows}{silenced}"


def _annotate(checked: Checked, directory: Path) -> None:
    """Write GitHub's workflow commands: each becomes an annotation where the finding is."""
    from sfn_release.cli.output.finding_places import RepositoryPlaces
    from sfn_release.cli.output.github import annotation

    places = RepositoryPlaces.around(directory)
    for found in checked.findings:
        finding = found.finding
        place = ", ".join(part for part in (found.workflow, finding.state) if part)
        terminal.write_command(
            annotation(
                finding.severity,
                "\n".join(
                    part for part in (f"{finding.path}: {finding.message}", finding.fix) if part
                ),
                title=f"{finding.rule} {place}".strip(),
                file=places.of_finding(found),
                line=found.line,
            )
        )
    for name, error in checked.failures.items():
        text = "\n".join(part for part in (error.message, error.why, error.fix) if part)
        file, line = places.of_error(name, error)
        title = f"{file}: {error.code}"
        where = "" if line is None else file
        terminal.write_command(annotation("error", text, title=title, file=where, line=line))


def _write_sarif(checked: Checked, directory: Path) -> None:
    from sfn_release import __version__
    from sfn_release.cli.output.finding_places import RepositoryPlaces
    from sfn_release.cli.output.sarif import sarif_log

    places = RepositoryPlaces.around(directory)
    terminal.write_document(sarif_log(checked, places, __version__))


def _watch(session: Session, named: tuple[str, ...], format_: str, options: list[str]) -> int:
    """Check again and again; refuse what makes no sense repeated."""
    from sfn_release.cli.watching import watch_command, watched_folders

    if session.as_json or format_ != "text":
        raise UsageError(
            "--watch writes text, again and again.", fix="Leave out --json and --format."
        )
    if "-" in named:
        raise UsageError("--watch can't read standard input again.", fix="Name a file.")
    arguments = [*session.arguments(), "check", *options, "--", *named]
    return watch_command(arguments, watched_folders(session.directory, named))
