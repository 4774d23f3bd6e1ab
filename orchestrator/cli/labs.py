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
from netproof.state import instance


def _running() -> dict[Where, Sequence[Found] | None]:
    """Lab hosts by place; None where that cannot be asked."""
    return {place: _at(place) for place in dict.fromkeys([location.current(), *placement.elsewhere()])}


def _at(place: Where) -> Sequence[Found] | None:
    try:
        with location.at(place):
            return hosts().find()
    except NetproofError:
        return None


def _state(name: str, places: dict[Where, Sequence[Found] | None]) -> list[str]:
    states = []
    for place, found in places.items():
        if found is None:
            states += [f"unknown{place.on}: no engine"]
            continue
        instances = sorted({str(host.instance) for host in found if host.instance.lab == name})
        dead = {str(host.instance) for host in found if not host.running}
        states += [f"{item} {'broken' if item in dead else 'up'}{place.on}" for item in instances]
    return states


def _last(name: str) -> str:
    """What the last run of its claims brought, or nothing."""
    last = instance.Instance(name).read("results.json")
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
            "state": _state(lab.name, found),
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
