"""Trials from older versions, or from before there was a remote."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfn_release.operations.verbs.history import history
from sfn_release.operations.verbs.releases import releases
from support.errors import refused
from support.shop import (
    CONFIG,
    LOCAL,
    PROD,
    RELEASES,
    Shop,
    add_remote,
    clone,
    copy_shop,
    made_once,
    make_shop,
)
from support.trials import HOME, OLD, TAG, make_trial, problems, remote_refs, taken


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone with a remote, the release 1.0.0, and the local trial 1.1.0."""
    return made_once(tmp_path, "trials", make_trial)


def old_layout(shop: Shop) -> None:
    """Create the refs that 0.2.0 would have made in the clone."""
    refs = shop.refs()
    digest = releases(shop.workspace())[0].manifest.release_digest
    shop.git("update-ref", f"{OLD}/1.1.0", refs[f"{HOME}/releases/1.1.0"])
    shop.git("update-ref", LOCAL, refs[f"{HOME}/env/local"])
    message = f"shop 1.1.0\n\nRelease digest: {digest}\n"
    shop.git("tag", "-a", "-m", message, "v1.1.0", "HEAD")
    for ref in ("releases/1.1.0", "sources/1.1.0", "env/local"):
        shop.git("update-ref", "-d", f"{HOME}/{ref}")


def test_what_0_2_0_has_left_is_moved_with_a_line(shop: Shop) -> None:
    """Trial, records, yanks; its tag goes, and the next command says nothing."""
    before = shop.refs()
    old_layout(shop)
    yanks = shop.git("rev-parse", "HEAD")
    shop.git("update-ref", "refs/sfn-release-yanked/shop", yanks)
    shop.watcher.said.clear()
    shop.workspace()
    tag = "and removed its tag v1.1.0 from this clone"
    assert shop.watcher.said == [
        f"moved the local trial 1.1.0 to {HOME}/releases/1.1.0, {tag}",
        f"moved the records of local from {LOCAL} to {HOME}/env/local",
    ]
    assert shop.refs() == before | {f"{HOME}/yanks": yanks}
    shop.watcher.said.clear()
    shop.workspace()
    assert shop.watcher.said == []


def test_a_tag_that_0_2_0_has_pushed_is_named_when_its_trial_is_moved(shop: Shop) -> None:
    """The line has the command that deletes it there, or how to look at an unreachable remote."""
    old_layout(shop)
    shop.git("push", "--quiet", "origin", TAG)
    refs, url = shop.refs(), shop.git("remote", "get-url", "origin")
    shop.git("remote", "set-url", "origin", f"{url}-gone")
    shop.watcher.said.clear()
    shop.workspace()
    assert (
        f"origin was not reached. To see if it has the tag:  git ls-remote origin {TAG}"
        in (shop.watcher.said[0])
    )
    for ref in (f"{OLD}/1.1.0", TAG):
        shop.git("update-ref", ref, refs[ref])
    shop.git("remote", "set-url", "origin", url)
    shop.watcher.said.clear()
    shop.workspace()
    (line,) = shop.watcher.said
    assert line.endswith(
        "origin has that tag, too. Unless 1.1.0 was released there, delete it: "
        f" git push origin :{TAG}"
    )


def advised(text: str, word: str) -> str:
    """Return the command that stands in the line with *word*."""
    (line,) = (line for line in text.splitlines() if word in line)
    return line.partition(":  ")[2]


@pytest.mark.parametrize("remote", [True, False])
def test_the_tag_of_a_trial_that_0_2_0_has_pushed_can_be_got_rid_of(
    shop: Shop, remote: bool
) -> None:
    """The error names both causes, and the advice for this one ends the error in every clone."""
    old_layout(shop)
    shop.git("push", "--quiet", "origin", TAG)
    fresh = clone(shop, "fresh")
    if not remote:
        fresh.git("fetch", "--quiet", "origin", f"{RELEASES}:{RELEASES}")
        fresh.git("remote", "remove", "origin")
    words = ("v1.1.0 says that 1.1.0 was released", f"{RELEASES} was cut back")
    with refused("E_TAMPERED", *words):
        fresh.publish("1.1.0", deploy=False)
    (text,) = problems(fresh)
    assert all(word in text for word in words)
    if remote:
        assert advised(text, "put it back") == f"git push origin {RELEASES}"
    else:
        assert "git push o" not in text
    commands = advised(text, "only a local trial")
    for command in commands.split(" && "):
        fresh.git(*command.split()[1:])
    assert problems(fresh) == []
    fresh.commit(hello="another")
    fresh.publish("1.1.0", deploy=False)
    assert problems(fresh) == []


