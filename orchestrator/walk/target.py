"""Who is asked: DST[:PORT] of a command line, as address and port."""

from __future__ import annotations

import ipaddress
import re

from attrs import frozen

from netproof.errors import UnknownName, UsageError
from netproof.lab.running import RunningLab
from netproof.walk.target_name import Named, named

PROTOCOLS = ("icmp", "tcp", "udp")
_MAX_PORT = 65_535
_DATAGRAM = 65_507 - 20  # what IPv4 and IPv6 both take
_WRITTEN = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<name>[^:\[\]]+))(?::(?P<port>\d+))?")


@frozen
class Way:
    """How to ask: bytes of data (0: as needed), whether in one packet, and from which port (0: any)."""

    size: int = 0
    df: bool = False
    from_port: int = 0


@frozen
class Asked:
    """An address, the protocol to ask it with, a port (0 for icmp), and how the address was found, if by a name."""

    address: str
    proto: str
    port: int
    named: Named


def asked(lab: RunningLab, source: str, target: str, proto: str, how: Way) -> Asked:
    """What a target means to a node. UsageError or UnknownName for what cannot be asked."""
    name, port = _split(target)
    if proto and proto not in PROTOCOLS:
        raise UnknownName("protocol", proto, PROTOCOLS)
    chosen = proto or ("tcp" if port else "icmp")
    if chosen != "icmp" and not port:
        raise UsageError(f"{chosen} needs a port.", f"Write it behind the target: {name}:80.")
    if chosen == "icmp" and port:
        raise UsageError("icmp has no ports.", f"Leave it away: {name}; or say --proto tcp or udp.")
    if chosen == "icmp" and how.from_port:
        raise UsageError("icmp has no ports to ask from.", "Leave --from-port away; or say --proto tcp or udp.")
    if chosen != "tcp" and how.size > _DATAGRAM:
        raise UsageError(f"{how.size} bytes do not fit into one packet of {chosen}.", f"At most {_DATAGRAM} do.")
    lab.host_of(source)
    found = Named(name) if _is_address(name) else named(lab, source, name)
    return Asked(found.address, chosen, port, found)


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
