"""A packet's way through namespaces: what it passed in each, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import define, evolve, field

from netproof.facts.packets import Packet
from netproof.walk.observations import HOOKS, CapturedFrame, Key, Seen, Step, Traversal, key_of

_REPEATED = 200_000_000  # nanoseconds: what is not answered is sent again after a second
_PARENTED = {"macvlan", "ipvlan"}


@define
class NamespaceHop:
    """One namespace on the way: where the packet came in, the chains it met, where it went out."""

    place: str
    came: list[CapturedFrame] = field(factory=list)
    chains: list[Traversal] = field(factory=list)
    went: list[CapturedFrame] = field(factory=list)

    @property
    def dropped_by(self) -> Step | None:
        """The rule or policy of this namespace that dropped it, if the trace shows one."""
        return next((step for chain in self.chains for step in chain.steps if step.verdict == "drop"), None)

    @property
    def first(self) -> Packet:
        """The packet as it was when it got here."""
        if self.came:
            return _inner(self.came[0].packet)
        return self.chains[0].packet if self.chains else _inner(self.went[0].packet)

    @property
    def last(self) -> Packet:
        """The packet as it was when it was last seen here."""
        if self.went:
            return _inner(self.went[-1].packet)
        return self.chains[-1].packet if self.chains else _inner(self.came[-1].packet)


def _inner(packet: Packet) -> Packet:
    return packet.inner or packet


def carries(packet: Packet, key: Key) -> bool:
    """Whether a packet is the one of this key, or has it inside."""
    return key_of(packet) == key or (packet.inner is not None and key_of(packet.inner) == key)


def became(seen: Seen, place: str, packet: Packet) -> Packet:
    """A packet with the destination that conntrack's new entry gives it in a namespace; itself where there is none."""
    ends = packet.proto, packet.src, packet.sport, packet.dst, packet.dport
    for one in seen.tracked:
        first, reply = one.flow.original, one.flow.reply
        if one.place == place and (first.proto, first.src, first.sport, first.dst, first.dport) == ends:
            return evolve(packet, dst=reply.src, dport=reply.sport)
    return packet


def given_back(seen: Seen, place: str, packet: Packet) -> Packet:
    """An answer with the destination that the entry of its question gives it back; itself where none does.

    Nothing shows the packet between that and its route. Where the kernel tells of drops, it tells of an answer that no
    entry was for, too: nobody's socket was there for it.
    """
    ends = packet.proto, packet.src, packet.sport, packet.dst, packet.dport
    for one in seen.tracked if seen.events.get(seen.places[place][0]) else ():
        first, reply = one.flow.original, one.flow.reply
        if one.place == place and (reply.proto, reply.src, reply.sport, reply.dst, reply.dport) == ends:
            return evolve(packet, dst=first.src, dport=first.sport)
    return packet


def way(seen: Seen, key: Key) -> list[NamespaceHop]:
    """The segments of the packet of this key, in order."""
    sightings = _once([one for one in seen.sightings if carries(one.packet, key)])
    sightings = _without_bystanders(seen, sightings)
    found: list[NamespaceHop] = []
    for one in sightings:
        last = found[-1] if found else None
        if last is None or last.place != one.place or (one.how != "out" and last.went):
            last = NamespaceHop(one.place)
            found.append(last)
        (last.went if one.how == "out" else last.came).append(one)
    keys = {key} | {key_of(one.packet) for one in sightings}
    chains = [one for one in seen.traversals if key_of(one.packet) in keys]
    _add_chains(seen, found, [one for at, one in enumerate(chains) if one not in chains[:at]])
    return found


def _once(sightings: list[CapturedFrame]) -> list[CapturedFrame]:
    """Up to where the same packet is sent again: nothing tells a repetition over IPv6 from the first but its time."""
    first: dict[tuple[str, str, str], int] = {}
    for at, one in enumerate(sightings):
        where = one.place, one.interface, one.how
        if one.at - first.setdefault(where, one.at) > _REPEATED:
            return sightings[:at]
    return sightings


