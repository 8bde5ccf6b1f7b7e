"""The kind of value that an option or an argument takes, by its metavar."""

from __future__ import annotations

from typing import Final

import click

_ENVIRONMENTS: Final = frozenset({"--env", "--to", "--from"})
_OF_ARGUMENTS: Final = {
    # command, argument → kind
    ("publish", "version"): "NEW_VERSION",
    ("diff", "old"): "A|A..B",
    ("diff", "new"): "RELEASE|@ENV",
}


def kinds_of(command: str, parameter: click.Parameter) -> list[str]:
    """Return the kinds of a parameter's values: ``WORKFLOW``, ``FILE``, …; unknown ones too."""
    name = parameter.name or ""
    if (command, name) in _OF_ARGUMENTS:
        return [_OF_ARGUMENTS[command, name]]
    metavar = (parameter.metavar or name.upper()).removesuffix("...").strip("[]")
    if metavar in {"NAME", "ENV"} and not _ENVIRONMENTS.isdisjoint(parameter.opts):
        return ["ENVIRONMENT"]
    return [word.strip("[]") for word in metavar.split("|")]
