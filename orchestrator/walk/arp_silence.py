"""Why a namespace that has an address keeps silent when it is asked for its MAC address."""

from __future__ import annotations

from orchestrator.walk.fates import fate
from orchestrator.walk.model import INFERRED, SEEN, Death
from orchestrator.walk.requests import called, is_request
from orchestrator.walk.scene import Scene
from orchestrator.walk.seen import Sighting
from orchestrator.walk.segments import Segment

_SYSCTLS = ("arp_ignore", "arp_filter")


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
    return _dropped(scene, address, last) or _no_arp(scene, address, last) or _by_sysctl(scene, address, last)


def _dropped(scene: Scene, address: str, one: Sighting) -> Death | None:
    told = fate(scene.seen, [Segment(one.place, came=[one])])
    if told is None or not told.is_told:
        return None
    layer = "filter" if told.reason == "NETFILTER_DROP" else "link"
    what = "a rule dropped them" if layer == "filter" else "the kernel dropped them"
    why = f"{called(address)[0].upper()}{called(address)[1:]} for {address} reached {one.place}, and {what}."
    return Death(place=one.place, layer=layer, why=why, proof=str(told), basis=SEEN)


def _no_arp(scene: Scene, address: str, one: Sighting) -> Death | None:
    link = scene.seen.links[one.place].get(one.interface)
    if link is None or "NOARP" not in link.flags:
        return None
    why = f"{one.interface} of {one.place} is set to take no part in ARP: it answers no request for {address}."
    return Death(place=one.place, layer="neighbour", why=why, proof=f"{one.interface}: NOARP", basis=INFERRED)


def _by_sysctl(scene: Scene, address: str, one: Sighting) -> Death | None:
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
