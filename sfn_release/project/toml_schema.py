"""Makes a JSON Schema of the schema that the reader of a TOML document uses.

It is of draft 7, which taplo and Even Better TOML take. Everything in it comes from the reader's
own tables: a value that the reader accepts is valid. Some rules can't be said in JSON Schema: they
are in the descriptions, and the reader still checks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sfn_release.project.toml_document import Expected

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_TYPES: Final = {
    str: "string",
    bool: "boolean",
    int: "integer",
    list: "array",
    dict: "object",
}
_SCALARS: Final = ["string", "number", "boolean", "array"]


@dataclass(frozen=True)
class DocumentedSchema:
    """Makes the schemas of the values in one document.

    *texts* explain each key by its place: ``environments.*.region``; ``*`` is a name that users
    choose, ``[]`` an item of an array. *defaults* are the values of missing keys. *extra* adds
    keywords to the schema at a place.
    """

    texts: Mapping[str, str]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, expected: Expected, at: str = "") -> dict[str, Any]:
        """Return the schema of the value at a place. Raises KeyError for a place without a text."""
        found = {"title": at, **self._said(expected, at)} if at else self._said(expected, at)
        if at in self.defaults:
            found["default"] = self.defaults[at]
        plain = self._plain(expected, at)
        if expected.table is None:
            return {**found, **plain, **self.extra.get(at, {})}
        table = self._plain(expected.table, at)
        if expected.type is object:
            meant = {"type": "object", "not": expected.table_when.schema}
            plain = {"anyOf": [{"type": _SCALARS}, meant]}
        return {**found, "anyOf": [plain, table], **self.extra.get(at, {})}

    def _said(self, expected: Expected, at: str) -> dict[str, Any]:
        """Return the description of a value: its text, the rules that stay unsaid, an example."""
        parts = [self.texts[at], expected.rule.unsaid, expected.key_rule.unsaid]
        text = " ".join(part for part in parts if part)
        example = f"\n\nExample: `{expected.example}`" if expected.example else ""
        return {"description": text + example}

    def _plain(self, expected: Expected, at: str) -> dict[str, Any]:
        """Return the keywords for the type and the rule of a value that isn't the other table."""
        rule = expected.rule.schema
        if expected.type is object:
            return {**rule}
        found: dict[str, Any] = {"type": _TYPES[expected.type], **rule}
        if expected.items is not None:
            found["items"] = self.of(expected.items, f"{at}[]")
        if expected.type is dict:
            found |= self._members(expected, at)
        if expected.needs:
            found["required"] = [*expected.needs]
        if expected.rules:
            together = [dict(rule.schema) for rule in expected.rules]
            found["allOf"] = [*found.get("allOf", ()), *together]
        return found

    def _members(self, expected: Expected, at: str) -> dict[str, Any]:
        before = f"{at}." if at else ""
        found: dict[str, Any] = {}
        if expected.keys:
            found["properties"] = {
                key: self.of(value, f"{before}{key}") for key, value in expected.keys.items()
            }
        if expected.others is None:
            return {**found, "additionalProperties": False}
        if f"{before}*" in self.texts:
            found["additionalProperties"] = self.of(expected.others, f"{before}*")
        if expected.key_rule.schema:
            found["propertyNames"] = expected.key_rule.schema
        return found
