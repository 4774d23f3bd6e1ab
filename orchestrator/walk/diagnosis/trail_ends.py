"""Why a packet did not get from one namespace to the next: small detectors for where its trail ends."""

from __future__ import annotations

from netproof.facts.model import Link
from netproof.walk.diagnosis.arp_requests import called
from netproof.walk.diagnosis.bridge_forwarding import (
    forgot_itself,
    not_bridged,
    not_turned_back,
    taken_by_the_bridge,
    unplugged,
)
from netproof.walk.diagnosis.route_failures import refusal
from netproof.walk.diagnosis.scene import Scene, is_large, is_loose, routed
from netproof.walk.diagnosis.traffic_control import held, overfull, redirected
from netproof.walk.diagnosis.unanswered_arp import why_unanswered
from netproof.walk.diagnosis.vxlan_underlay import cut_tunnel, in_the_tunnel, into_a_tunnel
from netproof.walk.diagnosis.wrong_mac import misaddressed
from netproof.walk.legs import PacketPath
from netproof.walk.model import SEEN, Death
from netproof.walk.observations import CapturedFrame
from netproof.walk.routes import Query, Route, said
from netproof.walk.segments import NamespaceHop, is_for_another

_KEPT = {"IP_INADDRERRORS", "IP_INNOROUTES"}  # reasons of a kernel that does not forward


def why_lost(scene: Scene, way: PacketPath) -> Death | None:
    """Where a packet's trail ends without its having arrived, and why."""
    number = len(way.segments) - 1
    segment = way.segments[number]
    wrong = redirected(scene, way, number, segment) or misaddressed(scene, way)
    if wrong is not None:
        return wrong
    for look in (
        overfull,
        _no_route,
        _not_forwarded,
        _asks_nobody,
        unplugged,
        into_a_tunnel,
        cut_tunnel,
        _for_another,
        not_turned_back,
        _behind_the_wire,
        _unsent,
        held,
        not_bridged,
    ):
        found = look(scene, way, number, segment)
        if found is not None:
            return found
    return None


def _no_route(scene: Scene, way: PacketPath, number: int, segment: NamespaceHop) -> Death | None:
    route = way.routes.get(number)
    if route is None or segment.went or route.query.iif == "lo":
        return None
    refused = refusal(scene, segment.place, route)
    routers = [one.place for one in way.segments[:number] if routed(one)]
    if refused is not None and (given := _given_source(scene, way, number, route.query.src)) is not None:
        return given
    if refused is not None and routers and scene.has(segment.place, route.query.src):
        last = way.segments[number - 1]
        been = {way.segments[one].place for one in way.routes if one < number - 1}
        if routed(last) and last.first.dst == last.last.dst and segment.place in been:
            return _in_a_circle(scene, last.place, segment.place, route)
        why = f"{routers[-1]} sent it back to {segment.place} with that one's own source, untranslated."
        return Death(place=routers[-1], layer="nat", why=why, proof=refused.proof)
    return refused or _kept(scene, segment.place, route)


def _given_source(scene: Scene, way: PacketPath, number: int, source: str) -> Death | None:
    """A namespace before gave the packet a source that is the receiver's own."""
    place = way.segments[number].place
    for one in way.segments[:number]:
        if one.place != place and one.first.src != one.last.src == source and scene.has(place, source):
            why = f"It left {one.place} with the source {source}, which is {place}'s own: {place} takes no such packet."
            return Death(place=one.place, layer="nat", why=why, proof=f"its source was {one.first.src} before")
    return None


def _in_a_circle(scene: Scene, router: str, place: str, route: Route) -> Death:
    """Two machines lead a destination to each other."""
    target = route.query.dst
    other = scene.ask(router, Query(target))
    why = f"{router} sends what is for {target} back to {place}, where it came from."
    return Death(place=router, layer="route", why=why, proof=f"route lookup of {router}: {said(other)}")


def _not_forwarded(scene: Scene, way: PacketPath, _: int, segment: NamespaceHop) -> Death | None:
    """The kernel kept a packet whose destination conntrack had translated back: nothing shows what it looked up."""
    told = way.fate
    if told is None or told.reason not in _KEPT or told.place != segment.place or not segment.came or segment.went:
        return None
    interface, family = segment.came[-1].interface, "ipv6" if ":" in segment.first.dst else "ipv4"
    key = f"net.{family}.conf.{interface}.forwarding"
    if scene.space(segment.place).sysctls.get(key) != "0":
        return None
    why = f"{segment.place} does not forward what comes in by {interface}: it keeps what is not for itself."
    return Death(place=segment.place, layer="route", why=why, proof=f"{key} = 0", basis=SEEN)


def _kept(scene: Scene, place: str, route: Route) -> Death | None:
    """IPv6 looks routes up whether it forwards or not."""
    off = scene.space(place).sysctls.get("net.ipv6.conf.all.forwarding") == "0"
    if ":" not in route.query.dst or not route.query.iif or route.type != "unicast" or not off:
        return None
    why = f"{place} does not forward: it keeps what is not for itself."
    return Death(place=place, layer="route", why=why, proof="net.ipv6.conf.all.forwarding = 0")


