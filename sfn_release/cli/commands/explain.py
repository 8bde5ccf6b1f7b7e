"""explain: walk one execution in plain words."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import click

from sfn_release.cli.files import read_bytes, read_stdin
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.output.web_pages import WebPages, execution_link, web_pages
from sfn_release.cli.session import Session
from sfn_release.errors import NotFoundError

if TYPE_CHECKING:
    from sfn_release.cli.output.explanation import ExplanationLinks
    from sfn_release.operations.explained_execution import Explanation
    from sfn_release.operations.workspace import Workspace

_STDIN = "-"


@command("explain")
@click.argument("execution", metavar="EXECUTION_ARN|FILE")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "mermaid"]),
    default="text",
    help="text (default), or mermaid to draw its path.",
)
def run(session: Session, execution: str, format_: str) -> None:
    """Explain one execution: its path, its times, and why it failed.

    EXECUTION_ARN is an execution in one of the project's environments; a link to its page in the
    AWS console works too. FILE is the output of `aws stepfunctions get-execution-history`, a file
    of `replay --save`, or - for standard input, and needs neither a project nor credentials.
    """
    explained, workspace = _explained(session, execution)
    members = explained.to_json()
    if format_ == "mermaid":
        from sfn_release.authoring.diagrams.mermaid import too_large
        from sfn_release.testing.histories.way_diagram import way_diagram

        graph = way_diagram(explained.timeline, explained.reason, explained.definition)
        members |= {"format": format_, "graph": graph}
        problem = too_large(graph)
        if problem:
            terminal.say(f"warning: {problem}")
        session.show("explain", members, lambda: terminal.write_block(graph.rstrip()))
        return
    from sfn_release.cli.output.explanation import write_explanation

    session.show(
        "explain",
        members,
        lambda: write_explanation(
            explained, _links(session, workspace, explained), verbose=session.verbose
        ),
    )


def _links(
    session: Session, workspace: Workspace | None, explained: Explanation
) -> ExplanationLinks:
    """Return the pages of an execution in an environment of the project."""
    from sfn_release.cli.output.explanation import ExplanationLinks

    if workspace is None or explained.environment is None:
        return ExplanationLinks(session.when)
    environment = workspace.environment(explained.environment)
    arn, release = explained.execution_arn or "", explained.release
    pages = WebPages() if environment.backend.private else web_pages(workspace)
    return ExplanationLinks(
        session.when,
        execution_link(environment, arn, arn).link,
        pages.commit(release.manifest.commit, "").link if release else "",
        environment.label,
    )


def _explained(session: Session, execution: str) -> tuple[Explanation, Workspace | None]:
    """Return the explanation, with the project around; None for a file outside of projects."""
    from sfn_release.operations.execution_arns import is_execution
    from sfn_release.operations.verbs.explain import explain_execution, explain_file
    from sfn_release.testing.histories.history_files import parse_history

    if is_execution(execution):
        workspace = _opened(session, execution)
        found = explain_execution(workspace, execution, environment=session.environment)
        return found, workspace
    data = read_stdin() if execution == _STDIN else read_bytes(session.directory / execution)
    around = cache(partial(_project, session))
    found = explain_file(parse_history(data, file=execution), workspace=around)
    return found, around() if found.environment else None


def _opened(session: Session, execution: str) -> Workspace:
    try:
        return session.workspace()
    except NotFoundError as error:
        raise error.explained(
            fix="Run it in the project whose environment has the execution, or explain a file:\n"
            f"  aws stepfunctions get-execution-history --execution-arn {execution} > history.json"
            "\n  sfn-release explain history.json"
        ) from error


def _project(session: Session) -> Workspace | None:
    """Return the project around, if there is one."""
    try:
        return session.workspace()
    except NotFoundError:
        return None
