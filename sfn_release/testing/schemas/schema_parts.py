"""The schemas that a JSON Schema has for the items and members of a value. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sfn_release.asl.linear_patterns import occurs
from sfn_release.project.json_schemas import Schema

Part = Mapping[str, Any]

TYPES: Final = ("null", "boolean", "integer", "number", "string", "array", "object")
_HINTS: Final = {
    "object": ("properties", "required", "patternProperties", "minProperties", "propertyNames"),
    "array": ("items", "prefixItems", "minItems", "contains", "uniqueItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_CLOSING: Final = ("additionalProperties", "unevaluatedProperties")


def allowed_types(parts: Sequence[Part]) -> list[str]:
    """Return the types that all *parts* allow. A number may be an integer."""
    allowed = set(TYPES)
    for part in parts:
        given = part.get("type", TYPES)
        types = {given} if isinstance(given, str) else {*given}
        allowed &= types | ({"integer"} if "number" in types else set())
    if "number" in allowed:
        allowed.discard("integer")
    return [type for type in TYPES if type in allowed]


def hinted_types(parts: Sequence[Part]) -> list[str]:
    """Return the types that *parts* mean, by their other keywords, where none is named."""
    if any("type" in part for part in parts):
        return []
    return [
        type for type, keys in _HINTS.items() if any(key in part for part in parts for key in keys)
    ]


def least(parts: Sequence[Part], key: str) -> int:
    """Return the greatest of the lower limits *key* (``minItems``)."""
    return int(max([0, *(part.get(key, 0) for part in parts)]))


def most(parts: Sequence[Part], key: str, default: int) -> int:
    """Return the lowest of the upper limits *key* (``maxItems``)."""
    return int(min([part[key] for part in parts if key in part], default=default))


def prefix(part: Part) -> Sequence[Schema]:
    """Return the schemas of the first items: in drafts before 2020-12 they are ``items``."""
    items = part.get("items")
    found: Sequence[Schema] = items if isinstance(items, list) else part.get("prefixItems", ())
    return found


def rest(part: Part) -> Schema:
    """Return the schema of the items after the first ones."""
    items = part.get("items", True)
    found: Schema = part.get("additionalItems", True) if isinstance(items, list) else items
    return found


def item_schemas(parts: Sequence[Part], index: int) -> list[Schema]:
    """Return the schemas of an array's item."""
    return [prefix(part)[index] if index < len(prefix(part)) else rest(part) for part in parts]


def member_schemas(parts: Sequence[Part], name: str) -> list[Schema]:
    """Return the schemas of an object's member."""
    found: list[Schema] = []
    for part in parts:
        own = part.get("properties", {})
        matching = [own[name]] if name in own else []
        patterns = part.get("patternProperties", {})
        matching += [schema for pattern, schema in patterns.items() if occurs(pattern, name)]
        found += matching or [part.get("additionalProperties", True)]
    return found


def can_have(parts: Sequence[Part], name: str) -> bool:
    """Whether an object can have a member."""
    return all(schema is not False for schema in member_schemas(parts, name))


def takes_others(parts: Sequence[Part]) -> bool:
    """Whether an object can have members that no schema names."""
    return not any(part.get(key) is False for part in parts for key in _CLOSING)


def add_dependent(names: dict[str, None], parts: Sequence[Part]) -> None:
    """Add the members that *names* need."""
    needs: dict[str, list[str]] = {}
    for part in parts:
        for key in ("dependentRequired", "dependencies"):
            for name, needed in part.get(key, {}).items():
                needs.setdefault(name, []).extend(needed if isinstance(needed, list) else ())
    waiting = [*names]
    while waiting:
        for needed in needs.get(waiting.pop(), ()):
            if needed not in names:
                names[needed] = None
                waiting.append(needed)
