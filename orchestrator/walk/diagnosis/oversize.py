"""Packets that are too large for a hop: the largest of each direction is followed like the first one."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from netproof.facts.packets import Packet
from netproof.walk.diagnosis.forward_mtu import too_large_to_route
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.diagnosis.trail_ends import why_lost
from netproof.walk.legs import PacketPath, arrived, decide, packets, path
from netproof.walk.model import Death
from netproof.walk.segments import NamespaceHop

_ERRORS = {"fragmentation needed", "packet too big"}


def oversize(scene: Scene) -> Death | None:
    """The largest packet there, or back, did not get on, and does not fit through what was next."""
    for way in _largest(scene):
        if arrived(way):
            continue
        found = why_lost(scene, way)
        if found is not None and found.layer == "mtu":
            return evolve(found, proof=found.proof + _unheard_of(scene))
        found = too_large_to_route(scene, way)
        if found is not None:
            return evolve(found, proof=found.proof + _unheard_of(scene))
    return None


def _largest(scene: Scene) -> Iterator[PacketPath]:
    mine = list(packets(scene.seen, scene.exchange.has))
    for direction in ("there", "back"):
        some = [one for one in mine if scene.exchange.is_there(one) == (direction == "there")]
        if some:
            way = path(scene.seen, direction, max(some, key=lambda one: one.size))
            decide(scene.seen, way, scene.ask)
            if way.segments:
                yield _clipped(way, _limit(scene, way))


def _limit(scene: Scene, way: PacketPath) -> int:
    """The largest packet that the two ends send: what a capture shows may be several that travel as one so far."""
    first = scene.way("there")
    ends = [way.segments[0].went[:1], first.segments[-1].came[-1:] if first is not None else []]
    links = [scene.seen.links[one.place].get(one.interface) for end in ends for one in end]
    return min((link.mtu for link in links if link is not None), default=1 << 16)


def _clipped(way: PacketPath, limit: int) -> PacketPath:
    def clip(packet: Packet) -> Packet:
        inner = clip(packet.inner) if packet.inner is not None else None
        most = limit if inner is None else packet.size - (packet.inner.size if packet.inner else 0) + inner.size
        return evolve(packet, size=min(packet.size, most), inner=inner)

    segments = [
        NamespaceHop(
            one.place,
            [evolve(seen, packet=clip(seen.packet)) for seen in one.came],
            one.chains,
            [evolve(seen, packet=clip(seen.packet)) for seen in one.went],
        )
        for one in way.segments
    ]
    return PacketPath(way.direction, clip(way.packet), segments, way.routes)


def _unheard_of(scene: Scene) -> str:
    """What became of the ICMP message that would have told the sender."""
    for chain in scene.seen.traversals:  # only what is about the exchange is traced
        for step in chain.steps:
            if chain.packet.kind in _ERRORS and step.verdict == "drop":
                return f"; ICMP {chain.packet.kind} was dropped in {chain.place}: {step.text}"
    about = packets(scene.seen, lambda one: one.quoted is not None and scene.exchange.has(one.quoted))
    error = next((one for one in about if one.kind in _ERRORS), None)
    return "; no ICMP message about it was seen" if error is None else f"; ICMP {error.kind} from {error.src} was sent"
