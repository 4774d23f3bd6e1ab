"""Why a namespace that has an address keeps silent when it is asked for its MAC address."""

from __future__ import annotations

from netproof.facts.model import Link
from netproof.walk.diagnosis.arp_requests import called, is_reply, is_request
from netproof.walk.diagnosis.bridge_ports import kept
from netproof.walk.diagnosis.kernel_drops import KernelDrop, fate
from netproof.walk.diagnosis.route_failures import is_blackhole, refusal
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.model import INFERRED, SEEN, Death
from netproof.walk.observations import CapturedFrame
from netproof.walk.routes import Query, said
from netproof.walk.segments import NamespaceHop

_SYSCTLS = ("arp_ignore", "arp_filter")
_ARP = 0x0806
_IPV6 = 0x86DD
_SOON = 5_000_000  # ns
_AT_ONCE = 1_000_000  # ns: what is answered is answered in the thread that took it


def ignored(scene: Scene, address: str, place: str) -> Death | None:
    """The question came to the namespace that has the address; what kept it from answering, as far as it shows."""
    came = [
        one
        for one in scene.seen.sightings
        if one.place == place and one.how != "out" and is_request(one.packet, address)
    ]
    if not came:
        return None
    last = came[-1]
    looks = (_dropped, _no_arp, _by_sysctl, _by_source, _kept_answer, _dropped_answer)
    return next((found for look in looks if (found := look(scene, address, last)) is not None), None)


def unheeded(scene: Scene, place: str, address: str) -> Death | None:
    """Somebody answered, and a rule dropped the answer on its way, or where it arrived."""
    asking = {link.mac for link in scene.seen.links[place].values()}
    told = [one for one in scene.seen.sightings if is_reply(one.packet, address) and one.packet.dmac in asking]
    if not told:
        return None
    last = told[-1]
    found = fate(scene.seen, [NamespaceHop(last.place, came=[last])])
    if found is None or found.reason != "NETFILTER_DROP":
        return None
    host = last.place.partition("/")[0]
    why = f"The answer to {place}'s {called(address)} for {address} came to {host}, and a rule dropped it there."
    return Death(place=host, layer="filter", why=why, proof=str(found), basis=SEEN)


def dropped_arp(scene: Scene, place: str, came: CapturedFrame) -> str:
    """The kernel's word that a rule dropped a copy of an ARP packet that a bridge was about to send; "" without."""
    for one in scene.seen.events.get(scene.seen.places[place][0], []):
        is_one = one.event == "drop" and one.reason == "NETFILTER_DROP" and one.protocol == _ARP
        if is_one and 0 <= one.at - came.at < _SOON:
            return "the kernel dropped an ARP packet in that moment, reason NETFILTER_DROP"
    return ""


def is_anothers(told: KernelDrop, link: Link | None) -> bool:
    """Whether a drop is that of a packet which got a request's address in memory after the request had ended.

    Only a bridge passes a request on: one that came by another interface was not on its way out.
    """
    return bool(told.interface) and (link is None or not link.master)


def _dropped(scene: Scene, address: str, one: CapturedFrame) -> Death | None:
    told = fate(scene.seen, [NamespaceHop(one.place, came=[one])])
    link = scene.seen.links[one.place].get(one.interface)
    if told is None or not told.is_told or is_anothers(told, link):
        return None
    layer = "filter" if told.reason == "NETFILTER_DROP" else "link"
    state = kept(link, None, flooded=True)
    what = "a rule dropped them" if layer == "filter" else "the kernel dropped them" + (f": {state}" if state else "")
    why = f"{called(address)[0].upper()}{called(address)[1:]} for {address} reached {one.place}, and {what}."
    return Death(place=one.place, layer=layer, why=why, proof=str(told), basis=SEEN)


