"""A rule for values of TOML documents, with the part of it that JSON Schema can say.

The reader calls the rule. The editor gets the schema, which is made from the same patterns and
limits. A rule can be stricter than its schema, and never the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ValueRule:
    """A rule: *check* returns the problem with a value as a sentence, or None.

    *schema* are keywords of JSON Schema (draft 7) that accept every value which the rule accepts.
    *unsaid* is the rest of the rule, in words.
    """

    check: Callable[[Any], str | None]
    schema: Mapping[str, Any] = field(default_factory=dict)
    unsaid: str = ""

    def __call__(self, value: Any) -> str | None:
        """Return the problem with a value, or None."""
        return self.check(value)


@dataclass(frozen=True)
class TableTest:
    """Whether a table is meant as one of two things. *schema* accepts the same tables."""

    check: Callable[[Mapping[str, Any]], bool]
    schema: Mapping[str, Any]

    def __call__(self, table: Mapping[str, Any]) -> bool:
        """Return whether a table passes."""
        return self.check(table)


def said(
    schema: Mapping[str, Any], *, unsaid: str = ""
) -> Callable[[Callable[[Any], str | None]], ValueRule]:
    """Make a `ValueRule` of a function, with its form in JSON Schema."""
    return lambda check: ValueRule(check, schema, unsaid)


def whole(pattern: re.Pattern[str]) -> dict[str, Any]:
    """Return the schema of texts that match a pattern from their start to their end."""
    return {"pattern": f"^(?:{pattern.pattern})$"}


def without(pattern: re.Pattern[str]) -> dict[str, Any]:
    """Return the schema of texts that contain no match of a pattern."""
    return {"not": {"pattern": pattern.pattern}}
