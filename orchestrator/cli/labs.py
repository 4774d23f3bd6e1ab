"""`invoke labs`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from invoke import Exit

from netproof import catalog
from netproof.catalog import claims
from netproof.cli.screen import Screen
from netproof.engine import location, placement
from netproof.engine.location import Where
from netproof.errors import EXIT_USAGE, NetproofError
from netproof.hosts import Found
from netproof.hosts.backend_choice import hosts
from netproof.model import Lab
from netproof.practice import attempt as attempts
from netproof.state.instance import Instance


def _running() -> dict[Where, Sequence[Found] | None]:
    """Lab hosts by place; None where that cannot be asked."""
    return {place: _at(place) for place in dict.fromkeys([location.current(), *placement.elsewhere()])}


def _at(place: Where) -> Sequence[Found] | None:
    try:
        with location.at(place):
            return hosts().find()
    except NetproofError:
        return None


def states(lab: Lab, places: dict[Where, Sequence[Found] | None]) -> list[str]:
    """What is there of a lab, an entry a copy."""
    return _states(lab.name, [host.name for host in lab.hosts], places)


def _states(name: str, wanted: Sequence[str], places: dict[Where, Sequence[Found] | None]) -> list[str]:
    told = []
    for place, found in places.items():
        if found is None:
            told += [f"unknown{place.on}: no engine"]
            continue
        mine = [host for host in found if host.instance.lab == name]
        for instance in sorted({host.instance for host in mine}, key=str):
            told.append(f"{instance} {_word(instance, wanted, mine)}{place.on}")
    return told


def _word(instance: Instance, wanted: Sequence[str], found: Sequence[Found]) -> str:
    own = [host for host in found if host.instance == instance]
    running = {host.host for host in own if host.running}
    gone = [name for name in dict.fromkeys([*wanted, *(host.host for host in own)]) if name not in running]
    if gone:
        return f"dead: {', '.join(gone)}"
    return "up, broken on purpose" if attempts.read(instance) is not None else "up"


def _last(name: str) -> str:
    """What the last run of its claims brought, or nothing."""
    last = Instance(name).read("results.json")
    if not isinstance(last, dict):
        return ""
    return f"{last.get('summary', '')}{', broken on purpose' if last.get('broken') else ''}"


def _row(name: str, places: dict[Where, Sequence[Found] | None]) -> dict[str, Any]:
    """What is told of a lab; of one whose definition is broken, why."""
    row: dict[str, Any] = {"name": name, "state": _states(name, (), places), "last": _last(name)}
    try:
        lab = catalog.load(name)
        faults = {fault.id for fault in catalog.practice(name).faults if fault.is_visible}
        about = {
            "question": lab.question,
            "shows": lab.shows,
            "claims": len(claims.claims(name)),
            "faults": len(faults),
            "state": states(lab, places),
        }
    except NetproofError as error:
        return row | {"question": "", "shows": "", "claims": 0, "faults": 0, "error": error.problem}
    return row | about


def run(screen: Screen) -> None:
    """Every lab, what it shows, its claims, its state. Exit 2 when one cannot be read; the others are told."""
    found = _running()
    rows = [_row(name, found) for name in catalog.names()]
    screen.columns(
        [("LAB", "CLAIMS", "FAULTS", "STATE", "SHOWS")]
        + [
            (row["name"], str(row["claims"]), str(row["faults"]), ", ".join(row["state"]) or "down", row["shows"])
            for row in rows
            if "error" not in row
        ]
    )
    whole = [row for row in rows if "error" not in row]
    for row in rows:
        if "error" in row:
            screen.line(screen.colour(f"{row['name']} cannot be read: {row['error']}", "red"))
    if whole:
        screen.next(f"invoke lab up {whole[0]['name']}")
    screen.document({"labs": rows})
    if whole != rows:
        raise Exit(code=EXIT_USAGE)
