"""ICMP errors about the exchange: told apart by type and code, and by who made them.

A rule of a firewall can send most of them, and so can the kernel for reasons of its own. Where it gave a reason for the
drop, that decides; elsewhere the rules' counters do.
"""

from __future__ import annotations

import re

from attrs import evolve

from orchestrator.walk.diagnosis.forward_mtu import too_large_to_route
from orchestrator.walk.diagnosis.route_failures import refusal
from orchestrator.walk.diagnosis.scene import Scene
from orchestrator.walk.diagnosis.unanswered_arp import unheard
from orchestrator.walk.diagnosis.unfit_addresses import unfit_address
from orchestrator.walk.diagnosis.vxlan_underlay import too_large_below
from orchestrator.walk.legs import Path, arrived, describe
from orchestrator.walk.model import INFERRED, SEEN, Death
from orchestrator.walk.observations import risen
from orchestrator.walk.segments import Segment

TOO_BIG = {"fragmentation needed", "packet too big"}
_SETS_TTL = re.compile(r"-j (?:TTL|HL) |(?:ttl|hoplimit) set ")
_BEYOND = "beyond scope"
_TTL = "time exceeded"
_NEIGHBOUR = {"host unreachable", "address unreachable"}
_FILTERING = {"input", "forward", "output"}
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
    return found or _by_a_rule(scene, error, maker) or _by_the_kernel(scene, error, maker)


def _by_a_tunnel(scene: Scene, error: Path) -> Death | None:
    """A tunnel says in the receiver's name that the network below it is too narrow."""
    there = scene.way("there")
    if error.packet.kind not in TOO_BIG or there is None:
        return None
    return too_large_below(scene, error.segments[0].came[0], there.packet.size, describe(error.packet))


def _maker(scene: Scene, error: Path) -> str:
    """The namespace that sent an error: the first that it was seen to leave, else the one that has its source."""
    first = error.segments[0]
    if not first.came:
        return first.place
    return next((place for place in scene.seen.places if scene.has(place, error.packet.src)), "")


def _too_big(scene: Scene, error: Path, maker: str) -> Death:
    """Somebody on the way says that it is too large; the route there says for what."""
    proof = _sent(error, maker)
    for way in scene.ways:
        found = too_large_to_route(scene, way) if way.segments[-1].place == maker else None
        if found is not None:
            return evolve(found, basis=SEEN, proof=f"{found.proof}; {proof}")
    return Death(place=maker, layer="mtu", why=f"{maker} says it is too large.", proof=proof, basis=SEEN)


def _sent(error: Path, maker: str) -> str:
    return f"{maker} sent: {describe(error.packet)}"


def _from_outside(error: Path) -> Death:
    place = error.segments[0].place
    why = f"{error.packet.src}, which is no part of the lab, says: {error.packet.kind}."
    return Death(place=place, layer="route", why=why, proof=describe(error.packet), basis=SEEN)


def _ran_out(scene: Scene, error: Path, maker: str) -> Death:
    """The TTL (IPv6: hop limit) was used up."""
    quoted = error.packet.quoted
    word = "hop limit" if quoted is not None and ":" in quoted.dst else "TTL"
    came = _came(scene, maker)
    first = scene.way("there")
    began = first.segments[0].first.ttl if first is not None else 0
    left = came.first.ttl if came is not None else 0
    why = f"Its {word} ran out at {maker}."
    proof = f"{_sent(error, maker)}; it came with {word} {left}, and began with {began}{_shortened(came)}"
    return Death(place=maker, layer="route", why=why, proof=proof, basis=SEEN)


def _shortened(came: Segment | None) -> str:
    """The rule that gave a packet another TTL where it ran out."""
    steps = [step for chain in came.chains for step in chain.steps] if came is not None else []
    return next((f"; a rule gave it another: {step.text}" for step in steps if _SETS_TTL.search(step.text)), "")


def _came(scene: Scene, place: str) -> Segment | None:
    """Where the packet that the error is about came to a namespace and ended there."""
    ways = [one for one in scene.ways if one.direction in {"there", "back", "relay"}]
    here = [segment for way in ways for segment in way.segments if segment.place == place and not segment.went]
    return here[-1] if here else None


def _by_a_rule(scene: Scene, error: Path, maker: str) -> Death | None:
    """A rule rejected it: where the kernel says that netfilter dropped it, or else one such counter rose."""
    told = scene.fate_at(maker)
    rules = risen(scene.seen, maker, "REJECT")
    if told is not None and told.is_told and told.reason != "NETFILTER_DROP":
        return None
    if (told is None or not told.is_told) and not rules:
        return None
    return rejected(scene, maker, _sent(error, maker))


def rejected(scene: Scene, maker: str, sent: str) -> Death:
    """A rule of a namespace answered in the receiver's stead: such a rule is no part of the trace."""
    ended = _came(scene, maker)
    chains = [chain for chain in (ended.chains if ended is not None else []) if chain.hook in _FILTERING]
    rules = risen(scene.seen, maker, "REJECT")
    last = chains[-1].steps[-1] if chains and chains[-1].steps else None
    table = chains[-1].table if chains else "filter"
    led = last.verdict.partition(" ")[2] if last and last.verdict.split(" ")[0] in {"jump", "goto"} else ""
    chain = led or table
    hook = f" ({chains[-1].hook})" if chains else ""
    basis = INFERRED
    if len(rules) == 1:
        chain, sent, basis = rules[0][0], f"-A {rules[0][0]} {rules[0][1]}, whose counter rose; {sent}", SEEN
    elif native := _native_rejects(scene, maker, table, led):
        sent = f"{native}; {sent}"
    why = f"{maker} rejected it in {chain}{hook}, and answered itself."
    told = scene.fate_at(maker)
    basis = SEEN if told is not None and told.reason == "NETFILTER_DROP" else basis
    return Death(place=maker, layer="filter", why=why, proof=sent, basis=basis)


def _native_rejects(scene: Scene, place: str, table: str, chain: str) -> str:
    """The one rule that rejects in a chain of nftables' own, or in a table where the last chain is not known."""
    found = [
        f"{part}: {line}"
        for part, lines in scene.space(place).netfilter.nft.items()
        for line in lines
        if " reject" in f" {line}" and part.split()[2:3] == [table] and (not chain or part.endswith(f"chain {chain}"))
    ]
    return found[0] if len(found) == 1 else ""


def _by_the_kernel(scene: Scene, error: Path, maker: str) -> Death | None:
    """The kernel of a namespace had a reason of its own."""
    came = _came(scene, maker)
    there = scene.way("there")
    route = scene.route_at(maker)
    kind, sent = error.packet.kind, _sent(error, maker)
    if route is not None and (refused := refusal(scene, maker, route)) is not None:
        return evolve(refused, basis=SEEN, evidence=(sent,))
    if kind in _NEIGHBOUR:
        hop = (route.gateway or route.query.dst) if route is not None else scene.walk.address
        interface = route.interface if route is not None else ""
        return unheard(scene, maker, hop, interface)
    if there is not None and arrived(there) and came is not None:
        return None  # it was delivered, and nobody listens: that is told by who looks at sockets
    why = f"{maker} says: {kind}."
    return Death(place=maker, layer="route", why=why, proof=sent, basis=SEEN)
