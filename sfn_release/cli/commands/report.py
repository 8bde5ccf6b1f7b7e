"""report: write a static site about the project's releases and deployments."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfn_release.cli.files import shown_path
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError

if TYPE_CHECKING:
    from sfn_release.report.page_options import PageOptions
    from sfn_release.report.page_writing import Tally

_POLLED = 3  # seconds between two questions of a page
_LOCAL, _REMOTE, _LIVE = 2, 20, 60  # seconds between two looks at the ledger, or at AWS


@command("report")
@click.option("--out", metavar="FOLDER", help="Where to write the pages.")
@click.option("--serve", is_flag=True, help="Serve the pages on this machine until Ctrl-C.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8084,
    show_default=True,
    help="The port of --serve; 0 for any free one.",
)
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
    out: str | None,
    serve: bool,
    port: int,
    live: bool,
    executions: tuple[str, ...],
    data: bool,
    coverage: tuple[str, ...],
    compare: tuple[str, ...],
) -> None:
    """Write a static site about the project's releases and deployments.

    Reads only Git; with --live, also AWS. The folder needs no server: open its index.html, or
    upload it to any web host. An existing report is replaced completely.

    With --serve, the pages are served on this machine, and follow the ledger.
    """
    from sfn_release.report.needed_packages import require_packages

    if serve == (out is not None):
        raise UsageError(
            "Give either --out FOLDER or --serve.",
            fix="sfn-release report --out report\n  sfn-release report --serve",
        )
    require_packages()
    from sfn_release.report.page_options import PageOptions  # it needs the packages

    options = PageOptions(
        session.directory, executions, coverage, compare, session.environment, data
    )
    if out is None:
        _serve(session, options, port=port, live=live)
    else:
        _write(session, options, session.directory / Path(out), live=live)


def _write(session: Session, options: PageOptions, folder: Path, *, live: bool) -> None:
    from sfn_release.report.site_folder import refuse_foreign

    refuse_foreign(folder)
    with session.counting("pages written") as count:
        tally = _made(session, options, folder, live=live, written=lambda n: count(n, None))
    path, size = tally.largest
    members = {
        "folder": str(folder),
        "pages": tally.pages,
        "bytes": tally.bytes,
        "largest": {"path": path, "bytes": size},
    }

    def text() -> None:
        terminal.write(f"wrote {tally.pages:,} pages: {shown_path(folder / 'index.html')}")

    session.show("report", members, text)


def _made(
    session: Session,
    options: PageOptions,
    folder: Path,
    *,
    live: bool,
    written: Callable[[int], None] = lambda _pages: None,
    refresh: int = 0,
) -> Tally:
    """Read the facts and write all pages into *folder*."""
    from sfn_release.report.facts.reading import read_facts
    from sfn_release.report.page_options import with_options
    from sfn_release.report.page_writing import write_pages
    from sfn_release.report.site_folder import write_site

    workspace = session.workspace()
    facts = with_options(read_facts(workspace, live=live), workspace, options)
    facts = replace(facts, refresh=refresh)
    processes = 1 if refresh else None  # a server has threads, so that it can't be copied safely

    def write(made: Path) -> Tally:
        return write_pages(facts, made, written, processes=processes)

    marker = {"project": facts.project, "build": facts.build_id}
    return write_site(folder, write, marker=marker)


def _serve(session: Session, options: PageOptions, *, port: int, live: bool) -> None:
    from sfn_release.report.facts.reading import build_id
    from sfn_release.report.site_server import ServedSite, serve_site

    workspace = session.workspace()
    minutes = count(1)

    def state() -> str:
        found = build_id(workspace.snapshot())
        return f"{found} {next(minutes)}" if live else found  # AWS has no ids of its changes

    def make(folder: Path) -> object:
        return _made(session, options, folder, live=live, refresh=_POLLED)

    site = ServedSite(make, state, terminal.say)
    site.make_first()

    def ready(url: str) -> None:
        if session.as_json:
            terminal.write_json("report-serve", {"url": url})
        else:
            terminal.write_parts("the report is at ", terminal.Styled(url, "bold"))
            terminal.say("it follows the ledger; stop with Ctrl-C")
        sys.stdout.flush()

    remote = workspace.ledger.remote is not None
    interval = _LIVE if live else _REMOTE if remote else _LOCAL
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
        serve_site(site, port=port, interval=interval, ready=ready)
