"""Every generated page: where it is, and how it's written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from docs_reference.command_pages import command_pages, navigation_lines
from docs_reference.error_codes import error_codes_page
from docs_reference.key_pages import releases_toml_page, tests_toml_page
from docs_reference.markdown import MARK
from docs_reference.process_pages import environment_variables_page, exit_codes_page
from docs_reference.python_pages import python_pages

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
SITE = ROOT / "zensical.toml"
_BEGIN, _END = "# commands: tools/write_reference.py writes them", "# end of commands"


def pages() -> Mapping[str, str]:
    """Return the text of each page by its path below docs/reference."""
    return {
        "environment-variables.md": environment_variables_page(),
        "error-codes.md": error_codes_page(),
        "exit-codes.md": exit_codes_page(),
        "releases-toml.md": releases_toml_page(),
        "tests-toml.md": tests_toml_page(),
        **command_pages(),
        **python_pages(),
    }


def navigation(text: str) -> str:
    """Return the text of zensical.toml with the pages of all commands in it."""
    lines = "".join(f"      {line}\n" for line in navigation_lines())
    return re.sub(rf"(?<={_BEGIN}\n).*?(?=      {_END})", lines, text, flags=re.DOTALL)


def write() -> None:
    """Write every page, and delete generated pages that are no longer made."""
    texts = pages()
    for path in _left_over(texts):
        (REFERENCE / path).unlink()
    SITE.write_text(navigation(SITE.read_text("utf-8")), encoding="utf-8")
    for path, text in texts.items():
        file = REFERENCE / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def stale() -> list[str]:
    """Return the paths of pages that differ from what would be written."""
    texts = pages()
    differ = [path for path, text in texts.items() if _read(path) != text]
    site = SITE.read_text("utf-8")
    differ += [SITE.name] if site != navigation(site) else []
    return sorted([*differ, *_left_over(texts)])


def _read(path: str) -> str | None:
    file = REFERENCE / path
    return file.read_text(encoding="utf-8") if file.exists() else None


def _left_over(texts: Mapping[str, str]) -> list[str]:
    found = (file for file in REFERENCE.rglob("*.md") if file.read_text("utf-8").startswith(MARK))
    return [path for file in found if (path := file.relative_to(REFERENCE).as_posix()) not in texts]
