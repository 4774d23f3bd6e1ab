"""Packets that went into a tunnel and did not get to the other node: its table, and the network below it."""

from __future__ import annotations

from netproof.facts.packets import VXLAN_PORT, Packet
from netproof.walk.diagnosis.route_failures import refusal
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.diagnosis.traffic_control import held_below
from netproof.walk.diagnosis.unanswered_arp import tunnel_down, why_unanswered
from netproof.walk.diagnosis.wrong_mac import stray
from netproof.walk.legs import PacketPath
from netproof.walk.model import INFERRED, SEEN, Death
from netproof.walk.observations import CapturedFrame
from netproof.walk.routes import Query
from netproof.walk.segments import NamespaceHop

_HEADERS = {4: 50, 6: 70}  # bytes of IP, UDP, VXLAN and Ethernet that a tunnel adds


def into_a_tunnel(scene: Scene, way: PacketPath, _: int, __: NamespaceHop) -> Death | None:
    """It went into a tunnel and did not come out on any wire."""
    carried = [one for each in way.segments for one in (*each.came, *each.went) if one.packet.inner is not None]
    for segment in way.segments if not carried else ():
        last = segment.went[-1:]
        link = scene.seen.links[segment.place].get(last[0].interface) if last else None
        if link is not None and link.kind == "vxlan":
            return in_the_tunnel(scene, segment)
    return None


def cut_tunnel(scene: Scene, way: PacketPath, _: int, segment: NamespaceHop) -> Death | None:
    """A bridge below an overlay had it, and the tunnel that is a port of the bridge is down."""
    frame = segment.came[-1].packet if segment.came else None
    if frame is None or frame.inner is not None:
        return None
    homes = {place for place, links in scene.seen.links.items() for link in links.values() if link.mac == frame.dmac}
    for one in way.segments:
        host = scene.seen.places[one.place][0]
        home = next((place for place in homes if scene.seen.places[place][0] != host), None)
        found = tunnel_down(scene, host, home) if home is not None else None
        if found is not None:
            return found
    return None


def in_the_tunnel(scene: Scene, segment: NamespaceHop) -> Death:
    """It left by a VXLAN interface, and nothing that carries it was seen."""
    frame = segment.went[-1].packet
    entries = [one for one in scene.space(segment.place).fdb if one.mac == frame.dmac and one.remote]
    host = scene.seen.places[segment.place][0]
    if not entries and (below := _below_as_it_was(scene, segment.place, frame)) is not None:
        return below
    if not entries:
        why, proof = f"The VXLAN of {host} does not know where {frame.dmac} is.", "its FDB has no entry for it"
    else:
        below = _below(scene, host, entries[0].remote, frame.size)
        if below is not None:
            return below
        why = f"The VXLAN of {host} sends it to {entries[0].remote}, and nothing left."
        proof = f"bridge fdb: {entries[0].mac} dst {entries[0].remote}"
    return Death(place=host, layer="overlay", why=why, proof=proof)


def _below_as_it_was(scene: Scene, place: str, frame: Packet) -> Death | None:
    """A swarm takes a node's entries out of the tables when it does not hear from it: what is below is its cause."""
    host, name = scene.seen.places[place]
    snapshot = scene.baseline.get(host)
    space = snapshot.namespaces.get(name) if snapshot is not None else None
    remotes = [one.remote for one in space.fdb if one.mac == frame.dmac and one.remote] if space is not None else []
    for remote in remotes:
        found = _below(scene, host, remote, frame.size) or _back_from(scene, host, remote, frame.size)
        if found is not None:
            return found
    return None


def _back_from(scene: Scene, host: str, remote: str, size: int) -> Death | None:
    """What is between the other node and this one: a swarm gives up a node that cannot answer it."""
    other = next((one for one in scene.running.hosts if scene.has(one, remote)), None)
    mine = scene.ask(host, Query(remote)).source
    return _below(scene, other, mine, size) if other is not None and mine else None


def _below(scene: Scene, host: str, remote: str, size: int) -> Death | None:
    """What is between a tunnel and the other node: the route, the interface, the neighbour."""
    route = scene.ask(host, Query(remote, proto="udp", dport=VXLAN_PORT))
    refused = refusal(scene, host, route)
    if refused is not None:
        return refused
    link = scene.seen.links[host].get(route.interface)
    if link is not None and "UP" not in link.flags:
        why = f"Interface {link.name} of {host} is down."
        return Death(place=host, layer="link", why=why, proof=f"{link.name}: {link.operstate}")
    hop = route.gateway or remote
    return (
        _narrow(scene, host, remote, size, "")
        or stray(scene, host, hop, route.interface)
        or why_unanswered(scene, host, hop, route.interface)
        or held_below(scene, host, route.interface)
    )


def too_large_below(scene: Scene, made: CapturedFrame, size: int, proof: str) -> Death | None:
    """A tunnel answered in the receiver's stead that a packet is too large: for the network below it."""
    link = scene.seen.links[made.place].get(made.interface)
    if link is None or link.kind != "vxlan":
        return None
    host = scene.seen.places[made.place][0]
    remotes = {one.remote for one in scene.space(made.place).fdb if one.remote and one.mac == made.packet.smac}
    return next((one for remote in sorted(remotes) if (one := _narrow(scene, host, remote, size, proof))), None)


def _narrow(scene: Scene, host: str, remote: str, size: int, proof: str) -> Death | None:
    """With what a tunnel adds, a packet does not fit through the interface below."""
    route = scene.ask(host, Query(remote))
    below = scene.seen.links[host].get(route.interface)
    added = _HEADERS[6 if ":" in remote else 4]
    fits = min((mtu for mtu in (below.mtu if below is not None else 0, route.mtu) if mtu), default=0)
    if not fits or size + added <= fits:
        return None
    why = f"{size} bytes and {added} of VXLAN's do not fit through {route.interface} of {host}: {fits} do."
    said = f"; {proof}" if proof else ""
    basis = SEEN if proof else INFERRED
    return Death(place=host, layer="mtu", why=why, proof=f"{route.interface}: mtu {fits}{said}", basis=basis)