def _asks_nobody(scene: Scene, way: PacketPath, _: int, __: NamespaceHop) -> Death | None:
    """It left by an interface that takes no part in ARP: the kernel writes that one's own MAC address as receiver."""
    for one in (sent for each in way.segments for sent in each.went):
        link, frame = scene.seen.links[one.place].get(one.interface), one.packet
        if link is not None and "NOARP" in link.flags and frame.smac == frame.dmac == link.mac:
            asks = called(frame.dst).removesuffix("s")
            why = f"{one.interface} of {one.place} is set to take no part in ARP: it sends no {asks}."
            proof = f"{one.interface}: NOARP; the frame is addressed to {one.place}'s own {frame.dmac}"
            return Death(place=one.place, layer="neighbour", why=why, proof=proof, basis=SEEN)
    return None


def _for_another(scene: Scene, way: PacketPath, number: int, segment: NamespaceHop) -> Death | None:
    """It was sent to a MAC address that is not the receiver's: the sender's neighbour table is wrong."""
    if not segment.came or segment.went or not is_for_another(scene.seen, segment.came[-1]):
        last = segment.came[-1] if segment.came else None
        link = scene.seen.links[segment.place].get(last.interface) if last else None
        if last is None or segment.went or link is None or not link.master:
            return None
    frame = segment.came[-1].packet
    outer = frame.inner or frame
    if is_loose(scene, segment.place, segment.came[-1].interface):
        return None
    known = {one.mac for links in scene.seen.links.values() for one in links.values()}
    if outer.dmac in known and not is_for_another(scene.seen, segment.came[-1]):
        return None
    sender = next((one.place for one in reversed(way.segments[:number]) if way.routes.get(way.segments.index(one))), "")
    sender = sender or way.segments[0].place
    taken = taken_by_the_bridge(scene, segment, outer.dmac) or forgot_itself(scene, outer.dmac)
    if taken is not None:
        return taken
    entries = [one for one in scene.space(sender).neighbours if one.mac == outer.dmac]
    entry = entries[0] if entries else None
    proof = f"ip neigh of {sender}: {entry.address} lladdr {entry.mac} {entry.state}" if entry else ""
    return Death(
        place=sender,
        layer="neighbour",
        why=f"{sender} sent it to {outer.dmac}, an address that no interface on its way has.",
        proof=proof,
    )


def _behind_the_wire(scene: Scene, _: PacketPath, __: int, segment: NamespaceHop) -> Death | None:
    """It left by an interface, and the other end did not get it."""
    if not segment.went:
        return None
    last = segment.went[-1]
    link = scene.seen.links[last.place].get(last.interface)
    peer = scene.peer(last.place, last.interface)
    if link is not None and link.kind == "vxlan":
        return in_the_tunnel(scene, segment)
    if peer is None:
        return None
    place, other = peer
    if "UP" not in other.flags:
        return Death(
            place=place,
            layer="link",
            why=f"Interface {other.name} of {place} is down.",
            proof=f"{other.name}: {other.operstate}",
        )
    if is_large(last.packet, other):
        return _too_narrow(scene, last, place, other)
    return None


def _too_narrow(scene: Scene, last: CapturedFrame, place: str, other: Link) -> Death:
    """It is dropped at the narrow end of a wire; the wide end is at fault where the network was to be that narrow."""
    link = scene.seen.links[last.place].get(last.interface)
    mtu = link.mtu if link else "?"
    proof = f"{other.name} of {place}: mtu {other.mtu}, {last.interface} of {last.place}: mtu {mtu}"
    if other.master and scene.configured_mtu(place, other.master) == other.mtu:
        why = f"{last.place} sends {last.packet.size} bytes into a network that was made for {other.mtu}."
        return Death(place=last.place, layer="mtu", why=why, proof=proof)
    why = f"{last.packet.size} bytes do not fit through {other.name} of {place}."
    return Death(place=place, layer="mtu", why=why, proof=proof)


def _unsent(scene: Scene, way: PacketPath, number: int, segment: NamespaceHop) -> Death | None:
    """It was routed and not sent: the neighbour, the interface, or its size."""
    route = way.routes.get(number)
    if segment.went or route is None or route.type != "unicast":
        return None
    link = scene.seen.links[segment.place].get(route.interface)
    hop = route.gateway or route.query.dst
    quiet = why_unanswered(scene, segment.place, hop, route.interface)
    if quiet is not None:
        return quiet
    if link is not None and "UP" not in link.flags:
        return Death(
            place=segment.place,
            layer="link",
            why=f"Interface {link.name} of {segment.place} is down.",
            proof=f"{link.name}: {link.operstate}",
        )
    if is_large(segment.last, link):
        return Death(
            place=segment.place,
            layer="mtu",
            why=f"{segment.last.size} bytes do not fit through {route.interface} of {segment.place}.",
            proof=f"{route.interface}: mtu {link.mtu if link else '?'}",
        )
    return None
