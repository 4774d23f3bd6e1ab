"""The legs of an exchange: which packets it consists of, and the stations of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from attrs import define, evolve, field, frozen

from netproof.facts.model import Flow
from netproof.facts.packets import VXLAN_PORT, Packet
from netproof.walk.diagnosis.drop_reasons import meaning
from netproof.walk.diagnosis.kernel_drops import KernelDrop, fate, is_refused
from netproof.walk.model import Leg, Station
from netproof.walk.observations import CapturedFrame, Key, Seen, Traversal, ends, key_of
from netproof.walk.routes import Query, Route, question, said
from netproof.walk.segments import NamespaceHop, carries, way

Ask = Callable[[str, Query], Route]
_NS = 1e9
_WRITES = re.compile(r"\b(?:(?:ip6?) (?:daddr|saddr)|(?:th|tcp|udp) (?:dport|sport)) set ")
_PINGS = {"icmp", "icmpv6"}


@frozen
class Exchange:
    """What is walked: the asker's port or ICMP identifier tells its packets from others; `tid` is its thread."""

    proto: str
    mark: int
    source: str
    tid: int = 0

    def has(self, packet: Packet) -> bool:
        """Whether a packet is of this exchange."""
        if self.proto == "icmp":
            return packet.proto in _PINGS and packet.echo == self.mark
        return packet.proto == self.proto and self.mark in {packet.sport, packet.dport}

    def is_there(self, packet: Packet) -> bool:
        """Whether a packet goes from the asker to the asked."""
        return packet.kind == "echo" if self.proto == "icmp" else packet.sport == self.mark


@define
class PacketPath:
    """A packet's segments, what it is in the exchange, and the kernel's word on what became of it in the end."""

    direction: str
    packet: Packet
    segments: list[NamespaceHop]
    routes: dict[int, Route] = field(factory=dict)
    fate: KernelDrop | None = None


def packets(seen: Seen, mine: Callable[[Packet], bool]) -> Iterator[Packet]:
    """Packets that match, in the order in which they were seen; then those that only a trace saw."""
    known: set[Key] = set()
    everything = [one.packet for one in seen.sightings] + [one.packet for one in seen.traversals]
    for outer in everything:
        for packet in (outer, outer.inner):
            if packet is not None and mine(packet) and key_of(packet) not in known:
                known.add(key_of(packet))
                yield packet


def path(seen: Seen, direction: str, packet: Packet) -> PacketPath:
    """The way of a packet."""
    segments = way(seen, key_of(packet))
    return PacketPath(direction, packet, segments, fate=fate(seen, segments))


def stations(seen: Seen, found: PacketPath, start: int, end: Station | None = None) -> list[Station]:
    """Every station of a packet's way; `end` is who took it."""
    result: list[Station] = []
    outer = ""
    for number, segment in enumerate(found.segments):
        result += _segment(seen, found, number, segment, start)
    carried: list[Station] = []
    for station in (*result, *([end] if end is not None else ())):
        if station.kind in {"interface", "bridge"} and station.outer != outer:
            carried.append(_carrier(station, outer))
            outer = station.outer
        carried.append(station)
    return _up_to_its_end(_translated(carried))


def _up_to_its_end(found: list[Station]) -> list[Station]:
    """Nothing stands after a rule that dropped the packet, unless a copy of it went on in another namespace."""
    end = next((at for at, one in enumerate(found) if one.verdict == "drop"), len(found))
    later = [one for one in found[end + 1 :] if one.place != found[end].place] if end < len(found) else []
    return [*found[: end + 1], *later]


def _carrier(station: Station, outer: str) -> Station:
    """Where a packet is put into another, or taken out of it."""
    text = f"carried in {station.outer}" if station.outer else f"taken out of {outer}"
    verdict = "encapsulated" if station.outer else "decapsulated"
    return evolve(station, kind="encapsulation", name="VXLAN", text=text, verdict=verdict, told_by="capture")


def _segment(seen: Seen, found: PacketPath, number: int, segment: NamespaceHop, start: int) -> Iterator[Station]:
    yield from (_interface(seen, one, start) for one in segment.came)
    before = [chain for chain in segment.chains if chain.hook == "prerouting"]
    after = [chain for chain in segment.chains if chain.hook != "prerouting"]
    for chain in before:
        yield from _chain(chain)
    known = any(one.place == segment.place for one in found.segments[:number])
    tracked = [] if known else list(_tracking(seen, segment))
    opens = found.direction in {"there", "relay"}
    if not opens:  # an answer meets its entry first; a new connection gets one at the end
        yield from tracked
    route = found.routes.get(number)
    if route is not None:
        yield _decision(segment, route)
    for chain in after:
        yield from _chain(chain)
    if opens:
        yield from tracked
    yield from (_interface(seen, one, start) for one in segment.went)