def test_a_trial_is_never_lost_to_another_one(shop: Shop) -> None:
    """If its new place is taken, both stay, with a line: trials, yanks, yielded ones."""
    ours = shop.refs()[f"{HOME}/releases/1.1.0"]
    source = shop.git("rev-parse", "HEAD")
    other = shop.git("commit-tree", f"{ours}^{{tree}}", "-m", "release 1.1.0")
    for ref, at in {
        f"{OLD}/1.1.0": ours,
        f"{HOME}/releases/1.1.0": other,
        "refs/sfn-release-yanked/shop": ours,
        f"{HOME}/yanks": other,
        f"{HOME}/yielded/1.1.0": source,
    }.items():
        shop.git("update-ref", ref, at)
    before = shop.refs()
    shop.watcher.said.clear()
    shop.workspace()
    assert shop.refs() == before
    assert [line.partition(":")[0] for line in shop.watcher.said] == [
        "the local trial 1.1.0 can't be moved",
        "the yanks of local trials can't be moved",
    ]
    assert f"{OLD}/1.1.0 and {HOME}/releases/1.1.0 both exist" in shop.watcher.said[0]


def test_a_trial_never_yields_into_the_place_of_another_one(shop: Shop) -> None:
    """Both stay, and a line says so."""
    taken(shop)
    source = shop.git("rev-parse", "HEAD")
    shop.git("update-ref", f"{HOME}/yielded/1.1.0", source)
    trial = shop.refs()[f"{HOME}/releases/1.1.0"]
    shop.watcher.said.clear()
    shop.workspace().snapshot()
    assert shop.refs()[f"{HOME}/releases/1.1.0"] == trial
    assert shop.refs()[f"{HOME}/yielded/1.1.0"] == source
    assert any(
        f"{HOME}/releases/1.1.0 and {HOME}/yielded/1.1.0 both exist" in line
        for line in shop.watcher.said
    )


def test_refs_that_hold_no_release_stop_nothing(shop: Shop) -> None:
    """Those in the old place stay, with a message; those in the new one don't count as trials."""
    for ref in (f"{OLD}/1.3.0", f"{HOME}/releases/oops"):
        shop.git("update-ref", ref, "HEAD")
    assert [release.manifest.version for release in releases(shop.workspace())] == [
        "1.1.0",
        "1.0.0",
    ]
    assert any(f"{OLD}/1.3.0 can't be moved" in line for line in shop.watcher.said)


def test_a_tag_that_a_person_made_stays_when_trials_are_moved(shop: Shop) -> None:
    """It carries no digest of ours."""
    old_layout(shop)
    shop.git("tag", "--force", "v1.1.0", "HEAD")
    shop.workspace()
    assert TAG in shop.refs()


def test_an_old_trial_yields_too(shop: Shop) -> None:
    """Its tag no longer hides the genuine one, and no tampering is reported."""
    old_layout(shop)
    taken(shop)
    assert problems(shop) == []
    shop.git("fetch", "--quiet", "--tags")
    assert shop.refs()[TAG] == remote_refs(shop)[TAG]
    assert problems(shop) == []


def test_records_that_are_checked_out_are_left(shop: Shop) -> None:
    """A move would take the branch from under the work tree; a line says so."""
    old_layout(shop)
    shop.git("worktree", "add", "--quiet", "../look", LOCAL.removeprefix("refs/heads/"))
    shop.workspace()
    assert any("is checked out" in line for line in shop.watcher.said)
    assert LOCAL in shop.refs()


