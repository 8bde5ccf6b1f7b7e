"""What the global options of a command line say, and the project that they lead to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sfn_release.cli.output import terminal
from sfn_release.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from sfn_release.cli.output.progress import Progress
    from sfn_release.deployment.runtime import Runtime
    from sfn_release.operations.workspace import Workspace
    from sfn_release.plan import Plan


_GITHUB = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")


class Session:
    """The global options, gathered before and after the command's name."""

    def __init__(self, *, as_json: bool = False, reports: bool = True) -> None:
        self.reports = reports  # tell a CI job too what is shown
        self.folder = ""  # as -C names it
        self.environments: list[str] = []
        self.as_json = as_json
        self.verbose = False
        self.shown = False  # whether the command's JSON object was written
        self.progress: Progress | None = None

    @property
    def directory(self) -> Path:
        """The folder to work in; raises UsageError for a -C that is none, and for a deleted one."""
        from pathlib import Path

        from sfn_release.project import existing_files

        try:
            directory = Path(self.folder).absolute()
        except FileNotFoundError:
            raise UsageError(
                "The folder that this runs in was deleted.", fix="Change to another one."
            ) from None
        if not existing_files.is_folder(directory):
            raise UsageError(f"{directory} is not a folder.", fix="Name one with -C.")
        return directory

    @property
    def environment(self) -> str | None:
        """The one environment that was named, None for none; raises UsageError for several."""
        names = list(dict.fromkeys(self.environments))
        if len(names) > 1:
            raise UsageError(
                f"This command takes one --env, and {len(names)} were given: {', '.join(names)}.",
                fix="Run it once for each.",
            )
        return names[0] if names else None

    def names(self, workspace: Workspace) -> list[str]:
        """Return the environments that were named, the project's default for none.

        Raises NotFoundError for one that does not exist.
        """
        names = dict.fromkeys(self.environments) or [workspace.project.default_environment]
        return [workspace.environment(name).name for name in names]

    def workspace(self, ask: Callable[[], None] | None = None) -> Workspace:
        """Open the project of this folder; *ask* is called between a plan and its application.

        Raises NotFoundError (no repository, no releases.toml), ConfigError, GitError.
        """
        from sfn_release.operations.workspace import open_workspace

        runtime = self.runtime(ask)
        workspace = open_workspace(self.directory, runtime)
        assert self.progress is not None  # noqa: S101 - `runtime` made it
        self.progress.local = frozenset(
            name
            for name, environment in workspace.project.environments.items()
            if environment.backend.embedded
        )
        return workspace

    def runtime(self, ask: Callable[[], None] | None = None) -> Runtime:
        """Return the world that a command acts in."""
        from sfn_release.cli.output.progress import Progress
        from sfn_release.operations.workspace import system_runtime

        self.progress = Progress(verbose=self.verbose, ask=ask)
        return system_runtime(self.progress)

    def ask(self, question: Callable[[], None]) -> None:
        """Ask *question* between the next plan and its application; raising there refuses it."""
        assert self.progress is not None  # noqa: S101 - `workspace` made it
        self.progress.ask = question

    @property
    def plans(self) -> dict[str, Plan]:
        """The plans that were carried out, or begun, by environment."""
        return self.progress.plans if self.progress else {}

    def close(self) -> None:
        """Take what is drawn while a deployment runs off the screen."""
        if self.progress is not None:
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
        else:
            text()
        if self.reports and any(name in os.environ for name in _GITHUB):
            from sfn_release.cli.output import github

            sys.stdout.flush()
            github.report(command, members, summary() if summary else None)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be taken back; *yes* answers.

    Raises RefusedError for a no, UsageError where there is nobody to ask.
    """
    if yes:
        return
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"{question} There is no terminal to ask on: nothing was changed.",
            fix="If you mean it, run it again with --yes.",
        )
    sys.stderr.write(f"{terminal.one_line(question)} [y/N] ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        sys.stderr.write("\n")
    if answer.strip().lower() not in {"y", "yes"}:
        raise RefusedError("Nothing was changed: the answer was not yes.")
