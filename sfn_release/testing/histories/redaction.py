"""Masks data in the history of an execution, so that it can be kept and still be replayed. Pure.

    JSONPaths → values in every JSON text of the history → one mask for each value, everywhere

A path applies to each JSON text (input, output, request of a task …) and to every object inside it,
because a state's data is often a part of the next request. A value that a path selects is masked
wherever else it is, inside longer texts too: ``Dear bob@example.com``, JSON in JSON, Base64, the
hashes of ``States.Hash``. The mask has the value's form: letters become letters, digits digits, and
the rest stays. So lengths, and patterns such as ``*@*``, still match.

A Choice that compares a masked value with a constant may take another way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from sfn_release.asl.path_steps import (
    Descent,
    Filter,
    Indexes,
    Path,
    PathFunction,
    PathNames,
    PathStep,
    Slice,
    Wildcard,
)
from sfn_release.asl.paths import PathError, parse
from sfn_release.errors import UsageError
from sfn_release.testing.histories.masks import Replacer, Secrets, spelled

_STYLES: Sequence[Mapping[str, Any]] = tuple(
    {"separators": separators, "ensure_ascii": escaped}
    for separators in ((",", ":"), (", ", ": "))
    for escaped in (False, True)
)

Place = tuple[Any, Any]
"""A container and the key or index of a value in it."""


def redaction_paths(texts: Sequence[str]) -> tuple[Path, ...]:
    """Return the paths of texts, each one path or several with commas between them.

    Raises UsageError for a text that isn't a path, or selects by a filter.
    """
    return tuple(_path(part) for text in texts for part in _split(text))


def _split(text: str) -> list[str]:
    """Return the paths in a text: a comma before ``$`` is between two of them."""
    return [part.strip() for part in re.split(r",(?=\s*\$)", text)]


def _path(text: str) -> Path:
    try:
        path = parse(text)
    except PathError as error:
        raise UsageError(
            f"{text!r} isn't a JSONPath.", why=str(error), fix="For example:  --redact $..email"
        ) from error
    if path.root != "$" or not path.steps or isinstance(path.steps[-1], Descent):
        raise UsageError(f"{text!r} selects no member.", fix="For example:  --redact $..email")
    if any(isinstance(step, Filter | PathFunction) for step in path.steps):
        raise UsageError(
            f"{text!r} has a filter or a function.",
            fix="Use names, [0], [*] and .. only, for example:  --redact '$.items[*].price'",
        )
    return path


@dataclass(frozen=True)
class Redaction:
    """Masks what *paths* select. Masks depend on *key*, so that they can't be looked up.

    *matched* are the paths that selected something so far.
    """

    paths: tuple[Path, ...]
    key: bytes
    matched: set[str] = field(default_factory=set)

    @property
    def unmatched(self) -> tuple[Path, ...]:
        """The paths that selected nothing so far."""
        return tuple(path for path in self.paths if path.text not in self.matched)

    def redact(self, document: Any) -> Any:
        """Return a JSON document, whose texts may be JSON texts, with all selected data masked."""
        if not self.paths:
            return document
        secrets = Secrets(self.key)
        try:
            for value in _json_texts(document):
                self._collect(value, secrets)
            return self._replaced(document, secrets.replacer())
        except RecursionError as error:
            raise UsageError("The data is nested too deep to be masked.") from error

    def _collect(self, value: Any, secrets: Secrets) -> None:
        for container, key in self._places(value):
            secrets.add_place(container, key)
            for leaf in _leaves(container[key]):
                secrets.add(leaf)

    def _places(self, value: Any) -> Iterator[Place]:
        """Yield the places that the paths select in *value* and in the objects inside it."""
        for path in self.paths:
            anywhere = isinstance(path.steps[0], Descent)
            for node in [value] if anywhere else _nodes(value):
                for place in _locate(node, path.steps):
                    self.matched.add(path.text)
                    yield place

    def _masked(self, value: Any, replacer: Replacer) -> Any:
        """Return *value* masked: at the selected places, and wherever else a secret is.

        An object with a selected member may be alone in another text, where no path leads to it.
        """
        alone = [
            (node, key) for node in _nodes(value) for key in replacer.places.get(spelled(node), ())
        ]
        places = {(id(node), key): (node, key) for node, key in (*self._places(value), *alone)}
        for container, key in places.values():
            container[key] = replacer.selected(container[key])
        return self._replaced(value, replacer)

    def _replaced(self, value: Any, replacer: Replacer) -> Any:
        match value:
            case dict():
                return {
                    replacer.text(key): self._replaced(member, replacer)
                    for key, member in value.items()
                }
            case list():
                return [self._replaced(item, replacer) for item in value]
            case str():
                return self._replaced_text(value, replacer)
            case _:
                return replacer.number(value)

    def _replaced_text(self, text: str, replacer: Replacer) -> str:
        """Return a text masked. A JSON text keeps its spelling if nothing in it is masked."""
        inner = None if text in replacer.texts else _json_value(text)
        if inner is None:
            return replacer.text(text)
        style = next((style for style in _STYLES if json.dumps(inner, **style) == text), _STYLES[0])
        before = json.dumps(inner)
        nested = isinstance(inner, dict | list)
        masked = self._masked(inner, replacer) if nested else self._replaced(inner, replacer)
        return text if json.dumps(masked) == before else json.dumps(masked, **style)


def _json_value(text: str) -> Any:
    """Return the value of a JSON text that is an object, an array or a string; None for others."""
    if text[:1] not in ("{", "[", '"') or text[-1:] not in ("}", "]", '"'):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _json_texts(document: Any) -> Iterator[Any]:
    """Yield the values of all JSON texts in a document, of those inside others too."""
    for node in _nodes(document, leaves=True):
        if isinstance(node, str):
            value = _json_value(node)
            if value is not None:
                yield value
                yield from _json_texts(value)


def _nodes(value: Any, *, leaves: bool = False) -> Iterator[Any]:
    """Yield the containers in a value, itself first; with *leaves*, all other values too."""
    pending = [value]
    while pending:
        node = pending.pop()
        if isinstance(node, dict | list):
            yield node
            pending.extend(node.values() if isinstance(node, dict) else node)
        elif leaves:
            yield node


def _leaves(value: Any) -> Iterator[Any]:
    return (node for node in _nodes(value, leaves=True) if not isinstance(node, dict | list))


def _locate(node: Any, steps: Sequence[PathStep]) -> Iterator[Place]:
    """Yield the places that the steps of a path select, from *node* on."""
    step, rest = steps[0], steps[1:]
    if isinstance(step, Descent):
        for below in list(_nodes(node)):
            yield from _locate(below, rest)
        return
    for key in list(_keys(node, step)):
        if rest:
            yield from _locate(node[key], rest)
        else:
            yield node, key


def _keys(node: Any, step: PathStep) -> Iterator[Any]:
    """Yield the keys or indexes that one step selects in a container."""
    match step:
        case PathNames(names):
            yield from (name for name in names if isinstance(node, dict) and name in node)
        case Wildcard():
            if isinstance(node, dict):
                yield from node
            elif isinstance(node, list):
                yield from range(len(node))
        case Indexes(indexes):
            size = len(node) if isinstance(node, list) else 0
            yield from (index for index in indexes if -size <= index < size)
        case Slice(bounds):
            yield from range(len(node))[bounds] if isinstance(node, list) else ()
        case Descent() | Filter() | PathFunction():
            return
        case _:
            assert_never(step)