def test_a_remote_that_came_later_takes_releases_with_their_tags(tmp_path: Path) -> None:
    """All of them with the next publication elsewhere; the records of `local` become private."""
    shop = copy_shop(tmp_path)
    shop.publish("1.0.0")
    shop.commit(hello="two")
    shop.publish("1.1.0")
    assert {TAG, "refs/tags/v1.0.0", LOCAL, RELEASES} <= shop.refs().keys()
    add_remote(shop)
    assert [(release.trial, release.pushed) for release in releases(shop.workspace())] == [
        (False, False)
    ] * 2
    assert any(f"moved the records of local from {LOCAL}" in line for line in shop.watcher.said)
    shop.commit(hello="three")
    shop.publish("1.2.0", "prod")
    assert {"refs/tags/v1.0.0", TAG, "refs/tags/v1.2.0", RELEASES, PROD} == {
        ref for ref in remote_refs(shop) if ref not in {"HEAD", "refs/heads/main"}
    }
    assert (problems(shop), problems(clone(shop))) == ([], [])
    assert [record.version for record in history(shop.workspace())] == ["1.1.0", "1.0.0"]


def test_a_remote_that_came_later_says_which_numbers_are_taken(tmp_path: Path) -> None:
    """The error names all numbers with tags on other commits, and nothing is pushed."""
    shop = copy_shop(tmp_path)
    remote = add_remote(shop)
    shop.git("tag", "v1.0.0")
    shop.git("tag", "v1.1.0")
    shop.git("push", "--quiet", "origin", "v1.0.0", "v1.1.0")
    for name in ("v1.0.0", "v1.1.0"):
        shop.git("tag", "--delete", name)
    shop.git("remote", "remove", "origin")
    for number, version in enumerate(("1.0.0", "1.1.0")):
        shop.commit(hello=number)
        shop.publish(version)
    shop.git("remote", "add", "origin", str(remote))
    before = remote_refs(shop)
    shop.commit(hello="next")
    with refused("E_CONFLICT", "The tags v1.0.0, v1.1.0 exist in origin on another commit"):
        shop.publish("1.2.0", "prod")
    assert remote_refs(shop) == before


def test_two_ledgers_that_began_apart_name_their_numbers(tmp_path: Path) -> None:
    """Which are taken on the remote, and which are only here."""
    shop = copy_shop(tmp_path)
    for version in ("1.0.0", "1.1.0"):
        shop.publish(version)
    add_remote(shop)
    other = clone(shop)
    for number, version in enumerate(("1.0.0", "2.0.0")):
        other.release(version, hello=number)
    words = ("Taken on origin: 1.0.0, 2.0.0.", "Only in this clone: 1.1.0.")
    with refused("E_CONFLICT", *words):
        shop.publish("1.2.0", "prod")


def test_without_a_remote_any_more_a_trial_becomes_a_release(shop: Shop) -> None:
    """The clone is the ledger from then on: the records come back, publishing makes the tag."""
    shop.git("remote", "remove", "origin")
    assert shop.serving().version == "1.1.0"
    assert LOCAL in shop.refs()
    shop.publish("1.1.0")
    assert {TAG, RELEASES} <= shop.refs().keys()
    assert [ref for ref in shop.refs() if ref.startswith(HOME)] == []
    assert problems(shop) == []


def test_a_ledger_outside_refs_heads_keeps_trials_apart(tmp_path: Path) -> None:
    """`ledger = "refs/sfn-release"` is the folder above the trials."""
    config = CONFIG.replace('"shop"', '"shop"\nledger = "refs/sfn-release"')
    shop = make_shop(tmp_path / "shop", config=config)
    add_remote(shop)
    shop.publish("1.0.0")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    trial = shop.refs()[f"{HOME}/releases/1.0.0"]
    shop.git("push", "--quiet", "origin", f"{trial}:{HOME}/releases/9.0.0")  # as a mirror would
    listed = releases(shop.workspace())
    assert [(release.manifest.version, release.trial) for release in listed] == [
        ("1.1.0", False),
        ("1.0.0", True),
    ]
    assert problems(shop) == []
    assert [release.manifest.version for release in releases(clone(shop).workspace())] == ["1.1.0"]
