"""Tag-driven releases: the version comes from the release tag on HEAD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from sfn_release.operations import version_from_tag
from support.command_line import Project
from support.errors import refused
from support.shop import CONFIG, Shop, add_remote, clone, copy_shop, make_shop


@pytest.fixture
def tagged(tmp_path: Path) -> Shop:
    """Make a clone whose remote it can push tags to."""
    shop = copy_shop(tmp_path)
    add_remote(shop)
    return shop


def found(shop: Shop, environ: Mapping[str, str] | None = None) -> str:
    """Return the version in a CI run with these variables."""
    workspace = shop.workspace()
    return version_from_tag(
        replace(workspace, runtime=replace(workspace.runtime, environ=environ or {}))
    )


@pytest.mark.parametrize("kind", ["annotated", "lightweight"])
def test_the_tag_is_found_on_the_remote_alone(tagged: Shop, kind: str) -> None:
    """A shallow, detached clone without tags knows its version, and fetches nothing for it."""
    options = ["--annotate", "--message=x"] if kind == "annotated" else []
    tagged.git("tag", *options, "v1.2.0")
    tagged.git("push", "--quiet", "origin", "v1.2.0")
    tagged.git("remote", "set-url", "origin", "file://" + tagged.git("remote", "get-url", "origin"))
    runner = clone(tagged, "runner", "--depth=1", "--no-tags", "--branch=main")
    runner.git("checkout", "--quiet", "--detach")
    assert found(runner) == "1.2.0"
    assert runner.git("tag") == ""


def test_a_tag_that_was_not_pushed_yet_counts(tagged: Shop) -> None:
    """`publish` accepts it too, and pushes it."""
    tagged.git("tag", "v1.2.0")
    assert found(tagged) == "1.2.0"


def test_without_a_remote_the_clone_is_asked(tmp_path: Path) -> None:
    """The clone has the only tags."""
    shop = copy_shop(tmp_path)
    shop.git("tag", "v2.0.0-rc.1")
    assert found(shop) == "2.0.0-rc.1"


def test_an_unreachable_remote_leaves_the_clones_tags(tagged: Shop) -> None:
    """The output says that the remote wasn't reached."""
    tagged.git("tag", "v1.2.0")
    tagged.git("remote", "set-url", "origin", "/nowhere")
    assert found(tagged) == "1.2.0"
    assert any("couldn't be reached" in line for line in tagged.watcher.said)


def test_no_release_tag_is_an_error(tagged: Shop) -> None:
    """Tags on an older commit, or of another template, don't count."""
    tagged.git("tag", "v1.0.0")
    tagged.git("tag", "shop-1.0.0")
    tagged.commit(hello="two")
    tagged.git("tag", "nightly")
    with refused("E_NOT_FOUND", "has no release tag", "v1.2.0", "origin and this clone"):
        found(tagged)


def test_several_release_tags_are_an_error(tagged: Shop) -> None:
    """The error names them, without tags that match the template and aren't versions."""
    for tag in ("v1.2.0", "v1.3.0", "vendored"):
        tagged.git("tag", tag)
    with refused("E_VERSION", "several", "v1.2.0, v1.3.0"):
        found(tagged)


@pytest.mark.parametrize("tag", ["vNext", "v1.2", "v1.2.0+build", "vv1.2.0"])
def test_a_tag_that_is_no_version_is_an_error(tagged: Shop, tag: str) -> None:
    """Build metadata included: two such versions would be equal."""
    tagged.git("tag", tag)
    with refused("E_VERSION", tag, "doesn't name a version", "v1.2.0"):
        found(tagged)


def test_a_version_wins_over_a_tag_that_is_none(tagged: Shop) -> None:
    """The tag `vendored` belongs to another tool."""
    tagged.git("tag", "vendored")
    tagged.git("tag", "v1.2.0")
    assert found(tagged) == "1.2.0"


def test_the_template_of_the_project_counts(tmp_path: Path) -> None:
    """In a repository of several projects, tags of the other projects don't count."""
    config = CONFIG.replace('name = "shop"', 'name = "shop"\ntag = "shop/v{version}-final"')
    shop = make_shop(tmp_path / "shop", config=config)
    add_remote(shop)
    for tag in ("bank/v9.0.0-final", "v8.0.0", "shop/v1.2.0-final", "shop/v-final"):
        shop.git("tag", "--annotate", "--message=x", tag)
        shop.git("push", "--quiet", "origin", tag)
    assert found(clone(shop, "runner", "--no-tags")) == "1.2.0"


GITHUB = {"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1.3.0"}


@pytest.mark.parametrize("environ", [GITHUB, {"CI_COMMIT_TAG": "v1.3.0"}])
def test_the_tag_that_started_the_run_decides(tagged: Shop, environ: dict[str, str]) -> None:
    """Other release tags on the commit don't matter, and git may not have the tag."""
    tagged.git("tag", "v1.2.0")
    assert found(tagged, environ) == "1.3.0"


def test_a_branch_of_the_run_is_no_tag(tagged: Shop) -> None:
    """A branch doesn't count even if it looks like a tag."""
    tagged.git("tag", "v1.2.0")
    assert found(tagged, {**GITHUB, "GITHUB_REF_TYPE": "branch"}) == "1.2.0"


def test_a_run_of_another_projects_tag_is_an_error(tagged: Shop) -> None:
    """Its version is not ours."""
    with refused("E_VERSION", "bank-v1.0.0", "v1.2.0"):
        found(tagged, {**GITHUB, "GITHUB_REF_NAME": "bank-v1.0.0"})


def test_a_run_that_checked_something_else_out_is_an_error(tagged: Shop) -> None:
    """A release of that version from another commit could not stand beside its tag."""
    tagged.git("tag", "v1.3.0")
    tagged.git("push", "--quiet", "origin", "v1.3.0")
    tagged.commit(hello="two")
    with refused("E_CONFLICT", "v1.3.0", "not on the commit"):
        found(tagged, GITHUB)


def test_publish_takes_the_version_of_the_tag(shop: Project) -> None:
    """The output names the version."""
    shop.git("tag", "v1.2.0")
    ran = shop.ok("publish", "--version-from-tag")
    assert "1.2.0 released" in ran.out
    assert "CHANGELOG.md has no section for 1.2.0" in ran.err


@pytest.mark.parametrize("words", [["1.2.0", "--version-from-tag"], []])
def test_the_version_is_named_in_one_way(shop: Project, words: list[str]) -> None:
    """Both or neither is an invalid command line."""
    ran = shop.run("publish", *words)
    assert (ran.code, "--version-from-tag" in ran.err) == (2, True)
