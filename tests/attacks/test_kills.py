"""Kills at every stretch of a run: the same command again finishes the work.

Real processes, killed by SIGKILL at a chosen outside call, or only their git children; on `local`
and against an endpoint over HTTP, with a remote and without. The result is compared with an
undisturbed run: nothing is lost, doubled or stuck. ``benchmarks/attacks.py`` runs many more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.attacks.killing import SCENES, stages
from support.places import PYTHONPATH

PLAYS = len(list(stages("")))
"""Scenes, each on the backends that it has. One in three is killed here."""


def killed(folder: Path, part: str) -> list[dict[str, Any]]:
    """Return the reports on a part of a kill for each play."""
    words = ("--kills", str(PLAYS), "--seed", "1", "--part", part)
    done = subprocess.run(
        [sys.executable, "-m", "support.attacks.killing", str(folder / "kills"), *words],
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    reports: list[dict[str, Any]] = json.loads(done.stdout)
    return reports


@pytest.mark.parametrize("part", ["0/6", "3/6"])
def test_nothing_is_lost_doubled_or_stuck(tmp_path: Path, part: str) -> None:
    """Scenes and backends in turn, each killed at another stretch."""
    reports = killed(tmp_path, part)
    assert [report for report in reports if report["faults"]] == []
    assert len(reports) == len(range(int(part[0]), PLAYS, 6))
    assert all(report["killed"] for report in reports)


def test_every_scene_is_killed() -> None:
    """Each one is killed on at least one backend."""
    assert {scene for scene, _ in list(stages(""))[::3]} == set(SCENES)


def test_every_command_that_changes_something_is_killed() -> None:
    """A new one belongs on the list."""
    commands = {scene.command[0] for scene in SCENES}
    assert commands == {"publish", "deploy", "promote", "rollback", "delete", "yank", "unlock"}
    assert any("--adopt" in scene.command for scene in SCENES)
