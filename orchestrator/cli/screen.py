"""What commands print with: calm text on stdout, progress on stderr, or one JSON document."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from typing import Any

from netproof import program
from netproof.cli import streams
from netproof.cli.fold import NARROWEST, fold
from netproof.progress import Passing

_DIM, _BOLD, _RED, _GREEN, _YELLOW, _END = "\033[2m", "\033[1m", "\033[31m", "\033[32m", "\033[33m", "\033[0m"
_USUAL, _PIPED = 80, 110
_SILENCE = 20.0  # seconds without a word, after which one is said
_COLOURS = {"dim": _DIM, "bold": _BOLD, "red": _RED, "green": _GREEN, "yellow": _YELLOW}


def takes_escapes(stream: Any) -> bool:
    """Whether a stream is a terminal that can move its cursor, as all but TERM=dumb do."""
    return bool(stream.isatty()) and os.environ.get("TERM") != "dumb"


def takes_colour(stream: Any) -> bool:
    """Whether colours are wanted there; see https://no-color.org."""
    return takes_escapes(stream) and not os.environ.get("NO_COLOR")


def width_of(stream: Any) -> int:
    """The columns of a terminal; 0 for what is none, where lines are as long as they are."""
    try:
        return os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0
    except (OSError, ValueError):
        return 0


class Screen:
    """One command's output. With `json`, only `document` reaches stdout."""

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        self.started = time.monotonic()
        self._live = takes_escapes(sys.stderr) and not json
        self._shown = False
        self._told = -_SILENCE

    @property
    def elapsed(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self.started

    def say(self, text: str) -> None:
        """Progress: one line that is replaced on a terminal, a line each elsewhere, where little of what passes is."""
        if not self._live and isinstance(text, Passing) and time.monotonic() - self._told < _SILENCE:
            return
        self._told = time.monotonic()
        with suppress(OSError):  # nobody may be reading progress any more; the work goes on
            self._progress(program.named(text))

    def _progress(self, text: str) -> None:
        if self._live:
            line = f"  {text}"[: (width_of(sys.stderr) or _USUAL) - 1]
            dim, end = (_DIM, _END) if takes_colour(sys.stderr) else ("", "")
            sys.stderr.write(f"\r\033[K{dim}{line}{end}")
            self._shown = True
        else:
            sys.stderr.write(f"  {text}\n")
        sys.stderr.flush()

    def settle(self) -> None:
        """Take the progress line away."""
        if self._shown:
            with suppress(OSError):
                sys.stderr.write("\r\033[K")
                sys.stderr.flush()
            self._shown = False

    def line(self, text: str = "", hang: int | None = None) -> None:
        """A line of the result, for people; on a terminal broken between words, and then going on at column `hang`."""
        self.typed(fold(program.named(text), width_of(sys.stdout), hang))

    def typed(self, text: str) -> None:
        """A line as it is, such as a command to copy."""
        self.settle()
        if not self.json:
            with streams.named():
                print(program.named(text))

    def colour(self, text: str, name: str) -> str:
        """Text in a colour, where stdout is a terminal."""
        return f"{_COLOURS[name]}{text}{_END}" if takes_colour(sys.stdout) else text

    def columns(self, rows: list[tuple[str, ...]], indent: int = 2) -> None:
        """Rows in aligned columns; the last one is as long as it is, and on a terminal in lines of its own width."""
        if not rows:
            return
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]) - 1)]
        last = indent + sum(widths) + 2 * len(widths)
        hang = last if last + NARROWEST <= width_of(sys.stdout) else indent + 4
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            self.line((" " * indent + "  ".join([*cells, row[-1]])).rstrip(), hang)

    def next(self, *commands: str) -> None:
        """What to type next."""
        for position, command in enumerate(commands):
            self.typed(f"{'Next:' if position == 0 else '     '} {command}")

    def document(self, value: Any) -> None:
        """The result, for programs."""
        self.settle()
        if self.json:
            with streams.named():
                print(json.dumps(value, indent=2))

    def rich(self, thing: Any) -> None:
        """A table or another of rich's renderables, for people."""
        from rich.console import Console  # noqa: PLC0415 - 60 ms that commands without tables need not pay

        self.settle()
        if not self.json:
            with streams.named():
                Console(width=width_of(sys.stdout) or _PIPED).print(thing)
