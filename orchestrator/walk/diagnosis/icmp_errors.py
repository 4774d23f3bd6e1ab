"""ICMP errors about the exchange: told apart by type and code, and by who made them.

A rule of a firewall can send most of them, and so can the kernel for reasons of its own. Where it gave a reason for the
drop, that decides; elsewhere the rules' counters do.
"""

from __future__ import annotations

import re

from attrs import evolve

from netproof.walk.diagnosis.firewall_rules import rejected_with_an_error
from netproof.walk.diagnosis.forward_mtu import too_large_to_route
from netproof.walk.diagnosis.route_failures import refusal
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.diagnosis.unanswered_arp import why_unanswered
from netproof.walk.diagnosis.unfit_addresses import unfit_address
from netproof.walk.diagnosis.vxlan_underlay import too_large_below
from netproof.walk.legs import PacketPath, arrived, describe
from netproof.walk.model import SEEN, Death
from netproof.walk.segments import NamespaceHop

TOO_BIG = {"fragmentation needed", "packet too big"}
_SETS_TTL = re.compile(r"-j (?:TTL|HL) |(?:ttl|hoplimit) set ")
_BEYOND = "beyond scope"
_TTL = "time exceeded"
_NEIGHBOUR = {"host unreachable", "address unreachable"}
_REMARKS = {"redirect", "source quench"}


def told_by_icmp(scene: Scene) -> Death | None:
    """What an ICMP error says of where the exchange ended."""
    error = scene.way("error")
    if error is None or error.packet.kind in _REMARKS:
        return None
    if error.segments[0].came and (found := _by_a_tunnel(scene, error)) is not None:
        return found
    maker = _maker(scene, error)
    if not maker:
        return _from_outside(error)
    if error.packet.kind in TOO_BIG:
        return _too_big(scene, error, maker)
    if error.packet.kind == _TTL:
        return _ran_out(scene, error, maker)
    found = unfit_address(scene, error, _sent(error, maker)) if error.packet.kind == _BEYOND else None
    return found or rejected_with_an_error(scene, error, maker) or _by_the_kernel(scene, error, maker)


def _by_a_tunnel(scene: Scene, error: PacketPath) -> Death | None:
    """A tunnel says in the receiver's name that the network below it is too narrow."""
    there = scene.way("there")
    if error.packet.kind not in TOO_BIG or there is None:
        return None
    return too_large_below(scene, error.segments[0].came[0], there.packet.size, describe(error.packet))


def _maker(scene: Scene, error: PacketPath) -> str:
    """The namespace that sent an error: the first that it was seen to leave, else the one that has its source."""
    first = error.segments[0]
    if not first.came:
        return first.place
    return next((place for place in scene.seen.places if scene.has(place, error.packet.src)), "")


def _too_big(scene: Scene, error: PacketPath, maker: str) -> Death:
    """Somebody on the way says that it is too large; the route there says for what."""
    proof = _sent(error, maker)
    for way in scene.ways:
        found = too_large_to_route(scene, way) if way.segments[-1].place == maker else None
        if found is not None:
            return evolve(found, basis=SEEN, proof=f"{found.proof}; {proof}")
    return Death(place=maker, layer="mtu", why=f"{maker} says it is too large.", proof=proof, basis=SEEN)


def _sent(error: PacketPath, maker: str) -> str:
    return f"{maker} sent: {describe(error.packet)}"


def _from_outside(error: PacketPath) -> Death:
    place = error.segments[0].place
    why = f"{error.packet.src}, which is no part of the lab, says: {error.packet.kind}."
    return Death(place=place, layer="route", why=why, proof=describe(error.packet), basis=SEEN)


def _ran_out(scene: Scene, error: PacketPath, maker: str) -> Death:
    """The TTL (IPv6: hop limit) was used up."""
    quoted = error.packet.quoted
    word = "hop limit" if quoted is not None and ":" in quoted.dst else "TTL"
    came = scene.ended_at(maker)
    first = scene.way("there")
    began = first.segments[0].first.ttl if first is not None else 0
    left = came.first.ttl if came is not None else 0
    why = f"Its {word} ran out at {maker}."
    proof = f"{_sent(error, maker)}; it came with {word} {left}, and began with {began}{_shortened(came)}"
    return Death(place=maker, layer="route", why=why, proof=proof, basis=SEEN)


def _shortened(came: NamespaceHop | None) -> str:
    """The rule that gave a packet another TTL where it ran out."""
    steps = [step for chain in came.chains for step in chain.steps] if came is not None else []
    return next((f"; a rule gave it another: {step.text}" for step in steps if _SETS_TTL.search(step.text)), "")


def _by_the_kernel(scene: Scene, error: PacketPath, maker: str) -> Death | None:
    """The kernel of a namespace had a reason of its own."""
    came = scene.ended_at(maker)
    there = scene.way("there")
    route = scene.route_at(maker)
    kind, sent = error.packet.kind, _sent(error, maker)
    if route is not None and (refused := refusal(scene, maker, route)) is not None:
        return evolve(refused, basis=SEEN, evidence=(sent,))
    if kind in _NEIGHBOUR:
        hop = (route.gateway or route.query.dst) if route is not None else scene.walk.address
        interface = route.interface if route is not None else ""
        return why_unanswered(scene, maker, hop, interface)
    if there is not None and arrived(there) and came is not None:
        return None  # it was delivered, and nobody listens: that is told by who looks at sockets
    why = f"{maker} says: {kind}."
    return Death(place=maker, layer="route", why=why, proof=sent, basis=SEEN)
