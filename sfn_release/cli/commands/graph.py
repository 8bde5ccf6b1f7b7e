"""graph: print a workflow's state graph as Mermaid or DOT."""

from __future__ import annotations

import os

import click

from sfn_release.cli.files import read_stdin
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session


@command("graph")
@click.argument("workflow", metavar="WORKFLOW|FILE")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["mermaid", "dot"]),
    default="mermaid",
    help="mermaid (default), or dot for Graphviz.",
)
def run(session: Session, workflow: str, format_: str) -> None:
    """Print a workflow's state graph as Mermaid or DOT.

    WORKFLOW is a workflow of the project. FILE is a definition (.json, .yaml), a Python module, or
    - for standard input, and needs no project. GitHub draws Mermaid text in Markdown, between
    ```mermaid and ```.
    """
    from sfn_release.authoring.diagrams import dot, mermaid
    from sfn_release.authoring.diagrams.mermaid import too_large
    from sfn_release.operations.definition_sources import only, read_source

    declared = read_source(
        workflow,
        session.directory,
        workspace=session.workspace,
        stdin=read_stdin,
        environ=os.environ,
    )
    chosen = only(declared, workflow)
    text = mermaid(chosen.definition) if format_ == "mermaid" else dot(chosen.definition)
    problem = too_large(text) if format_ == "mermaid" else ""
    if problem:
        terminal.say(f"warning: {problem} Use --format dot, or raise Mermaid's limits.")
    members = {"workflow": chosen.name, "format": format_, "graph": text}
    session.show("graph", members, lambda: terminal.write_block(text.rstrip()))
