"""Writes errors for people and for programs: the message, why, and how to fix it."""

from __future__ import annotations

import sys
import textwrap
import traceback
from collections.abc import Callable
from typing import Any

from sfn_release.cli.output import terminal
from sfn_release.cli.output.width import width
from sfn_release.errors import SeveralError, SfnReleaseError

_HEAD = "error: "
_GAP = "  "
_NARROWEST = 20  # columns that a text is still wrapped into


def write_error(
    error: SfnReleaseError,
    *,
    as_json: bool,
    verbose: bool,
    where: str = "",
    aged: Callable[[str], str] = str,
) -> None:
    """Write an error to stderr; with *as_json* its JSON object to stdout too.

    *verbose* adds the traceback of its cause. *where* is the environment, if there are several.
    *aged* returns a sentence with the age of each time in it.
    """
    if as_json:
        members: dict[str, Any] = {"error": error_json(error)}
        if isinstance(error, SeveralError):
            members["errors"] = [
                {"environment": name, **error_json(failure)}
                for name, failure in error.errors.items()
            ]
        terminal.write_json("error", members)
        sys.stdout.flush()
    cause = error.__cause__
    if verbose and cause is not None:
        for line in "".join(traceback.format_exception(cause)).splitlines():
            terminal.say_always(f"  | {line}", style="dim")
    for line in error_lines(error, where=where, aged=aged):
        terminal.TolerantStream(sys.stderr).write(line + "\n")


def error_json(error: SfnReleaseError) -> dict[str, str]:
    """Return an error as ``--json`` shows it."""
    return {"code": error.code, "message": error.message, "why": error.why, "fix": error.fix}


def error_lines(
    error: SfnReleaseError, *, where: str = "", aged: Callable[[str], str] = str
) -> list[str]:
    """Return the lines of an error, as wide as the terminal where there is one.

    The code stands at the right end of the first line; in a pipe it follows two spaces.
    """
    columns = width() if terminal.on_terminal(sys.stderr) else 0
    margin = len(_HEAD) + len(_GAP) + len(error.code)
    named = not where or error.message.startswith(f"{where} ")
    message = error.message if named else f"{where}: {error.message}"
    first, *rest = _wrapped(terminal.safe(aged(message)), columns, margin)
    gap = " " * (columns - margin - len(first)) + _GAP
    head = terminal.paint(_HEAD.strip(), "bold red", sys.stderr)
    lines = [f"{head} {first}{gap}{terminal.paint(error.code, 'dim', sys.stderr)}"]
    lines += [f"  {line}" for line in rest]
    for text in (aged(error.why), error.fix):  # a time in a command stays as it is
        for line in _as_written(terminal.safe(text)):
            lines += _indented(line, columns)
    return lines


def _as_written(text: str) -> list[str]:
    """Return a text's lines, without a common indent of the lines after the first."""
    first, *rest = text.splitlines() or [""]
    if all(line.startswith("  ") for line in rest):
        rest = [line[2:] for line in rest]
    return [first, *rest] if text else []


def _indented(line: str, columns: int) -> list[str]:
    """Return a line with an indent of two. Commands and laid-out lines are never broken."""
    words, gap, command = line.partition("  ")
    if not columns or len(line) + 2 <= columns or line.startswith(" "):
        return [f"  {line}"]
    if gap and words.endswith(":"):  # a command to copy, on a line of its own
        return [*(f"  {part}" for part in _wrapped(words, columns, 2)), f"    {command.strip()}"]
    if gap:
        return [f"  {line}"]
    return [f"  {part}" for part in _wrapped(line, columns, 2)]


def _wrapped(text: str, columns: int, used: int) -> list[str]:
    """Return *text* in lines that leave *used* of *columns* free; never empty."""
    if not columns or len(text) + used <= columns:
        return text.splitlines() or [""]
    return textwrap.wrap(
        text, max(columns - used, _NARROWEST), break_long_words=False, break_on_hyphens=False
    ) or [""]
