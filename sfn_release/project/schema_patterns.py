"""Validators of JSON Schemas whose regular expressions run in linear time.

The inputs come from callers, and one long text can keep Python's own engine busy forever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from sfn_release.asl.linear_patterns import PatternError, linear_pattern, occurs

_IN_PLACE: Final = ("not", "if", "then", "else")
_LISTS: Final = ("allOf", "anyOf", "oneOf")


@cache
def linear_class(standard: Any) -> Any:
    """Return the class of validators for a draft; *standard* is the one of jsonschema."""
    from jsonschema.validators import extend

    own = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        **{
            name: _with_names(standard.VALIDATORS[name])
            for name in ("additionalProperties", "unevaluatedProperties")
            if name in standard.VALIDATORS
        },
    }
    return extend(standard, {name: own[name] for name in own if name in standard.VALIDATORS})


def pattern_fault(part: Any) -> str | None:
    """Return why a part of a schema has a pattern that can't be run; None if it has none."""
    if not isinstance(part, Mapping):
        return None
    named = part.get("patternProperties")
    patterns = [part.get("pattern"), *(named if isinstance(named, Mapping) else ())]
    for pattern in patterns:
        if isinstance(pattern, str):
            try:
                linear_pattern(pattern)
            except PatternError as error:
                return str(error)
    return None


def _pattern(validator: Any, pattern: str, instance: Any, _: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if validator.is_type(instance, "string") and not occurs(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, named: Any, instance: Any, _: Any) -> Iterator[Any]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, part in named.items():
        for name, value in instance.items():
            if occurs(pattern, name):
                yield from validator.descend(value, part, path=name, schema_path=pattern)


def _with_names(standard: Any) -> Any:
    """Return a keyword of jsonschema that knows the members which match a pattern by name."""

    def keyword(validator: Any, given: Any, instance: Any, schema: Any) -> Iterator[Any]:
        named = _named(schema, instance) if validator.is_type(instance, "object") else schema
        yield from standard(validator, given, instance, named) or ()

    return keyword


def _named(schema: Any, instance: Mapping[str, Any]) -> Any:
    """Return *schema* with the names of *instance* in the place of its patterns."""
    if not isinstance(schema, Mapping):
        return schema
    named = dict(schema)
    patterns = named.pop("patternProperties", None)
    if isinstance(patterns, Mapping):
        matching = {name: True for name in instance if any(occurs(p, name) for p in patterns)}
        named["properties"] = {**matching, **named.get("properties", {})}
    for key in _IN_PLACE:
        if key in named:
            named[key] = _named(named[key], instance)
    for key in _LISTS:
        if isinstance(named.get(key), list):
            named[key] = [_named(part, instance) for part in named[key]]
    return named
