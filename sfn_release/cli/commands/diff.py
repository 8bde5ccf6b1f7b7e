"""diff: compare two releases, environments, or the work tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.exits import DIFFERENT
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.release.release import WORK_TREE

if TYPE_CHECKING:
    from sfn_release.operations.verbs.diff import WorkflowDiff
    from sfn_release.operations.workspace import Workspace


@command("diff")
@click.argument("old", metavar="A")
@click.argument("new", metavar="[B]", required=False)
@click.option("--exit-code", is_flag=True, help="Exit 3 if there is a difference.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown", "mermaid"]),
    default="text",
    help="markdown: for a comment on a pull request; mermaid: a graph of both sides.",
)
def run(session: Session, old: str, new: str | None, exit_code: bool, form: str) -> int:
    """Compare releases, environments, or the work tree.

    A and B are each a version, or @ENV for what is live in an environment. Without B, compares A
    with the work tree. A..B is the same as A B. Each change has a class: safe for running
    executions, changes results, changes what the role needs, or breaks callers. -v shows every
    difference of the JSON.
    """
    from sfn_release.operations.verbs.diff import diff

    session.as_json |= form == "json"
    if new is None:
        old, _, new = old.partition("..")
        new = new or None
    workspace = session.workspace()
    found = diff(workspace, old, new)
    different = [workflow for workflow in found if workflow.differences or workflow.changes]
    title = f"{old} → {new or WORK_TREE}"

    def text() -> None:
        match form:
            case "markdown":
                terminal.write_block(summary())
            case "mermaid":
                _write_graph(title, different)
            case _:
                from sfn_release.cli.output.changes_text import write_changes

                linked = _linked(workspace, title, old, new)
                write_changes(linked, found, verbose=session.verbose)

    def summary() -> str:
        from sfn_release.cli.output.changes_markdown import changes_markdown

        return changes_markdown(title, found, verbose=session.verbose)

    members = {
        "old": old,
        "new": new,
        "changes": bool(different),
        "workflows": [workflow.to_json() for workflow in found],
        "semantic_changes": [change.to_json() for workflow in found for change in workflow.changes],
    }
    session.show("diff", members, text, summary=summary)
    return DIFFERENT if exit_code and different else 0


def _linked(workspace: Workspace, title: str, old: str, new: str | None) -> str:
    """Return the title as a link to what the Git host shows between two releases."""
    from sfn_release.cli.output.web_pages import web_pages

    pages = web_pages(workspace)
    if pages.host is None:
        return title
    from sfn_release.operations.verbs.releases import releases

    tags = {
        release.manifest.version: release.manifest.tag
        for release in releases(workspace)
        if release.pushed and not release.manifest.found
    }
    before, after = tags.get(old), tags.get(new or "")
    return pages.compare(before, after, title) if before and after else title


def _write_graph(title: str, different: list[WorkflowDiff]) -> None:
    """Write both sides of each changed workflow as one Mermaid graph."""
    from sfn_release.authoring.diagrams.mermaid import too_large
    from sfn_release.comparison.difference_graph import ComparedDefinition, difference_graph

    text = difference_graph(
        title,
        [
            ComparedDefinition(
                workflow.workflow,
                workflow.old.definition if workflow.old else None,
                workflow.new.definition if workflow.new else None,
                workflow.changes,
            )
            for workflow in different
        ],
    )
    problem = too_large(text)
    if problem:
        terminal.say(f"warning: {problem} Compare fewer changes, or raise Mermaid's limits.")
    terminal.write_block(text.rstrip())
