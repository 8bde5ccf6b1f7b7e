"""Draws values that fit a JSON Schema, for hypothesis.

A value is built from the outside in: all schemas that hold for one place, by ``allOf``, ``$ref`` or
a chosen branch, are gathered, and each keyword narrows what is drawn. Some keywords (``not``,
``contains``, ``dependentSchemas``) are checked after the draw, which is then repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from sfn_release.project.json_schemas import Schema, SchemaTree
from sfn_release.testing.schemas import schema_parts
from sfn_release.testing.schemas.schema_numbers import SchemaNumbers
from sfn_release.testing.schemas.schema_texts import SchemaTexts

Draw = Callable[[Any], Any]
Part = Mapping[str, Any]

_DEEP, _DEEPEST = 4, 24  # levels: below the first, nothing optional; below the second, nothing
_TRIES: Final = 8
_MOST_PARTS: Final = 200  # schemas of one place; more of them are a circle of references
_MORE_ITEMS, _MORE_MEMBERS = 4, 2  # than there must be
_ODD: Final = 10  # in one of so many draws, a type that the schema allows but doesn't mean
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_CHECKED: Final = frozenset(
    {
        *("not", "oneOf", "if", "contains", "uniqueItems", "dependentSchemas", "dependencies"),
        *("propertyNames", "patternProperties", "unevaluatedProperties", "unevaluatedItems"),
    }
)
"""The keywords that a draw doesn't follow, or not always."""


