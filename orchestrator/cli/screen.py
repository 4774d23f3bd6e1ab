"""What commands print with: calm text on stdout, progress on stderr, or one JSON document."""

from __future__ import annotations

import json
import shutil
import sys
import time
from contextlib import suppress
from typing import Any

from netproof import program

_DIM, _BOLD, _RED, _GREEN, _YELLOW, _END = "\033[2m", "\033[1m", "\033[31m", "\033[32m", "\033[33m", "\033[0m"
_COLOURS = {"dim": _DIM, "bold": _BOLD, "red": _RED, "green": _GREEN, "yellow": _YELLOW}


class Screen:
    """One command's output. With `json`, only `document` reaches stdout."""

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        self.started = time.monotonic()
        self._live = sys.stderr.isatty() and not json
        self._shown = False

    @property
    def elapsed(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self.started

    def say(self, text: str) -> None:
        """Progress: one line that is replaced on a terminal, a line each elsewhere."""
        with suppress(OSError):  # nobody may be reading progress any more; the work goes on
            self._progress(program.named(text))

    def _progress(self, text: str) -> None:
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            line = f"  {text}"[:width]
            sys.stderr.write(f"\r\033[K{_DIM}{line}{_END}")
            self._shown = True
        else:
            sys.stderr.write(f"  {text}\n")
        sys.stderr.flush()

    def settle(self) -> None:
        """Take the progress line away."""
        if self._shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
            self._shown = False

    def line(self, text: str = "") -> None:
        """A line of the result, for people."""
        self.settle()
        if not self.json:
            print(program.named(text))

    def colour(self, text: str, name: str) -> str:
        """Text in a colour, where stdout is a terminal."""
        return f"{_COLOURS[name]}{text}{_END}" if sys.stdout.isatty() else text

    def columns(self, rows: list[tuple[str, ...]], indent: int = 2) -> None:
        """Rows in aligned columns; the last one is as long as it is."""
        if not rows:
            return
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]) - 1)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            self.line((" " * indent + "  ".join([*cells, row[-1]])).rstrip())

    def next(self, *commands: str) -> None:
        """What to type next."""
        for position, command in enumerate(commands):
            self.line(f"{'Next:' if position == 0 else '     '} {command}")

    def document(self, value: Any) -> None:
        """The result, for programs."""
        self.settle()
        if self.json:
            print(json.dumps(value, indent=2))

    def rich(self, thing: Any) -> None:
        """A table or another of rich's renderables, for people."""
        from rich.console import Console  # noqa: PLC0415 - 60 ms that commands without tables need not pay

        self.settle()
        if not self.json:
            Console(width=None if sys.stdout.isatty() else 110).print(thing)
