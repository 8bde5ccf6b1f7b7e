"""The model of the commands: every command has a whole page, and its texts fit a terminal."""

from __future__ import annotations

import shlex

import pytest

from sfn_release.cli.reference import CommandPage, read_page, read_pages
from support.command_line import run

PAGES = read_pages()
NAMES = {" ".join(page.words) for page in PAGES}
COMMANDS = [pytest.param(page, id=page.file_name) for page in PAGES]
_COLUMNS = 78  # two of the 80 are the indentation


@pytest.mark.parametrize("page", COMMANDS)
def test_every_command_has_examples_and_neighbours(page: CommandPage) -> None:
    """A new command needs entries in the tables of `cli.reference`: examples, related commands."""
    assert 2 <= len(page.examples) <= 4
    assert page.see_also
    assert {*page.see_also} <= NAMES - {" ".join(page.words)}


@pytest.mark.parametrize("page", COMMANDS)
def test_examples_name_their_command_and_fit_a_terminal(page: CommandPage) -> None:
    """Each example calls the command of its page, and has a sentence."""
    for example in page.examples:
        assert len(example.line) <= _COLUMNS, example.line
        assert example.text.endswith("."), example.text
        words = [*shlex.split(example.line.removeprefix('eval "$(').removesuffix(')"'))]
        assert words[0] == "sfn-release"
        assert {*page.words} <= {*words}, example.line


@pytest.mark.parametrize("page", COMMANDS)
def test_the_help_ends_with_the_examples(page: CommandPage) -> None:
    """You see them above the prompt; each can be pasted as it is."""
    if not page.words:
        return  # the program's own help is a table
    _, _, shown = run(*page.words, "--help").out.rpartition("\nExamples:\n")
    lines = [line.strip() for line in shown.splitlines() if line.strip()]
    assert [line for line in lines if not line.startswith("#")] == [
        example.line for example in page.examples
    ]


def test_a_page_says_how_options_are_written() -> None:
    """A flag has no metavar; choices, defaults and repeatable options are data."""
    options = {option.names[-1]: option for option in read_page("local", "serve").options}
    assert options["--port"].metavar == "NUMBER"
    assert options["--port"].default == "8083"
    assert options["--handler"].repeatable
    assert options["--real-time"].metavar == ""
    assert options["--help"].names == ("-h", "--help")
    assert options["--env"].shared
    assert not options["--port"].shared
    status = read_page("replay").options
    [ends] = [option for option in status if "--status" in option.names]
    assert "TIMED_OUT" in ends.choices
    [coverage] = [option for option in read_page("graph").options if "--coverage" in option.names]
    assert coverage.optional_value


def test_a_page_of_an_unknown_command_is_a_key_error() -> None:
    """The name is in the error."""
    with pytest.raises(KeyError, match="env chek"):
        read_page("env", "chek")
