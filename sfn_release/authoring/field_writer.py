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
from typing import Any, Final

from sfn_release.asl.field_types import JSONATA, JSONPATH
from sfn_release.asl.placeholders import Parameter
from sfn_release.authoring.expressions import Dynamic, Inputs, Intrinsic, JsonPath, Portable
from sfn_release.authoring.jsonata_values import Jsonata, braced
from sfn_release.authoring.not_given import NOT_GIVEN, asl_key, plain
from sfn_release.errors import DefinitionError

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


def write_field(key: str, value: Any, language: str) -> dict[str, Any]:
    """Return a field as the language writes it; nothing for NOT_GIVEN.

    *language* is the query language of the state. Raises DefinitionError for a value that the
    language, or the field, does not take.
    """
    if value is NOT_GIVEN:
        return {}
    if key in _IN_SECONDS and isinstance(value, timedelta):
        return {key: whole_seconds(value, key)}
    if language == JSONATA:
        if isinstance(value, Portable | Inputs):
            key = _IN_JSONATA.get(key, key)
        return {key: written(value, language)}
    if not isinstance(value, JsonPath | Intrinsic | Portable):
        return {key: _literal(value, key) if key == "Result" else written(value, language)}
    if key in _TWINNED:
        return {f"{key}Path": _path_text(value)}
    if key.endswith("Path"):
        return {key: _path_text(value)}
    raise DefinitionError(
        f"{key} can't be {_path_text(value)}: it is no place for a path.", fix=_instead(key)
    )


def written(value: Any, language: str = JSONPATH) -> Any:
    """Return *value* as fresh JSON, its expressions in *language*. Raises DefinitionError."""
    match value:
        case Jsonata() | Portable() | JsonPath() | Intrinsic():
            return _expression(value, language)
        case StatePart():
            return value.to_asl(language)
        case Mapping():
            return write_object(value, language)
        case Sequence() if not isinstance(value, str | bytes | bytearray):
            return [written(item, language) for item in value]
        case datetime() | Parameter():
            return plain(value)
        case timedelta():
            raise DefinitionError(
                f"A timedelta can't stand here: {value!r}.",
                why="It is a value of Seconds and of the fields whose names end with Seconds.",
                fix="Write the number: int(value.total_seconds()).",
            )
        case _:  # what is no JSON, the checks tell
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
        name = key
        if language == JSONPATH and isinstance(item, JsonPath | Intrinsic | Portable):
            name = key if key.endswith(".$") else f"{key}.$"
            result_item: Any = _path_text(item)
        else:
            result_item = written(item, language)
        if name in result:
            raise DefinitionError(f"The key {name!r} is there twice, once by a path value.")
        result[name] = result_item
    return result


def with_extra(body: dict[str, Any], extra: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return *body* with the fields of *extra*. Raises DefinitionError for one given twice."""
    further = write_object(extra, language)
    twice = [key for key in further if key in body]
    if twice:
        raise DefinitionError(
            f"{twice[0]} is given twice: as a field of its own, and in extra.",
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
                body |= write_field(key, getattr(self, each.name), language)
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


def with_language(graph: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return a written graph whose states name their query language, unless they already do.

    A branch or an item processor can't name one itself: AWS refuses it there.
    """
    states = {id: _state_with_language(body, language) for id, body in graph["States"].items()}
    return {**graph, "States": states}


def _state_with_language(body: Mapping[str, Any], language: str) -> dict[str, Any]:
    said = {"Type": body["Type"], "QueryLanguage": language} if "Type" in body else {}
    named = {**said, **body}
    for key in ("ItemProcessor", "Iterator"):
        if isinstance(named.get(key), dict) and "States" in named[key]:
            named[key] = with_language(named[key], language)
    if isinstance(named.get("Branches"), list):
        named["Branches"] = [
            with_language(branch, language)
            if isinstance(branch, dict) and "States" in branch
            else branch
            for branch in named["Branches"]
        ]
    return named