def _interface(seen: Seen, one: CapturedFrame, start: int) -> Station:
    link = seen.links[one.place].get(one.interface)
    packet = one.packet.inner or one.packet
    source, target = ends(packet)
    kind, text = "interface", ""
    if link is not None:
        kind = "bridge" if link.kind == "bridge" else "interface"
        text = f"port of {link.master}" if link.master else link.kind if link.kind != "veth" else ""
    how = {"out": "out", "other": "in, for another MAC" if not (link and link.master) else "in"}.get(one.how, "in")
    outer = ""
    if one.packet.inner is not None:
        outer = "{} -> {} udp".format(*ends(one.packet)) + f", VNI {one.packet.vni}"
    return Station(
        kind=kind,
        place=one.place,
        name=one.interface,
        text=text if kind != "bridge" else "",
        verdict=how,
        source=source,
        target=target,
        outer=outer,
        told_by="capture",
        at=(one.at - start) / _NS,
    )


def _chain(chain: Traversal) -> Iterator[Station]:
    source, target = ends(chain.packet)
    outer = f"{source} -> {target} udp" if chain.packet.dport == VXLAN_PORT else ""
    common = Station(
        kind="own",
        place=chain.place,
        hook=chain.hook,
        source=source,
        target=target,
        outer=outer,
        told_by=chain.told_by,
    )
    if chain.own:
        yield common
    for step in chain.steps:
        yield evolve(
            common,
            kind=step.kind,
            name=f"{chain.hook} {step.table} {step.chain}",
            text=step.text,
            verdict=step.verdict,
            table=step.table,
            chain=step.chain,
        )


def _decision(segment: NamespaceHop, route: Route) -> Station:
    source, target = route.query.src, route.query.dst
    verdict = route.error or ("delivered here" if route.type == "local" else route.type)
    return Station(
        kind="route",
        place=segment.place,
        name="route",
        text=said(route),
        verdict=verdict,
        source=source,
        target=target,
        told_by="netlink",
    )


def _tracking(seen: Seen, segment: NamespaceHop) -> Iterator[Station]:
    first = segment.first
    for event in seen.tracked:
        if event.place != segment.place:
            continue
        flow = event.flow
        if event.event == "new" and _is(flow.original.src, flow.original.dst, flow.original.sport, first):
            state = f"NEW {flow.state}".strip()
        elif event.event == "update" and _is(flow.reply.src, flow.reply.dst, flow.reply.sport, first):
            state = f"REPLY {flow.state}".strip()
        elif event.event == "older" and _is(flow.original.src, flow.original.dst, flow.original.sport, first):
            state = f"older than the walk {flow.state}".strip()
        elif event.event == "older" and _is(flow.reply.src, flow.reply.dst, flow.reply.sport, first):
            state = f"REPLY, older than the walk {flow.state}".strip()
        else:
            continue
        source, target = ends(segment.last if event.event == "new" else first)
        yield Station(
            kind="conntrack",
            place=segment.place,
            name="conntrack",
            text=entry(flow),
            verdict=state,
            source=source,
            target=target,
            told_by="conntrack",
        )
        return


def _is(src: str, dst: str, sport: int | None, packet: Packet) -> bool:
    return (src, dst) == (packet.src, packet.dst) and (packet.sport is None or sport == packet.sport)


def entry(flow: Flow) -> str:
    """A flow as conntrack has it, in words."""

    def ended(address: str, port: int | None) -> str:
        shown = f"[{address}]" if ":" in address and port is not None else address
        return shown if port is None else f"{shown}:{port}"

    one, other = flow.original, flow.reply
    return (
        f"{ended(one.src, one.sport)} -> {ended(one.dst, one.dport)}, "
        f"replies {ended(other.src, other.sport)} -> {ended(other.dst, other.dport)}"
    )


