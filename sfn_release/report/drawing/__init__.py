"""Draw a state graph as SVG. Pure, and safe for any JSON."""

from __future__ import annotations

from sfn_release.report.drawing.state_graph import state_graph_svg

__all__ = ["state_graph_svg"]
