"""Local trials: releases on `local` leave no trace for others, and make way for team releases."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sfn_release.cli.app import run
from sfn_release.operations.tag_version import version_from_tag
from sfn_release.operations.verbs.diff import diff
from sfn_release.operations.verbs.execute import execute
from sfn_release.operations.verbs.history import history
from sfn_release.operations.verbs.local import reset_local
from sfn_release.operations.verbs.plan import plan_version
from sfn_release.operations.verbs.promote import promote
from sfn_release.operations.verbs.releases import releases
from sfn_release.operations.verbs.show import shown
from sfn_release.operations.verbs.status import status
from sfn_release.operations.verbs.verify import verify
from sfn_release.operations.verbs.yank import unyank, yank
from support.command_line import Project
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

HOME = "refs/sfn-release/shop/local"
OLD = "refs/sfn-release-unpushed/shop"
TAG = "refs/tags/v1.1.0"


def _make(shop: Shop) -> None:
    add_remote(shop)
    shop.publish("1.0.0", "prod")
    shop.publish("1.0.0")
    shop.commit(hello="mine")
    shop.publish("1.1.0")
    shop.git("push", "--quiet", "origin", "HEAD:main")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone with a remote, the release 1.0.0, and the local trial 1.1.0."""
    return made_once(tmp_path, "trials", _make)


def remote_refs(shop: Shop) -> dict[str, str]:
    lines = shop.git("ls-remote", "--refs", "origin").splitlines()
    return {ref: at for at, ref in (line.split("\t") for line in lines)}


def problems(shop: Shop) -> list[str]:
    return [str(one.error) for one in verify(shop.workspace()).problems]


def taken(shop: Shop, content: str = "theirs") -> Shop:
    """Return the clone of a colleague who released another 1.1.0."""
    other = clone(shop, "colleague")
    other.git("config", "user.name", "Bob")
    other.git("config", "user.email", "bob@example.com")
    if content == "mine":
        other.publish("1.1.0", "prod")
    else:
        other.commit(hello=content)
        other.publish("1.1.0", "prod")
    return other


def result(shop: Shop, version: str | None = None) -> object:
    return execute(shop.workspace(), "hello", version=version).output


# No trace for others


@pytest.mark.parametrize(
    "push",
    [
        ["--follow-tags", "origin", "HEAD:main"],
        ["--tags", "origin"],
        ["--all", "origin"],
        ["origin", "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*"],
    ],
    ids=" ".join,
)
def test_no_push_carries_a_trial_away(shop: Shop, push: list[str]) -> None:
    """Tags, branches, push.followTags: the remote stays the same."""
    shop.git("config", "push.followTags", "true")
    before = remote_refs(shop)
    shop.commit(hello="next")
    shop.publish("1.2.0")
    shop.git("push", "--quiet", *push)
    after = {ref: at for ref, at in remote_refs(shop).items() if ref != "refs/heads/main"}
    assert before.keys() == remote_refs(shop).keys() | {"HEAD"} & before.keys()
    assert after == {ref: at for ref, at in before.items() if ref != "refs/heads/main"}
    with refused("E_NOT_FOUND", "has no release tag"):
        version_from_tag(shop.workspace())


def test_a_fresh_clone_tries_a_release_without_reaching_the_remote(shop: Shop) -> None:
    """It has the tags of releases and no ledger yet, which is not tampering."""
    other = clone(shop)
    other.git("remote", "set-url", "origin", str(other.root / "nowhere"))
    other.commit(hello="offline")
    other.publish("1.2.0")
    assert other.live("hello") == ("offline", "offline")
    with refused("E_CONFLICT", "The tag v1.0.0 exists in this clone on another commit"):
        other.publish("1.0.0")


def test_a_trial_is_shown_as_one(shop: Shop) -> None:
    """By `releases`, `show`, `publish` and `verify`, in words and as JSON."""
    project = Project(shop.root)
    assert "local trial" in project.ok("releases").out.splitlines()[1]
    assert "local trial" not in project.ok("releases").out.splitlines()[2]
    listed = project.json("releases")["releases"]
    assert [(one["version"], one["trial"], one["pushed"], one["tag"]) for one in listed] == [
        ("1.1.0", True, False, None),
        ("1.0.0", False, True, "v1.0.0"),
    ]
    assert "none yet: a local trial" in project.ok("show", "1.1.0").out
    again = project.ok("publish", "1.1.0")
    assert "1.1.0 is already a local trial" in again.out
    assert "no tag yet" in again.out
    published = project.json("publish", "1.1.0")
    assert (published["trial"], published["tag"]) == (True, None)
    assert "a local trial: it gets a tag when it is released" in project.ok("verify").out


