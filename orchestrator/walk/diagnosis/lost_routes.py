"""What a namespace had after `up` and has no more: a route that went with its interface."""

from __future__ import annotations

import ipaddress

from netproof.facts.flat_snapshot import place_name
from netproof.facts.model import Route
from netproof.walk.diagnosis.scene import Scene, leads_to
from netproof.walk.model import Death


def former_route(scene: Scene, place: str, address: str) -> Route | None:
    """The most specific route that led to an address after `up`, if it is gone."""
    for host, snapshot in scene.baseline.items():
        for name, space in snapshot.namespaces.items():
            if place_name(host, name) == place:
                now = {(one.dst, one.gateway, one.interface) for one in scene.space(place).routes}
                fitting = [one for one in space.routes if one.type == "unicast" and _leads(one, address)]
                fitting.sort(key=lambda one: -_length(one.dst))
                return next((one for one in fitting[:1] if (one.dst, one.gateway, one.interface) not in now), None)
    return None


def _leads(route: Route, address: str) -> bool:
    if route.dst in {"default", ""}:
        return (":" in (route.gateway or address)) == (":" in address)
    return leads_to(route.dst, address)


def _length(network: str) -> int:
    return 0 if network in {"default", ""} else ipaddress.ip_network(network, strict=False).prefixlen


def went_with_its_interface(scene: Scene, place: str, address: str) -> Death | None:
    """The interface by which there was a route is down, gone, or has IPv6 off: the kernel took the route away, too."""
    route = former_route(scene, place, address)
    if route is None or not route.interface:
        return None
    name = route.interface
    link = scene.seen.links[place].get(name)
    had = f"after up {place} had {route.dst or 'default'} dev {name}"
    if link is None or "UP" not in link.flags:
        state = "gone" if link is None else "down"
        why = f"Interface {name} of {place} is {state}, and with it the route to {address}."
        return Death(
            place=place, layer="link", why=why, proof=f"{name}: {link.operstate if link else 'no such'}; {had}"
        )
    key = f"net.ipv6.conf.{name}.disable_ipv6"
    if ":" in address and scene.space(place).sysctls.get(key) == "1":
        why = f"IPv6 is off on {name} of {place}, and with it the route to {address}."
        return Death(place=place, layer="route", why=why, proof=f"{key} = 1; {had}")
    return None
