"""Release notes: the section of a version in CHANGELOG.md (Keep a Changelog)."""

from __future__ import annotations

import re
from pathlib import Path

CHANGELOG = "CHANGELOG.md"
_HEADING = re.compile(r"##\s+\[?v?(?P<version>[0-9][^\]\s]*)\]?")


def release_notes(root: Path, version: str) -> str | None:
    """Return the text below the heading of *version*, None when there is none.

    See https://keepachangelog.com/en/1.1.0/ for the form of the headings.
    """
    try:
        text = (root / CHANGELOG).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return notes_section(text, version)


def notes_section(changelog: str, version: str) -> str | None:
    """Return the text below the heading of *version* in the text of a *changelog*."""
    found: list[str] | None = None
    for line in changelog.splitlines():
        heading = _HEADING.match(line)
        if heading or line.startswith("## "):
            if found is not None:
                break
            if heading and heading["version"] == version:
                found = []
        elif found is not None:
            found.append(line)
    return "\n".join(found).strip() if found is not None else None
