"""Draw a state graph as SVG. Pure, and safe for any JSON.

diagram and marks → texts with sizes → a layered layout of each graph, inner ones first → SVG
"""

from __future__ import annotations

from sfn_release.report.drawing.state_graph import state_graph_svg
from sfn_release.report.drawing.svg_file import svg_file

__all__ = ["state_graph_svg", "svg_file"]
