"""`invoke labs`."""

from __future__ import annotations

from typing import Any

from orchestrator import catalog, declared, state
from orchestrator.backends import Found
from orchestrator.backends.dind import DockerHosts
from orchestrator.cli.screen import Screen
from orchestrator.errors import NetproofError
from orchestrator.outer import connect


def _running() -> list[Found] | None:
    try:
        return DockerHosts(connect()).find()
    except NetproofError:
        return None


def _state(name: str, found: list[Found] | None) -> list[str]:
    if found is None:
        return ["unknown: no engine"]
    instances = sorted({str(host.instance) for host in found if host.instance.lab == name})
    dead = {str(host.instance) for host in found if not host.running}
    return [f"{item} {'broken' if item in dead else 'up'}" for item in instances]


def show(screen: Screen) -> None:
    """Every lab, what it shows, its claims, its state."""
    found = _running()
    rows: list[dict[str, Any]] = []
    for lab in catalog.all_labs():
        last = state.Instance(lab.name).read("results.json") or {}
        rows.append(
            {
                "name": lab.name,
                "question": lab.question,
                "shows": lab.shows,
                "claims": len(declared.claims(lab.name)),
                "faults": len({fault.id for fault in catalog.practice(lab.name).faults if fault.is_visible}),
                "state": _state(lab.name, found),
                "last": last.get("summary", ""),
            }
        )
    screen.columns(
        [("LAB", "CLAIMS", "FAULTS", "STATE", "SHOWS")]
        + [
            (row["name"], str(row["claims"]), str(row["faults"]), ", ".join(row["state"]) or "down", row["shows"])
            for row in rows
        ]
    )
    screen.next(f"invoke lab up {rows[0]['name']}")
    screen.document({"labs": rows})
