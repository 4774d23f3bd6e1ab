"""A graph arranged: where everything is, in points from the top left. What draws it only has to draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

from netproof.graph.labels import Frame, Label, Paper, Point, curve, track
from netproof.graph.layout import HEAD, ROW, Rows, label_size, nodes, positions
from netproof.graph.model import Box, Edge, Graph
from netproof.graph.wire_tracks import tracks

_CLUSTER_HEAD = 32
_APART = (0.4, 0.18)  # inches between columns
_WIDEST = 1350  # of which 1280 pixels leave 11 for what is set in 12


@frozen
class Cluster:
    """A lab host's frame."""

    host: str
    frame: Frame
    marked: bool


@frozen
class Node:
    """A box, or of a lab host an interface or what is said of it."""

    box: Box
    rows: Rows
    frame: Frame

    @property
    def alone(self) -> bool:
        """Whether it has no head: it stands in its lab host's frame."""
        return self.box.kind == "lab host"

    def places(self) -> Iterator[tuple[str, Frame]]:
        """Each row's id, and its frame."""
        x, y, width, _ = self.frame
        down = y + (0 if self.alone else HEAD)
        for name, lines, _ in self.rows:
            tall = ROW * len(lines) + 8
            yield name, (x, down, width, tall)
            down += tall


@frozen
class Wire:
    """An edge as an SVG path, as points along it, and with its label."""

    edge: Edge
    path: str
    points: tuple[Point, ...]
    label: Label | None


@frozen
class Scene:
    """Everything of a picture. `rows` are the frames of interfaces, by their id."""

    graph: Graph
    width: float
    height: float
    clusters: tuple[Cluster, ...]
    wires: tuple[Wire, ...]
    nodes: tuple[Node, ...]

    @property
    def rows(self) -> Mapping[str, Frame]:
        """{interface: where it is written}."""
        return {name: frame for node in self.nodes for name, frame in node.places()}

    @property
    def frames(self) -> Mapping[str, Frame]:
        """{box: its frame}; a lab host's is its cluster's."""
        hosts = {cluster.host: cluster.frame for cluster in self.clusters}
        found = {node.box.id: node.frame for node in self.nodes if not node.alone}
        return found | {
            box.id: hosts[box.host] for box in self.graph.boxes if box.host in hosts and box.id not in found
        }


def arranged(graph: Graph) -> Scene:
    """Graphviz's positions of a graph, closer together where a slide would be too narrow. NoPicture without it."""
    found = _arranged(graph, _APART[0])
    return found if found.width <= _WIDEST else _arranged(graph, _APART[1])


def _arranged(graph: Graph, apart: float) -> Scene:
    plan = positions(graph, apart)
    _, _, wide, high = (float(one) for one in plan["bb"].split(","))
    objects = {each["name"]: each for each in plan.get("objects", ())}
    clusters = tuple(_clusters(graph, objects, high))
    placed = tuple(_nodes(graph, objects, high))
    right = max((cluster.frame[0] + cluster.frame[2] for cluster in clusters), default=0)
    beside = list(tracks(graph, [(node.box, node.rows, node.frame) for node in placed], right))
    drawn = [_curved(graph, each, high) for each in plan.get("edges", ()) if each.get("id", "").startswith("e")]
    drawn += [(one.edge, one.path, track(one.path), one.label) for one in beside]
    wires = tuple(_labelled(drawn, clusters, placed))
    ends = [wire.label.frame[0] + wire.label.frame[2] for wire in wires if wire.label is not None]
    ends += [point[0] for wire in wires for point in wire.points]
    return Scene(graph, max(wide, *ends, 0), high, clusters, wires, placed)


def _clusters(graph: Graph, objects: Mapping[str, Any], high: float) -> Iterator[Cluster]:
    for number, host in enumerate(dict.fromkeys(box.host for box in graph.boxes)):
        about = objects.get(f"cluster_{number}")
        if about is not None:
            left, low, right, top = (float(one) for one in about["bb"].split(","))
            marked = any(box.marks for box in graph.boxes if box.host == host and box.kind == "lab host")
            yield Cluster(host, (left, high - top, right - left, top - low), marked)


def _nodes(graph: Graph, objects: Mapping[str, Any], high: float) -> Iterator[Node]:
    for name, box, parts, width, tall in nodes(graph):
        if name in objects and "pos" in objects[name]:
            x, y = (float(one) for one in objects[name]["pos"].split(","))
            yield Node(box, parts, (x - width / 2, high - y - tall / 2, width, tall))


Line = Sequence[Point]
_Drawn = tuple[Edge, str, Line, Point | None]


def _curved(graph: Graph, about: Mapping[str, Any], high: float) -> _Drawn:
    pairs = [pair.split(",") for pair in about["pos"].split(" ")]
    points = [(float(x), high - float(y)) for x, y in pairs]
    ends = [f"{x:.1f} {y:.1f}" for x, y in points]
    wish = None
    if "lp" in about:
        x, y = (float(one) for one in about["lp"].split(","))
        wish = (x, high - y)
    return graph.edges[int(about["id"][1:])], f"M{ends[0]}C{' '.join(ends[1:])}", curve(points), wish


def _labelled(
    drawn: Iterable[_Drawn], clusters: tuple[Cluster, ...], placed: tuple[Node, ...], lines: Iterable[Line] = ()
) -> Iterator[Wire]:
    drawn = list(drawn)
    heads = [(*cluster.frame[:2], 9.0 * (len(cluster.host) + 10), _CLUSTER_HEAD) for cluster in clusters]
    paper = Paper([list(points) for _, _, points, _ in drawn], [*(node.frame for node in placed), *heads])
    paper.lines += [_outline(cluster.frame) for cluster in clusters]
    paper.lines += [list(line) for line in lines]
    for edge, path, points, wish in drawn:
        label = paper.place(edge.label, points, wish, label_size(edge.label)) if edge.label else None
        yield Wire(edge, path, tuple(points), label)


def clear_of(scene: Scene, lines: Iterable[Line]) -> Scene:
    """The same with labels that more lines do not cross, either."""
    drawn = [(one.edge, one.path, one.points, (one.label.x, one.label.y) if one.label else None) for one in scene.wires]
    return evolve(scene, wires=tuple(_labelled(drawn, scene.clusters, scene.nodes, lines)))


def _outline(frame: Frame) -> list[Point]:
    x, y, wide, high = frame
    return [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high), (x, y)]
