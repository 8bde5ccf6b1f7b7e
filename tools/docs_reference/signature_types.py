"""The types of this package that signatures name: their fields, keys, methods or alternatives."""

from __future__ import annotations

import ast
import dataclasses
import enum
import importlib
import inspect
import re
import sys
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sfn_release import __name__ as package

_QUOTED = re.compile(r"(?<=: |> )'([^']*)'")  # an annotation that is text
_NAME = re.compile(r"(?<![\w.'\"])[A-Za-z_]\w*")


@dataclass(frozen=True)
class Alias:
    """A name for other types; *text* is its value, as the source has it."""

    text: str


def named_types(value: object) -> Iterator[tuple[str, type | Alias]]:
    """Yield the name and the value of each type of this package in *value*'s signature."""
    try:
        signature = inspect.signature(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return
    # The fields of a dataclass come from the modules of its bases, too.
    sources = value.__mro__ if isinstance(value, type) else (value,)
    modules = [str(getattr(source, "__module__", "")) for source in sources]
    annotations = [each.annotation for each in signature.parameters.values()]
    for annotation in (*annotations, signature.return_annotation):
        for name in dict.fromkeys(_NAME.findall(_text(annotation))):
            meanings = (_found(module, name) for module in modules)
            found = next((meaning for meaning in meanings if meaning is not None), None)
            if found is not None:
                yield name, found


def type_text(name: str, value: type | Alias) -> str:
    """Return a type as Python code: an alias with its value, a class with its public members.

    "" for a class without any.
    """
    if isinstance(value, Alias):
        return f"{name} = {value.text}"
    lines = [f"    {line}" for line in _members(value)]
    return "\n".join([f"class {name}:", *lines]) if lines else ""


def _members(value: type) -> Iterator[str]:
    """Yield a line for each public member: the values of an enum, else fields and methods."""
    if issubclass(value, enum.Enum):
        yield from (f"{member.name} = {member.value!r}" for member in value)
        return
    for name, kind in _fields(value).items():
        if not name.startswith("_"):
            yield f"{name}: {_text(kind)}"
    if getattr(value, "_is_protocol", False):
        yield from _methods(value)


def _fields(value: type) -> dict[str, object]:
    """Return the fields of a class with their types. A property is a field to its reader."""
    kinds: dict[str, object] = {}
    for base in reversed(value.__mro__):
        if base.__module__.startswith(package):
            kinds |= inspect.get_annotations(base)
    if dataclasses.is_dataclass(value):
        kinds = {field.name: field.type for field in dataclasses.fields(value)}
    for name, member in vars(value).items():
        if isinstance(member, property) and member.fget:
            kinds[name] = member.fget.__annotations__.get("return", "Any")
    return kinds


def _methods(value: type) -> Iterator[str]:
    for name, member in vars(value).items():
        if not name.startswith("_") and isinstance(member, types.FunctionType):
            signature = _QUOTED.sub(r"\1", str(inspect.signature(member)))
            yield f"def {name}{signature}: ..."


def _text(annotation: object) -> str:
    match annotation:
        case str():
            return annotation
        case typing.ForwardRef():  # of a TypedDict
            return annotation.__forward_arg__
        case _:
            return str(inspect.formatannotation(annotation))


def _found(module: str, name: str) -> type | Alias | None:
    """Return the type that *name* means in *module*, None if this package doesn't define it."""
    if not module.startswith(package):
        return None
    home, original = _imports(module).get(name, (module, name))
    if not home.startswith(package):
        return None
    value = getattr(importlib.import_module(home), original, None)
    if isinstance(value, type):
        return value if value.__module__.startswith(package) else None
    if (home, original) != (module, name) and original in _imports(home):
        return _found(home, original)
    text = _assigned(home).get(original)
    return None if text is None else Alias(text)


@cache
def _tree(module: str) -> ast.Module:
    """Return the source of a module; its stub, if it has one, since that lists lazy names."""
    importlib.import_module(module)
    file = Path(str(sys.modules[module].__file__))
    stub = file.with_suffix(".pyi")
    return ast.parse((stub if stub.exists() else file).read_text(encoding="utf-8"))


@cache
def _imports(module: str) -> dict[str, tuple[str, str]]:
    """Return the names that a module imports, for type checkers too: name → module and name."""
    return {
        alias.asname or alias.name: (str(node.module), alias.name)
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@cache
def _assigned(module: str) -> dict[str, str]:
    """Return the values that a module assigns to its names, as Python code."""
    found = {}
    for node in _tree(module).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            quoted = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
            text = ast.unparse(node.value)
            found[ast.unparse(target)] = text[1:-1] if quoted else text
    return found
