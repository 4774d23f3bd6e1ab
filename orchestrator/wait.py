"""Waiting: poll to a deadline, or hold for a window. Nothing in netproof sleeps for a fixed time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Found = TypeVar("Found")

SLOWNESS = "NETPROOF_SLOWNESS"
"""How many times slower than usual lab hosts are: by as much, deadlines are longer, here and in what we start."""
_MOST = 20.0
_PAUSE = 0.02
_patience = [float("inf")]


@contextmanager
def impatient(limit: float) -> Iterator[None]:
    """Meanwhile `until` gives up after `limit` seconds at the latest: for when most of what is waited for is broken."""
    _patience.append(limit)
    try:
        yield
    finally:
        _patience.pop()


@contextmanager
def slower(factor: float) -> Iterator[None]:
    """Meanwhile deadlines are this many times as long, here and in processes that are started."""
    before = os.environ.get(SLOWNESS)
    os.environ[SLOWNESS] = f"{factor:.2f}"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SLOWNESS]
        else:
            os.environ[SLOWNESS] = before


def scaled(limit: float) -> float:
    """A deadline of `limit` seconds, longer where lab hosts were measured to be slow (emulated machines are)."""
    try:
        return limit * min(max(float(os.environ.get(SLOWNESS, "1")), 1.0), _MOST)
    except ValueError:
        return limit


def patience(limit: float) -> float:
    """How long something else than `until` is to wait that would wait for `limit` seconds."""
    return min(scaled(limit), _patience[-1])


def until(look: Callable[[], Found], limit: float, pause: float = _PAUSE) -> Found:
    """Call `look` until it returns something true or `limit` seconds have passed; returns its last answer."""
    deadline = time.monotonic() + patience(limit)
    while True:
        found = look()
        if found or time.monotonic() >= deadline:
            return found
        time.sleep(pause)


def throughout(look: Callable[[], Found], window: float, pause: float = _PAUSE) -> Found:
    """Call `look` for `window` seconds, or until it returns something false; returns its last answer."""
    deadline = time.monotonic() + window
    while True:
        found = look()
        if not found or time.monotonic() >= deadline:
            return found
        time.sleep(pause)
