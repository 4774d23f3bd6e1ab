"""To whom a packet is delivered that arrived: its ends when the kernel looked for a socket, after all translation."""

from __future__ import annotations

import re

from attrs import evolve, frozen

from netproof.facts.packets import Packet
from netproof.walk.legs import PacketPath, arrived
from netproof.walk.observations import Seen
from netproof.walk.segments import NamespaceHop, became

_TPROXY = re.compile(r"-j TPROXY --on-port (?P<port>\d+)(?: --on-ip (?P<ip>\S+))?")
_TPROXY_NFT = re.compile(r"tproxy (?:ip6? )?to (?:\[?(?P<ip>[0-9a-f.:]*[0-9a-f])\]?)?(?::(?P<port>\d+))?")
_ANY = {"0.0.0.0", "::", None}  # noqa: S104 - what rules say, nothing is bound to it


@frozen
class Delivery:
    """A packet's ends where it arrived, and the interface it came in by.

    With `proxied` a TPROXY rule hands it to the socket at `target`, or at an address of the interface where that is "".
    """

    place: str
    packet: Packet
    interface: str
    target: str
    port: int
    proxied: bool = False


def delivery(seen: Seen, way: PacketPath | None) -> Delivery | None:
    """Where a packet was delivered; None when it did not arrive, was dropped there, or has no ports."""
    if way is None or not arrived(way):
        return None
    segment = way.segments[-1]
    if any(step.verdict == "drop" for chain in segment.chains for step in chain.steps):
        return None
    packet = as_delivered(seen, segment)
    if packet.proto not in {"tcp", "udp"} or packet.dport is None:
        return None
    interface = segment.came[-1].interface if segment.came else "lo"
    found = Delivery(segment.place, packet, interface, packet.dst, packet.dport)
    for chain in segment.chains:
        for step in chain.steps:
            target, port = proxied(step.text)
            if port is not None:
                return evolve(found, target=target, port=port or packet.dport, proxied=True)
    return found


def proxied(rule: str) -> tuple[str, int | None]:
    """Where a TPROXY rule hands packets: an address ("": the interface's), a port (0: theirs; None: it is no such)."""
    found = _TPROXY.search(rule) or _TPROXY_NFT.search(rule)
    if found is None:
        return "", None
    return "" if found["ip"] in _ANY else str(found["ip"]), int(found["port"] or 0)


def as_delivered(seen: Seen, segment: NamespaceHop) -> Packet:
    """The packet as the input hook met it; where nothing saw it there, as conntrack says that it became."""
    late = next((chain.packet for chain in segment.chains if chain.hook == "input"), None)
    return late if late is not None else became(seen, segment.place, segment.first)
