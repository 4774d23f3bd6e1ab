"""Progress of a matrix: on a terminal the cells that run and what each does, elsewhere a line for each that ends."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self

from netproof.cli.screen import Screen
from netproof.matrix.pool import Ended, Event
from netproof.matrix.records import Cell, Key

_MINUTE = 60


def duration(seconds: float) -> str:
    """Roughly: `40 s`, `3 min`, `1 h 20 min`."""
    if seconds < _MINUTE:
        return f"{max(10, round(seconds, -1)):.0f} s"
    hours, minutes = divmod(round(seconds / _MINUTE), _MINUTE)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


class Following:
    """Shows events while it is entered."""

    def __init__(self, screen: Screen, total: int, jobs: int, expected: float = 0.0) -> None:
        self._screen = screen
        self._total = total
        self._jobs = min(jobs, total)
        self._expected = expected
        self._done = 0
        self._running: dict[Key, tuple[float, str]] = {}
        self._live: Any = None

    def __enter__(self) -> Self:
        words = f"{self._total} cells" if self._total > 1 else "1 cell"
        about = f": about {duration(self._expected)}" if self._expected else ""
        self._screen.say(f"running {words}, {self._jobs} at once{about}")
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
        self._tell(f"{self._done}/{self._total} {cell.key}: {cell.summary} ({cell.seconds:.1f} s)")

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
        return Group(table, Text(f"  {self._done} of {self._total} cells done"))
