"""Why a packet did not get from one namespace to the next: small detectors for where its trail ends."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.facts.model import Link
from orchestrator.walk.bridge_ports import kept
from orchestrator.walk.former import went_with_its_interface
from orchestrator.walk.legs import Path
from orchestrator.walk.model import LAST_SEEN, SEEN, Death
from orchestrator.walk.policies import policies
from orchestrator.walk.requests import called
from orchestrator.walk.routes import Query, Route, said
from orchestrator.walk.scene import Scene, is_large, is_loose, routed
from orchestrator.walk.seen import Sighting
from orchestrator.walk.segments import Segment, is_for_another
from orchestrator.walk.unheard import cut_off, unheard
from orchestrator.walk.wrong_mac import misaddressed

_REFUSING = {"unreachable", "blackhole", "prohibit"}
_KEPT = {"IP_INADDRERRORS", "IP_INNOROUTES"}  # reasons of a kernel that does not forward


def lost(scene: Scene, way: Path) -> Death | None:
    """Where a packet's trail ends without its having arrived, and why."""
    wrong = misaddressed(scene, way)
    if wrong is not None:
        return wrong
    number = len(way.segments) - 1
    segment = way.segments[number]
    for look in (
        _no_route,
        _not_forwarded,
        _asks_nobody,
        _unplugged,
        _for_another,
        _behind_the_wire,
        _unsent,
        _not_bridged,
    ):
        found = look(scene, way, number, segment)
        if found is not None:
            return found
    return None


def refusal(scene: Scene, place: str, route: Route) -> Death | None:
    """What a route lookup that fails means."""
    interface, family = route.query.iif, "ipv6" if ":" in route.query.dst else "ipv4"
    if not route.error and route.type not in _REFUSING:
        return None
    sysctls = scene.space(place).sysctls
    key = f"net.{family}.conf.{interface}.forwarding"
    if interface and sysctls.get(key) == "0" and not scene.has(place, route.query.dst):
        whole = f"net.{family}.ip_forward" if family == "ipv4" else "net.ipv6.conf.all.forwarding"
        off = whole if sysctls.get(whole) == "0" else key
        return Death(
            place=place,
            layer="route",
            why=f"{place} does not forward: it keeps what is not for itself.",
            proof=f"{off} = 0",
        )
    if route.error == "EXDEV" or (route.error == "EINVAL" and interface and not _is_blackhole(scene, place, route)):
        return Death(
            place=place,
            layer="route",
            why=f"{place} does not accept the source {route.query.src} on {interface}.",
            proof=f"route lookup: {route.error}; net.ipv4.conf.{interface}.rp_filter = "
            f"{sysctls.get(f'net.ipv4.conf.{interface}.rp_filter', '?')}",
        )
    return _no_way(scene, place, route)


_KINDS = {"EINVAL": "blackhole", "EACCES": "prohibit", "EHOSTUNREACH": "unreachable"}


def _no_way(scene: Scene, place: str, route: Route) -> Death:
    kind = _KINDS.get(route.error, route.type if route.type in _REFUSING else "")
    what = f"has a route of type {kind} for" if kind else "has no route to"
    gone = went_with_its_interface(scene, place, route.query.dst) if not kind else None
    if gone is not None:
        return gone
    rules = "".join(f"; ip rule: {one}" for one in policies(scene, place, route.query))
    proof = f"route lookup: {said(route)}{rules}"
    return Death(place=place, layer="route", why=f"{place} {what} {route.query.dst}.", proof=proof)


def _is_blackhole(scene: Scene, place: str, route: Route) -> bool:
    """Whether the destination is refused wherever it comes from; the kernel has one error for that and for a source."""
    query = route.query
    return scene.ask(place, Query(query.dst, "", "", query.mark)).error == "EINVAL"


def _no_route(scene: Scene, way: Path, number: int, segment: Segment) -> Death | None:
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


def _given_source(scene: Scene, way: Path, number: int, source: str) -> Death | None:
    """A namespace before gave the packet a source that is the receiver's own."""
    place = way.segments[number].place
    for one in way.segments[:number]:
        if one.first.src != one.last.src == source and scene.has(place, source):
            why = f"It left {one.place} with the source {source}, which is {place}'s own: {place} takes no such packet."
            return Death(place=one.place, layer="nat", why=why, proof=f"its source was {one.first.src} before")
    return None


