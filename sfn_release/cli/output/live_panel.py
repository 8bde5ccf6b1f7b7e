"""A few lines at the end of a terminal that are drawn again and again, until they are erased.

rich's Live measures its lines for the width that they had: after the window is made narrower, it
erases too little. This panel starts below itself then. It never hides the cursor, so that nothing
has to be put right after a crash.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import IO

from sfn_release.cli.output import terminal
from sfn_release.cli.output.width import columns_of, width

_EVERY = 1.0  # seconds between two drawings
Lines = Sequence[Sequence[str]]
"""Lines of styled parts."""


class LivePanel:
    """Draws the lines that *render* returns for a width, every second, until `close`."""

    def __init__(self, stream: IO[str], render: Callable[[int], Lines]) -> None:
        self.render = render
        self._stream = stream
        self._out = terminal.TolerantStream(stream)
        self._drawn: list[int] = []  # how wide the lines on the screen are
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._ticker.start()

    def draw(self) -> None:
        """Draw the lines in place of the ones before."""
        with self._lock:
            if self._closed.is_set():
                return
            columns, rows = self._size()
            lines = list(self.render(columns - 1))[: max(rows - 1, 1)]
            texts = map(self._painted, lines)
            self._out.write(
                self._up(columns) + "".join(f"{text}\x1b[K\n" for text in texts) + "\x1b[J"
            )
            self._out.flush()
            self._drawn = [sum(columns_of(part) for part in line) for line in lines]

    def above(self, write: Callable[[], None]) -> None:
        """Write lines that stay, above the panel."""
        with self._lock:
            self._erase()
            write()
            self.draw()

    def close(self) -> None:
        """Erase the lines, and stop."""
        with self._lock:
            if not self._closed.is_set():
                self._erase()
            self._closed.set()
        if threading.current_thread() is not self._ticker:
            self._ticker.join()

    def _painted(self, line: Sequence[str]) -> str:
        return "".join(terminal.painted(part, self._stream) for part in line)

    def _erase(self) -> None:
        columns, _ = self._size()
        self._out.write(self._up(columns) + "\x1b[J")
        self._out.flush()
        self._drawn = []

    def _up(self, columns: int) -> str:
        """Return what brings the cursor to the first line of the panel.

        In a window that was made narrower, the lines may be broken or not, as the terminal likes:
        they stay, and the panel begins below them.
        """
        if not self._drawn or max(self._drawn) >= columns:
            return "\r"
        return f"\r\x1b[{len(self._drawn)}A"

    def _tick(self) -> None:
        while not self._closed.wait(_EVERY):
            self.draw()

    def _size(self) -> tuple[int, int]:
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):  # a stream of a test
            return width(), 24
        return size.columns or width(), size.lines or 24
