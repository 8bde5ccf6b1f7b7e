"""commands/*.md: a page for each command, from the model that ``--help`` comes from too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from docs_reference.markdown import fenced, link, page, prose, sentence, table
from sfn_release.cli.reference import CommandOption, CommandPage, read_pages

SIGNAL = 128  # exit codes above it name a signal


def command_pages() -> Mapping[str, str]:
    """Return the overview and the page of every command, by path."""
    program, *commands = read_pages()
    variables = [{variable.name for variable in command.variables} for command in commands]
    everywhere = frozenset(set.intersection(*variables))
    pages = {_path(command.words): _command_page(command, everywhere) for command in commands}
    return {"commands/index.md": _overview(program, commands), **pages}


def navigation_lines() -> list[str]:
    """Return the lines of zensical.toml for all pages, the overview first."""
    _, *commands = read_pages()
    lines = (
        f'{{ "{" ".join(command.words)}" = "reference/{_path(command.words)}" }},'
        for command in commands
    )
    return ['"reference/commands/index.md",', *lines]


def _path(words: tuple[str, ...]) -> str:
    return f"commands/{'-'.join(words)}.md"


def _link(words: tuple[str, ...]) -> str:
    return link(f"`{' '.join(words)}`", f"{'-'.join(words)}.md")


def _overview(program: CommandPage, commands: list[CommandPage]) -> str:
    parts = []
    for subject in dict.fromkeys(command.subject for command in commands):
        rows = [
            (_link(command.words), command.summary)
            for command in commands
            if command.subject == subject
        ]
        parts += [f"## {subject}", table(("command", "does"), rows)]
    return page(
        "Commands",
        " ".join(sentence(text) for text in (program.summary, *program.description)),
        fenced(program.usage, "text"),
        *parts,
        "## Options of every command",
        _options(program.options),
        "Results go to stdout, progress and errors to stderr. Colour appears on a terminal"
        " only, and"
        " `NO_COLOR` turns it off. Times are UTC.",
        "Every change to AWS prints its plan first. Deletions, `unlock`, `local reset`, and"
        " rollbacks"
        " with `confirm = true` ask you on a terminal. Without a terminal they need `--yes`."
        " [Release from any CI system](../../how-to/pipelines.md) explains the output for"
        " scripts.",
        "See also: [exit codes](../exit-codes.md), [error codes](../error-codes.md),"
        " [environment variables](../environment-variables.md), [JSON](../json.md).",
    )


def _command_page(command: CommandPage, everywhere: frozenset[str]) -> str:
    return page(
        command.name,
        *(prose(sentence(text)) for text in (command.summary, *command.description)),
        fenced(command.usage, "text"),
        *_below(command),
        *_arguments(command),
        *_heading("Options", _options(command.own_options)),
        *_examples(command),
        "## Exit codes",
        table(
            ("exit code", "means"),
            [(str(code), text) for code, text in command.exit_codes.items() if code < SIGNAL],
        ),
        "A signal ends it with a code of its own: see [Exit codes](../exit-codes.md).",
        *_variables(command, everywhere),
        *_ending(command),
    )


def _heading(title: str, text: str) -> tuple[str, ...]:
    return (f"## {title}", text) if text else ()


def _below(command: CommandPage) -> Iterator[str]:
    """Yield the commands below a group."""
    if command.commands:
        rows = [(_link((*command.words, sub.name)), sub.summary) for sub in command.commands]
        yield table(("command", "does"), rows)


def _arguments(command: CommandPage) -> Iterator[str]:
    choices = [argument for argument in command.arguments if argument.choices]
    for argument in choices:
        values = ", ".join(f"`{choice}`" for choice in argument.choices)
        yield f"`{argument.name}` is one of {values}."


def _options(options: tuple[CommandOption, ...]) -> str:
    """Return the table of options, "" for none."""
    return table(("option", "does"), map(_option_row, options)) if options else ""


def _option_row(option: CommandOption) -> tuple[str, str]:
    facts = [prose(sentence(option.text))] if option.text else []
    if option.choices:
        facts.append(f"One of {', '.join(f'`{choice}`' for choice in option.choices)}.")
    if option.default is not None:
        facts.append(f"Default: `{option.default}`.")
    if option.required:
        facts.append("Required.")
    if option.repeatable and "Repeatable." not in option.text:
        facts.append("Can be given several times.")
    return f"`{_usage(option)}`", " ".join(facts)


def _usage(option: CommandOption) -> str:
    """Return how an option is written. Its choices are beside it; a bar has no place in a cell."""
    usage = ", ".join(option.names) if option.choices else option.usage
    return usage.replace("|", " or ")


def _examples(command: CommandPage) -> Iterator[str]:
    if command.examples:
        lines = "\n\n".join(f"# {example.text}\n{example.line}" for example in command.examples)
        yield "## Examples"
        yield fenced(lines, "sh")


def _variables(command: CommandPage, everywhere: frozenset[str]) -> Iterator[str]:
    """Yield the variables that not every command reads."""
    rows = [
        (f"`{variable.name}`", prose(variable.text))
        for variable in command.variables
        if variable.name not in everywhere
    ]
    if rows:
        yield "## Environment variables"
        yield table(("variable", "does"), rows)
        yield "Every command reads [some others](../environment-variables.md)."


def _ending(command: CommandPage) -> Iterator[str]:
    """Yield where to read on: the JSON of the command, and its neighbours."""
    if command.json_schema:
        yield (
            f"With `--json`, the result is one object with the schema `{command.json_schema}`:"
            f" see [JSON](../json.md)."
        )
    if command.see_also:
        yield f"See also: {', '.join(_link(tuple(words.split())) for words in command.see_also)}."
