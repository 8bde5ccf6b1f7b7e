"""Writes a report into a folder, which replaces an earlier report as a whole."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from sfn_release.errors import FileError
from sfn_release.report.page import Page
from sfn_release.report.paths import ASSETS

MARKER = ".sfn-release-report"
"""A file in every folder that we made. Only such a folder, or an empty one, is replaced."""


@dataclass(frozen=True)
class WrittenSite:
    """What was written: the *folder*, how many *pages*, all *bytes*, and the *largest* page."""

    folder: Path
    pages: int
    bytes: int
    largest: str
    largest_bytes: int


def write_site(
    folder: Path,
    pages: Iterable[Page],
    *,
    marker: dict[str, str],
    written: Callable[[int], None] = lambda _number: None,
) -> WrittenSite:
    """Write *pages* and the assets beside *folder*, then put them in its place.

    Raises FileError for a folder that isn't ours, and when it can't be written.
    """
    target = folder.absolute()
    try:
        refuse_foreign(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            site = _write(made, pages, marker, written)
            _replace(target, made)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as error:
        raise FileError(
            f"Can't write the report to {folder}: {error.strerror or error}.",
            fix="The folder is as it was before. Make it writable, make room, or name another one.",
        ) from error
    return WrittenSite(folder, *site)


def refuse_foreign(folder: Path) -> None:
    """Raise FileError for a folder with files that no report put there; OSError if unreadable."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise FileError(f"{folder} is not a folder.", fix="Name a folder that doesn't exist yet.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise FileError(
            f"{folder} has files that sfn-release didn't make, so it isn't replaced.",
            fix="Name an empty folder, or one that doesn't exist yet.",
        )


def _write(
    made: Path,
    pages: Iterable[Page],
    marker: dict[str, str],
    written: Callable[[int], None],
) -> tuple[int, int, str, int]:
    (made / MARKER).write_text(json.dumps(marker, indent=2) + "\n", encoding="utf-8")
    total, number, largest = _write_assets(made / ASSETS), 0, ("", 0)
    for page in pages:
        content = page.html.encode("utf-8", "replace")
        path = made / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
        number, total = number + 1, total + len(content)
        largest = max(largest, (page.path, len(content)), key=lambda pair: pair[1])
        written(number)
    made.chmod(0o755)  # a temporary folder is private
    return number, total, *largest


def _write_assets(folder: Path) -> int:
    """Copy the assets of the package; return how many bytes they have."""
    folder.mkdir()
    total = 0
    for asset in files("sfn_release.report").joinpath("assets").iterdir():
        if asset.is_file():
            content = asset.read_bytes()
            (folder / asset.name).write_bytes(content)
            total += len(content)
    return total


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
