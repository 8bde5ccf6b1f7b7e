"""Shows a deployment on stderr: its plan, then a bar on a terminal or plain lines in a log."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sfn_release.cli.output import terminal

if TYPE_CHECKING:
    from sfn_release.cli.output.shift_display import ShiftLog, ShiftPanel
    from sfn_release.deployment.runtime import ShiftProgress
    from sfn_release.plan import Plan
    from sfn_release.plan.steps import Step


_MANY = 60  # steps: above, a log gets a line for every ten percent


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
        self._task: Any = None
        self._done = self._steps = 0
        self._panel: ShiftPanel | None = None  # of a shift, on a terminal
        self._log: ShiftLog | None = None  # of a shift, elsewhere

    def say(self, text: str) -> None:
        """Write a message. With --quiet, only a warning is written.

        During a shift, the panel leaves a line before it: the message may be about its end.
        """
        if self._quiet and not terminal.is_warning(text):
            return
        with self._lock:
            if self._panel is not None:
                self._panel.close()
                self._panel = None
            if self._bar is not None:
                self._bar.stop()
            _say(text)
            if self._bar is not None:
                self._bar.start()

    def planned(self, plan: Plan) -> None:
        """Write the plan, and ask the question, if there is one."""
        from sfn_release.cli.output.plans import plan_lines
        from sfn_release.cli.output.tables import folded_lines

        self.plans[plan.environment] = plan
        label = self.labels.get(plan.environment, plan.environment)
        if not self._quiet or self.ask is not None:  # you can't answer without the plan
            for line in plan_lines(plan, label=label, verbose=self._verbose):
                for part in folded_lines(line, sys.stderr):
                    terminal.say_always(part)
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
            if self._panel is not None or self._log is not None:
                self._stop()
                if self._bars:
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
        """Show the progress of a shift: in a live panel, or in a log from time to time."""
        if self._quiet:
            return
        from sfn_release.cli.output.shift_display import ShiftLog, ShiftPanel

        where = self.labels.get(seen.environment, seen.environment)
        seen = replace(seen, environment=where)
        with self._lock:
            if self._bars:
                self._stop_bar()
                if self._panel is None:
                    self._panel = ShiftPanel(seen)
                self._panel.show(seen)
                return
            if self._log is None:
                self._log = ShiftLog()
            self._log.show(seen)

    def close(self) -> None:
        """Take the bar, or the panel, off the screen."""
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        self._stop_bar()
        if self._panel is not None:
            self._panel.close()
            self._panel = None
        if self._log is not None:
            self._log.close()

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _start(self) -> None:
        """Draw the bar."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        stream: Any = terminal.TolerantStream(sys.stderr)  # like a file, for rich
        system: Any = "auto" if terminal.coloured(sys.stderr) else None
        self._bar = Progress(
            TextColumn("applying"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[step]}", markup=False),
            console=Console(file=stream, color_system=system, highlight=False),
            transient=True,
        )
        self._task = self._bar.add_task("", total=self._steps, completed=self._done, step="")
        self._bar.start()


def _say(text: str) -> None:
    """Write the lines of a message that --quiet doesn't leave out."""
    from sfn_release.cli.output.tables import folded_lines

    for line in text.splitlines():
        for part in folded_lines(line, sys.stderr):
            terminal.say_always(part, style="dim")
