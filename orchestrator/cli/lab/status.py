"""`lab status`."""

from __future__ import annotations

from typing import Any

from invoke import Exit

from netproof import graph as graphs
from netproof.cli.common import Options, chosen, counted
from netproof.cli.screen import Screen
from netproof.errors import EXIT_BUILD, NetproofError
from netproof.facts import (
    Snapshot,
    flatten,
    fold,
    structure,
)
from netproof.facts.flat_snapshot import place_name
from netproof.lab.outside_view import OutsideView, view
from netproof.lab.running import RunningLab
from netproof.model import Lab
from netproof.practice import attempt as attempts
from netproof.state import baseline
from netproof.state.instance import Instance


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """Hosts, nodes, addresses, health. Exit 3 when no agent starts in a lab host: what can be seen without is shown."""
    lab, instance = chosen(name, options)
    with RunningLab.attach(lab, instance) as running:
        hosts = running.hosts
        raw, unseen = _looked(running)
    snapshots = structure(raw)
    views = {host: view(hosts[host]) for host in unseen}
    rows = [
        row
        for host in hosts
        for row in (_rows(lab, host, snapshots[host]) if host in snapshots else _rows_outside(lab, host, views[host]))
    ]
    engines = {host: item.engine.version for host, item in snapshots.items()}
    engines |= {host: found.engine for host, found in views.items()}
    before = None if unseen else baseline.kept(instance)
    changed = None if before is None else len(fold(flatten(structure(before)), flatten(snapshots)))
    screen.line(screen.colour(f"{instance}: {lab.shows}", "bold"))
    screen.columns([("NODE", "KIND", "STATE", "ADDRESSES")] + [_cells(row) for row in rows])
    for line in graphs.text(graphs.of(snapshots)).splitlines() if snapshots else ():
        screen.line(f"  {line}")
    for host, found in hosts.items():
        screen.line(f"  {host}: engine {engines[host] or 'does not answer'}, iptables {found.firewall}")
    if attempts.read(instance) is not None:
        screen.line(f"  broken on purpose: invoke lab check {instance.arguments}")
    elif not unseen:
        screen.line(f"  {_health(changed, instance)}")
    told_unseen = {host: error.problem for host, error in unseen.items()}
    document = {"instance": str(instance), "nodes": rows, "differences": changed}
    if not unseen:
        screen.document(document)
        return
    screen.document(document | {"unseen": told_unseen})
    where = ", ".join(unseen)
    why = "; ".join(problem.rstrip(".") for problem in told_unseen.values())
    screen.line(screen.colour(f"  not looked at: namespaces, addresses and differences of {where}: {why}.", "red"))
    screen.next(f"invoke lab up {instance.arguments}")
    raise Exit(code=EXIT_BUILD)


def _looked(running: RunningLab) -> tuple[dict[str, Any], dict[str, NetproofError]]:
    """({lab host: snapshot}, {lab host: why there is none})."""
    taken: dict[str, Any] = {}
    unseen: dict[str, NetproofError] = {}
    try:
        return running.snapshot(), unseen
    except NetproofError:  # of one of them: which, and what the others say, is asked one by one
        for host in running.hosts:
            try:
                taken[host] = running.agent(host).call("snapshot")
            except NetproofError as error:
                unseen[host] = error
    return taken, unseen


def _rows_outside(lab: Lab, host: str, found: OutsideView) -> list[dict[str, Any]]:
    """The rows of a lab host in which no agent starts."""

    def row(name: str, kind: str, state: str) -> dict[str, Any]:
        return {"name": name, "kind": kind, "state": state, "addresses": []}

    rows = [row(host, "lab host", "running" if found.engine else "engine does not answer")]
    absent = "missing" if found.engine else "unknown"
    nodes = [node.name for node in lab.containers if node.on == host]
    rows += [row(name, "container", found.containers.get(name, absent)) for name in nodes]
    return rows + [row(item.name, "outsider", "unknown") for item in lab.outsiders if item.beside == host]


def _health(changed: int | None, instance: Instance) -> str:
    if changed is None:
        return "there is no snapshot to compare with"
    if not changed:
        return "as it was after `up`"
    return f"{counted(changed, 'difference')} from the state after `up`: invoke lab diff {instance.arguments}"


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    return row["name"], row["kind"], row["state"], ", ".join(row["addresses"]) or "-"


def _addresses(snapshot: Snapshot, place: str) -> list[str]:
    namespace = snapshot.namespaces.get(place)
    if namespace is None:
        return []
    shown = [item for item in namespace.addresses if item.scope == "global"]
    # Which interface was made first is chance: the same lab reads the same each time.
    return [f"{item.interface} {item.address}" for item in sorted(shown, key=lambda item: item.interface)]


def _rows(lab: Lab, host: str, snapshot: Snapshot) -> list[dict[str, Any]]:
    """One row for the lab host, then one for each of its nodes."""
    states = {item.name: item.state for item in snapshot.engine.containers}
    engine = "running" if snapshot.engine.answers else "engine does not answer"
    rows = [{"name": host, "kind": "lab host", "state": engine, "addresses": _addresses(snapshot, "host")}]
    for node in lab.containers:
        if node.on == host:
            state = states.get(node.name, "missing" if snapshot.engine.answers else "unknown")
            rows.append(_row(snapshot, host, node.name, "container", state))
    for outsider in lab.outsiders:
        if outsider.beside == host:
            dead = [
                name
                for name, about in snapshot.spawned.items()
                if about["place"].endswith(f":{outsider.name}") and not about["alive"]
            ]
            there = f"netns:{outsider.name}" in snapshot.namespaces
            state = "missing" if not there else f"{', '.join(dead)} died" if dead else "running"
            rows.append(_row(snapshot, host, outsider.name, "outsider", state))
    return rows


def _row(snapshot: Snapshot, host: str, name: str, kind: str, state: str) -> dict[str, Any]:
    place = next((item for item in snapshot.namespaces if item != "host" and place_name(host, item) == name), "")
    return {"name": name, "kind": kind, "state": state, "addresses": _addresses(snapshot, place)}
