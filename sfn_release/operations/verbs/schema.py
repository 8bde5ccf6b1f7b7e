"""schema: the JSON Schemas of the files that people write, for their editors."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal, get_args

SchemaName = Literal["releases", "tests"]
SCHEMA_NAMES: Final[tuple[SchemaName, ...]] = get_args(SchemaName)


def schema(name: SchemaName = "releases") -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of releases.toml, or of ``*.tests.toml``.

    It's made from the tables of the reader, so the two can't differ.
    """
    match name:
        case "releases":
            from sfn_release.project.releases_schema import schema_of_releases

            return schema_of_releases()
        case "tests":
            from sfn_release.testing.declared.tests_file_schema import schema_of_tests

            return schema_of_tests()


def installed_schema(name: SchemaName = "releases") -> Path:
    """Return the file of a schema in the installed package."""
    return Path(__file__).parents[2] / "schemas" / f"{name}.schema.json"
