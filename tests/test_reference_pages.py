"""The pages of docs/reference that are written from the program are as the program says now."""

from __future__ import annotations

import builtins
import collections.abc
import re
import typing
from pathlib import Path

import pytest

from docs_reference.docstrings import docstring_markdown, first_sentence
from docs_reference.markdown import cell, prose
from docs_reference.pages import pages, stale
from sfn_release import errors
from sfn_release.cli.reference import read_pages


def test_the_pages_are_written_again_after_each_change() -> None:
    """Run  python tools/write_reference.py  when this fails."""
    assert stale() == []


def test_every_error_of_the_tree_has_a_section() -> None:
    """With its code as the heading, which people search for."""
    classes = [errors.SfnReleaseError]
    for error in classes:
        classes += error.__subclasses__()
    known = {error.code for error in classes if error.__module__ == errors.__name__}
    shown = re.findall(r"^## (E_\w+)$", pages()["error-codes.md"], re.MULTILINE)
    assert sorted(shown) == sorted(known - {"E_ERROR"})


def test_a_key_has_its_type_its_values_its_default_and_an_example() -> None:
    """From the tables of the reader, which the JSON Schemas for editors come from too."""
    page = pages()["releases-toml.md"]
    (row,) = re.findall(r"^\| `pins` \|.*$", page, re.MULTILINE)
    for part in (
        "string",
        "`off`, `resolve`, `required`",
        'Default: `"off"`',
        '`pins = "resolve"`',
    ):
        assert part in row
    assert "## environments.NAME.strategy\n" in page


def test_the_json_of_every_command_has_a_section() -> None:
    """A new command needs a step in the story of tools/write_json_reference.py."""
    page = Path(__file__).parents[1] / "docs" / "reference" / "json.md"
    shown = re.findall(r"^## (.+)$", page.read_text("utf-8"), re.MULTILINE)
    commands = [" ".join(command.words) for command in read_pages() if command.json_schema]
    assert shown == ["error", "record", *commands]


def test_the_python_pages_hold_no_address_of_memory() -> None:
    """Pages are the same on every machine and with every Python."""
    python = [text for path, text in pages().items() if path.startswith("python")]
    assert [text for text in python if re.search(r"0x[0-9a-f]{6}", text)] == []


@pytest.mark.parametrize("path", ["authoring", "testing", "operations"])
def test_every_type_of_a_signature_is_described(path: str) -> None:
    """A reader of a page finds each type of this package on it, with its fields."""
    page = pages()[f"python/{path}.md"]
    described = set(re.findall(r"^##+ (?:class|type|value) (\w+)$", page, re.MULTILINE))
    before = page.partition("\n## Types\n")[0]
    signatures = "".join(re.findall(r"^```py\n(.*?)^```$", before, re.MULTILINE | re.DOTALL))
    named = set(re.findall(r"(?:: |\[|\| |-> |, )([A-Z][a-z]\w+)", signatures))
    foreign = {*vars(typing), *vars(collections.abc), *vars(builtins), "Path", "ExitStack"}
    assert named - foreign - {"SearchStrategy"} - described == set()


def test_types_show_fields_keys_methods_and_alternatives() -> None:
    """Of data, of keywords, of protocols and of aliases; an error has its message."""
    operations, authoring = (pages()[f"python/{name}.md"] for name in ("operations", "authoring"))
    for text in (
        "class Release:\n    manifest: Manifest\n",
        "### type Record\n",
        "### type Runtime\n",
        "### type Visit\n",
        "    exit_code: ClassVar[int]\n    message: str\n    why: str\n    fix: str\n",
        "    def say(self, text: str) -> None: ...\n",
    ):
        assert text in operations, text
    assert "    comment: Text\n" in authoring
    assert "Delimiter = Literal['COMMA', 'PIPE', 'SEMICOLON', 'SPACE', 'TAB']" in authoring


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("Return ``a|b``\nof *x*.", "Return `a|b`\nof *x*."),
        ("A <b> and ``<b>``.", "A &lt;b> and `<b>`."),
        ("Do.\n\n>>> 1 < 2\nTrue", "Do.\n\n```pycon\n>>> 1 < 2\nTrue\n```"),
        ("So::\n\n    x < 1", "So::\n\n    x < 1"),
        ("", ""),
    ],
)
def test_docstrings_become_markdown(docstring: str, expected: str) -> None:
    """Prose can't begin HTML, and code stays as it is."""
    assert docstring_markdown(docstring) == expected


def test_the_first_sentence_of_a_docstring_is_one_line() -> None:
    """It's what a table shows."""
    assert first_sentence("Show\nall. And more.\n\nRest.") == "Show all."


def test_cells_and_prose_are_escaped() -> None:
    """A bar would end a cell, and ``<`` begin a tag."""
    assert cell("a | b\nc") == r"a \| b c"
    assert prose("<id> `<id>`") == "&lt;id> `<id>`"
