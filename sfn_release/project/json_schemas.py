"""JSON Schemas: whether a schema can be used, and the faults of a value under it.

Nothing is fetched: a ``$ref`` leads to a place in the same schema, or to a draft of JSON Schema.
Formats are checked as far as the standard library can, so a fault depends on the schema alone, not
on the packages of a machine. Regular expressions run in linear time (`schema_patterns`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from sfn_release.project.schema_patterns import linear_class, pattern_fault
from sfn_release.text import did_you_mean, shorten

Schema = Mapping[str, Any] | bool
"""A JSON Schema. True accepts every value, False none."""

_FORMATS: Final = ("date", "email", "ipv4", "ipv6", "regex", "uuid")
_DATE_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")
_DEEP: Final = "$: nested too deeply"


def schema_fault(schema: Any) -> str | None:
    """Return why *schema* can't be used as a JSON Schema; None if it can."""
    if not isinstance(schema, Mapping | bool):
        return "$: a schema is an object, true or false"
    draft = schema.get("$schema") if isinstance(schema, Mapping) else None
    if draft is not None and _known(draft) is None:
        return f"$.$schema: {shorten(repr(draft))} isn't a draft of JSON Schema. {_near(draft)}"
    from jsonschema.exceptions import best_match

    validator = _class_of(schema)
    try:
        checker = validator(
            validator.META_SCHEMA, registry=_drafts(), format_checker=_format_checker()
        )
        fault = best_match(checker.iter_errors(schema))
        lost = next(_lost_references(schema), None) if fault is None else None
        endless = next(_endless_patterns(schema), None) if fault is None else None
    except RecursionError:
        return _DEEP
    if fault is not None:
        return f"{_path(fault.absolute_path)}: {shorten(fault.message)}"
    if lost is not None:
        return f"{lost!r} leads nowhere in the schema. Nothing is fetched from elsewhere"
    return endless


def value_faults(schema: Schema, value: Any) -> list[str]:
    """Return the faults of *value*, each with its JSON path, in the order of the paths.

    *schema* has no `schema_fault`.
    """
    from jsonschema.exceptions import relevance

    validator = _validator(schema)
    try:
        errors = [_deepest(error, relevance) for error in validator.iter_errors(value)]
    except RecursionError:
        return [_DEEP]
    lines = [(_path(error.absolute_path), shorten(_message(error))) for error in errors]
    return [f"{path}: {message}" for path, message in sorted({*lines})]


def _message(error: Any) -> str:
    """Return the library's message, without Python's spelling of JSON where it's usual."""
    wanted, value = error.validator_value, error.instance
    match error.validator:
        case "type":
            types = wanted if isinstance(wanted, list) else [wanted]
            return f"expected {' or '.join(types)}, not {_json(value)}"
        case "enum":
            return f"{_json(value)} is not one of {', '.join(map(_json, wanted))}"
        case "const":
            return f"expected {_json(wanted)}, not {_json(value)}"
        case _:
            return str(error.message)


def _json(value: Any) -> str:
    return shorten(json.dumps(value, ensure_ascii=False))


def _deepest(error: Any, relevance: Any) -> Any:
    """Return the fault inside an ``anyOf`` or ``oneOf`` that comes nearest to a match."""
    while error.context:
        best = min(error.context, key=relevance)
        if not best.path:  # every alternative fails at once: the list of them says more
            break
        error = best
    return error


def _class_of(schema: Any) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for

    return validator_for(schema, default=Draft202012Validator)


def _validator(schema: Schema) -> Any:
    """Return the validator of a schema.

    It gets the schema without ``$schema``, whose standard class it would take for references to the
    whole schema.
    """
    bare = schema
    if isinstance(schema, Mapping):
        bare = {key: value for key, value in schema.items() if key != "$schema"}
    return linear_class(_class_of(schema))(
        bare, registry=_drafts(), format_checker=_format_checker()
    )


def _known(draft: Any) -> Any:
    from jsonschema.validators import validator_for

    return validator_for({"$schema": draft}, default=None) if isinstance(draft, str) else None


def _near(draft: Any) -> str:
    return did_you_mean(str(draft), _drafts()) or "Leave it out for the draft 2020-12."


@cache
def _drafts() -> Any:
    """Return the drafts of JSON Schema: all that a ``$ref`` reaches outside of its schema."""
    from jsonschema_specifications import REGISTRY

    return REGISTRY


@cache
def _format_checker() -> Any:
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=_FORMATS)
    checker.checks("date-time")(is_date_time)
    return checker


def is_date_time(value: object) -> bool:
    """Whether a value has the format ``date-time``. Source: RFC 3339, section 5.6."""
    from datetime import date

    if not isinstance(value, str):
        return True
    if not _DATE_TIME.fullmatch(value):
        return False
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return False
    return True


def _endless_patterns(schema: Schema) -> Iterator[str]:
    """Yield the fault of each pattern that has no bounded time."""
    waiting = [_resource(schema)]
    while waiting:
        inner = waiting.pop()
        fault = pattern_fault(inner.contents)
        if fault is not None:
            yield fault
        waiting += inner.subresources()


def _lost_references(schema: Schema) -> Iterator[str]:
    """Yield each reference that leads nowhere."""
    from referencing.exceptions import Unresolvable

    resource = _resource(schema)
    registry = _drafts().with_resource(resource.id() or "", resource).crawl()
    waiting = [(resource, registry.resolver(resource.id() or ""))]
    while waiting:
        inner, resolver = waiting.pop()
        contents = inner.contents
        for name in _REFERENCES if isinstance(contents, Mapping) else ():
            if name in contents:
                try:
                    resolver.lookup(contents[name])
                except Unresolvable:
                    yield contents[name]
        waiting += [(part, resolver.in_subresource(part)) for part in inner.subresources()]


def _path(keys: Iterable[str | int]) -> str:
    from sfn_release.checks.location import Location  # the checks take long to import

    return Location(tuple(keys)).path


class SchemaTree:
    """A schema without a `schema_fault`, to walk through: references and parts."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._validator = _validator(schema)
        resource = _resource(schema)
        registry = _drafts().with_resource(resource.id() or "", resource).crawl()
        self._resolver = registry.resolver(resource.id() or "")

    def referred(self, reference: str) -> Schema:
        """Return the part that a ``$ref`` leads to."""
        part: Schema = self._resolver.lookup(reference).contents
        return part

    def accepts(self, part: Schema, value: Any) -> bool:
        """Whether a *part* of the schema accepts a value."""
        try:
            return bool(self._validator.evolve(schema=part).is_valid(value))
        except RecursionError:
            return False


def _resource(schema: Schema) -> Any:
    from referencing.jsonschema import DRAFT202012, specification_with

    draft = schema.get("$schema") if isinstance(schema, Mapping) else None
    specification = specification_with(draft) if draft else DRAFT202012
    return specification.create_resource(schema)
