"""Publishing needs a clean work tree: the release is the commit, whatever Git hides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.errors import refused
from support.git import run_git
from support.shop import (
    CONFIG,
    ROLE,
    Shop,
    add_remote,
    copy_shop,
)
from support.values import definition


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return copy_shop(tmp_path)


def edit(shop: Shop) -> None:
    shop.workflow("hello", "edited")


def stage(shop: Shop) -> None:
    shop.workflow("hello", "staged")
    shop.git("add", "--all")
    shop.git("show", "HEAD:workflows/hello.asl.json")


def delete(shop: Shop) -> None:
    (shop.root / "workflows/hello.asl.json").unlink()


def add_untracked(shop: Shop) -> None:
    shop.workflow("é new", "untracked")
    shop.git("config", "status.showUntrackedFiles", "no")


def rename(shop: Shop) -> None:
    shop.git("mv", "workflows/hello.asl.json", "workflows/bye.asl.json")


def assume_unchanged(shop: Shop) -> None:
    shop.git("update-index", "--assume-unchanged", "workflows/hello.asl.json")
    shop.workflow("hello", "hidden")


def skip_worktree(shop: Shop) -> None:
    shop.git("update-index", "--skip-worktree", "workflows/hello.asl.json")
    shop.workflow("hello", "hidden")


def intend_to_add(shop: Shop) -> None:
    shop.workflow("new", "x")
    shop.git("add", "--intent-to-add", "workflows/new.asl.json")


DIRTY = {
    edit: "workflows/hello.asl.json (modified)",
    stage: "workflows/hello.asl.json (modified)",
    delete: "workflows/hello.asl.json (deleted)",
    add_untracked: "workflows/é new.asl.json (untracked)",
    rename: "workflows/bye.asl.json (added, not committed)",
    assume_unchanged: "workflows/hello.asl.json (hidden by assume-unchanged)",
    skip_worktree: "workflows/hello.asl.json (hidden by skip-worktree)",
    intend_to_add: "workflows/new.asl.json (added, not committed)",
}


@pytest.mark.parametrize(
    ("change", "line"), DIRTY.items(), ids=[change.__name__ for change in DIRTY]
)
def test_a_dirty_tree_is_refused(shop: Shop, change: object, line: str) -> None:
    """The error lists every file, hidden ones too, and the commands to run; nothing is written."""
    assert callable(change)
    change(shop)
    refs = shop.refs()
    with refused("E_DIRTY", line, "git add", "git stash"):
        shop.publish("1.0.0")
    assert refs == shop.refs()


def test_ignored_files_are_not_part_of_a_release(shop: Shop) -> None:
    """They don't block it either: the commit is built."""
    shop.write(".gitignore", "workflows/mine.*\n")
    shop.commit()
    shop.workflow("mine", "x")
    assert list(shop.publish("1.0.0", deploy=False).release.declarations) == ["hello"]


def test_a_repository_without_a_commit_is_refused(tmp_path: Path) -> None:
    """There is nothing to release yet; the error names the command to run."""
    shop = Shop(tmp_path / "shop")
    shop.root.mkdir()
    shop.git("init", "--quiet")
    shop.write("releases.toml", CONFIG)
    shop.workflow("hello", 1)
    with refused("E_NOT_FOUND", "no commit yet", "git commit"):
        shop.publish("1.0.0")
    assert shop.refs() == {}


def test_no_repository_is_an_error_of_its_own(tmp_path: Path) -> None:
    """A bare repository and one without a project are errors too."""
    with refused("E_NOT_FOUND", "not in a Git repository", "git init"):
        Shop(tmp_path).workspace()
    run_git(tmp_path, "init", "--quiet", "--bare", "bare.git")
    with refused("E_NOT_FOUND", "bare repository"):
        Shop(tmp_path / "bare.git").workspace()
    run_git(tmp_path, "init", "--quiet", "empty")
    with refused("E_NOT_FOUND", "releases.toml", "sfn-release init"):
        Shop(tmp_path / "empty").workspace()


def test_a_build_that_fails_takes_no_version(shop: Shop) -> None:
    """Everything that can be refused is refused first."""
    shop.write("workflows/broken.asl.json", '{"StartAt": "A", "States": {}}')
    shop.commit()
    refs = shop.refs()
    with refused("E_DEFINITION", "broken"):
        shop.publish("1.0.0")
    assert refs == shop.refs()


def test_a_plan_that_is_refused_takes_no_version(shop: Shop) -> None:
    """The second of two environments has another owner's machine of that name."""
    shop.write("releases.toml", CONFIG.replace('name = "shop"', 'name = "shop"\nremote = ""'))
    shop.commit()
    shop.client("prod").create_state_machine(
        name="hello", roleArn=ROLE, definition=json.dumps(definition("theirs"))
    )
    refs = shop.refs()
    with refused(
        "E_SEVERAL",
        "Nothing was started: 1.0.0 can't be deployed to prod.",
        "prod: The state machine hello does",
    ):
        shop.publish("1.0.0", "local", "prod")
    assert refs == shop.refs()
    published = shop.publish("1.0.0", "local", "prod", adopt=True)
    assert [record.workflows["hello"].change for record in published.deployments] == [
        "created",
        "updated",
    ]
    assert shop.live("hello", "prod") == ("one", "one")


def test_a_shared_environment_needs_a_ledger_that_is_shared(shop: Shop) -> None:
    """`remote = ""` declares that only this clone deploys; publishing then warns."""
    with refused("E_CONFIG", "prod is shared", "origin", 'remote = ""'):
        shop.publish("1.0.0", "prod")
    shop.write("releases.toml", CONFIG.replace('name = "shop"', 'name = "shop"\nremote = ""'))
    shop.commit()
    shop.publish("1.0.0", "prod")
    assert [text for text in shop.watcher.said if text.startswith("warning:")]


def test_releases_toml_must_be_committed_outside_local(shop: Shop) -> None:
    """Everyone can repeat a deployment, since its record has the blob of the file."""
    add_remote(shop)
    shop.release("1.0.0")
    shop.write("releases.toml", CONFIG + "# mine\n")
    with refused("E_DIRTY", "releases.toml (modified)"):
        shop.deploy("1.0.0", "prod")
    record = shop.deploy("1.0.0", "local")
    assert record is not None
    assert shop.git("rev-parse", "HEAD:releases.toml") == record.config_blob
