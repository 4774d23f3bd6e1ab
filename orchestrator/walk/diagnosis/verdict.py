"""Where an exchange ended, and what says so."""

from __future__ import annotations

import ipaddress

from netproof.facts.flat_snapshot import place_name
from netproof.facts.packets import VXLAN_PORT
from netproof.walk.diagnosis.chosen_source import chosen_by_a_route
from netproof.walk.diagnosis.drop_reasons import meaning
from netproof.walk.diagnosis.firewall_rules import dropped, reset_by_a_rule
from netproof.walk.diagnosis.icmp_errors import told_by_icmp
from netproof.walk.diagnosis.ignored_pings import ignores_pings
from netproof.walk.diagnosis.ipsec_policies import policies
from netproof.walk.diagnosis.kernel_drops import unsent
from netproof.walk.diagnosis.listeners import full, nobody
from netproof.walk.diagnosis.nfqueue import handed_over
from netproof.walk.diagnosis.rewriting import written_by_a_rule
from netproof.walk.diagnosis.route_failures import refusal
from netproof.walk.diagnosis.scene import Scene, leads_to, routed
from netproof.walk.diagnosis.tcp_resets import reset
from netproof.walk.diagnosis.trail_ends import why_lost
from netproof.walk.diagnosis.unanswered_arp import why_unanswered
from netproof.walk.diagnosis.vxlan import astray_in_a_tunnel
from netproof.walk.diagnosis.weighing import weighed
from netproof.walk.diagnosis.wrong_mac import misled
from netproof.walk.legs import PacketPath, arrived, describe
from netproof.walk.model import INFERRED, LAST_SEEN, SEEN, Death
from netproof.walk.routes import Query, Route, said
from netproof.walk.segments import NamespaceHop, is_for_another


def death(scene: Scene) -> Death:
    """Where the exchange ended, as far as can be told, with all that speaks for it and against it."""
    found = next((found for look in _LOOKS if (found := look(scene)) is not None), None)
    return written_by_a_rule(scene, weighed(scene, chosen_by_a_route(scene, found)))


_TWO = 2  # namespaces: the one that answers, and another


def _too_large(scene: Scene) -> Death | None:
    if scene.walk.errno == "EMSGSIZE":
        place = scene.exchange.source
        route = scene.ask(place, Query(scene.walk.address))
        link = scene.seen.links[place].get(route.interface)
        limits = f"{route.interface}: mtu {link.mtu if link is not None else '?'}"
        limits += f", of the route {route.mtu}" if route.mtu else ""
        why = f"It is too large for {place}'s own interface {route.interface}."
        return Death(place=place, layer="mtu", why=why, proof=f"EMSGSIZE; {limits}", basis=SEEN)
    return None


def _not_sent(scene: Scene) -> Death | None:
    """The asker's own kernel did not let it out."""
    there = scene.way("there")
    if there is not None and any(one.went or one.came for one in there.segments):
        return None
    place = scene.exchange.source
    known = there.routes.get(0) if there is not None else None
    route = known or scene.ask(place, _own_question(scene))
    refused = refusal(scene, place, route)
    if refused is not None:
        return refused
    if route.type == "broadcast" and scene.walk.errno == "EACCES":
        why = f"{scene.walk.address} is a broadcast address of {place}'s network: a program has to ask for leave first."
        return Death(place=place, layer="process", why=why, proof="EACCES; route lookup: broadcast", basis=SEEN)
    link = scene.seen.links[place].get("lo" if route.type == "local" else route.interface or "lo")
    if link is not None and "UP" not in link.flags:
        return Death(place=place, layer="link", why=f"Interface {link.name} of {place} is down.", proof=link.operstate)
    found = _forbidden(scene, place) or _by_policy(scene, place, route)
    if found is not None:
        return found
    hop = route.gateway or scene.walk.address
    return why_unanswered(scene, place, hop, route.interface)


def _own_question(scene: Scene) -> Query:
    """What the asker's kernel looked a route up for: rules of routes may match protocol and ports."""
    target, proto = scene.walk.address, scene.walk.proto
    if proto == "icmp":
        return Query(target, proto="icmpv6" if ":" in target else "icmp")
    return Query(target, proto=proto, sport=scene.exchange.mark, dport=scene.walk.port or 0)


def _forbidden(scene: Scene, place: str) -> Death | None:
    """Its own kernel took it from the asker and dropped it before any interface had it."""
    told = unsent(scene.seen, scene.seen.places[place][0], scene.exchange.tid)
    why = meaning(told.reason) if told is not None else None
    if told is None or why is None:
        return None
    says = f"The kernel dropped it in {place} before it was sent: {why.says}."
    error = f"; the asker got {scene.walk.errno}" if scene.walk.errno else ""
    return Death(place=place, layer=why.layer, why=says, proof=f"reason {told.reason}{error}", basis=SEEN)


