"""From snapshots to a Graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from netproof.facts import Difference, Flat, Snapshot, compare, flatten
from netproof.facts.flat_snapshot import place_name
from netproof.facts.model import ContainerFact, Link, Namespace
from netproof.graph.model import Box, Graph, Interface
from netproof.graph.peers import edges, hidden_links, key

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
    return Graph(name, tuple(boxes), tuple(edge for edge in edges(snapshots) if {edge.start, edge.end} <= drawn))


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
    if any(link.name != "lo" for link in shown):
        shown = [link for link in shown if link.name != "lo"]
    interfaces = tuple(_interface(host, snapshot, place, link, marked=link.name in changed) for link in shown)
    notes = tuple(_notes(snapshot, place))
    return Box(f"{host}/{place}", host, called, _kind(snapshot, place), interfaces, notes, _marks(found, called))


def _interface(host: str, snapshot: Snapshot, place: str, link: Link, *, marked: bool) -> Interface:
    space = snapshot.namespaces[place]
    addresses = tuple(
        each.address for each in space.addresses if each.interface == link.name and each.scope in {"global", "host"}
    )
    if len(addresses) > _MANY:
        addresses = (*addresses[:_MANY], f"+{len(addresses) - _MANY} more")
    return Interface(
        key(host, place, link), link.name, link.kind, addresses, tuple(_about(snapshot, space, link)), marked
    )


_MANY = 3


def _about(snapshot: Snapshot, space: Namespace, link: Link) -> list[str]:
    notes = []
    if link.kind == "bridge":
        notes.append(_network_of(snapshot, link.name))
    elif link.kind == "vxlan":
        notes.append(f"VXLAN VNI {link.details.get('id')}")
    elif link.kind in {"macvlan", "ipvlan"}:
        notes.append(link.kind)
    if link.master and link.kind != "bridge":
        notes.append(f"port of {link.master}")
    if "UP" not in link.flags:
        notes.append("down")
    elif link.operstate in {"DOWN", "LOWERLAYERDOWN"} and not (
        link.kind == "bridge" and not any(each.master == link.name for each in space.links)
    ):
        notes.append("no carrier")
    return [note for note in notes if note]


def _network_of(snapshot: Snapshot, bridge: str) -> str:
    for each in snapshot.engine.networks:
        named = each.options.get("com.docker.network.bridge.name", f"br-{each.id[:12]}")
        if bridge == named or (bridge == "docker0" and each.name == "bridge"):
            return f"bridge, network {each.name}" + (" (internal)" if each.internal else "")
    return "bridge"


def _kind(snapshot: Snapshot, place: str) -> str:
    kind = place.partition(":")[0]
    if kind == "netns":
        links = snapshot.namespaces[place].links
        return "switch" if any(link.kind == "bridge" for link in links) else "outsider"
    return {"host": "lab host", "path": "namespace"}.get(kind, kind)


def _notes(snapshot: Snapshot, place: str) -> list[str]:
    engine, name = snapshot.engine, place.partition(":")[2]
    notes = []
    if place == "host":
        notes.append(f"engine {engine.version}" if engine.answers else "engine does not answer")
        notes += [f"{each.name} ({each.state}, host network)" for each in engine.containers if each.mode == "host"]
        for each in engine.containers:
            notes += sorted({line for line in _published(each) if line})
    else:
        owner = next((each for each in engine.containers if each.name == name), None)
        if owner is not None:
            notes += [f"+ {each.name} ({each.state})" for each in engine.containers if _joins(each, owner)]
    dead = [called for called, state in snapshot.spawned.items() if not state["alive"] and state["place"] == place]
    return notes + [f"server {called} died" for called in dead]


def _published(container: ContainerFact) -> list[str]:
    """Where its ports are published; on all IPv6 addresses only where it is not on all IPv4 ones, too."""
    both = {(port, bound["HostPort"]) for port, several in container.ports.items() for bound in several if _any(bound)}
    return [
        f"{_listen(bound['HostIp'])}:{bound['HostPort']} -> {container.name}:{port}"
        for port, several in container.ports.items()
        for bound in several
        if bound["HostIp"] != "::" or (port, bound["HostPort"]) not in both
    ]


def _any(bound: Mapping[str, str]) -> bool:
    return bound["HostIp"] in {"", "0.0.0.0"}  # noqa: S104 - a fact, not a server


def _listen(address: str) -> str:
    if address in {"", "0.0.0.0"}:  # noqa: S104 - a fact, not a server
        return "*"
    return f"[{address}]" if ":" in address else address


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
