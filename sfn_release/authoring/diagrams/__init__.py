"""Pictures of a definition, as text: pure, whatever JSON the definition is.

`graph` finds nodes, edges and nested scopes; `mermaid` and `dot` write them down.
"""

from __future__ import annotations

from sfn_release.authoring.diagrams.dot import dot
from sfn_release.authoring.diagrams.drawing import Cluster, Diagram, Edge, Node, graph_of
from sfn_release.authoring.diagrams.mermaid import mermaid

__all__ = ["Cluster", "Diagram", "Edge", "Node", "dot", "graph_of", "mermaid"]
