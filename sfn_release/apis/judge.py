"""Compares what a Task sends with the model of the service that it is sent to.

What is known only when it runs (``x.$``, ``{% %}``, ``${Parameter}``) is left alone. A text may
stand where an object does, and an object where a text does: Step Functions turns it into JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from sfn_release.apis.catalogue import Service
from sfn_release.asl.finding import nearest
from sfn_release.asl.kinds import JSONPATH, is_open

Kind = Literal["parameter", "required", "value", "enum"]
Keys = tuple[str | int, ...]
_SHOWN = 8  # words of an enumeration that a message lists


class Doubt(NamedTuple):
    """One thing that the model says otherwise, and where below the parameters."""

    kind: Kind
    keys: Keys
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """What is sent: the service's *action*, and how its parameters are spelled and computed."""

    service: Service
    action: str
    sdk: bool
    language: str


class _Part(NamedTuple):
    keys: Keys
    shape: str
    value: Any


def judge(sent: Sent, parameters: Any) -> Iterator[Doubt]:
    """Yield what is wrong with *parameters*, an object or nothing at all (None)."""
    shape = sent.service.input_of(sent.action)
    if is_open(parameters, sent.language):
        return
    if shape is None:
        if parameters:
            yield Doubt("parameter", (), f"{sent.service.id}:{sent.action} takes no parameters.")
        return
    queue = [_Part((), shape, {} if parameters is None else parameters)]
    while queue:
        part = queue.pop()
        if not is_open(part.value, sent.language) and part.value is not None:
            yield from _part(sent, part, queue)


def _part(sent: Sent, part: _Part, queue: list[_Part]) -> Iterator[Doubt]:
    """Yield what is wrong with one value itself; put what it holds in the *queue*."""
    keys, value = part.keys, part.value
    model = sent.service.shapes[part.shape]
    kind = _KINDS.get(model["type"], _ANY)
    if not kind.takes(value):
        if sent.sdk or len(keys) <= 1:  # optimized integrations take shorter forms further down
            yield Doubt("value", keys, f"{_name(keys)} must be {kind.wanted}.")
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


class _Kind(NamedTuple):
    """The JSON types that stand for a type of a model, and how a message calls them."""

    types: type | tuple[type, ...]
    no: tuple[type, ...]
    wanted: str

    def takes(self, value: Any) -> bool:
        """Whether *value* is of this kind."""
        return isinstance(value, self.types) and not isinstance(value, self.no)


_ANY: Final = _Kind(object, (), "")
_NUMBER: Final = _Kind((int, float), (bool,), "a number")
_KINDS: Final[Mapping[str, _Kind]] = {
    "string": _Kind((str, Mapping, list, tuple), (), "a text"),
    "boolean": _Kind(bool, (), "true or false"),
    "integer": _NUMBER,
    "long": _NUMBER,
    "float": _NUMBER,
    "double": _NUMBER,
    "list": _Kind((list, tuple), (), "an array"),
    "map": _Kind(Mapping, (), "an object"),
    "structure": _Kind(Mapping, (), "an object"),
    "timestamp": _Kind((str, int, float), (bool,), "a timestamp"),
}


def _structure(sent: Sent, part: _Part, queue: list[_Part]) -> Iterator[Doubt]:
    members = sent.service.members(part.shape, sdk=sent.sdk)
    given = set()
    for key, value in part.value.items():
        computed = _computed(key, sent.language)
        name = key.removesuffix(".$") if computed else key
        if name in members:
            given.add(members[name][0])
            if not computed:
                queue.append(_Part((*part.keys, key), members[name][1], value))
        elif not is_open(key):
            yield _unknown(sent, part, key, name, members)
            given |= {own for one, (own, _) in members.items() if one.lower() == name.lower()}
    for own in sent.service.shapes[part.shape].get("required", ()):
        if own not in given:
            written = next(one for one, (member, _) in members.items() if member == own)
            where = _name(part.keys) if part.keys else f"{sent.service.id}:{sent.action}"
            yield Doubt("required", part.keys, f"{where} needs {written}.")


def _unknown(
    sent: Sent, part: _Part, key: str, name: str, members: Mapping[str, tuple[str, str]]
) -> Doubt:
    where = _name(part.keys) if part.keys else f"{sent.service.id}:{sent.action}"
    keys = (*part.keys, key)
    for written in members:
        if written.lower() == name.lower():
            how = "as in the AWS SDK for Java" if sent.sdk else "with a capital first letter"
            return Doubt("parameter", keys, f"{name} is spelled {written}, {how}.")
    for written, (own, _) in members.items():
        if own == name:  # "equals", which Java has taken
            return Doubt("parameter", keys, f"{name} is called {written} here.")
    return Doubt("parameter", keys, f"{where} has no parameter {name}.", nearest(name, members))


def _word(model: Mapping[str, Any], part: _Part) -> Iterator[Doubt]:
    words: Sequence[str] = model.get("enum", ())
    if words and part.value not in words:
        known = ", ".join(words[:_SHOWN]) + (" …" if len(words) > _SHOWN else "")
        message = f'{_name(part.keys)} can hardly be "{part.value}": known are {known}.'
        yield Doubt("enum", part.keys, message, nearest(part.value, words))


def _computed(key: str, language: str) -> bool:
    return language == JSONPATH and key.endswith(".$")


def _name(keys: Keys) -> str:
    """Return the nearest name above a place."""
    return next((key for key in reversed(keys) if isinstance(key, str)), "It")
