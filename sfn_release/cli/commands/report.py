"""report: write a static site about the project's releases and deployments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.report.page_writing import Tally


@command("report")
@click.option("--out", "out", metavar="FOLDER", required=True, help="Where to write the pages.")
@click.option("--live", is_flag=True, help="Also ask AWS: drift, shifts in progress.")
@click.option(
    "--execution",
    "executions",
    multiple=True,
    metavar="ARN|FILE",
    help="Also draw an execution: its ARN, or a history file. Repeatable.",
)
@click.option(
    "--data/--no-data",
    default=True,
    help="Show the inputs and outputs of executions, which may hold secrets. Default: --data.",
)
@click.option(
    "--coverage",
    multiple=True,
    metavar="FILE",
    help="Also draw coverage: .sfn-coverage, or the output of `--json coverage`. Repeatable.",
)
@click.option(
    "--compare",
    multiple=True,
    metavar="A..B",
    help="Also compare two releases; @ENV is what an environment serves. Repeatable.",
)
def run(
    session: Session,
    out: str,
    live: bool,
    executions: tuple[str, ...],
    data: bool,
    coverage: tuple[str, ...],
    compare: tuple[str, ...],
) -> None:
    """Write a static site about the project's releases and deployments.

    Reads Git only, and AWS with --live. The folder needs no server: open its index.html, or let
    any host serve it. A report that is there already is replaced as a whole.
    """
    from sfn_release.report.facts.reading import read_facts
    from sfn_release.report.page_options import PageOptions, with_options
    from sfn_release.report.page_writing import write_pages
    from sfn_release.report.site_folder import write_site

    workspace = session.workspace()
    options = PageOptions(
        session.directory, executions, coverage, compare, session.environment, data
    )
    facts = with_options(read_facts(workspace, live=live), workspace, options)
    folder = session.directory / Path(out)
    with session.counting("written") as count:

        def write(made: Path) -> Tally:
            return write_pages(facts, made, lambda pages: count(pages, None), processes=None)

        marker = {"project": facts.project, "build": facts.build_id}
        tally = write_site(folder, write, marker=marker)
    path, size = tally.largest
    members = {
        "folder": str(folder),
        "pages": tally.pages,
        "bytes": tally.bytes,
        "largest": {"path": path, "bytes": size},
    }
    session.show("report", members, lambda: terminal.write(f"wrote {folder}/index.html"))
