"""Why nobody answers for an address on a network: the request for its MAC address is followed like any other packet."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from attrs import evolve, frozen

from netproof.facts.model import Link
from netproof.walk.diagnosis.arp_requests import called, is_request
from netproof.walk.diagnosis.arp_silence import disowned, dropped_arp, ignored, unheeded
from netproof.walk.diagnosis.bridge_ports import kept
from netproof.walk.diagnosis.scene import Scene, is_loose
from netproof.walk.diagnosis.traffic_control import unqueued
from netproof.walk.model import INFERRED, LAST_SEEN, SEEN, Death
from netproof.walk.observations import CapturedFrame

_ON_A_PARENT = {"macvlan", "ipvlan"}
_ALONE = {"1", "private"}  # macvlan's mode as the kernel numbers and names it


@frozen
class _End:
    """An interface of a namespace."""

    place: str
    link: Link


def why_unanswered(scene: Scene, place: str, address: str, interface: str) -> Death | None:
    """Why a namespace's request for an address's MAC is not answered; None when somebody answers, or it never asked."""
    proof = scene.unanswered(place, address, interface)
    if not proof:
        return unheeded(scene, place, address)
    if scene.has(place, address):
        return disowned(place, address, interface, proof)
    dropped = unqueued(scene, place, address, interface)
    if dropped is not None:
        return dropped
    asker = _end(scene, place, interface)
    holder = next((end for end in _holders(scene, address) if end.place != place), None)
    found = (
        enslaved(scene, asker)
        or unheeded(scene, place, address)
        or _cut(scene, [asker, holder])
        or (_kept_apart(scene, asker, holder) if asker and holder else None)
    )
    if found is None and holder is not None:
        found = (
            ignored(scene, address, holder.place)
            or _on_another_wire(scene, place, address, interface)
            or _not_passed_on(scene, place, address, holder)
            or tunnel_down(scene, scene.seen.places[place][0], holder.place)
            or _not_on_this_wire(scene, place, address, interface, holder)
            or (misplaced(scene, asker, holder) if asker is not None else None)
        )
    return found or _without_a_cause(scene, place, address, proof, held=holder is not None)


def tunnel_down(scene: Scene, host: str, holder: str) -> Death | None:
    """The tunnel of a lab host that leads to the holder's, and is a port of an overlay's bridge, is down."""
    if scene.seen.places[holder][0] == host:
        return None
    for place, links in scene.seen.links.items():
        for link in links.values() if scene.seen.places[place][0] == host and place != host else ():
            if link.kind == "vxlan" and link.master and "UP" not in link.flags:
                why = f"Interface {link.name} of {place} is down."
                return Death(place=host, layer="link", why=why, proof=f"{link.name}: {link.operstate}")
    return None


def _not_on_this_wire(scene: Scene, place: str, address: str, interface: str, holder: _End) -> Death | None:
    """Only a route says that the address is on this wire: no network of the interface is, and no request came there."""
    own = [one.address for one in scene.space(place).addresses if one.interface == interface]
    heard = any(one.place == holder.place and is_request(one.packet, address) for one in scene.seen.sightings)
    if heard or any(ipaddress.ip_address(address) in ipaddress.ip_interface(one).network for one in own):
        return None
    why = f"{place} looks for {address} on {interface}, where it is not: only a route says so."
    proof = f"{interface}: {', '.join(own) or 'no address'}; {address} is {holder.place}'s, on {holder.link.name}"
    return Death(place=place, layer="route", why=why, proof=proof)


def _without_a_cause(scene: Scene, place: str, address: str, proof: str, *, held: bool) -> Death:
    """Nobody answers; who had the address after `up`, and has it no more, is the one to."""
    had = scene.had(address)
    seen = SEEN if "no answer" in proof else INFERRED
    if not held and had is not None and had[0] != place:
        cut = cut_off(scene, *had)
        if cut is not None:
            return evolve(cut, proof=f"{cut.proof}; {proof}; after up {had[0]} had {address} there")
        why = (
            f"Nobody answers {place}'s {called(address)} for {address}, which {had[0]} had on {had[1]} and has no more."
        )
        return Death(place=_machine(had[0]), layer="link", why=why, proof=proof, basis=INFERRED)
    why = f"Nobody answers {place}'s {called(address)} for {address}" + ("." if held else ", which nobody has.")
    return Death(place=place, layer="neighbour", why=why, proof=proof, basis=LAST_SEEN if held else seen)


def _end(scene: Scene, place: str, interface: str) -> _End | None:
    link = scene.seen.links[place].get(interface)
    return _End(place, link) if link is not None else None


def _holders(scene: Scene, address: str) -> Iterator[_End]:
    """Interfaces that have an address."""
    for place in scene.seen.places:
        for one in scene.space(place).addresses:
            end = _end(scene, place, one.interface)
            if one.address.partition("/")[0] == address and end is not None:
                yield end


def _below(scene: Scene, end: _End) -> Iterator[_End]:
    """What an interface stands on: itself, the parent of a macvlan, and the other end of a veth."""
    yield end
    if end.link.kind in _ON_A_PARENT:
        host = scene.seen.places[end.place][0]
        parents = [link for link in scene.seen.links[host].values() if link.index == end.link.peer_index]
        if not parents:
            return
        end = _End(host, parents[0])
        yield end
    peer = scene.peer(end.place, end.link.name)
    if peer is not None:
        yield _End(*peer)


def _cut(scene: Scene, ends: list[_End | None]) -> Death | None:
    """Something that one of the two stands on is down, or is no port of a bridge."""
    for first in ends:
        for end in _below(scene, first) if first is not None else ():
            name = f"{end.link.name} of {end.place}"
            if "UP" not in end.link.flags:
                why = f"Interface {name} is down."
                return Death(place=_machine(end.place), layer="link", why=why, proof=f"{name}: {end.link.operstate}")
            if end is not first and is_loose(scene, end.place, end.link.name):
                why = f"Interface {name} is no port of a bridge, and has no address."
                return Death(place=_machine(end.place), layer="link", why=why, proof=f"{name}: no master")
    return None


def cut_off(scene: Scene, place: str, interface: str) -> Death | None:
    """What of an interface, and of what it stands on, is down or hangs in the air."""
    return _cut(scene, [_end(scene, place, interface)])


def _machine(place: str) -> str:
    """A hidden namespace is its lab host's."""
    return place.partition("/")[0]


