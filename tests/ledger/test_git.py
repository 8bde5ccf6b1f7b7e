"""Git's plumbing: reading, writing objects, and compare-and-swap on refs."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfn_release.errors import GitError
from sfn_release.ledger.git import Git, Identity, RefMovedError, RefUpdate
from sfn_release.ledger.git.command import Result, failure
from support.errors import refused
from support.git import run_git
from support.shop import Shop, add_remote, copy_shop

AT = datetime(2030, 1, 1, 12, tzinfo=UTC)
BY = Identity("Ann", "ann@example.com")
REF = "refs/heads/sfn-release/shop/releases"
OTHER = "refs/tags/v1.0.0"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return copy_shop(tmp_path)


@pytest.fixture
def git(shop: Shop) -> Git:
    return Git.open(shop.root)


def commit(git: Git, content: str, parent: str | None = None, message: str = "x") -> str:
    """Store a commit of one file."""
    (blob,) = git.objects.write_blobs([content.encode()])
    tree = git.objects.write_tree({"file": ("100644", "blob", blob)})
    return git.objects.write_commit(tree, parent, message, by=BY, at=AT)


# Where it is


def test_it_is_found_from_any_folder_below(shop: Shop) -> None:
    """It knows its root, and the Git folder that all work trees share."""
    git = Git.open(shop.root / "workflows")
    assert (git.repository.root, git.repository.common_dir, git.repository.git_dir) == (
        *(shop.root, shop.root / ".git", shop.root / ".git"),
    )
    linked = shop.root.parent / "linked"
    shop.git("worktree", "add", "--quiet", "--detach", str(linked))
    other = Git.open(linked)
    assert (other.repository.root, other.repository.common_dir) == (
        linked,
        git.repository.common_dir,
    )
    assert other.repository.git_dir != git.repository.git_dir


def test_a_folder_whose_owner_git_does_not_trust_is_refused_in_gits_words(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """safe.directory is the user's to set, never ours to go around."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with refused("E_GIT", "dubious ownership", "safe.directory", "doesn't trust"):
        Git.open(shop.root)


# Objects

NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0\n"), min_size=1, max_size=20
).filter(lambda name: name not in {".", "..", ".git"} and not name.endswith("\r"))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files=st.dictionaries(NAMES, st.binary(max_size=50), max_size=4))
def test_files_come_back_as_they_were_written(git: Git, files: dict[str, bytes]) -> None:
    """Any bytes under any name that git can ask for, without filters, in one process."""
    blobs = git.objects.write_blobs(list(files.values()))
    entries = {name: ("100644", "blob", at) for name, at in zip(files, blobs, strict=True)}
    try:
        tree = git.objects.write_tree(entries)
    except GitError:
        return  # a name that git itself refuses, such as ".GIT"
    made = git.objects.write_commit(tree, None, "x", by=BY, at=AT)
    assert git.objects.read_many([(made, name) for name in files]) == list(files.values())
    assert git.objects.tree(made) == entries


def test_line_ends_are_kept(shop: Shop, git: Git) -> None:
    """No filter, no conversion, whatever the user has configured."""
    shop.git("config", "core.autocrlf", "true")
    made = commit(git, "a\r\nb\n")
    assert git.objects.read(made, "file") == b"a\r\nb\n"


def test_what_is_not_there_is_none(git: Git) -> None:
    """A file, a folder, a name with a line break; the files after it are read too."""
    made = commit(git, "there")
    wanted = ["nope", "file", "a\nb", "file\r", "file/x", "file"]
    contents = git.objects.read_many([(made, path) for path in wanted])
    assert contents == [None, b"there", None, None, None, b"there"]
    assert git.objects.read_many([(made, "a\nb")]) == [None]
    assert (
        git.objects.read_many([]),
        git.objects.tree(made, "nope"),
        git.history.commit_id("refs/heads/nope"),
    ) == (*([], {}, None),)


def test_many_files_of_a_folder_are_read_by_their_ids(git: Git) -> None:
    """Any number of files, in the asked order: in the root, in a folder, missing, twice, odd."""
    contents = {f"file {number}.json": f"{number}".encode() for number in range(120)}
    contents["größe\nnew.json"] = b"odd"
    blobs = git.objects.write_blobs(list(contents.values()))
    files = {name: ("100644", "blob", at) for name, at in zip(contents, blobs, strict=True)}
    inside = git.objects.write_tree(files)
    root = git.objects.write_tree({**files, "inside": ("040000", "tree", inside)})
    made = git.objects.write_commit(root, None, "x", by=BY, at=AT)

    for folder in ("", "inside/", "nowhere/"):
        names = [*contents, "missing", "file 1.json", "file 1.json/x"]
        found = git.objects.read_many([(made, folder + name) for name in names])
        expected = [None if folder == "nowhere/" else contents.get(name) for name in names]
        assert found == expected
    mixed = [(made, "inside/file 7.json"), *((made, name) for name in contents)]
    assert git.objects.read_many(mixed) == [b"7", *contents.values()]


