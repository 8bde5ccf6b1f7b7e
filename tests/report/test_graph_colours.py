"""The colours of state graphs have the contrast that WCAG 2.2 asks for, light and dark."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

_COLOUR = re.compile(r"--graph-(\w+): light-dark\((#\w{6}), (#\w{6})\)")
_GROUNDS = ("back", "node", "box")
_LINES = {"line", "branch", "flow", "link"}
"""Graphics need 3:1 (1.4.11), the text in all other colours 4.5:1 (1.4.3)."""


def colours() -> dict[str, tuple[str, str]]:
    """Return the colours of the style sheet by name, light and dark."""
    sheet = files("sfn_release.report").joinpath("assets", "graph.css").read_text(encoding="utf-8")
    return {name: (light, dark) for name, light, dark in _COLOUR.findall(sheet)}


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb``, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (it / 12.92 if it <= 0.04045 else ((it + 0.055) / 1.055) ** 2.4
                        for it in parts)  # fmt: skip
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", sorted(colours().keys() - {*_GROUNDS}))
def test_each_colour_has_contrast(name: str) -> None:
    """On the page's ground, on a state, and in a Map or Parallel."""
    found = colours()
    least = 3.0 if name in _LINES else 4.5
    for theme in (0, 1):
        for ground in _GROUNDS:
            assert contrast(found[name][theme], found[ground][theme]) >= least, (theme, ground)


def test_every_colour_is_checked() -> None:
    """The sheet has no colours of the drawing elsewhere."""
    assert {*_GROUNDS, *_LINES, "good", "bad", "changed", "running", "soft"} <= {*colours()}
