"""How far the clock of another machine is ahead, from answers that take unequal times on their two ways."""

from __future__ import annotations

import time
from typing import cast

import pytest

from netproof.lab import clock_offset
from netproof.lab.agent_client import Agent

MS = 1_000_000


class Machine:
    """A stand-in for an agent whose clock is ahead, and for the clock here: only messages take time."""

    def __init__(self, ahead: int, ways: list[tuple[int, int]]) -> None:
        self.now = 1_800_000_000 * 1_000 * MS
        self._ahead, self._ways, self.asked = ahead, ways, 0

    def call(self, op: str) -> int:
        assert op == "clock"
        there, back = self._ways[self.asked % len(self._ways)]
        self.asked += 1
        told = self.now + there + self._ahead
        self.now += there + back
        return told


def measured(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> int:
    monkeypatch.setattr(time, "time_ns", lambda: machine.now)
    monkeypatch.setattr(time, "monotonic_ns", lambda: machine.now)
    return clock_offset.ahead(cast("Agent", machine))


@pytest.mark.parametrize("ahead", [0, 350 * MS, -350 * MS, 3_600_000 * MS])
def test_answers_that_were_late_on_different_ways_tell_it_together(monkeypatch: pytest.MonkeyPatch, ahead: int) -> None:
    """No answer was quick both ways, and each alone would be wrong by 4 ms."""
    machine = Machine(ahead, [(1 * MS, 9 * MS), (9 * MS, 1 * MS)])
    assert measured(monkeypatch, machine) == ahead


def test_a_machine_that_is_far_away_is_not_asked_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven times, where sixty would take twelve seconds; the error is half of the unequal part."""
    machine = Machine(350 * MS, [(101 * MS, 99 * MS)])
    assert measured(monkeypatch, machine) == 351 * MS
    assert machine.asked == 7
