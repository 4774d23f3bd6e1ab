"""One run at a time changes an instance. Others wait, and are told for whom."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from netproof.errors import Busy
from netproof.state.instance import Instance, root, write_atomically
from netproof.wait import until

WAIT = 120.0
_MOMENT = 1.0


def _path(instance: Instance, ending: str) -> Path:
    # Outside the instance's folder: that goes with the instance, while others may be waiting for its lock.
    return root() / "locks" / f"{instance.slug}.{ending}"


def _holder(instance: Instance) -> str:
    # Who has just taken the lock has not written yet who it is.
    return until(lambda: _named(instance), _MOMENT) or "another process"


def _named(instance: Instance) -> str:
    try:
        record = json.loads(_path(instance, "holder").read_text())
        return f"process {record['pid']} ({record['command']}, since {record['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


@contextmanager
def locked(instance: Instance, command: str, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the instance's lock; wait up to two minutes for whoever has it.

    Raises Busy, naming the holder, when the wait was in vain.
    """
    path = _path(instance, "lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"waiting for {_holder(instance)}")
        try:
            lock.acquire(timeout=WAIT)
        except Timeout:
            raise Busy(
                f"{instance} is being changed by {_holder(instance)}.",
                "Wait for it to finish, or end that process, and try again.",
            ) from None
    try:
        record = {"pid": os.getpid(), "command": command, "since": time.strftime("%H:%M:%S")}
        write_atomically(_path(instance, "holder"), json.dumps(record))
        yield
    finally:
        _path(instance, "holder").unlink(missing_ok=True)
        lock.release()
