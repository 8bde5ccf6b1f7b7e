"""The locator of keys, against documents of every layout."""

import json
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.errors import ConfigError
from sfn_release.project import parse_project
from sfn_release.project.toml_lines import Key, key_lines, statements

BARE = st.text("abcXYZ019_-", min_size=1, max_size=4)
KEYS = BARE | st.text("ab .=#[]{}\"'\\\n\té", max_size=4)
TEXTS = st.text("ab \"'\\#=[]{},.\n", max_size=8)
SCALARS = st.integers() | st.booleans() | TEXTS | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
TABLES = st.dictionaries(KEYS, VALUES | st.dictionaries(KEYS, VALUES, max_size=3), max_size=4)


class Writer:
    """Writes a document in a random layout, and keeps the line of each key."""

    def __init__(self, draw: st.DataObject) -> None:
        self.draw = draw
        self.text = ""
        self.lines: dict[Key, int] = {}

    def choose(self, *options: str) -> str:
        """Return one of the *options*."""
        return self.draw.draw(st.sampled_from(options))

    def key(self, prefix: Key, *parts: str) -> None:
        """Write a dotted key; this line is recorded for each prefix that is new."""
        for length in range(1, len(parts) + 1):
            self.lines.setdefault((*prefix, *parts[:length]), self.text.count("\n") + 1)
        dot = self.choose(".", " . ", "\t.")
        self.text += dot.join(self.quoted_key(part) for part in parts)

    def quoted_key(self, part: str) -> str:
        """Return one part of a key in one of its spellings."""
        forms = [json.dumps(part, ensure_ascii=self.draw.draw(st.booleans()))]
        if "'" not in part and "\n" not in part:
            forms.append(f"'{part}'")
        if part and all(c.isascii() and (c.isalnum() or c in "_-") for c in part):
            forms.append(part)
        return self.choose(*forms)

    def value(self, key: Key, value: Any) -> None:
        """Write the value of *key*."""
        if isinstance(value, dict):
            self.text += "{" + self.choose("", " ")
            for index, (name, item) in enumerate(value.items()):
                self.text += ", " if index else ""
                self.key(key, name)
                self.text += self.choose("=", " = ")
                self.value((*key, name), item)
            self.text += "}"
        elif isinstance(value, list):
            gap = self.choose("", "\n", " # a ] b\n", "\n\n")
            self.text += "[" + gap
            for item in value:
                self.value(key, item)
                self.text += "," + gap
            self.text += "]"
        elif isinstance(value, str):
            self.text += self.string(value)
        else:
            self.text += json.dumps(value)

    def string(self, value: str) -> str:
        """Return a string in one of its four spellings."""
        forms = [json.dumps(value)]
        if "'" not in value and "\n" not in value:
            forms.append(f"'{value}'")
        if "'''" not in value:
            forms.append(f"'''\n{value}'''" if not value.endswith("'''") else forms[0])
        escaped = value.replace("\\", "\\\\").replace('"""', '""\\"')
        forms.append(f'"""\n{escaped}"""')
        return self.choose(*forms)

    def noise(self) -> None:
        """Write white space or a comment."""
        self.text += self.choose("", "\n", "# [a] = 'b'\n", "  ", '#"""\n')

    def table(self, key: Key, table: dict[str, Any]) -> None:
        """Write keys with values first, then the tables with headers."""
        headers = {}
        for name, value in table.items():
            form = self.choose("inline", "header", "dotted") if isinstance(value, dict) else "line"
            self.noise()
            if form == "header":
                headers[name] = value
            elif form == "dotted" and value:
                for inner, item in value.items():
                    self.line(key, (name, inner), item)
            else:
                self.line(key, (name,), value)
        for name, value in headers.items():
            self.noise()
            self.text += "[" + self.choose("", " ")
            self.key((), *map(str, key), name)
            self.text += self.choose("]", " ]", "] # header") + "\n"
            self.table((*key, name), value)

    def line(self, prefix: Key, parts: tuple[str, ...], value: Any) -> None:
        """Write a key and its value."""
        self.key(prefix, *parts)
        self.text += self.choose("=", " = ", "\t=\t")
        self.value((*prefix, *parts), value)
        self.text += self.choose("\n", " # end\n", "\n\n")


