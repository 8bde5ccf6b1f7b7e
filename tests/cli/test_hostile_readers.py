"""Hostile text, judged by readers that know nothing of how it was escaped.

A terminal's reader goes by the Unicode database; a runner's is written after the documentation of
workflow commands; Markdown is read by markdown-it, HTML and tables included.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from sfn_release.cli.output import github, markdown, terminal
from sfn_release.cli.output.error_text import error_lines
from sfn_release.errors import SfnReleaseError

PIECES = (
    *(
        "\x1b[31m",
        "\x1b]0;t\x07",
        "\x9b2J",
        "\x00",
        "\x7f",
        "\r",
        "\n",
        "\r\n",
        "\t",
        "\x0b",
        "\x0c",
    ),
    *("\x85", "\u2028", "\u2029", "\u202e", "\u2066", "\u200e", "\u200b", "\ufeff", "\xad"),
    *("\ud800", "\U000e0041", "\U0001d173", "\U0001bca0", "\xa0", "\u3000"),
    *("::error::x", "::", ":", "##[error]x", "##[", "::add-mask::y", "::stop-commands::z", "%0A"),
    *(
        "%",
        ",",
        "file=a",
        "`",
        "``",
        "```",
        "````text",
        "~~~",
        "|",
        "\\",
        "\\|",
        "<img src=x>",
        "<!--",
    ),
    *("@everyone", "#12", "https://a.b", "[a](b)", "![a](b)", "**", "_", "- ", "# ", "> ", "---"),
    *(" ", "    ", "a", "é", "EOF", "sfn-release", "&lt;", "\u0301"),
)
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join)
MODES = ("plain", "actions")


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Be read by a terminal alone, or by a runner of GitHub Actions too."""
    chosen: str = request.param
    monkeypatch.setenv("GITHUB_ACTIONS", "true" if chosen == "actions" else "")
    return chosen


# The readers


def terminal_acts_upon(text: str) -> list[str]:
    """Return the characters that a terminal does something else with than show them.

    Controls; marks that change the direction of text; and "boundary neutral" ones, which nothing
    shows, but for the two that join and part the letters of some scripts and emoji.
    """
    joiners = "\u200c\u200d"
    return [
        character
        for character in text
        if (unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} and character not in "\n\t")
        or unicodedata.bidirectional(character) in {*("LRE", "RLE", "LRO", "RLO", "PDF")}
        or unicodedata.bidirectional(character) in {*("LRI", "RLI", "FSI", "PDI")}
        or (unicodedata.bidirectional(character) == "BN" and character not in joiners + "\n\t")
    ]


@dataclass(frozen=True)
class Command:
    """A workflow command as a runner understands it."""

    name: str
    properties: Mapping[str, str]
    message: str


def runner_commands(output: str) -> Iterator[Command]:
    """Yield the commands that a runner finds in a step's output.

    A command is a line that begins with ``::`` after white space, with a second ``::`` later.
    In the older form, it is a line with ``##[name]`` anywhere in it.
    """
    for line in re.split(r"\r\n|\r|\n", output):
        trimmed = line.lstrip()
        head, separator, message = trimmed[2:].partition("::")
        if trimmed.startswith("::") and separator:
            name, _, given_properties = head.partition(" ")
            pairs = [pair.partition("=") for pair in given_properties.split(",") if "=" in pair]
            properties = {key.strip(): _decoded(value) for key, _, value in pairs}
            yield Command(name, properties, _decoded(message))
        elif re.search(r"##\[[^\]]*\]?", line):
            yield Command("##", {}, line)


def _decoded(text: str) -> str:
    for code, meaning in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, meaning)
    return text


def runner_outputs(file: str) -> dict[str, str]:
    """Return the outputs that a runner reads from a step's output file."""
    found, lines = {}, iter(file.split("\n"))
    for line in lines:
        if not line:
            continue
        name, separator, delimiter = line.partition("<<")
        assert separator, line
        value = []
        for below in lines:
            if below == delimiter:
                break
            value.append(below)
        found[name] = "\n".join(value)
    return found


def markdown_tokens(text: str) -> list[Token]:
    """Return the tokens of a page, including the inline ones."""
    found: list[Token] = []
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(text):
        found += [token, *(token.children or ())]
    return found


def outside_code(text: str) -> str:
    """Return a page's text outside of code, and the types of all other tokens."""
    skipped = {"inline", "code_inline", "fence", "softbreak"}
    return "\n".join(
        token.content if token.type == "text" else token.type
        for token in markdown_tokens(text)
        if token.type not in skipped and (token.type != "text" or token.content)
    )


# The properties


