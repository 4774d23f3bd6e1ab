"""What a run is about to do, written before it does it.

One JSON document a line. A run that was killed leaves a journal without its last line, `done`; the next
`up` says so, and `clean` needs no journal at all, because everything made carries labels.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from attrs import frozen

from netproof.state.instance import Instance

DONE = "done"


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


@frozen
class Journal:
    """The journal of one run on one instance."""

    path: Path

    @classmethod
    def begin(cls, instance: Instance, command: str) -> Journal:
        """Start a new journal in place of the last run's."""
        instance.folder.mkdir(parents=True, exist_ok=True)
        journal = cls(instance.folder / "journal.jsonl")
        journal.path.write_text("")
        journal.step("begin", command=command)
        return journal

    def step(self, name: str, **what: Any) -> None:
        """Record that a step is about to begin; on disk before this returns."""
        line = json.dumps({"at": _now(), "pid": os.getpid(), "step": name, **what})
        with self.path.open("a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def done(self) -> None:
        """Record that the run came to its end."""
        self.step(DONE)


def unfinished(instance: Instance) -> str | None:
    """The last step of a run that never came to its end, or None."""
    try:
        lines = (instance.folder / "journal.jsonl").read_text(errors="replace").splitlines()
    except OSError:
        return None
    steps = []
    for line in lines:
        try:
            steps.append(json.loads(line)["step"])
        except (ValueError, KeyError, TypeError):  # a line cut short by the kill itself
            continue
    if not steps or steps[-1] == DONE:
        return None
    return str(steps[-1])
