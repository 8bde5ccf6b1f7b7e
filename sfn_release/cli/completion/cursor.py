"""Finds what can stand at the cursor of a command line: a command, an option, a value."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from keyword import iskeyword
from pathlib import Path

from sfn_release.cli.completion.candidate import Candidate, starting
from sfn_release.cli.help import COMMANDS, HELP_OPTIONS

TYPE_CHECKING = False  # importing typing is slow
if TYPE_CHECKING:
    import click

    from sfn_release.cli.completion.values import Values


def complete(words: Sequence[str], current: str) -> list[Candidate]:
    """Return the candidates for the word *current* after the *words* that follow the program."""
    folder, rest = _after_global_options(words)
    if rest is None:
        return [*_global_value(words[-1], folder, current)]
    if not rest:
        return [*_commands_and_options(current)]
    command = _command(rest[0])
    if command is None:
        return []
    from sfn_release.cli.completion.command_cursor import CommandCursor

    return [*CommandCursor.at(rest[0], command, rest[1:], folder).candidates(current)]


def _takes_value() -> dict[str, str]:
    """Return the program's own options that take a value: name → metavar."""
    found: dict[str, str] = {}
    for usage in HELP_OPTIONS:
        *names, last = usage.split(", ")
        name, _, metavar = last.partition(" ")
        found |= dict.fromkeys([*names, name], metavar) if metavar else {}
    return found


def _after_global_options(words: Sequence[str]) -> tuple[str, list[str] | None]:
    """Return the folder of -C, and the words from the command on; None inside an option."""
    folder = ""
    takes_value = _takes_value()
    waiting = ""
    for place, word in enumerate(words):
        if waiting:
            folder = os.path.join(folder, word) if waiting == "-C" else folder  # noqa: PTH118
            waiting = ""
        elif word in takes_value:
            waiting = word
        elif not word.startswith("-"):
            return folder, [*words[place:]]
    return folder, None if waiting else []


def _global_value(option: str, folder: str, current: str) -> Iterator[Candidate]:
    values = _values(folder)
    found = values.folders(current) if option == "-C" else values.environments(current)
    yield from starting(current, found)


def _values(folder: str) -> Values:
    from sfn_release.cli.completion.values import Values

    return Values(Path(folder), {})


def _commands_and_options(current: str) -> Iterator[Candidate]:
    if current.startswith("-"):
        for usage, text in HELP_OPTIONS.items():
            names = (part.split(" ")[0] for part in usage.split(", "))
            yield from starting(current, (Candidate(name, text) for name in names))
        return
    for commands in COMMANDS.values():
        yield from starting(current, (Candidate(*row) for row in commands.items()))


def _command(name: str) -> click.Command | None:
    if not any(name in commands for commands in COMMANDS.values()):
        return None
    module = f"{name}_" if iskeyword(name) else name
    command: click.Command = import_module(f"sfn_release.cli.commands.{module}").run
    return command
