"""A shift on a real terminal: the panel, a window that is resized, Ctrl-C and SIGTERM."""

from __future__ import annotations

import io
import os
import signal
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.cli.output.live_panel import LivePanel
from sfn_release.cli.output.progress import ProgressDisplay
from sfn_release.cli.output.shift_text import panel_lines
from sfn_release.cli.output.width import columns_of, width
from sfn_release.deployment.runtime import ExecutionCounts, ShiftProgress
from sfn_release.project import Limits
from support.command_line import Project
from support.screens import Screen, start_on_screen

STRATEGY = 'strategy = { type = "linear", percent = 50, interval = "30s", max_failures = 2 }\n'
SEEN = ShiftProgress(
    20,
    1,
    2,
    timedelta(minutes=25),
    ExecutionCounts(40, 2),
    ExecutionCounts(160, 4, more=True),
    environment="prod",
    version="1.3.0",
    from_version="1.2.0",
    interval=timedelta(minutes=30),
    next_weight=40,
    limits=Limits(max_failures=5, max_failure_rate=3.0),
    alarms={"shop-failed": "OK", "shop-slow": "INSUFFICIENT_DATA"},
)


def panel(columns: int = 100, *, unicode: bool = True) -> list[str]:
    lines = panel_lines(SEEN, timedelta(minutes=22, seconds=30), columns, unicode=unicode)
    return ["".join(line) for line in lines]


def test_the_panel_says_where_the_shift_is_and_what_would_stop_it() -> None:
    """Weights, time, both sides, the limits, the alarms, and Ctrl-C."""
    assert panel() == [
        "shifting callers from 1.2.0 to 1.3.0 in prod, stage 1 of 2",
        "  weight       ████░░░░░░░░░░░░░░░░  20 % on 1.3.0, next 40 %",
        "  time         █████░░░░░░░░░░░░░░░  22m30s of 30m left",
        "  new 1.3.0    40 started, 2 failed (5 %)",
        "  old 1.2.0    160+ started, 4 failed (2.5 %)",
        "  limits       2 failed, at most 5 failures",
        "               failure rate 5 %, at most 7.5 % (3x the old)",
        "  alarms       shop-slow no data, shop-failed OK",
        "  Ctrl-C sends all callers back to 1.2.0",
    ]
    assert all(line.isascii() for line in panel(unicode=False))


@given(st.integers(-1, 120), st.text(), st.booleans())
def test_no_line_is_wider_than_the_window(columns: int, name: str, unicode: bool) -> None:
    """Names of any kind are cut, not broken, and can't write an escape."""
    seen = ShiftProgress(1, 1, 1, timedelta(), environment=name, version=name, alarms={name: "OK"})
    for line in panel_lines(seen, timedelta(), columns, unicode=unicode):
        text = "".join(line)
        assert columns_of(text) <= max(columns, 1)
        assert "\x1b" not in text
        assert "\n" not in text


def test_a_terminal_without_a_size_has_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """`script` without an input makes such a terminal."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((0, 0)))
    assert width() == 80


@pytest.fixture
def shifting(shop: Project) -> Project:
    """Return a project on `local` whose next release is shifted."""
    shop.publish("1.0.0")
    shop.write("releases.toml", (shop.root / "releases.toml").read_text() + STRATEGY)
    shop.commit(hello="Hello Bob")
    return shop


def is_drawn(screen: Screen) -> bool:
    return "sends all callers back to 1.0.0" in screen.text


@pytest.mark.parametrize(("ending", "code"), [("\x03", 130), (signal.SIGTERM, 143)])
def test_the_panel_survives_a_resized_window_and_leaves_a_clean_terminal(
    shifting: Project, ending: str | signal.Signals, code: int
) -> None:
    """After Ctrl-C and SIGTERM the cursor is visible, callers are back, and no bar is left."""
    screen = start_on_screen(shifting.root, "publish", "1.1.0", columns=100, rows=40)
    screen.until(is_drawn)
    assert "  weight       ██████████░░░░░░░░░░  50 % on 1.1.0, next 100 %" in screen.lines
    for columns in (50, 200, 80):
        screen.resize(columns, 40)
        before = len(screen.written)
        screen.until(lambda seen, before=before: len(seen.written) > before + 200)  # type: ignore[misc]
        assert is_drawn(screen)
    if isinstance(ending, str):
        screen.press(ending)
    else:
        screen.process.send_signal(ending)
    assert screen.end() == code
    assert "time   " not in "\n".join(screen.lines[-6:])
    assert b"\x1b[?25l" not in screen.written.rpartition(b"sends all callers")[2]
    assert "50 % shifted, " in screen.text
    status = shifting.json("status")["environments"][0]
    assert (status["version"], status["state"]) == ("1.0.0", "in-sync")


def test_a_message_comes_after_the_last_progress(shifting: Project) -> None:
    """What an interruption put back isn't followed by a line that says callers are shifted."""
    screen = start_on_screen(shifting.root, "publish", "1.1.0", columns=100, rows=40)
    screen.until(is_drawn)
    screen.press("\x03")
    assert screen.end() == 130
    text = screen.text
    assert text.index("50 % shifted, ") < text.index("putting back what it changed")
    assert text.count("50 % shifted, ") == 1
    assert text.index("putting back what it changed") < text.index("warning: Interrupted at 50 %.")
    assert text.rstrip().endswith("interrupted: all callers in local (not AWS) are back on 1.0.0")


def test_a_panel_in_a_narrower_window_begins_below_its_broken_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The terminal may have broken them, so that nobody knows how far up the first one is."""
    stream = io.StringIO()
    monkeypatch.setenv("COLUMNS", "100")
    panel = LivePanel(stream, lambda columns: [["x" * min(columns, 50)], ["end"]])
    written = []
    for columns in (100, 100, 50, 50, 51, 100):
        monkeypatch.setenv("COLUMNS", str(columns))
        before = len(stream.getvalue())
        panel.draw()
        written.append(stream.getvalue()[before:])
    panel.close()
    up = "\r\x1b[2A"
    assert [text.startswith(up) for text in written] == [False, True, False, True, True, True]
    assert written[2].startswith("\rxxx")


def test_a_shift_names_its_environment_by_its_label(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """You see that `local` is not AWS, in a log too."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    display = ProgressDisplay()
    display.labels = {"prod": "prod (not AWS)"}
    display.seen(SEEN)
    display.close()
    assert " of prod (not AWS)" in capsys.readouterr().err
