"""Marks on a state graph, in words and lines: parts that were reached, or that changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sfn_release.authoring.diagrams.drawing import Edge, Node

MarkStyle = Literal[
    "reached", "missed", "caught", "running", "aborted", "failed", "added", "removed", "changed"
]


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of a node or an edge. *text* says it in words, so that no colour is needed."""

    style: MarkStyle
    text: str = ""


@dataclass(frozen=True)
class Marks:
    """Returns the mark of each node and edge of a picture, None for one without a mark."""

    node: Callable[[Node], Mark | None]
    edge: Callable[[Edge], Mark | None]
