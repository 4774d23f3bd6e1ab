"""Processes that a signal has stopped: they are there, hold their sockets, and answer nobody."""

from __future__ import annotations

import os
from contextlib import suppress

_STOPPED = "T"


def halted() -> dict[int, list[str]]:
    """{process namespace: names of its stopped processes}; that of the lab host itself has the agent in it."""
    found: dict[int, list[str]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with suppress(OSError):
                name, state = _about(entry)
                if state == _STOPPED:
                    found.setdefault(namespace(int(entry)), []).append(name)
    return {space: sorted(names) for space, names in found.items()}


def _about(pid: str) -> tuple[str, str]:
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
        start, _, rest = stat.read().rpartition(")")
    return start.partition("(")[2], rest.split()[0]


def namespace(pid: int) -> int:
    """What tells the process namespace of a process from others; 0 when there is no such process."""
    with suppress(OSError):
        return os.stat(f"/proc/{pid}/ns/pid").st_ino
    return 0
