"""What a route lookup that fails means: no route, one that refuses, a source that is not accepted, no forwarding."""

from __future__ import annotations

import ipaddress

from attrs import evolve

from netproof.walk.diagnosis.lost_routes import went_with_its_interface
from netproof.walk.diagnosis.policy_routing import lead_into_a_blackhole, policies
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.model import Death
from netproof.walk.routes import Route, said

_REFUSING = {"unreachable", "blackhole", "prohibit"}
_KINDS = {"EINVAL": "blackhole", "EACCES": "prohibit", "EHOSTUNREACH": "unreachable"}


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
    source = ipaddress.ip_address(route.query.src) if route.query.src else None
    if route.error == "EINVAL" and not interface and source is not None and not is_blackhole(scene, place, route):
        return _unfit_source(scene, place, route, loopback=source.is_loopback)
    if route.error == "EXDEV" or (route.error == "EINVAL" and interface and not is_blackhole(scene, place, route)):
        return Death(
            place=place,
            layer="route",
            why=f"{place} does not accept the source {route.query.src} on {interface}.",
            proof=f"route lookup: {route.error}; net.ipv4.conf.{interface}.rp_filter = "
            f"{sysctls.get(f'net.ipv4.conf.{interface}.rp_filter', '?')}",
        )
    return _no_way(scene, place, route)


def _no_way(scene: Scene, place: str, route: Route) -> Death:
    kind = _KINDS.get(route.error, route.type if route.type in _REFUSING else "")
    what = f"has a route of type {kind} for" if kind else "has no route to"
    gone = went_with_its_interface(scene, place, route.query.dst) if not kind else None
    if gone is not None:
        return gone
    rules = "".join(f"; ip rule: {one}" for one in policies(scene, place, route.query))
    proof = f"route lookup: {said(route)}{rules}"
    return Death(place=place, layer="route", why=f"{place} {what} {route.query.dst}.", proof=proof)


def is_blackhole(scene: Scene, place: str, route: Route) -> bool:
    """Whether the destination is refused, and not the source: the kernel has one error for both."""
    query = route.query
    if route.error != "EINVAL":
        return False
    if scene.ask(place, evolve(query, src="", iif="")).error == "EINVAL":
        return True
    return lead_into_a_blackhole(scene, place, query)


def _unfit_source(scene: Scene, place: str, route: Route, *, loopback: bool) -> Death:
    """What is made in a namespace may not leave with this source."""
    query = route.query
    out = scene.ask(place, evolve(query, src="", iif="")).interface
    why, proof = f"{place} does not send from the source {query.src} to {query.dst}.", f"route lookup: {route.error}"
    if loopback:
        key = f"net.ipv4.conf.{out}.route_localnet"
        why = (
            f"{place} lets {query.src}, an address of its loopback, out by no other interface: {query.dst} is by {out}."
        )
        proof = f"{proof}; {key} = {scene.space(place).sysctls.get(key, '?')}"
    return Death(place=place, layer="route", why=why, proof=proof)
