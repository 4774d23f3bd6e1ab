"""What is written at wires: where no wire, no box and no other label is in its way."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from attrs import define, field, frozen

Point = tuple[float, float]
Frame = tuple[float, float, float, float]  # left, top, width, height, in points
_STEPS = 12  # of a curve, between two of its ends
_NEAR = (9.0, 15.0, 24.0)
_ALONG = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)
_CLEAR = 5.0  # what is wished between a label and another wire


def curve(points: Sequence[Point]) -> list[Point]:
    """A line along Bezier curves, given as their ends and handles: 1, 4, 7, … points."""
    found = [points[0]]
    for start in range(0, len(points) - 3, 3):
        found += [_at(points[start : start + 4], step / _STEPS) for step in range(1, _STEPS + 1)]
    return found


def _at(four: Sequence[Point], t: float) -> Point:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    return (
        sum(weight * point[0] for weight, point in zip(weights, four, strict=True)),
        sum(weight * point[1] for weight, point in zip(weights, four, strict=True)),
    )


def crosses(line: Sequence[Point], frame: Frame) -> bool:
    """Whether a line goes through a frame."""
    x, y, wide, high = frame
    across, down = [point[0] for point in line], [point[1] for point in line]
    if max(across) <= x or min(across) >= x + wide or max(down) <= y or min(down) >= y + high:
        return False
    return any(_hits(one, two, frame) for one, two in itertools.pairwise(line))


def _hits(one: Point, two: Point, frame: Frame) -> bool:
    """Whether a piece of a line goes through a frame, by what is left of it within each pair of sides."""
    low, high = 0.0, 1.0
    for axis in (0, 1):
        start, way = one[axis], two[axis] - one[axis]
        least, most = frame[axis], frame[axis] + frame[axis + 2]
        if abs(way) < 1e-9:  # noqa: PLR2004 - parallel to these sides
            if not least < start < most:
                return False
            continue
        near, far = sorted(((least - start) / way, (most - start) / way))
        low, high = max(low, near), min(high, far)
    return low < high


def overlap(one: Frame, two: Frame) -> bool:
    """Whether two frames have room in common."""
    return all(one[a] < two[a] + two[a + 2] and two[a] < one[a] + one[a + 2] for a in (0, 1))


@frozen
class Label:
    """A label: its lines, its middle, and its frame."""

    text: str
    x: float
    y: float
    frame: Frame


@define
class Paper:
    """What is drawn already: labels keep clear of it."""

    lines: list[list[Point]] = field(factory=list)
    frames: list[Frame] = field(factory=list)

    def place(self, text: str, line: Sequence[Point], wish: Point | None, size: tuple[float, float]) -> Label:
        """Put a label near its line, and where it can, not near another; at the first place tried if none is free.

        The size is width and height, in points.
        """
        found = None
        for ring in self._rings(line, wish, size):
            free = [one for one in ring if not self._is_taken(one, line)]
            found = next((one for one in free if not self._is_near(one, line)), None) or next(iter(free), None)
            if found is not None:
                break
        if found is None:
            found = next(self._rings(line, wish, size))[0]
        self.frames.append(found)
        return Label(text, found[0] + found[2] / 2, found[1] + found[3] / 2, found)

    def _rings(self, line: Sequence[Point], wish: Point | None, size: tuple[float, float]) -> Iterator[list[Frame]]:
        """Places right above and below the line, from its middle on; then the wish; then others, further away."""
        wide, high = size
        where = [line[round(share * (len(line) - 1))] for share in _ALONG]
        where += [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in itertools.pairwise(line)]
        for number, near in enumerate(_NEAR):
            away = near + high / 2 - 5
            yield [(x - wide / 2, y + side * away - high / 2, wide, high) for x, y in where for side in (-1, 1)]
            if number == 0 and wish is not None:
                yield [(wish[0] - wide / 2, wish[1] - high / 2, wide, high)]
        yield [place for x, y in where for place in ((x + 6, y - high / 2, *size), (x - 6 - wide, y - high / 2, *size))]
        for aside in (0.05, -1.05):  # above and below, but all of it to one side
            for away in (near + high / 2 - 5 for near in _NEAR):
                middles = [(x + aside * wide, y + side * away - high / 2) for x, y in where for side in (-1, 1)]
                yield [(*place, *size) for place in middles]

    def _is_taken(self, frame: Frame, own: Sequence[Point]) -> bool:
        if any(overlap(frame, other) for other in self.frames) or crosses(own, frame):
            return True
        return any(crosses(line, frame) for line in self.lines)

    def _is_near(self, frame: Frame, own: Sequence[Point]) -> bool:
        x, y, wide, high = frame
        grown = (x - _CLEAR, y - _CLEAR, wide + 2 * _CLEAR, high + 2 * _CLEAR)
        return any(crosses(line, grown) for line in self.lines if list(line) != list(own))


def track(path: str) -> list[Point]:
    """The corners of a path of `M`, `H`, `V` and quarter turns `q`, which count as corners."""
    found: list[Point] = []
    for command, numbers in re.findall(r"([MHVq])([^MHVqC]*)", path):
        values = [float(one) for one in numbers.replace(",", " ").split()]
        x, y = found[-1] if found else (0.0, 0.0)
        if command == "M":
            found.append((values[0], values[1]))
        elif command == "H":
            found.append((values[0], y))
        elif command == "V":
            found.append((x, values[0]))
        else:
            found.append((x + values[2], y + values[3]))
    return found
