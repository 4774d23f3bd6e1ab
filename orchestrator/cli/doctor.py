"""`invoke doctor`."""

from __future__ import annotations

from typing import Any

from invoke import Exit

from netproof import doctor, program
from netproof.cli.common import tell_of_env
from netproof.cli.screen import Screen
from netproof.engine import location
from netproof.errors import EXIT_CLAIM_FAILED

_MARKS = {"ok": ("✔", "green"), "missing": ("✘", "red"), "unknown": ("?", "yellow"), "note": ("·", "dim")}
_HANG = 21  # where what was found begins


def _named(finding: dict[str, Any]) -> dict[str, Any]:
    return finding | {"remedy": program.named(finding["remedy"])}


def run(screen: Screen) -> None:
    """What was found, by area, with remedies. Exit 1 when no lab can run."""
    tell_of_env(screen)
    findings = doctor.examine(screen.say)
    area = ""
    for item in findings:
        if item.area != area:
            area = item.area
            screen.line(screen.colour(area, "bold"))
        mark, colour = _MARKS[item.status]
        screen.line(f"  {screen.colour(mark, colour)} {item.name:<16} {item.what}", _HANG)
        if item.remedy:
            need = f"needed for {item.needed_for}. " if item.needed_for else ""
            screen.line(f"    {need}{item.remedy}", 4)
    ready = doctor.ready(findings)
    place = location.current()
    name = "This machine" if place.is_here else str(place)
    screen.line(f"{name} can run labs." if ready else f"{name} cannot run a lab yet; see above.")
    screen.document({"ready": ready, "findings": [_named(item) for item in doctor.as_json(findings)]})
    if not ready:
        raise Exit(code=EXIT_CLAIM_FAILED)
