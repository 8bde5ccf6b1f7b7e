"""A real terminal of any size in tests: a pseudo-terminal, and what an emulator shows of it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pyte

COMMAND = (sys.executable, "-m", "sfn_release")
_LONGEST = 20.0  # seconds until a command that hangs fails its test


@dataclass
class Screen:
    """A command on a terminal of *columns* × *rows*. *written* is everything that it wrote."""

    process: subprocess.Popen[bytes]
    master: int
    emulator: pyte.HistoryScreen
    stream: pyte.ByteStream
    written: bytes = b""
    _ended: bool = field(default=False)

    @property
    def lines(self) -> list[str]:
        """The rows of the screen as you see them, without the empty ones at its end."""
        rows = [row.rstrip() for row in self.emulator.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.lines)

    def press(self, keys: str) -> bool:
        """Press keys. Returns False, so that `until` can press them until something is seen."""
        os.write(self.master, keys.encode())
        return False

    def resize(self, columns: int, rows: int) -> None:
        """Resize the window, as a terminal does."""
        _resize(self.master, columns, rows)
        self.emulator.resize(rows, columns)
        self.process.send_signal(signal.SIGWINCH)

    def until(self, seen: Callable[[Screen], bool]) -> None:
        """Read until *seen* is true of the screen; the test fails if the command ends before."""
        end = time.monotonic() + _LONGEST
        while not seen(self):
            assert time.monotonic() < end, self.text
            assert self._read() or seen(self), self.text

    def end(self) -> int:
        """Read until the command ends, and return its exit code."""
        end = time.monotonic() + _LONGEST
        while self._read():
            assert time.monotonic() < end, self.text
        os.close(self.master)
        return self.process.wait(_LONGEST)

    def _read(self) -> bool:
        """Read more of the output; False when the command has ended."""
        if self._ended:
            return False
        if select.select([self.master], [], [], 0.05)[0]:
            try:
                chunk = os.read(self.master, 65536)
            except OSError:  # Linux's sign that the other side is closed
                chunk = b""
            self._ended = not chunk
            self.written += chunk
            self.stream.feed(chunk)
        return not self._ended


def _resize(terminal: int, columns: int, rows: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def start_on_screen(
    folder: Path,
    *arguments: str,
    columns: int = 80,
    rows: int = 24,
    environ: Mapping[str, str] = MappingProxyType({}),
    command: Sequence[str] = COMMAND,
) -> Screen:
    """Start a command on a terminal of that size, with Ctrl-C as on a real one."""
    master, slave = pty.openpty()
    _resize(slave, columns, rows)
    known = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    process = subprocess.Popen(
        [*command, *arguments],
        cwd=folder,
        env=known | {"TERM": "xterm-256color"} | dict(environ),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=_control,  # noqa: PLW1509 - a test starts no threads
    )
    os.close(slave)
    emulator = pyte.HistoryScreen(columns, rows, history=10_000)
    return Screen(process, master, emulator, pyte.ByteStream(emulator))


def _control() -> None:
    """Make the terminal the process's controlling one, so that Ctrl-C is a signal."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def on_screen(folder: Path, *arguments: str, columns: int = 80, rows: int = 24) -> Screen:
    """Run a command on a terminal to its end, which must be a success."""
    screen = start_on_screen(folder, *arguments, columns=columns, rows=rows)
    assert screen.end() == 0, screen.text
    return screen