def _without_bystanders(seen: Seen, sightings: list[CapturedFrame]) -> list[CapturedFrame]:
    """Without the copies that a bridge sends to all its ports, when the one they are for got it, too."""
    copies = [one for one in sightings if is_for_another(seen, one)]
    elsewhere = [one for one in sightings if one.how == "host" and one.place not in {copy.place for copy in copies}]
    # The same frame: what was addressed to a router before has another destination.
    reached = any(_inner(one.packet).dmac == _inner(copy.packet).dmac for one in elsewhere for copy in copies)
    if copies and not reached:  # what was sent through a tunnel was for somebody at its other end
        copies = [one for one in copies if one.packet.inner is None] if _in_a_tunnel(seen, sightings) else []
    if not copies:
        return sightings
    gone = set(map(id, copies))
    for copy in copies:
        gone |= {id(one) for one in sightings if one.how == "out" and _are_peers(seen, one, copy)}
    return [one for one in sightings if id(one) not in gone]


def _in_a_tunnel(seen: Seen, sightings: list[CapturedFrame]) -> bool:
    """Whether a packet was given to a VXLAN interface."""
    links = [seen.links[one.place].get(one.interface) for one in sightings if one.how == "out"]
    return any(link is not None and link.kind == "vxlan" for link in links)


def is_for_another(seen: Seen, sighting: CapturedFrame) -> bool:
    """Whether a frame came to an end of the network that its MAC address does not belong to."""
    link = seen.links[sighting.place].get(sighting.interface)
    if sighting.how != "other" or link is None or link.master or link.promiscuity:
        return False
    host = seen.places[sighting.place][0]
    children = (
        child
        for place, links in seen.links.items()
        if seen.places[place][0] == host
        for child in links.values()
        if child.kind in _PARENTED and child.peer_index == link.index
    )
    return _inner(sighting.packet).dmac not in {child.mac for child in children}


def _are_peers(seen: Seen, one: CapturedFrame, other: CapturedFrame) -> bool:
    here, there = seen.links[one.place].get(one.interface), seen.links[other.place].get(other.interface)
    if here is None or there is None:
        return False
    return one.place != other.place and here.peer_index == there.index and there.peer_index == here.index


def _add_chains(seen: Seen, segments: list[NamespaceHop], chains: Iterable[Traversal]) -> None:
    """Put each traversal into the segment it belongs to; one that fits none makes one of its own."""
    for chain in chains:
        here = [segment for segment in segments if segment.place == chain.place]
        place = _fitting(seen, chain, here)
        if place is None:
            place = NamespaceHop(chain.place)
            leaves = chain.hook in {"output", "postrouting"} and not here
            segments.insert(0 if leaves and not chain.iif else _behind(segments, here), place)
        place.chains.append(chain)
    for segment in segments:
        segment.chains.sort(key=lambda chain: (HOOKS.index(chain.hook) if chain.hook in HOOKS else 0, chain.priority))


def _behind(segments: list[NamespaceHop], here: list[NamespaceHop]) -> int:
    return next((at + 1 for at, one in enumerate(segments) if here and one is here[-1]), len(segments))


def _fitting(seen: Seen, chain: Traversal, segments: list[NamespaceHop]) -> NamespaceHop | None:
    def touches(sightings: list[CapturedFrame], interface: str) -> bool:
        links = seen.links[chain.place]
        names = {one.interface for one in sightings}
        names |= {links[name].master for name in names if name in links}
        return interface in names

    incoming: Callable[[NamespaceHop], bool] = lambda one: touches(one.came, chain.iif)  # noqa: E731 - two of a kind
    outgoing: Callable[[NamespaceHop], bool] = lambda one: touches(one.went, chain.oif)  # noqa: E731 - as above
    wanted = {
        "prerouting": [incoming],
        "input": [incoming],
        "forward": [lambda one: incoming(one) and outgoing(one), incoming, outgoing],
        "output": [lambda one: outgoing(one) and not one.came, lambda one: not one.came],
        "postrouting": [outgoing, lambda one: bool(one.chains) and not one.went],
    }
    for fits in wanted.get(chain.hook, [incoming, outgoing]):
        for segment in segments:
            if fits(segment):
                return segment
    return None
