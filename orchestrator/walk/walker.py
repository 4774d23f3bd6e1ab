"""Walks: taps everything, asks once, and puts together what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from attrs import asdict, evolve

from netproof.lab.running import RunningLab
from netproof.walk.diagnosis.delivery import Delivery
from netproof.walk.diagnosis.listeners import Listeners, taking
from netproof.walk.diagnosis.outcome import ended
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.docker_proxy import Relay, relay
from netproof.walk.docker_proxy import outcome as relay_outcome
from netproof.walk.docker_proxy import ways as found_ways
from netproof.walk.exchange_recording import Taken, take
from netproof.walk.legs import Exchange, PacketPath, leg
from netproof.walk.model import Leg, Station, Walk
from netproof.walk.observations import Seen, ends
from netproof.walk.routes import Query, Route
from netproof.walk.target import Asked, Way, asked

_ANSWERED = {"type", "gateway", "interface", "source", "mtu", "error"}  # of a route lookup


def walk(  # noqa: PLR0913 - who asks whom, and how
    running: RunningLab,
    source: str,
    target: str,
    *,
    proto: str = "",
    size: int = 0,
    df: bool = False,
    from_port: int = 0,
) -> Walk:
    """Send one exchange from a node to a node, an address or a name (`DST[:PORT]`), and tell what it passed.

    `proto` is icmp, tcp or udp; tcp when the target has a port, else icmp. `size` are the bytes of data that the asker
    sends at least (0: as many as it needs), with `df` in one packet; `from_port` is the port it asks from (0: any),
    so that an existing flow can be walked. Raises UsageError or UnknownName for what cannot be asked.
    """
    way = Way(size, df, from_port)
    wanted = asked(running, source, target, proto, way)
    begun = _begun(running, source, target, wanted)
    if wanted.named.death is not None:
        return evolve(begun, outcome="no address", legs=(wanted.named.leg,), death=wanted.named.death)
    taken = take(running, source, wanted, way)
    snapshot = running.snapshot_begun() if taken.sent["outcome"] != "answered" else None
    exchange, ask = (
        Exchange(wanted.proto, taken.mark, taken.place, taken.sent["tid"]),
        partial(_ask, running, taken.seen),
    )
    listeners = Listeners(running, taken.seen)
    ways = found_ways(taken.seen, exchange, ask)
    there = next((one for one in ways if one.direction == "there"), None)
    relaying = relay(taken.seen, listeners.of(there), there, exchange, ask)
    how = relay_outcome(taken.seen, relaying) if relaying is not None else ""
    shown = [*ways[:1], *_relay_legs(relaying, how), *(one for one in ways[1:] if _is_shown(one, taken))]
    found = evolve(
        begun,
        outcome=taken.sent["outcome"],
        errno=taken.sent["errno"],
        answer=taken.sent["text"],
        legs=_legs(taken, listeners, exchange, wanted, shown),
        told_by=_tellers(taken.seen),
        missing=tuple(sorted(set(taken.seen.missing))),
    )
    return ended(Scene(running, taken.seen, exchange, ways, found, ask, listeners, snapshot), relaying, how)


def _is_shown(way: PacketPath, taken: Taken) -> bool:
    """A reset that came after the answer is the asker's own doing: it closed while more was on its way."""
    return way.direction != "reset" or taken.sent["outcome"] != "answered"


def _begun(running: RunningLab, source: str, target: str, wanted: Asked) -> Walk:
    """A walk that has not set out."""
    host = running.hosts[running.host_of(source)]
    return Walk(
        lab=running.lab.name,
        engine=host.engine,
        firewall=host.firewall,
        kernel=running.agent(host.host).call("hello")["kernel"],
        source=source,
        target=target,
        address=wanted.address,
        proto=wanted.proto,
        port=wanted.port,
        outcome="",
        told_by=("the asker's C library", "a capture of what it asked"),
    )


def _legs(
    taken: Taken, listeners: Listeners, exchange: Exchange, wanted: Asked, shown: Sequence[PacketPath]
) -> tuple[Leg, ...]:
    """Every leg in words; in front of the first one, how the name was looked up."""
    start = min((one.at for one in taken.seen.sightings), default=0)
    found = [_told(taken, listeners, exchange, wanted, way, start) for way in shown]
    if found:
        found[0] = evolve(found[0], stations=(*wanted.named.stations, *found[0].stations))
    elif wanted.named.stations:
        found = [wanted.named.leg]
    return tuple(found)


def _told(  # noqa: PLR0913, PLR0917 - a leg, and what is known of the exchange
    taken: Taken, listeners: Listeners, exchange: Exchange, wanted: Asked, way: PacketPath, start: int
) -> Leg:
    """A leg, with the processes at its ends."""
    taker = listeners.of(way) if way.direction in {"there", "relay"} else None
    end = _process(way.segments[-1].place, taking(taker), taker.delivery) if taker is not None else None
    found = leg(taken.seen, way, start, end)
    if way.direction != "there":
        return found
    text = "asks" if wanted.proto == "icmp" else f"asks from port {exchange.mark}"
    return evolve(found, stations=(_process(exchange.source, f"netproof {text}"), *found.stations))


def _process(place: str, text: str, delivered: Delivery | None = None) -> Station:
    source, target = ends(delivered.packet) if delivered is not None else ("", "")
    return Station(
        kind="process", place=place, name="process", text=text, source=source, target=target, told_by="netlink"
    )


def _relay_legs(found: Relay | None, how: str) -> list[PacketPath]:
    """What a relay asked; where that was not answered, what came back, too."""
    wanted = (
        {"there": "relay"} if how == "answered" else {"there": "relay", "error": "relay-error", "back": "relay-back"}
    )
    ways = found.ways if found is not None else ()
    return [evolve(way, direction=wanted[way.direction]) for way in ways if way.direction in wanted]


def _tellers(seen: Seen) -> tuple[str, ...]:
    found = []
    if any(one.told_by == "nftables" for one in seen.traversals):
        found.append("nftables' trace")
    if any(one.told_by == "NFLOG" for one in seen.traversals):
        found.append("iptables-legacy's trace through NFLOG")
    found += ["the kernel's own events"] if any(seen.events.values()) else []
    return (*found, "captures on every interface", "conntrack's events", "route lookups asked afterwards")


def _ask(running: RunningLab, seen: Seen, place: str, query: Query) -> Route:
    """The kernel's route for a query in a namespace."""
    host, name = seen.places[place]
    (answer,) = running.agent(host).call("routes", place=name, queries=[asdict(query)])
    return Route(query, **{key: value for key, value in answer.items() if key in _ANSWERED})
