"""Frames that went to another MAC address than the next hop's: the sender's neighbour table is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from netproof.facts.model import Neighbour
from netproof.walk.diagnosis.kernel_drops import KernelDrop
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.legs import PacketPath
from netproof.walk.model import INFERRED, SEEN, Death
from netproof.walk.segments import NamespaceHop


def misaddressed(scene: Scene, way: PacketPath) -> Death | None:
    """The last sender of a lost packet, if the MAC address it has for its next hop is not that one's."""
    for number in reversed(range(len(way.segments))):
        if _entry(scene, way, number) is not None:
            return _wrong(scene, way, number)
    return None


def misled(scene: Scene, way: PacketPath) -> Death | None:
    """The first sender of a packet that had another one's MAC address for its next hop, which passed it on."""
    return next((found for number in range(len(way.segments)) if (found := _wrong(scene, way, number))), None)


def _entry(scene: Scene, way: PacketPath, number: int) -> Neighbour | None:
    """What a namespace that sent the packet knows of its next hop."""
    route = way.routes.get(number)
    if route is None or not way.segments[number].went:
        return None
    entry = scene.neighbour(way.segments[number].place, route.gateway or route.query.dst, route.interface)
    return entry if entry is not None and entry.mac else None


def _wrong(scene: Scene, way: PacketPath, number: int) -> Death | None:
    segment, entry = way.segments[number], _entry(scene, way, number)
    holders = {mac for _, mac in _holders(scene, entry.address)} if entry is not None else set()
    if entry is None or not holders or entry.mac in holders or not _was_sent_to(segment, entry.mac):
        return None
    whose = next(_owners(scene, entry.mac), "which nobody has")
    why = f"{segment.place} sends what is for {entry.address} to {entry.mac}, {whose}."
    proof = f"ip neigh of {segment.place}: {entry.address} lladdr {entry.mac} {entry.state}"
    basis = SEEN if _refused(way.fate) else INFERRED
    return Death(place=segment.place, layer="neighbour", why=why, proof=proof, basis=basis)


def stray(scene: Scene, place: str, hop: str, interface: str) -> Death | None:
    """A namespace's entry for a next hop, if it is not one of the MAC addresses of who has the hop's address."""
    entry = scene.neighbour(place, hop, interface)
    holders = {mac for _, mac in _holders(scene, hop)}
    if entry is None or not entry.mac or not holders or entry.mac in holders:
        return None
    whose = next(_owners(scene, entry.mac), "which nobody has")
    why = f"{place} sends what is for {hop} to {entry.mac}, {whose}."
    return Death(
        place=place, layer="neighbour", why=why, proof=f"ip neigh of {place}: {hop} lladdr {entry.mac} {entry.state}"
    )


def _was_sent_to(segment: NamespaceHop, mac: str) -> bool:
    return any(mac in {one.packet.dmac, (one.packet.inner or one.packet).dmac} for one in segment.went)


def _refused(fate: KernelDrop | None) -> bool:
    return fate is not None and fate.reason == "OTHERHOST"


def _holders(scene: Scene, address: str) -> Iterator[tuple[str, str]]:
    """(namespace, MAC address) of interfaces that have an address."""
    for place in scene.seen.places:
        for one in scene.space(place).addresses:
            link = scene.seen.links[place].get(one.interface)
            if link is not None and one.address.partition("/")[0] == address:
                yield place, link.mac


def _owners(scene: Scene, mac: str) -> Iterator[str]:
    for place, links in scene.seen.links.items():
        for link in links.values():
            if link.mac == mac:
                yield f"which is {link.name}'s of {place}"