@given(TABLES, st.data())
def test_every_key_is_found_at_its_line(table: dict[str, Any], data: st.DataObject) -> None:
    """Headers, dotted, quoted and inline keys, strings over lines, comments: all are found."""
    writer = Writer(data)
    writer.table((), table)
    tomli.loads(writer.text)  # it is TOML
    assert writer.lines == by_name(key_lines(writer.text))


def test_multi_line_inline_tables_and_trailing_commas_are_read() -> None:
    """TOML 1.1 lets inline tables go over lines."""
    text = "a = {\n  b = 1,\n  c = { d = 2 },\n}\ne = 1\n"
    expected = {("a",): 1, ("a", "b"): 2, ("a", "c"): 3, ("a", "c", "d"): 3, ("e",): 5}
    assert expected == by_name(key_lines(text))


def test_arrays_of_tables_count_by_their_first() -> None:
    """A key in several tables of an array has the line of its first occurrence."""
    text = "[[a]]\nb = 1\n[[a]]\nb = 2\nc = 3\n"
    assert by_name(key_lines(text)) == {("a",): 1, ("a", "b"): 2, ("a", "c"): 5}


def by_name(lines: dict[Key, int]) -> dict[Key, int]:
    """Return the lines without the entries for single items of arrays."""
    return {key: line for key, line in lines.items() if all(isinstance(part, str) for part in key)}


@pytest.mark.parametrize(
    "text",
    [
        "[[a.b]]\nx = 1\n\n[[a.b]]\ny = 2\n",
        "a.b = [\n{ x = 1 },\n\n\n{ y = 2 } ]\n",
    ],
    ids=["tables", "inline"],
)
def test_each_item_of_an_array_has_its_own_lines(text: str) -> None:
    """An error in the second of two tables of an array points at it, not at the first."""
    lines = key_lines(text)
    assert (lines["a", "b", 0, "x"], lines["a", "b", 1, "y"]) == (2, 5)
    assert lines["a", "b", "y"] == 5


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ('rule = "nonsense"\nreason = "r"', 8),
        ('rule = "lambda-retry"', 7),
        ('rule = "lambda-retry"\nreason = ""', 9),
        ('reason = "r"\nrule = 5', 9),
    ],
)
def test_a_wrong_silence_is_told_at_its_own_line(wrong: str, line: int) -> None:
    """The line of the second entry is reported, because the first is valid."""
    text = (
        '[project]\nname = "shop"\n[[checks.silence]]\nrule = "hard-coded"\nreason = "r"\n\n'
        f"[[checks.silence]]\n{wrong}\n"
    )
    with pytest.raises(ConfigError, match=rf"^releases\.toml:{line}: "):
        parse_project(text, path=Path("releases.toml"))


@given(TABLES, st.data())
def test_statements_are_everything_but_comments(table: dict[str, Any], data: st.DataObject) -> None:
    """They don't overlap, and a document without their lines is empty."""
    writer = Writer(data)
    writer.table((), table)
    lines = writer.text.split("\n")
    last = 0
    for statement in statements(writer.text):
        assert last < statement.first <= statement.last
        last = statement.last
        lines[statement.first - 1 : last] = [""] * (last - statement.first + 1)
    assert tomli.loads("\n".join(lines)) == {}


def test_a_table_inside_an_array_belongs_to_its_item() -> None:
    """Its header names the array, and means the last item."""
    text = "[[a]]\nb.c = 1\n[a.d]\ne = 1\n[[a]]\n[a.d]\n[a.d.f]\n[[a.g]]\n[[a.g]]\nh = '''\n'''\n"
    found = [(*statement.key, statement.last) for statement in statements(text)]
    assert found == [
        ("a", 0, 1),
        ("a", 0, "b", "c", 2),
        ("a", 0, "d", 3),
        ("a", 0, "d", "e", 4),
        ("a", 1, 5),
        ("a", 1, "d", 6),
        ("a", 1, "d", "f", 7),
        ("a", 1, "g", 0, 8),
        ("a", 1, "g", 1, 9),
        ("a", 1, "g", 1, "h", 11),
    ]
    assert key_lines(text)["a", 1, "d"] == 6
