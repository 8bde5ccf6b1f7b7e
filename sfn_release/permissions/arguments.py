"""The arguments of a call as far as they're known before it runs: texts, or patterns of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sfn_release.asl.field_types import JSONATA
from sfn_release.asl.jsonata import is_jsonata
from sfn_release.asl.known_text import UNKNOWN, Known, jsonata_texts, path_texts
from sfn_release.text import shorten

_LATER: Final = ".$"
_NAMED: Final = re.compile(r"\w")


class KnownText(NamedTuple):
    """One text that a value can be. *source* is the expression that makes it, "" for a literal.

    Where it isn't *whole*, ``*`` stands for the parts that are known only when the state runs.
    """

    text: str
    source: str = ""

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return not self.source or UNKNOWN not in self.text

    @property
    def unknown(self) -> bool:
        """Whether nothing of a name is known: no letter and no digit."""
        return bool(self.source) and _NAMED.search(self.text) is None


def _made(text: str, source: str) -> KnownText:
    """Return the text of an expression: a literal if nothing is missing."""
    return KnownText(text, source if UNKNOWN in text else "")


def known_texts(value: Any, *, jsonata: bool, known: Known) -> tuple[KnownText, ...]:
    """Return the texts of a literal *value*, of each item of a list, or of a JSONata expression."""
    if isinstance(value, str):
        if jsonata and is_jsonata(value):
            texts = jsonata_texts(value[2:-2].strip(), known)
            return tuple(_made(text, value) for text in texts)
        return (KnownText(value),)
    if isinstance(value, int) and not isinstance(value, bool):
        return (KnownText(str(value)),)
    if isinstance(value, list):
        items = (known_texts(item, jsonata=jsonata, known=known) for item in value)
        return tuple(text for texts in items for text in texts)
    return ()


@dataclass(frozen=True)
class Arguments:
    """The Parameters of a JSONPath state, the Arguments of a JSONata state, or a part of them.

    They are *open* when the whole object is computed: then every member may be there. *known* is
    what expressions can read.
    """

    holder: Mapping[str, Any]
    jsonata: bool
    known: Known
    source: str = ""

    @property
    def open(self) -> bool:
        """Whether the members are known only when the state runs."""
        return bool(self.source)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the members, without ``.$`` at their end."""
        return tuple(name.removesuffix(_LATER) for name in self.holder)

    def has(self, name: str) -> bool:
        """Whether a member is given, as a literal or as an expression."""
        return name in self.holder or f"{name}{_LATER}" in self.holder

    def texts(self, name: str) -> tuple[KnownText, ...]:
        """Return the texts of a member; none if it isn't given, or isn't a text."""
        if name in self.holder:
            return known_texts(self.holder[name], jsonata=self.jsonata, known=self.known)
        path = self.holder.get(f"{name}{_LATER}")
        if isinstance(path, str) and not self.jsonata:
            return tuple(_made(text, path) for text in path_texts(path, self.known))
        return (KnownText(UNKNOWN, self.source),) if self.open else ()

    def literal(self, name: str) -> str:
        """Return the text of a member if it is known whole; else ""."""
        texts = self.texts(name)
        return texts[0].text if len(texts) == 1 and texts[0].whole else ""

    def part(self, name: str) -> Arguments:
        """Return the members of a member that is an object; none if it isn't one."""
        return next(self._parts(name, self.holder.get(name)), self._part({}))

    def parts(self, name: str) -> tuple[Arguments, ...]:
        """Return each object in a member that is a list."""
        value = self.holder.get(name)
        items = value if isinstance(value, list) else [value]
        return tuple(part for item in items for part in self._parts(name, item))

    def _parts(self, name: str, value: Any) -> Iterator[Arguments]:
        if isinstance(value, Mapping):
            yield self._part(value)
        elif self.jsonata and is_jsonata(value):
            yield self._part({}, value)
        elif isinstance(self.holder.get(f"{name}{_LATER}"), str):
            yield self._part({}, self.holder[f"{name}{_LATER}"])
        elif self.open and value is None:
            yield self._part({}, self.source)

    def _part(self, holder: Mapping[str, Any], source: str = "") -> Arguments:
        return Arguments(holder, self.jsonata, self.known, source)


def arguments_of(
    holder: Mapping[str, Any], language: str, known: Known, *, whole_input: bool = True
) -> Arguments:
    """Return the arguments that a Task, an item reader or a result writer sends.

    A JSONPath Task without Parameters sends its input: *whole_input*.
    """
    jsonata = language == JSONATA
    field = "Arguments" if jsonata else "Parameters"
    value = holder.get(field)
    if isinstance(value, Mapping):
        return Arguments(value, jsonata, known)
    if jsonata and is_jsonata(value):
        return Arguments({}, jsonata, known, str(value))
    if field not in holder and not jsonata and whole_input:
        return Arguments({}, jsonata, known, "the state's input")
    return Arguments({}, jsonata, known)


def shown(text: KnownText) -> str:
    """Return the expression of a text as a message shows it."""
    return shorten(text.source)
