"""The cost of one command: its CPU time with all of its processes, its memory, its git processes.

CPU time hardly depends on the other processes of the machine, as the duration does.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from measuring import ENVIRON, SFN_RELEASE

_GIT = re.compile(r"git (?P<verb>[a-z-]+)(?P<rest>.*): exit code -?\d+, ")
_MANY = "cat-file --batch ("  # questions to one git process


@dataclass(frozen=True)
class Cost:
    """CPU *seconds*, and the peak *memory* of one process in MB."""

    seconds: float
    memory: float


def cost(folder: Path, *arguments: str) -> Cost:
    """Run ``sfn-release`` with *arguments*, which must succeed, and return its cost."""
    seconds, memory, _ = _run([SFN_RELEASE, *arguments], folder)
    return Cost(seconds, memory)


def git_processes(folder: Path, *arguments: str) -> int:
    """Run ``sfn-release -vv`` with *arguments*, and return how many git processes it started."""
    log = _run([SFN_RELEASE, "-vv", *arguments], folder)[2]
    calls = [found.group() for found in _GIT.finditer(log)]
    asked = sum(_MANY in call for call in calls)
    return len(calls) - asked + bool(asked)


def _run(command: Sequence[str], folder: Path) -> tuple[float, float, str]:
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(ENVIRON), stdout=subprocess.DEVNULL, stderr=errors
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        log = errors.read().decode("utf-8", "replace")
    if process.returncode:
        raise SystemExit(f"{command} exited with {process.returncode}\n{log}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, log


def folder_size(folder: Path) -> float:
    """Return the size of the files in a folder, in MB."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
