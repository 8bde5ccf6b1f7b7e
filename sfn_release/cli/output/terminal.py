"""Writes results to stdout and messages to stderr, with the control characters of data escaped.

A terminal gets tables and colour. A pipe gets plain aligned text, and rich is not imported. Colour
never carries information alone.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import cache
from typing import IO, Any, Self

# C0 and C1 controls but tab and newline; marks that reorder text or that nothing shows; lone
# surrogates
_UNSAFE = (
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    r"\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_STATES = {
    "succeeded": "green",
    "in-sync": "green",
    "SUCCEEDED": "green",
    "failed": "red",
    "reverted": "red",
    "unreachable": "red",
    "drifted": "yellow",
    "missing": "yellow",
    "abandoned": "yellow",
    "in-progress": "cyan",
    "shifting": "cyan",
    "started": "cyan",
    "never-deployed": "",
    "unreadable": "",
    "retained": "",
    "deleted": "",
    "RUNNING": "cyan",
    "FAILED": "red",
    "TIMED_OUT": "red",
    "ABORTED": "red",
}


_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)


class Styled(str):
    """Text with a style, such as ``bold`` or ``green``, that says nothing the text does not.

    *link* is the URL of its page, "" for none.
    """

    __slots__ = ("link", "style")
    style: str
    link: str

    def __new__(cls, text: str, style: str, link: str = "") -> Self:
        """Make a text of that style."""
        made = super().__new__(cls, text)
        made.style, made.link = style, link
        return made


def state(word: str) -> Styled:
    """Return a status word in its usual colour."""
    return Styled(word, _STATES.get(word, ""))  # AWS may add words


def safe(text: str) -> str:
    r"""Return *text* with the characters that control a terminal written as escapes.

    >>> safe("\x1b[31mred")
    '\\x1b[31mred'
    """
    if not (text.isascii() and text.isprintable()):
        text = _unsafe().sub(_escaped, text)
    if ("::" in text or "##[" in text) and in_github_actions():
        text = _commands().sub(_disarmed, text)
    return text


def one_line(text: str) -> str:
    """Return *text* safe and on one line."""
    return safe(text).replace("\n", "\\n").replace("\t", "\\t")


def json_text(value: Any) -> str:
    """Return JSON for people and programs: indented, controls escaped by JSON's own rules."""
    import json

    text = json.dumps(value, ensure_ascii=False, indent=2)
    if "##[" in text and in_github_actions():
        text = text.replace("##[", "\\u0023#[")
    return _unsafe().sub(lambda found: json.dumps(found[0])[1:-1], text)


def toml_text(text: str) -> str:
    """Return a TOML document with control characters escaped by TOML's own rules."""
    return _unsafe().sub(lambda found: f"\\U{ord(found[0]):08x}", text)


def in_github_actions() -> bool:
    """Return whether a runner of GitHub Actions reads the output, and runs commands in it."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


class OutputError(Exception):
    """Standard output can't be written. The text says why, and whether the command ran."""


class _Output:
    """A stream that raises OutputError, which no other file raises."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with _writing():
            return self._stream.write(text)

    def flush(self) -> None:
        with _writing():
            self._stream.flush()


class TolerantStream:
    """A stream for messages, which ignores errors.

    When the terminal is closed, a deployment still has to put its changes back.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write *text*, unless the stream is broken."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream, unless it is broken."""
        with contextlib.suppress(OSError):
            self._stream.flush()


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # a reader that has seen enough, such as `head`
        raise
    except OSError as error:
        raise OutputError(
            f"can't write to stdout ({error.strerror}): the command ran, but its result is lost"
        ) from error


@contextlib.contextmanager
def checked_output() -> Iterator[None]:
    """Prepare the streams; inside the block, writing to a broken stdout raises OutputError.

    Characters that the encoding of an output lacks are written as escapes. Raises OutputError at
    once for a closed stdout: the next file that is opened would take its place.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - to the end
    if sys.stdout is None:
        raise OutputError("stdout is closed, so nothing was done (use >/dev/null instead)")
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a test's stream has none
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    output: Any = _Output(sys.stdout)
    with contextlib.redirect_stdout(output):
        yield
        output.flush()


def on_terminal(stream: IO[str]) -> bool:
    """Return whether *stream* is a terminal that can show a bar."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def coloured(stream: IO[str]) -> bool:
    """Return whether *stream* can carry colour; see https://no-color.org/."""
    return on_terminal(stream) and not os.environ.get("NO_COLOR")


def paint(text: str, style: str, stream: IO[str]) -> str:
    """Return *text* in a style, if *stream* can carry colour."""
    if not style or not coloured(stream):
        return text
    codes = ";".join(_CODES[word] for word in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m"


def painted(part: str, stream: IO[str], *, shown: str = "") -> str:
    """Return *part* on one line with its style and link, as *stream* can carry them.

    *shown* is the text to write if it differs, such as a line of *part*.
    """
    text = shown or one_line(part)
    text = paint(text, getattr(part, "style", ""), stream)
    if not (link := getattr(part, "link", "")):
        return text
    from sfn_release.cli.output.links import with_link

    return with_link(text, link, stream)


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
    """Leave out the lines of `say` in the block, if *wanted*."""
    token = _QUIET.set(wanted)
    try:
        yield
    finally:
        _QUIET.reset(token)


def say(text: str = "", *, style: str = "") -> None:
    """Write a line of talk to stderr: progress, a note, a warning."""
    if not _QUIET.get():
        say_always(text, style=style)


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


@cache
def _commands() -> re.Pattern[str]:
    """Match text that a runner of GitHub Actions runs as a command: ``::name`` and ``##[``."""
    return re.compile(r"(?m)^([^\S\n]*):(?=:)|#(?=#\[)")


@cache
def _unsafe() -> re.Pattern[str]:
    return re.compile(_UNSAFE)


def _disarmed(found: re.Match[str]) -> str:
    return f"{found[1] or ''}\\x{ord(found[0][-1]):02x}"


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code <= 0xFF:  # noqa: PLR2004 - one byte
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - two
