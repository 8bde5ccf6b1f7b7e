"""Compares the parameters of a Task with the model of the called service.

Values that are unknown until the Task runs (``x.$``, ``{% %}``, ``${Parameter}``) aren't compared.
An object is accepted in place of a string, because Step Functions writes it as JSON. A number or a
boolean written as a string is a warning only, because AWS's own samples have some.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from sfn_release.asl.field_types import JSONATA, JSONPATH, is_open
from sfn_release.checks.location import KeyPath
from sfn_release.checks.services.botocore_models import Service
from sfn_release.text import did_you_mean

MismatchKind = Literal["parameter", "spelling", "required", "token", "value", "text", "enum"]
"""``spelling``: other capitals, below the top; ``token``: an idempotency token is missing;
``text``: a number or a boolean is written as a string."""
_SHOWN = 8  # words of an enumeration that a message lists
_RENAME: Final = "Rename it."
_TOKEN: Final = {JSONPATH: "States.UUID().", JSONATA: "{% $uuid() %}."}


class Mismatch(NamedTuple):
    """One difference from the model, and its keys below the parameters."""

    kind: MismatchKind
    keys: KeyPath
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request: the service's *action*, and how its parameters are spelled and computed."""

    service: Service
    action: str
    sdk: bool
    language: str


class _Part(NamedTuple):
    keys: KeyPath
    shape: str
    value: Any


def mismatches(sent: Sent, parameters: Any) -> Iterator[Mismatch]:
    """Yield the mismatches of *parameters*, an object or None."""
    shape = sent.service.input_of(sent.action)
    if is_open(parameters, sent.language):
        return
    if shape is None:
        if parameters:
            message = f"{sent.service.id}:{sent.action} has no parameters."
            yield Mismatch("parameter", (), message, "Remove them.")
        return
    queue = [_Part((), shape, {} if parameters is None else parameters)]
    while queue:
        part = queue.pop()
        if not is_open(part.value, sent.language) and part.value is not None:
            yield from _part(sent, part, queue)


def _part(sent: Sent, part: _Part, queue: list[_Part]) -> Iterator[Mismatch]:
    """Yield the mismatches of one value itself, and put the values in it into the *queue*."""
    keys, value = part.keys, part.value
    model = sent.service.shapes[part.shape]
    kind = _KINDS.get(model["type"], _ANY)
    if kind.from_text(value):
        message = f"{_name(keys)} should be {kind.wanted}, but it's a string."
        yield Mismatch("text", keys, message, "Remove the quotes.")
    elif not kind.takes(value):
        if sent.sdk or len(keys) <= 1:  # optimized integrations take shorter forms further down
            name = _name(keys) or ("Arguments" if sent.language == JSONATA else "Parameters")
            yield Mismatch("value", keys, f"{name} must be {kind.wanted}.")
    elif isinstance(value, str):
        yield from _word(model, part)
    elif model["type"] == "structure" and not model.get("document"):
        yield from _structure(sent, part, queue)
    elif model["type"] == "list":
        inner = model["member"]["shape"]
        queue += [_Part((*keys, index), inner, item) for index, item in enumerate(value)]
    elif model["type"] == "map":
        inner = model["value"]["shape"]
        queue += [
            _Part((*keys, key), inner, item)
            for key, item in value.items()
            if not _computed(key, sent.language)
        ]


class _JsonType(NamedTuple):
    """The JSON types that fit a type of a model, and its name in a message."""

    types: type | tuple[type, ...]
    no: tuple[type, ...]
    wanted: str
    written: re.Pattern[str] | None = None
    """Strings that look like such a value."""

    def takes(self, value: Any) -> bool:
        """Whether *value* has this type."""
        return isinstance(value, self.types) and not isinstance(value, self.no)

    def from_text(self, value: Any) -> bool:
        """Whether *value* is a string that looks like such a value."""
        return (
            self.written is not None
            and isinstance(value, str)
            and bool(self.written.fullmatch(value))
        )


_ANY: Final = _JsonType(object, (), "")
_NUMBER: Final = _JsonType(
    (int, float), (bool,), "a number", re.compile(r"\s*[-+]?[0-9]+(\.[0-9]+)?\s*")
)
_KINDS: Final[Mapping[str, _JsonType]] = {
    "string": _JsonType((str, Mapping, list, tuple), (), "a string"),
    "boolean": _JsonType(bool, (), "true or false", re.compile("(?i:true|false)")),
    "integer": _NUMBER,
    "long": _NUMBER,
    "float": _NUMBER,
    "double": _NUMBER,
    "list": _JsonType((list, tuple), (), "an array"),
    "map": _JsonType(Mapping, (), "an object"),
    "structure": _JsonType(Mapping, (), "an object"),
    "timestamp": _JsonType((str, int, float), (bool,), "a timestamp"),
}


def _structure(sent: Sent, part: _Part, queue: list[_Part]) -> Iterator[Mismatch]:
    members = sent.service.members(part.shape, sdk=sent.sdk)
    given = set()
    for key, value in part.value.items():
        computed = _computed(key, sent.language)
        name = key.removesuffix(".$") if computed else key
        if name in members:
            if value is not None:
                given.add(members[name][0])
            if not computed:
                queue.append(_Part((*part.keys, key), members[name][1], value))
        elif not is_open(key):
            yield _unknown(sent, part, key, name, members)
            given |= {
                own for written, (own, _) in members.items() if written.lower() == name.lower()
            }
    shape = sent.service.shapes[part.shape]
    where = _name(part.keys) if part.keys else f"{sent.service.id}:{sent.action}"
    for own in shape.get("required", ()):
        if own in given:
            continue
        written = next(name for name, (member, _) in members.items() if member == own)
        if not shape["members"][own].get("idempotencyToken"):
            yield Mismatch("required", part.keys, f"{where} needs {written}.")
        elif sent.sdk:
            message = f"{written} is missing. The AWS SDKs generate one; Step Functions may not."
            yield Mismatch("token", part.keys, message, f"Add one: {_TOKEN[sent.language]}")


def _unknown(
    sent: Sent, part: _Part, key: str, name: str, members: Mapping[str, tuple[str, str]]
) -> Mismatch:
    where = _name(part.keys) if part.keys else f"{sent.service.id}:{sent.action}"
    keys = (*part.keys, key)
    for written in members:
        if written.lower() == name.lower():
            how = "as in the AWS SDK for Java" if sent.sdk else "with a capital first letter"
            kind: MismatchKind = "spelling" if part.keys else "parameter"
            return Mismatch(kind, keys, f"{name} is spelled {written}, {how}.", _RENAME)
    for written, (own, _) in members.items():
        if own == name:  # "equals", which Java has taken
            return Mismatch(
                "parameter", keys, f"{name} is named {written} in SDK integrations.", _RENAME
            )
    return Mismatch(
        "parameter", keys, f"{where} has no parameter {name}.", did_you_mean(name, members)
    )


def _word(model: Mapping[str, Any], part: _Part) -> Iterator[Mismatch]:
    words: Sequence[str] = model.get("enum", ())
    if words and part.value not in words:
        known = ", ".join(words[:_SHOWN]) + (" …" if len(words) > _SHOWN else "")
        message = (
            f'"{part.value}" is not a known value of {_name(part.keys)}. Known values: {known}.'
        )
        yield Mismatch("enum", part.keys, message, did_you_mean(part.value, words))


def _computed(key: str, language: str) -> bool:
    return language == JSONPATH and key.endswith(".$")


def _name(keys: KeyPath) -> str:
    """Return the nearest name above a place."""
    return next((key for key in reversed(keys) if isinstance(key, str)), "")
