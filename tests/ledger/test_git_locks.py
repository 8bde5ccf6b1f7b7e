"""Lock files on our refs: a killed git's are cleared, a living one's are respected."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sfn_release.ledger.git import Git, RefUpdate, RemoteTimeout, ref_locks
from support.command_line import run
from support.errors import refused
from support.shop import Shop, copy_shop

REF = "refs/heads/sfn-release/shop/releases"
TAG = "refs/tags/v1.0.0"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return copy_shop(tmp_path)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def git(shop: Shop, said: list[str]) -> Git:
    return Git.open(shop.root, remote_timeout=RemoteTimeout(say=said.append))


def lock(shop: Shop, name: str, *, age: float) -> Path:
    """Leave a lock file as a killed git does, *age* seconds ago."""
    path = shop.root / ".git" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def appears(path: Path) -> None:
    """Wait until a file is there."""
    for _ in range(2000):
        if path.exists():
            return
        time.sleep(0.01)
    raise AssertionError(path)


@pytest.mark.parametrize("ref", [REF, TAG, "refs/sfn-release/shop/local/releases/1.0.0"])
def test_a_lock_that_a_killed_git_left_is_cleared(
    shop: Shop, git: Git, said: list[str], ref: str
) -> None:
    """The output says so, and the write goes on."""
    head = shop.git("rev-parse", "HEAD")
    path = lock(shop, ref, age=60)
    git.refs.update([RefUpdate(ref, head, None)])
    assert (shop.refs()[ref], path.exists()) == (head, False)
    assert said == [f"removed {ref}.lock: a git that was killed left it"]


def test_several_locks_are_cleared_together(shop: Shop, git: Git, said: list[str]) -> None:
    """A transaction takes one for each ref."""
    head = shop.git("rev-parse", "HEAD")
    left = [lock(shop, ref, age=60) for ref in (REF, TAG)]
    git.refs.update([RefUpdate(REF, head, None), RefUpdate(TAG, head, None)])
    assert not any(path.exists() for path in left)
    assert len(said) == 2


def test_a_lock_on_packed_refs_stops_deletions_and_is_cleared(
    shop: Shop, git: Git, said: list[str]
) -> None:
    """Deleting a packed ref rewrites that file."""
    head = shop.git("rev-parse", "HEAD")
    git.refs.update([RefUpdate(REF, head, None)])
    shop.git("pack-refs", "--all")
    lock(shop, "packed-refs", age=60)
    git.refs.delete(REF, head)
    assert REF not in shop.refs()
    assert said == ["removed packed-refs.lock: a git that was killed left it"]


def test_a_young_lock_is_waited_for(
    shop: Shop, git: Git, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner may live: after some seconds without a sign, it doesn't."""
    monkeypatch.setattr(ref_locks, "STALE", 2.0)
    head = shop.git("rev-parse", "HEAD")
    lock(shop, REF, age=0)
    start = time.monotonic()
    git.refs.update([RefUpdate(REF, head, None)])
    assert 1.5 < time.monotonic() - start < 10
    assert said[0] == "waiting for releases.lock, which another git may hold"


