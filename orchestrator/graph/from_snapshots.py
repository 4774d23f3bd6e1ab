"""From snapshots to a Graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from attrs import evolve

from netproof.facts import Difference, Flat, Snapshot, compare, flatten
from netproof.facts.flat_snapshot import place_name
from netproof.facts.model import ContainerFact, Link
from netproof.graph.model import Box, Graph, Interface
from netproof.graph.names import box_kind, box_name, network_of
from netproof.graph.peers import edges, hidden_links, key
from netproof.graph.published import at_interfaces
from netproof.graph.ways_out import ways_out

Line = tuple[str, str, str, str]
_QUIET = {"engine", "containers", "servers", "links", "addresses"}  # told one by one
_UNUSED = {"tunl0", "sit0", "ip6tnl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "dummy0"}


def of(
    snapshots: dict[str, Snapshot],
    baseline: Flat | Mapping[str, Snapshot] | None = None,
    *,
    name: str = "",
    hidden: AbstractSet[Line] = frozenset(),
    gone: Iterable[str] = (),
) -> Graph:
    """The topology; marks are differences from the baseline, and lab hosts that are `gone`.

    Without lines that are `hidden`: (place, aspect, key, line).
    """
    before = _flat(baseline)
    found = [] if before is None else compare(before, flatten(snapshots))
    kept = [each for each in found if {(each.place, each.aspect, each.key, line) for line in each.lines} - set(hidden)]
    dead = set(gone)
    kept = [each for each in kept if each.place not in dead]
    boxes = [box for host, snapshot in snapshots.items() for box in _boxes(host, snapshot, kept)]
    boxes += [Box(f"{host}/host", host, host, "lab host", (), (), ("the lab host is gone",)) for host in sorted(dead)]
    drawn = {each.id for box in boxes for each in box.interfaces}
    found_edges = [*edges(snapshots), *(way for host, one in snapshots.items() for way in ways_out(host, one))]
    return Graph(name, tuple(boxes), tuple(edge for edge in found_edges if {edge.start, edge.end} <= drawn))


def _flat(baseline: Flat | Mapping[str, Snapshot] | None) -> Flat | None:
    if baseline is None:
        return None
    given = dict(baseline)
    if given and all(isinstance(value, Snapshot) for value in given.values()):
        return flatten(given)  # type: ignore[arg-type]  # checked in the line above
    return given  # type: ignore[return-value]  # flat already


def _boxes(host: str, snapshot: Snapshot, found: list[Difference]) -> list[Box]:
    boxes = [_box(host, snapshot, place, found) for place in snapshot.namespaces]
    running = {place.partition(":")[2] for place in snapshot.namespaces}
    for each in snapshot.engine.containers:
        if each.name not in running and each.mode != "host" and not _shared(snapshot, each):
            kind = f"container, {each.state}"
            boxes.append(Box(f"{host}/{each.name}", host, each.name, kind, (), (), _marks(found, each.name)))
    return boxes


def _box(host: str, snapshot: Snapshot, place: str, found: list[Difference]) -> Box:
    space, called = snapshot.namespaces[place], place_name(host, place)
    ours = [each for each in found if each.place == called]
    changed = {each.key.split(" ")[0] for each in ours if each.aspect in {"links", "addresses"}}
    skipped = hidden_links(snapshot, place)
    shown = [link for link in space.links if link.name not in skipped and link.name not in _UNUSED]
    ports = at_interfaces(snapshot) if place == "host" else {}
    if any(link.name != "lo" for link in shown):
        shown = [link for link in shown if link.name != "lo" or ports.get("lo")]
    interfaces = tuple(
        evolve(
            _interface(host, snapshot, place, link),
            ports=tuple(ports.get(link.name, ())),
            marked=link.name in changed,
        )
        for link in shown
    )
    notes = (*_notes(snapshot, place), *ports.get("", ()))
    name, kind = box_name(host, snapshot, place), box_kind(snapshot, place)
    return Box(f"{host}/{place}", host, name, kind, interfaces, notes, _marks(found, called))


def _interface(host: str, snapshot: Snapshot, place: str, link: Link) -> Interface:
    space = snapshot.namespaces[place]
    addresses = tuple(
        each.address for each in space.addresses if each.interface == link.name and each.scope in {"global", "host"}
    )
    if len(addresses) > _MANY:
        addresses = (*addresses[:_MANY], f"+{len(addresses) - _MANY} more")
    notes = tuple(_about(snapshot, place, link))
    return Interface(key(host, place, link), link.name, link.kind, addresses, notes)


_MANY = 3


def _about(snapshot: Snapshot, place: str, link: Link) -> list[str]:
    space, network = snapshot.namespaces[place], network_of(snapshot, place, link)
    notes = []
    if link.kind == "bridge":
        notes.append(f"bridge, {network}" if network else "bridge")
    elif link.kind == "vxlan":
        notes.append(f"VXLAN VNI {link.details.get('id')}")
    elif link.kind in {"macvlan", "ipvlan"}:
        notes.append(f"{link.kind}, {network}" if network else link.kind)
    if link.master and link.kind != "bridge":
        notes.append(f"port of {link.master}")
    if "UP" not in link.flags:
        notes.append("down")
    elif link.operstate in {"DOWN", "LOWERLAYERDOWN"} and not (
        link.kind == "bridge" and not any(each.master == link.name for each in space.links)
    ):
        notes.append("no carrier")
    return notes


def _notes(snapshot: Snapshot, place: str) -> list[str]:
    engine, name = snapshot.engine, place.partition(":")[2]
    notes = []
    if place == "host":
        notes.append(f"engine {engine.version}" if engine.answers else "engine does not answer")
        notes += [f"{each.name} ({each.state}, host network)" for each in engine.containers if each.mode == "host"]
    else:
        owner = next((each for each in engine.containers if each.name == name), None)
        if owner is not None:
            notes += [f"+ {each.name} ({each.state})" for each in engine.containers if _joins(each, owner)]
    dead = [called for called, state in snapshot.spawned.items() if not state["alive"] and state["place"] == place]
    return notes + [f"server {called} died" for called in dead]


def _joins(each: ContainerFact, owner: ContainerFact) -> bool:
    return each.mode in {f"container:{owner.id}", f"container:{owner.name}"}


def _shared(snapshot: Snapshot, each: ContainerFact) -> bool:
    return any(_joins(each, owner) for owner in snapshot.engine.containers)


def _marks(found: list[Difference], place: str) -> tuple[str, ...]:
    ours = [each for each in found if each.place == place]
    told = [f"{each.key} {_how(each)}" for each in ours if each.aspect in _QUIET - {"engine"}]
    told += ["engine changed"] if any(each.aspect == "engine" for each in ours) else []
    counted = Counter(each.aspect for each in ours if each.aspect not in _QUIET)
    return tuple(told + [f"{aspect}: {number} changed" for aspect, number in sorted(counted.items())])


def _how(difference: Difference) -> str:
    if not difference.after:
        return "missing"
    return "changed" if difference.before else "new"