def _translated(found: list[Station]) -> list[Station]:
    """Say where a packet's ends changed: at the rule that did it, else at conntrack, in front of the next station."""
    result: list[Station] = []
    for station in _before_rewritten(found):
        at = _last_of(result, station)
        if at is not None and (station.source, station.target) != (result[at].source, result[at].target):
            _change(result, at, station)
        result.append(station)
    return [station for station in result if station.kind != "own"]


def _rewrites(station: Station) -> bool:
    """Whether a rule writes another address or port into the packet, without conntrack."""
    return station.kind == "rule" and _WRITES.search(station.text) is not None


def _before_rewritten(found: list[Station]) -> list[Station]:
    """With the ends that the packet had in a namespace until a rule rewrote it.

    A bridge that asks the firewall has it met by the rule before the bridge's own interface sees it, which is listed
    first; and the trace of a rule shows what it made of the packet.
    """
    result = list(found)
    for number, station in enumerate(found):
        if not _rewrites(station):
            continue
        here = [at for at in range(number + 1) if found[at].place == station.place and found[at].kind not in _ASIDE]
        first = result[here[0]]
        if first.outer:
            continue
        written = _ends(station)
        for at in here:
            if _ends(result[at]) == written:  # seen, or traced, when it had been rewritten already
                before = result[here[here.index(at) - 1]] if at != here[0] else first
                result[at] = evolve(result[at], source=before.source, target=before.target)
    return result


def _ends(station: Station) -> tuple[str, str]:
    return station.source, station.target


_ASIDE = {"route", "conntrack", "encapsulation"}


def _last_of(result: list[Station], station: Station) -> int | None:
    """Where the packet was last seen in the same namespace, to compare its ends with."""
    if station.kind in _ASIDE or station.outer:
        return None
    at = next((at for at in range(len(result) - 1, -1, -1) if result[at].kind not in _ASIDE), None)
    return at if at is not None and result[at].place == station.place and not result[at].outer else None


def _change(result: list[Station], at: int, station: Station) -> None:
    last = result[at]
    source = station.source if station.source != last.source else ""
    target = station.target if station.target != last.target else ""
    if not _rewrites(last) and (last.kind != "rule" or last.table != "nat"):
        following = at + 1
        if following == len(result) or result[following].kind != "conntrack":
            text = "translated as its entry says"
            entry = evolve(
                last, kind="conntrack", name="conntrack", text=text, verdict="", told_by=last.told_by, at=None
            )
            result.insert(following, evolve(entry, hook="", table="", chain=""))
        at = following
    result[at] = evolve(result[at], source=last.source, target=last.target, after_source=source, after_target=target)


def describe(packet: Packet) -> str:
    """A packet in a few words: `tcp SYN, 10.0.0.2:40312 -> 203.0.113.1:80`."""
    words = " ".join(word for word in (packet.proto, packet.flags, packet.kind) if word)
    return "{}, {} -> {}".format(words, *ends(packet))


def leg(seen: Seen, found: PacketPath, start: int, end: Station | None = None) -> Leg:
    """A leg with its stations; `end` is the process that took the packet."""
    told = tuple(stations(seen, found, start, end))
    return Leg(direction=found.direction, packet=describe(found.packet), stations=told)


def arrived(way: PacketPath | None) -> bool:
    """Whether a packet was delivered in the last namespace it was seen in, as far as IP goes."""
    if way is None or way.segments[-1].dropped_by is not None:
        return False
    if way.fate is not None and (why := meaning(way.fate.reason)) is not None and why.layer != "process":
        return False
    last = len(way.segments) - 1
    route, segment = way.routes.get(last), way.segments[last]
    if segment.came and segment.came[-1].packet.inner is not None:  # only what it was carried in
        return False
    on_loopback = bool(segment.came) and segment.came[-1].interface == "lo"
    return on_loopback or (route is not None and route.type == "local" and bool(segment.came))


def decide(seen: Seen, found: PacketPath, ask: Ask) -> None:
    """Ask the kernel for the route decision in every namespace where the packet met IP."""
    for number, segment in enumerate(found.segments):
        kept = is_refused(found.fate) and found.fate is not None and found.fate.place == segment.place
        query = question(seen, segment, first=not number, kept=kept)
        if query is not None:
            found.routes[number] = ask(segment.place, query)


__all__ = [
    "Exchange",
    "PacketPath",
    "arrived",
    "carries",
    "decide",
    "describe",
    "entry",
    "leg",
    "packets",
    "path",
    "stations",
]
