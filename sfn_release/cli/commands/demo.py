"""demo: the whole story, in a scratch repository that your Git settings don't reach."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import click

from sfn_release.cli.exits import FAILED, HUNG_UP, INTERRUPTED, TERMINATED
from sfn_release.cli.files import read_text, write_text
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.errors import GitError

_SETTINGS = {
    # of the scratch repository alone: a user's identity, hooks, signing and filters stay out
    "user.name": "Alice",
    "user.email": "alice@example.com",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "core.hooksPath": os.devnull,
    "core.excludesFile": os.devnull,
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
}
_NOTES = """\
## [1.1.0]

### Changed

- Greet Bob.

## [1.0.0]
"""
_ENDED = {INTERRUPTED, HUNG_UP, TERMINATED}


@command("demo")
@click.option("--keep", is_flag=True, help="Keep the temporary repository.")
def run(session: Session, keep: bool) -> int:
    """Try every step in a temporary repository, without AWS.

    Publish, execute, change, publish, execute, diff, roll back, execute, status, history. You see
    each command with its real output.
    """
    from sfn_release.cli.app import run

    return _tell_story(partial(run, reports=False), keep=keep, as_json=session.as_json)


@dataclass
class _Story:
    """The temporary repository and its commands. *exit_code* is the first that isn't 0."""

    folder: Path
    run: Callable[[Sequence[str]], int]
    exit_code: int = 0
    steps: list[dict[str, str | int]] = field(default_factory=list)

    def chapter(self, text: str) -> None:
        """Announce the next commands, unless something failed."""
        if not self.exit_code:
            terminal.write()
            terminal.write(f"# {text}", style="cyan")

    def git(self, *arguments: str) -> None:
        """Run git as a person would."""
        if not self.exit_code:
            self._typed("git", arguments)
            self._done(f"git {shlex.join(arguments)}", _git(self.folder, *arguments))

    def sfn_release(self, *arguments: str) -> None:
        """Run a command of this program."""
        if not self.exit_code:
            self._typed("sfn-release", arguments)
            code = self.run(["-C", str(self.folder), *arguments])
            self._done(f"sfn-release {shlex.join(arguments)}", code)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text in a file."""
        if not self.exit_code:
            file = self.folder / path
            write_text(file, read_text(file).replace(old, new, 1))

    def _typed(self, program: str, arguments: Sequence[str]) -> None:
        terminal.write(f"$ {program} {shlex.join(arguments)}", style="bold")
        sys.stdout.flush()

    def _done(self, command: str, code: int) -> None:
        sys.stdout.flush()
        self.steps.append({"command": command, "exit_code": code})
        self.exit_code = self.exit_code or code


def _tell_story(run: Callable[[Sequence[str]], int], *, keep: bool, as_json: bool) -> int:
    """Run the story, and return 0 if every step succeeded.

    *run* runs a command line of this program. The scratch folder is deleted unless *keep*.
    """
    if shutil.which("git") is None:
        raise GitError(
            "git was not found on this machine.",
            fix="Releases live in Git: install it from https://git-scm.com/ and put it on PATH.",
        )
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="sfn-release-demo-")).resolve()
    story = _Story(folder, run)
    talk = contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext()
    try:
        with talk:
            terminal.write("A temporary project on `local`, Step Functions without AWS:")
            terminal.write(f"  {folder}")
            _run_story(story)
            _end(story, time.monotonic() - began, keep=keep)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    if as_json:
        members = {"folder": str(folder), "kept": keep, "steps": story.steps}
        terminal.write_json("demo", members)
    return story.exit_code if story.exit_code in {0, *_ENDED} else FAILED


def _run_story(story: _Story) -> None:
    _prepare(story.folder)
    story.chapter("A project: releases.toml and a first workflow.")
    story.sfn_release("init")
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Say hello to Alice")
    story.chapter("The commit becomes release 1.0.0, and runs.")
    story.sfn_release("publish", "1.0.0")
    story.sfn_release("execute", "hello")
    story.chapter("The workflow changes: Alice becomes Bob. The change is release 1.1.0.")
    story.edit("workflows/hello.py", "Hello Alice", "Hello Bob")
    story.edit("CHANGELOG.md", "## [1.0.0]\n", _NOTES)
    story.git("diff", "--unified=0", "workflows")
    story.git("commit", "--quiet", "--all", "--message", "Say hello to Bob")
    story.sfn_release("publish", "1.1.0")
    story.sfn_release("execute", "hello")
    story.sfn_release("diff", "1.0.0", "1.1.0")
    story.chapter("Bob was a mistake: back to 1.0.0, byte for byte, without running its Python.")
    story.sfn_release("rollback", "1.0.0")
    story.sfn_release("execute", "hello")
    story.chapter("What is live, and every deployment so far.")
    story.sfn_release("status")
    story.sfn_release("history")


def _end(story: _Story, seconds: float, *, keep: bool) -> None:
    terminal.write()
    if story.exit_code:
        terminal.write(f"The demo stopped: exit code {story.exit_code}.", style="red")
    else:
        terminal.write(f"That was the whole story, in {seconds:.1f} seconds.", style="bold")
    if keep:
        terminal.write(f"Look around:  cd {shlex.quote(str(story.folder))}")
    else:
        terminal.write(f"Deleted {story.folder}. `sfn-release demo --keep` keeps it.")
    if not story.exit_code:
        terminal.write("Start your own project:  sfn-release init")
    sys.stdout.flush()


def _prepare(folder: Path) -> None:
    """Make the repository, with settings of its own for whatever a user may have set."""
    lines = [("init", "--quiet", "--template=", "--initial-branch=main")]
    lines += [("config", "--local", name, value) for name, value in _SETTINGS.items()]
    for line in lines:
        if _git(folder, *line):
            raise GitError(f"`git {shlex.join(line)}` failed in {folder}.")


def _git(folder: Path, *arguments: str) -> int:
    """Run git in *folder*, whatever repository the caller's environment names."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-c", "color.ui=false", *arguments],
        cwd=folder,
        env=environ | {"GIT_PAGER": "cat"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.stdout:
        terminal.write_block(done.stdout.rstrip("\n"))
    if done.stderr:
        for line in done.stderr.splitlines():
            terminal.say(line)
    return done.returncode
