"""Commands that put back what a namespace is set to beyond its interfaces, addresses and routes.

Each yields commands for what differs between two namespaces, as agents send them. What a command cannot put back
stays, and whoever compares will see it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

Space = dict[str, Any]
_PORT = {"unicast_flood": "flood", "mcast_flood": "mcast_flood", "bcast_flood": "bcast_flood"}
_NAMES = {"alias", "altnames"}
_OF_ANY_LINK = {
    "link_group": "group",
    "gso_max_size": "gso_max_size",
    "gso_max_segs": "gso_max_segs",
    "gro_max_size": "gro_max_size",
    "protodown": "protodown",
}
_OF_BRIDGES = {"bridge", "vxlan", "vlan"}


def link_settings(before: Space, now: Space) -> Iterator[str]:
    """What bridges, their ports and tunnels are set to, and what interfaces do themselves."""
    has = {link["name"]: link for link in now["links"]}
    for had in before["links"]:
        name, there = had["name"], has.get(had["name"])
        if there is None or there["kind"] != had["kind"]:
            continue
        yield from _names(name, had["details"], there["details"])
        for key, value in _changed(had["details"], there["details"]):
            if key in _OF_ANY_LINK:
                yield f"ip link set {name} {_OF_ANY_LINK[key]} {value}"
            elif had["kind"] in _OF_BRIDGES and key not in _NAMES:
                yield f"ip link set {name} type {had['kind']} {key} {value}"
        for key, value in _changed(had["port"], there["port"]):
            if key in _PORT:
                yield f"bridge link set dev {name} {_PORT[key]} {'on' if value else 'off'}"
            elif key not in {"learning", "hairpin", "isolated", "flood"}:  # put back with the interface
                yield f"ip link set {name} type bridge_slave {key} {value}"
        yield from _offloads(name, set(had.get("offloads", ())), set(there.get("offloads", ())))


def _names(name: str, had: dict[str, Any], has: dict[str, Any]) -> Iterator[str]:
    """What else an interface is called: an alias, which may be anything, and names that commands take."""
    if had.get("alias", "") != has.get("alias", ""):
        yield f"ip link set {name} alias {shlex.quote(had.get('alias', ''))}"
    others, there = (set(each.get("altnames", "").split()) for each in (had, has))
    for change, names in (("del", there - others), ("add", others - there)):
        for other in sorted(names):
            yield f"ip link property {change} dev {name} altname {other}"


def _changed(had: dict[str, Any], has: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in had.items() if key in has and has[key] != value]


def _offloads(name: str, had: set[str], has: set[str]) -> Iterator[str]:
    for feature in sorted(had ^ has):
        yield f"ethtool -K {name} {feature} {'on' if feature in had else 'off'}"


def labels(before: Space, now: Space) -> Iterator[str]:
    """Address labels."""
    had, has = (set(space.get("labels", ())) for space in (before, now))
    for line in sorted(has - had):
        yield f"ip addrlabel del {line}"
    for line in sorted(had - has):
        yield f"ip addrlabel add {line}"


def proxies(before: Space, now: Space) -> Iterator[str]:
    """Addresses that an interface answers for."""
    had, has = (set(space.get("proxies", ())) for space in (before, now))
    for line in sorted(has - had):
        yield f"ip neigh del proxy {line}"
    for line in sorted(had - has):
        yield f"ip neigh add proxy {line}"


def next_hops(before: Space, now: Space) -> Iterator[str]:
    """Next hops that are new; none that an engine made is ever lost alone."""
    known = set(before.get("nexthops", ()))
    for line in now.get("nexthops", ()):
        if line not in known:
            yield f"ip nexthop del {' '.join(line.split()[:2])}"


def transforms(before: Space, now: Space) -> Iterator[str]:
    """xfrm policies and states, where there were none: what an engine encrypts with is its own business."""
    if now.get("xfrm") and not before.get("xfrm"):
        yield "ip xfrm policy flush"
        yield "ip xfrm state flush"
