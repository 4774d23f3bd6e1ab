"""What traffic control does to packets: filters that lead them elsewhere, queues that drop or keep them."""

from __future__ import annotations

from netproof.walk.diagnosis.scene import Scene
from netproof.walk.legs import PacketPath
from netproof.walk.model import INFERRED, SEEN, Death
from netproof.walk.segments import NamespaceHop, is_for_another

_ARP, _IPV6 = 0x0806, 0x86DD
_QUEUES = ("QDISC_", "FQ_")
_ON_A_PARENT = {"macvlan", "ipvlan"}
_WHOLE = 140  # letters of a line of tc


def redirected(scene: Scene, way: PacketPath, _: int, __: NamespaceHop) -> Death | None:
    """A filter of tc took it where it came in: no chain met it there, and a filter of the interface redirects."""
    if way.fate is not None and way.fate.reason.startswith("TC_"):
        return None
    for segment in way.segments[-2:]:  # what is redirected may be seen again in the same namespace
        came = segment.came[0] if segment.came and not segment.chains else None
        if came is None or is_for_another(scene.seen, came):
            continue
        for line in _lines(scene, segment.place, came.interface, "filter"):
            to = line.partition("edirect to device ")[2].partition(")")[0]
            if to and _went_there(scene, segment, to):
                why = f"A filter of tc on {came.interface} of {segment.place} sends what comes in to {to}."
                proof = f"no chain met it; tc: {_short(line)}"
                return Death(place=segment.place, layer="filter", why=why, proof=proof, basis=INFERRED)
    return None


def _went_there(scene: Scene, segment: NamespaceHop, to: str) -> bool:
    """Whether a packet went where a filter redirects; the receiver may keep nothing of it, which no bridge does."""
    if segment.went:
        return {one.interface for one in segment.went} == {to}
    link = scene.seen.links[segment.place].get(segment.came[0].interface)
    return link is not None and not link.master


def held(scene: Scene, way: PacketPath, number: int, segment: NamespaceHop) -> Death | None:
    """It was routed, nothing dropped it, and it did not leave by an interface that was given a queue."""
    route = way.routes.get(number)
    if segment.went or route is None or route.type != "unicast" or way.fate is not None:
        return None
    queue = _queue(scene, segment.place, route.interface)
    if not queue:
        return None
    why = f"It did not come out of the queue that {route.interface} of {segment.place} was given."
    return Death(place=segment.place, layer="link", why=why, proof=f"tc: {queue}", basis=INFERRED)


def overfull(scene: Scene, way: PacketPath, _: int, __: NamespaceHop) -> Death | None:
    """The kernel says that a queue dropped it: that of the interface, or of what it stands on in its machine."""
    told = way.fate
    if told is None or not told.reason.startswith(_QUEUES) or not told.interface:
        return None
    link = scene.seen.links[told.place].get(told.interface)
    machine = scene.seen.places[told.place][0]
    below = scene.seen.links[machine].values() if link is not None and link.kind in _ON_A_PARENT else ()
    parents = [one.name for one in below if link is not None and one.index == link.peer_index]
    under = [told.interface, *parents]  # a tunnel's carrier leaves by its machine's interface
    for place, name in [(told.place, told.interface), *((machine, one) for one in under)]:
        queue = _queue(scene, place, name)
        if queue:
            why = f"The queue that {name} of {place} was given dropped it."
            proof = f"reason {told.reason}; tc: {queue}"
            return Death(place=place.partition("/")[0], layer="link", why=why, proof=proof, basis=SEEN)
    return None


def held_below(scene: Scene, place: str, interface: str) -> Death | None:
    """A tunnel's packet did not come out of the interface below, which was given a queue."""
    queue = _queue(scene, place, interface)
    if not queue:
        return None
    dropped = [
        event.reason
        for event in scene.seen.events.get(scene.seen.places[place][0], [])
        if event.event == "drop" and event.interface == interface and event.reason.startswith(_QUEUES)
    ]
    why = f"The queue that {interface} of {place} was given {'dropped it' if dropped else 'did not let it out'}."
    proof = f"reason {dropped[0]}; tc: {queue}" if dropped else f"tc: {queue}"
    return Death(place=place, layer="link", why=why, proof=proof, basis=SEEN if dropped else INFERRED)


def unqueued(scene: Scene, place: str, address: str, interface: str) -> Death | None:
    """The queue of an interface dropped the question for a neighbour's MAC address, so that nobody heard it."""
    queue = _queue(scene, place, interface)
    if not queue:
        return None
    protocol = _IPV6 if ":" in address else _ARP
    given = set()
    for event in scene.seen.events.get(scene.seen.places[place][0], []):
        if event.event == "queue" and event.interface == interface:
            given.add(event.skb)
        elif event.event == "drop" and event.protocol == protocol and event.reason.startswith(_QUEUES):
            if event.skb in given:
                why = (
                    f"The queue that {interface} of {place} was given dropped the question for {address}'s MAC address."
                )
                proof = f"reason {event.reason}; tc: {queue}"
                return Death(place=place, layer="link", why=why, proof=proof, basis=SEEN)
        elif event.event in {"xmit", "receive"}:
            given.discard(event.skb)
    return None


def _queue(scene: Scene, place: str, interface: str) -> str:
    """The queueing discipline that somebody gave an interface for what leaves by it, as tc lists it."""
    lines = _lines(scene, place, interface, "qdisc")
    return next((_short(one) for one in lines if " root" in one), "")


def _lines(scene: Scene, place: str, interface: str, what: str) -> list[str]:
    start = f"{interface} {what} "
    return [one for one in scene.space(place).traffic_control if one.startswith(start)]


def _short(line: str) -> str:
    start, between, rest = " ".join(line.split()).partition(" match ")
    text = f"{start.partition(' parent ')[0]} …{between}{rest}" if between else start
    return text if len(text) <= _WHOLE else f"{text[:_WHOLE]}…"
