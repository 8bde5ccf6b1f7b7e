"""Tables on terminals of every width, and in pipes."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.cli.output.line_folding import _WORD, folded
from sfn_release.cli.output.progress import ProgressDisplay
from sfn_release.cli.output.tables import write_table
from sfn_release.cli.output.width import columns_of
from sfn_release.plan import Plan

HISTORY = ("STARTED", "ACTION", "VERSION", "FROM", "STATUS", "BY", "REASON", "OVERRIDE")
ROWS = [
    (
        "2026-11-22T22:00:00Z",
        "promote from staging",
        "1.10.0-rc.1",
        "1.9.0",
        "succeeded",
        "Alice Example",
        "the shop must accept gift cards before the sale begins",
        "soak is waived by Bob, who is on call",
    ),
    ("2026-11-21T22:00:00Z", "publish", "1.9.0", "", "failed", "Bob", "", ""),
]


def written(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: int | None,
    rows: Sequence[Sequence[str]] = ROWS,
) -> list[str]:
    """Return a history's lines on a terminal of that width, or in a pipe for None."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns or 20))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: columns is not None)
    write_table(HISTORY, rows)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("columns", [200, 120, 100, 80, 60, 50, 40])
def test_nothing_of_a_table_is_cut(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every word of every cell is written whole, on lines that fit the terminal."""
    lines = written(capsys, monkeypatch, columns)
    words = {word for line in lines for word in line.split()}
    assert {word for row in ROWS for cell in row for word in cell.split()} - words == set()
    assert [line for line in lines if len(line) > columns] == []


def test_long_texts_stand_below_their_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text that is too long for its column is shown below its row, with a label."""
    assert written(capsys, monkeypatch, 80) == [
        "STARTED               ACTION                VERSION      FROM   STATUS",
        "2026-11-22T22:00:00Z  promote from staging  1.10.0-rc.1  1.9.0  succeeded",
        "    by: Alice Example",
        "    reason: the shop must accept gift cards before the sale begins",
        "    override: soak is waived by Bob, who is on call",
        "2026-11-21T22:00:00Z  publish               1.9.0        -      failed",
        "    by: Bob",
    ]


def test_a_narrow_terminal_stacks_the_cells(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal that is too narrow for columns, each cell has a line."""
    assert written(capsys, monkeypatch, 40, ROWS[1:]) == [
        "2026-11-21T22:00:00Z",
        "    action: publish",
        "    version: 1.9.0",
        "    status: failed",
        "    by: Bob",
    ]


def test_a_pipe_gets_whole_rows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a pipe, a row is one line at any terminal width."""
    lines = written(capsys, monkeypatch, None)
    assert (len(lines), lines[1].endswith("soak is waived by Bob, who is on call")) == (3, True)


@given(st.lists(st.text("ab注`'- é", min_size=1, max_size=30), min_size=1), st.integers(20, 100))
def test_a_folded_line_keeps_every_word(words: list[str], columns: int) -> None:
    """It's broken between words only. A part is too wide only if it is one word."""
    line = "  note: " + " ".join(words)
    parts = folded(line, columns)
    assert " ".join(parts).split() == line.split()
    for part in parts:
        assert columns_of(part) <= columns or len(_WORD.findall(part)) == 1


@pytest.mark.parametrize("columns", [80, 100])
def test_the_lines_of_a_plan_are_broken_between_words(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notes hang below their first line. A command stays whole, and a log isn't folded."""
    command = "`sfn-release delete orders --env prod-eu-central`"
    note = f"orders isn't in 1.1.0 and stays; you can see it in status; to delete it: {command}"
    plan = Plan("prod", "deploy", "1.1.0", "1.0.0", (), notes=(note,))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    ProgressDisplay().planned(plan)
    lines = capsys.readouterr().err.splitlines()[1:]
    assert max(map(len, lines)) <= columns
    assert len(lines) == 2
    assert command in lines[1]
    assert lines[1].startswith("      ")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    ProgressDisplay().planned(plan)
    assert f"  note: {note}" in capsys.readouterr().err.splitlines()
