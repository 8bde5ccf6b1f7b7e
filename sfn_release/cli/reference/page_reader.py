"""Reads the pages of the reference: from click's commands, and from the tables of this package."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from sfn_release.cli import help as program_texts
from sfn_release.cli.options import GLOBAL
from sfn_release.cli.reference.command_examples import examples_of
from sfn_release.cli.reference.command_page import (
    CommandArgument,
    CommandOption,
    CommandPage,
    Subcommand,
)
from sfn_release.cli.reference.environment_variables import variables_of
from sfn_release.cli.reference.exit_meanings import exit_codes_of
from sfn_release.cli.reference.related_commands import related_to

_PROGRAM = "sfn-release"
_HELP = ["-h", "--help"]
_WITHOUT_JSON = frozenset({(), ("env",), ("local",)})  # they only show their help


def read_pages() -> tuple[CommandPage, ...]:
    """Return every page: the program's first, then the commands in the order of its help.

    A group's commands follow the group. Imports every command, which takes a moment.
    """
    return tuple(_pages((), _program()))


def read_page(*words: str) -> CommandPage:
    """Return the page of one command, such as ``read_page("env", "check")``.

    Raises KeyError for an unknown command.
    """
    command = _program()
    context = click.Context(command, info_name=_PROGRAM)
    for word in words:
        found = command.get_command(context, word) if isinstance(command, click.Group) else None
        if found is None:
            raise KeyError(" ".join(words))
        command = found
    return _page(words, command)


def _program() -> click.Command:
    from sfn_release.cli.app import program

    return program


def _pages(words: tuple[str, ...], command: click.Command) -> Iterator[CommandPage]:
    yield _page(words, command)
    if isinstance(command, click.Group):
        context = _context(words, command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _pages((*words, name), child)


def _context(words: tuple[str, ...], command: click.Command) -> click.Context:
    name = " ".join((_PROGRAM, *words))
    return click.Context(command, info_name=name, help_option_names=_HELP)


def _page(words: tuple[str, ...], command: click.Command) -> CommandPage:
    context = _context(words, command)
    summary, *description = _paragraphs(command.help or "")
    if not words:
        summary, description = _program_texts()
    parameters = command.get_params(context)
    pieces = command.collect_usage_pieces(context)
    return CommandPage(
        words=words,
        subject=_subject(words),
        summary=summary,
        description=tuple(description),
        usage=" ".join((context.command_path, *pieces)),
        arguments=tuple(
            _argument(parameter)
            for parameter in parameters
            if isinstance(parameter, click.Argument)
        ),
        options=tuple(
            _option(parameter, context)
            for parameter in parameters
            if isinstance(parameter, click.Option) and not parameter.hidden
        ),
        commands=_subcommands(command, context),
        examples=examples_of(words),
        exit_codes=exit_codes_of(words),
        json_schema=None if words in _WITHOUT_JSON else f"{_PROGRAM}/{'-'.join(words)}/1",
        variables=variables_of(words),
        see_also=related_to(words),
    )


def _program_texts() -> tuple[str, list[str]]:
    summary, *description = _paragraphs(program_texts.ABOUT)
    return summary, description


def _paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a help text, each on one line."""
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]


def _subject(words: tuple[str, ...]) -> str:
    """Return the heading that the program's help has a command under; "" for the program."""
    if not words:
        return ""
    return next(
        subject for subject, commands in program_texts.COMMANDS.items() if words[0] in commands
    )


def _argument(argument: click.Argument) -> CommandArgument:
    name = argument.metavar or (argument.name or "").upper()
    return CommandArgument(
        name=name.removesuffix("...").strip("[]"),
        required=argument.required,
        repeatable=argument.nargs == -1,
        choices=_choices(argument),
    )


def _option(option: click.Option, context: click.Context) -> CommandOption:
    metavar = "" if option.is_flag or option.count else _metavar(option, context)
    text = option.help or ""
    return CommandOption(
        names=tuple(sorted((*option.opts, *option.secondary_opts), key=len)),
        metavar=metavar,
        text=" ".join(text.split()),
        choices=_choices(option),
        default=_default(option, text) if metavar else None,
        required=option.required,
        repeatable=option.multiple,
        optional_value=(option.metavar or "").startswith("["),
        shared=not GLOBAL.isdisjoint(option.opts),
    )


def _metavar(option: click.Option, context: click.Context) -> str:
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.Choice):
        return f"[{'|'.join(_choices(option))}]"
    if isinstance(option.type, click.IntRange) or option.type is click.INT:
        return "NUMBER"
    return option.make_metavar(context) if option.type is not click.STRING else "TEXT"


def _choices(parameter: click.Parameter) -> tuple[str, ...]:
    kind = parameter.type
    return tuple(str(choice) for choice in kind.choices) if isinstance(kind, click.Choice) else ()


def _default(option: click.Option, text: str) -> str | None:
    """Return an option's default, if its text doesn't say it."""
    default = option.default
    if option.required or "Default" in text or not isinstance(default, str | int | float):
        return None
    return f"{default}"


def _subcommands(command: click.Command, context: click.Context) -> tuple[Subcommand, ...]:
    if not context.info_name or not isinstance(command, click.Group):
        return ()
    if context.info_name == _PROGRAM:
        summaries = program_texts.COMMANDS.values()
        return tuple(
            Subcommand(name, text) for commands in summaries for name, text in commands.items()
        )
    found = []
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if child is not None:
            found.append(Subcommand(name, _paragraphs(child.help or "")[0]))
    return tuple(found)
