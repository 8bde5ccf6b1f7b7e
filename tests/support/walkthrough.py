"""Follow a tutorial as its reader does: write its files, run its commands, compare their output.

A page has blocks of two kinds. A block with ``title="PATH"`` is a file, which you write. A block of
the language ``console`` is a terminal: a line that begins with ``$`` is a command, the lines below
it are its output. A line ``...`` in an output stands for any lines, and ``...`` inside a line for
any text. Digests, times with their ages, and ids may have other values. Lines of progress aren't
compared.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from sfn_release.cli import main
from support.git import run_git

_BLOCK = re.compile(
    r"^```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_VALUES = {
    "<time>": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?Z(?:, (?:just now|\d+ \w+ ago))?",
    "<id>": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "<digest>": r"\b[0-9a-f]{12}\b",
    "<seconds>": r"\b\d+\.\d\ds\b",
    " ": r" {2,}",
}
_PROGRESS = re.compile(r"\[\d+/\d+\] |building |\d+ % shifted|CHANGELOG\.md has no section")
BESIDE = "second terminal"
"""The title of a console whose commands run while the next console's do."""


@dataclass(frozen=True)
class File:
    """A file that the reader writes."""

    path: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command line, and the output that the page shows."""

    line: str
    shown: tuple[str, ...]
    beside: bool = False


def steps(page: str) -> Iterator[File | Command]:
    """Return the files and commands of a page, in its order."""
    for block in _BLOCK.finditer(page):
        title, text = block["title"], block["text"]
        if block["language"] != "console":
            if title:
                yield File(title, text)
            continue
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            line, *shown = part.rstrip("\n").split("\n")
            yield Command(line, tuple(shown), beside=title == BESIDE)


@dataclass
class Walkthrough:
    """A reader in a folder; *here* is the folder that they are in.

    *beside* receives the command of the second terminal.
    """

    here: Path
    beside: Callable[[str], None] = field(default=lambda _line: None)

    def follow(self, page: str) -> None:
        """Write every file and run every command; compare every output."""
        for step in steps(page):
            match step:
                case File(path, text):
                    file = self.here / path
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(text, encoding="utf-8")
                case Command(line, _, beside=True):
                    self.beside(line)
                case Command(line, shown):
                    matches(shown, self.run(line), line)

    def run(self, line: str) -> str:
        """Run a command line in this folder; return its output, standard error included."""
        program, *arguments = shlex.split(line, comments=True)
        if program == "cd":
            self.here /= arguments[0]
            return ""
        if program == "mkdir":
            (self.here / arguments[0]).mkdir()
            return ""
        if program == "git":
            return run_git(self.here, *arguments)
        if program == "pytest":
            return self._pytest(arguments)
        assert program == "sfn-release", line
        written = io.StringIO()
        with (
            contextlib.redirect_stdout(written),
            contextlib.redirect_stderr(written),
            patch("sys.stdin", io.StringIO()),
        ):
            main(["-C", str(self.here), *arguments])
        return written.getvalue()

    def _pytest(self, arguments: Sequence[str]) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=self.here,
            env=os.environ | {"COLUMNS": "80"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr


def _comparable(line: str) -> str:
    for name, value in _VALUES.items():
        line = re.sub(value, name, line)
    return line.strip()


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in _comparable(line).split("..."))


def matches(shown: Sequence[str], output: str, line: str) -> None:
    """Compare the output that a page shows with the output of the command."""
    if not shown:
        return
    lines = [_comparable(text) for text in output.splitlines() if not _PROGRESS.match(text)]
    got = "".join(f"{text}\n" for text in lines if text)
    wanted = ""
    for text in shown:
        if text.strip() == "...":
            wanted += "(?:.*\n)*?"
        elif text.strip():
            wanted += _pattern(text) + "\n"
    assert re.fullmatch(wanted, got), f"$ {line}\n--- shown\n{chr(10).join(shown)}\n--- got\n{got}"
