"""`check --watch`: the check runs again when a file changes, until Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO, Any
from unittest.mock import patch

import pytest

from sfn_release.cli.watching import OwnChanges
from support.command_line import Project, run

ONE = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
BROKEN = '{"StartAt": "A", "States": {"A": {"Type": "Suceed"}}}'
WAIT = 60  # seconds: a machine may be busy


class Watching:
    """A process that watches; *lines* are those of its output, without its notes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: Queue[str] = Queue()
        streams = (process.stdout, process.stderr)
        self._threads = [Thread(target=self._read, args=(stream,)) for stream in streams]
        for thread in self._threads:
            thread.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self.lines.put(line.rstrip())

    def close(self) -> None:
        """Wait until both streams have ended."""
        for thread in self._threads:
            thread.join(WAIT)

    def until(self, words: str) -> list[str]:
        """Return the lines up to the one with *words*."""
        seen: list[str] = []
        while not seen or words not in seen[-1]:
            seen.append(self.lines.get(timeout=WAIT))
        return seen


@contextmanager
def watching(folder: Path, *arguments: str) -> Iterator[Watching]:
    """Run `check --watch` in *folder*."""
    command = [sys.executable, "-m", "sfn_release", "-C", str(folder), "check", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, "--watch"], stdout=pipe, stderr=pipe, text=True) as process:
        running = Watching(process)
        try:
            yield running
        finally:
            process.kill()
            running.close()


def test_a_change_is_checked_and_ctrl_c_ends_it(shop: Project) -> None:
    """A module with a fault, then without, then one that a helper breaks: each is seen."""
    with watching(shop.root) as running:
        assert "no problems in 1 workflow" in running.until("watching")
        shop.write("workflows/pay.asl.json", BROKEN)
        assert "1 error in 2 workflows" in running.until("watching")
        shop.write("workflows/_names.py", "NAME = 'Pay'\n")
        shop.write("workflows/pay.asl.json", ONE)
        module = "import sfn_release as sfn\nfrom _names import NAME\n"
        module += "workflow = sfn.Workflow()\nworkflow.start_from(sfn.Pass(NAME)).end()\n"
        shop.write("workflows/late.py", module)
        assert "no problems in 3 workflows" in running.until("no problems in 3")
        running.until("watching")
        shop.write("workflows/_names.py", "1 / 0\n")
        running.until("raised ZeroDivisionError")
        running.until("watching")
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(timeout=WAIT) == 0


def test_a_single_file_needs_no_project(tmp_path: Path) -> None:
    """The folder of a named file is watched; SIGTERM ends it too."""
    (tmp_path / "a.json").write_text(ONE)
    with watching(tmp_path, "a.json", "--strict") as running:
        running.until("watching")
        (tmp_path / "a.json").write_text(BROKEN)
        assert "1 error in 1 workflow" in running.until("watching")
        running.process.terminate()
        assert running.process.wait(timeout=WAIT) == 0


def test_the_end_takes_a_hanging_module_along(shop: Project, tmp_path: Path) -> None:
    """A signal to the watching process alone leaves no process behind."""
    mark = tmp_path / "process"
    shop.write(
        "workflows/slow.py",
        "import os, pathlib, time\n"
        f"pathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\ntime.sleep(1000)\n",
    )
    with watching(shop.root) as running:
        process = _until(lambda: mark.read_text() if mark.exists() else "")
        running.process.terminate()
        assert running.process.wait(timeout=WAIT) == 0
        _until(lambda: not Path(f"/proc/{process}").exists())


def _until(happens: Callable[[], Any]) -> Any:
    """Wait for a true value, and return it; the test fails if there is none in time."""
    end = time.monotonic() + WAIT
    while not (value := happens()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return value


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--watch", "--json"], 2, "--watch writes text"),
        (["--watch", "--format", "sarif"], 2, "--watch writes text"),
        (["--watch", "-"], 2, "standard input"),
        (["--watch", "gone.json"], 1, "gone.json doesn't exist"),
        (["--watch"], 1, "releases.toml"),
    ],
)
def test_what_can_not_be_watched_is_refused(
    tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    """The error comes at once, before anything is watched."""
    ran = run("-C", str(tmp_path), "check", *arguments)
    assert ran.code == code
    assert words in ran.err


def test_the_extra_is_named_when_it_is_missing(shop: Project) -> None:
    """Without watchfiles the error says how to install it."""
    with patch.dict("sys.modules", {"watchfiles": None}):
        ran = shop.run("check", "--watch")
    assert ran.code == 1
    assert "pip install 'sfn-release[watch]'" in ran.err


def test_a_module_that_writes_files_does_not_start_checks_without_end(shop: Project) -> None:
    """The file is named once. A change by you is still checked."""
    shop.write(
        "workflows/hello.py",
        "import pathlib, time\n"
        "pathlib.Path(__file__).with_name('made.txt').write_text(str(time.time_ns()))\n"
        "import sfn_release as sfn\n"
        "hello = sfn.StateMachine('hello', sfn.Workflow.of(sfn.Pass('A')))\n",
    )
    with watching(shop.root) as running:
        seen = running.until("starts no other check")
        assert "made.txt" in seen[-1]
        assert sum("watching" in line for line in seen) == 3
        time.sleep(2)
        assert running.lines.empty()
        shop.write("workflows/pay.asl.json", BROKEN)
        again = running.until("watching")
        assert any("Suceed" in line for line in again)


def test_own_changes_are_those_of_every_run() -> None:
    """A file that an editor saves during two runs isn't one."""
    own = OwnChanges()
    rounds = [({"a", "b"}, {"a", "b"}), ({"a", "b"}, {"a", "b"}), ({"a"}, set()), ({"b"}, {"b"})]
    for changed, expected in rounds:
        assert own.without_own(changed) == expected
    assert own.without_own({"a", "b"}) == {"a", "b"}
