"""Draw one state: its outline, icon, texts, retry badge and mark."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as ET

from sfn_release.report.drawing.label_texts import (
    BADGE,
    DETAIL_LINE,
    ICON,
    ICON_GAP,
    MARK_HEIGHT,
    NAME_LINE,
    PADDING,
    mark_text,
)
from sfn_release.report.drawing.outlines import outline_of, outline_path, written
from sfn_release.report.drawing.placed_parts import PlacedNode
from sfn_release.report.drawing.shown_text import visible
from sfn_release.report.drawing.type_icons import ICONS, RETRY_ICON

_ENDS: Final = frozenset({"Start", "End"})


def known_type(type: str) -> str:
    """Return the type of a node, ``Unknown`` for a type that has no icon."""
    return type if type in ICONS or type in _ENDS else "Unknown"


def draw_node(
    svg: ET.Element, part: PlacedNode, address: str | None, ways: str, *, brief: bool = False
) -> None:
    """Add a state to *svg*, as a link if it has an *address*. *ways* are said by screen readers.

    A *brief* one has no icons and no tooltip.
    """
    node = part.node
    type = known_type(node.type)
    names = ["node", f"node-{type.lower()}", *(["box"] if part.is_box else [])]
    if part.mark is not None:
        names.append(part.mark.style)
    label = {"aria-label": ", ".join(filter(None, [*_said(part), ways]))}
    if address is not None:
        link = {"href": address, "class": "node-link", **label}
        group = ET.SubElement(ET.SubElement(svg, "a", link), "g", {"class": " ".join(names)})
    else:
        group = ET.SubElement(svg, "g", {"class": " ".join(names), "role": "img", **label})
    if not brief:
        ET.SubElement(group, "title").text = "\n".join(_said(part))
    outline = outline_of(type, part.place, is_box=part.is_box)
    shape = {"class": "node-shape", "d": outline_path(part.place, outline)}
    ET.SubElement(group, "path", shape)
    if type in _ENDS:
        _draw_end(group, part)
    else:
        if not brief:
            _draw_icons(group, part, type)
        _draw_texts(group, part)
    for element in group:
        element.tail = " "  # else the shown texts are one word, which the name doesn't contain


def _said(part: PlacedNode) -> list[str]:
    """Return everything that the picture of a state says, with nothing cut off."""
    node = part.node
    retry = f"Retry: {node.retry}" if node.retry else ""
    said = [node.id, part.texts.kind, retry, mark_text(part.mark)]
    return [visible(text) for text in said if text]


def _draw_end(group: ET.Element, part: PlacedNode) -> None:
    x, y = part.place.x + part.place.width / 2, part.place.y + PADDING / 2 + 13
    for number, line in enumerate(part.texts.name):
        where = {"class": "end-name", "x": written(x), "y": written(y + number * NAME_LINE)}
        ET.SubElement(group, "text", where).text = line


def _draw_icons(group: ET.Element, part: PlacedNode, type: str) -> None:
    place, texts = part.place, part.texts
    _draw_icon(group, ICONS[type], "icon", place.x + PADDING + texts.inset, place.y + 9)
    if texts.has_retry:
        corner = place.right - PADDING - texts.inset - BADGE + 4
        _draw_icon(group, RETRY_ICON, "retry", corner, place.y + 7)


def _draw_texts(group: ET.Element, part: PlacedNode) -> None:
    place, texts = part.place, part.texts
    left = place.x + PADDING + texts.inset
    x, y = left + ICON + ICON_GAP, place.y + 22
    for number, line in enumerate(texts.name):
        where = {"class": "name", "x": written(x), "y": written(y + number * NAME_LINE)}
        ET.SubElement(group, "text", where).text = line
    y += (len(texts.name) - 1) * NAME_LINE + DETAIL_LINE + 1
    where = {"class": "detail", "x": written(x), "y": written(y)}
    ET.SubElement(group, "text", where).text = texts.detail
    if texts.mark:
        y += MARK_HEIGHT - 1
        where = {"class": "mark", "x": written(left), "y": written(y)}
        ET.SubElement(group, "text", where).text = texts.mark


def _draw_icon(group: ET.Element, lines: str, name: str, x: float, y: float) -> None:
    where = f"translate({written(x)} {written(y)})"
    ET.SubElement(group, "path", {"class": name, "d": lines, "transform": where})
