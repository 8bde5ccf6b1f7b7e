"""A story: real commands in a scratch repository that your Git settings don't reach."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sfn_release.cli.exits import FAILED, HUNG_UP, INTERRUPTED, TERMINATED
from sfn_release.cli.files import read_text, write_text
from sfn_release.cli.output import terminal
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
_ENDED = {INTERRUPTED, HUNG_UP, TERMINATED}


@dataclass
class Story:
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

    def sfn_release(self, *arguments: str, expected: int = 0) -> None:
        """Run a command of this program, whose exit code should be *expected*."""
        if not self.exit_code:
            self._typed("sfn-release", arguments)
            code = self.run(["-C", str(self.folder), *arguments])
            self._done(f"sfn-release {shlex.join(arguments)}", code, expected)

    def python(self, *arguments: str) -> None:
        """Run this Python, in the folder of the story."""
        if not self.exit_code:
            self._typed("python", arguments)
            code = _shown([sys.executable, *arguments], self.folder, os.environ)
            self._done(f"python {shlex.join(arguments)}", code)

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        if not self.exit_code:
            (self.folder / path).parent.mkdir(exist_ok=True)
            write_text(self.folder / path, text)

    def append(self, path: str, text: str) -> None:
        """Write a text at the end of a file."""
        if not self.exit_code:
            write_text(self.folder / path, read_text(self.folder / path) + text)

    def show(self, path: str) -> None:
        """Show a file, as `cat` does."""
        if not self.exit_code:
            self._typed("cat", [path])
            terminal.write_block(read_text(self.folder / path).rstrip("\n"))

    def say(self, text: str) -> None:
        """Write a sentence, unless something failed."""
        if not self.exit_code:
            terminal.write(text)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text in a file."""
        if not self.exit_code:
            file = self.folder / path
            write_text(file, read_text(file).replace(old, new, 1))

    def _typed(self, program: str, arguments: Sequence[str]) -> None:
        terminal.write(f"$ {program} {shlex.join(arguments)}", style="bold")
        sys.stdout.flush()

    def _done(self, command: str, code: int, expected: int = 0) -> None:
        sys.stdout.flush()
        self.steps.append({"command": command, "exit_code": code})
        if code != expected:
            self.exit_code = code or FAILED


def tell(
    tale: Callable[[Story], None],
    run: Callable[[Sequence[str]], int],
    *,
    keep: bool,
    as_json: bool,
) -> int:
    """Run the commands of *tale*, and return 0 if every step ended as expected.

    *run* runs a command line of this program. The scratch folder is deleted unless *keep*.
    """
    if shutil.which("git") is None:
        raise GitError(
            "git was not found on this machine.",
            fix="Releases live in Git: install it from https://git-scm.com/ and put it on PATH.",
        )
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="sfn-release-demo-")).resolve()
    story = Story(folder, run)
    talk = contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext()
    try:
        with talk:
            terminal.write("A temporary project on `local`, Step Functions without AWS:")
            terminal.write(f"  {folder}")
            _prepare(story.folder)
            tale(story)
            _end(story, time.monotonic() - began, keep=keep)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    if as_json:
        members = {"folder": str(folder), "kept": keep, "steps": story.steps}
        terminal.write_json("demo", members)
    return story.exit_code if story.exit_code in {0, *_ENDED} else FAILED


def _end(story: Story, seconds: float, *, keep: bool) -> None:
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
    line = ["git", "-c", "color.ui=false", *arguments]
    return _shown(line, folder, environ | {"GIT_PAGER": "cat"})


def _shown(line: Sequence[str], folder: Path, environ: Mapping[str, str]) -> int:
    """Run a program in *folder*, show its output, and return its exit code."""
    done = subprocess.run(
        line,
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.stdout:
        terminal.write_block(done.stdout.rstrip("\n"))
    if done.stderr:
        for said in done.stderr.splitlines():
            terminal.say(said)
    return done.returncode
