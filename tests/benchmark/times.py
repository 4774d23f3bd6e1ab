"""Measured times: a sample of seconds, and what is said about it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from attrs import field, frozen


def _kept(seconds: Iterable[float]) -> tuple[float, ...]:
    return tuple(seconds)


@frozen
class Times:
    """How long one thing took, each time it was done; in seconds."""

    seconds: tuple[float, ...] = field(converter=_kept)

    @property
    def median(self) -> float:
        """What is compared: it does not care for one slow round."""
        return statistics.median(self.seconds)

    @property
    def least(self) -> float:
        """The fastest."""
        return min(self.seconds)

    @property
    def most(self) -> float:
        """The slowest."""
        return max(self.seconds)


def took(action: Callable[[], object]) -> float:
    """Seconds that an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def repeated(times: int, action: Callable[[], object]) -> Times:
    """The times of an action done again and again, after once for nothing."""
    action()
    return Times(took(action) for _ in range(times))


class Stopwatch:
    """Splits a stretch of time into steps; each lasts until the next one begins."""

    def __init__(self) -> None:
        self._marks: list[tuple[str, float]] = []

    def mark(self, step: str) -> None:
        """A step begins."""
        self._marks.append((step, time.perf_counter()))

    @contextmanager
    def running(self, first: str) -> Iterator[None]:
        """The whole stretch, and the name of what happens before the first mark."""
        self.mark(first)
        yield
        self.mark("")

    def steps(self) -> Iterable[tuple[str, float]]:
        """(step, seconds) in order."""
        for (step, began), (_, ended) in zip(self._marks, self._marks[1:], strict=False):
            yield step, ended - began
