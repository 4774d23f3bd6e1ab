"""Wires between lab hosts: out to the right, down beside the hosts, and back in, each on a track of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from netproof.graph.labels import Frame, Point
from netproof.graph.layout import HEAD, ROW, Rows, between, label_size
from netproof.graph.model import Box, Edge, Graph

Placed = tuple[Box, Rows, Frame]
_TRACK, _TURN, _GAP = 16, 8.0, 4.0


@frozen
class Track:
    """A wire beside the lab hosts: its path, and where the middle of its label is wished."""

    edge: Edge
    path: str
    label: Point


def tracks(graph: Graph, placed: Sequence[Placed], right: float) -> Iterator[Track]:
    """The wires; `right` is where the lab hosts end."""
    rows = {name: frame for box, parts, whole in placed for name, frame in _rows(box, parts, whole)}
    frames = [frame for _, _, frame in placed]
    found = sorted(between(graph), key=lambda number: graph.edges[number].kind == "vxlan")
    last = right + len(found) * _TRACK
    for order, number in enumerate(found):
        edge = graph.edges[number]
        out = right + (order + 1) * _TRACK - 6
        (x, y), (far, down) = sorted(
            (_exit(rows[end], out, frames) for end in (edge.start, edge.end)), key=lambda end: end[1]
        )
        path = f"M{x:.1f} {y:.1f}H{out - _TURN:.1f}q{_TURN} 0 {_TURN} {_TURN}V{down - _TURN:.1f}"
        path += f"q0 {_TURN} {-_TURN} {_TURN}H{far:.1f}"
        # Right of all of them, so that none crosses it; each in a line of its own.
        yield Track(edge, path, (last + label_size(edge.label)[0] / 2, (y + down) / 2 + order * ROW))


def _rows(box: Box, parts: Rows, frame: Frame) -> Iterator[tuple[str, Frame]]:
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
