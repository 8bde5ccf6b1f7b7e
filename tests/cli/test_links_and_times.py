"""Links on terminals that show them, never elsewhere; times with their age."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.cli.output import terminal
from sfn_release.cli.output.links import shows_links, with_link
from sfn_release.cli.output.times import aged, when
from sfn_release.text import age_text
from support.command_line import ROLE, Project
from support.screens import start_on_screen

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
URL = "https://github.com/acme/shop/commit/9f2c"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "CI", "TMUX", "TERM_PROGRAM", "FORCE_HYPERLINK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize(
    ("environ", "shown"),
    [
        ({}, False),
        ({"VTE_VERSION": "7600"}, True),
        ({"VTE_VERSION": "4205"}, False),
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM": "xterm-kitty"}, True),
        ({"WT_SESSION": "1"}, True),
        ({"WT_SESSION": "1", "CI": "true"}, False),
        ({"WT_SESSION": "1", "TMUX": "/tmp/tmux"}, False),
        ({"WT_SESSION": "1", "FORCE_HYPERLINK": "0"}, False),
        ({"FORCE_HYPERLINK": "1"}, True),
        ({"FORCE_HYPERLINK": "1", "CI": "true"}, True),
    ],
)
def test_a_terminal_that_is_known_gets_links(environ: dict[str, str], shown: bool) -> None:
    """The terminal says who it is; FORCE_HYPERLINK decides for the others."""
    assert shows_links(Terminal(), environ) == shown
    assert not shows_links(io.StringIO(), environ)


@pytest.mark.parametrize("name", ["NO_COLOR", "TERM"])
def test_plain_text_has_no_links(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR and TERM=dumb promise a text without escapes, also where links are forced."""
    monkeypatch.setenv(name, "dumb")
    assert not shows_links(Terminal(), {"FORCE_HYPERLINK": "1"})


def test_a_link_keeps_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The escape frames the text, which may be bold."""
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    part = terminal.Styled("1.0.0", "bold", URL)
    assert terminal.painted(part, Terminal()) == (
        f"\x1b]8;;{URL}\x1b\\\x1b[1m1.0.0\x1b[0m\x1b]8;;\x1b\\"
    )
    assert terminal.painted(part, io.StringIO()) == "1.0.0"


@given(st.text(), st.text())
def test_no_text_and_no_url_can_end_the_escape(text: str, url: str) -> None:
    """Control characters of a text are escaped, and a URL that has one is no link."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FORCE_HYPERLINK", "1")
        patched.setenv("NO_COLOR", "")
        shown = terminal.painted(terminal.Styled(text, "", f"https://x/{url}"), Terminal())
    inside = shown.removeprefix("\x1b]8;;").removesuffix("\x1b]8;;\x1b\\")
    assert inside.count("\x1b") <= (1 if inside != shown else 0)
    assert "\x07" not in shown


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=119), "1 h ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=59), "59 days ago"),
        (timedelta(days=75), "2 months ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(seconds=-30), "just now"),
        (timedelta(minutes=-7), "7 min ahead of this clock"),
        (timedelta(days=-3), "3 days ahead of this clock"),
    ],
)
def test_an_age_is_said_in_its_largest_unit(span: timedelta, words: str) -> None:
    """A time in the future isn't called an age: another machine's clock is ahead."""
    assert age_text(NOON - span, NOON) == words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-28T09:00:27Z", "2026-11-28 09:00Z, 2 h ago"),
        ("2026-11-28T09:00:27+02:00", "2026-11-28 07:00Z, 4 h ago"),
        ("2026-11-28", "2026-11-28 00:00Z, 12 h ago"),
        ("yesterday", "yesterday"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_a_time_is_shown_in_utc_with_its_age(text: str, shown: str) -> None:
    """A text that is no time stays as it is."""
    assert when(text, NOON) == shown


def test_an_exact_time_has_seconds() -> None:
    """-v and `at` need them."""
    assert when("2026-11-28T11:59:27Z", NOON, exact=True) == "2026-11-28 11:59:27Z, just now"


def test_times_in_a_sentence_have_their_age_and_later_ones_do_not() -> None:
    """The end of a lock isn't a clock that is ahead; a text that is no time stays."""
    text = "since 2026-11-28T09:00:00Z, until 2026-11-28T12:15:00Z (2026-13-28T12:15:00Z)"
    assert aged(text, NOON) == (
        "since 2026-11-28 09:00Z, 3 h ago, until 2026-11-28T12:15:00Z (2026-13-28T12:15:00Z)"
    )


@pytest.fixture
def hosted(shop: Project, local_server: str) -> Project:
    """Return a project on GitHub, as its remote says, with two releases in an environment."""
    shop.write(
        "releases.toml",
        '[project]\nname = "shop"\nremote = ""\n\n[environments.prod]\nregion = "us-east-1"\n'
        f'endpoint_url = "{local_server}"\nrole_arn = "{ROLE}"\nname = "{{workflow}}-hosted"\n'
        'parameters = { Who = "Alice" }\n',
    )
    shop.git("remote", "add", "origin", "git@github.com:acme/shop.git")
    shop.publish("1.0.0", "--env", "prod")
    shop.publish("1.1.0", "--env", "prod", hello="Hello Bob")
    return shop


def test_releases_link_to_the_git_host(hosted: Project) -> None:
    """`diff` links to the comparison, `which` and `explain` to the commit of an execution."""
    execution = hosted.json("execute", "hello", "--env", "prod")["execution_arn"]
    commit = hosted.git("rev-parse", "HEAD")
    for arguments, page in (
        (["diff", "1.0.0", "1.1.0"], "compare/v1.0.0...v1.1.0"),
        (["which", execution], f"commit/{commit}"),
        (["explain", execution], f"commit/{commit}"),
    ):
        screen = start_on_screen(hosted.root, *arguments, environ={"FORCE_HYPERLINK": "1"})
        assert screen.end() == 0
        assert f"\x1b]8;;https://github.com/acme/shop/{page}\x1b\\".encode() in screen.written
        assert b"console.aws" not in screen.written  # the endpoint is an emulator's
        plain = start_on_screen(hosted.root, *arguments, environ={"NO_COLOR": "1"})
        assert plain.end() == 0
        assert b"\x1b" not in plain.written


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a\x1b]8;;x", "https://a b", "file:///x", "https://é"]
)
def test_only_urls_of_web_pages_are_links(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address from data can't end the escape, or lead out of the web."""
    monkeypatch.setenv("FORCE_HYPERLINK", "1")
    assert with_link("text", url, Terminal()) == "text"
    assert with_link("text", URL, Terminal()) != "text"
