"""A lab's topology as its snapshot tells it, and the forms in which it is shown."""

from netproof.graph.from_snapshots import of
from netproof.graph.model import Box, Edge, Graph, Interface
from netproof.graph.svg import png, svg
from netproof.graph.text_formats import dot, mermaid, text

__all__ = ["Box", "Edge", "Graph", "Interface", "dot", "mermaid", "of", "png", "svg", "text"]
