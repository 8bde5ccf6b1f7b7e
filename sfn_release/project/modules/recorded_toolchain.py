"""Makes a temporary Python with the versions that a release recorded, as far as they can be had.

The versions come from a ledger, so they aren't trusted: each has to look like a name and a version,
and only wheels are installed, because building a source distribution would run its code with your
credentials. Dependencies aren't resolved: a release records every distribution that it imported.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sfn_release import __version__
from sfn_release.errors import BuildError
from sfn_release.project.modules.project_build import Toolchain

_TIMEOUT = 300  # seconds for one installation
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_OURS = "sfn-release"
_SHOWN = 200  # characters of an installer's words


@dataclass(frozen=True)
class RecordedPython:
    """A Python interpreter, *python*. *missing* says which recorded versions it doesn't have."""

    python: str
    missing: tuple[str, ...]


@contextmanager
def recorded_python(toolchain: Toolchain, environ: Mapping[str, str]) -> Iterator[RecordedPython]:
    """Make a virtual environment with the recorded versions, and remove it after the block.

    The Python itself comes from ``PATH``, or from uv, which may download it. Raises BuildError
    without pip and uv, and for a version that isn't one.
    """
    _refuse_nonsense(toolchain)
    with tempfile.TemporaryDirectory(prefix="sfn-release-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "python"
        missing = [*_create(folder, toolchain.python, environ)]
        python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
        wanted = dict(toolchain.distributions)
        if toolchain.sfn_release != __version__:
            wanted[_OURS] = toolchain.sfn_release
        missing += _install(python, wanted, environ)
        yield RecordedPython(python, tuple(missing))


def _refuse_nonsense(toolchain: Toolchain) -> None:
    pairs = [
        ("Python", toolchain.python),
        (_OURS, toolchain.sfn_release),
        *toolchain.distributions.items(),
    ]
    for name, version in pairs:
        if not (_NAME.fullmatch(name) and _VERSION.fullmatch(version)):
            raise BuildError(
                f"The release records {name!r} {version!r}, which isn't a package and a version.",
                fix="Build with the versions that are installed here:  --toolchain here",
            )


def _create(folder: Path, version: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Make a virtual environment of Python *version*, and yield what it hasn't."""
    uv = shutil.which("uv", path=environ.get("PATH"))
    minor = ".".join(version.split(".")[:2])
    if version != platform.python_version():
        if uv and not _fails([uv, "venv", "--quiet", "--python", version, str(folder)], environ):
            return
        other = shutil.which(f"python{minor}", path=environ.get("PATH"))
        python = other or sys.executable
        has = _said([python, "-c", "import platform; print(platform.python_version())"], environ)
        if has != version:
            yield f"Python {version} (it is {has or 'unknown'})"
    else:
        python = sys.executable
    failed = _fails([python, "-m", "venv", "--without-pip", str(folder)], environ)
    if failed:
        raise BuildError("Can't make a virtual environment.", why=failed)


def _install(python: str, wanted: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[str]:
    """Install *wanted* versions, and yield those that can't be had."""
    if not wanted:
        return
    command = _installer(python, environ)
    exact = [f"{name}=={version}" for name, version in sorted(wanted.items())]
    if not _fails([*command, *exact], environ):
        return
    for requirement in exact:  # one by one: most of them can be had
        failed = _fails([*command, requirement], environ)
        if failed:
            yield f"{requirement.replace('==', ' ')} ({failed})"


def _installer(python: str, environ: Mapping[str, str]) -> list[str]:
    options = ["--no-deps", "--only-binary", ":all:", "--quiet"]
    if importlib.util.find_spec("pip") is not None:
        pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
        return [*pip, "--no-input", "install", *options]
    uv = shutil.which("uv", path=environ.get("PATH"))
    if uv is None:
        raise BuildError(
            "Can't install the recorded versions: there is no pip and no uv.",
            fix="Install one of them, or build with the installed versions:  --toolchain here",
        )
    return [uv, "pip", "install", "--python", python, *options]


def _fails(command: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return the last words of a command that failed, "" if it succeeded."""
    try:
        ran = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
            env=dict(environ),
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_TIMEOUT} seconds"
    except OSError as error:
        return error.strerror or str(error)
    if ran.returncode == 0:
        return ""
    lines = (ran.stderr or ran.stdout).decode("utf-8", "replace").strip().splitlines()
    return lines[-1].removeprefix("ERROR: ")[:_SHOWN] if lines else f"exit {ran.returncode}"


def _said(command: Sequence[str], environ: Mapping[str, str]) -> str:
    try:
        ran = subprocess.run(
            command, capture_output=True, timeout=_TIMEOUT, check=False, env=dict(environ)
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout.decode("utf-8", "replace").strip()
