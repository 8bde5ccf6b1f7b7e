"""Where a JSON Schema accepts less than another one, keyword by keyword.

Source: JSON Schema 2020-12, "Validation" and "Applying subschemas". A keyword that isn't compared
here, and differs, is *unsure*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeGuard

from sfn_release.canonical import member

_LEAST: Final = {"minLength": 0, "minItems": 0, "minProperties": 0}
"""Limits from below with the value that they have without a keyword."""
_LOWER: Final = ("minimum", "exclusiveMinimum", *_LEAST)
_UPPER: Final = (*("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"),)
_INNER: Final = ("items", "contains", "propertyNames")
_TESTS: Final = (
    *("pattern", "format", "multipleOf", "uniqueItems", "allOf", "not"),
    *("dependentRequired", "dependentSchemas", "dependencies"),
)
"""Keywords that only refuse values, so that a new one accepts less."""
_MEETING: Final = (
    *("prefixItems", "additionalItems", "patternProperties", "minContains", "maxContains"),
    *("if", "then", "else", "$ref", "$dynamicRef", "$recursiveRef", "$schema"),
    *("unevaluatedProperties", "unevaluatedItems", "$dynamicAnchor"),
)
"""Keywords whose meaning depends on other keywords or schemas."""
_DEEPEST: Final = 50
_CERTAIN: Final = 2


@dataclass(frozen=True)
class Narrowing:
    """A place where a schema accepts less: the path in the input, and the rule in words.

    *certain* is false where the keyword differs and may accept as much as before.
    """

    path: str
    text: str
    certain: bool = True


def narrowings(old: Any, new: Any, path: str = "$", depth: int = 0) -> Iterator[Narrowing]:
    """Yield where the schema *new* accepts less than *old*."""
    if old == new or new is True or new == {}:
        return
    if new is False:
        yield Narrowing(path, "no value is accepted")
        return
    if old is False:
        return
    before: Mapping[str, Any] = old if isinstance(old, Mapping) else {}
    if not isinstance(new, Mapping) or depth > _DEEPEST:
        yield Narrowing(path, "the schema is another one", certain=False)
        return
    for keyword in {**before, **new}:
        if before.get(keyword, ...) != new.get(keyword, ...):
            yield from _keyword(keyword, before, new, path, depth)


def _keyword(
    keyword: str, old: Mapping[str, Any], new: Mapping[str, Any], path: str, depth: int
) -> Iterator[Narrowing]:
    """Compare one keyword. Annotations, and keywords that no draft has, accept everything."""
    before, after = old.get(keyword), new.get(keyword)
    match keyword:
        case "properties":
            yield from _properties(old, new, path, depth)
        case "$defs" | "definitions":
            yield from _definitions(before, after, depth)
        case "additionalProperties":
            yield from _others(before, after, path, depth)
        case _ if keyword in _MEETING:
            yield Narrowing(path, f"{keyword} changed", certain=False)
        case _ if keyword in new:
            yield from _rule(keyword, old, new, path, depth)
        case _:
            return  # a rule fewer


def _rule(
    keyword: str, old: Mapping[str, Any], new: Mapping[str, Any], path: str, depth: int
) -> Iterator[Narrowing]:
    """Compare a rule that is new, or another one than before."""
    before, after = old.get(keyword), new[keyword]
    match keyword:
        case "required":
            yield from _required(before, after, path)
        case "type":
            yield from _type(old, after, path)
        case "enum" | "const":
            yield from _values(old, new, path)
        case "anyOf" | "oneOf":
            yield from _alternatives(keyword, old, after, path, depth)
        case _ if keyword in _LOWER or keyword in _UPPER:
            yield from _limit(keyword, before, after, path)
        case _ if keyword in _INNER:
            whole = True if before is None else before
            yield from narrowings(whole, after, f"{path}[*]", depth + 1)
        case "uniqueItems" if after is False:
            return
        case _ if keyword in _TESTS and (before is None or after is True):
            yield Narrowing(path, f"{keyword} is new")
        case _ if keyword in _TESTS:
            yield Narrowing(path, f"{keyword} changed", certain=False)
        case _:
            return


def _limit(keyword: str, old: Any, new: Any, path: str) -> Iterator[Narrowing]:
    least = _LEAST.get(keyword) if old is None else old
    wider = (
        _is_number(least)
        and _is_number(new)
        and (new <= least if keyword in _LOWER else new >= least)
    )
    if not wider:
        yield Narrowing(path, f"{keyword} {new}")


def _required(old: Any, new: Any, path: str) -> Iterator[Narrowing]:
    before = old if isinstance(old, list) else []
    for name in new if isinstance(new, list) else ():
        if name not in before:
            yield Narrowing(member(path, str(name)), "is required")


def _type(old: Mapping[str, Any], new: Any, path: str) -> Iterator[Narrowing]:
    accepted = {*_list(new)} | ({"integer"} if "number" in _list(new) else set())
    wanted = " or ".join(_list(new))
    had = [str(part.get("type")) for part in _parts(old) if "type" in part]
    if not had:
        yield Narrowing(path, f"has to be {wanted}")
    elif lost := [name for name in dict.fromkeys(had) if name not in accepted]:
        yield Narrowing(path, f"has to be {wanted}, not {' or '.join(lost)}")


def _alternatives(
    keyword: str, old: Mapping[str, Any], new: Any, path: str, depth: int
) -> Iterator[Narrowing]:
    """Compare alternatives: each kind of value that was accepted has to fit one of the new ones.

    A value that fits two alternatives of ``oneOf`` is refused, which isn't followed.
    """
    choices = new if isinstance(new, list) else []
    had = old.get(keyword)
    parts = (
        [*_parts(old)]
        if not isinstance(had, list)
        else [{**old, **alternative} for alternative in had if isinstance(alternative, Mapping)]
    )
    worst = max((_refusal(part, choices, keyword, depth) for part in parts), default=1)
    if worst == 0 and keyword == "oneOf":
        worst = 1
    if worst:
        text = f"{keyword} {'changed' if keyword in old else 'is new'}"
        yield Narrowing(path, text, certain=worst == _CERTAIN)


def _refusal(part: Mapping[str, Any], choices: list[Any], keyword: str, depth: int) -> int:
    """Return how surely the choices refuse a part: 0 for not at all, 1 for maybe, or _CERTAIN."""
    own = {key: value for key, value in part.items() if key != keyword}
    return min(
        (
            max((1 + found.certain for found in narrowings(own, choice, "$", depth + 1)), default=0)
            for choice in choices
        ),
        default=_CERTAIN,
    )


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a schema for each value, or each type, that a schema accepts; else itself."""
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(values, list):
        rest = {key: value for key, value in schema.items() if key != "enum"}
        yield from ({**rest, "const": value, "type": _type_of(value)} for value in values)
    elif isinstance(schema.get("type"), list):
        yield from ({**schema, "type": name} for name in schema["type"])
    else:
        yield schema


