"""`lab status`, `lab facts` and `lab diff`."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import attrs

from orchestrator import graph as graphs
from orchestrator.cli.common import Options, chosen, counted
from orchestrator.cli.screen import Screen
from orchestrator.facts import (
    HAPPENED,
    SILENT,
    UNREAD_KIND,
    Difference,
    Snapshot,
    flatten,
    kept,
    sentence,
    structure,
    told,
)
from orchestrator.facts.flat import place_name
from orchestrator.lab.running import RunningLab
from orchestrator.model import Lab
from orchestrator.practice import attempt as attempts
from orchestrator.practice.collateral import Line, baseline, lines
from orchestrator.state.instance import Instance


def _taken(lab: Lab, instance: Instance, *, flows: bool = False) -> dict[str, Snapshot]:
    with RunningLab.attach(lab, instance) as running:
        return structure(running.snapshot(flows=flows))


def differences(lab: Lab, instance: Instance) -> list[Difference]:
    """What happened since `up`, and what differs besides. The lab is looked at first: it may not be up."""
    now = flatten(_taken(lab, instance))
    return told(baseline(instance), now)


def facts(screen: Screen, name: str, _: str, options: Options) -> None:
    """Everything, as JSON: this command has no other form."""
    lab, instance = chosen(name, options)
    screen.json = True
    screen.document({host: attrs.asdict(snapshot) for host, snapshot in _taken(lab, instance, flows=True).items()})


def diff(screen: Screen, name: str, _: str, options: Options) -> None:
    """What differs now from the snapshot taken after `up`."""
    lab, instance = chosen(name, options)
    if options["show"]:
        attempts.refuse_in_exam(instance, "lab diff --show")
    everything = differences(lab, instance)
    hidden = set() if options["show"] else _injected(instance)
    found = [item for item in everything if lines([item]) - hidden]
    happened = [item for item in found if item.aspect == HAPPENED]
    for item in happened:
        screen.line(screen.colour(f"{item.after}{_followed(item)}", "red"))
    for place, several in groupby(found[len(happened) :], key=lambda item: item.place):
        screen.line(screen.colour(place, "bold"))
        for item in several:
            _tell(screen, item, hidden)
    screen.line(_concluded(instance, len(found), hidden))
    unread = {item.key.removeprefix(UNREAD_KIND) for item in happened if item.key.startswith(UNREAD_KIND)}
    screen.line(f"  {sentence(unread)}")
    for item in happened:
        if item.key == SILENT:
            screen.line(f"  Not compared: what the engine of {item.place} would tell of its containers and networks.")
    if any(item.follows for item in found):
        screen.line("  What follows from something else is not shown: --json lists it.")
    if hidden:
        screen.line(f"  What the fault changed is not shown{'' if _is_exam(instance) else ': --show shows it, too'}.")
    screen.document({"instance": str(instance), "differences": [attrs.asdict(item) for item in found]})


def _concluded(instance: Instance, count: int, hidden: set[Line]) -> str:
    if count:
        return f"{counted(count, 'difference')} from the state after `up`."
    return f"{instance} is {'otherwise ' if hidden else ''}as it was after `up`."


def _is_exam(instance: Instance) -> bool:
    attempt = attempts.read(instance)
    return attempt is not None and attempt.exam


def _followed(item: Difference) -> str:
    count = len(item.follows)
    return f" ({counted(count, 'difference')} {'follows' if count == 1 else 'follow'} from that)" if count else ""


def _injected(instance: Instance) -> set[Line]:
    """What a fault changed that somebody is looking for."""
    attempt = attempts.read(instance)
    return set(attempt.injected) if attempt else set()


def _tell(screen: Screen, item: Difference, hidden: set[Line]) -> None:
    screen.line(f"  {item.aspect}: {item.key}{_followed(item)}")
    for *_, line in sorted(lines([item]) - hidden, key=lambda found: item.lines.index(found[3])):
        screen.line("    " + screen.colour(line, "green" if line[0] == "+" else "red"))


def status(screen: Screen, name: str, _: str, options: Options) -> None:
    """Hosts, nodes, addresses, health."""
    lab, instance = chosen(name, options)
    with RunningLab.attach(lab, instance) as running:
        hosts = running.hosts
        snapshots = structure(running.snapshot())
    rows = [row for host, snapshot in snapshots.items() for row in _rows(lab, host, snapshot)]
    raw = kept(instance)
    changed = None if raw is None else len(told(flatten(structure(raw)), flatten(snapshots)))
    screen.line(screen.colour(f"{instance}: {lab.shows}", "bold"))
    screen.columns([("NODE", "KIND", "STATE", "ADDRESSES")] + [_cells(row) for row in rows])
    for line in graphs.text(graphs.of(snapshots)).splitlines():
        screen.line(f"  {line}")
    for host, found in hosts.items():
        screen.line(
            f"  {host}: engine {snapshots[host].engine.version or 'does not answer'}, iptables {found.firewall}"
        )
    if attempts.read(instance) is not None:
        screen.line(f"  broken on purpose: invoke lab check {instance.arguments}")
    else:
        screen.line(f"  {_health(changed, instance)}")
    screen.document({"instance": str(instance), "nodes": rows, "differences": changed})


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
    return [f"{item.interface} {item.address}" for item in namespace.addresses if item.scope == "global"]


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
