"""Rules of `ip rule` that a packet's route was looked up by, besides the three that every namespace has."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from attrs import evolve

from netproof.facts import rule_words
from netproof.facts.model import Policy
from netproof.walk.diagnosis.scene import Scene, leads_to
from netproof.walk.routes import Query

_USUAL = {0, 32766, 32767}
_WHOLE = 0xFFFFFFFF
_BLACKHOLE = "blackhole"
_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
_MARKS = {"fwmark", "fwmask"}  # the kernel leaves out a mark of 0 that has a mask
_NEVER = ("tos", "dscp", "flowlabel", "tun_id", "l3mdev")  # what a walk's packets have not
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
    if "not" in wanted:  # what such a rule leaves out may be any part of it
        return not _matches(evolve(policy, match={key: one for key, one in wanted.items() if key != "not"}), query)
    mask = int(wanted.get("fwmask", _WHOLE))
    return (
        wanted.get("iif", interface) == interface
        and (not wanted.keys() & _MARKS or int(wanted.get("fwmark", 0)) & mask == query.mark & mask)
        and not any(int(str(wanted.get(name, 0)), 0) for name in _NEVER)
        and _within(query.src, wanted.get("from"))
        and _within(query.dst, wanted.get("to"))
        and "oif" not in wanted
        and _PROTOCOLS.get(wanted.get("ip_proto", ""), query.proto) == query.proto
        and _among(query.sport, wanted.get("sport_range"), wanted.get("sport_mask"))
        and _among(query.dport, wanted.get("dport_range"), wanted.get("dport_mask"))
        and (not query.iif or "uid_range" not in wanted)
    )


def _among(port: int, wanted: str | None, mask: str | None) -> bool:
    """Whether a port is in a range such as `80:90`, or has the bits of a mask as the first of it."""
    if wanted is None:
        return True
    first, _, last = wanted.partition(":")
    if mask is not None:
        return port & int(mask) == int(first)
    return int(first) <= port <= int(last)


def _within(address: str, network: str | None) -> bool:
    if network is None:
        return True
    return bool(address) and ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)


def _said(policy: Policy) -> str:
    words = (
        f"{policy.priority}:",
        rule_words.match(policy.match),
        rule_words.outcome(policy.action, policy.table, policy.match),
    )
    return " ".join(word for word in words if word)
