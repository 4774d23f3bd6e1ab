"""A walk as a picture: the packet's way through the topology, its stations numbered, and where it died marked.

A line for what goes there, another for what docker-proxy asks in turn, a dashed one for what comes back. Below stands
what was decided at each number. Light or dark, as its reader chose.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from html import escape

from attrs import define, field, frozen

from netproof.graph import Graph
from netproof.graph.labels import Frame, Paper, Point, curve
from netproof.graph.scene import Scene, arranged, clear_of
from netproof.graph.svg import MARGIN, TITLE, drawn, frame, style
from netproof.walk.model import Leg, Walk
from netproof.walk.way import BACKWARDS, Map, Stop, said, stops
from netproof.walk.wording import grounds, title, verdict

_LIGHT = """.there,.relay,.back{fill:none;stroke-width:3.6;stroke-linecap:round;stroke-linejoin:round}
.there{stroke:#ea580c}.relay{stroke:#c026d3}.back{stroke:#0d9488;stroke-dasharray:2 7}
.at{fill:none;stroke:#ea580c;stroke-width:3}.tip-there{fill:#ea580c}.tip-relay{fill:#c026d3}.tip-back{fill:#0d9488}
.badge{stroke:#fff;stroke-width:1.5}text.number{fill:#fff;font-size:11px;font-weight:700;text-anchor:middle}
.death{fill:#b91c1c;stroke:#fff;stroke-width:2}.cross{stroke:#fff;stroke-width:3;stroke-linecap:round}
text.head{font-weight:700;font-size:13px}text.dead{fill:#b91c1c;font-weight:700}"""
_DARK = """.there,.at{stroke:#fb923c}.relay{stroke:#e879f9}.back{stroke:#2dd4bf}.tip-there{fill:#fb923c}
.tip-relay{fill:#e879f9}.tip-back{fill:#2dd4bf}.badge,.death{stroke:#12161c}text.number{fill:#12161c}.death{fill:#ff8f86}.cross{stroke:#12161c}
text.dead{fill:#ff8f86}"""
_ROW, _CHARACTER, _LEAST, _RADIUS = 18, 7.3, 760, 9.0
_TIP = 5.0  # half of an arrow's width
_SIDE = 3.5  # points by which a way stands beside its wire, so that there and back are two


@frozen
class _Segment:
    """A piece of a way between two stops, with what it looks like."""

    css: str
    points: list[Point]


@frozen
class _Badge:
    """A number, or the mark of a death (0), in the middle of its frame."""

    number: int
    css: str
    x: float
    y: float


@define
class _Drawing:
    """What is put over the topology, and the lines below it."""

    scene: Scene
    on: Map
    segments: list[_Segment] = field(factory=list)
    places: list[str] = field(factory=list)
    wanted: list[tuple[int, str, list[Point]]] = field(factory=list)
    legend: list[tuple[str, str, str]] = field(factory=list)  # css, number, text
    number: int = 0

    def leg(self, leg: Leg, *, numbered: bool) -> None:
        """Add one packet's way; the stations of one that only brings the answer are not numbered."""
        css = _css(leg.direction)
        way = stops(leg, self.on)
        numbered = numbered and (css != "back" or any(stop.where in self.scene.rows for stop in way))
        self.legend.append(("head", "", title(leg.direction, leg.packet)))
        for before, stop in zip([None, *way], way, strict=False):
            self.places.append(stop.where)
            points = self._between(before.where, stop.where, css) if before is not None else []
            if points:
                self.segments.append(_Segment(css, points))
            if numbered:
                self._number(css, stop, points)
        if not numbered:
            changed = [line for stop in way for line in said([*stop.decided, *stop.then]) if "becomes" in line]
            passed = " -> ".join(dict.fromkeys(self.on.name(stop.place) for stop in way))
            self.legend.append((css, "", "; ".join([passed, *changed])))

    def _number(self, css: str, stop: Stop, points: list[Point]) -> None:
        decided, then = list(said(stop.decided)), list(said(stop.then))
        place = self.on.name(stop.place)
        if decided and points:
            self._tell(css, points, f"{self.on.name(stop.decided[-1].place)}: {'; '.join(decided)}")
            decided = []
        drawn_as = stop.where.rpartition("/")[2] if stop.where in self.scene.rows else ""
        port = f" by {stop.name}" if stop.name and drawn_as and stop.name != drawn_as else ""
        self._tell(css, [], f"{place} {drawn_as}".rstrip() + port + _after([*decided, *then]), stop.where)

    def _tell(self, css: str, points: list[Point], text: str, where: str = "") -> None:
        self.number += 1
        self.legend.append((css, str(self.number), text))
        self.wanted.append((self.number, css, points or self._edge(where)))

    def _edge(self, where: str) -> list[Point]:
        """The outline of an interface or a box, from the middle of its left side."""
        x, y, wide, high = self.scene.rows.get(where) or self.scene.frames.get(where) or (0, 0, 0, 0)
        return [(x, y + high / 2), (x, y), (x + wide / 2, y), (x + wide, y), (x + wide, y + high / 2)]

    def _between(self, start: str, end: str, css: str) -> list[Point]:
        """Along the wire that joins two interfaces, or straight from one to the other where none does."""
        wire = next((one for one in self.scene.wires if {one.edge.start, one.edge.end} == {start, end}), None)
        one, two = (self.scene.rows.get(each) or self.scene.frames.get(each) for each in (start, end))
        if one is None or two is None:
            return []
        if wire is None:
            return _beside(_straight(one, two), _SIDE)
        points = list(wire.points)
        if _far(points[0], one) + _far(points[-1], two) > _far(points[-1], one) + _far(points[0], two):
            points.reverse()
        # Each keeps to its right, as on a road.
        return _beside(points, _SIDE if css != "relay" else -_SIDE)

    def badges(self, death: str) -> Iterator[_Badge]:
        """Where the numbers stand: no line, box or label is in their way."""
        paper = Paper([[*wire.points] for wire in self.scene.wires], [node.frame for node in self.scene.nodes])
        paper.frames += [wire.label.frame for wire in self.scene.wires if wire.label is not None]
        paper.frames += [(*cluster.frame[:2], 9.0 * (len(cluster.host) + 10), 32) for cluster in self.scene.clusters]
        paper.lines += [segment.points for segment in self.segments]
        wanted = [*self.wanted, *([(0, "death", self._edge(death))] if death else [])]
        for number, css, points in wanted:
            wide = 2 * _RADIUS + (2 if number else 10)
            placed = paper.place("", points, None, (wide, wide))
            yield _Badge(number, css, placed.x, placed.y)


def _css(direction: str) -> str:
    return "back" if direction in BACKWARDS else "relay" if direction == "relay" else "there"


def _after(told: Sequence[str]) -> str:
    return f": {'; '.join(told)}" if told else ""


def _far(point: Point, box: Frame) -> float:
    x, y, wide, high = box
    return math.hypot(max(x - point[0], 0, point[0] - x - wide), max(y - point[1], 0, point[1] - y - high))


def _straight(one: Frame, two: Frame) -> list[Point]:
    """From the side of one frame to the side of another, in a curve."""
    (x, y, wide, high), (far, down, across, tall) = one, two
    if x + wide <= far or far + across <= x:
        start, end = (x + wide, far) if x + wide <= far else (x, far + across)
        middle, a, b = (start + end) / 2, y + high / 2, down + tall / 2
        return curve([(start, a), (middle, a), (middle, b), (end, b)])
    # One above the other: around the right side.
    right = max(x + wide, far + across) + 26
    a, b = y + high / 2, down + tall / 2
    return curve([(x + wide, a), (right, a), (right, b), (far + across, b)])


def _beside(points: list[Point], side: float) -> list[Point]:
    """The same line, some points to the right of its direction."""
    found = []
    for number, (x, y) in enumerate(points):
        before, after = points[max(number - 1, 0)], points[min(number + 1, len(points) - 1)]
        way = (after[0] - before[0], after[1] - before[1])
        long = math.hypot(*way) or 1
        found.append((x - way[1] / long * side, y + way[0] / long * side))
    return found


def svg(found: Walk, graph: Graph) -> str:
    """The picture as a self-contained SVG, at most 1280 px wide; the graph is of the lab it was taken in."""
    made = _Drawing(arranged(graph), Map.of(graph))
    dying = found.death is not None
    for leg in found.legs:
        made.leg(leg, numbered=dying or leg.direction not in BACKWARDS)
    ways = [segment.points for segment in made.segments]
    made.scene = clear_of(made.scene, [_beside(way, side) for way in ways for side in (-_TIP, 0, _TIP)])
    badges = list(made.badges(_death(found, made)))
    total = max(made.scene.width + 2 * MARGIN, _LEAST)
    lines = list(_lines(found, made, int((total - 3 * MARGIN) / _CHARACTER) - 4))
    low = made.scene.height + 2 * MARGIN + TITLE
    asked = f"{found.source} asks {found.address or found.target}" + (f" port {found.port}" if found.port else "")
    about = f"{asked} by {found.proto}: {found.outcome}; {made.number} numbered stations."
    parts = [
        frame(total, low + _ROW * len(lines) + MARGIN, asked, about),
        style(_LIGHT, _DARK),
        '<rect class="page" width="100%" height="100%"/>',
        f'<text x="{MARGIN}" y="28" class="name">{escape(asked)} by {found.proto}: {escape(found.outcome)}</text>',
        f'<g transform="translate({MARGIN} {MARGIN + TITLE})">',
        *drawn(made.scene),
        *_passed(made),
        *(line for segment in made.segments for line in _segment(segment)),
        *(line for badge in badges for line in _badge(badge)),
        "</g>",
        *_written(lines, low),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _death(found: Walk, made: _Drawing) -> str:
    """Where the mark of a death goes: the last place of the way, or the box where it was found."""
    if found.death is None:
        return ""
    place, boxes = found.death.place, made.on.boxes
    last = [stop for leg in found.legs for stop in stops(leg, made.on)]
    ours = [stop.where for stop in reversed(last) if stop.place == place and stop.where]
    here = next((where for where in ours if where in made.scene.rows), "")
    return here or (boxes[place].id if place in boxes else last[-1].where if last else "")


def _passed(made: _Drawing) -> Iterator[str]:
    for where in dict.fromkeys(made.places):
        if where in made.scene.rows:
            x, y, wide, high = made.scene.rows[where]
            yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="6" class="at"/>'


def _segment(segment: _Segment) -> Iterator[str]:
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in segment.points)
    yield f'<path d="M{path}" class="{segment.css}"/>'
    middle = len(segment.points) // 2
    (x, y), (a, b) = segment.points[middle - 1], segment.points[middle]
    turn, x, y = math.degrees(math.atan2(b - y, a - x)), (x + a) / 2, (y + b) / 2
    yield (
        f'<path d="M-6 -6L7 0L-6 6Z" transform="translate({x:.1f} {y:.1f}) rotate({turn:.0f})" '
        f'class="tip-{segment.css}"/>'
    )


def _badge(badge: _Badge) -> Iterator[str]:
    if not badge.number:
        yield f'<circle cx="{badge.x:.1f}" cy="{badge.y:.1f}" r="13" class="death"/>'
        yield f'<path d="M{badge.x - 5:.1f} {badge.y - 5:.1f}l10 10m0 -10l-10 10" class="cross"/>'
        return
    yield f'<circle cx="{badge.x:.1f}" cy="{badge.y:.1f}" r="{_RADIUS}" class="badge tip-{badge.css}"/>'
    yield f'<text x="{badge.x:.1f}" y="{badge.y + 4:.1f}" class="number">{badge.number}</text>'


def _lines(found: Walk, made: _Drawing, columns: int) -> Iterator[tuple[str, str, str]]:
    """(css, number, text) of what stands below."""
    for css, number, text in made.legend:
        for place, line in enumerate(textwrap.wrap(text, columns) or [""]):
            yield css, number if place == 0 else "", line
    for line in textwrap.wrap(found.note, columns):
        yield "note", "", line
    if found.death is not None:
        died = found.death
        for text in (
            verdict(died.basis, died.place, died.why),
            *grounds(died.basis, died.proof, died.evidence, died.against),
        ):
            for line in textwrap.wrap(text, columns):
                yield "dead", "", line


def _written(lines: Sequence[tuple[str, str, str]], low: float) -> Iterator[str]:
    for place, (css, number, text) in enumerate(lines):
        y = low + _ROW * (place + 0.5)
        if number:
            yield from _badge(_Badge(int(number), css, MARGIN + 12, y - 4))
        x = MARGIN if css in {"head", "dead", "note"} else MARGIN + 32
        yield f'<text x="{x}" y="{y:.1f}" class="{css if css in {"head", "dead"} else ""}">{escape(text)}</text>'
