"""Wires between lab hosts: out to the right, down beside the hosts, and back in, each on a track of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from netproof.graph.layout import HEAD, OUTSIDE, ROW, between
from netproof.graph.model import Box, Graph

Frame = tuple[float, float, float, float]  # left, top, width, height, in points
Placed = tuple[Box, list[tuple[str, list[str], bool]], Frame]
_TRACK, _LETTER, _TURN, _GAP = 16, 6.8, 8.0, 4.0


def room(graph: Graph) -> float:
    """How much of the width tracks take, with what is written at them, where nothing else stands beside the hosts."""
    found = between(graph)
    if not found or any(box.kind in OUTSIDE for box in graph.boxes):
        return 0
    return len(found) * _TRACK + max(len(graph.edges[number].label) for number in found) * _LETTER + 2 * _TRACK


def tracks(graph: Graph, placed: Sequence[Placed], right: float) -> Iterator[str]:
    """The wires; `right` is where the lab hosts end."""
    rows = {name: frame for box, parts, whole in placed for name, frame in _rows(box, parts, whole)}
    frames = [frame for _, _, frame in placed]
    found = sorted(between(graph), key=lambda number: graph.edges[number].kind == "vxlan")
    for track, number in enumerate(found):
        edge = graph.edges[number]
        out = right + (track + 1) * _TRACK - 6
        (x, y), (far, down) = sorted(
            (_exit(rows[end], out, frames) for end in (edge.start, edge.end)), key=lambda end: end[1]
        )
        path = f"M{x:.1f} {y:.1f}H{out - _TURN:.1f}q{_TURN} 0 {_TURN} {_TURN}V{down - _TURN:.1f}"
        path += f"q0 {_TURN} {-_TURN} {_TURN}H{far:.1f}"
        yield f'<path d="{path}" class="{"vxlan" if edge.kind == "vxlan" else "wire"}"/>'
        if edge.label:
            yield f'<text x="{out + 6:.1f}" y="{down + 4:.1f}" class="label">{escape(edge.label)}</text>'


def _rows(box: Box, parts: list[tuple[str, list[str], bool]], frame: Frame) -> Iterator[tuple[str, Frame]]:
    """Each interface, and where it is written."""
    x, y, width, _ = frame
    down = y + (0 if box.kind == "lab host" else HEAD)
    for name, lines, _ in parts:
        tall = ROW * len(lines) + 8
        yield name, (x, down, width, tall)
        down += tall


def _exit(row: Frame, out: float, frames: Sequence[Frame]) -> tuple[float, float]:
    """Where a wire leaves an interface to the right: in the middle, or where no box is in its way."""
    x, y, width, tall = row
    start, middle = x + width, y + tall / 2
    steps = [middle + sign * step for step in range(0, int(tall / 2 - 2), 4) for sign in (1, -1)]
    for at in steps:
        if not any(
            left >= start and left < out and top - _GAP < at < top + high + _GAP for left, top, _, high in frames
        ):
            return start, at
    return start, middle
