"""One run of the program: its global options, its project, and how its result is shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sfn_release.cli.output import terminal
from sfn_release.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sfn_release.cli.output.count_progress import CountProgress
    from sfn_release.cli.output.progress import ProgressDisplay
    from sfn_release.deployment.runtime import Runtime
    from sfn_release.operations.workspace import Workspace
    from sfn_release.plan import Plan


LOG_CALLS = 2
"""Each ``-v`` counts: from this verbosity on, calls to AWS and Git are logged."""
PAGED = frozenset(
    {"list", "build", "graph", "coverage", "faults", "plan", "status", "releases", "history"}
    | {"at", "show", "blame", "diff", "permissions", "explain"}
)
"""Commands that show something, and whose long result a pager shows.

A command that changes or checks something leaves its result on the screen.
"""
_GITHUB = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")


class Session:
    """The global options, gathered before and after the command's name."""

    def __init__(self, *, as_json: bool = False, reports: bool = True) -> None:
        self.reports = reports  # write summaries and outputs for GitHub Actions
        self.folder = ""  # from -C
        self.environments: list[str] = []
        self.as_json = as_json
        self.verbosity = 0
        self.quiet = False  # show only the result, warnings, errors and questions
        self.pages = True  # page long results on a terminal
        self.command = ""  # the name of the command that runs
        self.shown = False  # the command's JSON object is written

    @property
    def verbose(self) -> bool:
        """Whether ``-v`` was given."""
        return self.verbosity > 0

    @property
    def directory(self) -> Path:
        """The folder to work in; raises UsageError when it doesn't exist."""
        from pathlib import Path

        try:
            directory = Path(self.folder).absolute()
        except FileNotFoundError:
            raise UsageError(
                "The current folder was deleted.", fix="Change to another folder."
            ) from None
        if not os.path.isdir(directory):  # noqa: PTH112 - Path.is_dir raises for very long names
            raise UsageError(f"{directory} is not a folder.", fix="Name a folder with -C.")
        return directory

    def arguments(self) -> list[str]:
        """Return the global options as a command line has them."""
        folder = ["-C", self.folder] if self.folder else []
        environments = [word for name in self.environments for word in ("--env", name)]
        return [*folder, *environments, *["-v"] * self.verbosity]

    @property
    def environment(self) -> str | None:
        """The environment that ``--env`` names, if any; raises UsageError for several."""
        names = list(dict.fromkeys(self.environments))
        if len(names) > 1:
            raise UsageError(
                f"This command takes one --env, not {len(names)}: {', '.join(names)}.",
                fix="Run it once for each environment.",
            )
        return names[0] if names else None

    def names(self, workspace: Workspace) -> list[str]:
        """Return the environments that ``--env`` names, or the project's default.

        Raises NotFoundError for an unknown environment.
        """
        names = dict.fromkeys(self.environments) or [workspace.project.default_environment]
        return [workspace.environment(name).name for name in names]

    def workspace(self) -> Workspace:
        """Open the project of this folder.

        Raises NotFoundError (no repository, no releases.toml), ConfigError, GitError.
        """
        from sfn_release.operations.workspace import open_workspace

        workspace = open_workspace(self.directory, self.runtime())
        self.progress.labels = {
            name: environment.label for name, environment in workspace.project.environments.items()
        }
        return workspace

    def label(self, environment: str) -> str:
        """Return an environment's name for output; its own name if the project doesn't have it."""
        return self.progress.labels.get(environment, environment)

    def runtime(self) -> Runtime:
        """Return the clock, identity and watcher of this process."""
        from sfn_release.operations.real_runtime import system_runtime

        return system_runtime(self.progress)

    @cached_property
    def now(self) -> datetime:
        """The time of the command, for ages. It's the same in the whole result."""
        return self.runtime().now()

    def when(self, text: str, *, exact: bool = False) -> str:
        """Return an ISO 8601 time with its age; to the second if *exact*, or with ``-v``."""
        from sfn_release.cli.output.times import when

        return when(text, self.now, exact=exact or self.verbose)

    def aged(self, text: str) -> str:
        """Return a sentence with the age behind each time in it."""
        from sfn_release.cli.output.times import aged, has_time

        return aged(text, self.now) if has_time(text) else text  # the clock is slow to import

    def age(self, text: str) -> str:
        """Return how long ago an ISO 8601 time was."""
        from sfn_release.cli.output.times import age

        return age(text, self.now)

    @cached_property
    def progress(self) -> ProgressDisplay:
        """Shows deployments on stderr."""
        from sfn_release.cli.output.progress import ProgressDisplay

        return ProgressDisplay(
            verbose=self.verbose, bars=self.verbosity < LOG_CALLS, quiet=self.quiet
        )

    def counting(self, verb: str) -> CountProgress:
        """Return what shows how many things are *verb* done: a bar, or lines in a log."""
        from sfn_release.cli.output.count_progress import CountProgress

        return CountProgress(verb, bars=self.verbosity < LOG_CALLS and not self.quiet)

    def ask(self, question: Callable[[], None], *, needed: bool = True) -> None:
        """Ask *question* between the next plan and its application; raising there refuses it.

        With --quiet, the plan is shown only if the question is *needed*.
        """
        self.progress.ask = question if needed else None

    @property
    def plans(self) -> dict[str, Plan]:
        """The plans that were applied, or begun, by environment."""
        return self.progress.plans

    def close(self) -> None:
        """Remove the progress bar from the screen."""
        if "progress" in vars(self):
            self.progress.close()

    def show(
        self,
        command: str,
        members: dict[str, Any],
        text: Callable[[], None],
        *,
        summary: Callable[[], str] | None = None,
    ) -> None:
        """Write a command's result: its JSON object, or *text* for people.

        A job of GitHub Actions gets it too: *summary* is Markdown for it.
        """
        if self.as_json:
            terminal.write_json(command, members)
            self.shown = True
        elif self.pages and self.command in PAGED:
            from sfn_release.cli.output.pager import paged

            paged(text)
        else:
            text()
        if self.reports and any(name in os.environ for name in _GITHUB):
            from sfn_release.cli.output import github

            sys.stdout.flush()
            github.report(command, members, summary() if summary else None)
        if self.reports and os.environ.get("SFN_RELEASE_DOTENV"):
            from sfn_release.cli.output import gitlab

            gitlab.write_outputs(command, members)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before a change that can't be undone. *yes* answers the question.

    Raises RefusedError if the answer is no, UsageError without a terminal.
    """
    if yes:
        return
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "There is no terminal to ask you on, so nothing was changed.",
            why=question,
            fix="To confirm, run it again with --yes.",
        )
    sys.stderr.write(f"{terminal.one_line(question)} [y/N] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        sys.stderr.write("\n")
    if answer.strip().lower() not in {"y", "yes"}:
        raise RefusedError("Nothing was changed: the answer was not yes.")
