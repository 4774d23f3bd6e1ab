"""How a bridge's containers leave: by which interface, under which address, or why they do not.

What is told is what the kernel has: forwarding, the rules of FORWARD and POSTROUTING. Only rules that take every new
packet of a subnet are judged; one that asks for a protocol, a port or a mark decides about some of them, and no line
of a picture says about which.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from netproof.facts import Snapshot
from netproof.facts.model import Link, Namespace, Table
from netproof.graph.model import Edge
from netproof.graph.rule_match import Subnet, words

_NOT_OUT = {"bridge", "macvlan", "ipvlan", "macvtap", "vxlan", "dummy"}
_Way = tuple[str, str, Subnet]  # by which interface it comes, by which it goes, and from where
_DEPTH = 16  # of jumps; no ruleset of ours is deeper, and a loop ends


def exits(space: Namespace) -> list[Link]:
    """The interfaces by which a lab host reaches its wires: those of its default routes, or else all with addresses."""
    with_address = {each.interface for each in space.addresses if each.scope == "global"}
    found = [
        link
        for link in space.links
        if link.kind not in _NOT_OUT and not link.master and link.name != "lo" and link.name in with_address
    ]
    default = {each.interface for each in space.routes if each.dst in {"0.0.0.0/0", "::/0", "default"}}
    return [link for link in found if link.name in default] or found


def ways_out(host: str, snapshot: Snapshot) -> Iterator[Edge]:
    """An edge from each bridge of a lab host to each way out: kind forward, or blocked; its label says what happens."""
    space = snapshot.namespaces["host"]
    for bridge in (link for link in space.links if link.kind == "bridge"):
        for out in exits(space):
            told = [_told(space, (bridge.name, out.name, subnet)) for subnet in _subnets(space, bridge.name, out.name)]
            if told:
                kind = "forward" if any(passes for passes, _ in told) else "blocked"
                ends = (f"host/{link.name}" for link in (bridge, out))
                start, end = (f"{host}/{one}" for one in ends)
                yield Edge(start, end, kind, "\n".join(dict.fromkeys(line for _, line in told)))


def _subnets(space: Namespace, bridge: str, out: str) -> list[Subnet]:
    """A bridge's subnets, of the families that its way out has."""

    def on(name: str) -> list[Subnet]:
        found = (one for one in space.addresses if one.interface == name and one.scope == "global")
        return [ipaddress.ip_interface(one.address).network for one in found]

    families = {one.version for one in on(out)}
    return [one for one in dict.fromkeys(on(bridge)) if one.version in families]


def _told(space: Namespace, way: _Way) -> tuple[bool, str]:
    """Whether it is forwarded, and what is to be said of that."""
    subnet = way[2]
    version = f"ipv{subnet.version}"
    if space.sysctls.get(f"net.{version}.conf.all.forwarding") == "0":
        return False, f"{subnet} is not forwarded:\nnet.{version}.conf.all.forwarding = 0"
    tables = [tables for name, tables in space.netfilter.iptables.items() if ("ip6" in name) == (version == "ipv6")]
    for each in tables:
        dropped = _dropped(each.get("filter"), way)
        if dropped:
            return False, f"{dropped[0]} {subnet}\nin {dropped[1]}"
    found = [said for each in tables if (said := _translated(each.get("nat"), way))]
    return True, found[0] if found else f"{subnet} goes as it is"


def _dropped(table: Table | None, way: _Way) -> tuple[str, str] | None:
    """What drops all that leaves, and where; None where something lets it pass."""
    if table is None:
        return None
    verdict, where = _verdict(table, "FORWARD", way, _DEPTH)
    if verdict == "" and "FORWARD" in table.chains and not _undecided(table, way):
        verdict, where = table.chains["FORWARD"].policy, "FORWARD, by its policy"
    return (verdict, where) if verdict in {"DROP", "REJECT"} else None


def _undecided(table: Table, way: _Way) -> bool:
    """Whether something accepts some of the packets, by what cannot be judged here."""
    read = [words(rule.rule) for rule in table.rules if rule.chain not in {"INPUT", "OUTPUT"}]
    accepts = [one for one in read if one.target == "ACCEPT" and "--ctstate" not in one.asks]
    return any(one.passes(*way) is None for one in accepts)


def _verdict(table: Table, chain: str, way: _Way, depth: int) -> tuple[str, str]:
    """What a chain decides for every new packet, and where; nothing where it does not."""
    for rule in (one for one in table.rules if one.chain == chain):
        read = words(rule.rule)
        if not read.passes(*way):
            continue
        if read.target in {"ACCEPT", "DROP", "REJECT"}:
            return read.target, chain
        if read.target == "RETURN":
            return "", ""
        if read.target in table.chains and depth:
            found = _verdict(table, read.target, way, depth - 1)
            if found[0]:
                return found
    return "", ""


def _translated(table: Table | None, way: _Way) -> str:
    """What POSTROUTING makes of all that leaves."""
    for rule in table.rules if table is not None else ():
        read = words(rule.rule)
        # Where it came in cannot be asked any more.
        if rule.chain != "POSTROUTING" or "-i" in read.ends or not read.passes(*way):
            continue
        if read.target == "MASQUERADE":
            return f"MASQUERADE {way[2]}"
        if read.target == "SNAT":
            return f"SNAT {way[2]} to {read.options.get('--to-source', '')}"
        if read.target in {"ACCEPT", "RETURN"}:
            return ""
    return ""
