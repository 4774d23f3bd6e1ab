"""A lab's topology as its snapshot tells it, and the forms in which it is shown."""

from orchestrator.graph.forms import dot, mermaid, text
from orchestrator.graph.gather import of
from orchestrator.graph.image import png, svg
from orchestrator.graph.model import Box, Edge, Graph, Interface

__all__ = ["Box", "Edge", "Graph", "Interface", "dot", "mermaid", "of", "png", "svg", "text"]
