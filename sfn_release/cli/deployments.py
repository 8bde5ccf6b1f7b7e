"""Runs a deployment in several environments: reports each result and error, one exit code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sfn_release.cli.exits import FAILED
from sfn_release.cli.output import terminal
from sfn_release.cli.output.error_text import error_json, write_error
from sfn_release.cli.output.records import line
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.errors import SfnReleaseError
    from sfn_release.operations.workspace import Workspace
    from sfn_release.release.record import Record


def deploy_each(
    session: Session,
    workspace: Workspace,
    command: str,
    names: Sequence[str],
    act: Callable[[str], Record | None],
    *,
    otherwise: str,
) -> int:
    """Run a deployment in each environment, show the results, and return the exit code.

    *act* makes a deployment and returns its record. For None, the result is *otherwise*. With a
    single environment, its error is raised.
    """
    from sfn_release.operations.each_environment import Attempts

    attempts = Attempts(len(names), lambda *failure: report_failure(session, *failure))
    records, errors = attempts.each(names, act), attempts.errors
    members: dict[str, Any] = {
        "deployments": [record.to_json() for record in records.values() if record],
        "errors": errors_json(errors),
    }

    def text() -> None:
        for name in names:
            if name in records:
                environment = workspace.environment(name)
                terminal.write_parts(*line(records[name], environment, otherwise))
            else:
                write_failure(workspace, name, errors[name])

    members["plans"] = plans_json(session)
    session.show(command, members, text, summary=lambda: summary(session, command, members))
    return FAILED if errors else 0


def plans_json(session: Session) -> list[dict[str, Any]]:
    """Return the plans that were applied, or begun, as ``--json`` shows them."""
    return [plan.to_json() for plan in session.plans.values()]


def summary(session: Session, command: str, members: Mapping[str, Any]) -> str:
    """Return a command's result in Markdown, with the changes of its plans."""
    from sfn_release.cli.output import markdown

    lines = [markdown.result(command, members)]
    for name, plan in session.plans.items():
        found = [*markdown.differences(plan, verbose=session.verbose)]
        lines += [f"\nChanges in {markdown.code(name)}:", *found] if found else []
    return "\n".join(lines)


def errors_json(errors: Mapping[str, SfnReleaseError]) -> list[dict[str, str]]:
    """Return the error of each environment that failed, as ``--json`` shows it."""
    return [{"environment": name, **error_json(error)} for name, error in errors.items()]


def report_failure(session: Session, name: str, error: SfnReleaseError) -> None:
    """Write an error of one environment to stderr, as soon as it happens."""
    session.close()
    write_error(error, as_json=False, verbose=session.verbose, where=name, aged=session.aged)


def write_failure(workspace: Workspace, name: str, error: SfnReleaseError) -> None:
    """Write the failure of one environment among the results."""
    where = workspace.environment(name).label
    terminal.write_parts(
        terminal.Styled(f"failed in {where}", "red"), f": {error.message}  {error.code}"
    )
