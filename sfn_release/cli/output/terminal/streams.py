"""The output streams: a broken stdout is an error, and a broken stderr is ignored."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import IO, Any

_PLAIN = str.maketrans(
    {"→": "->", "›": ">", "…": "...", "·": "-", "–": "-", "×": "x", "µ": "u", "✓": "+", "✗": "x"}
    | dict.fromkeys("─", "-")
    | {"│": "|", "●": "*", "○": "o", "■": "#", "↩": "r", "█": "#", "░": "-"}
    | dict.fromkeys("├└┌┐┘┤┬┴┼╮╯╰╭", "+")
)
"""Our own signs for an encoding that lacks them, such as Windows' cp1252."""
LACKING = "sfn-release"
"""The name of the error handler of `codecs` that writes them, and escapes of all others."""


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

    Characters that the encoding of an output lacks are written as escapes, and our own signs in
    ASCII. Raises OutputError at
    once for a closed stdout: the next file that is opened would take its place.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - to the end
    if sys.stdout is None:
        raise OutputError("stdout is closed, so nothing was done (use >/dev/null instead)")
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a test's stream has none
        if reconfigure is not None:
            reconfigure(errors=LACKING)
    output: Any = _Output(sys.stdout)
    with contextlib.redirect_stdout(output):
        yield
        output.flush()


def _replaced(error: UnicodeError) -> tuple[str, int]:
    """Return what to write for characters that can't be encoded, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


codecs.register_error(LACKING, _replaced)
