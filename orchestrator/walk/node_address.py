"""A node's own address, as another node would ask for it."""

from __future__ import annotations

import ipaddress
from typing import Any

from netproof.errors import UsageError
from netproof.lab.running import RunningLab

Interface = ipaddress.IPv4Interface | ipaddress.IPv6Interface


def address_of(running: RunningLab, asker: str, name: str) -> str:
    """The address of a node that another one reaches best: on a network of both, not the asker's own, with a route.

    UsageError when the node has none.
    """
    theirs = _interfaces(running, name)
    if not theirs:
        raise UsageError(
            f"{name} has no address.", f"`invoke lab status {running.instance.arguments}` shows who has which."
        )
    mine = [] if asker == name else _interfaces(running, asker)
    own, networks = {one.ip for one in mine}, [one.network for one in mine]
    # Every engine gives its bridges the same addresses: one that several machines have names none of them.
    twins = {one.ip for host in running.hosts if host not in {asker, name} for one in _interfaces(running, host)}
    others = [one for one in theirs if one.ip not in own] or theirs
    others = [one for one in others if one.ip not in twins] or others
    others.sort(key=lambda one: (not any(one.ip in network for network in networks), one.version))
    return _routed(running, asker, [str(one.ip) for one in others])


def _routed(running: RunningLab, asker: str, addresses: list[str]) -> str:
    """The first of these that the asker has a route to; the first where it has none to any."""
    agent, place = running.at(asker)
    queries = [{"dst": one, "src": "", "iif": ""} for one in addresses]
    answers = agent.call("routes", place=place, queries=queries) if len(addresses) > 1 else []
    usable = [one["dst"] for one in answers if not one["error"] and one["type"] in {"unicast", "local"}]
    return str((usable or addresses)[0])


def _interfaces(running: RunningLab, name: str) -> list[Interface]:
    agent, place = running.at(name)
    space: dict[str, Any] = agent.call("namespace", place=place)
    found = [ipaddress.ip_interface(one["address"]) for one in space["addresses"] if one["scope"] == "global"]
    return sorted(found, key=lambda one: one.version)