def _in_a_circle(scene: Scene, router: str, place: str, route: Route) -> Death:
    """Two machines lead a destination to each other."""
    target = route.query.dst
    other = scene.ask(router, Query(target))
    why = f"{router} sends what is for {target} back to {place}, where it came from."
    return Death(place=router, layer="route", why=why, proof=f"route lookup of {router}: {said(other)}")


def _not_forwarded(scene: Scene, way: Path, _: int, segment: Segment) -> Death | None:
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


def _unplugged(scene: Scene, _: Path, __: int, segment: Segment) -> Death | None:
    """The interface it was sent to is cut off: a bridge that has forgotten where it was sends to all, or to none."""
    last = (segment.went or segment.came)[-1:]
    if not last or (segment.came and not segment.went and last[0].how == "host"):
        return None
    frame = last[0].packet.inner or last[0].packet
    host = scene.seen.places[segment.place][0]
    for place, links in scene.seen.links.items():
        for link in links.values():
            if link.mac == frame.dmac and scene.seen.places[place][0] == host and place != segment.place:
                found = cut_off(scene, place, link.name)
                if found is not None:
                    return found
    return None


def _kept(scene: Scene, place: str, route: Route) -> Death | None:
    """IPv6 looks routes up whether it forwards or not."""
    off = scene.space(place).sysctls.get("net.ipv6.conf.all.forwarding") == "0"
    if ":" not in route.query.dst or not route.query.iif or route.type != "unicast" or not off:
        return None
    why = f"{place} does not forward: it keeps what is not for itself."
    return Death(place=place, layer="route", why=why, proof="net.ipv6.conf.all.forwarding = 0")


def _asks_nobody(scene: Scene, way: Path, _: int, __: Segment) -> Death | None:
    """It left by an interface that takes no part in ARP: the kernel writes that one's own MAC address as receiver."""
    for one in (sent for each in way.segments for sent in each.went):
        link, frame = scene.seen.links[one.place].get(one.interface), one.packet
        if link is not None and "NOARP" in link.flags and frame.smac == frame.dmac == link.mac:
            asks = called(frame.dst).removesuffix("s")
            why = f"{one.interface} of {one.place} is set to take no part in ARP: it sends no {asks}."
            proof = f"{one.interface}: NOARP; the frame is addressed to {one.place}'s own {frame.dmac}"
            return Death(place=one.place, layer="neighbour", why=why, proof=proof, basis=SEEN)
    return None


def _for_another(scene: Scene, way: Path, number: int, segment: Segment) -> Death | None:
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
    taken = _taken_by_the_bridge(scene, segment, outer.dmac)
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


def _taken_by_the_bridge(scene: Scene, segment: Segment, mac: str) -> Death | None:
    """A bridge's table says that the MAC address of somebody on it is the bridge's own."""
    last = segment.came[-1]
    link = scene.seen.links[segment.place].get(last.interface)
    known = {one.mac for place, links in scene.seen.links.items() if place != segment.place for one in links.values()}
    if link is None or link.kind != "bridge" or mac not in known:
        return None
    own = [one for one in scene.space(segment.place).fdb if one.mac == mac and "PERMANENT" in one.state.upper()]
    if not own:
        return None
    why = f"Bridge {link.name} of {segment.place} takes {mac} for its own, which is somebody's on it."
    proof = f"bridge fdb: {mac} dev {own[0].interface} {own[0].state}"
    return Death(place=segment.place, layer="link", why=why, proof=proof)


def _behind_the_wire(scene: Scene, _: Path, __: int, segment: Segment) -> Death | None:
    """It left by an interface, and the other end did not get it."""
    if not segment.went:
        return None
    last = segment.went[-1]
    link = scene.seen.links[last.place].get(last.interface)
    peer = scene.peer(last.place, last.interface)
    if link is not None and link.kind == "vxlan":
        return _in_the_tunnel(scene, segment)
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


def _too_narrow(scene: Scene, last: Sighting, place: str, other: Link) -> Death:
    """It is dropped at the narrow end of a wire; the wide end is at fault where the network was to be that narrow."""
    link = scene.seen.links[last.place].get(last.interface)
    mtu = link.mtu if link else "?"
    proof = f"{other.name} of {place}: mtu {other.mtu}, {last.interface} of {last.place}: mtu {mtu}"
    if other.master and scene.configured_mtu(place, other.master) == other.mtu:
        why = f"{last.place} sends {last.packet.size} bytes into a network that was made for {other.mtu}."
        return Death(place=last.place, layer="mtu", why=why, proof=proof)
    why = f"{last.packet.size} bytes do not fit through {other.name} of {place}."
    return Death(place=place, layer="mtu", why=why, proof=proof)


