"""build: print the definitions of the work tree, or write them to files."""

from __future__ import annotations

from pathlib import Path

import click

from sfn_release.cli.files import make_folder, shown_path, write_text
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session


@command("build")
@click.argument("only", metavar="[WORKFLOW]", required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write each definition to DIR/WORKFLOW.asl.json.",
)
def run(session: Session, only: str | None, out: Path | None) -> None:
    """Print the definitions of the work tree.

    Prints the definition of WORKFLOW, or one object with every definition by name. Parameters such
    as ${Name} stay unfilled.
    """
    from sfn_release.operations.verbs.build import build_definitions

    built = build_definitions(session.workspace(), only)
    files = {}
    if out is not None:
        folder = session.directory / out
        make_folder(folder)
        for workflow in built:
            files[workflow.name] = folder / f"{workflow.name}.asl.json"
            write_text(files[workflow.name], terminal.json_text(workflow.definition) + "\n")
    items = [
        {
            "name": workflow.name,
            "digest": workflow.digest,
            "definition_digest": workflow.definition_digest,
            "definition": workflow.definition,
            "file": str(files[workflow.name]) if out is not None else None,
        }
        for workflow in built
    ]

    def text() -> None:
        for path in files.values():
            terminal.write(shown_path(path))
        if out is None and only is not None:
            terminal.write_block(terminal.json_text(built[0].definition))
        elif out is None:
            terminal.write_block(
                terminal.json_text({workflow.name: workflow.definition for workflow in built})
            )

    session.show("build", {"workflows": items}, text)
