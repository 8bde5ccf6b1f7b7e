"""Finds the lines of a file of tests in which a test names states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_release.project.toml_document import TomlDocument
from sfn_release.project.toml_lines import Key
from sfn_release.testing.declared.declared_test import Expectation


def state_lines(
    document: TomlDocument, table: Mapping[str, Any], at: Key, expected: Expectation | None
) -> dict[str, int | None]:
    """Return the line of each state that the test *table* names, apart from its mocks.

    *at* is the key of the table in *document*, *expected* is what it expects. A state that is named
    several times has its first line.
    """
    lines: dict[str, int | None] = {}
    for name, key in _keys(table, expected or Expectation()):
        lines.setdefault(name, document.line((*at, *key)))
    return lines


def _keys(table: Mapping[str, Any], expected: Expectation) -> Iterator[tuple[str, Key]]:
    """Yield the states of a test with the keys that name them, or that hold their names."""
    for member in ("start_at", "until"):
        if member in table:
            yield table[member], (member,)
    for name in expected.path or ():
        yield name, ("expect", "path")
    for name, _ in expected.calls:
        for member, value in table["expect"].items():
            # `calls_json` and `calls_file` are texts: the names are inside.
            if member.startswith("calls") and (isinstance(value, str) or name in value):
                yield name, ("expect", member, name)
