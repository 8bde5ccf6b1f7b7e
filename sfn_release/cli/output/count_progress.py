"""Shows on stderr how many of many things are done: a bar on a terminal, some lines in a log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self

from sfn_release.cli.output import terminal

if TYPE_CHECKING:
    from types import TracebackType

_FEW = 50  # a log gets no lines about fewer things
_STEP = 100  # things between two lines of a log while their number isn't known


class CountProgress:
    """Counts things that are *verb* done (``replayed``), as a context manager."""

    def __init__(self, verb: str, *, bars: bool = True) -> None:
        self._verb = verb
        self._bars = bars and terminal.on_terminal(sys.stderr)
        self._bar: Any = None
        self._task: Any = None
        self._reported = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __call__(self, done: int, total: int | None) -> None:
        """Show that *done* things of *total* are done; None while the total isn't known."""
        if self._bars:
            if self._bar is None:
                self._start(total)
            self._bar.update(self._task, completed=done)
        elif done and (total is None or total >= _FEW):
            self._report(done, total)

    def _report(self, done: int, total: int | None) -> None:
        step = _STEP if total is None else max(total // 10, 1)
        if done // step > self._reported:
            self._reported = done // step
            of = "" if total is None else f"/{total}"
            terminal.say(f"[{done}{of}] {self._verb}")

    def _start(self, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn

        stream: Any = terminal.TolerantStream(sys.stderr)  # like a file, for rich
        system: Any = "auto" if terminal.coloured(sys.stderr) else None
        of = "" if total is None else f"/{total}"
        columns: list[ProgressColumn] = [
            TextColumn(self._verb),
            BarColumn(bar_width=30),
            TextColumn("{task.completed:.0f}" + of, markup=False),
        ]
        self._bar = Progress(
            *columns,
            console=Console(file=stream, color_system=system, highlight=False),
            transient=True,
        )
        self._task = self._bar.add_task("", total=total)
        self._bar.start()