def test_everything_works_with_a_trial(shop: Shop) -> None:
    """Execute, diff, history, status, rollback, yank."""
    assert (result(shop), result(shop, "1.1.0"), result(shop, "1.0.0")) == ("mine", "mine", "one")
    assert status(shop.workspace(), environment="local")[0].state == "in-sync"
    assert [one.version for one in history(shop.workspace())] == ["1.1.0", "1.0.0"]
    assert [len(one.differences) for one in diff(shop.workspace(), "1.0.0", "@local")] == [1]
    assert [len(one.differences) for one in diff(shop.workspace(), "1.1.0")] == [0]
    assert shown(shop.workspace(), "1.1.0")[0].version == "1.1.0"
    yank(shop.workspace(), "1.1.0", reason="bad")
    assert f"{HOME}/yanks" in shop.refs()
    with refused("E_YANKED"):
        shop.deploy("1.1.0")
    unyank(shop.workspace(), "1.1.0")
    shop.rollback()
    assert result(shop) == "one"
    shop.deploy("1.1.0")
    assert (problems(shop), shop.live("hello")) == ([], ("mine", "mine"))


def test_a_reset_forgets_trials_and_no_tag_of_a_person(shop: Shop) -> None:
    """Nothing of `local` is left, and the number is free again."""
    shop.git("tag", "v1.1.0")
    workspace = shop.workspace()
    assert reset_local(workspace) == ["1.1.0"]
    assert [ref for ref in shop.refs() if ref.startswith("refs/sfn-release/")] == []
    assert TAG in shop.refs()
    assert [one.manifest.version for one in releases(shop.workspace())] == ["1.0.0"]


def test_the_source_of_a_trial_outlives_the_branch(shop: Shop) -> None:
    """No tag holds it: an amended commit and git's garbage collection leave it there."""
    source = shop.git("rev-parse", "HEAD")
    shop.git("reset", "--quiet", "--hard", "HEAD~1")
    shop.git("update-ref", "-d", "refs/remotes/origin/main")
    shop.git("reflog", "expire", "--expire=now", "--all")
    shop.git("gc", "--quiet", "--prune=now")
    shop.deploy("1.1.0", "prod")
    assert remote_refs(shop)[TAG] == shop.refs()[TAG]
    assert shop.git("rev-parse", "v1.1.0^{commit}") == source


# It becomes a release


def test_the_teams_ledger_gives_it_a_tag(shop: Shop) -> None:
    """And nothing of the trial remains but the records of `local`."""
    shop.publish("1.1.0", deploy=False)
    assert remote_refs(shop)[TAG] == shop.refs()[TAG]
    assert [ref for ref in shop.refs() if ref.startswith(HOME)] == [f"{HOME}/env/local"]
    assert [one.trial for one in releases(shop.workspace())] == [False, False]
    assert (problems(shop), problems(clone(shop))) == ([], [])


@pytest.mark.parametrize("options", [[], ["-a", "-m", "mine"]], ids=["light", "annotated"])
def test_a_tag_of_a_person_on_the_very_commit_is_taken(shop: Shop, options: list[str]) -> None:
    """It was there before the trial, or came after it."""
    shop.git("tag", *options, "v1.1.0")
    shop.commit(hello="next")
    shop.git("tag", *options, "v1.2.0")
    shop.publish("1.2.0")
    tags = {ref: at for ref, at in shop.refs().items() if ref.startswith("refs/tags/")}
    for version in ("1.1.0", "1.2.0"):
        shop.deploy(version, "prod")
        assert remote_refs(shop)[f"refs/tags/v{version}"] == tags[f"refs/tags/v{version}"]
    assert problems(shop) == []


def test_a_tag_of_a_person_on_another_commit_refuses_the_trial(shop: Shop) -> None:
    """Before anything is written: that number could never become a release."""
    shop.git("tag", "v1.2.0")
    shop.commit(hello="next")
    before = shop.refs()
    with refused("E_CONFLICT", "The tag v1.2.0 exists in this clone on another commit"):
        shop.publish("1.2.0")
    assert shop.refs() == before


# Somebody else's release takes the number


def test_a_trial_yields_to_a_release_with_other_content(shop: Shop) -> None:
    """With one note; tags are fetched without a clash, and nothing was tampered with."""
    other = taken(shop)
    shop.git("fetch", "--quiet", "--tags")
    assert problems(shop) == []
    said = [line for line in shop.watcher.said if "makes way" in line]
    assert len(said) == 1
    assert said[0].startswith("1.1.0 was released by Bob <bob@example.com> with other content")
    assert [
        (one.manifest.version, one.trial, one.live_in) for one in releases(shop.workspace())
    ] == [
        ("1.1.0", False, ("prod",)),
        ("1.0.0", False, ()),
    ]
    assert (problems(shop), problems(other), problems(clone(shop))) == ([], [], [])
    assert len([line for line in shop.watcher.said if "makes way" in line]) == 1


def test_local_goes_on_with_a_trial_that_yielded(shop: Shop) -> None:
    """It serves it, goes back to it, and takes the release of that number too."""
    taken(shop)
    assert result(shop) == "mine"
    assert status(shop.workspace(), environment="local")[0].state == "in-sync"
    shop.commit(hello="next")
    shop.publish("1.2.0")
    shop.rollback()
    assert shop.live("hello") == ("mine", "mine")
    shop.rollback()
    shop.deploy("1.1.0")
    assert shop.live("hello") == ("theirs", "theirs")
    assert problems(shop) == []


