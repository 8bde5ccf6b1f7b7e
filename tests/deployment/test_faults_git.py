"""The process is killed at every write to Git, and the same command finishes the work.

A kill before an object is written and one after the write ahead of it leave the same behind, so
objects are broken on one side and refs on both.
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from sfn_release.errors import GitError
from support.faults import GitWrites, KilledError
from support.git import run_git
from support.race import race
from support.scenes import Scenario, Scenes, numbered, production, sign
from support.shop import Shop
from support.views import NO_HISTORY, History

FIRST = numbered(alpha=1, beta=1)
SECOND = numbered(alpha=2, beta=1, gamma=1)


@dataclass(frozen=True)
class Writes(Scenario):
    """A scenario with its writes to Git, in order.

    *broken* matches the writes at which the process is killed; other scenarios test the rest.
    """

    writes: tuple[str, ...]
    broken: str = ""

    @property
    def kills(self) -> list[tuple[str, str]]:
        """Every write with the sides of it on which the process is killed."""
        found: list[tuple[str, str]] = []
        numbers: dict[str, int] = {}
        for write in self.writes:
            numbers[write] = numbers.get(write, 0) + 1
            known = f"{write}.{numbers[write]}"
            sides = ("after",) if write.startswith("write_") else ("before", "after")
            if re.match(self.broken, known):
                found += [(known, side) for side in sides]
        return found


def _alone(folder: Path) -> Shop:
    return production(folder, FIRST)


def _alone_published_twice(folder: Path) -> Shop:
    shop = _alone(folder)
    shop.publish("1.0.0")
    shop.commit_only(**SECOND)
    shop.publish("1.1.0")
    return shop


def _shared(folder: Path) -> Shop:
    shop = production(folder, FIRST, remote=True)
    shop.publish("1.0.0")
    shop.commit_only(**SECOND)
    return shop


def _known_to_local_only(folder: Path) -> Shop:
    shop = production(folder, FIRST, remote=True)
    shop.publish("1.0.0", "local")
    return shop


def _cloned(folder: Path) -> Shop:
    """Another clone of a shop that was released from before."""
    shop = production(folder, FIRST, remote=True)
    shop.publish("1.0.0")
    shop.root.rename(folder / "elsewhere")
    run_git(folder, "clone", "--quiet", "shop-origin.git", "shop")
    run_git(folder, "-C", "shop", "remote", "set-url", "origin", str(folder / "shop-origin.git"))
    sign(shop)
    shop.commit_only(**SECOND)
    return shop


_RELEASE = ("write_blobs", "write_tree", "write_tree", "write_commit")
_TAG = ("write_tag",)
_STARTED = ("write_blobs", "write_tree", "write_commit")
_ENDED = ("write_blobs", "write_tree", "write_tree", "write_commit")
_HERE = ("update_refs",)
_THERE = ("push", "update_refs")

SCENARIOS = {
    "alone": Writes(
        _alone,
        lambda shop: shop.publish("1.0.0"),
        "publish",
        "1.0.0",
        (*_RELEASE, *_TAG, *_HERE, *_STARTED, *_HERE, *_ENDED, *_HERE),
    ),
    "rollback": Writes(
        _alone_published_twice,
        lambda shop: shop.rollback("1.0.0"),
        "rollback",
        "1.0.0",
        (*_STARTED, *_HERE, *_ENDED, *_HERE),
        broken="update_refs",
    ),
    "shared": Writes(
        _shared,
        lambda shop: shop.publish("1.1.0"),
        "publish",
        "1.1.0",
        (*_RELEASE, *_TAG, *_THERE, *_STARTED, *_THERE, *_ENDED, *_THERE),
        broken="push|update_refs",
    ),
    "known-to-local": Writes(
        _known_to_local_only,
        lambda shop: shop.publish("1.0.0"),
        "publish",
        "1.0.0",
        (
            *(*_RELEASE, *_TAG, *_THERE, "delete_ref", "delete_ref"),
            *(*_STARTED, *_THERE, *_ENDED, *_THERE),
        ),
        broken="push.1|update_refs.1|delete_ref",
    ),
    "cloned": Writes(
        _cloned,
        lambda shop: shop.publish("1.1.0"),
        "publish",
        "1.1.0",
        (
            *("fetch", "update_refs", "update_refs"),
            *(*_RELEASE, *_TAG, *_THERE, *_STARTED, *_THERE, *_ENDED, *_THERE),
        ),
        broken="fetch|update_refs.[12]",
    ),
}
KILLS = [
    pytest.param(name, write, side, id=f"{name}-{side}-{write}")
    for name, scenario in SCENARIOS.items()
    for write, side in scenario.kills
]


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    """Return the shops of all scenarios."""
    return Scenes(SCENARIOS, tmp_path_factory.mktemp("scenes"))


def _truth(shop: Shop) -> Path:
    """Return the repository that the ledger lives in."""
    remote = shop.root.parent / "shop-origin.git"
    return remote if remote.exists() else shop.root


def _assert_done(shop: Shop, scenario: Writes, begun: History) -> None:
    """Assert that the ledger has the release and the deployment once, and lost nothing."""
    scenario.assert_recorded(shop, begun)
    releases = "refs/heads/sfn-release/shop/releases"
    subjects = run_git(_truth(shop), "log", "--format=%s", releases).splitlines()
    assert subjects.count(f"release {scenario.version}") == 1
    assert len(set(subjects)) == len(subjects)
    tag = f"refs/tags/v{scenario.version}"
    made = run_git(_truth(shop), "for-each-ref", "--format=%(objecttype) %(objectname)", tag)
    assert made.startswith("tag ")
    # If the remote has the tag and this clone died before it did, any `git fetch` adds it here.
    here = shop.git("for-each-ref", "--format=%(objecttype) %(objectname)", tag)
    assert here in (made, "")
    assert shop.git("for-each-ref", "refs/sfn-release/shop/local/releases") == ""
    for repository in (_truth(shop), shop.root):
        run_git(repository, "fsck", "--strict", "--no-dangling")


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_writes_that_are_broken_here_are_all_that_are_made(
    name: str, scenes: Scenes, tmp_path: Path
) -> None:
    """An undisturbed run makes exactly the writes that this file lists, and does its work."""
    scenario = SCENARIOS[name]
    shop = scenes.begin(name, tmp_path / "shop")
    writes = GitWrites()
    begun = shop.history() if name != "cloned" else NO_HISTORY  # reading would fetch
    with writes.watched():
        scenario.command(shop)
    _assert_done(shop, scenario, begun)
    assert list(scenario.writes) == [write.partition(".")[0] for write in writes.writes]


@pytest.mark.parametrize(("name", "write", "side"), KILLS)
def test_the_same_command_finishes_after_the_process_was_killed(
    name: str,
    write: str,
    side: str,
    scenes: Scenes,
    tmp_path: Path,
) -> None:
    """A process that dies at a write to Git leaves nothing that the same command cannot finish.

    The work tree, the index and the branch are as they were, whatever happens to the ledger.
    """
    scenario = SCENARIOS[name]
    shop = scenes.begin(name, tmp_path / "shop")
    head, index = _work_tree(shop)
    with GitWrites(write, side).watched(), pytest.raises(KilledError):
        scenario.command(shop)
    assert (head, index) == _work_tree(shop)
    begun = shop.history()

    scenario.command(shop)

    _assert_done(shop, scenario, begun)
    assert scenes.end(name) == shop.machines()
    assert (head, index) == _work_tree(shop)


@pytest.mark.parametrize("write", ["push.1", "push.2", "push.3"])
@pytest.mark.parametrize("side", ["before", "after"])
def test_the_same_command_finishes_after_the_remote_was_gone(
    write: str,
    side: str,
    scenes: Scenes,
    tmp_path: Path,
) -> None:
    """A push that fails, or whose answer is lost, is an error that a second run fixes."""

    def refused() -> None:
        raise GitError("`git push` to origin was refused.")

    shop = scenes.begin("shared", tmp_path / "shop")
    with GitWrites(write, side, strike=refused).watched(), pytest.raises(GitError):
        shop.publish("1.1.0")
    begun = shop.history()

    shop.publish("1.1.0")

    _assert_done(shop, SCENARIOS["shared"], begun)
    assert scenes.end("shared") == shop.machines()


@pytest.mark.parametrize(
    ("name", "write", "side"),
    [
        ("alone", "update_refs.1", "after"),
        ("shared", "push.1", "after"),
        ("shared", "push.2", "after"),
        ("shared", "push.3", "before"),
    ],
)
def test_a_process_that_kills_itself_is_taken_over_by_the_next(
    name: str,
    write: str,
    side: str,
    scenes: Scenes,
    tmp_path: Path,
) -> None:
    """After a real SIGKILL at a write to Git, a new process takes over immediately and says why."""
    scenario = SCENARIOS[name]
    shop = scenes.begin(name, tmp_path / "shop")
    orders = {
        "folder": shop.root.parent,
        "root": shop.root,
        "verb": "publish",
        "version": scenario.version,
        "actor": "ann",
    }
    assert race([{**orders, "kill": (write, side)}]) == [{"status": f"exit -{signal.SIGKILL}"}]
    begun = shop.history()

    assert [answer["status"] for answer in race([orders])] == ["released"]

    _assert_done(shop, scenario, begun)
    assert scenes.end(name) == shop.machines()
    closed = [record.error for record in shop.history().deployments if record.error]
    assert closed == ["taken over by ann: its process is gone"] * len(begun.open)


def _work_tree(shop: Shop) -> tuple[str, bytes]:
    """Return the checked-out files, and the index."""
    head = shop.git("rev-parse", "--symbolic-full-name", "HEAD")
    return head, (shop.root / ".git" / "index").read_bytes()
