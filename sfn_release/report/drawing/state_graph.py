"""Draw a diagram as SVG: boxes first, then lines, labels and states.

Nothing in the element has an id, so that several graphs can be on one page. Nothing has a style:
classes name the parts, and you change their looks in the style sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import Final
from xml.etree import ElementTree as ET

from sfn_release.authoring.diagrams.drawing import Diagram, Edge, Node
from sfn_release.authoring.diagrams.marks import Marks
from sfn_release.report.drawing.edge_lines import head_path, line_path
from sfn_release.report.drawing.label_texts import mark_text
from sfn_release.report.drawing.node_shapes import draw_node
from sfn_release.report.drawing.outlines import on_outline, outline_of, written
from sfn_release.report.drawing.placed_parts import (
    Picture,
    PlacedCluster,
    PlacedEdge,
    PlacedNode,
    PlacedStart,
    Point,
)
from sfn_release.report.drawing.scope_layout import laid_out
from sfn_release.report.drawing.shown_text import visible

_STEP: Final = 150.0  # pixels between the classes of width
_MOST_STEPS: Final = 40
_TOO_MANY: Final = "It has too many transitions to draw their lines; each state names its own."
_VERBS: Final = {
    "start": "starts with",
    "next": "then",
    "choice": "when {} then",
    "default": "otherwise",
    "catch": "on {} then",
    "inside": "starts with",
    "end": "then",
}


def _unlinked(_node: Node) -> str | None:
    return None


def state_graph_svg(
    diagram: Diagram,
    *,
    marks: Marks | None = None,
    link: Callable[[Node], str | None] = _unlinked,
    title: str,
    description: str = "",
    style_sheet: str = "",
    brief: bool = False,
) -> str:
    """Return *diagram* as an ``<svg>`` element, to be placed into an HTML page as it is.

    *marks* adds changes or visits to the nodes and edges. *link* returns the address that a node
    leads to, None for no link. A screen reader says *title* and *description* first. You need the
    style sheet ``report/assets/graph.css`` in the page. Put a large graph into a parent with the
    class ``graph-scroll``: it scrolls where the graph would become too small to read. For a file of
    its own, you hand in the *style_sheet*, which becomes part of the element. A *brief* graph has
    about half of the bytes: no icons, no tooltips, and states that don't say where they lead.

    Equal arguments give equal bytes. Raises DefinitionError for a diagram that is nested too
    deeply, and ConfigError without the package that places the states.
    """
    picture = laid_out(diagram, marks)
    if len(picture.edges) < len(diagram.edges):
        description = f"{description} {_TOO_MANY}".lstrip()
    svg = _root(picture, title, description)
    if style_sheet:
        ET.SubElement(svg, "style").text = style_sheet
    spoken = {} if brief else _spoken_ways(diagram, marks)
    boxes: list[PlacedNode | PlacedCluster] = [*picture.clusters]
    boxes += [node for node in picture.nodes if node.is_box]
    boxes.sort(key=lambda part: -part.place.width * part.place.height)
    for box in boxes:
        if isinstance(box, PlacedNode):
            draw_node(svg, box, link(box.node), spoken.get(box.node.key, ""), brief=brief)
        else:
            _draw_cluster(svg, box)
    lines = ET.SubElement(svg, "g", {"class": "edges", "aria-hidden": "true"})
    labels = ET.SubElement(svg, "g", {"class": "edge-labels", "aria-hidden": "true"})
    nodes = {part.node.key: part for part in picture.nodes}
    for edge in picture.edges:
        tip = "" if brief else _edge_title(edge.edge, edge, nodes)
        _draw_edge(lines, edge, nodes, tip)
        _draw_label(labels, edge, has_tip=not brief)
    for start in picture.starts:
        _draw_start(svg, start)
    for node in picture.nodes:
        if not node.is_box:
            draw_node(svg, node, link(node.node), spoken.get(node.node.key, ""), brief=brief)
    return ET.tostring(svg, encoding="unicode")


def _root(picture: Picture, title: str, description: str) -> ET.Element:
    width, height = ceil(picture.width), ceil(picture.height)
    steps = min(ceil(width / _STEP), _MOST_STEPS)
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": f"state-graph width-{steps}",
            "role": "group",
            "aria-label": visible(title),
            "viewBox": f"0 0 {width} {height}",
            "width": str(width),
            "height": str(height),
        },
    )
    ET.SubElement(svg, "title").text = visible(title)
    if description:
        ET.SubElement(svg, "desc").text = visible(description)
    return svg


def _draw_cluster(svg: ET.Element, part: PlacedCluster) -> None:
    group = ET.SubElement(svg, "g", {"class": "branch"})
    place = part.place
    attributes = {
        "x": written(place.x),
        "y": written(place.y),
        "width": written(place.width),
        "height": written(place.height),
        "rx": "8",
    }
    ET.SubElement(group, "rect", attributes)
    where = {"class": "branch-title", "x": written(place.x + 12), "y": written(place.y + 16)}
    ET.SubElement(group, "text", where).text = part.title


def _draw_start(svg: ET.Element, part: PlacedStart) -> None:
    place = part.place
    where = {
        "class": "start-dot",
        "cx": written(place.x + place.width / 2),
        "cy": written(place.y + place.height / 2),
        "r": written(place.width / 2 - 1),
    }
    ET.SubElement(svg, "circle", where)


def _draw_edge(
    lines: ET.Element, part: PlacedEdge, nodes: Mapping[str, PlacedNode], tip: str
) -> None:
    edge = part.edge
    mark = [part.mark.style] if part.mark else []
    group = ET.SubElement(lines, "g", {"class": " ".join(["edge", f"edge-{edge.kind}", *mark])})
    if tip:
        ET.SubElement(group, "title").text = tip
    *others, last = border_to_border(part, nodes)
    drawn = [*(line_path(line, has_head=False) for line in others), line_path(last, has_head=True)]
    ET.SubElement(group, "path", {"class": "edge-line", "d": "".join(drawn)})
    ET.SubElement(group, "path", {"class": "edge-head", "d": head_path(last)})


def border_to_border(part: PlacedEdge, nodes: Mapping[str, PlacedNode]) -> list[list[Point]]:
    """Return the lines of an edge with both ends on the outlines of its nodes."""
    lines = [[*line] for line in part.lines]
    for key, line, at in ((part.edge.source, lines[0], 0), (part.edge.target, lines[-1], -1)):
        node = nodes[key]
        outline = outline_of(node.node.type, node.place, is_box=node.is_box)
        if node.place.is_on_border(line[at]):
            line[at] = on_outline(line[at], node.place, outline)
    return lines


def _edge_title(edge: Edge, part: PlacedEdge, nodes: Mapping[str, PlacedNode]) -> str:
    ends = " → ".join(visible(nodes[key].node.id) for key in (edge.source, edge.target))
    return f"{ends}: {part.texts.full}" if part.texts and part.texts.full else ends


def _draw_label(labels: ET.Element, part: PlacedEdge, *, has_tip: bool) -> None:
    if part.texts is None or part.label is None:
        return
    mark = [part.mark.style] if part.mark else []
    names = " ".join(["edge-label", f"edge-label-{part.edge.kind}", *mark])
    group = ET.SubElement(labels, "g", {"class": names})
    place = part.label
    if has_tip:
        ET.SubElement(group, "title").text = part.texts.full
    for number, line in enumerate(part.texts.lines):
        said = part.texts.has_mark and number == len(part.texts.lines) - 1
        where = {
            "class": "mark" if said else "label",
            "x": written(place.x + place.width / 2),
            "y": written(place.y + 13 + 14 * number),
        }
        ET.SubElement(group, "text", where).text = line


def _spoken_ways(diagram: Diagram, marks: Marks | None) -> dict[str, str]:
    """Return by a node's key the transitions out of it, as a screen reader says them."""
    names = {node.key: node.id for node in diagram.nodes()}
    found: dict[str, list[str]] = {}
    for edge in diagram.edges:
        words = f"{_VERBS[edge.kind].format(edge.label or 'an error')} {names[edge.target]}"
        said = mark_text(marks.edge(edge)) if marks else ""
        found.setdefault(edge.source, []).append(f"{words} ({said})" if said else words)
    return {key: visible("; ".join(ways)) for key, ways in found.items()}
