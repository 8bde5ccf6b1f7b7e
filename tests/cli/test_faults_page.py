"""docs/how-to/faults.md: its commands print what it shows."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from support.command_line import run
from support.places import ROOT

PAGE = (ROOT / "docs" / "how-to" / "faults.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_runs(line: str) -> None:
    """On the sample project, with exit 0."""
    words = shlex.split(line, comments=True)
    done = run("-C", str(ROOT), *words[1:])
    assert done.code == 0, done.err


def test_the_shown_lines_are_printed() -> None:
    """In their order; ``…`` stands for other lines."""
    (shown,) = blocks("text")
    printed = iter(run("-C", str(ROOT), "faults", "orders").out.splitlines())
    for line in shown.splitlines():
        assert line == "…" or line in printed, line


def test_the_words_of_the_page_are_those_of_the_command() -> None:
    """The first column, and the members of the object."""
    from sfn_release.cli.output.failure_map_text import _MARKS

    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert rows == [*_MARKS]
    done = run("-C", str(ROOT), "--json", "faults", "orders").json
    assert {"faults", "problems", "unexplored"} <= done.keys()
    assert json.dumps(done)
