"""A walk as a picture."""

from __future__ import annotations

from orchestrator.walk.model import Walk


def svg(found: Walk) -> str:
    """The picture."""
    return f"<svg xmlns='http://www.w3.org/2000/svg'><title>{found.source}</title></svg>"
