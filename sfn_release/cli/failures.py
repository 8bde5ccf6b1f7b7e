"""Errors for people and for programs: what happened, why, what to do next."""

from __future__ import annotations

import sys
import textwrap
import traceback

from sfn_release.cli import terminal
from sfn_release.errors import SfnReleaseError


def tell_error(error: SfnReleaseError, *, as_json: bool, verbose: bool) -> None:
    """Write an error to stderr; with *as_json* its JSON object to stdout too.

    *verbose* adds the tracebacks of what caused it.
    """
    if as_json:
        terminal.write_json(
            "error",
            {
                "error": {
                    "code": error.code,
                    "message": error.message,
                    "why": error.why,
                    "fix": error.fix,
                }
            },
        )
        sys.stdout.flush()
    cause = error.__cause__
    if verbose and cause is not None:
        for line in "".join(traceback.format_exception(cause)).splitlines():
            terminal.tell(f"  | {line}", style="dim")
    for line in error_lines(error):
        sys.stderr.write(line + "\n")


def error_lines(error: SfnReleaseError) -> list[str]:
    """Return the lines of an error, as wide as the terminal where there is one."""
    shown = terminal.on_terminal(sys.stderr)
    columns = terminal.width() if shown else 0
    first, *rest = _wrapped(terminal.safe(error.message), columns, len("error: "))
    gap = max(2, columns - len("error: ") - len(first) - len(error.code))
    if columns and gap + len("error: ") + len(first) + len(error.code) > columns:
        gap = 2
    code = terminal.paint(error.code, "dim", sys.stderr)
    lines = [f"{terminal.paint('error:', 'bold red', sys.stderr)} {first}{' ' * gap}{code}"]
    lines += [f"  {line}" for line in rest]
    for text in (error.why, error.fix):
        for line in terminal.safe(text).splitlines():
            lines += _indented(line, columns)
    return lines


def _indented(line: str, columns: int) -> list[str]:
    """Return a line two columns in; a command in it (after two spaces) is never broken."""
    inner = line.removeprefix("  ")
    if not columns or len(inner) + 2 <= columns:
        return [f"  {inner}"]
    words, gap, command = inner.partition("  ")
    if gap and words.strip() and words.endswith(":"):
        return [*(f"  {one}" for one in _wrapped(words, columns, 2)), f"    {command.strip()}"]
    if inner.startswith(" ") or '"' in inner[:2] or gap:  # laid out by whoever wrote it
        return [f"  {inner}"]
    return [f"  {one}" for one in _wrapped(inner, columns, 2)]


def _wrapped(text: str, columns: int, used: int) -> list[str]:
    if not columns or len(text) + used <= columns:
        return text.splitlines() or [""]
    return textwrap.wrap(
        text,
        max(columns - used, 20),
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
