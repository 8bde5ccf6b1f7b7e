"""The picture of the demo in the README: made from a real run, and true of the program."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import click
import pytest

import write_demo_picture
from sfn_release.cli.app import program
from support.places import ROOT

SVG = "{http://www.w3.org/2000/svg}"
PICTURE = write_demo_picture.PICTURE.read_text(encoding="utf-8")


def parsed(picture: str) -> ET.Element:
    return ET.fromstring(picture)  # noqa: S314 - our own


def shown(picture: str) -> list[str]:
    """Return the lines of a picture, with one space between the parts of a line."""
    return [
        " ".join(part.text or "" for part in text.iter(f"{SVG}tspan"))
        for text in parsed(picture).iter(f"{SVG}text")
    ]


def shape(line: str) -> str:
    """Return a line without what differs between runs: ids and times."""
    return re.sub(r"\b[0-9a-f]{12}\b|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?Z", "·", line)


def test_its_commands_exist() -> None:
    """Each command of the picture is one of the program, with options that it has."""
    context = click.Context(program)
    lines = [line.split()[1:] for line in shown(PICTURE) if line.startswith("$ ")]
    assert len(lines) >= 4
    for _, name, *words in lines:
        command = program.get_command(context, name)
        assert command is not None, name
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known


def test_it_is_what_the_demo_prints_today() -> None:
    """Run  python tools/write_demo_picture.py  when this fails."""
    lines = write_demo_picture.story_lines(write_demo_picture.run_demo())
    fresh = write_demo_picture.picture(lines)
    assert [*map(shape, shown(PICTURE))] == [*map(shape, shown(fresh))]


def test_it_loads_nothing_and_says_what_it_shows() -> None:
    """No fonts, scripts or links; a title for screen readers; README has the text too."""
    addresses = set(re.findall(r"https?://[^\"' ]+", PICTURE))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "@import" not in PICTURE
    assert parsed(PICTURE).find(f"{SVG}title") is not None
    for page in ("README.md", "docs/index.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert re.search(r"!\[[^\]]{40,}\]\([^)]*demo\.svg\)", text)


@pytest.mark.parametrize("hostile", ["</text><script>", "a & b", "\u202e", "x" * 500])
def test_any_output_becomes_a_picture(hostile: str) -> None:
    """Text is escaped, and a long line is cut."""
    lines = write_demo_picture.story_lines(f"# One\n$ sfn-release publish 1.0.0\n{hostile}\n\nEnd")
    texts = shown(write_demo_picture.picture(lines))
    assert texts[:2] == ["# One", "$ sfn-release publish 1.0.0"]
    assert texts[2] == hostile[: len(texts[2]) - 1] + texts[2][-1]
