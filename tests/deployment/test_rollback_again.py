"""A rollback without a version that is run again after a kill: it must not go back twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sfn_release.cli.exits import INTERRUPTED
from sfn_release.cli.session import Session
from sfn_release.operations.verbs.plan import plan_rollback
from sfn_release.operations.verbs.rollback import rollback, rolling_back
from sfn_release.operations.workspace import Workspace
from sfn_release.release.record import Record
from support.command_line import Project
from support.faults import GitWrites, KilledError
from support.places import PYTHONPATH
from support.shop import Shop, add_remote, clone, copy_shop, made_once

POINTS = 5
NOT_SHOWN = "but its result wasn't shown"
FURTHER = "this goes further back: the rollback of"


def _make(shop: Shop) -> None:
    add_remote(shop)
    for number in range(5):
        shop.commit(hello=number)
        shop.publish(f"1.{number}.0", "prod")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone with a remote, and 1.0.0 to 1.4.0 deployed to prod in turn."""
    return made_once(tmp_path, "rollback-again", _make)


def in_ci(shop: Shop, attempt: int, run: str = "github:17") -> Workspace:
    """Return a workspace in an attempt of a CI run."""
    workspace = shop.workspace()
    runtime = replace(workspace.runtime, ci={"run": run, "attempt": attempt})
    return replace(workspace, runtime=runtime)


def back(workspace: Workspace) -> str:
    """Roll prod back and return the version in its new record."""
    record = rollback(workspace, environment="prod")
    assert record is not None
    return record.version


class UnshownError(Exception):
    """Stands for whatever ends a process before its output is written."""


def unshown(workspace: Workspace, version: str | None = None) -> Record:
    """Roll prod back, and end before the outcome is shown."""
    with suppress(UnshownError), rolling_back(workspace, version, environment="prod") as record:
        raise UnshownError
    assert record is not None
    return record


def notes(shop: Shop) -> list[str]:
    """Return the notes of the last plan."""
    return list(shop.watcher.plans[-1].notes)


# In one clone


def test_wherever_it_is_killed_the_same_command_shows_the_outcome(tmp_path: Path) -> None:
    """Real processes are killed between the record of the success and their end."""
    shop = copy_shop(tmp_path)
    for number in range(3):
        shop.commit(hello=number)
        shop.publish(f"1.{number}.0")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "support.rollback_process",
            str(shop.root),
            str(tmp_path),
            str(POINTS),
        ],
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
        capture_output=True,
        check=True,
    )
    reports = json.loads(done.stdout)
    assert len(reports) == POINTS
    for report in reports:
        texts: dict[str, str] = report["texts"]
        assert report["codes"][:2] == [-9, 0], report
        if NOT_SHOWN in texts["second.err"]:
            assert "from 1.2.0 to 1.1.0" in texts["second.out"], report
            assert "from 1.1.0 to 1.0.0" in texts["third.out"], report
            assert FURTHER in texts["third.err"], report
        else:  # it was killed after its output: the second one goes further back, and says so
            assert "from 1.2.0 to 1.1.0" in texts["killed.out"], report
            assert "from 1.1.0 to 1.0.0" in texts["second.out"], report
            assert FURTHER in texts["second.err"], report
    assert NOT_SHOWN in reports[0]["texts"]["second.err"]


def test_an_outcome_is_shown_once(shop: Shop) -> None:
    """The repeated command returns the record; one more goes further back."""
    done = unshown(shop.workspace())
    assert (done.from_version, done.version) == ("1.4.0", "1.3.0")
    shop.watcher.said.clear()
    again = shop.rollback(environment="prod")
    assert again is not None
    assert again.id == done.id
    assert NOT_SHOWN in shop.watcher.said[0]
    assert done.finished_at is not None
    assert done.finished_at in shop.watcher.said[0]
    assert shop.serving("prod").version == "1.3.0"
    assert back(shop.workspace()) == "1.2.0"


def test_a_plan_says_that_the_outcome_comes_first(shop: Shop) -> None:
    """The next bare rollback changes nothing; a named one, or the one after, does."""
    record = unshown(shop.workspace())
    note = f"The rollback to {record.version} succeeded"
    planned = plan_rollback(shop.workspace(), environment="prod")
    assert [line for line in planned.notes if note in line]
    named = plan_rollback(shop.workspace(), "1.1.0", environment="prod")
    assert not [line for line in named.notes if note in line]
    back(shop.workspace())
    planned = plan_rollback(shop.workspace(), environment="prod")
    assert not [line for line in planned.notes if note in line]


