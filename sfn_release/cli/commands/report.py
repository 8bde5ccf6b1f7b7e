"""report: write a static site about the project's releases and deployments."""

from __future__ import annotations

from pathlib import Path

import click

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session


@command("report")
@click.option("--out", "out", metavar="FOLDER", required=True, help="Where to write the pages.")
@click.option("--live", is_flag=True, help="Also ask AWS: drift, shifts in progress.")
def run(session: Session, out: str, live: bool) -> None:
    """Write a static site about the project's releases and deployments.

    Reads Git only, and AWS with --live. The folder needs no server: open its index.html, or let
    any host serve it. A report that is there already is replaced as a whole.
    """
    from sfn_release.report.facts.reading import read_facts
    from sfn_release.report.site_folder import write_site
    from sfn_release.report.site_pages import site_pages

    workspace = session.workspace()
    facts = read_facts(workspace, live=live)
    site = write_site(
        session.directory / Path(out),
        site_pages(facts),
        marker={"project": facts.project, "build": facts.build_id},
    )
    members = {
        "folder": str(site.folder),
        "pages": site.pages,
        "bytes": site.bytes,
        "largest": {"path": site.largest, "bytes": site.largest_bytes},
    }
    session.show("report", members, lambda: terminal.write(f"wrote {site.folder}/index.html"))
