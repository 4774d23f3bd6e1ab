"""`invoke labs`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netproof import catalog
from netproof.catalog import claims
from netproof.cli.screen import Screen
from netproof.engine import location, placement
from netproof.engine.location import Where
from netproof.errors import NetproofError
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
    told = []
    for place, found in places.items():
        if found is None:
            told += [f"unknown{place.on}: no engine"]
            continue
        instances = dict.fromkeys(host.instance for host in found if host.instance.lab == lab.name)
        for instance in sorted(instances, key=str):
            running = {host.host for host in found if host.instance == instance and host.running}
            told.append(f"{instance} {_word(lab, instance, running)}{place.on}")
    return told


def _word(lab: Lab, instance: Instance, running: set[str]) -> str:
    gone = [host.name for host in lab.hosts if host.name not in running]
    if gone:
        return f"dead: {', '.join(gone)}"
    return "up, broken on purpose" if attempts.read(instance) is not None else "up"


def _last(name: str) -> str:
    """What the last run of its claims brought, or nothing."""
    last = Instance(name).read("results.json")
    if not isinstance(last, dict):
        return ""
    return f"{last.get('summary', '')}{', broken on purpose' if last.get('broken') else ''}"


def run(screen: Screen) -> None:
    """Every lab, what it shows, its claims, its state."""
    found = _running()
    rows: list[dict[str, Any]] = [
        {
            "name": lab.name,
            "question": lab.question,
            "shows": lab.shows,
            "claims": len(claims.claims(lab.name)),
            "faults": len({fault.id for fault in catalog.practice(lab.name).faults if fault.is_visible}),
            "state": states(lab, found),
            "last": _last(lab.name),
        }
        for lab in catalog.all_labs()
    ]
    screen.columns(
        [("LAB", "CLAIMS", "FAULTS", "STATE", "SHOWS")]
        + [
            (row["name"], str(row["claims"]), str(row["faults"]), ", ".join(row["state"]) or "down", row["shows"])
            for row in rows
        ]
    )
    screen.next(f"invoke lab up {rows[0]['name']}")
    screen.document({"labs": rows})