def _kept_apart(scene: Scene, asker: _End, holder: _End) -> Death | None:
    """A macvlan and its parent, or two macvlans of one parent of which one is private."""
    both = (asker, holder)
    for child, other in (both, both[::-1]):
        if child.link.kind in _ON_A_PARENT and _is_parent(scene, child, other):
            kind, parent = child.link.kind, f"{other.link.name} of {other.place}"
            why = f"{child.link.name} of {child.place} is a {kind} on {parent}: the kernel keeps the two apart."
            proof = f"{child.link.name}: {kind}, parent {other.link.name}"
            return Death(place=asker.place, layer="macvlan", why=why, proof=proof)
    if any(end.link.kind != "macvlan" for end in both) or asker.link.peer_index != holder.link.peer_index:
        return None
    if scene.seen.places[asker.place][0] != scene.seen.places[holder.place][0]:
        return None
    modes = [str(end.link.details.get("mode", "")) for end in both]
    for end in both:
        mode = str(end.link.details.get("mode", ""))
        if mode in _ALONE:
            why = f"{end.link.name} of {end.place} is a private macvlan: its neighbours on the parent are kept from it."
            return Death(place=end.place, layer="macvlan", why=why, proof=f"{end.link.name}: macvlan mode private")
    if modes[0] != modes[1]:
        why = f"{asker.place} and {holder.place} are macvlans of one parent in modes that do not meet."
        return Death(place=asker.place, layer="macvlan", why=why, proof=f"modes {' and '.join(modes)}", basis=LAST_SEEN)
    return None


def _is_parent(scene: Scene, child: _End, other: _End) -> bool:
    """Whether an interface is the one that a macvlan stands on."""
    same = scene.seen.places[child.place][0] == scene.seen.places[other.place][0]
    return same and other.place == scene.seen.places[child.place][0] and other.link.index == child.link.peer_index


