"""A rule for several keys of a table, with the same rule in JSON Schema.

The reader calls the rule, and the editor gets its schema. It's written once, for both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TableFault:
    """A fault in a table: the *key* below the table that it's at, and the parts of the error."""

    key: tuple[str | int, ...]
    message: str
    why: str = ""
    fix: str = ""


@dataclass(frozen=True)
class TableRule:
    """A rule: *check* takes a table and its name for messages, and returns a fault or None.

    The values of the table are right by themselves. *schema* are keywords of JSON Schema (draft 7)
    that accept the same tables.
    """

    check: Callable[[Mapping[str, Any], str], TableFault | None]
    schema: Mapping[str, Any]

    def __call__(self, table: Mapping[str, Any], name: str) -> TableFault | None:
        """Return the fault of a table, or None."""
        return self.check(table, name)


def table_rule(
    schema: Mapping[str, Any],
) -> Callable[[Callable[[Mapping[str, Any], str], TableFault | None]], TableRule]:
    """Make a `TableRule` of a function, with its form in JSON Schema."""
    return lambda check: TableRule(check, schema)


def needed(*keys: str, why: str, fix: str) -> TableRule:
    """Return the rule that a table has all *keys*."""

    @table_rule({"required": [*keys]})
    def rule(table: Mapping[str, Any], name: str) -> TableFault | None:
        for key in (key for key in keys if key not in table):
            return TableFault((), f"`{key}` is missing in {name}", why, fix)
        return None

    return rule


def meaningless(*keys: str, why: str, fix: str) -> TableRule:
    """Return the rule that a table has none of *keys*; *why* completes the message."""

    @table_rule({"not": {"anyOf": [{"required": [key]} for key in keys]}})
    def rule(table: Mapping[str, Any], name: str) -> TableFault | None:
        for key in (key for key in keys if key in table):
            return TableFault((key,), f"`{key}` has no meaning in {name}: {why}", fix=fix)
        return None

    return rule
