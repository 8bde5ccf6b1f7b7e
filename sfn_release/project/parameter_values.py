"""The values of parameters: JSON values, written in releases.toml or looked up as text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from sfn_release.canonical import canonical, loads
from sfn_release.errors import ConfigError, DefinitionError

Type = Literal["string", "integer", "number", "boolean", "list", "json"]
TYPES: Final[tuple[Type, ...]] = get_args(Type)

_EXACT = 2**53 - 1  # the largest integer that JSON carries exactly everywhere


def problem(value: Any) -> str | None:
    """Return why a TOML value can't be the value of a parameter, None if it can."""
    match value:
        case str() | bool():
            return None
        case int():
            return (
                None
                if abs(value) <= _EXACT
                else f"JSON holds whole numbers exactly up to {_EXACT:,}."
            )
        case float():
            return None if math.isfinite(value) else "JSON can't hold this number."
        case list():
            return next(filter(None, map(problem, value)), None)
        case dict():
            return next(filter(None, map(problem, value.values())), None)
        case _:
            return "JSON has no dates and times. Write it as a string."


def normal(value: Any) -> Any:
    """Return a JSON value with 3.0 as 3: JSON doesn't distinguish them."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return int(value)
    if isinstance(value, Mapping):
        return {key: normal(item) for key, item in value.items()}
    return [normal(item) for item in value] if isinstance(value, list) else value


def as_text(value: Any) -> str | None:
    """Return a value as part of a longer text, None for a list or a table.

    >>> as_text("orders"), as_text(3), as_text(True), as_text([3])
    ('orders', '3', 'true', None)
    """
    if isinstance(value, str):
        return value
    return None if isinstance(value, list | Mapping) else canonical(value).decode()


def convert(text: str, type: Type) -> Any:
    """Return the value that a looked-up *text* stands for.

    A ``list`` is separated by commas, as a StringList of Parameter Store is. Raises ConfigError
    for a text that isn't of the *type*.
    """
    match type:
        case "string":
            return text
        case "list":
            return [item.strip() for item in text.split(",")]
        case "integer" | "number" | "boolean" | "json":
            value = _json(text, type)
            if type == "json" or kind_of(value) == type:
                return value
            if type == "number" and kind_of(value) == "integer":
                return value
    raise ConfigError(
        f"{_shown(text)} is not {KINDS[type]}.", fix=f"For example: {_EXAMPLES[type]}"
    )


def kept(value: Any, type: Type | None) -> Any:
    """Return the JSON *value* of a source that has types of its own.

    Without a *type* a text, a number, true and false stay as they are. With one, a text is
    converted as `convert` does, and any other value must be of the type, or becomes a text.
    Raises ConfigError for a value that isn't of the type, for null, and for a list or an object
    without a type.
    """
    value = _exact(value)
    kind = kind_of(value)
    if type is None:
        if kind in {"list", "table"}:
            wanted = "list" if kind == "list" else "json"
            raise ConfigError(
                f"it is {KINDS[kind]}.",
                why="Without a type, a parameter takes a text, a number, true or false.",
                fix=f'If you want the whole value, add  type = "{wanted}"  in releases.toml.'
                " If you want one part, add an output for it.",
            )
        return value
    if kind == "string":
        return convert(value, type)
    if type in {kind, "json"} or (type == "number" and kind == "integer"):
        return value
    text = as_text(value)
    if type == "string" and text is not None:
        return text
    raise ConfigError(f"it is {KINDS[kind]}, and not {KINDS[type]}.")


def _exact(value: Any) -> Any:
    """Return *value* in the form that definitions have; raises ConfigError where there is none."""
    if value is None:
        raise ConfigError("it is null.")
    try:
        canonical(value := normal(value))
    except DefinitionError as error:
        raise ConfigError("it has no exact JSON form.", why=error.message) from error
    return value


def kind_of(value: Any) -> str:
    """Return the type of a JSON value, by the words of ``type`` in releases.toml.

    >>> [kind_of(value) for value in ("a", 3, 2.5, True, ["a"], {"a": 1}, None)]
    ['string', 'integer', 'number', 'boolean', 'list', 'table', 'null']
    """
    return _KIND_OF.get(type(value), "table")


_KIND_OF: Final[Mapping[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "list",
    type(None): "null",
}
KINDS: Final[Mapping[str, str]] = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "json": "JSON",
    "table": "a table",
    "null": "null",
}
_EXAMPLES: Final[Mapping[str, str]] = {
    "integer": "3",
    "number": "2.5",
    "boolean": "true",
    "json": '{"MaxAttempts": 3}',
}


def _json(text: str, type: Type) -> Any:
    if type != "json" and not re.fullmatch(r"\s*(true|false|-?[0-9][0-9.eE+-]*)\s*", text):
        return None
    try:
        value = normal(loads(text))
        canonical(value)
    except DefinitionError as error:
        raise ConfigError(f"{_shown(text)} is not {KINDS[type]}.", why=error.message) from error
    return value


def _shown(text: str) -> str:
    shown = json.dumps(text, ensure_ascii=False)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"  # noqa: PLR2004 - fits a line
