"""Shows a deployment on stderr: its plan, then a bar on a terminal or plain lines in a log."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sfn_release.cli.output import terminal
from sfn_release.text import duration_text

if TYPE_CHECKING:
    from sfn_release.deployment.runtime import ExecutionCounts, ShiftProgress
    from sfn_release.plan import Plan
    from sfn_release.plan.steps import Step


_OFTEN = timedelta(minutes=1)
_MANY = 60  # steps: above, a log gets a line for every ten percent
_LINES = 10  # at most this many lines of one stage in a log


class ProgressDisplay:
    """A `deployment.Watcher` that writes to a terminal or a log.

    *ask* is called once, between the first plan and its application. Raising there refuses it.
    *labels* are the environments' names for output.
    """

    def __init__(
        self,
        *,
        verbose: bool = False,
        bars: bool = True,
        quiet: bool = False,
        ask: Callable[[], None] | None = None,
    ) -> None:
        self.labels: Mapping[str, str] = {}
        self._verbose = verbose
        self._quiet = quiet
        self._bars = bars and not quiet and terminal.on_terminal(sys.stderr)
        self.plans: dict[str, Plan] = {}  # the last one of each environment
        self.ask = ask
        self._lock = threading.Lock()
        self._bar: Any = None
        self._watching = False  # whether the bar is the line of a shift
        self._task: Any = None
        self._done = self._steps = 0
        # In a log: the stage that is watched, and how often and when it was written.
        self._stage = 0
        self._every = _OFTEN
        self._last_reported: timedelta | None = None

    def say(self, text: str) -> None:
        """Write a message."""
        if self._quiet:
            return
        with self._lock:
            if self._bar is not None:
                self._bar.stop()
            for line in text.splitlines():
                terminal.say(line, style="dim")
            if self._bar is not None:
                self._bar.start()

    def planned(self, plan: Plan) -> None:
        """Write the plan, and ask the question, if there is one."""
        from sfn_release.cli.output.plans import plan_lines

        self.plans[plan.environment] = plan
        label = self.labels.get(plan.environment, plan.environment)
        if not self._quiet or self.ask is not None:  # you can't answer without the plan
            for line in plan_lines(plan, label=label, verbose=self._verbose):
                terminal.say_always(line)
        if self.ask is not None:
            sys.stderr.flush()
            ask, self.ask = self.ask, None
            ask()

    def applying(self, steps: int) -> None:
        """Begin to show progress."""
        self._done, self._steps = 0, steps
        if steps and self._bars:
            self._start()

    def applied(self, step: Step) -> None:
        """Show that one step is done; called from several threads."""
        if self._quiet:
            return
        with self._lock:
            self._done += 1
            if self._watching:
                self._stop()
                self._start()
            if self._bar is not None:
                shown = terminal.one_line(step.workflow or str(step))
                self._bar.update(self._task, advance=1, step=shown)
                if self._done >= self._steps:
                    self._stop()
            elif self._steps > _MANY and not self._verbose:
                percent = 10 * (10 * self._done // self._steps)
                if percent != 10 * (10 * (self._done - 1) // self._steps):
                    terminal.say(f"[{self._done}/{self._steps}] {percent} %")
            else:
                from sfn_release.cli.output.plans import step_text

                text = step_text(step, verbose=self._verbose)
                whose = f"{step.workflow}: " if step.workflow else ""
                terminal.say(f"[{self._done}/{self._steps}] {whose}{text}")

    def seen(self, seen: ShiftProgress) -> None:
        """Show the progress of a shift: beside the bar, or in a log from time to time."""
        if self._quiet:
            return
        with self._lock:
            if self._bar is not None:
                if self._watching:
                    self._bar.update(self._task, step=_shift(seen))
                else:
                    self._stop()
                    self._start(shift=_shift(seen))
                return
            if seen.stage != self._stage:
                self._stage, self._last_reported = seen.stage, None
                self._every = max(_OFTEN, seen.left / _LINES)
            if self._last_reported is None or self._last_reported - seen.left >= self._every:
                self._last_reported = seen.left
                terminal.say(_shift(seen))

    def close(self) -> None:
        """Take the bar off the screen."""
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        self._watching = False
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _start(self, *, shift: str = "") -> None:
        """Draw the bar, or instead the line about a *shift*."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            ProgressColumn,
            TextColumn,
        )

        stream: Any = terminal.TolerantStream(sys.stderr)  # like a file, for rich
        system: Any = "auto" if terminal.coloured(sys.stderr) else None
        bar: list[ProgressColumn] = [
            TextColumn("applying"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
        ]
        self._watching = bool(shift)
        self._bar = Progress(
            *([] if shift else bar),
            TextColumn("{task.fields[step]}", markup=False),
            console=Console(file=stream, color_system=system, highlight=False),
            transient=True,
        )
        self._task = self._bar.add_task("", total=self._steps, completed=self._done, step=shift)
        self._bar.start()


def _shift(seen: ShiftProgress) -> str:
    """Return the progress of a shift as one line."""
    left = timedelta(seconds=round(seen.left.total_seconds()))
    stage = f" (stage {seen.stage} of {seen.stages})" if seen.stages > 1 else ""
    parts = [f"{seen.weight} % shifted{stage}, {duration_text(left)} left"]
    parts += [f"new {_tally(seen.new)}"] if seen.new else []
    parts += [f"old {_tally(seen.old)}"] if seen.old else []
    return "; ".join(parts)


def _tally(tally: ExecutionCounts) -> str:
    more = "+" if tally.more else ""
    return f"{tally.started}{more} started, {tally.failed} failed"
