"""Draw a definition as text. Pure, and safe for any JSON.

`drawing` finds nodes, edges and clusters; `mermaid` and `dot` write them as text.
"""

from __future__ import annotations

from sfn_release.authoring.diagrams.dot import dot
from sfn_release.authoring.diagrams.drawing import (
    Cluster,
    Diagram,
    Edge,
    Node,
    Way,
    graph_of,
)
from sfn_release.authoring.diagrams.mermaid import mermaid

__all__ = ["Cluster", "Diagram", "Edge", "Node", "Way", "dot", "graph_of", "mermaid"]
