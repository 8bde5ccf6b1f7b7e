"""schema: print the JSON Schema of releases.toml or of files of tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sfn_release.cli.files import write_text
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.errors import UsageError

if TYPE_CHECKING:
    from sfn_release.operations.verbs.schema import SchemaName


@command("schema")
@click.argument("name", type=click.Choice(["releases", "tests"]), default="releases")
@click.option("--out", metavar="FILE", help="Write it to a file.")
@click.option("--path", is_flag=True, help="Print the path of the installed schema instead.")
def run(session: Session, name: SchemaName, out: str | None, path: bool) -> None:
    """Print the JSON Schema of releases.toml or of *.tests.toml.

    Editors check the file while you type, complete its keys and explain them. `init` saves both
    schemas in .sfn-release/ and names them in the first line of the files, such as
    `#:schema .sfn-release/releases.schema.json`. After an upgrade of sfn-release, save them again
    with --out.
    """
    from sfn_release.operations.verbs.schema import installed_schema, schema

    if path and out is not None:
        raise UsageError("--path can't be combined with --out.", fix="Remove one of them.")
    installed = installed_schema(name)
    made = schema(name)
    if out is not None:
        write_text(session.directory / out, f"{terminal.json_text(made)}\n")
    members = {"name": name, "path": str(installed), "file": out, "json_schema": made}
    session.show("schema", members, lambda: _write(installed, made, out, path=path))


def _write(installed: Path, made: object, out: str | None, *, path: bool) -> None:
    if path:
        terminal.write(str(installed))
    elif out is not None:
        terminal.write_parts(terminal.Styled("wrote  ", "green"), out)
    else:
        terminal.write_block(terminal.json_text(made))
