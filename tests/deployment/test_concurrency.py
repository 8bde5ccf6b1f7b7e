"""Many processes release and deploy at once: no work is lost, and each message is true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sfn_release.errors import GitError, ImmutableError
from sfn_release.local_service import open_service
from sfn_release.local_service.http.server import start
from sfn_release.operations import releases
from sfn_release.simulator import Mocks
from support.faults import GitWrites
from support.git import run_git
from support.race import race
from support.scenes import numbered, production, sign
from support.shop import Shop, clone
from support.world import REGION

EIGHT = range(8)
VERSIONS = [f"1.{number}.0" for number in EIGHT]
RELEASES = "refs/heads/sfn-release/shop/releases"


def _publishing(root: Path, number: int, version: str) -> dict[str, object]:
    return {
        "root": root,
        "verb": "publish",
        "deploy": False,
        "version": version,
        "actor": f"deployer-{number}",
    }


def _clones(shop: Shop) -> list[Path]:
    """Return eight clones of the remote, each with a commit of its own."""
    clones = [clone(shop, f"clone-{number}") for number in EIGHT]
    for number, copy in enumerate(clones):
        sign(copy, f"Deployer {number}")
        copy.commit(**numbered(alpha=number))
    return [copy.root for copy in clones]


def _assert_recorded(repository: Path, versions: list[str]) -> None:
    """Assert that all releases stand, each on the one before, each with its tag."""
    subjects = run_git(repository, "log", "--format=%s", RELEASES).splitlines()
    assert sorted(f"release {version}" for version in versions) == sorted(subjects)
    assert run_git(repository, "rev-list", "--min-parents=2", RELEASES) == ""
    tags = run_git(repository, "for-each-ref", "--format=%(objecttype) %(refname)", "refs/tags")
    assert [f"tag refs/tags/v{version}" for version in versions] == sorted(tags.splitlines())


@pytest.mark.parametrize("remote", [True, False], ids=["with-a-remote", "alone"])
def test_processes_of_one_clone_publish_different_versions_at_once(
    remote: bool, tmp_path: Path
) -> None:
    """Processes that share a clone do not get in each other's way: all is recorded."""
    shop = production(tmp_path / "shop", numbered(alpha=1), remote=remote)
    versions = VERSIONS[:4]
    ended = race(_publishing(shop.root, n, version) for n, version in enumerate(versions))
    assert ended == [{"status": "released", "new": True}] * 4
    _assert_recorded(tmp_path / "shop" / "shop-origin.git" if remote else shop.root, versions)


def test_eight_clones_publish_one_version_with_different_content(tmp_path: Path) -> None:
    """One clone wins; the other seven are refused with the name of the winner."""
    shop = production(tmp_path / "shop", numbered(alpha=99), remote=True)
    ended = race(_publishing(root, n, "1.0.0") for n, root in enumerate(_clones(shop)))
    winners = [number for number, answer in enumerate(ended) if answer["status"] == "released"]
    assert len(winners) == 1
    losers = [answer for answer in ended if answer["status"] != "released"]
    assert [answer["code"] for answer in losers] == ["E_IMMUTABLE"] * 7
    told = f"Released by Deployer {winners[0]} <ann@example.com> on "
    assert all(told in answer["text"] for answer in losers)
    origin = tmp_path / "shop" / "shop-origin.git"
    assert run_git(origin, "log", "--format=%s", RELEASES) == "release 1.0.0"
    content = run_git(origin, "show", f"{RELEASES}:definitions/alpha.asl.json")
    assert f'"alpha {winners[0]}"' in content


@pytest.fixture
def unread(tmp_path: Path) -> tuple[Shop, Shop]:
    """Return a shop that published 0.9.0, and a clone that hasn't read its ledger."""
    shop = production(tmp_path / "shop", numbered(alpha=1), remote=True)
    other = clone(shop)
    shop.publish("0.9.0", deploy=False)
    return shop, other


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("write", ["fetch.1", "update_refs.1"])
def test_reading_is_not_disturbed_by_a_release_from_the_same_clone(
    write: str, side: str, unread: tuple[Shop, Shop]
) -> None:
    """A reader sees the ledger before or after the release of another process in the clone."""
    _, other = unread

    def meanwhile() -> None:
        other.publish("1.0.0", deploy=False)

    with GitWrites(write, side, strike=meanwhile).watched():
        seen = [listed.manifest.version for listed in releases(other.workspace())]
    assert seen in (["0.9.0"], ["1.0.0", "0.9.0"])
    again = [listed.manifest.version for listed in releases(other.workspace())]
    assert again == ["1.0.0", "0.9.0"]


def test_a_fetch_that_failed_is_told(unread: tuple[Shop, Shop]) -> None:
    """No other process fetched, so the failure is reported."""
    _, other = unread

    def refused() -> None:
        raise GitError("`git fetch` failed.", why="fatal: out of disk")

    with (
        GitWrites("fetch.1", "before", strike=refused).watched(),
        pytest.raises(GitError, match="git fetch"),
    ):
        releases(other.workspace())


@pytest.mark.parametrize("write", ["write_blobs.1", "write_tag.1", "push.1"])
def test_a_version_taken_while_it_is_published_is_immutable(write: str, tmp_path: Path) -> None:
    """Whenever the other clone releases the version, the error names that release."""
    shop = production(tmp_path / "shop", numbered(alpha=1), remote=True)
    other = clone(shop)
    other.commit(**numbered(alpha=2))

    def meanwhile() -> None:
        other.publish("1.0.0", deploy=False)

    with (
        GitWrites(write, "before", strike=meanwhile).watched(),
        pytest.raises(ImmutableError, match=r"1\.0\.0 is already released with different content"),
    ):
        shop.publish("1.0.0", deploy=False)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Shop]:
    """Return a shop whose AWS answers over HTTP."""
    folder = tmp_path / "shop"
    folder.mkdir()
    aws = open_service(folder / "aws.db", tasks_for=lambda _scope: Mocks(), region=REGION)
    with start(aws) as server:
        yield production(folder, numbered(alpha=99), remote=True, endpoint=server.url)


def test_eight_clones_publish_eight_versions_and_deploy_them_at_once(served: Shop) -> None:
    """All versions are recorded, and each deployment succeeds or is refused by the lock.

    Every started deployment has ended, and the content of the last one is live.
    """
    clones = _clones(served)
    ended = race(_publishing(root, number, VERSIONS[number]) for number, root in enumerate(clones))
    assert ended == [{"status": "released", "new": True}] * 8
    _assert_recorded(served.root.parent / "shop-origin.git", VERSIONS)

    ended = race(
        {"root": root, "verb": "deploy", "version": VERSIONS[number], "actor": f"deployer-{number}"}
        for number, root in enumerate(clones)
    )
    successes = [number for number, answer in enumerate(ended) if answer["status"] == "succeeded"]
    refused = [answer for answer in ended if answer["status"] == "refused"]
    assert successes
    assert len(successes) + len(refused) == 8
    assert {answer["code"] for answer in refused} <= {"E_LOCKED"}

    history = served.history()
    machine = served.machines()["alpha"]
    assert history.open == []
    assert [VERSIONS[number] for number in successes] == sorted(
        record.version for record in history.deployments
    )
    assert {"succeeded"} == {record.status for record in history.deployments}
    last = history.deployments[0]
    assert machine.live == machine.latest == f"alpha {VERSIONS.index(last.version)}"
    assert len(set(machine.versions)) == len(machine.versions) == len(successes)
