"""The verbs of sfn-release, for its commands and for your pipelines.

    workspace = open_workspace(Path.cwd(), system_runtime(watcher))
    published = publish(workspace, "1.2.0", environments=["staging"])

Every verb takes a Workspace first, raises SfnReleaseError, and returns frozen data.

``__init__.pyi`` lists the public names. Each is imported when you first use it, so that `history`
doesn't load the modules that only `publish` needs. The verbs are in a folder of their own: Python
sets an imported submodule as an attribute of its package, and ``operations.publish`` is the verb.
"""

from __future__ import annotations

from functools import cache


@cache
def _modules() -> dict[str, str]:
    """Return the module of each public name."""
    import ast
    from pathlib import Path

    stub = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    from importlib import import_module

    module = None if name.startswith("_") else _modules().get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_modules()})
