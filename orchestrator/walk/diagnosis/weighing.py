"""A verdict, and everything that was seen besides: what speaks for it, and what against."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from netproof.facts.packets import Packet
from netproof.walk.diagnosis.drop_reasons import meaning
from netproof.walk.diagnosis.kernel_drops import KernelDrop, is_refused
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.legs import PacketPath, arrived
from netproof.walk.model import LAST_SEEN, SEEN, Death


def weighed(scene: Scene, found: Death | None) -> Death:
    """The verdict with its evidence. The kernel's own reason decides where nothing else does."""
    told = list(_fates(scene))
    if found is None or not found.certain:
        found = next((_decided(scene, found, one) for one in told if meaning(one.reason) is not None), found)
    found = found or _last_seen(scene)
    return _compared(found, told)


def _fates(scene: Scene) -> Iterator[KernelDrop]:
    """What the kernel says of the packets that did not get where they were going, the first of them first."""
    for direction in ("there", "relay", "then", "back"):
        way = scene.way(direction)
        if way is not None and way.fate is not None and _ended(scene, way):
            yield way.fate


def _ended(scene: Scene, way: PacketPath) -> bool:
    if way.direction == "back" and way.segments[-1].place == scene.exchange.source:
        why = meaning(way.fate.reason) if way.fate is not None else None
        return why is not None and why.layer != "process"
    if way.direction == "back":
        return True
    return not arrived(way) or is_refused(way.fate)


def _compared(found: Death, told: list[KernelDrop]) -> Death:
    """With what the kernel says: that it goes with the verdict makes it one that was seen."""
    for one in told:
        why = meaning(one.reason)
        if why is None:
            continue
        if why.agrees(found.layer):
            same = why.layer == found.layer and found.certain  # else it tells the effect, and its cause was inferred
            return evolve(found, basis=SEEN if same else found.basis, evidence=(*found.evidence, str(one)))
        return evolve(found, against=(*found.against, f"{one}: {why.says}"))
    return found


def _decided(scene: Scene, found: Death | None, one: KernelDrop) -> Death:
    """What the reason says; in the words of a verdict that could only say how far it saw, where the two agree."""
    why = meaning(one.reason)
    if found is not None and why is not None and why.agrees(found.layer) and found.place == one.place:
        return evolve(found, basis=SEEN)
    return _by(scene, one)


def _by(scene: Scene, one: KernelDrop) -> Death:
    """What the kernel's reason says by itself."""
    why = meaning(one.reason)
    packet = next((way.segments[-1].last for way in scene.ways if way.fate is one), None)
    machine = scene.seen.places[one.place][0] if "/" in one.place else one.place  # a hidden namespace is its host's
    by = f" on its way out by {one.interface}" if one.interface else ""
    says = _said(one, packet) or (why.says if why is not None else "no reason was told")
    return Death(
        place=machine,
        layer=why.layer if why is not None else "unknown",
        why=f"The kernel dropped it in {one.place}{by}: {says}.",
        proof=f"reason {one.reason}{_last_rule(scene, one)}",
        basis=SEEN,
    )


def _said(one: KernelDrop, packet: Packet | None) -> str:
    """What a reason means for this packet."""
    if packet is not None and one.reason == "NO_SOCKET" and packet.dport is not None:
        return f"no socket there is for {packet.proto} port {packet.dport}"
    if packet is not None and one.reason == "IP_INHDR" and packet.ttl <= 1:
        return f"its {'hop limit' if ':' in packet.dst else 'TTL'} ran out"
    return ""


def _last_rule(scene: Scene, one: KernelDrop) -> str:
    """The rule that the packet met last; the older tables' trace does not tell what a rule decided."""
    if one.reason != "NETFILTER_DROP":
        return ""
    chains = [way.segments[-1].chains for way in scene.ways if way.segments[-1].place == one.place]
    steps = [step for met in chains for chain in met for step in chain.steps if step.kind == "rule"]
    return f"; the last rule in its trace: {steps[-1].text}" if steps else ""


def _last_seen(scene: Scene) -> Death:
    last = scene.walk.stations[-1] if scene.walk.stations else None
    if last is None:
        why = "Nothing was seen, on no interface and in no chain."
        return Death(place=scene.exchange.source, layer="unknown", why=why, basis=LAST_SEEN)
    why = f"It was last seen at {last.name} of {last.place}; nothing later says why."
    return Death(place=last.place, layer="unknown", why=why, basis=LAST_SEEN)
