"""Publishing from repositories of all kinds: bare, empty, shallow, linked, inside others."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sfn_release.operations.verbs.show import show
from support.errors import refused
from support.git import isolate_git
from support.shop import (
    CONFIG,
    LOCAL,
    RELEASES,
    Shop,
    add_remote,
    copy_shop,
    make_shop,
    untouched,
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return copy_shop(tmp_path)


def test_a_project_in_a_subfolder_has_its_own_tags(tmp_path: Path) -> None:
    """Two projects in one repository, released apart; only their own folder must be clean."""
    root = make_shop(tmp_path / "mono")
    for name in ("a", "b c"):
        project = replace(root, folder=f"services/{name}")
        slug = name.replace(" ", "-")
        config = CONFIG.replace('"shop"', f'"{slug}"\ntag = "{slug}/v{{version}}"')
        project.write("releases.toml", config)
        project.workflow(f"of-{slug}", slug)
    root.commit()
    root.write("services/a/workflows/new.txt", "dirty")
    other = replace(root, folder="services/b c", clients={})
    assert list(other.publish("1.0.0").release.declarations) == ["of-b-c"]
    with refused("E_DIRTY", "services/a/workflows/new.txt (untracked)"):
        replace(root, folder="services/a").publish("1.0.0")
    assert {
        "refs/heads/main",
        "refs/heads/sfn-release/b-c/env/local",
        "refs/heads/sfn-release/b-c/releases",
        "refs/tags/b-c/v1.0.0",
    } == root.refs().keys()


def test_paths_may_hold_spaces_and_any_script(tmp_path: Path) -> None:
    """Both the repository's folder and the paths below it may have them."""
    shop = make_shop(tmp_path / "Müllers läden 日本 'x'", workflows={"grüße": "hallo"})
    shop.publish("1.0.0")
    assert shop.live("grüße") == ("hallo", "hallo")
    assert list(show(shop.workspace(), "1.0.0").declarations) == ["grüße"]


def test_a_sha_256_repository_works(tmp_path: Path) -> None:
    """Ids are longer there, and an absent ref is not forty zeros."""
    shop = Shop(tmp_path / "shop")
    shop.root.mkdir()
    shop.git("init", "--quiet", "--object-format=sha256")
    shop.write("releases.toml", CONFIG)
    shop.commit(hello="one")
    add_remote(shop)
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod")
    shop.rollback(environment="prod")
    assert shop.live("hello", "prod") == ("one", "one")


def test_hooks_do_not_run(shop: Shop) -> None:
    """The ledger is not the user's branch: no hook of theirs may veto half a release."""
    add_remote(shop)
    hooks = shop.root / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "commit-msg", "pre-push", "reference-transaction", "post-commit"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{shop.root.parent}/ran-{name}'\nexit 1\n")
        (hooks / name).chmod(0o755)
    shop.publish("1.0.0", "prod")
    assert list(shop.root.parent.glob("ran-*")) == []


def test_signing_by_default_is_no_obstacle(shop: Shop) -> None:
    """A release bot has no key, and the ledger's commits are the tool's."""
    for key in ("commit.gpgSign", "tag.gpgSign", "tag.forceSignAnnotated", "push.gpgSign"):
        shop.git("config", key, "true")
    shop.git("config", "gpg.program", "/nonexistent/gpg")
    add = add_remote(shop) if shop.git("config", "push.gpgSign", "if-asked") == "" else None
    assert add
    shop.git("config", "push.gpgSign", "true")
    shop.publish("1.0.0", "prod")


def test_without_an_identity_the_actor_signs(shop: Shop) -> None:
    """A container has no user.name, no user.email and an empty HOME."""
    shop.publish("1.0.0")
    assert shop.git("log", "-1", "--format=%an <%ae>", RELEASES) == "ann <ann@desk>"
    assert show(shop.workspace(), "1.0.0").manifest.author == "ann <ann@desk>"


def test_gits_identity_signs_where_there_is_one(shop: Shop) -> None:
    """Its name is in the manifest, on the ledger's commits and on the tag."""
    shop.git("config", "user.name", "Bøb ☃")
    shop.git("config", "user.email", "bob@example.com")
    shop.publish("1.0.0")
    bob = "Bøb ☃ <bob@example.com>"
    assert {bob} == {
        show(shop.workspace(), "1.0.0").manifest.author,
        shop.git("log", "-1", "--format=%cn <%ce>", RELEASES),
        shop.git("log", "-1", "--format=%an <%ae>", LOCAL),
        shop.git("tag", "--list", "--format=%(taggername) %(taggeremail)", "v1.0.0"),
    }