def _kept_answer(scene: Scene, address: str, one: CapturedFrame) -> Death | None:
    """It answered, and the bridge that its answer came to did not pass that on."""
    answers = [each for each in scene.seen.sightings if is_reply(each.packet, address) and each.at > one.at]
    last = answers[-1] if answers else None
    link = scene.seen.links[last.place].get(last.interface) if last is not None else None
    reason = kept(link, None, flooded=False) if link is not None and link.master and last and last.how != "out" else ""
    if last is None or link is None or not reason:
        return None
    why = f"Bridge {link.master} of {last.place} did not pass on {one.place}'s answer for {address}: {reason}."
    host = last.place.partition("/")[0]
    return Death(place=host, layer="link", why=why, proof=f"bridge -d link show {link.name}", basis=INFERRED)


def _dropped_answer(scene: Scene, address: str, one: CapturedFrame) -> Death | None:
    """It did not answer, and a rule dropped something of ARP (IPv6: of IPv6) in the moment in which it would have."""
    if any(is_reply(each.packet, address) for each in scene.seen.sightings):
        return None
    protocol = _IPV6 if ":" in address else _ARP
    for event in scene.seen.events.get(scene.seen.places[one.place][0], []):
        is_one = event.event == "drop" and event.reason == "NETFILTER_DROP" and event.protocol == protocol
        if is_one and 0 <= event.at - one.at < _AT_ONCE:
            why = f"{called(address)[0].upper()}{called(address)[1:]} for {address} reached {one.place}, and a rule "
            why += "dropped the answer."
            proof = "the kernel dropped one of the kind in that moment, reason NETFILTER_DROP"
            return Death(place=one.place, layer="filter", why=why, proof=proof, basis=INFERRED)
    return None


def _no_arp(scene: Scene, address: str, one: CapturedFrame) -> Death | None:
    link = scene.seen.links[one.place].get(one.interface)
    if link is None or "NOARP" not in link.flags:
        return None
    why = f"{one.interface} of {one.place} is set to take no part in ARP: it answers no request for {address}."
    return Death(place=one.place, layer="neighbour", why=why, proof=f"{one.interface}: NOARP", basis=INFERRED)


def _by_sysctl(scene: Scene, address: str, one: CapturedFrame) -> Death | None:
    if ":" in address:
        return None
    sysctls = scene.space(one.place).sysctls
    for name in _SYSCTLS:
        keys = [f"net.ipv4.conf.{interface}.{name}" for interface in (one.interface, "all")]
        on = next((key for key in keys if sysctls.get(key, "0") != "0"), "")
        if on:
            why = f"{one.place} got the ARP requests for {address} on {one.interface}, and ignores them."
            proof = f"{on} = {sysctls[on]}; a request came in, no reply went out"
            return Death(place=one.place, layer="neighbour", why=why, proof=proof, basis=INFERRED)
    return None


def disowned(place: str, address: str, interface: str, proof: str) -> Death:
    """An address that a namespace has, and its table of local addresses does not: it is not answered for."""
    why = f"{place} has {address} on {interface}, and its routes do not take that for its own."
    return Death(place=place.partition("/")[0], layer="route", why=why, proof=proof, basis=INFERRED)


def _by_source(scene: Scene, address: str, one: CapturedFrame) -> Death | None:
    """ARP requests from a source that may not come in there are not answered, either."""
    if ":" in address:
        return None
    route = scene.ask(one.place, Query(address, one.packet.src, one.interface))
    if not route.error and route.type != "local":
        return disowned(one.place, address, one.interface, f"route lookup: {said(route)}; no reply went out")
    if is_blackhole(scene, one.place, route):
        return refusal(scene, one.place, route)
    if route.error not in {"EXDEV", "EINVAL"}:
        return None
    key = f"net.ipv4.conf.{one.interface}.rp_filter"
    why = f"{one.place} got the ARP requests for {address}, and does not accept their source {one.packet.src} on "
    why += f"{one.interface}."
    proof = f"route lookup: {route.error}; {key} = {scene.space(one.place).sysctls.get(key, '?')}"
    return Death(place=one.place, layer="route", why=why, proof=proof, basis=INFERRED)
