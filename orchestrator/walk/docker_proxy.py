"""What docker-proxy asks in turn when an exchange comes to it: a connection of its own, with an end of its own."""

from __future__ import annotations

import itertools

from attrs import evolve, frozen

from netproof.facts.packets import Packet
from netproof.lab.running import RunningLab
from netproof.walk.diagnosis.listeners import Taken
from netproof.walk.legs import Ask, Exchange, PacketPath, decide, packets, path
from netproof.walk.model import Death, Walk
from netproof.walk.observations import Seen
from netproof.walk.socket_owners import Owner

_NAME = "docker-proxy"
_MARKLESS = -1  # the port of no packet


@frozen
class Relay:
    """The process that relays, whom it asks, and the packets of that; `ways` is empty where it sent none."""

    owner: Owner
    address: str
    port: int
    exchange: Exchange
    ways: tuple[PacketPath, ...]

    @property
    def asked(self) -> PacketPath | None:
        """The way of its question."""
        return next((one for one in self.ways if one.direction == "there"), None)


def ports(running: RunningLab) -> list[int]:
    """The ports that relays of the lab ask, so that a trace knows them beforehand."""
    pending = [running.agent(host).submit("relays") for host in running.hosts]
    found = [_target(words) for one in pending for words in one.result()]
    return sorted({port for _, port in found if port})


def _target(command: tuple[str, ...] | list[str]) -> tuple[str, int]:
    """(address, port) of docker-proxy's command line; ("", 0) where it does not say."""
    said = dict(itertools.pairwise(command))
    port = said.get("-container-port", "")
    return said.get("-container-ip", ""), int(port) if port.isdigit() else 0


def relay(seen: Seen, taken: Taken | None, there: PacketPath | None, mine: Exchange, ask: Ask) -> Relay | None:
    """The relay that took an exchange's question, if one did, and what it asked."""
    owner = next((one for one in taken.owners if one.name == _NAME), None) if taken is not None else None
    if taken is None or owner is None or there is None:
        return None
    address, port = _target(owner.command)
    place, proto = taken.delivery.place, mine.proto
    began = min((one.at for segment in there.segments for one in segment.went), default=0)
    sent = [one.packet for one in seen.sightings if one.place == place and one.how == "out" and one.at >= began]
    sent += [one.packet for one in seen.traversals if one.place == place and one.hook == "output"]  # and dropped there
    first = next((one for one in sent if _begins(one, (proto, address, port)) and not mine.has(one)), None)
    exchange = Exchange(proto, (first.sport or 0) if first is not None else _MARKLESS, place)
    return Relay(owner, address, port, exchange, tuple(ways(seen, exchange, ask)))


def _begins(packet: Packet, target: tuple[str, str, int]) -> bool:
    return (packet.proto, packet.dst, packet.dport) == target and packet.flags in {"", "SYN"}


def ways(seen: Seen, exchange: Exchange, ask: Ask) -> list[PacketPath]:
    """The packets worth telling: the first one there, an error about it, the first one back, what reset it later."""
    mine = list(packets(seen, exchange.has))
    there = next((one for one in mine if exchange.is_there(one)), None)
    back = next((one for one in mine if not exchange.is_there(one)), None)
    errors = packets(seen, lambda one: one.quoted is not None and exchange.has(one.quoted))
    resets = [one for one in mine if "RST" in one.flags and not exchange.is_there(one) and one is not back]
    chosen = [("there", there), ("error", next(errors, None)), ("back", back), ("reset", next(iter(resets), None))]
    found = [path(seen, direction, packet) for direction, packet in chosen if packet is not None]
    for way in found:
        decide(seen, way, ask)
    return found


def outcome(seen: Seen, found: Relay) -> str:
    """How the relay's own exchange went: answered, silent, timeout, refused, reset or unreachable."""
    mine = list(packets(seen, found.exchange.has))
    back = [one for one in mine if not found.exchange.is_there(one)]
    if any(one.payload for one in back):
        return "answered"
    connected = any("SYN" in one.flags for one in back)
    if any("RST" in one.flags for one in back):
        return "reset" if connected else "refused"
    errors = packets(seen, lambda one: one.quoted is not None and found.exchange.has(one.quoted))
    if next(errors, None) is not None:
        return "unreachable"
    if not connected:
        return "timeout"
    asked = any(one.payload for one in mine if found.exchange.is_there(one))
    return "silent" if asked else "answered"  # it was asked nothing, so the question was lost before it


def its_walk(found: Walk, one: Relay, how: str) -> Walk:
    """The walk of the relay's own exchange, as far as detectors look at it."""
    legs = tuple(leg for leg in found.legs if leg.direction.startswith("relay"))
    return evolve(found, address=one.address, port=one.port, outcome=how, errno="", legs=legs)


def passed_on(one: Relay, how: str, death: Death, places: set[str]) -> Death:
    """The relay's death as that of the exchange it relays."""
    words = {"refused": "was refused", "reset": "was reset", "unreachable": "was told that it is unreachable"}
    why = death.why if death.why.split(" ")[0] in places else death.why[0].lower() + death.why[1:]
    target = f"[{one.address}]:{one.port}" if ":" in one.address else f"{one.address}:{one.port}"
    return evolve(death, why=f"{one.owner} asked {target} in turn and {words.get(how, 'got no answer')}: {why}")
