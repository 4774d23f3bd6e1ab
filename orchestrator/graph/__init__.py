"""A lab's topology as its snapshot tells it, and the forms in which it is shown."""

from orchestrator.graph.from_snapshots import of
from orchestrator.graph.model import Box, Edge, Graph, Interface
from orchestrator.graph.svg import png, svg
from orchestrator.graph.text_formats import dot, mermaid, text

__all__ = ["Box", "Edge", "Graph", "Interface", "dot", "mermaid", "of", "png", "svg", "text"]
