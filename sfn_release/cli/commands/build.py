"""build: print the definitions of the work tree, or write them to files."""

from __future__ import annotations

from pathlib import Path

import click

from sfn_release.cli.files import make_folder, write_text
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session


@command("build")
@click.argument("workflow", required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write each definition to DIR/WORKFLOW.asl.json.",
)
def run(session: Session, workflow: str | None, out: Path | None) -> None:
    """Print the definitions of the work tree.

    Prints the definition of WORKFLOW, or one object with every definition by name. Parameters such
    as ${Name} stay unfilled.
    """
    from sfn_release.operations.verbs.build import build_definitions

    built = build_definitions(session.workspace(), workflow)
    files = {}
    if out is not None:
        folder = session.directory / out
        make_folder(folder)
        for one in built:
            files[one.name] = folder / f"{one.name}.asl.json"
            write_text(files[one.name], terminal.json_text(one.definition) + "\n")
    items = [
        {
            "name": one.name,
            "digest": one.digest,
            "definition_digest": one.definition_digest,
            "definition": one.definition,
            "file": str(files[one.name]) if out is not None else None,
        }
        for one in built
    ]

    def text() -> None:
        for path in files.values():
            terminal.write(str(path))
        if out is None and workflow is not None:
            terminal.write_block(terminal.json_text(built[0].definition))
        elif out is None:
            terminal.write_block(terminal.json_text({one.name: one.definition for one in built}))

    session.show("build", {"workflows": items}, text)
