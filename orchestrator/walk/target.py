"""Who is asked: DST[:PORT] of a command line, as address and port."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from attrs import frozen

from orchestrator.errors import UnknownName, UsageError
from orchestrator.running import RunningLab

PROTOCOLS = ("icmp", "tcp", "udp")
_MAX_PORT = 65_535
_LIMIT = 20.0
_WRITTEN = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<name>[^:\[\]]+))(?::(?P<port>\d+))?")


@frozen
class Asked:
    """An address, the protocol to ask it with, and a port (0 for icmp)."""

    address: str
    proto: str
    port: int


def asked(lab: RunningLab, source: str, target: str, proto: str) -> Asked:
    """What a target means to a node. UsageError or UnknownName for what cannot be asked."""
    name, port = _split(target)
    if proto and proto not in PROTOCOLS:
        raise UnknownName("protocol", proto, PROTOCOLS)
    chosen = proto or ("tcp" if port else "icmp")
    if chosen != "icmp" and not port:
        raise UsageError(f"{chosen} needs a port.", f"Write it behind the target: {name}:80.")
    if chosen == "icmp" and port:
        raise UsageError("icmp has no ports.", f"Leave it away: {name}; or say --proto tcp or udp.")
    lab.lab.host_of(source)
    return Asked(_address(lab, source, name), chosen, port)


def _split(target: str) -> tuple[str, int]:
    if _is_address(target):
        return target, 0
    found = _WRITTEN.fullmatch(target)
    port = int(found["port"] or 0) if found else 0
    if found is None or port > _MAX_PORT or (found["port"] is not None and not port):
        raise UsageError(
            f"{target!r} is not a target.", "Write a node, an address or a name, and a port: web:80, 203.0.113.1:80."
        )
    return found["six"] or found["name"], port


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _address(lab: RunningLab, source: str, name: str) -> str:
    if _is_address(name):
        return name
    if name in lab.lab.places:
        return _of_node(lab, source, name)
    found = lab.run(source, ["getent", "ahosts", name], limit=_LIMIT)
    address = found.stdout.split()[0] if found.stdout.split() else ""
    if not _is_address(address):
        raise UnknownName("node, address or name", name, lab.lab.places, of=f"{lab.lab.name}, as {source} sees it")
    return address


def _interfaces(lab: RunningLab, name: str) -> list[ipaddress.IPv4Interface | ipaddress.IPv6Interface]:
    agent, place = lab.at(name)
    space: dict[str, Any] = agent.call("namespace", place=place)
    found = [ipaddress.ip_interface(one["address"]) for one in space["addresses"] if one["scope"] == "global"]
    return sorted(found, key=lambda one: one.version)


def _of_node(lab: RunningLab, source: str, name: str) -> str:
    """The address of a node on a network that the source is on, too; else its first."""
    theirs = _interfaces(lab, name)
    if not theirs:
        raise UsageError(
            f"{name} has no address.", f"`invoke lab status {lab.instance.arguments}` shows who has which."
        )
    networks = [one.network for one in _interfaces(lab, source)] if source != name else []
    shared = [one for one in theirs if any(one.ip in network for network in networks)]
    return str((shared or theirs)[0].ip)
