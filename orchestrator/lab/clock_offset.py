"""Clocks of lab hosts that are machines of their own, against the clock here."""

from __future__ import annotations

import time

from netproof.lab.agent_client import Agent

_TRIES = 60
_FEW = 7
_ENOUGH = 500_000_000  # ns, after which few are enough


def ahead(agent: Agent) -> int:
    """By how many ns the clock of an agent's machine is ahead of ours.

    What it says, it says between question and answer: each answer narrows down what that can be, and this is the middle
    of what is left. Half of that is the error at most: 1.5 ms with emulated machines, where it was 0.1 ms mostly.
    """
    least, most, began = -float("inf"), float("inf"), time.monotonic_ns()
    for tries in range(_TRIES):
        if tries >= _FEW and time.monotonic_ns() - began > _ENOUGH:
            break
        asked = time.time_ns()
        there = int(agent.call("clock"))
        least, most = max(least, there - time.time_ns()), min(most, there - asked)
    return int(least + most) // 2