def test_a_lock_from_the_future_is_cleared_too(
    shop: Shop, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that was set back makes no lock last for ever."""
    monkeypatch.setattr(ref_locks, "STALE", 0.3)
    lock(shop, REF, age=-9999)
    start = time.monotonic()
    git.refs.update([RefUpdate(REF, shop.git("rev-parse", "HEAD"), None)])
    assert time.monotonic() - start < 10


def test_a_git_that_finishes_is_not_disturbed(shop: Shop) -> None:
    """Another program's git holds the lock and writes; ours goes on when it is done."""
    head = shop.git("rev-parse", "HEAD")
    other = subprocess.Popen(
        ["git", "update-ref", "--stdin"], cwd=shop.root, stdin=subprocess.PIPE, text=True
    )
    assert other.stdin is not None
    other.stdin.write(f"start\ncreate {REF} {head}\nprepare\n")
    other.stdin.flush()
    path = shop.root / ".git" / f"{REF}.lock"
    appears(path)
    code = (
        "import sys; from pathlib import Path\n"
        "from sfn_release.ledger.git import Git, RefUpdate\n"
        f"Git.open(Path('.')).refs.update([RefUpdate({REF!r}, {head!r}, None)])\n"
    )
    ours = subprocess.Popen([sys.executable, "-c", code], cwd=shop.root)
    time.sleep(0.5)
    assert path.exists()
    other.communicate("commit\n", timeout=10)
    assert (other.returncode, ours.wait(timeout=20)) == (0, 0)
    assert shop.refs()[REF] == head


def test_our_own_living_git_keeps_its_lock_when_we_are_killed(shop: Shop) -> None:
    """Its git process holds the right to write too, so the next writer waits for that process."""
    code = (
        "import sys, time; from pathlib import Path\n"
        "from sfn_release.ledger.git import Git, ref_locks\n"
        "git = Git.open(Path('.'))\n"
        "with ref_locks.write_lock(git.repository.common_dir) as lock:\n"
        "    from sfn_release.ledger.git.command import run_git\n"
        "    run_git(git.repository.root, ['-c', 'alias.nap=!echo napping >nap; sleep 2', 'nap'],\n"
        "            inherited=lock.inherited)\n"
    )
    first = subprocess.Popen([sys.executable, "-c", code], cwd=shop.root)
    appears(shop.root / "nap")
    first.send_signal(signal.SIGKILL)
    first.wait()
    start = time.monotonic()
    with ref_locks.write_lock(shop.root / ".git") as lock:
        assert lock.file is not None
        assert time.monotonic() - start > 0.5


def test_many_processes_write_without_a_lost_update(shop: Shop) -> None:
    """One after the other, beside a lock file that a killed git left."""
    lock(shop, REF, age=60)
    code = (
        "import sys; from pathlib import Path\n"
        "from sfn_release.ledger.git import Git, Identity, RefMovedError, RefUpdate\n"
        "from datetime import UTC, datetime\n"
        "git = Git.open(Path('.'))\n"
        f"ref = {REF!r}\n"
        "tree = git.objects.write_tree({})\n"
        "by, at = Identity('A', 'a@b'), datetime(2030, 1, 1, tzinfo=UTC)\n"
        "for number in range(5):\n"
        "    name = f'{sys.argv[1]}.{number}'\n"
        "    while True:\n"
        "        old = git.refs.find(ref).get(ref)\n"
        "        new = git.objects.write_commit(tree, old, name, by=by, at=at)\n"
        "        try:\n"
        "            git.refs.update([RefUpdate(ref, new, old)])\n"
        "        except RefMovedError:\n"
        "            continue\n"
        "        break\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(number)], cwd=shop.root)
        for number in range(4)
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0] * 4
    subjects = shop.git("log", "--format=%s", REF).splitlines()
    assert sorted(subjects) == sorted(
        f"{writer}.{number}" for writer in range(4) for number in range(5)
    )


def test_without_the_right_to_write_no_lock_is_removed(
    shop: Shop, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process of ours has it and hangs: git's own words are shown."""
    monkeypatch.setattr(ref_locks, "_LOCK_TIMEOUT", 0.1)
    path = lock(shop, REF, age=60)
    head = shop.git("rev-parse", "HEAD")
    with (
        ref_locks.write_lock(git.repository.common_dir),
        refused("E_GIT", "`git update-ref` failed", ".lock", "killed git left a lock"),
    ):
        git.refs.update([RefUpdate(REF, head, None)])
    assert path.exists()


def test_a_command_goes_on_after_a_killed_git(shop: Shop) -> None:
    """It prints a line on stderr; doctor reports locks on other people's refs."""
    place = ("-C", str(shop.root))
    lock(shop, TAG, age=60)
    other = lock(shop, "refs/heads/main", age=60)
    ran = run(*place, "publish", "1.0.0")
    assert ran.code == 0, ran.err
    assert f"removed {TAG}.lock" in ran.err
    ran = run(*place, "doctor")
    assert "refs/heads/main.lock is 1 min old" in ran.out
    assert TAG not in ran.out
    assert other.exists()
