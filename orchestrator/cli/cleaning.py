"""`invoke clean`."""

from __future__ import annotations

import attrs

from orchestrator.cli.removing import end_attempt
from orchestrator.cli.screen import Screen
from orchestrator.outer import connect
from orchestrator.remove import clean as remove_all
from orchestrator.state import remembered


def clean(screen: Screen, *, keep_images: bool) -> None:
    """Remove everything that carries our labels, and our files."""
    for instance in remembered():
        end_attempt(instance)
    removed = remove_all(connect(), keep_images=keep_images)
    for item in removed.hosts:
        screen.line(f"  removed lab host {item}")
    for item in removed.other:
        screen.line(f"  removed {item}")
    for item in removed.kept:
        screen.line(f"  kept {item}")
    count = len(removed.hosts) + len(removed.other)
    screen.line(
        "Everything else of netproof is gone."
        if removed.kept
        else "Nothing of netproof is left."
        if count
        else "There was nothing to remove."
    )
    screen.document({"removed": attrs.asdict(removed)})
