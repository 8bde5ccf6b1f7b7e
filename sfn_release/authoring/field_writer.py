"""How values become JSON in either query language, and under which key.

One rule for every field: a path value in an object is written as ``key.$``; a field with a twin
(``Seconds``, ``SecondsPath``) is written as the twin; a JSONata expression is ``{% ... %}``. A
value of the other language is an error that says so.
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
from sfn_release.authoring.jsonata_values import Jsonata, braced
from sfn_release.authoring.not_given import NOT_GIVEN, asl_key, plain
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
"""The fields that JSONPath writes under another name, with Path at its end, for a path."""

_IN_SECONDS: Final = frozenset(
    {"Seconds", "TimeoutSeconds", "HeartbeatSeconds", "IntervalSeconds", "MaxDelaySeconds"}
)
"""The fields that are numbers of seconds."""

_IN_JSONATA: Final = {"Parameters": "Arguments", "OutputPath": "Output", "ItemsPath": "Items"}
"""What a field is called in JSONata, for values that fit both languages."""


def put_field(body: dict[str, Any], key: str, value: Any, language: str) -> None:
    """Add a field to *body* as the language writes it; nothing for NOT_GIVEN.

    *language* is the query language of the state. Raises DefinitionError for a value that the
    language, or the field, doesn't take.
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
        body[key] = written(value, language)
    elif not isinstance(value, JsonPath | Intrinsic | Portable):
        body[key] = _literal(value, key) if key == "Result" else written(value, language)
    elif key in _TWINNED:
        body[f"{key}Path"] = _path_text(value)
    elif key.endswith("Path"):
        body[key] = _path_text(value)
    else:
        raise DefinitionError(
            f"{key} can't be {_path_text(value)}: it doesn't take a path.", fix=_instead(key)
        )


def written(value: Any, language: str = JSONPATH) -> Any:
    """Return *value* as fresh JSON, its expressions in *language*. Raises DefinitionError."""
    match value:
        case dict() | Mapping():
            return write_object(value, language)
        case Jsonata() | Portable() | JsonPath() | Intrinsic():
            return _expression(value, language)
        case StatePart():
            return value.to_asl(language)
        case Sequence() if not isinstance(value, str | bytes | bytearray):
            return [item if type(item) in _PLAIN else written(item, language) for item in value]
        case datetime() | Parameter():
            return plain(value)
        case timedelta():
            raise DefinitionError(
                f"A timedelta can't stand here: {value!r}.",
                why="Only Seconds and the fields whose names end with Seconds take one.",
                fix="Write the number: int(value.total_seconds()).",
            )
        case _:  # the checks report values that aren't JSON
            return value


def whole_seconds(value: timedelta, key: str) -> int:
    """Return the seconds of *value*. Raises DefinitionError for a fraction of a second."""
    if value % timedelta(seconds=1):
        raise DefinitionError(
            f"{key} can't be {value}: Step Functions counts whole seconds.",
            fix=f"Write timedelta(seconds={ceil(value.total_seconds())}).",
        )
    return value // timedelta(seconds=1)


def _expression(value: Dynamic, language: str) -> str:
    """Return an expression that is a value by itself, which only JSONata's can be."""
    if isinstance(value, Portable) and language == JSONATA:
        return braced(Jsonata(value.jsonata))
    if isinstance(value, Jsonata):
        if language == JSONATA:
            return braced(value)
        raise _foreign(braced(value), JSONATA, language)
    if language == JSONATA:
        raise _foreign(_path_text(value), JSONPATH, language)
    raise DefinitionError(
        f"An array can't hold the path {_path_text(value)}.", fix="Make the array by fn.array(...)."
    )


def write_object(value: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return an object as fresh JSON; a path's key gets ``.$``. Raises DefinitionError."""
    result: dict[str, Any] = {}
    for key, item in value.items():
        name, written_item = key, item
        if type(item) not in _PLAIN:
            if language == JSONPATH and isinstance(item, JsonPath | Intrinsic | Portable):
                name = key if key.endswith(".$") else f"{key}.$"
                written_item = _path_text(item)
            else:
                written_item = written(item, language)
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

    *extra* holds further fields, as they are.
    """

    extra: Mapping[str, Any] = dataclass_field(default_factory=dict)

    def to_asl(self, language: str = JSONPATH) -> dict[str, Any]:
        """Return the part as the language writes it. Raises DefinitionError."""
        body: dict[str, Any] = {}
        for each in fields(self):
            if each.name != "extra":
                key = each.metadata.get("key") or asl_key(each.name)
                put_field(body, key, getattr(self, each.name), language)
        return with_extra(body, self.extra, language)


def _path_text(value: JsonPath | Intrinsic | Portable) -> str:
    return value.jsonpath if isinstance(value, Portable) else value.text


def _literal(value: Any, key: str) -> Any:
    """Return *value*, which is written as it is: expressions in it would stay texts."""
    _refuse_paths(value, key)
    return written(value)


def _refuse_paths(value: Any, key: str) -> None:
    if isinstance(value, JsonPath | Intrinsic | Portable):
        raise DefinitionError(
            f"{key} can't hold the path {_path_text(value)}: it is written as it is.",
            fix=_instead(key),
        )
    items = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, Mapping | list | tuple):
        for item in items:
            _refuse_paths(item, key)


def _instead(key: str) -> str:
    match key:
        case "Result":
            return "Give it as parameters={...}, or as input_path."
        case "Parameters" | "Arguments":
            return "Give an object, or the path as input_path."
        case "Output":
            return "In JSONPath the output is cut by output_path."
        case _:
            return ""


def _foreign(text: str, given: str, language: str) -> DefinitionError:
    fix = (
        "Write path(...), or give the state or its workflow query_language='JSONata'."
        if given == JSONATA
        else "Write q(...): the same value in JSONata."
    )
    return DefinitionError(
        f"{text} is {given}, and the query language of this state is {language}.", fix=fix
    )
