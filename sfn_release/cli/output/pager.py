"""Shows a long result in a pager, as git does, and writes a short one to the terminal.

The result is finished before the pager starts, so a pager that you leave early stops no work, and
the exit code stays the command's own.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping

from sfn_release.cli.output.terminal import LACKING, on_terminal
from sfn_release.cli.output.width import columns_of, width

_DEFAULTS = {"LESS": "FRX", "LV": "-c"}  # as git sets them: short texts, colours, no clearing
_SHELL = re.compile(r"[|&;<>()$`\\\"'*?#~=%\s\[\]]")  # git runs other commands without a shell
_NOT_RUN = {126, 127}  # a shell's exit codes for a command that it can't run
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m|\x1b]8;[^\x1b]*\x1b\\")


class _Screen(io.StringIO):
    """Takes a result that is meant for the terminal, with its colours and links."""

    def isatty(self) -> bool:
        """Return True: the text goes to a terminal, through the pager."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]  # StringIO has none
        """The encoding of the terminal."""
        return sys.__stdout__.encoding if sys.__stdout__ is not None else "utf-8"


def paged(write: Callable[[], None], environ: Mapping[str, str] | None = None) -> None:
    """Write a result with *write*, through the pager if it is longer than the terminal."""
    environ = os.environ if environ is None else environ
    command = pager_command(environ)
    if command is None or not on_terminal(sys.stdout):
        write()
        return
    screen = _Screen()
    try:
        with contextlib.redirect_stdout(screen):
            write()
    finally:
        text = screen.getvalue()
        if not _is_long(text) or not _shown(command, text, environ):
            sys.stdout.write(text)


def pager_command(environ: Mapping[str, str]) -> str | None:
    """Return the pager: ``SFN_RELEASE_PAGER``, ``PAGER``, or less. None for ``cat`` or nothing.

    >>> pager_command({"SFN_RELEASE_PAGER": "more", "PAGER": "cat"})
    'more'
    >>> pager_command({"PAGER": ""}) is None
    True
    """
    default = "less" if shutil.which("less") else ""
    command = environ.get("SFN_RELEASE_PAGER", environ.get("PAGER", default)).strip()
    return None if command in {"", "cat"} else command


def _is_long(text: str) -> bool:
    """Return whether *text* and the next prompt need more rows than the terminal has."""
    columns = max(width(), 1)
    shown = _ESCAPES.sub("", text).splitlines()
    rows = sum(max(-(-columns_of(line) // columns), 1) for line in shown)
    return rows >= _height()


def _height() -> float:
    """Return how many rows the terminal has; infinity if it doesn't say so."""
    lines = os.environ.get("LINES", "")
    if lines.isdecimal() and int(lines):
        return int(lines)
    try:
        return os.get_terminal_size(1).lines or float("inf")
    except OSError:
        return float("inf")


def _shown(command: str, text: str, environ: Mapping[str, str]) -> bool:
    """Show *text* in the pager and wait for its end; False if there is no such pager."""
    by_shell = _SHELL.search(command) is not None
    sys.stdout.flush()
    try:
        process = subprocess.Popen(
            command if by_shell else shlex.split(command),
            shell=by_shell,  # the user's own setting, as git takes it
            stdin=subprocess.PIPE,
            env={**_DEFAULTS, **environ},
        )
    except OSError:
        return False
    with _ending(process), _uninterrupted():
        content = text.encode(sys.stdout.encoding or "utf-8", LACKING)
        with contextlib.suppress(BrokenPipeError):  # you left the pager before the end
            process.communicate(content)
    return process.returncode not in _NOT_RUN


@contextlib.contextmanager
def _ending(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End the pager when this process is ended: it would fight for the terminal's keys."""
    try:
        yield
    except BaseException:
        process.terminate()
        process.wait()
        raise


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Leave Ctrl-C to the pager, which takes it as the end of a search or of reading."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
