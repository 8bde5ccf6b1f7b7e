"""Replays in several processes: the same results, the errors of files, and processes that die."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sfn_release.operations.replaying.candidates import ReplayCandidate
from sfn_release.operations.replaying.replay_jobs import replay_side_by_side
from sfn_release.operations.replaying.replay_work import ReplayWork
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.history_ends import ends_of
from sfn_release.testing.histories.state_visits import api_events
from support.executions import SEED, START, execute, machine

DEFINITION = machine(Double={"Type": "Pass", "Parameters": {"number.$": "$.number"}})
OTHER = machine(Double={"Type": "Pass", "Parameters": {"other.$": "$.number"}})


def recorded(number: int) -> FinishedExecution:
    """Return an execution of the definition; odd ones ran another version."""
    events = [*api_events(execute(DEFINITION, {"number": number}).events)]
    ends = ends_of(events)
    return FinishedExecution(
        f"{SEED.execution_arn}-{number}",
        *("orders", None, "SUCCEEDED", ends.input, ends.output, None, None, START, ends.stopped),
        events,
        version_arn=f"arn:{number % 2}",
    )


def work(**pinned: Any) -> ReplayWork:
    """Return the work of replaying on the definition."""
    versions = {f"arn:{number}": form for number, form in pinned.values()}
    return ReplayWork(ReplayCandidate("orders", None, DEFINITION, versions))


@pytest.mark.parametrize("jobs", [None, 1, 3])
def test_each_execution_is_replayed_once_in_order(jobs: int | None) -> None:
    """Whatever the number of processes; each version has the form of its own deployment."""
    recordings = [recorded(number) for number in range(40)]
    found = [*replay_side_by_side(recordings, work(odd=(1, OTHER)), jobs)]
    assert [replayed.execution for replayed in found] == [one.arn for one in recordings]
    assert [replayed.same for replayed in found] == [number % 2 == 0 for number in range(40)]


@dataclass(frozen=True)
class Deadly:
    """A recording that ends the process that reads it."""

    incomplete: str = ""

    @property
    def version_arn(self) -> str:
        """End the process."""
        os._exit(9)


def test_a_process_that_dies_is_an_error() -> None:
    """It isn't taken for the end of the executions."""
    with pytest.raises(RuntimeError, match="ended: 9"):
        [*replay_side_by_side([Deadly()], work(), 2)]  # type: ignore[list-item]


def test_a_script_without_a_guard_runs_once(tmp_path: Path) -> None:
    """A pipeline's script that calls us isn't run again by our processes."""
    script = tmp_path / "script.py"
    script.write_text(
        "print('begun')\n"
        f"import sys; sys.path[:] = {sys.path!r}\n"
        "from operations.test_replay_jobs import *\n"
        "found = [*replay_side_by_side([recorded(n) for n in range(40)], work(), 2)]\n"
        "print(len(found), all(one.same for one in found))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "begun\n40 True\n"), done.stderr


def test_a_caller_that_stops_early_ends_the_processes() -> None:
    """Nothing is left behind."""
    replays = replay_side_by_side(iter(lambda: recorded(1), None), work(), 2)
    assert next(replays).same
    replays.close()
