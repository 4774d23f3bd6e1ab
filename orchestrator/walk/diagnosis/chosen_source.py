"""A route whose `src` chose a source that nobody on the way can answer, where another address would have done."""

from __future__ import annotations

from netproof.facts.flat_snapshot import place_name
from netproof.facts.model import Route
from netproof.walk.diagnosis.scene import Scene, leads_to, routed
from netproof.walk.model import Death
from netproof.walk.routes import Query, said

_LAYERS = {"route", "neighbour", "unknown"}
_REFUSING = {"unreachable", "blackhole", "prohibit"}


def chosen_by_a_route(scene: Scene, found: Death | None) -> Death | None:
    """A verdict that says that there is no way to the asker's address, with the route that chose that address."""
    there = scene.way("there")
    if found is None or found.layer not in _LAYERS or there is None or found.place == scene.exchange.source:
        return found
    asker, packet, last = scene.exchange.source, there.segments[0].last, there.segments[-1].last
    place = found.place if found.place in scene.seen.places else there.segments[-1].place
    route = _chooses(scene, asker, packet.src, packet.dst)
    if route is None or last.src != packet.src or not _is_unanswerable(scene, place, packet.src):
        return found
    better = next((one for one in _others(scene, asker, route, packet.src) if _would_do(scene, place, one)), "")
    if not better:
        return found  # then the receiver is to know a way back
    why = f"{asker} sends from {packet.src}, which is the `src` of its route to {packet.dst}: "
    why += f"{place} has no way back to that."
    answer = said(scene.ask(place, Query(packet.src)))
    proof = f"ip route of {asker}: {_shown(route)}; route lookup of {place}: {answer}; {better} would do"
    return Death(place=asker, layer="route", why=why, proof=proof, basis=found.basis, evidence=found.evidence)


def _shown(route: Route) -> str:
    gateway = f" via {route.gateway}" if route.gateway else ""
    return f"{route.dst}{gateway} dev {route.interface} src {route.source}"


def _chooses(scene: Scene, asker: str, source: str, target: str) -> Route | None:
    """The route that somebody wrote with this `src`; one that was there after `up` is meant so."""
    known = _after_up(scene, asker)
    fitting = [
        one
        for one in scene.space(asker).routes
        if one.source == source and one.protocol != "kernel" and one.table != "local" and leads_to(one.dst, target)
    ]
    return next((one for one in fitting if one not in known), None)


def _after_up(scene: Scene, place: str) -> list[Route]:
    for host, snapshot in scene.baseline.items():
        for name, space in snapshot.namespaces.items():
            if place_name(host, name) == place:
                return space.routes
    return []


def _others(scene: Scene, asker: str, route: Route, source: str) -> list[str]:
    """Addresses that the asker could have sent from by that interface."""
    own = [one for one in scene.space(asker).addresses if one.interface == route.interface and one.scope != "link"]
    found = [one.address.partition("/")[0] for one in own]
    return [one for one in found if one != source and (":" in one) == (":" in source)]


def _is_unanswerable(scene: Scene, place: str, address: str) -> bool:
    route = scene.ask(place, Query(address))
    if route.error or route.type in _REFUSING:
        return True
    return bool(scene.unanswered(place, route.gateway or address, route.interface))


def _would_do(scene: Scene, place: str, address: str) -> bool:
    """Whether a place has a way to an address, or a machine on the way translates it."""
    there = scene.way("there")
    routers = [one.place for one in there.segments[:-1] if routed(one)] if there is not None else []
    translated = any(scene.translated_network(router, address) for router in routers)
    return translated or not _is_unanswerable(scene, place, address)
