"""Where an exchange ended, and what says so."""

from __future__ import annotations

import ipaddress

from orchestrator.walk.legs import Path, arrived, describe
from orchestrator.walk.listening import full, nobody
from orchestrator.walk.lost import lost, refusal
from orchestrator.walk.model import Death
from orchestrator.walk.routes import Query
from orchestrator.walk.scene import Scene, routed
from orchestrator.walk.seen import Traversal, risen
from orchestrator.walk.segments import is_for_another
from orchestrator.walk.tunnels import astray_in_a_tunnel
from orchestrator.walk.unheard import unheard

_MTU = {"fragmentation needed", "packet too big"}


def death(scene: Scene) -> Death:
    """Where the exchange ended, as far as can be told."""
    for look in _LOOKS:
        found = look(scene)
        if found is not None:
            return found
    last = scene.walk.stations[-1] if scene.walk.stations else None
    if last is None:
        why = "Nothing was seen, on no interface and in no chain."
        return Death(place=scene.exchange.source, layer="unknown", why=why, certain=False)
    why = f"It was last seen at {last.name} of {last.place}; nothing later says why."
    return Death(place=last.place, layer="unknown", why=why, certain=False)


def _dropped(scene: Scene) -> Death | None:
    """A rule or a policy dropped a packet of the exchange."""
    for chain in scene.seen.traversals:
        ours = scene.exchange.has(chain.packet) or any(_is_of(way, chain) for way in scene.ways)
        for step in chain.steps:
            if ours and step.verdict == "drop":
                what = "rejected" if "REJECT" in step.text or "reject" in step.text else "dropped"
                where = f"{step.table} {step.chain} of {chain.place} ({chain.hook})"
                return Death(place=chain.place, layer="filter", why=f"It was {what} in {where}.", proof=step.text)
    return None


def _rejected(scene: Scene) -> Death | None:
    """A router answered in the receiver's stead, out of its filter: such a rule is no part of the trace."""
    there = scene.way("there")
    if there is None or arrived(there):
        return None
    for way in (scene.way("error"), scene.way("back")):
        if way is None or way.segments[0].came or (way.direction == "back" and "RST" not in way.packet.flags):
            continue
        place = way.segments[0].place
        here = [one for one in there.segments if one.place == place and not one.went]
        chains = [chain for one in here for chain in one.chains if chain.hook in {"input", "forward"}]
        if not chains or way.packet.kind in _MTU:
            continue
        last = chains[-1].steps[-1] if chains[-1].steps else None
        chain = last.verdict.removeprefix("jump ") if last and last.verdict.startswith("jump ") else chains[-1].table
        sent = f"{place} sent: {describe(way.packet)}"
        rules = risen(scene.seen, place, "REJECT")
        if len(rules) == 1:
            chain, sent = rules[0][0], f"-A {rules[0][0]} {rules[0][1]}, whose counter rose; {sent}"
        why = f"{place} rejected it in {chain} ({chains[-1].hook}), and answered itself."
        return Death(place=place, layer="filter", why=why, proof=sent)
    return None


def _is_of(way: Path, chain: Traversal) -> bool:
    """Whether a traversal is one of a packet that carries a way's."""
    return any(chain in segment.chains for segment in way.segments)


def _too_large(scene: Scene) -> Death | None:
    error = scene.way("error")
    if error is not None and error.packet.kind in _MTU:
        place = error.segments[0].place
        return Death(place=place, layer="mtu", why=f"{place} says it is too large.", proof=f"ICMP: {error.packet.kind}")
    if scene.walk.errno == "EMSGSIZE":
        place = scene.exchange.source
        return Death(place=place, layer="mtu", why=f"It is too large for {place}'s own interface.", proof="EMSGSIZE")
    return None


def _not_sent(scene: Scene) -> Death | None:
    """The asker's own kernel did not let it out."""
    there = scene.way("there")
    if there is not None and any(one.went or one.came for one in there.segments):
        return None
    place = scene.exchange.source
    route = scene.ask(place, Query(scene.walk.address))
    found = refusal(scene, place, route)
    if found is not None:
        return found
    link = scene.seen.links[place].get(route.interface or "lo")
    if link is not None and "UP" not in link.flags:
        return Death(place=place, layer="link", why=f"Interface {link.name} of {place} is down.", proof=link.operstate)
    hop = route.gateway or scene.walk.address
    return unheard(scene, place, hop, route.interface)


def _detour(scene: Scene) -> Death | None:
    """The asker is on the network that it asks, and sends to a router all the same."""
    place, target = scene.exchange.source, scene.walk.address
    route = scene.ask(place, Query(target))
    if not route.gateway or scene.way("there") is None:
        return None
    for one in scene.space(place).addresses:
        if ipaddress.ip_address(target) in ipaddress.ip_interface(one.address).network:
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
    return lost(scene, there)


def _no_way_back(scene: Scene) -> Death | None:
    """It arrived, and its source is nobody the receiver can answer."""
    there, back = scene.way("there"), scene.way("back")
    if there is None or not arrived(there) or (back is not None and any(one.went for one in back.segments)):
        return None
    here, packet = there.segments[-1], there.segments[-1].last
    route = scene.ask(here.place, Query(packet.src))
    hop = route.gateway or packet.src
    unanswered = scene.unanswered(here.place, hop, route.interface)
    refused = refusal(scene, here.place, route)
    if refused is None and not unanswered:
        return None
    routers = [one for one in there.segments[:-1] if routed(one) and there.routes.get(there.segments.index(one))]
    redirected = there.segments[0].first.dst != packet.dst  # then the receiver owes the way back
    if routers and not redirected and not (refused is not None and scene.has(routers[-1].place, hop)):
        return _source_nobody_knows(
            scene, there, routers[-1].place, here.place, unanswered or (refused.proof if refused else "")
        )
    return refused or unheard(scene, here.place, hop, route.interface)


def _source_nobody_knows(scene: Scene, there: Path, router: str, receiver: str, proof: str) -> Death:
    """The last router let it out with a source to which there is no way back.

    That is its doing where its engine is to translate that network, and where nobody at all has the source it gave.
    """
    original, final = there.segments[0].first.src, there.segments[-1].last.src
    if original != final:
        nobody = not any(scene.has(place, final) for place in scene.seen.places)
        why = (
            f"It left {router} with the source {final}, which {'nobody has' if nobody else f'{receiver} cannot reach'}."
        )
        return Death(place=router, layer="nat", why=why, proof=proof, certain=nobody)
    network = scene.translated_network(router, final)
    why = f"It left {router} with its own source, {final}, untranslated: {receiver} has no way back."
    if network:
        proof = f"{proof}; network {network} is one to be masqueraded"
    return Death(place=router, layer="nat", why=why, proof=proof, certain=bool(network))


def _answer_astray(scene: Scene) -> Death | None:
    """There is an answer, and it did not get back to the asker."""
    back = scene.way("back")
    if back is None:
        return None
    end = back.segments[-1]
    if end.place == scene.exchange.source and not (end.came and is_for_another(scene.seen, end.came[-1])):
        return None
    found = lost(scene, back)
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
    _dropped,
    _rejected,
    _too_large,
    _not_sent,
    astray_in_a_tunnel,
    _went_astray,
    _no_way_back,
    _answer_astray,
    _unheeded,
    _mute,
)
