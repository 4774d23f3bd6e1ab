"""Progress of a matrix: on a terminal the cells that run and what each does, elsewhere a line for each that ends.

Both with what is likely to be left to wait.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from netproof.cli.screen import Screen
from netproof.matrix.pool import Ended, Event
from netproof.matrix.records import Cell, Key


class Following:
    """Shows events while it is entered."""

    def __init__(self, screen: Screen, expected: Mapping[Key, float], jobs: int) -> None:
        """Of cells that are expected to take so many seconds each."""
        self._screen = screen
        self._expected = dict(expected)
        self._total = len(expected)
        self._jobs = min(jobs, self._total)
        self._done = 0
        self._took = self._thought = 0.0
        self._running: dict[Key, tuple[float, str]] = {}
        self._live: Any = None

    def __enter__(self) -> Self:
        words = f"{self._total} cells" if self._total > 1 else "1 cell"
        self._screen.say(f"running {words}, {self._jobs} at once; {waiting(self._left())}")
        if sys.stderr.isatty() and not self._screen.json:
            from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
            from rich.live import Live  # noqa: PLC0415 - as above

            self._screen.settle()
            self._live = Live(
                console=Console(stderr=True), get_renderable=self._picture, transient=True, redirect_stdout=False
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Something happened."""
        if isinstance(event, Ended):
            self._end(event.cell)
            return
        if not event.text and self._live is None:
            self._screen.say(f"{event.key}: started")
        since, _ = self._running.get(event.key, (time.monotonic(), ""))
        self._running[event.key] = since, event.text or "starting"

    def _end(self, cell: Cell) -> None:
        self._done += 1
        self._running.pop(cell.key, None)
        self._took += cell.seconds
        self._thought += self._expected.pop(cell.key, cell.seconds)
        left = f"; {waiting(self._left())}" if self._expected else ""
        self._tell(f"{self._done}/{self._total} {cell.key}: {cell.summary} ({cell.seconds:.1f} s){left}")

    def _left(self) -> float:
        """Seconds that are likely to pass: what was expected of the rest, by how wrong that has been until now."""
        wrong = min(max(self._took / self._thought, 1 / _WRONG), _WRONG) if self._thought else 1.0
        now, running = time.monotonic(), dict(self._running)
        rest = [
            max(seconds * wrong - (now - running[key][0] if key in running else 0), 0)
            for key, seconds in self._expected.items()
        ]
        return max(max(rest, default=0), sum(rest) / max(self._jobs, 1))

    def stopping(self, count: int) -> None:
        """Cells are being stopped."""
        self._running = {key: (since, "stopping") for key, (since, _) in self._running.items()}
        self._tell(f"stopping {count} {'cells' if count > 1 else 'cell'}; each removes its lab")

    def _tell(self, text: str) -> None:
        if self._live is None:
            self._screen.say(text)
        else:
            from rich.text import Text  # noqa: PLC0415 - it is loaded already

            self._live.console.print(Text(f"  {text}", style="dim"))

    def _picture(self) -> Any:
        from rich.console import Group  # noqa: PLC0415 - only a terminal needs it
        from rich.table import Table  # noqa: PLC0415 - as above
        from rich.text import Text  # noqa: PLC0415 - as above

        table = Table.grid(padding=(0, 2))
        # Another thread draws, while this dictionary changes.
        for key, (since, text) in list(self._running.items()):
            row = (str(key), f"{time.monotonic() - since:4.0f} s", text)
            table.add_row("", *(Text(word, style="dim", no_wrap=True, overflow="ellipsis") for word in row))
        return Group(table, Text(f"  {self._done} of {self._total} cells done; {waiting(self._left())}"))


def waiting(seconds: float) -> str:
    """How long there is still to wait, no more exactly than it can be known."""
    if seconds < _MINUTE:
        return f"about {max(10, math.ceil(seconds / 10) * 10)} s left"
    return f"about {math.ceil(seconds / 60)} min left"


_MINUTE = 90.0
_WRONG = 4.0
