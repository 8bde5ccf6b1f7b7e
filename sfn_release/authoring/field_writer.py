"""Write values as JSON in either query language, under the right key.

A path in an object is written as ``key.$``. A field with a twin (``Seconds``, ``SecondsPath``) is
written as the twin. A JSONata expression becomes ``{% ... %}``. A value of the other language is an
error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from dataclasses import field as dataclass_field
from datetime import datetime, timedelta
from math import ceil
from types import NoneType
from typing import Any, Final

from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.asl.placeholders import Parameter
from sfn_release.authoring.expressions import Dynamic, Inputs, Intrinsic, JsonPath, Portable
from sfn_release.authoring.json_values import asl_key, plain
from sfn_release.authoring.jsonata_values import Jsonata, braced
from sfn_release.authoring.not_given import NOT_GIVEN
from sfn_release.errors import DefinitionError

_PLAIN: Final = frozenset({str, int, float, bool, NoneType})
"""The types of values that are the same in Python, in JSON and in both query languages."""

_TWINNED: Final = frozenset(
    (
        *("Seconds", "Timestamp", "TimeoutSeconds", "HeartbeatSeconds", "Error", "Cause", "Items"),
        *("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"),
        *("MaxItems", "MaxItemsPerBatch", "MaxInputBytesPerBatch"),
    )
)
"""The fields whose name gets Path at its end when the value is a path."""

_IN_SECONDS: Final = frozenset(
    {"Seconds", "TimeoutSeconds", "HeartbeatSeconds", "IntervalSeconds", "MaxDelaySeconds"}
)
"""The fields that are numbers of seconds."""

_IN_JSONATA: Final = {"Parameters": "Arguments", "OutputPath": "Output", "ItemsPath": "Items"}
"""The names of fields in JSONata, for values that fit both languages."""


def put_field(body: dict[str, Any], key: str, value: Any, language: str) -> None:
    """Add a field to *body*, unless its value is NOT_GIVEN.

    *language* is the query language of the state. Raises DefinitionError for a value that the
    language or the field doesn't take.
    """
    if type(value) in _PLAIN:
        body[key] = value
    elif value is NOT_GIVEN:
        return
    elif key in _IN_SECONDS and isinstance(value, timedelta):
        body[key] = whole_seconds(value, key)
    elif language == JSONATA:
        if isinstance(value, Portable | Inputs):
            key = _IN_JSONATA.get(key, key)
        body[key] = write_value(value, language)
    elif not isinstance(value, JsonPath | Intrinsic | Portable):
        body[key] = _literal(value, key) if key == "Result" else write_value(value, language)
    elif key in _TWINNED:
        body[f"{key}Path"] = _path_text(value)
    elif key.endswith("Path"):
        body[key] = _path_text(value)
    else:
        raise DefinitionError(
            f"{key} can't be {_path_text(value)}: it doesn't take a path.", fix=_instead(key)
        )


def write_value(value: Any, language: str = JSONPATH) -> Any:
    """Return *value* as fresh JSON, with expressions in *language*. Raises DefinitionError."""
    match value:
        case dict() | Mapping():
            return write_object(value, language)
        case Jsonata() | Portable() | JsonPath() | Intrinsic():
            return _expression(value, language)
        case StatePart():
            return value.to_asl(language)
        case Sequence() if not isinstance(value, str | bytes | bytearray):
            return [item if type(item) in _PLAIN else write_value(item, language) for item in value]
        case datetime() | Parameter():
            return plain(value)
        case timedelta():
            raise DefinitionError(
                f"A timedelta isn't allowed here: {value!r}.",
                why="Only Seconds, and fields whose names end with Seconds, accept one.",
                fix="Write the number: int(value.total_seconds()).",
            )
        case _:  # the checks report values that aren't JSON
            return value


def whole_seconds(value: timedelta, key: str) -> int:
    """Return the seconds of *value*. Raises DefinitionError for a fraction of a second."""
    if value % timedelta(seconds=1):
        raise DefinitionError(
            f"{key} can't be {value}: it must be a whole number of seconds.",
            fix=f"Write timedelta(seconds={ceil(value.total_seconds())}).",
        )
    return value // timedelta(seconds=1)


def _expression(value: Dynamic, language: str) -> str:
    """Return an expression as a value. Only JSONata has such values."""
    if isinstance(value, Portable) and language == JSONATA:
        return braced(Jsonata(value.jsonata))
    if isinstance(value, Jsonata):
        if language == JSONATA:
            return braced(value)
        raise _wrong_language(braced(value), JSONATA, language)
    if language == JSONATA:
        raise _wrong_language(_path_text(value), JSONPATH, language)
    raise DefinitionError(
        f"An array can't hold the path {_path_text(value)}.", fix="Write fn.array(...)."
    )


def write_object(value: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return an object as fresh JSON. The keys of paths get ``.$``. Raises DefinitionError."""
    result: dict[str, Any] = {}
    for key, item in value.items():
        name, written_item = key, item
        if type(item) not in _PLAIN:
            if language == JSONPATH and isinstance(item, JsonPath | Intrinsic | Portable):
                name = key if key.endswith(".$") else f"{key}.$"
                written_item = _path_text(item)
            else:
                written_item = write_value(item, language)
        if name in result:
            raise DefinitionError(f"The key {name!r} is given twice, once by a path value.")
        result[name] = written_item
    return result


