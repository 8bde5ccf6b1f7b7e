"""Times whole processes in turn, and compares them."""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import sfn_release

PYTHON = sys.executable
SFN_RELEASE = str(Path(sys.executable).with_name("sfn-release"))
ENVIRON = {
    **{
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "GIT_", "PYTHON"))  # PYTHONDONTWRITEBYTECODE, too
    },
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_EC2_METADATA_DISABLED": "true",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Benchmark",
    "GIT_AUTHOR_EMAIL": "benchmark@example.com",
    "GIT_COMMITTER_NAME": "Benchmark",
    "GIT_COMMITTER_EMAIL": "benchmark@example.com",
}

# An installer compiles all modules, and otherwise the first run does. Build processes never do.
compileall.compile_dir(Path(sfn_release.__file__).parent, quiet=1)


def run(command: Sequence[str], folder: Path, *, environ: Mapping[str, str] = ENVIRON) -> str:
    """Run a command that must succeed, and return its output."""
    done = subprocess.run(
        command, cwd=folder, env=dict(environ), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{command} exited with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def seconds(action: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the duration of *action*."""
    begun = clock()
    action()
    return clock() - begun


def compare(
    what: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    goal: float,
    rounds: int = 11,
    clock: Callable[[], float] = time.perf_counter,
) -> bool:
    """Time two actions in turn, print the median of their ratios, and return whether it is met.

    For work inside this process, `time.process_time` as *clock* ignores other processes.
    """
    ours()
    theirs()
    pairs = [(seconds(ours, clock), seconds(theirs, clock)) for _ in range(rounds)]
    ratio = statistics.median(mine / base for mine, base in pairs)
    mine = statistics.median(mine for mine, _ in pairs)
    base = statistics.median(base for _, base in pairs)
    met = ratio <= goal
    print(
        f"{what:<44} {ratio:6.2f}  (goal {goal:g}: {'met' if met else 'MISSED'};"
        f" {mine * 1000:.0f} ms against {base * 1000:.0f} ms, {rounds} rounds)"
    )
    return met
