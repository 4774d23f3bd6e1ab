"""One run of `up`: what it has begun, done and must undo."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress

from attrs import define, field

from netproof.build.outcome import Built, Change, Say
from netproof.errors import HostDied
from netproof.lab.running import RunningLab
from netproof.state import baseline
from netproof.state.instance import Instance
from netproof.state.journal import Journal


@define
class Progress:
    """Journal, changes, undo, and which lab hosts are new in this run. Parts are made in several threads."""

    instance: Instance
    journal: Journal
    say: Say
    running: RunningLab
    undo: ExitStack
    built: Built
    image: str
    fresh: set[str] = field(factory=set)

    def begin(self, step: str, part: str, say: str = "") -> None:
        """Journal a step that changes the lab: the snapshot of the old state is void from here on."""
        self.journal.step(step, part=part)
        baseline.drop(self.instance)
        if say:
            self.say(say)

    def changed(self, part: str, action: str, why: str) -> None:
        """A part was built or removed."""
        self.built.changes.append(Change(part, action, why))

    def undo_in(self, host: str, action: Callable[[], object]) -> None:
        """Undo a step inside a lab host; one made in this run is removed as a whole."""

        def attempt() -> None:
            with suppress(HostDied):
                action()

        if host not in self.fresh:
            self.undo.callback(attempt)
