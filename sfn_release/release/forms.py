"""Reading frozen data from JSON: every member there, none unknown, each of its declared type.

The ledger's files are read by whoever has them, and may have been written by anybody. What a class
says of its members is what is checked, so that nothing else can reach the engine.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from sfn_release.canonical import member
from sfn_release.errors import DefinitionError, TamperedError
from sfn_release.names import TextFormat

Form = TypeVar("Form")


def read_document(form: type[Form], value: Any, *, schema: str, where: str) -> Form:
    """Return a file of the ledger, read as JSON, as an object of the dataclass *form*.

    *schema* is what its member ``schema`` has to say. Raises TamperedError, naming *where*.
    """
    members = dict(value) if isinstance(value, Mapping) else {}
    found = members.pop("schema", None)
    if found != schema:
        raise TamperedError(
            f"{where} is of an unknown form: {found!r}.",
            why=f"Expected is {schema!r}.",
            fix="If a newer sfn-release wrote it, update yours.",
        )
    with as_written(where):
        return read_form(form, members)


@contextmanager
def as_written(where: str) -> Iterator[None]:
    """Say of what does not fit its form, or has no digest, that *where* was tampered with."""
    try:
        yield
    except (TypeError, DefinitionError) as error:
        raise TamperedError(f"{where} is not what was written.", why=str(error)) from error


def read_form(form: type[Form], value: Any, path: str = "$") -> Form:
    """Return the JSON *value* as an object of the dataclass *form*.

    Members may be of JSON's types, unions, Literal, Mapping, tuple, dataclasses and the checked
    texts of `names`. Raises TypeError that names the JSON path of what does not fit.
    """
    if not isinstance(value, Mapping):
        raise TypeError(f"{path} is not an object")
    known = _members(form)  # type: ignore[arg-type]  # a class is hashable
    unknown = sorted(key for key in value if key not in known)
    if unknown:
        raise TypeError(f"{member(path, unknown[0])} is unknown")
    members = {}
    for name, (kind, required) in known.items():
        if name in value:
            members[name] = _read(kind, value[name], member(path, name))
        elif required:
            raise TypeError(f"{member(path, name)} is missing")
    return form(**members)


@cache
def _members(form: Any) -> Mapping[str, tuple[Any, bool]]:
    """Return the type of every member of a dataclass, and whether it has to be there."""
    hints = get_type_hints(form, include_extras=True)
    return {
        one.name: (hints[one.name], one.default is MISSING and one.default_factory is MISSING)
        for one in fields(form)
    }


def _read(kind: Any, value: Any, path: str) -> Any:
    origin = get_origin(kind)
    if kind is Any:
        return value
    if origin in {Union, types.UnionType}:
        return _read_union(get_args(kind), value, path)
    if origin in {Literal, Annotated}:
        return _read_text(kind, value, path)
    if origin is not None:
        return _read_container(origin, get_args(kind), value, path)
    if is_dataclass(kind):
        return read_form(kind, value, path)  # type: ignore[arg-type]  # an instance is no hint
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{path} is not of type {kind.__name__}")
    return value


def _read_container(origin: type, kinds: Sequence[Any], value: Any, path: str) -> Any:
    """Read an array as a tuple of one kind, or an object as a mapping to one kind."""
    if issubclass(origin, tuple):
        if not isinstance(value, list):
            raise TypeError(f"{path} is not an array")
        return tuple(_read(kinds[0], one, f"{path}[{at}]") for at, one in enumerate(value))
    if not isinstance(value, Mapping):
        raise TypeError(f"{path} is not an object")
    return {
        _read(kinds[0], key, path): _read(kinds[1], one, member(path, key))
        for key, one in value.items()
    }


def _read_text(kind: Any, value: Any, path: str) -> str:
    """Read one of several words, or a text that becomes a path, a ref or an argument."""
    arguments = get_args(kind)
    if get_origin(kind) is Literal:
        if isinstance(value, str) and value in arguments:
            return value
        raise TypeError(f"{path} is not one of {', '.join(arguments)}")
    checked: TextFormat = arguments[1]
    if not isinstance(value, str) or not checked.accepts(value):
        raise TypeError(f"{path} is not a {checked.noun}: {value!r:.200}")
    return value


def _read_union(kinds: Sequence[Any], value: Any, path: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    others = [kind for kind in kinds if kind is not type(None)]
    for kind in others[:-1]:
        try:
            return _read(kind, value, path)
        except TypeError:
            continue
    return _read(others[-1], value, path)