class SchemaStrategy:
    """Draws values of a *schema*; *strategies* is the module ``hypothesis.strategies``."""

    def __init__(self, schema: Schema, strategies: Any) -> None:
        self._tree = SchemaTree(schema)
        self._st = strategies
        self._texts = SchemaTexts(strategies)
        self._numbers = SchemaNumbers(strategies)

    def strategy(self) -> Any:
        """Return the strategy."""
        schema = self._tree.schema

        def drawn(draw: Draw) -> Any:
            return self._value(draw, [schema], 0)

        return self._st.composite(drawn)().filter(lambda value: self._tree.accepts(schema, value))

    def _value(self, draw: Draw, schemas: Sequence[Schema], depth: int) -> Any:
        """Draw a value that all *schemas* accept."""
        if depth > _DEEPEST:
            self._give_up(draw)
        value: Any = None
        for _ in range(_TRIES):
            parts = [*self._parts(draw, schemas, depth)]
            value = self._drawn(draw, parts, depth)
            checked = any(_CHECKED & part.keys() for part in parts)
            if not checked or all(self._tree.accepts(schema, value) for schema in schemas):
                break
        return value

    def _give_up(self, draw: Draw) -> None:
        draw(self._st.nothing())

    def _parts(self, draw: Draw, schemas: Sequence[Schema], depth: int) -> Iterator[Part]:
        """Yield the schemas that hold for a value, with branches chosen."""
        waiting = list(schemas)
        for _ in range(_MOST_PARTS):
            if not waiting:
                return
            schema = waiting.pop(0)
            if schema is False:
                self._give_up(draw)
            if not isinstance(schema, Mapping):
                continue
            yield schema
            waiting += [self._tree.referred(schema[key]) for key in _REFERENCES if key in schema]
            waiting += schema.get("allOf", ())
            waiting += [
                self._branch(draw, schema[key], depth)
                for key in ("anyOf", "oneOf")
                if key in schema
            ]
            if "if" in schema:
                waiting += self._condition(draw, schema)
        self._give_up(draw)

    def _branch(self, draw: Draw, branches: Sequence[Schema], depth: int) -> Schema:
        """Choose a branch: deep inside, one that doesn't go deeper, if there is one."""
        possible: list[Schema] = [branch for branch in branches if branch is not False]
        if depth > _DEEP:
            ending = [branch for branch in possible if "$ref" not in json.dumps(branch)]
            possible = ending or possible
        branch: Schema = draw(self._st.sampled_from(possible or [False]))
        return branch

    def _condition(self, draw: Draw, schema: Part) -> list[Schema]:
        """Choose between ``then`` and ``else``; whether that was right is checked later."""
        if draw(self._st.booleans()):
            return [schema["if"], schema.get("then", True)]
        return [schema.get("else", True)]

    def _drawn(self, draw: Draw, parts: list[Part], depth: int) -> Any:
        options = self._options(parts)
        if options is not None:
            return draw(self._st.sampled_from(options) if options else self._st.nothing())
        match self._type(draw, parts, depth):
            case "array":
                return self._array(draw, parts, depth)
            case "object":
                return self._object(draw, parts, depth)
            case type:
                return draw(self._scalars(type, parts))

    def _scalars(self, type: str, parts: list[Part]) -> Any:
        match type:
            case "boolean":
                return self._st.booleans()
            case "integer":
                return self._numbers.integers(parts)
            case "number":
                return self._numbers.numbers(parts)
            case "string":
                return self._texts.texts(parts)
            case _:
                return self._st.none()

    def _options(self, parts: list[Part]) -> list[Any] | None:
        """Return the values that ``enum`` and ``const`` leave; None without them."""
        lists = [part["enum"] for part in parts if "enum" in part]
        lists += [[part["const"]] for part in parts if "const" in part]
        if not lists:
            return None
        return [
            value
            for value in min(lists, key=len)
            if all(self._tree.accepts(part, value) for part in parts)
        ]

    def _type(self, draw: Draw, parts: list[Part], depth: int) -> str:
        types = schema_parts.allowed_types(parts)
        meant = schema_parts.hinted_types(parts)
        if meant and (depth > _DEEP or draw(self._st.integers(1, _ODD)) < _ODD):
            types = meant
        elif not meant and depth > _DEEP and len(types) > 1:
            types = [type for type in types if type not in ("array", "object")]
        chosen: str = draw(self._st.sampled_from(types) if types else self._st.nothing())
        return chosen

    def _array(self, draw: Draw, parts: list[Part], depth: int) -> list[Any]:
        contained = [part["contains"] for part in parts if "contains" in part]
        least = max(schema_parts.least(parts, "minItems"), 1 if contained else 0)
        least = max(least, schema_parts.least(parts, "minContains"))
        closed = [len(schema_parts.prefix(part)) for part in parts if not schema_parts.rest(part)]
        most = min([schema_parts.most(parts, "maxItems", least + _MORE_ITEMS), *closed])
        if least > most:
            self._give_up(draw)
        most = min(most, least + _MORE_ITEMS)
        length = draw(self._st.integers(least, most)) if depth <= _DEEP else least
        unique = any(part.get("uniqueItems") for part in parts)
        needed = schema_parts.least(parts, "minContains") or 1
        items: list[Any] = []
        for index in range(length):
            schemas = schema_parts.item_schemas(parts, index)
            schemas += contained if index < needed else []
            items.append(self._item(draw, schemas, items if unique else [], depth + 1))
        return items

    def _item(self, draw: Draw, schemas: list[Schema], others: list[Any], depth: int) -> Any:
        """Draw an item that isn't among *others*."""
        for _ in range(_TRIES):
            item = self._value(draw, schemas, depth)
            if item not in others:
                return item
        return self._give_up(draw)

    def _object(self, draw: Draw, parts: list[Part], depth: int) -> dict[str, Any]:
        names = dict.fromkeys(name for part in parts for name in part.get("required", ()))
        known = dict.fromkeys(name for part in parts for name in part.get("properties", ()))
        optional = [
            name for name in known if name not in names and schema_parts.can_have(parts, name)
        ]
        least = schema_parts.least(parts, "minProperties")
        most = schema_parts.most(parts, "maxProperties", 10**6)
        for name in optional:
            wanted = len(names) < least or (depth <= _DEEP and draw(self._st.booleans()))
            if wanted and len(names) < most:
                names[name] = None
        schema_parts.add_dependent(names, parts)
        self._add_others(draw, names, parts, max(0, least - len(names)), most - len(names))
        return {
            name: self._value(draw, schema_parts.member_schemas(parts, name), depth + 1)
            for name in names
        }

    def _add_others(
        self, draw: Draw, names: dict[str, None], parts: list[Part], least: int, most: int
    ) -> None:
        """Add members that the schema doesn't name: as many as needed, sometimes more."""
        patterns = [pattern for part in parts for pattern in part.get("patternProperties", ())]
        free = schema_parts.takes_others(parts)
        if not (patterns or free):
            return
        more = patterns or any("additionalProperties" in part for part in parts)
        count = draw(self._st.integers(least, least + _MORE_MEMBERS)) if more else least
        rules = [part["propertyNames"] for part in parts if "propertyNames" in part]
        texts = self._texts.names(
            patterns, [rule for rule in rules if isinstance(rule, Mapping)], free=free
        )
        for _ in range(min(count, most)):
            name = draw(texts)
            if schema_parts.can_have(parts, name):
                names[name] = None
