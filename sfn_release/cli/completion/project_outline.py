"""The names in releases.toml, read without its checks: it may be broken while you type."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

_FILE = "releases.toml"
_LARGEST = 1_000_000  # bytes; a larger file would take too long


class ProjectOutline:
    """A project: its *root*, and the parts of releases.toml that completion needs."""

    def __init__(self, root: Path, data: dict[str, Any]) -> None:
        self.root = root
        project = _table(data.get("project"))
        self.name = _text(project.get("name"), "")
        self.workflows = root / _text(project.get("workflows"), "workflows")
        self.tag = _text(project.get("tag"), "v{version}")
        self.ledger = _text(project.get("ledger"), "refs/heads/sfn-release")
        self.environments = [*_table(data.get("environments"))]
        self.declared = [*_table(data.get("workflows"))]


def find_outline(folder: Path) -> ProjectOutline | None:
    """Return the project of a folder or of one above it, in the same repository."""
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - a deleted folder raises here
    for root in (folder, *folder.parents):
        if (root / _FILE).is_file():
            return ProjectOutline(root, _read(root / _FILE))
        if (root / ".git").exists():
            break
    return None


def _read(file: Path) -> dict[str, Any]:
    """Return the content of releases.toml; of a broken one, the names that are recognisable."""
    import tomllib

    if file.stat().st_size > _LARGEST:
        return {}
    text = file.read_text(encoding="utf-8", errors="replace")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        found = re.findall(r"^\s*\[environments\.([a-z0-9-]+)", text, re.MULTILINE)
        name = re.search(r'^name *= *"([^"]+)"', text, re.MULTILINE)
        project = {"name": name[1]} if name else {}
        return {"project": project, "environments": dict.fromkeys(found)}


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any, default: str) -> str:
    return value if isinstance(value, str) else default