def test_a_commit_says_who_and_when(shop: Shop, git: Git) -> None:
    """It uses the given identity and UTC time, not the clock, time zone or configuration."""
    made = commit(git, "x", message="subject\n\nbody\n")
    found = shop.git("log", "-1", "--format=%an <%ae> %aI|%cn %cI|%B", made)
    assert found.rstrip() == (
        "Ann <ann@example.com> 2030-01-01T12:00:00+00:00|Ann 2030-01-01T12:00:00+00:00"
        "|subject\n\nbody"
    )


def test_objects_that_are_not_complete_get_no_ref(shop: Shop, git: Git) -> None:
    """A garbage collection may have taken one, and update-ref would not notice."""
    made = commit(git, "collected")
    blob = git.objects.tree(made)["file"][2]
    (shop.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(GitError, match=r"git rev-list"):
        git.objects.complete(made, None)


@pytest.mark.parametrize("bad", ["", "HEAD", "-x", "a" * 39, "A" * 40, None, "a" * 40 + "\n"])
def test_what_is_no_object_id_never_reaches_git(git: Git, bad: Any) -> None:
    """An empty one in `git push` would delete the remote's ref."""
    with refused("E_GIT", "is not an object id"):
        git.remotes.push("origin", [RefUpdate(REF, bad, None)])
    with refused("E_GIT", "is not an object id"):
        git.refs.update([RefUpdate(REF, bad, None)])
    with refused("E_GIT", "is not an object id"):
        git.objects.read(bad, "file")
    with refused("E_GIT", "is not an object id"):
        git.history.is_ancestor(bad, "a" * 40)


def test_the_log_is_searched_to_the_letter(git: Git) -> None:
    """All lines, whole lines, no patterns."""
    tip = None
    for version, status in (
        ("1.0.0", "failed"),
        ("1x0.0", "ok"),
        ("1.0.0", "ok"),
        ("1.0.01", "ok"),
    ):
        message = f"made {version}\n\nVersion: {version}\nStatus: {status}\n"
        tip = commit(git, version + status, tip, message)
    assert tip is not None
    found = git.history.log(tip, grep=["Version: 1.0.0", "Status: ok"])
    assert [subject for _, subject in found] == ["made 1.0.0"]
    assert [subject for _, subject in git.history.log(tip, limit=2)] == [
        "made 1.0.01",
        "made 1.0.0",
    ]
    assert git.history.log(tip, grep=["Version: .*", "Status: ok"]) == []


# Refs: compare-and-swap


def test_refs_move_together_or_not_at_all(shop: Shop, git: Git) -> None:
    """They move from the value that was read; the same update again does nothing."""
    one, two = commit(git, "1"), commit(git, "2")
    git.refs.update([RefUpdate(REF, one, None), RefUpdate(OTHER, one, None)])
    git.refs.update([RefUpdate(REF, one, None)])
    with pytest.raises(RefMovedError):
        git.refs.update([RefUpdate(REF, two, one), RefUpdate(OTHER, two, two)])
    with pytest.raises(RefMovedError):
        git.refs.update([RefUpdate(REF, two, None)])
    assert (git.refs.find(REF), git.refs.find(OTHER)) == ({REF: one}, {OTHER: one})
    git.refs.update([RefUpdate(REF, two, one), RefUpdate(OTHER, two, one)])
    assert shop.git("rev-parse", REF, OTHER).splitlines() == [two, two]


def test_a_tag_appears_peeled_too(git: Git) -> None:
    """The object of the tag, and the commit that it stands on."""
    made = commit(git, "1")
    tag = git.objects.write_tag("v1.0.0", made, "notes\n", by=BY, at=AT)
    git.refs.update([RefUpdate(OTHER, tag, None), RefUpdate("refs/tags/light", made, None)])
    assert git.refs.find("refs/tags") == {
        OTHER: tag,
        f"{OTHER}^{{}}": made,
        "refs/tags/light": made,
    }
    assert git.history.commit_id(OTHER) == made


def test_a_push_is_compare_and_swap_too(shop: Shop, git: Git) -> None:
    """It moves several refs at once, survives a lost reply, and never forces."""
    add_remote(shop)
    one, two, three = (commit(git, text) for text in "123")
    git.remotes.push("origin", [RefUpdate(REF, one, None), RefUpdate(OTHER, one, None)])
    git.remotes.push("origin", [RefUpdate(REF, one, None)])
    with pytest.raises(RefMovedError):
        git.remotes.push("origin", [RefUpdate(REF, two, None)])
    with pytest.raises(RefMovedError):
        git.remotes.push("origin", [RefUpdate(REF, two, one), RefUpdate(OTHER, three, two)])
    assert git.remotes.ls_remote("origin", [REF, OTHER]) == {REF: one, OTHER: one}


def test_a_host_without_atomic_pushes_gets_them_in_order(shop: Shop, git: Git) -> None:
    """The ledger first, the tag last: publishing again finishes it."""
    remote = add_remote(shop)
    run_git(remote, "config", "receive.advertiseAtomic", "false")
    one = commit(git, "1")
    git.remotes.push("origin", [RefUpdate(REF, one, None), RefUpdate(OTHER, one, None)])
    assert git.remotes.ls_remote("origin", [REF, OTHER]) == {REF: one, OTHER: one}
    with pytest.raises(RefMovedError):
        git.remotes.push("origin", [RefUpdate(REF, commit(git, "2"), commit(git, "3"))])


def test_fetching_is_fast_forward_only(shop: Shop, git: Git) -> None:
    """It fetches only the named refs: no tags, FETCH_HEAD or remote-tracking branches."""
    add_remote(shop)
    one = commit(git, "1")
    two = commit(git, "2", one)
    git.remotes.push("origin", [RefUpdate(REF, two, None), RefUpdate(OTHER, one, None)])
    before = shop.refs()
    git.remotes.fetch("origin", {REF: RefUpdate("refs/seen", two, None)})
    assert shop.refs() == {**before, "refs/seen": two}
    assert not (shop.root / ".git" / "FETCH_HEAD").exists()
    shop.git("push", "--quiet", "--force", "origin", f"{one}:{REF}")
    with pytest.raises(RefMovedError):
        git.remotes.fetch("origin", {REF: RefUpdate("refs/seen", one, two)})
    assert shop.refs()["refs/seen"] == two
    git.remotes.fetch(
        "origin", {OTHER: RefUpdate("refs/seen", one, None)}
    )  # another process wrote it
    assert shop.refs()["refs/seen"] == two


# The surroundings


def test_an_identity_is_gits_own_or_the_fallback(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git's guess from user and host doesn't count."""
    fallback = Identity("bot", "bot@ci")
    assert Git.open(shop.root, fallback=fallback).repository.identity == fallback
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Envy")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "envy@example.com")
    assert str(Git.open(shop.root).repository.identity) == "Envy <envy@example.com>"


def test_what_others_exported_stays_exported(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken out of git's environment, not out of ours."""
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    assert git.history.head() is not None
    assert os.environ["GIT_DIR"] == "/nonexistent"


def test_replacements_are_not_followed(shop: Shop, git: Git) -> None:
    """`git replace` would show another commit under the same id."""
    head = shop.git("rev-parse", "HEAD")
    shop.git("replace", head, shop.git("commit-tree", "HEAD^{tree}", "-m", "other"))
    assert [subject for _, subject in git.history.log(head)] == ["change"]


@pytest.mark.parametrize("words", ["Permission denied", "Read-only file system"])
def test_a_clone_that_cannot_be_written_is_explained(words: str) -> None:
    """A fetch needs the Git folder to be writable; git's own words come second."""
    stderr = f"error: cannot lock ref 'refs/x': Unable to create '.git/refs/x.lock': {words}"
    error = failure("fetch", Result(1, b"", stderr))
    assert error.message == "Can't store ledger updates: .git is not writable."
    assert (error.why, "Make .git writable" in error.fix) == (stderr, True)


def test_each_git_command_is_logged_with_its_time(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """The debug log leaves out settings and the secrets of URLs."""
    git = Git.open(shop.root)
    with caplog.at_level("DEBUG", "sfn_release.ledger.git.command"):
        git.repository.run("-c", "gc.auto=0", "ls-remote", "https://bot:hunter2@127.0.0.1:1/x.git")
        git.objects.write_blobs([b"x"])
    remote, blobs = caplog.messages
    assert re.fullmatch(
        r"git ls-remote https://\*\*\*@127\.0\.0\.1:1/x\.git: exit code 128, \d+\.\d{3} s", remote
    )
    assert blobs.startswith("git hash-object -w --no-filters --stdin-paths: exit code 0, ")
