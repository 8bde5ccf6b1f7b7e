"""Reading frozen dataclasses from JSON: no member missing, none unknown, each of its declared type.

Anyone who can push may have written the ledger's files. So we check a file against the types of
its dataclass, and nothing else reaches the engine. If you add a member to such a dataclass, give it
a default: files of older versions don't have it.

It is written here because the libraries that were compared cost more than they save. Reading 600
records and manifests of 20 workflows each, and the time that `import` adds to the start of every
command (CPython 3.11):

    this module      112 ms      0 ms
    cattrs 26.2       60 ms    +72 ms   without the checks of `names`: its hooks don't see them
    msgspec 0.22      18 ms    +23 ms   without them too, and unknown members are accepted
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields, is_dataclass
from functools import cache, lru_cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from sfn_release.canonical import member
from sfn_release.errors import DefinitionError, TamperedError
from sfn_release.names import TextFormat

Data = TypeVar("Data")

_REMEMBERED = 2_000  # texts of a format; the events of an environment have the same ARNs and names

DocumentPlace = tuple[Any, str | int] | None
"""A place in a document: the path of the object around it, and the key in there; None is ``$``."""

ValueReader = Callable[[Any, Any], Any]
"""Takes a JSON value and its `DocumentPlace`, and returns the checked value; raises TypeError."""


def read_document(data: type[Data], value: Any, *, schema: str, where: str) -> Data:
    """Return a JSON document of the ledger as an object of the dataclass *data*.

    Its member ``schema`` must be *schema*. Raises TamperedError, naming *where*.
    """
    members = dict(value) if isinstance(value, Mapping) else {}
    found = members.pop("schema", None)
    if found != schema:
        raise TamperedError(
            f"{where} has an unknown schema: {found!r}.",
            why=f"{schema!r} is expected.",
            fix="If a newer sfn-release wrote it, update yours.",
        )
    with report_tampering(where):
        return read_object(data, members)


@contextmanager
def report_tampering(where: str) -> Iterator[None]:
    """Turn the error of an invalid value in the block into a TamperedError that names *where*."""
    try:
        yield
    except (TypeError, DefinitionError) as error:
        raise TamperedError(f"{where} was edited or damaged.", why=str(error)) from error


def read_object(data: type[Data], value: Any, *keys: str | int) -> Data:
    """Return the JSON *value* as an object of the dataclass *data*; *keys* lead to it.

    The types of members may be JSON's, unions, Literal, Mapping, tuple, dataclasses, and the
    checked texts of `names`. Raises TypeError with the JSON path of the first invalid value.
    """
    path: DocumentPlace = None
    for key in keys:
        path = (path, key)
    declared: Any = data
    read: Callable[[Any, DocumentPlace], Data] = _reader(declared)
    return read(value, path)


@cache
def _reader(declared: Any) -> ValueReader:
    """Return the reader of a declared type. Each type is analysed once, not for each value."""
    origin, arguments = get_origin(declared), get_args(declared)
    if origin in {Union, types.UnionType}:
        read = _union_reader(arguments)
    elif origin is Literal:
        read = _word_reader(arguments)
    elif origin is Annotated:
        read = _text_reader(arguments[1])
    elif origin is tuple:
        read = _array_reader(_reader(arguments[0]))
    elif origin is not None:
        read = _mapping_reader(_reader(arguments[0]), _reader(arguments[1]))
    elif is_dataclass(declared):
        read = _object_reader(declared)
    else:
        read = _scalar_reader(declared)
    return read


def _object_reader(data: Any) -> ValueReader:
    hints = get_type_hints(data, include_extras=True)
    readers = {field.name: _reader(hints[field.name]) for field in fields(data)}
    required = [
        field.name
        for field in fields(data)
        if field.default is MISSING and field.default_factory is MISSING
    ]

    def read(value: Any, path: DocumentPlace) -> Any:
        if not isinstance(value, Mapping):
            raise _invalid(path, "is not an object")
        if not value.keys() <= readers.keys():
            unknown = min(key for key in value if key not in readers)
            raise _invalid((path, unknown), "is unknown")
        for name in required:
            if name not in value:
                raise _invalid((path, name), "is missing")
        return data(**{name: readers[name](found, (path, name)) for name, found in value.items()})

    return read


def _mapping_reader(read_key: ValueReader, read_value: ValueReader) -> ValueReader:
    def read(value: Any, path: DocumentPlace) -> Any:
        if not isinstance(value, Mapping):
            raise _invalid(path, "is not an object")
        return {read_key(key, path): read_value(found, (path, key)) for key, found in value.items()}

    return read


def _array_reader(read_item: ValueReader) -> ValueReader:
    def read(value: Any, path: DocumentPlace) -> Any:
        if not isinstance(value, list):
            raise _invalid(path, "is not an array")
        return tuple(read_item(item, (path, index)) for index, item in enumerate(value))

    return read


def _union_reader(declared: Sequence[Any]) -> ValueReader:
    optional = type(None) in declared
    *others, last = (_reader(option) for option in declared if option is not type(None))

    def read(value: Any, path: DocumentPlace) -> Any:
        if value is None and optional:
            return None
        for read_option in others:
            try:
                return read_option(value, path)
            except TypeError:
                continue
        return last(value, path)

    return read


def _word_reader(words: Sequence[str]) -> ValueReader:
    def read(value: Any, path: DocumentPlace) -> Any:
        if isinstance(value, str) and value in words:
            return value
        raise _invalid(path, f"is not one of {', '.join(words)}")

    return read


def _text_reader(text_format: TextFormat) -> ValueReader:
    accepts = lru_cache(_REMEMBERED)(text_format.accepts)

    def read(value: Any, path: DocumentPlace) -> Any:
        if isinstance(value, str) and accepts(value):
            return value
        raise _invalid(path, f"is not a {text_format.noun}: {value!r:.200}")

    return read


def _scalar_reader(declared: Any) -> ValueReader:
    if declared is Any:
        return lambda value, _: value

    def read(value: Any, path: DocumentPlace) -> Any:
        if not isinstance(value, declared) or (isinstance(value, bool) and declared is not bool):
            raise _invalid(path, f"is not of type {declared.__name__}")
        return value

    return read


def _invalid(path: DocumentPlace, problem: str) -> TypeError:
    return TypeError(f"{_text(path)} {problem}")


def _text(path: DocumentPlace) -> str:
    """Return a path as text: ``$.workflows.orders.pins[0]``."""
    if path is None:
        return "$"
    around, key = path
    return f"{_text(around)}[{key}]" if isinstance(key, int) else member(_text(around), key)
