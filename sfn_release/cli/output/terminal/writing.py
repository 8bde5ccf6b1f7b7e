"""Writes lines of a result to stdout, and lines of talk to stderr."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from sfn_release.cli.output.terminal.escapes import json_text, one_line, safe
from sfn_release.cli.output.terminal.streams import TolerantStream
from sfn_release.cli.output.terminal.styles import paint, painted

_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)


def write(text: str = "", *, style: str = "") -> None:
    """Write a line of the result to stdout."""
    sys.stdout.write(paint(one_line(text), style, sys.stdout) + "\n")


def write_line(line: str) -> None:
    """Write a line of a table, whose parts are safe and styled already."""
    sys.stdout.write(line + "\n")


def write_block(text: str) -> None:
    """Write the lines of a result: JSON, TOML, the output of git."""
    sys.stdout.write(safe(text) + "\n")


@contextlib.contextmanager
def quiet(*, wanted: bool) -> Iterator[None]:
    """Leave out the lines of `say` in the block, if *wanted*; warnings stay."""
    token = _QUIET.set(wanted)
    try:
        yield
    finally:
        _QUIET.reset(token)


def say(text: str = "", *, style: str = "") -> None:
    """Write a line of talk to stderr: progress, a note, a warning."""
    if not _QUIET.get() or is_warning(text):
        say_always(text, style=style)


def is_warning(text: str) -> bool:
    """Return whether a line of talk is a warning, which --quiet doesn't leave out."""
    return text.startswith(("warning: ", "overridden: "))


def say_always(text: str = "", *, style: str = "") -> None:
    """Write a line to stderr that --quiet doesn't leave out, such as an error."""
    _write_stderr(paint(one_line(text), style, sys.stderr))


def send_to_runner(command: str) -> None:
    """Write a workflow command to stderr, where a runner of GitHub Actions reads it too."""
    _write_stderr(command)


def _write_stderr(line: str) -> None:
    stream = TolerantStream(sys.stderr)
    stream.write(line + "\n")
    stream.flush()


def write_command(command: str) -> None:
    """Write a workflow command, made of escaped parts, as a line of the result."""
    sys.stdout.write(command + "\n")


def write_parts(*parts: str) -> None:
    """Write one line of the result that is made of styled parts."""
    sys.stdout.write("".join(painted(part, sys.stdout) for part in parts) + "\n")


def write_json(command: str, members: Mapping[str, Any]) -> None:
    """Write the one JSON object of a command to stdout."""
    value = {"schema": f"sfn-release/{command}/1", **members}
    value["schema"] = f"sfn-release/{command}/1"  # a record's own must not replace it
    sys.stdout.write(json_text(value) + "\n")


def write_document(value: Mapping[str, Any]) -> None:
    """Write a result whose JSON follows a format that others made."""
    sys.stdout.write(json_text(value) + "\n")
