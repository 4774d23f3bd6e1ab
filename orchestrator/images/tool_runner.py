"""Runs a tool that takes long: its lines become progress, its silence is broken, its end is checked."""

from __future__ import annotations

import queue
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import IO

from netproof.progress import Say

_PATIENCE = 1.5
_KEPT_LINES = 40


class ToolError(Exception):
    """A tool ended badly; `lines` are the last it said."""

    def __init__(self, status: int, lines: list[str]) -> None:
        super().__init__(status, lines)
        self.status = status
        self.lines = lines


def run(label: str, argv: Sequence[str], say: Say, *, lock: int) -> None:
    """Run `argv`, saying each line under `label`. The tool keeps `lock` open for as long as it lives."""
    with subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=(lock,),
        start_new_session=True,  # an interrupt reaches us alone, and we end the tool
    ) as process:
        try:
            lines = _follow(label, _lines(process.stdout), say)
            status = process.wait()
        except BaseException:
            process.kill()
            raise
    if status != 0:
        raise ToolError(status, lines)


def _lines(stream: IO[str] | None) -> queue.Queue[str | None]:
    """The lines of a stream as they come, then None."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in stream or ():
            lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _follow(label: str, lines: queue.Queue[str | None], say: Say) -> list[str]:
    last: deque[str] = deque(maxlen=_KEPT_LINES)
    began = time.monotonic()
    while True:
        try:
            line = lines.get(timeout=_PATIENCE)
        except queue.Empty:
            say(f"{label}: still at it after {time.monotonic() - began:.0f} s")
            continue
        if line is None:
            return list(last)
        last.append(line)
        say(f"{label}: {line.removeprefix('I: ').removesuffix('...')}")
