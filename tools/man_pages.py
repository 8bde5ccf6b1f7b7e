"""Puts a man page of every command into the wheel, under share/man/man1: a build hook of hatch.

The pages come from the program, so building them imports it. To read one without a build:

    python tools/man_pages.py FOLDER && man -l FOLDER/sfn-release.1
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, without hatch
    BuildHookInterface = object

ROOT = Path(__file__).parents[1]


def write_pages(folder: Path) -> list[Path]:
    """Write every page into a folder, and return the files."""
    sys.path.insert(0, str(ROOT))
    try:
        from sfn_release import __version__
        from sfn_release.cli.reference import read_pages
        from sfn_release.cli.reference.man_page import man_page
    finally:
        sys.path.remove(str(ROOT))
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for page in read_pages():
        file = folder / f"{page.file_name}.1"
        file.write_text(man_page(page, __version__), encoding="ascii")
        files.append(file)
    return files


class ManPages(BuildHookInterface):  # type: ignore[misc]  # Any, where hatchling is absent
    """Adds the pages to a wheel. An editable install has none: its program changes."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the pages, and name their places in the wheel."""
        if version == "editable":
            return
        self.pages = tempfile.TemporaryDirectory()
        for file in write_pages(Path(self.pages.name)):
            build_data["shared_data"][str(file)] = f"share/man/man1/{file.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the files."""
        del build_data, artifact_path
        if version != "editable":
            self.pages.cleanup()


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
