"""The public names of a package, each imported when you first use it.

The ``__init__.pyi`` of such a package is the one list of them. Type checkers read it in the place
of ``__init__.py``, whose ``__getattr__`` calls `load`. *package_file* is the package's
``__file__``.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path


@cache
def public_names(package_file: str) -> Mapping[str, tuple[str, str]]:
    """Return, for each public name of a package, its module and its name there."""
    stub = ast.parse(Path(package_file).with_suffix(".pyi").read_text(encoding="utf-8"))
    return {
        alias.asname or alias.name: (str(node.module), alias.name)
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def load(package: str, package_file: str, name: str) -> object:
    """Return the value of a public name, which may be a module.

    ``__all__`` is the list of the names, for ``from package import *``. Raises AttributeError, as
    Python does, for a name that isn't public.
    """
    if name == "__all__":
        return [*public_names(package_file)]
    module, original = public_names(package_file).get(name, ("", ""))
    if not module:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    home = import_module(module)
    if hasattr(home, original):
        return getattr(home, original)
    return import_module(f"{module}.{original}")
