"""Finds what can stand at the cursor after a command's name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from sfn_release.cli.completion.candidate import Candidate, starting
from sfn_release.cli.completion.value_kinds import kinds_of
from sfn_release.cli.completion.values import FINDERS, Values


class CommandCursor:
    """The state of a command line before the cursor.

    *waiting* is an option whose value comes next. *given* are the positional arguments so far.
    """

    def __init__(self, name: str, command: click.Command, folder: str) -> None:
        self.name = name
        self.command = command
        self.folder = folder
        self.given: list[str] = []
        self.used: set[str] = set()
        self.waiting: click.Option | None = None
        self.only_arguments = False  # after --

    @classmethod
    def at(
        cls, name: str, command: click.Command, words: Sequence[str], folder: str
    ) -> CommandCursor:
        """Return the state after *words*."""
        cursor = cls(name, command, folder)
        for word in words:
            cursor._take(word)
        return cursor

    def candidates(self, current: str) -> Iterator[Candidate]:
        """Yield the candidates for the word at the cursor."""
        if self.waiting is not None and not (self._is_optional and current.startswith("-")):
            yield from self._of(self.waiting, current)
            if not self._is_optional:
                return
        if not self.only_arguments and current.startswith("-"):
            name, equals, value = current.partition("=")
            option = self._option(name)
            if equals and option is not None:
                yield from self._of(option, value, before=f"{name}=")
            else:
                yield from self._options(current)
            return
        found = [
            each
            for each in self._arguments(current)
            if self.only_arguments or not each.word.startswith("-")  # it would be an option
        ]
        yield from found or (self._options("") if not current else ())

    def _take(self, word: str) -> None:
        """Go on after one word."""
        if self.waiting is not None and not (self._is_optional and word.startswith("-")):
            if "-C" in self.waiting.opts:
                self.folder = os.path.join(self.folder, word)  # noqa: PTH118 - like the session
            self.waiting = None
        elif self.only_arguments or not word.startswith("-") or word == "-":
            self._take_argument(word)
        elif word == "--":
            self.only_arguments, self.waiting = True, None
        else:
            self.waiting = self._waiting_after(word)

    def _take_argument(self, word: str) -> None:
        if isinstance(self.command, click.Group) and not self.given:
            found = self.command.get_command(click.Context(self.command), word)
            if found is not None:
                self.name, self.command = f"{self.name} {word}", found
                return
        self.given.append(word)

    def _waiting_after(self, word: str) -> click.Option | None:
        """Return the option in a word, if its value is the next word."""
        names = [word.partition("=")[0]] if word.startswith("--") else [f"-{c}" for c in word[1:]]
        for place, name in enumerate(names):
            option = self._option(name)
            if option is None:
                continue
            self.used.update(option.opts)
            if not _takes_value(option):
                continue
            last = place == len(names) - 1
            return option if last and "=" not in word else None
        return None

    @property
    def _is_optional(self) -> bool:
        """Whether the waiting option can stand without a value."""
        return (self.waiting.metavar or "").startswith("[") if self.waiting else False

    def _option(self, name: str) -> click.Option | None:
        return next((option for option in self._all_options() if name in option.opts), None)

    def _all_options(self) -> Iterator[click.Option]:
        context = click.Context(self.command, help_option_names=["-h", "--help"])
        for parameter in self.command.get_params(context):
            if isinstance(parameter, click.Option) and not parameter.hidden:
                yield parameter

    def _options(self, current: str) -> Iterator[Candidate]:
        for option in self._all_options():
            repeated = option.multiple or option.count or self.used.isdisjoint(option.opts)
            if repeated:
                text = (option.help or "").partition(". ")[0].rstrip(".")
                names = (Candidate(name, " ".join(text.split())) for name in option.opts)
                yield from starting(current, names)

    def _arguments(self, current: str) -> Iterator[Candidate]:
        if isinstance(self.command, click.Group):
            for name, command in self.command.commands.items():
                yield from starting(current, [Candidate(name, command.get_short_help_str(70))])
            return
        parameters = [each for each in self.command.params if isinstance(each, click.Argument)]
        place = len(self.given)
        if place < len(parameters):
            yield from self._of(parameters[place], current)
        elif parameters and parameters[-1].nargs == -1:
            found = self._of(parameters[-1], current)
            yield from (each for each in found if each.word not in self.given)

    def _of(
        self, parameter: click.Parameter, current: str, *, before: str = ""
    ) -> Iterator[Candidate]:
        """Yield the values of an option or argument."""
        if isinstance(parameter.type, click.Choice):
            choices = (Candidate(str(choice)) for choice in parameter.type.choices)
            yield from starting(current, choices, before=before)
            return
        values = Values(Path(self.folder), self._by_name())
        for kind in kinds_of(self.name, parameter):
            for find in FINDERS.get(kind, ()):
                yield from starting(current, find(values, current), before=before)

    def _by_name(self) -> dict[str, str]:
        names = [
            each.name or "" for each in self.command.params if isinstance(each, click.Argument)
        ]
        return dict(zip(names, self.given, strict=False))


def _takes_value(option: click.Option) -> bool:
    return not option.is_flag and not option.count
