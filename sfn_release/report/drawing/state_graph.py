"""Turn a diagram into SVG, with links and marks."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

from sfn_release.authoring.diagrams.drawing import Diagram, Node
from sfn_release.authoring.diagrams.marks import Marks


def _unlinked(_node: Node) -> str | None:
    return None


def state_graph_svg(
    diagram: Diagram,
    *,
    marks: Marks | None = None,
    link: Callable[[Node], str | None] = _unlinked,
    title: str,
    description: str = "",
) -> str:
    """Return *diagram* as an ``<svg>`` element, to be placed into an HTML page as it is.

    *marks* adds what happened to the nodes and edges. *link* returns the address that a node leads
    to, None for no link. *title* and *description* are what a screen reader says first. The element
    has classes and no styles: the page needs the style sheet ``report/assets/graph.css``.
    """
    nodes = [*diagram.nodes()]
    height = 60 * len(nodes) + 20
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "state-graph",
            "role": "group",
            "aria-label": title,
            "viewBox": f"0 0 240 {height}",
            "width": "240",
            "height": str(height),
        },
    )
    ET.SubElement(svg, "title").text = title
    ET.SubElement(svg, "desc").text = description
    for row, node in enumerate(nodes):
        _draw(svg, node, row, marks, link(node))
    return ET.tostring(svg, encoding="unicode")


def _draw(svg: ET.Element, node: Node, row: int, marks: Marks | None, address: str | None) -> None:
    mark = marks.node(node) if marks else None
    names = ["node", f"node-{node.type.lower()}", *([mark.style] if mark else [])]
    parent = ET.SubElement(svg, "a", {"href": address}) if address is not None else svg
    group = ET.SubElement(
        parent, "g", {"class": " ".join(names), "transform": f"translate(20 {60 * row + 20})"}
    )
    ET.SubElement(group, "rect", {"width": "200", "height": "40", "rx": "6"})
    label = ET.SubElement(group, "text", {"x": "10", "y": "25"})
    label.text = "".join(
        sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in node.id
    )
