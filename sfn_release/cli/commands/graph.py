"""graph: print a workflow's state graph as Mermaid, DOT or SVG."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from sfn_release.cli.files import read_stdin
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.authoring.declaration import Declaration
    from sfn_release.authoring.diagrams.marks import Marks

_LAST_RUN = ".sfn-coverage"


@command("graph")
@click.argument("workflow", metavar="WORKFLOW|FILE")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["mermaid", "dot", "svg"]),
    default="mermaid",
    help="mermaid (default), dot for Graphviz, or svg for a browser.",
)
@click.option(
    "--coverage",
    is_flag=False,
    flag_value=_LAST_RUN,
    metavar="[FILE]",
    help="Mark the parts that no test reached, in the last test run or in a FILE of coverage data.",
)
def run(session: Session, workflow: str, format_: str, coverage: str | None) -> None:
    """Print a workflow's state graph as Mermaid, DOT or SVG.

    WORKFLOW is a workflow of the project. FILE is a definition (.json, .yaml), a Python module, or
    - for standard input, and needs no project. GitHub draws Mermaid text in Markdown, between
    ```mermaid and ```. With --coverage, states and transitions that no test reached are dashed and
    have a ✗. Write it after the workflow. SVG needs the extra `report`.
    """
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
    marks = _marks(session, chosen.name, coverage) if coverage is not None else None
    text = _drawn(chosen, format_, marks)
    problem = too_large(text) if format_ == "mermaid" else ""
    if problem:
        terminal.say(f"warning: {problem} Use --format svg or dot, or raise Mermaid's limits.")
    members = {"workflow": chosen.name, "format": format_, "graph": text}
    session.show("graph", members, lambda: terminal.write_block(text.rstrip()))


def _drawn(workflow: Declaration, format_: str, marks: Marks | None) -> str:
    from sfn_release.authoring.diagrams import dot, graph_of, mermaid

    match format_:
        case "svg":
            from sfn_release.report.drawing import svg_file

            graph = graph_of(workflow.definition)
            return svg_file(graph, marks=marks, title=f"State graph of {workflow.name}")
        case "dot":
            return dot(workflow.definition, marks)
        case _:
            return mermaid(workflow.definition, marks)


def _marks(session: Session, workflow: str, file: str) -> Marks:
    """Return marks on what no test has reached."""
    from sfn_release.operations.verbs.coverage import read_test_coverage
    from sfn_release.testing.coverage.coverage_report import marks_of

    files = () if file == _LAST_RUN else (session.directory / file,)
    data = read_test_coverage(session.directory, files, (workflow,))
    return marks_of(data.workflows[workflow])
