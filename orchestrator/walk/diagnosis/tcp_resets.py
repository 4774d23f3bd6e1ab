"""Who reset a connection: a rule in the way, or the kernel of a machine for its program's sake."""

from __future__ import annotations

from netproof.facts.packets import Packet
from netproof.walk.diagnosis.firewall_rules import rejected
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.legs import PacketPath, arrived, describe
from netproof.walk.model import SEEN, Death
from netproof.walk.observations import KernelEvent, risen

_WHY = {
    "TCP_ABORT_ON_DATA": "the program closed it and left unread what was sent",
    "TCP_ABORT_ON_CLOSE": "the program closed it and left unread what was sent",
    "TCP_ABORT_ON_LINGER": "the program ended it at once",
    "TCP_DISCONNECT_WITH_DATA": "the program ended it at once",
    "TCP_STATE": "the program ended it at once",
    "NO_SOCKET": "no socket there knows of it",
}


def reset(scene: Scene) -> Death | None:
    """What reset a connection that had been accepted."""
    way = scene.way("reset") or scene.way("back")
    if way is None or "RST" not in way.packet.flags or scene.walk.outcome not in {"reset", "silent"}:
        return None
    maker = way.segments[0].place
    told = _by_tcp(scene, way.packet)
    if way.segments[0].came:
        why = f"{way.packet.src}, or somebody before it that is no part of the lab, reset the connection."
        return Death(place=maker, layer="process", why=why, proof=describe(way.packet), basis=SEEN)
    if told is None and risen(scene.seen, maker, "REJECT"):
        return rejected(scene, maker, f"{maker} sent: {describe(way.packet)}")
    return _by_the_machine(scene, way, maker, told)


def _by_tcp(scene: Scene, packet: Packet) -> KernelEvent | None:
    """The kernel's own word that TCP sent this reset; what a rule sends is not among them."""
    for events in scene.seen.events.values():
        for one in events:
            if one.event == "reset" and (one.sport, one.dport) == (packet.sport, packet.dport):
                return one
    return None


def _by_the_machine(scene: Scene, way: PacketPath, maker: str, told: KernelEvent | None) -> Death:
    taken = scene.listeners.of(scene.way("there"))
    owner = next(iter(taken.owners), None) if taken is not None and taken.delivery.place == maker else None
    because = _WHY.get(told.reason, "") if told is not None else ""
    why = f"{maker} reset the connection" + (f": {because}." if because else ".")
    place = owner.container or maker if owner is not None and owner.container else maker
    listens = f"; {owner} listens on tcp port {way.packet.sport}" if owner is not None else ""
    proof = f"{maker} sent: {describe(way.packet)}{listens}"
    layer = "process" if arrived(scene.way("there")) else "unknown"
    return Death(place=place, layer=layer, why=why, proof=proof, basis=SEEN)
