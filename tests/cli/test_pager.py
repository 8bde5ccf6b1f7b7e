"""Long results are paged on a terminal, as git does; the work is done before the pager starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfn_release.cli.output import pager
from sfn_release.cli.output.pager import pager_command
from support.command_line import Project
from support.screens import start_on_screen

WORKFLOW = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'


@pytest.fixture
def listed(shop: Project) -> Project:
    """Return a project whose list is longer than a terminal of 10 rows."""
    for number in range(20):
        shop.write(f"workflows/more_{number:02}.asl.json", WORKFLOW)
    return shop


def test_a_long_result_is_paged_and_a_short_one_is_not(listed: Project) -> None:
    """Less keeps the colours, shows the first screen, and goes on with a space."""
    screen = start_on_screen(listed.root, "list", rows=10)
    screen.until(lambda seen: seen.text.endswith(":"))
    assert "WORKFLOW" in screen.lines[0]
    assert "more_19" not in screen.text
    screen.press("G")
    screen.until(lambda seen: "more_19" in seen.text)
    screen.press("q")
    assert screen.end() == 0

    short = start_on_screen(listed.root, "list", rows=60)
    assert short.end() == 0
    assert "(END)" not in short.text
    assert "more_19" in short.text


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (["list"], {"PAGER": "cat"}),
        (["list"], {"SFN_RELEASE_PAGER": ""}),
        (["list"], {"TERM": "dumb"}),
        (["--no-pager", "list"], {}),
        (["list", "--no-pager"], {}),
        (["list", "--json"], {}),
        (["list"], {"PAGER": "no-such-pager -x"}),
        (["list"], {"PAGER": "'no-such-pager'"}),
    ],
)
def test_without_a_pager_everything_is_written(
    listed: Project, arguments: list[str], environ: dict[str, str]
) -> None:
    """JSON is never paged, and a pager that can't be run loses nothing."""
    screen = start_on_screen(listed.root, *arguments, rows=10, environ=environ)
    assert screen.end() == 0
    assert b"more_19" in screen.written


def test_leaving_the_pager_early_keeps_the_exit_code(listed: Project) -> None:
    """A reader that goes away is no error: the command has ended already."""
    screen = start_on_screen(listed.root, "list", rows=10, environ={"PAGER": "head -n 2"})
    assert screen.end() == 0
    assert (b"WORKFLOW" in screen.written, b"more_19" in screen.written) == (True, False)


def test_ctrl_c_belongs_to_the_pager(listed: Project) -> None:
    """Less stays open at Ctrl-C; `q` ends it."""
    screen = start_on_screen(listed.root, "list", rows=10)
    screen.until(lambda seen: seen.text.endswith(":"))
    screen.press("\x03")
    screen.until(lambda seen: "more_19" in seen.text or seen.press("G"))  # less may drop a key
    assert screen.process.poll() is None
    screen.press("q")
    assert screen.end() == 0
    assert b"Traceback" not in screen.written


def test_a_pager_of_a_user_goes_before_others(listed: Project, tmp_path: Path) -> None:
    """The command may be a shell's; a LESS that is set stays."""
    out = tmp_path / "paged"
    environ = {"SFN_RELEASE_PAGER": f"cat > {out}; echo $LESS", "LESS": "R"}
    screen = start_on_screen(listed.root, "list", rows=10, environ=environ)
    assert screen.end() == 0
    assert "more_19" in out.read_text()
    assert screen.lines == ["R"]


def test_the_pager_is_chosen_as_git_chooses() -> None:
    """`SFN_RELEASE_PAGER` goes first, then `PAGER`; `cat` and nothing mean no pager."""
    assert pager_command({"PAGER": "more"}) == "more"
    assert pager_command({"SFN_RELEASE_PAGER": "cat", "PAGER": "more"}) is None
    assert pager_command({"PAGER": " "}) is None


def test_a_text_and_the_next_prompt_fill_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is folded counts for each of its rows; colours and links for none."""
    monkeypatch.setenv("LINES", "5")
    monkeypatch.setenv("COLUMNS", "10")
    assert not pager._is_long("a\n" * 4)
    assert pager._is_long("a\n" * 5)
    assert not pager._is_long("a\n" * 3 + "\x1b[1m0123456789\x1b[0m\n")
    assert pager._is_long("a\n" * 3 + "01234567890\n")
