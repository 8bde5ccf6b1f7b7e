"""The demo and the scaffold, run for real."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from sfn_release.errors import AwsError
from sfn_release.operations.scaffold.project_files import files, project_name
from sfn_release.project import parse_project
from support.command_line import run
from support.git import run_git
from support.places import ROOT


def test_the_demo_tells_the_whole_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo shows Alice, Bob, Alice, then status and history, and removes its folder."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.chdir(tmp_path)

    ran = run("demo")

    assert ran.code == 0, ran.err
    assert re.findall(r'^  "message": "(.*)"$', ran.out, re.MULTILINE) == [
        "Hello Alice",
        "Hello Bob",
        "Hello Alice",
    ]
    typed = re.findall(r"^\$ sfn-release (.*)$", ran.out, re.MULTILINE)
    assert typed == [
        "init",
        "publish 1.0.0",
        "execute hello",
        "publish 1.1.0",
        "execute hello",
        "diff 1.0.0 1.1.0",
        "rollback 1.0.0",
        "execute hello",
        "status",
        "history",
    ]
    assert 'Result.message "Hello Alice" → "Hello Bob"' in ran.out
    assert "rollback  1.0.0    1.1.0  succeeded" in ran.out
    named = re.search(r"^  (/\S+/sfn-release-demo-\S+)$", ran.out, re.MULTILINE)
    assert named
    assert Path(named[1]).parent == tmp_path
    assert list(tmp_path.glob("sfn-release-demo-*")) == []


def test_the_demo_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`demo --keep` leaves a repository behind, and --json names it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = run("--json", "demo", "--keep").json
    folder = Path(done["folder"])
    assert folder.is_dir()
    assert {step["exit_code"] for step in done["steps"]} == {0}
    assert run_git(folder, "tag", "--list").split() == ["v1.0.0", "v1.1.0"]


def test_the_demo_of_testing_shows_each_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests pass, faults are found, and a replay finds the change that publish would release."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ran = run("demo", "--testing")
    assert ran.code == 0, ran.out + ran.err
    typed = re.findall(r"^\$ (?:sfn-release|python) (\S+ \S+)", ran.out, re.MULTILINE)
    assert typed == [
        "-m pytest",
        "test charging",
        "faults charging",
        "publish 1.0.0",
        "execute charging",
        "execute charging",
        "replay charging",
    ]
    for shown in (
        "2 passed in ",
        "2 passed, 0 failed",
        "Charge → Notify Customer (catch of CardExpired)",
        "caught by Catch 1 → Notify Customer; FAILED at Not Charged",
        "2  different",
        "after Paid the execution takes another path",
    ):
        assert shown in ran.out
    assert list(tmp_path.glob("sfn-release-demo-*")) == []


def test_the_demo_is_beyond_the_reach_of_a_users_git(tmp_path: Path) -> None:
    """The user's signing, hooks, templates, ignores and environment don't affect the demo."""
    bad = tmp_path / "bad"
    (bad / "hooks").mkdir(parents=True)
    for name in ("pre-commit", "commit-msg", "reference-transaction"):
        hook = bad / "hooks" / name
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
    (bad / "ignore").write_text("*\n")
    (bad / "config").write_text(
        "[commit]\ngpgSign = true\n[tag]\ngpgSign = true\n[init]\ndefaultBranch = odd\n"
        f"templateDir = {bad}\n[core]\nhooksPath = {bad}/hooks\nexcludesFile = {bad}/ignore\n"
        "autocrlf = true\n[user]\nsigningKey = none\nuseConfigOnly = true\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "sfn_release", "demo"],
        cwd=tmp_path,
        env=os.environ
        | {
            "GIT_CONFIG_GLOBAL": str(bad / "config"),
            "GIT_DIR": str(tmp_path / "nowhere"),
            "GIT_INDEX_FILE": str(tmp_path / "index"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_failing_step_ends_the_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The demo stops and exits 1 when one of its commands fails."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def broken(*_: object, **__: object) -> None:
        raise AwsError("no luck")

    monkeypatch.setattr(import_module("sfn_release.operations.verbs.execute"), "call", broken)
    ran = run("demo")
    assert ran.code == 1
    assert "The demo stopped: exit code 1." in ran.out
    assert "Hello Bob" not in ran.out
    assert list(tmp_path.glob("sfn-release-demo-*")) == []


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("shop", "shop"),
        ("My Shop (2)", "my-shop-2"),
        ("Überweisung", "uberweisung"),
        ("42", "project-42"),
        ("…", "project"),
        ("x" * 300, "x" * 40),
    ],
)
def test_a_project_is_named_after_its_folder(folder: str, name: str) -> None:
    """Any folder's name gives a valid project name and a valid releases.toml."""
    assert project_name(folder) == name
    text = files(folder)["releases.toml"]
    assert parse_project(text, path="releases.toml").name == name


def test_the_example_is_the_repositorys_own() -> None:
    """`init` writes this repository's hello workflow."""
    assert files("any")["workflows/hello.py"] == (ROOT / "workflows/hello.py").read_text()