def test_git_variables_of_another_repository_are_not_followed(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook or an alias of git exports them."""
    other = make_shop(tmp_path / "other")
    before = other.refs(), untouched(other)
    for name, value in {
        "GIT_DIR": str(other.root / ".git"),
        "GIT_WORK_TREE": str(other.root),
        "GIT_INDEX_FILE": str(other.root / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(other.root / ".git" / "objects"),
        "GIT_NAMESPACE": "other",
    }.items():
        monkeypatch.setenv(name, value)
    shop.publish("1.0.0")
    isolate_git(monkeypatch, tmp_path / "home")
    for name in ("WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "NAMESPACE"):
        monkeypatch.delenv(f"GIT_{name}")
    assert before == (other.refs(), untouched(other))
    assert RELEASES in shop.refs()


def test_what_is_built_does_not_depend_on_this_machine(shop: Shop) -> None:
    """Line ends and attributes of the clone don't change the build of a commit."""
    plain = shop.publish("1.0.0", deploy=False).release
    shop.git("config", "core.autocrlf", "true")
    shop.git("config", "core.eol", "crlf")
    (shop.root / ".git" / "info").mkdir(exist_ok=True)
    (shop.root / ".git" / "info" / "attributes").write_text("*.json export-ignore\n*.toml -diff\n")
    again = shop.publish("1.0.1", deploy=False).release
    assert plain.digest == again.digest


def test_a_detached_head_is_released(shop: Shop) -> None:
    """CI checks out a detached HEAD."""
    shop.git("checkout", "--quiet", "--detach")
    shop.publish("1.0.0")
    assert shop.git("rev-parse", "--abbrev-ref", "HEAD") == "HEAD"


def test_a_linked_worktree_shares_the_ledger(shop: Shop, tmp_path: Path) -> None:
    """Records, `local` and releases are one for all work trees of a clone."""
    shop.publish("1.0.0")
    shop.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
    linked = Shop(tmp_path / "linked", clock=shop.clock)
    linked.commit(hello="two")
    linked.publish("1.1.0")
    assert (shop.serving().version, shop.live("hello")) == ("1.1.0", ("two", "two"))


@pytest.mark.parametrize("branch", ["sfn-release", "sfn-release/shop"])
def test_a_branch_in_the_way_of_the_ledger_is_named(shop: Shop, branch: str) -> None:
    """Git can't have a branch and branches below it; the error names it and the fix."""
    shop.git("branch", branch)
    with refused("E_CONFLICT", f"refs/heads/{branch}", "git branch -m", "`ledger`"):
        shop.publish("1.0.0")


@pytest.mark.parametrize("ref", ["releases", "env/local"])
def test_a_ledger_branch_that_is_checked_out_is_not_moved(
    shop: Shop, tmp_path: Path, ref: str
) -> None:
    """It would move under the branch's user."""
    shop.publish("1.0.0")
    branch = f"sfn-release/shop/{ref}"
    shop.git("worktree", "add", "--quiet", str(tmp_path / "look"), branch)
    before = shop.git("rev-parse", branch)
    shop.commit(hello="two")
    with refused("E_CONFLICT", f"refs/heads/{branch}", "checked out"):
        shop.publish("1.1.0")
    assert before == shop.git("rev-parse", branch)


def test_the_ledger_can_live_outside_the_branches(tmp_path: Path) -> None:
    """Some hosts have rules for all branches that would refuse the ledger."""
    config = CONFIG.replace('"shop"', '"shop"\nledger = "refs/sfn-release"')
    shop = make_shop(tmp_path / "shop", config=config)
    add_remote(shop)
    shop.publish("1.0.0", "prod", "local")
    shop.commit(hello="two")
    shop.publish("1.1.0", "prod", "local")
    shop.rollback(environment="prod")
    assert [ref for ref in shop.refs() if ref.startswith(("refs/heads/", "refs/remotes/"))] == [
        "refs/heads/main",
        "refs/remotes/origin/main",
    ]
    assert (shop.serving("prod").version, shop.serving("local").version) == ("1.0.0", "1.1.0")


def test_a_machine_without_git_is_told_what_to_install(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One clear error, not GitPython's."""
    monkeypatch.setenv("PATH", str(shop.root))
    with refused("E_GIT", "git was not found", "https://git-scm.com/"):
        shop.workspace()


def test_a_folder_that_is_gone_is_named(shop: Shop) -> None:
    """The error doesn't blame a missing git."""
    shutil.rmtree(shop.root)
    with refused("E_NOT_FOUND", str(shop.root)):
        shop.workspace()
