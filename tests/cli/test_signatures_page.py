"""The set-up of signatures in docs/how-to/sign-releases.md: its commands work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sfn_release.project import parse_project
from support.git import run_git
from support.places import ROOT
from support.signing import ssh_key

PAGE = (ROOT / "docs" / "how-to" / "sign-releases.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the blocks of the page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_five_commands_lead_to_a_key_that_may_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`doctor`, the last one, tries the key and finds it among the allowed signers."""
    home, shop = tmp_path / "home", tmp_path / "shop"
    monkeypatch.setenv("HOME", str(home))
    ssh_key(home / ".ssh", "id_ed25519")
    shop.mkdir()
    run_git(tmp_path, "init", "--quiet", "--bare", "origin.git")
    run_git(shop, "init", "--quiet")
    run_git(shop, "config", "user.name", "Ann")
    run_git(shop, "config", "user.email", "ann@example.com")
    run_git(shop, "remote", "add", "origin", str(tmp_path / "origin.git"))
    (shop / "workflows").mkdir()
    (shop / "releases.toml").write_text(blocks("toml")[0].partition("\n[environments")[0])
    commands = blocks("sh")[0]
    assert len(commands.strip().splitlines()) == 5
    done = subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=shop,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert "a trial signature is good: signed by ann@example.com" in done.stdout, done.stderr
    assert "release-signers on main of origin" in done.stdout


def test_the_settings_are_read() -> None:
    """The first block is a whole releases.toml."""
    project = parse_project(blocks("toml")[0], path="releases.toml")
    assert (project.signing, project.allowed_signers) == (True, "release-signers")
    assert project.environment("prod").signed
