"""A state graph as a file of its own: the SVG with its style sheet inside."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from sfn_release.authoring.diagrams.drawing import Diagram
from sfn_release.authoring.diagrams.marks import Marks
from sfn_release.report.drawing.state_graph import state_graph_svg

_OF_A_FILE: Final = (
    ":root { color-scheme: light dark; background: light-dark(#ffffff, #12161c); }\n"
)


def svg_file(diagram: Diagram, *, marks: Marks | None = None, title: str) -> str:
    """Return *diagram* as the text of an SVG file, with a line end.

    You see it in dark mode where your browser has that. Raises the errors of `state_graph_svg`.
    """
    sheet = files("sfn_release.report").joinpath("assets", "graph.css").read_text(encoding="utf-8")
    svg = state_graph_svg(diagram, marks=marks, title=title, style_sheet=_OF_A_FILE + sheet)
    return f"{svg}\n"
