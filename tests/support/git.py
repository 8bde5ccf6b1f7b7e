"""Git in tests: run without the user's configuration, and forged commits."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

GIT = (
    *("git", "-c", "user.name=Ann", "-c", "user.email=ann@example.com"),
    *("-c", "init.defaultBranch=main", "-c", "init.templateDir="),
)


def run_git(directory: Path, *arguments: str) -> str:
    done = subprocess.run([*GIT, *arguments], cwd=directory, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().removesuffix("\n")


def isolate_git(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Let git see no configuration but the repository's own, and no identity."""
    home.mkdir(exist_ok=True)
    for name in ("GIT_DIR", "GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
