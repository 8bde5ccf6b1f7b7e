"""Shows a traffic shift on stderr: a live panel on a terminal, lines in a log.

A log gets a line at once when the stage or an alarm changes, soon after a failure, and else from
time to time. A job of GitHub Actions gets a group for each stage.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from sfn_release.cli.output import terminal
from sfn_release.cli.output.glyphs import writes_unicode
from sfn_release.cli.output.live_panel import Lines, LivePanel
from sfn_release.cli.output.shift_text import panel_lines, shift_line
from sfn_release.text import duration_text

if TYPE_CHECKING:
    from sfn_release.deployment.runtime import ShiftProgress

_OFTEN = timedelta(minutes=1)
_LINES = 10  # at most this many lines of one stage in a log, but for changes
_FAILURES = 5  # lines about failures for each of them


class ShiftPanel:
    """The live panel. *clock* counts seconds: the time left goes on between two reports."""

    def __init__(self, seen: ShiftProgress, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen, self._at = seen, clock()
        self._panel = LivePanel(sys.stderr, self._render)

    def show(self, seen: ShiftProgress) -> None:
        """Show new progress. The end of a stage leaves a line behind."""
        before, self._seen, self._at = self._seen, seen, self._clock()
        if before.stage != seen.stage:
            self._panel.above(lambda: terminal.say(shift_line(before)))
        else:
            self._panel.draw()

    def close(self) -> None:
        """Erase the panel, and leave a line with the last progress."""
        self._panel.close()
        terminal.say(shift_line(self._seen))

    def _render(self, columns: int) -> Lines:
        left = self._seen.left - timedelta(seconds=self._clock() - self._at)
        unicode = writes_unicode(sys.stderr)
        return panel_lines(self._seen, max(left, timedelta()), columns, unicode=unicode)


class ShiftLog:
    """The lines of a log."""

    def __init__(self) -> None:
        self._stage = 0
        self._every = _OFTEN
        self._last: ShiftProgress | None = None
        self._open = False  # whether a group of GitHub Actions is open

    def show(self, seen: ShiftProgress) -> None:
        """Write a line, if there is news."""
        if seen.stage != self._stage:
            self.close()
            self._stage = seen.stage
            self._every = max(_OFTEN, seen.left / _LINES)
            self._begin(seen)
        if self._last is None or self._has_news(self._last, seen):
            self._last = seen
            when = f"{seen.at:%H:%M:%S}Z  " if seen.at else ""
            terminal.say(when + shift_line(seen))

    def close(self) -> None:
        """End the group of a stage."""
        if self._open:
            terminal.send_to_runner("::endgroup::")
        self._stage, self._last, self._open = 0, None, False

    def _begin(self, seen: ShiftProgress) -> None:
        if terminal.in_github_actions():
            where = f" of {seen.environment}" if seen.environment else ""
            to = f" to {seen.version}" if seen.version else ""
            title = f"shift{where}{to}: {seen.weight} % for {duration_text(seen.left)}"
            terminal.send_to_runner(f"::group::{terminal.one_line(title)}")
            self._open = True

    def _has_news(self, last: ShiftProgress, seen: ShiftProgress) -> bool:
        passed = last.left - seen.left
        failed = last.new and seen.new and last.new.failed != seen.new.failed
        return (
            passed >= self._every
            or dict(last.alarms) != dict(seen.alarms)
            or bool(failed and passed >= self._every / _FAILURES)
        )
