"""Writes the page of a command as a man page: roff with the macros of man(7), in ASCII."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

from sfn_release.cli.reference.command_page import CommandOption, CommandPage

_WIDEST = 79  # columns of the source, as mandoc -T lint wants it
_ESCAPES = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"}


def man_page(page: CommandPage, version: str) -> str:
    """Return the man page of a command, in section 1, for a version of the program."""
    title = page.file_name.upper()
    heading = (
        f'.TH "{_text(title)}" 1 "" "{_text(f"sfn-release {version}")}" "sfn\\-release manual"'
    )
    return "\n".join([heading, *_lines(page)]) + "\n"


def _lines(page: CommandPage) -> Iterator[str]:
    yield ".SH NAME"
    yield f"{_text(page.file_name)} \\- {_prose(_phrase(page.summary))}"
    yield ".SH SYNOPSIS"
    yield f"\\fB{_text(page.name)}\\fR {_text(page.usage.removeprefix(page.name).strip())}".rstrip()
    yield ".SH DESCRIPTION"
    yield _prose(page.summary)
    for paragraph in page.description:
        yield from (".PP", _prose(paragraph))
    for heading, options in (
        ("OPTIONS", page.own_options),
        ("GLOBAL OPTIONS", page.shared_options),
    ):
        yield from _section(heading, {_usage(option): _explained(option) for option in options})
    commands = {f"\\fB{_text(each.name)}\\fR": each.summary for each in page.commands}
    yield from _section("COMMANDS", commands)
    yield ".SH EXAMPLES"
    for number, example in enumerate(page.examples):
        yield from ([".PP"] if number else [])
        yield _prose(example.text)
        yield from (".RS 4", ".nf", f"\\fB{_text(example.line)}\\fR", ".fi", ".RE")
    codes = {f"\\fB{code}\\fR": text for code, text in page.exit_codes.items()}
    yield from _section("EXIT STATUS", codes)
    variables = {f"\\fB{_text(each.name)}\\fR": each.text for each in page.variables}
    yield from _section("ENVIRONMENT", variables)
    if page.json_schema:
        yield ".SH JSON"
        text = f"With `--json`, the result is one object with the schema `{page.json_schema}`."
        yield _prose(text)
    yield ".SH SEE ALSO"
    names = ["sfn-release", *(f"sfn-release-{'-'.join(name.split())}" for name in page.see_also)]
    others = [name for name in dict.fromkeys(names) if name != page.file_name]
    yield from _joined([f"\\fB{_text(name)}\\fR(1)" for name in others])


def _phrase(summary: str) -> str:
    """Return a summary as the NAME section has it: the first sentence, without its full stop."""
    return re.split(r"\.(?= |$)", summary)[0]


def _section(heading: str, rows: dict[str, str]) -> Iterator[str]:
    if rows:
        yield f".SH {heading}"
    for tag, text in rows.items():
        yield from (".TP", tag, _prose(text))


def _joined(parts: list[str]) -> Iterator[str]:
    *firsts, last = parts
    yield from (f"{part}," for part in firsts)
    yield last


def _usage(option: CommandOption) -> str:
    names = ", ".join(f"\\fB{_text(name)}\\fR" for name in option.names)
    return f"{names} \\fI{_text(option.metavar)}\\fR" if option.metavar else names


def _explained(option: CommandOption) -> str:
    notes = [f"Default: {option.default}."] if option.default is not None else []
    notes += ["Required."] if option.required else []
    repeats = option.repeatable and not option.shared and "Repeatable" not in option.text
    notes += ["Repeatable."] if repeats else []
    return " ".join((option.text, *notes))


def _prose(text: str) -> str:
    """Return a paragraph with `code` in bold, in lines of a man page's source."""
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0:  # a backtick of its own
        parts = ["`".join(parts)]
    marked = "".join(
        f"\\fB{_text(part)}\\fR" if number % 2 else _text(part) for number, part in enumerate(parts)
    )
    lines = wrap(marked, _WIDEST, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"\\&{line}" if line.startswith(".") else line for line in lines)


def _text(text: str) -> str:
    """Return a text that roff prints as it is. A caller keeps a "." from the start of a line."""
    return "".join(_ESCAPES.get(letter) or _letter(letter) for letter in text)


def _letter(letter: str) -> str:
    return letter if letter.isascii() and letter.isprintable() else f"\\[u{ord(letter):04X}]"