def _by_policy(scene: Scene, place: str, route: Route) -> Death | None:
    """A policy of IPsec refused the asker: not even a packet was made."""
    if scene.walk.errno != "EPERM" or scene.way("there") is not None:
        return None
    blocking = [one for one in policies(scene, place, route.source, scene.walk.address) if "action block" in one]
    if not blocking:
        return None
    why = f"An IPsec policy of {place} blocks it: the asker got EPERM."
    return Death(place=place, layer="filter", why=why, proof=f"ip xfrm policy: {blocking[0]}")


def _detour(scene: Scene) -> Death | None:
    """The asker is on the network that it asks, and sends to a router all the same."""
    place, target = scene.exchange.source, scene.walk.address
    route = scene.ask(place, Query(target))
    if not route.gateway or scene.way("there") is None:
        return None
    for one in scene.space(place).addresses:
        if ipaddress.ip_address(target) in ipaddress.ip_interface(one.address).network:
            link = scene.seen.links[place].get(one.interface)
            if link is not None and "UP" not in link.flags:
                why = f"Interface {one.interface} of {place}, which is on {target}'s network, is down"
                why += f": it sends by way of {route.gateway}."
                return Death(place=place, layer="link", why=why, proof=f"{one.interface}: {link.operstate}")
            why = f"{place} is on {target}'s network by {one.interface}, and sends by way of {route.gateway}."
            proof = (
                f"ip route get: {target} via {route.gateway} dev {route.interface}; {one.address} dev {one.interface}"
            )
            return Death(place=place, layer="route", why=why, proof=proof)
    return None


def _went_astray(scene: Scene) -> Death | None:
    there = scene.way("there")
    if there is None or arrived(there):
        return None
    return why_lost(scene, there)


def _no_way_back(scene: Scene) -> Death | None:
    """It arrived, and its source is nobody the receiver can answer."""
    there, back = scene.way("there"), scene.way("back")
    if there is None or not arrived(there) or (back is not None and any(one.went for one in back.segments)):
        return None
    here, packet = there.segments[-1], there.segments[-1].last
    route = scene.ask(here.place, Query(packet.src, packet.dst))
    hop = route.gateway or packet.src
    unanswered = scene.unanswered(here.place, hop, route.interface)
    refused = refusal(scene, here.place, route)
    if refused is None and not unanswered:
        return None
    routers = [one for one in there.segments[:-1] if routed(one) and there.routes.get(there.segments.index(one))]
    redirected = there.segments[0].first.dst != packet.dst  # then the receiver owes the way back
    if packet.src != there.segments[0].first.src and not any(
        scene.has(place, packet.src) for place in scene.seen.places
    ):
        redirected = False  # to a source that somebody on the way gave it, and nobody has
    if routers and not redirected and not (refused is not None and scene.has(routers[-1].place, hop)):
        return _source_nobody_knows(
            scene, there, routers[-1].place, here.place, unanswered or (refused.proof if refused else "")
        )
    return refused or why_unanswered(scene, here.place, hop, route.interface)


def _source_nobody_knows(scene: Scene, there: PacketPath, router: str, receiver: str, proof: str) -> Death:
    """The last router let it out with a source to which there is no way back.

    That is its doing where its engine is to translate that network, and where nobody at all has the source it gave.
    """
    original, final = there.segments[0].first.src, there.segments[-1].last.src
    if original != final:
        nobody = not any(scene.has(place, final) for place in scene.seen.places)
        why = (
            f"It left {router} with the source {final}, which {'nobody has' if nobody else f'{receiver} cannot reach'}."
        )
        return Death(place=router, layer="nat", why=why, proof=proof, basis=INFERRED if nobody else LAST_SEEN)
    network = scene.translated_network(router, final)
    why = f"It left {router} with its own source, {final}, untranslated: {receiver} has no way back."
    if network and scene.writes_no_rules(router, final):
        proof = f"{proof}; the engine of {router} has no rules for IPv6 in nat: ip6tables is off"
        return Death(place=router, layer="nat", why=f"{why} This engine translates no IPv6.", proof=proof)
    if network:
        proof = f"{proof}; network {network} is one to be masqueraded"
        return Death(place=router, layer="nat", why=why, proof=proof)
    why = f"{receiver} has no way back to {final}, and nothing on the way is there to translate that source."
    return Death(place=receiver, layer="route", why=why, proof=f"{proof}{_had_route(scene, receiver, final)}")


def _had_route(scene: Scene, place: str, address: str) -> str:
    """The route that a namespace had after `up` for an address, and has no more."""
    for host, snapshot in scene.baseline.items():
        for name, space in snapshot.namespaces.items():
            if place_name(host, name) == place:
                now = {(one.dst, one.gateway) for one in scene.space(place).routes}
                gone = [one for one in space.routes if leads_to(one.dst, address) and (one.dst, one.gateway) not in now]
                return "".join(f"; after up it had {one.dst} via {one.gateway or one.interface}" for one in gone[:1])
    return ""