def test_a_trial_that_yielded_is_never_taken_for_the_release(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status, history, plans and rollbacks say which of the two they mean."""
    taken(shop)
    assert status(shop.workspace(), environment="local")[0].yielded
    for command in ("status", "history"):
        assert run(["-C", str(shop.root), "--env", "local", command]) == 0
        assert "1.1.0 (your trial, not the release)" in capsys.readouterr().out
    plan = plan_version(shop.workspace(), "1.1.0", environment="local")
    assert "local serves your trial of 1.1.0; this is the team's release of it" in plan.notes
    said = "1.1.0 is your trial in local, not the release of that number"
    assert shop.rollback("1.1.0") is None
    assert said in shop.watcher.said
    shop.deploy("1.1.0")
    assert not status(shop.workspace(), environment="local")[0].yielded
    assert run(["-C", str(shop.root), "--env", "local", "history"]) == 0
    newest, older = capsys.readouterr().out.splitlines()[1:3]
    assert ("your trial" in newest, "your trial" in older) == (False, True)


def test_a_trial_that_yielded_is_promoted_nowhere(shop: Shop) -> None:
    """Its number means another release for everybody else."""
    taken(shop)
    with refused("E_IMMUTABLE", "1.1.0 was released by Bob"):
        promote(shop.workspace(), source="local", environment="prod")
    with refused("E_IMMUTABLE", '"theirs" → "mine"'):
        shop.publish("1.1.0", "prod")


def test_a_release_with_the_content_of_a_trial_is_the_release(shop: Shop) -> None:
    """There is nothing to say: the trial came true."""
    other = taken(shop, "mine")
    shop.git("fetch", "--quiet", "--tags")
    listed = releases(shop.workspace())[0]
    assert (listed.trial, listed.live_in) == (False, ("local", "prod"))
    assert [line for line in shop.watcher.said if "makes way" in line] == []
    assert [ref for ref in shop.refs() if ref.startswith(HOME)] == [f"{HOME}/env/local"]
    assert (problems(shop), problems(other)) == ([], [])


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.EROFS, "its disk are writable"), (errno.EBUSY, "Stop the program that uses it")],
)
def test_a_reset_that_fails_names_its_cause(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    """A read-only disk is not mistaken for a process that has the file open."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    workspace = shop.workspace()
    monkeypatch.setattr(Path, "unlink", fail)
    with refused("E_LOCAL", os.strerror(number), advice):
        reset_local(workspace)


# What older versions, and times without a remote, have left


def old_layout(shop: Shop) -> None:
    """Give the clone the refs that 0.2.0 would have made."""
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
    """With the command that deletes it on the remote; or how to look, where that is not reached."""
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
    """Both causes are named, and the advice for this one ends the alarm for everybody."""
    old_layout(shop)
    shop.git("push", "--quiet", "origin", TAG)
    fresh = clone(shop, "fresh")
    if not remote:
        fresh.git("fetch", "--quiet", "origin", f"{RELEASES}:{RELEASES}")
        fresh.git("remote", "remove", "origin")
    words = ("v1.1.0 says that 1.1.0 was released", f"{RELEASES} was deleted or cut back", "0.2.0")
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
    """Where its new place is taken, both stay, and a line says so: trials, yanks, yielded ones."""
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
    """In the old place they are left, with a line; in the new one they are no trials."""
    for ref in (f"{OLD}/1.3.0", f"{HOME}/releases/oops"):
        shop.git("update-ref", ref, "HEAD")
    assert [one.manifest.version for one in releases(shop.workspace())] == ["1.1.0", "1.0.0"]
    assert any(f"{OLD}/1.3.0 cannot be moved" in line for line in shop.watcher.said)


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
    assert [(one.trial, one.pushed) for one in releases(shop.workspace())] == [(False, False)] * 2
    assert any(f"moved the records of local from {LOCAL}" in line for line in shop.watcher.said)
    shop.commit(hello="three")
    shop.publish("1.2.0", "prod")
    assert {"refs/tags/v1.0.0", TAG, "refs/tags/v1.2.0", RELEASES, PROD} == {
        ref for ref in remote_refs(shop) if ref not in {"HEAD", "refs/heads/main"}
    }
    assert (problems(shop), problems(clone(shop))) == ([], [])
    assert [one.version for one in history(shop.workspace())] == ["1.1.0", "1.0.0"]


def test_a_remote_that_came_later_says_which_numbers_are_taken(tmp_path: Path) -> None:
    """By tags of other commits: all are named, and nothing is pushed."""
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
    assert [(one.manifest.version, one.trial) for one in listed] == [
        ("1.1.0", False),
        ("1.0.0", True),
    ]
    assert problems(shop) == []
    assert [one.manifest.version for one in releases(clone(shop).workspace())] == ["1.1.0"]
