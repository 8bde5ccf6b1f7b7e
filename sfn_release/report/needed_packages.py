"""Asks for the packages of the extra ``report`` before anything is read or written."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from sfn_release.errors import UsageError

_NEEDED: Final = {"jinja2": "Jinja2", "markdown_it": "markdown-it-py", "graphlay": "graphlay"}
"""The package of each module that pages are made with."""


def require_packages() -> None:
    """Raise UsageError, which names the packages that are missing."""
    missing = []
    for module, package in _NEEDED.items():
        try:
            import_module(module)
        except ImportError:
            missing.append(package)
    if missing:
        raise UsageError(
            f"A report needs {'packages that are' if len(missing) > 1 else 'a package that is'}"
            f" not installed: {', '.join(missing)}.",
            fix="Run:  pip install 'sfn-release[report]'",
        )