@pytest.mark.usefixtures("mode")
class TestTerminal:
    """Printed output, on a terminal and in a job."""

    @given(texts)
    def test_a_terminal_shows_every_character(self, text: str) -> None:
        """None moves the cursor, changes colours, reorders or hides."""
        assert terminal_acts_upon(terminal.safe(text)) == []
        assert terminal_acts_upon(terminal.one_line(text)) == []
        assert "\n" not in terminal.one_line(text)

    @given(texts)
    def test_json_says_the_same(self, text: str) -> None:
        """JSON keeps the text exactly, and a terminal shows every character."""
        try:
            text.encode()
        except UnicodeEncodeError:
            return
        written = terminal.json_text({"text": text})
        assert {"text": text} == json.loads(written)
        assert terminal_acts_upon(written) == []

    @given(texts, texts, texts)
    def test_an_error_is_text(self, message: str, why: str, fix: str) -> None:
        """An error's lines escape the data that they quote."""
        lines = error_lines(SfnReleaseError(message, why=why, fix=fix))
        assert terminal_acts_upon("\n".join(lines)) == []


@pytest.mark.parametrize("mode", ["actions"], indirect=True)
@pytest.mark.usefixtures("mode")
class TestRunner:
    """Output as a runner of GitHub Actions reads it."""

    @given(texts, texts)
    def test_no_line_is_a_command(self, before: str, text: str) -> None:
        """A text can't start a command, wherever it begins and whatever precedes it."""
        assert [*runner_commands(terminal.safe(text))] == []
        assert [*runner_commands(terminal.safe(before + text))] == []
        assert [*runner_commands(terminal.json_text({"text": text, text: 1}))] == []

    @given(texts, texts, st.integers(1, 99))
    def test_an_annotation_is_one_command(self, text: str, title: str, line: int) -> None:
        """Message and properties are read as they were meant, and none is added."""
        written = github.annotation("warning", text, title=title, file="a,b:c", line=line)
        (command,) = runner_commands(written)
        assert command.name == "warning"
        assert terminal.safe(text) == command.message
        expected = {"file": "a,b:c", "line": str(line), "title": terminal.safe(title)}
        assert {key: value for key, value in expected.items() if value} == command.properties

    @given(st.lists(texts, min_size=1, max_size=3, unique=True))
    def test_outputs_are_read_back(self, values: list[str]) -> None:
        """A value ends where it ends."""
        file = "".join(
            github._output(f"name{number}", value) for number, value in enumerate(values)
        )
        assert {f"name{at}": value for at, value in enumerate(values)} == runner_outputs(file)


@pytest.mark.usefixtures("mode")
class TestMarkdown:
    """Markdown as a page shows it."""

    @given(texts)
    def test_a_span_is_nothing_but_code(self, text: str) -> None:
        """Alone in a sentence, it adds no text, no link and no HTML to it."""
        nothing = outside_code("Reason: `x`.")
        empty = outside_code("Reason: –.")
        assert outside_code(f"Reason: {markdown.code(text)}.") in {nothing, empty}

    @given(texts)
    def test_a_cell_is_one_cell(self, text: str) -> None:
        """A text stays in its table cell, and leaves the neighbouring cells alone."""
        page = "\n".join(markdown.table(("A", "B"), [(markdown.code(text), "beside")]))
        cells = [token for token in markdown_tokens(page) if token.type == "td_open"]
        assert len(cells) == 2
        said = outside_code(page).split("\n")
        assert [line for line in said if not line.endswith(("_open", "_close"))] in (
            ["A", "B", "beside"],
            ["A", "B", "–", "beside"],
        )

    @given(texts)
    def test_a_block_is_one_block(self, text: str) -> None:
        """A text stays in its block, and the page goes on after it."""
        tokens = markdown_tokens(f"{markdown.block(text)}\n\nafter")
        kinds = ["fence", "paragraph_open", "inline", "text", "paragraph_close"]
        assert kinds == [token.type for token in tokens]
        assert terminal.safe(text).strip("\n") == tokens[0].content.removesuffix("\n")


def test_the_readers_see_what_they_are_for() -> None:
    """A reader that saw nothing would find everything harmless."""
    assert [*terminal_acts_upon("a\x1b[31m\u202e\u200b\n\tb")] == ["\x1b", "\u202e", "\u200b"]
    (command,) = runner_commands("a\r\n \xa0::error file=a%2Cb::text%0Aon")
    assert Command("error", {"file": "a,b"}, "text\non") == command
    assert [command.name for command in runner_commands("x ##[error]y")] == ["##"]
    assert outside_code("`a` <b> [c](d)").split("\n") == [
        *("paragraph_open", " ", "html_inline", " ", "link_open", "c", "link_close"),
        "paragraph_close",
    ]
    assert runner_outputs("a<<E\n1\n2\nE\nb<<F\n\nF\n") == {"a": "1\n2", "b": ""}