def _answer_astray(scene: Scene) -> Death | None:
    """There is an answer, and it did not get back to the asker."""
    back = scene.way("back")
    if back is None:
        return None
    end = back.segments[-1]
    if _past(scene, back) or _is_strange(scene, back):
        there = scene.way("there")
        return (misled(scene, there) if there is not None else None) or _from_another(scene, back)
    if end.place == scene.exchange.source and not (end.came and is_for_another(scene.seen, end.came[-1])):
        return _not_accepted(scene, back)
    found = why_lost(scene, back)
    last = back.segments[-1]
    if found is None and arrived(back):
        untranslated = _untranslated(scene, last.place)
        if untranslated is not None:
            return untranslated
        why = (
            f"The answer is for {last.last.dst}, which {last.place} took for itself: no entry of conntrack says whose."
        )
        return Death(place=last.place, layer="nat", why=why, proof="no translation of the answer")
    return found


def _not_accepted(scene: Scene, back: PacketPath) -> Death | None:
    """It came back to the asker, whose kernel does not accept its source on that interface."""
    route = back.routes.get(len(back.segments) - 1)
    return refusal(scene, scene.exchange.source, route) if route is not None and not arrived(back) else None


def _is_strange(scene: Scene, back: PacketPath) -> bool:
    """Whether it came from an address that was not asked; an asker that translates gives that back itself."""
    end, there = back.segments[-1], scene.way("there")
    own = [one for one in there.segments if one.place == scene.exchange.source] if there is not None else []
    translates = any(one.first.dst != one.last.dst for one in own)
    return end.place == scene.exchange.source and end.last.src != scene.walk.address and not translates


def _past(scene: Scene, back: PacketPath) -> str:
    """The machine that translated the question, and which the answer did not come to before it reached another."""
    there = scene.way("there")
    plain = [one for one in there.segments if not _is_carried(one)] if there is not None else []
    changed = [one.place for one in plain if one.first.dst != one.last.dst]
    met = [back.segments[number].place for number in sorted(back.routes) if number]  # where it was more than bridged
    if (
        not changed
        or len(back.segments) < _TWO
        or back.segments[0].place == changed[0]
        or (met[:1] or [changed[0]])[0] == changed[0]
    ):
        return ""
    return changed[0]


def _is_carried(segment: NamespaceHop) -> bool:
    """Whether a namespace saw the packet inside another one: its ends are those of a tunnel then."""
    seen = any(one.packet.inner is not None for one in (*segment.came, *segment.went))
    return seen or any(chain.packet.dport == VXLAN_PORT for chain in segment.chains)


def _from_another(scene: Scene, back: PacketPath) -> Death:
    """The answer does not come from the address that was asked: nobody translated it back."""
    answered, end, past = back.segments[0], back.segments[-1], _past(scene, back)
    by = answered.went[0].interface if answered.went else "?"
    how = f"it left {answered.place} by {by}, past {past}, which had translated the question" if past else ""
    why = f"The answer came from {end.last.src}, not from {scene.walk.address}, which was asked{': ' * bool(how)}{how}"
    if end.last.src == scene.walk.address:
        why = f"The answer did not go back to where the question came from: {how}"
    route = back.routes.get(0)
    proof = f"seen at {end.place}: {describe(back.packet)}"
    proof += f"; route lookup of {answered.place}: {said(route)}" if route is not None else ""
    return Death(place=answered.place, layer="route", why=f"{why}.", proof=proof, basis=SEEN)


def _untranslated(scene: Scene, taker: str) -> Death | None:
    """The answer went to somebody else who has the asker's address, which should not have left its own machine."""
    there = scene.way("there")
    routers = [one for one in there.segments if routed(one)] if there is not None else []
    if there is None or not routers or there.segments[0].first.src != there.segments[-1].last.src:
        return None
    router, source = routers[-1].place, there.segments[-1].last.src
    network = scene.translated_network(router, source)
    if not network:
        return None
    why = f"It left {router} with its own source, {source}, untranslated; {taker} has that, too, and got the answer."
    return Death(place=router, layer="nat", why=why, proof=f"network {network} is one to be masqueraded")


def _unheeded(scene: Scene) -> Death | None:
    """It arrived, and no socket was there for it, or one that takes no more connections."""
    taken = scene.listeners.of(scene.way("there"))
    return nobody(taken) or full(taken)


def _mute(scene: Scene) -> Death | None:
    """It was delivered to a program that says nothing."""
    taken = scene.listeners.of(scene.way("there"))
    owner = next(iter(taken.owners), None) if taken is not None else None
    stopped = owner is not None and owner.is_stopped  # else a datagram's silence tells nothing
    if taken is None or (scene.walk.outcome != "silent" and not stopped):
        return None
    place, proto, port = taken.delivery.place, taken.delivery.packet.proto, taken.delivery.port
    proof = f"a socket is open on port {port}"
    if owner is not None:
        place = owner.container or place
        proof = f"{owner} has it open" + (", and is stopped" if owner.is_stopped else "")
    why = f"{place} took it on {proto} port {port}, and the program there does not answer."
    return Death(place=place, layer="process", why=why, proof=proof)


# What is certain and near comes first.
_LOOKS = (
    _detour,
    dropped,
    told_by_icmp,
    reset_by_a_rule,
    handed_over,
    _too_large,
    _not_sent,
    astray_in_a_tunnel,
    _went_astray,
    reset,
    _no_way_back,
    _answer_astray,
    _unheeded,
    ignores_pings,
    _mute,
)
