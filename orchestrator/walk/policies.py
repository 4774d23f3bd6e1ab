"""Rules of `ip rule` that a packet's route was looked up by, besides the three that every namespace has."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from orchestrator.facts.model import Policy
from orchestrator.walk.routes import Query
from orchestrator.walk.scene import Scene, leads_to

_USUAL = {0, 32766, 32767}
_BLACKHOLE = "blackhole"
_ACTIONS = {6: _BLACKHOLE, 7: "unreachable", 8: "prohibit"}


def policies(scene: Scene, place: str, query: Query) -> Iterator[str]:
    """Each in the words of `ip rule`, in the order in which the kernel went through them, up to one that refuses."""
    return (_said(one) for one in _matching(scene, place, query))


def lead_into_a_blackhole(scene: Scene, place: str, query: Query) -> bool:
    """Whether one of them is a blackhole itself, or has a table with one for the destination."""
    routes = [one for one in scene.space(place).routes if one.type == _BLACKHOLE and leads_to(one.dst, query.dst)]
    tables = {one.table for one in routes}
    found = list(_matching(scene, place, query))
    return any(_ACTIONS.get(one.action) == _BLACKHOLE or one.table in tables for one in found)


def _matching(scene: Scene, place: str, query: Query) -> Iterator[Policy]:
    family = "ip6" if ":" in query.dst else "ip"
    known = [one for one in scene.space(place).policies if one.family == family and one.priority not in _USUAL]
    for one in sorted(known, key=lambda each: each.priority):
        if _matches(one, query):
            yield one
            if one.action in _ACTIONS:
                return


def _matches(policy: Policy, query: Query) -> bool:
    wanted = policy.match
    interface = query.iif or "lo"  # what is made here comes in by the loopback, as far as rules go
    return (
        wanted.get("iif", interface) == interface
        and wanted.get("fwmark", query.mark) == query.mark
        and _within(query.src, wanted.get("from"))
        and _within(query.dst, wanted.get("to"))
        and "oif" not in wanted
    )


def _within(address: str, network: str | None) -> bool:
    if network is None:
        return True
    return bool(address) and ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)


def _said(policy: Policy) -> str:
    words = [f"{policy.priority}:"]
    for name in ("from", "to", "iif"):
        words += [name, policy.match[name]] if name in policy.match else []
    words += ["fwmark", hex(policy.match["fwmark"])] if "fwmark" in policy.match else []
    words += [_ACTIONS[policy.action]] if policy.action in _ACTIONS else ["lookup", policy.table]
    return " ".join(words)
