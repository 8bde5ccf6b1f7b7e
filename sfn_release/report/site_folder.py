"""Writes a report into a folder, which replaces an earlier report as a whole."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from sfn_release.errors import FileError
from sfn_release.report.paths import ASSETS

MARKER = ".sfn-release-report"
"""A file in every folder that we made. Only such a folder, or an empty one, is replaced."""


Written = TypeVar("Written")


def write_site(
    folder: Path, write: Callable[[Path], Written], *, marker: dict[str, str]
) -> Written:
    """Let *write* fill a new folder, then put it in the place of *folder*; return its result.

    The assets are in the new folder already. Readers of an earlier report see it until then, and
    it stays if *write* raises. Raises FileError for a folder that isn't ours, and when it can't be
    written.
    """
    target = folder.absolute()
    try:
        refuse_foreign(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            (made / MARKER).write_text(json.dumps(marker, indent=2) + "\n", encoding="utf-8")
            _write_assets(made / ASSETS)
            written = write(made)
            made.chmod(0o755)  # a temporary folder is private
            _replace(target, made)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as error:
        raise _unwritable(folder, error) from error
    return written


def refuse_foreign(folder: Path) -> None:
    """Raise FileError for a folder that a report can't replace, such as one with other files."""
    try:
        existing = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
        if not existing.is_dir() or folder.is_symlink():
            raise FileError(f"{existing} is not a folder.", fix="Name a new or an empty folder.")
        names = {path.name for path in folder.iterdir()} if existing == folder else set()
    except OSError as error:
        raise FileError(
            f"Can't read {folder}: {error.strerror or error}.", fix="Name another folder."
        ) from error
    if ".git" in names:
        raise FileError(
            f"{folder} is a Git repository, so it isn't replaced.",
            fix="Write the report to another folder, and copy it from there.",
        )
    if names and MARKER not in names:
        raise FileError(
            f"{folder} has files that sfn-release didn't make, so it isn't replaced.",
            fix="Name an empty folder, or one that doesn't exist yet.",
        )


def _unwritable(folder: Path, error: OSError) -> FileError:
    """Return the error for a folder that can't be written."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return FileError(
        f"Can't write the report to {folder}: {error.strerror or error}.",
        why="The report that is there is unchanged." if (folder / MARKER).is_file() else "",
        fix="Free some space on the disk, or name a folder on another one."
        if full
        else f"Make {folder.parent} writable, or name another folder.",
    )


def _write_assets(folder: Path) -> None:
    """Copy the assets of the package."""
    folder.mkdir()
    for asset in files("sfn_release.report").joinpath("assets").iterdir():
        if asset.is_file():
            (folder / asset.name).write_bytes(asset.read_bytes())


def _replace(target: Path, made: Path) -> None:
    """Put the folder *made* in the place of *target*."""
    if not target.exists():
        made.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    target.rename(old / "old")
    try:
        made.rename(target)
    except BaseException:
        (old / "old").rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
