"""attest: write an in-toto statement about a release or a deployment."""

from __future__ import annotations

from pathlib import Path

import click

from sfn_release.cli.files import make_folder, shown_path, write_bytes, write_text
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session


@command("attest")
@click.argument("version")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--subjects",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the definitions that the statement is about to DIR, in their canonical form.",
)
def run(session: Session, version: str, file: Path | None, subjects: Path | None) -> None:
    """Write an in-toto statement about a release or a deployment.

    Prints the statement about release VERSION, or writes it to FILE. It has SLSA provenance: which
    definitions were built from which commit, with which versions of Python and of packages. With
    --env, it is about the last deployment of VERSION to that environment, and about the definitions
    as they were sent. Sign it with a tool for attestations, such as cosign.
    """
    from sfn_release.canonical import canonical
    from sfn_release.operations.verbs.attest import attest

    made = attest(session.workspace(), version, environment=session.environment)
    written = []
    if subjects is not None:
        folder = session.directory / subjects
        make_folder(folder)
        for name, definition in made.subjects.items():
            write_bytes(folder / name, canonical(definition))
            written.append(str(folder / name))
    statement = terminal.json_text(made.statement)
    if file is not None:
        write_text(session.directory / file, statement + "\n")
        written.append(str(session.directory / file))

    def text() -> None:
        if file is None:
            terminal.write_block(statement)
        else:
            for path in written:
                terminal.write(shown_path(Path(path)))

    session.show("attest", {"statement": made.statement, "files": written}, text)
