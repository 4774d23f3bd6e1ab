"""Questions for a MAC address, over either family: ARP requests and neighbour solicitations."""

from __future__ import annotations

from collections.abc import Iterator

from netproof.facts.packets import Packet
from netproof.walk.observations import CapturedFrame, Seen

_ASKS, _TELLS = {"request", "neighbour solicitation"}, {"reply", "neighbour advertisement"}


def called(address: str) -> str:
    """What such questions are called in the family of an address."""
    return "neighbour solicitations" if ":" in address else "ARP requests"


def _about(packet: Packet, address: str, kinds: set[str], arp: str) -> bool:
    if packet.kind not in kinds or packet.proto not in {"arp", "icmpv6"}:
        return False
    return (packet.about if packet.proto == "icmpv6" else arp) == address


def is_request(packet: Packet, address: str) -> bool:
    """Whether a packet asks who has an address."""
    return _about(packet, address, _ASKS, packet.dst)


def is_reply(packet: Packet, address: str) -> bool:
    """Whether a packet tells who has an address."""
    return _about(packet, address, _TELLS, packet.src)


def requests(seen: Seen, place: str, address: str) -> list[CapturedFrame]:
    """Questions for an address that a namespace sent."""
    return [one for one in _at(seen, place) if one.how == "out" and is_request(one.packet, address)]


def replies(seen: Seen, place: str, address: str) -> list[CapturedFrame]:
    """Answers about an address that came to a namespace."""
    return [one for one in _at(seen, place) if one.how != "out" and is_reply(one.packet, address)]


def _at(seen: Seen, place: str) -> Iterator[CapturedFrame]:
    return (one for one in seen.sightings if one.place == place)