def _in_the_tunnel(scene: Scene, segment: Segment) -> Death:
    frame = segment.went[-1].packet
    entries = [one for one in scene.space(segment.place).fdb if one.mac == frame.dmac and one.remote]
    host = scene.seen.places[segment.place][0]
    if not entries:
        why, proof = f"The VXLAN of {host} does not know where {frame.dmac} is.", "its FDB has no entry for it"
    else:
        why = f"The VXLAN of {host} sends it to {entries[0].remote}, and nothing left."
        proof = f"bridge fdb: {entries[0].mac} dst {entries[0].remote}"
    return Death(place=host, layer="overlay", why=why, proof=proof)


def _unsent(scene: Scene, way: Path, number: int, segment: Segment) -> Death | None:
    """It was routed and not sent: the neighbour, the interface, or its size."""
    route = way.routes.get(number)
    if segment.went or route is None or route.type != "unicast":
        return None
    link = scene.seen.links[segment.place].get(route.interface)
    hop = route.gateway or route.query.dst
    quiet = unheard(scene, segment.place, hop, route.interface)
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


def _not_bridged(scene: Scene, _: Path, __: int, segment: Segment) -> Death | None:
    """It came in by a port whose bridge did not pass it on, or by an interface that is no port of any."""
    if segment.went or not segment.came:
        return None
    last = segment.came[-1]
    place = scene.seen.places[last.place][0] if "/" in last.place else last.place  # a hidden one is its host's
    link = scene.seen.links[last.place].get(last.interface)
    if link is None or link.kind not in {"veth", "vxlan"}:
        return None
    if is_loose(scene, last.place, link.name):
        return Death(
            place=place,
            layer="link",
            why=f"Interface {link.name} of {last.place} is no port of a bridge, and has no address.",
            proof=f"{link.name}: no master",
        )
    if not link.master:
        return None
    return _by_its_table(scene, place, last, link)


def _by_its_table(scene: Scene, place: str, last: Sighting, link: Link) -> Death:
    """A bridge that did not pass a frame on: its table leads to another port than the receiver's, or one too narrow."""
    frame = last.packet.inner or last.packet
    for loose in _loose_ends(scene, last.place, frame.dmac):
        why = f"Interface {loose} of {last.place}, which leads to {frame.dmac}, is no port of a bridge."
        return Death(place=place, layer="link", why=why, proof=f"{loose}: no master")
    entries = [one for one in scene.space(last.place).fdb if one.mac == frame.dmac and one.interface]
    entries = [one for one in entries if scene.seen.links[last.place].get(one.interface) is not None]
    proof = "; ".join(f"bridge fdb: {one.mac} dev {one.interface} {one.state}" for one in entries[:2])
    why = f"Bridge {link.master} of {last.place} did not pass on what came in by {link.name}."
    for entry in entries:
        port = scene.seen.links[last.place][entry.interface]
        if is_large(frame, port):
            why = f"{frame.size} bytes do not fit through {port.name} of {last.place}."
            return Death(place=place, layer="mtu", why=why, proof=f"{port.name}: mtu {port.mtu}")
        reason = kept(link, port, flooded=False)
        if reason:
            return Death(place=place, layer="link", why=f"{why[:-1]}: {reason}.", proof=proof)
        peer = scene.peer(last.place, port.name)
        if peer is not None and not {frame.dmac} & set(_behind(scene, peer[0])):
            why = f"Bridge {link.master} of {last.place} has {frame.dmac} behind {port.name}, where it is not."
            return Death(place=place, layer="link", why=why, proof=proof)
    reason = kept(link, None, flooded=True)
    if reason:
        return Death(place=place, layer="link", why=f"{why[:-1]}: {reason}.", proof=f"bridge -d link show {link.name}")
    return Death(place=place, layer="link", why=why, proof=proof, basis=LAST_SEEN)


def _loose_ends(scene: Scene, place: str, mac: str) -> Iterator[str]:
    """Interfaces of a namespace that lead straight to a MAC address and hang in the air."""
    for other, links in scene.seen.links.items():
        for link in links.values():
            peer = scene.peer(other, link.name) if link.mac == mac else None
            if peer is not None and peer[0] == place and is_loose(scene, place, peer[1].name):
                yield peer[1].name


def _behind(scene: Scene, place: str) -> Iterator[str]:
    """MAC addresses in a namespace, those of its bridge's table included."""
    yield from (one.mac for one in scene.seen.links[place].values())
    yield from (one.mac for one in scene.space(place).fdb)
