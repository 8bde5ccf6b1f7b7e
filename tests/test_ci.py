"""The script that every change has to pass finds its Pythons on any machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.places import ROOT

SCRIPT = ROOT / ".ci" / "run"


def found(folder: Path) -> list[str]:
    """Return the lines of `pythons` where PATH is *folder* and pyenv is missing."""
    text = SCRIPT.read_text()
    function = text[text.index("pythons() {") : text.index("\n}\n") + 3]
    (folder / "sort").symlink_to("/usr/bin/sort")
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", f"{function}pythons"],
        env={"PATH": str(folder), "PYENV_ROOT": str(folder / "pyenv"), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def command(folder: Path, name: str, line: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def test_one_python_is_enough(tmp_path: Path) -> None:
    """Under any of its names, once."""
    command(tmp_path, "python3", f'exec {sys.executable} "$@"')
    command(tmp_path, "python3.11", f'exec {sys.executable} "$@"')
    (line,) = found(tmp_path)
    assert line.startswith(f"{sys.version_info[0]}.{sys.version_info[1]} /")


def test_the_newest_comes_first_and_what_does_not_run_is_left_out(tmp_path: Path) -> None:
    """A shim of pyenv for another version fails; an old Python is not supported."""
    for name, version in (("python3", "3.11"), ("python3.14", "3.14"), ("python3.13", "3.13")):
        command(tmp_path, name, f"echo {version} /{name}")
    command(tmp_path, "python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127")
    assert found(tmp_path) == ["3.14 /python3.14", "3.13 /python3.13", "3.11 /python3"]


def sessions() -> set[str]:
    """Return the names of the sessions of noxfile.py."""
    tree = ast.parse((ROOT / "noxfile.py").read_text())
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any("nox.session" in ast.unparse(decorator) for decorator in node.decorator_list)
    }


@pytest.mark.parametrize("path", [".ci/run", "CONTRIBUTING.md", "noxfile.py"])
def test_the_sessions_that_are_named_exist(path: str) -> None:
    """The script, the guide and the file itself name sessions of noxfile.py alone."""
    found = re.findall(r"nox -s ((?:[a-z]+ ?)+)", (ROOT / path).read_text())
    named = {name for names in found for name in names.split()}
    assert named
    assert named <= sessions()


def test_the_script_checks_all_that_nox_checks() -> None:
    """Coverage, lint and types after the README's commands; a first use on other Pythons."""
    found = re.findall(r"nox -s ((?:[a-z]+ ?)+)", SCRIPT.read_text())
    assert {name for names in found for name in names.split()} == sessions() - {"tests"}


def test_the_guide_names_folders_that_exist() -> None:
    """A room, a test or a file that is named in the guide is there."""
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    paths = re.findall(r"(?<![\w/.])((?:tests|sfn_release|docs|workflows)/[\w/.-]*)", guide)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
