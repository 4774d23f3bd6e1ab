"""Which interfaces are connected: peers by index and namespace number, as netlink tells them.

Between two machines a real cable connects the one real interface that a lab has in each.
"""

from __future__ import annotations

from collections.abc import Iterator

from netproof.facts import Snapshot
from netproof.facts.model import Link, Namespace
from netproof.graph.model import Edge

End = tuple[str, str, Link]


def key(host: str, place: str, link: Link) -> str:
    """What an interface is called in a graph."""
    return f"{host}/{place}/{link.name}"


def _ends(snapshots: dict[str, Snapshot]) -> Iterator[End]:
    for host, snapshot in snapshots.items():
        for place, space in snapshot.namespaces.items():
            for link in space.links:
                yield host, place, link


def _leads(snapshot: Snapshot, place: str, link: Link) -> str | None:
    """The place of the other end; None when it is none of this lab host, or not known."""
    if link.peer_nsid is None:
        return place
    ids = snapshot.namespaces[place].nsids
    return next((other for other, number in ids.items() if number == link.peer_nsid), None)


def _knows(space: Namespace) -> bool:
    return bool(space.nsids)


def _are_peers(snapshots: dict[str, Snapshot], one: End, two: End) -> bool:
    (host, place, link), (far, there, other) = one, two
    if (link.peer_index, other.peer_index) != (other.index, link.index) or (host, place, link) == (far, there, other):
        return False
    if not _knows(snapshots[host].namespaces[place]) and not _knows(snapshots[far].namespaces[there]):
        return host == far  # a snapshot without numbers: indices alone
    leads, back = _leads(snapshots[host], place, link), _leads(snapshots[far], there, other)
    if host == far:
        return (leads, back) == (there, place)
    return leads is None and back is None


def _peer(snapshots: dict[str, Snapshot], one: End) -> End | None:
    if _is_real(one[2]):
        both = [two for two in _ends(snapshots) if _is_real(two[2])]
        far = [two for two in both if two[0] != one[0]]
        return far[0] if (len(both), len(far)) == (2, 1) else None
    return next((two for two in _ends(snapshots) if two[2].kind == "veth" and _are_peers(snapshots, one, two)), None)


def _is_real(link: Link) -> bool:
    """Whether it is hardware, or what a machine takes for hardware."""
    return not link.kind and bool(link.mac.replace("0", "").strip(":"))


def _ends_wire(link: Link) -> bool:
    return link.kind == "veth" or _is_real(link)


def other_end(snapshots: dict[str, Snapshot], host: str, place: str, interface: str) -> End | None:
    """The other end of a veth: (lab host, the agent's name of the namespace, link)."""
    links = snapshots[host].namespaces[place].links
    link = next((one for one in links if one.name == interface and _ends_wire(one)), None)
    return _peer(snapshots, (host, place, link)) if link is not None else None


def hidden_links(snapshot: Snapshot, place: str) -> set[str]:
    """Ports of a lab host's bridges, and of hidden bridges, that are veths to elsewhere: their wire says their name."""
    space = snapshot.namespaces[place]
    bridges = {link.name for link in space.links if link.kind == "bridge"}
    single = {"": snapshot}
    return {
        link.name
        for link in space.links
        if _ends_wire(link) and link.master in bridges and _peer(single, ("", place, link)) is not None
    }


def _shown_end(snapshots: dict[str, Snapshot], end: End) -> str:
    """The interface at which a wire is drawn: the bridge for its hidden ports."""
    host, place, link = end
    if link.name in hidden_links(snapshots[host], place):
        return f"{host}/{place}/{link.master}"
    return key(host, place, link)


def edges(snapshots: dict[str, Snapshot]) -> Iterator[Edge]:
    """Veth pairs, parents of macvlans, ports of bridges that are no veths, and tunnels."""
    done: set[str] = set()
    for end in _ends(snapshots):
        host, place, link = end
        if _ends_wire(link) and key(*end) not in done:
            other = _peer(snapshots, end)
            if other is not None:
                done |= {key(*end), key(*other)}
                names = [far[2].name for far in (end, other) if _shown_end(snapshots, far) != key(*far)]
                yield Edge(_shown_end(snapshots, other), _shown_end(snapshots, end), "veth", " - ".join(names))
        if link.kind in {"macvlan", "ipvlan"} and link.peer_index:
            space = snapshots[host].namespaces[place]
            parent = (_leads(snapshots[host], place, link) if _knows(space) else None) or "host"
            for near in snapshots[host].namespaces[parent].links if parent in snapshots[host].namespaces else ():
                if near.index == link.peer_index:
                    yield Edge(key(*end), key(host, parent, near), "parent", link.details.get("mode") or "")
    yield from _tunnels(snapshots)


def _tunnels(snapshots: dict[str, Snapshot]) -> Iterator[Edge]:
    found = [end for end in _ends(snapshots) if end[2].kind == "vxlan"]
    for number, one in enumerate(found):
        for two in found[number + 1 :]:
            if one[0] != two[0] and one[2].details.get("id") == two[2].details.get("id"):
                about = one[2].details
                yield Edge(key(*one), key(*two), "vxlan", f"VXLAN VNI {about.get('id')}, UDP {about.get('port')}")
