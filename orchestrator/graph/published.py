"""Published ports, each at the interface that takes it: as the engine lists them, and what else rules translate."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from netproof.facts import Snapshot
from netproof.facts.model import ContainerFact, Namespace
from netproof.graph.rule_match import words
from netproof.graph.ways_out import exits

_ANY = {"", "0.0.0.0", "::"}  # noqa: S104 - a fact, not a server


def at_interfaces(snapshot: Snapshot) -> dict[str, list[str]]:
    """{interface of the lab host: `*:8080 -> web:80/tcp`}; under "" those that no interface to the outside takes."""
    space = snapshot.namespaces["host"]
    found: dict[str, list[str]] = {}
    for address, line in sorted(set(_all(snapshot)), key=lambda each: each[1]):
        taken = _interfaces(space, address)
        missing = "" if taken or address in _ANY else " (no interface has it)"
        for name in taken or [""]:
            found.setdefault(name, []).append(line + missing)
    return found


def _all(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """(address, line)."""
    told: set[tuple[str, str]] = set()
    for each in snapshot.engine.containers:
        for address, outer, inner in _published(each):
            told.add((outer, inner.partition("/")[2]))
            yield address, f"{_listen(address)}:{outer} -> {each.name}:{inner}"
    for address, outer, to, proto in _translated(snapshot.namespaces["host"]):
        if (outer, proto) not in told:
            yield address, f"{_listen(address)}:{outer} -> {_owner(snapshot, to)}/{proto}"


def _published(container: ContainerFact) -> Iterator[tuple[str, str, str]]:
    """(address, port, port/proto inside); on all IPv6 addresses only where it is not on all IPv4 ones, too."""
    bound = [(one["HostIp"], one["HostPort"], port) for port, several in container.ports.items() for one in several]
    both = {(outer, port) for address, outer, port in bound if address in _ANY and address != "::"}
    for address, outer, port in bound:
        if address != "::" or (outer, port) not in both:
            yield address, outer, port


def _translated(space: Namespace) -> Iterator[tuple[str, str, str, str]]:
    """(address, port, to, proto) of rules of nat that send a port elsewhere."""
    for flavour in space.netfilter.iptables.values():
        for rule in flavour["nat"].rules if "nat" in flavour else ():
            read = words(rule.rule)
            if read.target == "DNAT" and "--dport" in read.asks and "-p" in read.asks:
                asks = list(read.asks)
                outer, proto = asks[asks.index("--dport") + 1], asks[asks.index("-p") + 1]
                address = read.ends.get("-d", (False, ""))[1].partition("/")[0]
                yield address, outer, read.options.get("--to-destination", ""), proto


def _owner(snapshot: Snapshot, to: str) -> str:
    """`ingress_sbox:8080` for `172.18.0.2:8080`, where a namespace of the lab host has that address."""
    address, _, port = to.rpartition(":")
    for place, space in snapshot.namespaces.items():
        if place != "host" and any(one.address.partition("/")[0] == address.strip("[]") for one in space.addresses):
            return f"{place.rpartition(':')[2].rpartition('/')[2]}:{port}"
    return to


def _interfaces(space: Namespace, address: str) -> list[str]:
    """Which interfaces take what is sent to an address; all ways out for any."""
    if address in _ANY:
        return [link.name for link in exits(space)]
    if ipaddress.ip_address(address).is_loopback:
        return ["lo"]
    return list(dict.fromkeys(one.interface for one in space.addresses if one.address.partition("/")[0] == address))


def _listen(address: str) -> str:
    if address in _ANY and address != "::":
        return "*"
    return f"[{address}]" if ":" in address else address