def test_an_outcome_that_was_not_shown_twice_is_shown_the_third_time(shop: Shop) -> None:
    """Only an output that was written counts."""
    done = unshown(shop.workspace())
    assert unshown(shop.workspace()).id == done.id
    again = shop.rollback(environment="prod")
    assert again is not None
    assert again.id == done.id


def test_going_further_back_is_in_the_plan(shop: Shop) -> None:
    """The note names the rollback before; a first rollback and one to a version have none."""
    shop.rollback(environment="prod")
    assert notes(shop) == []
    shop.rollback(environment="prod")
    (note,) = notes(shop)
    assert note.startswith(FURTHER)
    assert note.endswith("went from 1.4.0 to 1.3.0")
    shop.rollback("1.1.0", "prod")
    assert notes(shop) == []


def test_a_success_that_only_the_remote_knows_is_found(shop: Shop) -> None:
    """Killed between the push and the refs of the clone."""
    with pytest.raises(KilledError), GitWrites("push.2", "after").watched():
        shop.rollback(environment="prod")
    assert back(shop.workspace()) == "1.3.0"
    assert NOT_SHOWN in shop.watcher.said[-1]


def test_a_version_can_be_named_again_and_again(shop: Shop) -> None:
    """It does nothing the second time, and never hides the outcome of another rollback."""
    unshown(shop.workspace(), "1.2.0")
    assert shop.rollback("1.2.0", "prod") is None
    assert back(shop.workspace()) == "1.1.0"


def test_what_was_deployed_since_is_not_hidden(shop: Shop) -> None:
    """The first outcome wasn't shown and is no longer served, so this is a new rollback."""
    unshown(shop.workspace())
    shop.deploy("1.4.0", "prod")
    assert back(shop.workspace()) == "1.3.0"
    assert shop.watcher.steps


def test_another_clone_goes_back_by_itself(shop: Shop) -> None:
    """This clone doesn't know of the first rollback; the plan says that it goes further back."""
    unshown(shop.workspace())
    other = clone(shop)
    assert back(other.workspace()) == "1.2.0"
    assert notes(other)[0].startswith(FURTHER)


# In one CI run, each attempt in a clone of its own


def test_a_later_attempt_of_a_ci_run_shows_what_the_first_did(shop: Shop) -> None:
    """A job that is run again rolls back once, in whatever clone; another run is a new rollback."""
    assert back(in_ci(shop, 1)) == "1.3.0"
    second = clone(shop, "second")
    assert back(in_ci(second, 2)) == "1.3.0"
    assert NOT_SHOWN in second.watcher.said[-1]
    assert back(in_ci(clone(shop, "third"), 3)) == "1.3.0"
    assert back(in_ci(clone(shop, "fourth"), 2, "github:18")) == "1.2.0"


def test_a_job_that_rolls_back_twice_is_repeated_step_by_step(shop: Shop) -> None:
    """Its first attempt was killed in the second rollback: the first is shown, the second done."""
    assert back(in_ci(shop, 1)) == "1.3.0"
    with pytest.raises(KilledError), GitWrites("push.1", "after").watched():
        back(in_ci(shop, 1))
    again = clone(shop, "again")
    assert [back(in_ci(again, 2)) for _ in range(2)] == ["1.3.0", "1.2.0"]
    shop.workspace().ledger.branches.snapshot()  # fetches
    assert shop.serving("prod").version == "1.2.0"


def test_both_rollbacks_of_an_attempt_are_shown_in_turn(shop: Shop) -> None:
    """A third rollback goes further back, in the runner's own clone too."""
    assert [back(in_ci(shop, 1)) for _ in range(2)] == ["1.3.0", "1.2.0"]
    for name in ("shop", "again"):
        there = shop if name == "shop" else clone(shop, name)
        assert [back(in_ci(there, 2 if name == "shop" else 3)) for _ in range(2)] == [
            *("1.3.0", "1.2.0")
        ]
    assert back(in_ci(shop, 4, "github:18")) == "1.1.0"


def test_a_deployment_in_between_makes_it_a_new_rollback(shop: Shop) -> None:
    """The rolled-back release was deployed again."""
    assert back(in_ci(shop, 1)) == "1.3.0"
    shop.deploy("1.4.0", "prod")
    assert back(in_ci(shop, 2)) == "1.3.0"


# On the command line


def test_an_output_that_could_not_be_written_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was interrupted while it wrote: the same command shows the outcome."""
    project = Project(copy_shop(tmp_path).root)
    for number in range(3):
        project.publish(f"1.{number}.0", hello=number)

    def gone(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Session, "show", gone)
        assert project.run("rollback").code == INTERRUPTED
    again = project.ok("rollback")
    assert NOT_SHOWN in again.err
    assert "from 1.2.0 to 1.1.0" in again.out
    assert f"note: {FURTHER}" in project.ok("rollback").err
