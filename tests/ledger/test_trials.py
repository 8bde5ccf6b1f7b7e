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
from sfn_release.operations.verbs.yank import unyank, yank
from support.command_line import Project
from support.errors import refused
from support.shop import (
    Shop,
    clone,
    made_once,
)
from support.trials import HOME, TAG, make_trial, problems, remote_refs, taken


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone with a remote, the release 1.0.0, and the local trial 1.1.0."""
    return made_once(tmp_path, "trials", make_trial)


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
    """`releases`, `show`, `publish` and `verify` show it, in words and as JSON."""
    project = Project(shop.root)
    assert "local trial" in project.ok("releases").out.splitlines()[1]
    assert "local trial" not in project.ok("releases").out.splitlines()[2]
    listed = project.json("releases")["releases"]
    assert [
        (release["version"], release["trial"], release["pushed"], release["tag"])
        for release in listed
    ] == [
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
    assert [record.version for record in history(shop.workspace())] == ["1.1.0", "1.0.0"]
    assert [
        len(workflow.differences) for workflow in diff(shop.workspace(), "1.0.0", "@local")
    ] == [1]
    assert [len(workflow.differences) for workflow in diff(shop.workspace(), "1.1.0")] == [0]
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
    """It removes everything of `local`, and the number is free again."""
    shop.git("tag", "v1.1.0")
    workspace = shop.workspace()
    assert reset_local(workspace) == ["1.1.0"]
    assert [ref for ref in shop.refs() if ref.startswith("refs/sfn-release/")] == []
    assert TAG in shop.refs()
    assert [release.manifest.version for release in releases(shop.workspace())] == ["1.0.0"]


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
    """Only the records of `local` remain of the trial."""
    shop.publish("1.1.0", deploy=False)
    assert remote_refs(shop)[TAG] == shop.refs()[TAG]
    assert [ref for ref in shop.refs() if ref.startswith(HOME)] == [f"{HOME}/env/local"]
    assert [release.trial for release in releases(shop.workspace())] == [False, False]
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
    """The error comes before any write: that number could never become a release."""
    shop.git("tag", "v1.2.0")
    shop.commit(hello="next")
    before = shop.refs()
    with refused("E_CONFLICT", "The tag v1.2.0 exists in this clone on another commit"):
        shop.publish("1.2.0")
    assert shop.refs() == before


# Another person's release takes the number


def test_a_trial_yields_to_a_release_with_other_content(shop: Shop) -> None:
    """It prints one note; tags are fetched without a clash or a report of tampering."""
    other = taken(shop)
    shop.git("fetch", "--quiet", "--tags")
    assert problems(shop) == []
    said = [line for line in shop.watcher.said if "gives up the number" in line]
    assert len(said) == 1
    assert said[0].startswith("1.1.0 was released by Bob <bob@example.com> with other content")
    assert [
        (release.manifest.version, release.trial, release.live_in)
        for release in releases(shop.workspace())
    ] == [
        ("1.1.0", False, ("prod",)),
        ("1.0.0", False, ()),
    ]
    assert (problems(shop), problems(other), problems(clone(shop))) == ([], [], [])
    assert len([line for line in shop.watcher.said if "gives up the number" in line]) == 1


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
    assert "your trial of 1.1.0 is live in local; this is the team's release" in plan.notes
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
    """It prints no note: the trial and the release are the same."""
    other = taken(shop, "mine")
    shop.git("fetch", "--quiet", "--tags")
    listed = releases(shop.workspace())[0]
    assert (listed.trial, listed.live_in) == (False, ("local", "prod"))
    assert [line for line in shop.watcher.said if "gives up the number" in line] == []
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