def _type_of(value: Any) -> str:
    """Return the type of a JSON value as JSON Schema names it."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "integer" if value == int(value) else "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _values(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Narrowing]:
    """Compare the values that are allowed; ``const`` is an ``enum`` of one value."""
    allowed = new["enum"] if "enum" in new else [new["const"]]
    if "enum" not in old and "const" not in old:
        yield Narrowing(path, "has to be one of fewer values")
        return
    before = old["enum"] if "enum" in old else [old["const"]]
    if not (isinstance(allowed, list) and isinstance(before, list)):
        yield Narrowing(path, "enum changed", certain=False)
    elif lost := [value for value in before if value not in allowed]:
        yield Narrowing(path, f"can no longer be {', '.join(map(str, lost))}")


def _properties(
    old: Mapping[str, Any], new: Mapping[str, Any], path: str, depth: int
) -> Iterator[Narrowing]:
    """Compare members. A member without a schema can be anything that additional members can.

    Whether anyone sends a member that the old schema doesn't name can't be told.
    """
    before, after = _object(old.get("properties")), _object(new.get("properties"))
    for name in {**before, **after}:
        inner = before.get(name, old.get("additionalProperties", True))
        other = after.get(name, new.get("additionalProperties", True))
        known = name in before or isinstance(old.get("additionalProperties"), Mapping)
        for found in narrowings(inner, other, member(path, str(name)), depth + 1):
            yield replace(found, certain=found.certain and known)


def _definitions(old: Any, new: Any, depth: int) -> Iterator[Narrowing]:
    """Compare shared parts by name. A part that is gone can't be referred to."""
    before, after = _object(old), _object(new)
    for name in before.keys() & after.keys():
        for found in narrowings(before[name], after[name], "$", depth + 1):
            yield Narrowing(name, f"{found.path} {found.text}", certain=found.certain)


def _others(old: Any, new: Any, path: str, depth: int) -> Iterator[Narrowing]:
    before, after = (True if value is None else value for value in (old, new))
    if after is False:
        yield Narrowing(path, "can have no other members")
    else:
        yield from narrowings(before, after, f"{path}.*", depth + 1)


def _list(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