def _on_another_wire(scene: Scene, place: str, address: str, interface: str) -> Death | None:
    """The namespace asks on one interface, and has another one on the address's own network."""
    for one in scene.space(place).addresses:
        inside = ipaddress.ip_address(address) in ipaddress.ip_interface(one.address).network
        if inside and one.interface not in {interface, "lo"}:
            why = f"{place} looks for {address} on {interface}, and is on that one's network by {one.interface}."
            proof = f"{one.address} dev {one.interface}; the route to {address} leads to {interface}"
            return Death(place=_machine(place), layer="route", why=why, proof=proof)
    return None


def _not_passed_on(scene: Scene, place: str, address: str, holder: _End) -> Death | None:
    """The request came into a bridge, and did not go out by the port behind which the address is."""
    asked = [
        one
        for one in scene.seen.sightings
        if is_request(one.packet, address) and one.packet.smac in _macs(scene, place)
    ]
    port = list(_below(scene, holder))[-1]
    if not port.link.master or any(one.place == holder.place for one in asked):
        return None
    here = [one for one in asked if one.place == port.place]
    came = [one for one in here if one.how != "out" and _master(scene, one) == port.link.master]
    if not came or any(one.how == "out" and one.interface == port.link.name for one in here):
        return None
    proof = f"{called(address)} for {address} came in and did not go out"
    reason = kept(scene.seen.links[port.place].get(came[0].interface), port.link, flooded=True)
    by = f"Bridge {port.link.master} of {port.place} did not pass on to {port.link.name} what came in by"
    if not reason and (rule := dropped_arp(scene, port.place, came[0])):
        why = f"{by} {came[0].interface}: a rule dropped it."
        return Death(place=_machine(port.place), layer="filter", why=why, proof=f"{proof}; {rule}")
    why = f"{by} {came[0].interface}" + (f": {reason}." if reason else ".")
    return Death(place=_machine(port.place), layer="link", why=why, proof=proof)


def _macs(scene: Scene, place: str) -> set[str]:
    return {link.mac for link in scene.seen.links[place].values()}


def _master(scene: Scene, one: CapturedFrame) -> str:
    link = scene.seen.links[one.place].get(one.interface)
    return link.master if link is not None else ""


def enslaved(scene: Scene, asker: _End | None) -> Death | None:
    """The asker's interface is a port of a bridge: answers that come in by it are the bridge's."""
    master = scene.seen.links[asker.place].get(asker.link.master) if asker is not None else None
    if asker is None or master is None or master.kind != "bridge":
        return None
    if not any(one.interface == asker.link.name and one.scope != "link" for one in scene.space(asker.place).addresses):
        return None
    name = asker.link.name
    why = f"{name} of {asker.place} has an address, and is a port of bridge {master.name}, which takes what comes in."
    return Death(place=_machine(asker.place), layer="link", why=why, proof=f"{name}: master {master.name}")


def misplaced(scene: Scene, asker: _End, holder: _End) -> Death | None:
    """Nothing but where the two are plugged in: on different bridges of a machine, or with one MAC address for both."""
    ports = [list(_below(scene, end))[-1] for end in (asker, holder)]
    bridges = [one.link.name if one.link.kind == "bridge" else one.link.master for one in ports]
    if ports[0].place == ports[1].place and all(bridges) and bridges[0] != bridges[1]:
        why = f"{ports[1].link.name}, which leads to {holder.place}, is a port of {bridges[1]}; {asker.place} is on "
        why += f"{bridges[0]}."
        proof = f"{ports[1].link.name} of {ports[1].place}: master {bridges[1]}"
        return Death(place=_machine(ports[1].place), layer="link", why=why, proof=proof)
    if asker.link.mac and asker.link.mac == holder.link.mac:
        why = f"{asker.link.name} of {asker.place} and {holder.link.name} of {holder.place} have one MAC address, "
        why += f"{asker.link.mac}."
        proof = f"{holder.link.name} of {holder.place}: {holder.link.mac}"
        return Death(place=_newcomer(scene, asker, holder), layer="neighbour", why=why, proof=proof)
    return None


def _newcomer(scene: Scene, asker: _End, holder: _End) -> str:
    """Which of two has another MAC address than after `up`; the one that is asked where neither is known to."""
    for end in (holder, asker):
        host, name = scene.seen.places[end.place]
        space = scene.baseline[host].namespaces.get(name) if host in scene.baseline else None
        known = [one.mac for one in space.links if one.name == end.link.name] if space is not None else []
        if known and known[0] != end.link.mac:
            return _machine(end.place)
    return _machine(holder.place)