def with_extra(body: dict[str, Any], extra: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return *body* with the fields of *extra*. Raises DefinitionError for one given twice."""
    if not extra:
        return body
    further = write_object(extra, language)
    twice = [key for key in further if key in body]
    if twice:
        raise DefinitionError(
            f"{twice[0]} is given twice: as a field and in extra.",
            fix="Leave it out of extra, which is for fields that have no argument.",
        )
    return body | further


@dataclass(frozen=True, slots=True, kw_only=True)
class StatePart:
    """A typed part of a state: an object with the language's fields in snake_case.

    *extra* holds any other fields, which are written as they are.
    """

    extra: Mapping[str, Any] = dataclass_field(default_factory=dict)

    def to_asl(self, language: str = JSONPATH) -> dict[str, Any]:
        """Return the part as JSON. Raises DefinitionError for values of the other language."""
        body: dict[str, Any] = {}
        for field in fields(self):
            if field.name != "extra":
                key = field.metadata.get("key") or asl_key(field.name)
                put_field(body, key, getattr(self, field.name), language)
        return with_extra(body, self.extra, language)


def _path_text(value: JsonPath | Intrinsic | Portable) -> str:
    return value.jsonpath if isinstance(value, Portable) else value.text


def _literal(value: Any, key: str) -> Any:
    """Return *value*, which is written as it is. Raises DefinitionError for a path in it."""
    _refuse_paths(value, key)
    return write_value(value)


def _refuse_paths(value: Any, key: str) -> None:
    if isinstance(value, JsonPath | Intrinsic | Portable):
        raise DefinitionError(
            f"{key} can't hold the path {_path_text(value)}: it would stay text.",
            fix=_instead(key),
        )
    items = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, Mapping | list | tuple):
        for item in items:
            _refuse_paths(item, key)


def _instead(key: str) -> str:
    match key:
        case "Result":
            return "Use parameters={...} or input_path instead."
        case "Parameters" | "Arguments":
            return "Give an object, or give the path as input_path."
        case "Output":
            return "In JSONPath, use output_path."
        case _:
            return ""


def _wrong_language(text: str, given: str, language: str) -> DefinitionError:
    fix = (
        "Write path(...), or set query_language='JSONata' on the state or its workflow."
        if given == JSONATA
        else "Write q(...): the same value in JSONata."
    )
    return DefinitionError(
        f"{text} is {given}, but the query language of this state is {language}.", fix=fix
    )
