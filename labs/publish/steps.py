"""What several claims of publish do, kept out of the way of what they claim."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from netproof.facts.model import Flow
from netproof.facts.packets import Packet
from netproof.fixtures.changes import Change
from netproof.lab import observe
from netproof.lab.observe import Answer
from netproof.lab.running import RunningLab
from netproof.labs.publish.names import CLIENT
from netproof.wait import until

_STEP = re.compile(r"^trace id (\w+) ip (\S+) (\S+) (?:packet|rule|policy)", re.MULTILINE)


def count_in(change: Change, lab: RunningLab, table: str, chain: str, match: str) -> Callable[[], int]:
    """Put a rule that only counts in front of a chain of the host; returns how to read its counter."""
    change.run("host", f"iptables -t {table} -I {chain} 1 {match}", f"iptables -t {table} -D {chain} {match}")
    return lambda: observe.rule(lab, "host", table, chain, match).packets


def begin_trace(change: Change) -> None:
    """Have nftables tell what becomes of the client's SYNs to port 8080 of the host, into /run/trace."""
    chain = "'{ type filter hook prerouting priority -350 ; }'"
    mark = f"ip saddr {CLIENT} tcp dport 8080 'tcp flags & (syn|ack) == syn' meta nftrace set 1"
    change.run(
        "host",
        f"nft add table ip traced && nft add chain ip traced begin {chain} && nft add rule ip traced begin {mark}",
        "nft delete table ip traced",
    )
    change.run(
        "host",
        "nft monitor trace >/run/trace 2>&1 </dev/null & echo $! >/run/trace.pid",
        "kill $(cat /run/trace.pid); rm /run/trace /run/trace.pid",
    )


def traced_path(lab: RunningLab, port: int) -> list[str]:
    """The chains (`nat DOCKER`) that the SYN from a port of the client passed, in order, as far as they are told."""
    told = lab.run("host", "cat /run/trace").stdout
    mine = {line.split()[2] for line in told.splitlines() if f"tcp sport {port} " in line}
    steps = [f"{table} {chain}" for packet, table, chain in _STEP.findall(told) if packet in mine]
    return list(dict.fromkeys(steps))


def ends(packets: Iterable[Packet], flags: str) -> set[tuple[str, int | None, str]]:
    """{(from, its port, to)} of the TCP packets with these flags."""
    return {(packet.src, packet.sport, packet.dst) for packet in packets if packet.flags == flags}


def flows_from(lab: RunningLab, address: str, port: int) -> list[Flow]:
    """What the host tracks of what this port of this address opened."""
    return [flow for flow in observe.flows(lab, "host") if (flow.original.src, flow.original.sport) == (address, port)]


def asked(lab: RunningLab, name: str, address: str, port: int) -> Answer:
    """What a UDP server said; a datagram or its answer may be lost, so it is asked again for a while."""
    said: list[Answer] = []

    def ask() -> bool:
        said[:] = [observe.ask(lab, name, address, port, seconds=1)]
        return said[0].outcome == "answered"

    until(ask, 10)
    return said[0]
