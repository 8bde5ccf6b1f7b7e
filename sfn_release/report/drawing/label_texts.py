"""The texts of nodes and edges, in lines that fit, and the sizes that they need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sfn_release.authoring.diagrams.drawing import Edge, Node
from sfn_release.authoring.diagrams.marks import Mark
from sfn_release.report.drawing.glyph_widths import text_width
from sfn_release.report.drawing.shown_text import shortened_to, visible, wrapped

NAME_SIZE: Final = 13.0
DETAIL_SIZE: Final = 11.0
NAME_LINE: Final = 17.0
DETAIL_LINE: Final = 15.0
MARK_HEIGHT: Final = 20.0
PADDING: Final = 12.0
ICON: Final = 20.0
ICON_GAP: Final = 8.0
BADGE: Final = 18.0
LABEL_LINE: Final = 14.0
LABEL_PADDING: Final = 5.0

_NARROWEST, _WIDEST = 72.0, 180.0  # of the texts in a node
_WIDEST_LABEL: Final = 150.0
_HEADING, _WIDEST_HEADING = 240.0, 420.0  # of a box: its content decides between them
_POINTS: Final = 6.0  # room for the points of a Choice
_ENDS: Final = frozenset({"Start", "End"})
_SIGNS: Final = {"added": "+", "removed": "−", "changed": "~"}


@dataclass(frozen=True, slots=True)
class NodeTexts:
    """A node's texts in lines, and the size of the node. *has_retry* asks for a badge.

    *detail* is *kind*, which says the type, cut to the width of the node.
    *inset* is extra room on both sides, for a node with points there.
    """

    name: tuple[str, ...]
    detail: str
    mark: str
    has_retry: bool
    width: float
    height: float
    inset: float = 0.0
    kind: str = ""


@dataclass(frozen=True, slots=True)
class EdgeTexts:
    """An edge's texts in lines, and the size of its label. *full* has nothing cut off.

    With *has_mark*, the last line is the text of the mark.
    """

    lines: tuple[str, ...]
    full: str
    has_mark: bool
    width: float
    height: float


def mark_text(mark: Mark | None) -> str:
    """Return the text of a mark, with a sign in front of a change."""
    if mark is None:
        return ""
    sign = _SIGNS.get(mark.style, "")
    text = mark.text.removeprefix("-").strip() if mark.style == "removed" else mark.text
    return text if not text or not sign or text.startswith(sign) else f"{sign} {text}"


def _kind_text(node: Node, note: str = "") -> str:
    """Return a node's type, a *note* about it, and the call or the items of the state."""
    return " · ".join(part for part in (node.type, note, node.detail) if part)


def node_texts(node: Node, mark: Mark | None, least: float = 0.0) -> NodeTexts:
    """Return the texts of a state without graphs inside, and its size: at least *least* wide."""
    if node.type in _ENDS:
        name = wrapped(node.id, NAME_SIZE, _WIDEST, most=2, bold=True)
        wide = max(text_width(line, NAME_SIZE, bold=True) for line in name)
        height = len(name) * NAME_LINE + PADDING
        return NodeTexts(name, "", "", has_retry=False, width=max(wide + 36, least), height=height)
    inset = _POINTS if node.type == "Choice" else 0.0
    made = _state_texts(node, _kind_text(node), mark, room=_WIDEST, narrowest=_NARROWEST)
    return replace(made, width=max(round(made.width + 2 * inset), least), inset=inset)


def heading_texts(node: Node, mark: Mark | None, content: float, note: str) -> NodeTexts:
    """Return the texts above the graphs of a Parallel or Map; the size is of the heading alone.

    *content* is the width of the graphs, *note* is said beside the type.
    """
    badge = BADGE if node.retry else 0.0
    room = max(_HEADING, min(content - ICON - ICON_GAP - badge, _WIDEST_HEADING))
    return _state_texts(node, _kind_text(node, note), mark, room=room)


def _state_texts(
    node: Node, kind: str, mark: Mark | None, *, room: float, narrowest: float = 0.0
) -> NodeTexts:
    """Return the texts of a state in at most *room*, and the size of a box around them."""
    name = wrapped(node.id, NAME_SIZE, room, most=2, bold=True)
    detail = shortened_to(kind, DETAIL_SIZE, room)
    said = shortened_to(mark_text(mark), DETAIL_SIZE, room + ICON + ICON_GAP, bold=True)
    wide = max(
        narrowest,
        *(text_width(line, NAME_SIZE, bold=True) for line in name),
        text_width(detail, DETAIL_SIZE),
        text_width(said, DETAIL_SIZE, bold=True) - ICON - ICON_GAP,  # it stands below the icon
    )
    badge = BADGE if node.retry else 0.0
    return NodeTexts(
        name,
        detail,
        said,
        kind=kind,
        has_retry=bool(node.retry),
        width=round(2 * PADDING + ICON + ICON_GAP + wide + badge),
        height=len(name) * NAME_LINE + DETAIL_LINE + 18 + (MARK_HEIGHT if said else 0),
    )


def edge_texts(edge: Edge, mark: Mark | None) -> EdgeTexts | None:
    """Return the label of an edge, None for an edge without one."""
    said = mark_text(mark)
    lines: tuple[str, ...] = ()
    if edge.label:
        lines = wrapped(edge.label, DETAIL_SIZE, _WIDEST_LABEL, most=2)
    if said:
        lines += (shortened_to(said, DETAIL_SIZE, _WIDEST_LABEL, bold=True),)
    if not lines:
        return None
    wide = max(text_width(line, DETAIL_SIZE, bold=True) for line in lines)
    return EdgeTexts(
        lines,
        ", ".join(visible(text) for text in (edge.label, said) if text),
        has_mark=bool(said),
        width=round(wide + 2 * LABEL_PADDING),
        height=len(lines) * LABEL_LINE + LABEL_PADDING,
    )
