"""The tables ``[workflows.NAME]`` of releases.toml, and the JSON Schemas of workflows' inputs.

A schema is a file beside the workflow's module: the path is relative to the folder of the modules.
It isn't part of a release's identity: another schema doesn't make another release.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sfn_release.canonical import loads
from sfn_release.errors import ConfigError, DefinitionError, FileError
from sfn_release.project import renamed_workflows, value_rules
from sfn_release.project.json_schemas import Schema, schema_fault
from sfn_release.project.toml_document import Expected, TomlDocument
from sfn_release.text import did_you_mean

_KEY: Final = "input_schema"
_EXAMPLE: Final = 'input_schema = "orders.schema.json"'

WORKFLOWS: Final = Expected(
    dict,
    example="[workflows.orders]",
    others=Expected(
        dict,
        example="[workflows.orders]",
        keys={
            _KEY: Expected(str, value_rules.relative_file, _EXAMPLE),
            renamed_workflows.KEY: renamed_workflows.RENAMED_FROM,
        },
    ),
)


@dataclass(frozen=True)
class InputSchema:
    """The file of a workflow's schema: its *path* below the project, with "/".

    *place* is the file and the line that declare it.
    """

    path: str
    place: str


def input_schemas_of(
    document: TomlDocument, tables: Mapping[str, Mapping[str, str]], folder: str
) -> dict[str, InputSchema]:
    """Return the schemas that the tables of workflows declare, by workflow.

    *folder* has the modules. Raises ConfigError.
    """
    found = {}
    for workflow, table in tables.items():
        if _KEY not in table:
            continue
        key = ("workflows", workflow, _KEY)
        path = posixpath.normpath(posixpath.join(folder, table[_KEY]))
        if path.startswith("../"):
            document.fail(
                key,
                f"{_KEY} of {workflow} is outside of the project: {table[_KEY]!r}",
                fix=f"The path is relative to {folder}/. For example:  {_EXAMPLE}",
            )
        found[workflow] = InputSchema(path, document.place(key))
    return found


def refuse_unknown_workflows(
    declared: Mapping[str, InputSchema], workflows: Collection[str]
) -> None:
    """Raise ConfigError for a schema of a workflow that doesn't exist."""
    for name, schema in declared.items():
        if name not in workflows:
            raise ConfigError(
                f"{schema.place}: there is no workflow {name!r}",
                why=f"There are: {', '.join(sorted(workflows)) or 'none'}.",
                fix=did_you_mean(name, workflows),
            )


def read_schema(declared: InputSchema, read: Callable[[str], bytes | None]) -> Schema:
    """Return a declared schema; *read* returns the content of a file of the project, or None.

    Raises ConfigError for a missing file and for one that isn't a JSON Schema.
    """
    content = read(declared.path)
    if content is None:
        raise ConfigError(
            f"{declared.place}: there is no {declared.path}",
            fix="Write the schema, or correct the path. It's relative to the workflows' folder.",
        )
    try:
        schema: Any = loads(content)
    except DefinitionError as error:
        raise ConfigError(f"{declared.place}: {declared.path}: {error.message}") from error
    fault = schema_fault(schema)
    if fault is not None:
        raise ConfigError(f"{declared.place}: {declared.path} isn't a JSON Schema", why=f"{fault}.")
    valid: Schema = schema
    return valid


def read_schema_file(root: Path, declared: InputSchema) -> Schema:
    """Return a declared schema from its file in the project at *root*.

    Raises ConfigError, and FileError for a file that can't be read.
    """

    def read(path: str) -> bytes | None:
        try:
            return (root / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FileError(f"{path} can't be read: {error.strerror}.") from error

    return read_schema(declared, read)
