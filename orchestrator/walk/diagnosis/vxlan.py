"""What an overlay's tunnel did wrong: the wrong node, the wrong network number, the wrong port."""

from __future__ import annotations

from collections.abc import Iterator

from netproof.facts.model import Link
from netproof.facts.packets import VXLAN_PORT, Packet
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.legs import PacketPath
from netproof.walk.model import Death


def astray_in_a_tunnel(scene: Scene) -> Death | None:
    """A packet that a tunnel sent to the wrong node, or that the tunnel at the other end did not take for its own."""
    for way in scene.ways:
        if way.direction in {"there", "back"} and way.segments[-1].place != scene.exchange.source:
            found = _wrong_node(scene, way) or _not_unwrapped(scene, way)
            if found is not None:
                return found
    return None


def _tunnels(scene: Scene, host: str) -> Iterator[Link]:
    """The VXLAN interfaces of a lab host, which are in hidden namespaces."""
    for place, links in scene.seen.links.items():
        if scene.seen.places[place][0] == host:
            yield from (link for link in links.values() if link.kind == "vxlan")


def _wrong_node(scene: Scene, way: PacketPath) -> Death | None:
    """The tunnel's table has a MAC address on another node than the one that has it."""
    for segment in way.segments:
        for one in segment.went:
            link = scene.seen.links[one.place].get(one.interface)
            if link is None or link.kind != "vxlan":
                continue
            mac = one.packet.dmac
            remotes = [entry.remote for entry in scene.space(one.place).fdb if entry.mac == mac and entry.remote]
            homes = {scene.seen.places[place][0] for place, links in scene.seen.links.items() if _has(links, mac)}
            there = {host for host in scene.running.hosts for remote in remotes if scene.has(host, remote)}
            if remotes and homes and not homes & there:
                host, home = scene.seen.places[one.place][0], ", ".join(sorted(homes))
                why = f"The VXLAN of {host} sends what is for {mac} to {remotes[0]}, and {home} has it."
                return Death(place=host, layer="overlay", why=why, proof=f"bridge fdb: {mac} dst {remotes[0]}")
    return None


def _has(links: dict[str, Link], mac: str) -> bool:
    return any(link.mac == mac and link.kind != "vxlan" for link in links.values())


def _not_unwrapped(scene: Scene, way: PacketPath) -> Death | None:
    """It arrived in its outer packet, and no tunnel there took it: number or port differ between the two ends."""
    last = way.segments[-1]
    outer = last.came[-1].packet if last.came else None
    if outer is None or outer.inner is None:
        return None
    receiver = scene.seen.places[last.place][0]
    mapped = _mapped_elsewhere(scene, receiver, outer)
    if mapped is not None:
        return mapped
    senders = [scene.seen.places[one.place][0] for one in way.segments[:-1]]
    for host in [receiver, *(host for host in reversed(senders) if host != receiver)][:2]:
        for link in _tunnels(scene, host):
            found = _differs(scene, host, link, outer)
            if found is not None:
                return found
    return None


def _mapped_elsewhere(scene: Scene, host: str, outer: Packet) -> Death | None:
    """A tunnel drops what comes from a MAC address that its table has, for good, on another node."""
    mac = outer.inner.smac if outer.inner is not None else ""
    for place, links in scene.seen.links.items():
        if scene.seen.places[place][0] != host or not any(link.kind == "vxlan" for link in links.values()):
            continue
        remotes = [one.remote for one in scene.space(place).fdb if one.mac == mac and one.remote]
        if remotes and outer.src not in remotes:
            why = f"The VXLAN of {host} has {mac} on {remotes[0]}, and drops what comes from it by {outer.src}."
            return Death(place=host, layer="overlay", why=why, proof=f"bridge fdb: {mac} dst {remotes[0]}")
    return None


def _differs(scene: Scene, host: str, link: Link, outer: Packet) -> Death | None:
    """Whether this end of the tunnel is not as the network's number and the standard port would have it."""
    number, port = link.details.get("id"), link.details.get("port")
    known = scene.overlay_numbers(host)
    if known and number not in known:
        why = f"The VXLAN of {host} has number {number}, which is no overlay's: it takes and sends no other."
        proof = f"vxlan id {number}, network {', '.join(map(str, sorted(known)))}; on the wire VNI {outer.vni}"
        return Death(place=host, layer="overlay", why=why, proof=proof)
    if port != VXLAN_PORT:
        why = f"The VXLAN of {host} uses UDP port {port}, the other end {VXLAN_PORT}."
        return Death(place=host, layer="overlay", why=why, proof=f"vxlan dstport {port}; on the wire {outer.dport}")
    return None
