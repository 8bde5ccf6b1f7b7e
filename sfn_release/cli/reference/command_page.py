"""A command of the program as data: everything that its help, man page and document say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A command *line* as you type it, and a sentence that says what it does."""

    line: str
    text: str


@dataclass(frozen=True)
class CommandArgument:
    """A positional argument: its *name* as the usage shows it, such as ``VERSION``.

    *choices* are its allowed values, () for any text.
    """

    name: str
    required: bool
    repeatable: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class CommandOption:
    """An option: its *names* (``-v``, ``--verbose``), and its *metavar*, "" for a flag.

    *choices* are its allowed values, () for any text. *optional_value*: the name alone is enough,
    as in ``--coverage [FILE]``. *default* is None when there is none, or when *text* explains it.
    Every command has the *shared* options.
    """

    names: tuple[str, ...]
    metavar: str
    text: str
    choices: tuple[str, ...] = ()
    default: str | None = None
    required: bool = False
    repeatable: bool = False
    optional_value: bool = False
    shared: bool = False

    @property
    def usage(self) -> str:
        """The names and the value as a help text shows them: ``-n N``, ``--env NAME``."""
        names = ", ".join(self.names)
        return f"{names} {self.metavar}" if self.metavar else names


@dataclass(frozen=True)
class EnvironmentVariable:
    """A variable that the program reads, and its effect."""

    name: str
    text: str


@dataclass(frozen=True)
class Subcommand:
    """A command below another one: its *name*, and the summary of its page."""

    name: str
    summary: str


@dataclass(frozen=True)
class CommandPage:
    """The page of one command.

    *words* are its name: ``("env", "check")``, () for the program itself. *summary* is one line;
    *description* are the paragraphs after it. Texts are plain, with `code` in backticks.
    *json_schema* is the ``schema`` of its JSON object, None if it has none. *see_also* are commands
    as you type them after ``sfn-release``. *subject* is its heading in the program's help.
    """

    words: tuple[str, ...]
    subject: str
    summary: str
    description: tuple[str, ...]
    usage: str
    arguments: tuple[CommandArgument, ...]
    options: tuple[CommandOption, ...]
    commands: tuple[Subcommand, ...]
    examples: tuple[Example, ...]
    exit_codes: Mapping[int, str]
    json_schema: str | None
    variables: tuple[EnvironmentVariable, ...]
    see_also: tuple[str, ...]

    @property
    def name(self) -> str:
        """The command as you type it: ``sfn-release env check``."""
        return " ".join(("sfn-release", *self.words))

    @property
    def file_name(self) -> str:
        """The name of its man page and document: ``sfn-release-env-check``."""
        return "-".join(("sfn-release", *self.words))

    @property
    def own_options(self) -> tuple[CommandOption, ...]:
        """The options of this command alone."""
        return tuple(option for option in self.options if not option.shared)

    @property
    def shared_options(self) -> tuple[CommandOption, ...]:
        """The options that every command has."""
        return tuple(option for option in self.options if option.shared)
