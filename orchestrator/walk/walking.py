"""Walks: taps everything, asks once, and puts together what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from attrs import asdict, evolve, frozen

from orchestrator.clocks import ahead
from orchestrator.running import RunningLab
from orchestrator.wait import scaled
from orchestrator.walk.clocks import in_one_time
from orchestrator.walk.delivery import Delivery
from orchestrator.walk.dying import death
from orchestrator.walk.legs import Exchange, Path, leg
from orchestrator.walk.listening import Listeners, taking
from orchestrator.walk.model import Death, Leg, Station, Walk
from orchestrator.walk.relaying import Relay, its_walk, passed_on, ports, relay
from orchestrator.walk.relaying import outcome as relay_outcome
from orchestrator.walk.relaying import ways as found_ways
from orchestrator.walk.routes import Query, Route
from orchestrator.walk.scene import Scene
from orchestrator.walk.seen import Seen, ends, read
from orchestrator.walk.target import Asked, asked

_PATIENCE = 3.5  # longer than the three seconds after which ARP gives up, so that it is told apart from silence
_ANSWER = 60.0  # seconds an agent has to open its taps, and to say what they saw
_PING = 56


@frozen
class Taken:
    """What one exchange brought: how it went, the asker's mark and namespace, and what the taps saw."""

    sent: dict[str, Any]
    mark: int
    place: str
    seen: Seen


def walk(  # noqa: PLR0913 - who asks whom, and how
    running: RunningLab, source: str, target: str, *, proto: str = "", size: int = _PING, df: bool = False
) -> Walk:
    """Send one exchange from a node to a node, an address or a name (`DST[:PORT]`), and tell what it passed.

    `proto` is icmp, tcp or udp; tcp when the target has a port, else icmp. `size` and `df` are for icmp: the bytes of
    data, and that they travel in one piece. Raises UsageError or UnknownName for what cannot be asked.
    """
    wanted = asked(running, source, target, proto)
    begun = _begun(running, source, target, wanted)
    if wanted.named.death is not None:
        return evolve(begun, outcome="no address", legs=(wanted.named.leg,), death=wanted.named.death)
    taken = _take(running, source, wanted, size, df=df)
    exchange, ask = Exchange(wanted.proto, taken.mark, taken.place), partial(_ask, running, taken.seen)
    listeners = Listeners(running, taken.seen)
    ways = found_ways(taken.seen, exchange, ask)
    there = next((one for one in ways if one.direction == "there"), None)
    relaying = relay(taken.seen, listeners.of(there), there, exchange, ask)
    how = relay_outcome(taken.seen, relaying) if relaying is not None else ""
    shown = [*ways[:1], *_relay_legs(relaying, how), *ways[1:]]
    found = evolve(
        begun,
        outcome=taken.sent["outcome"],
        errno=taken.sent["errno"],
        answer=taken.sent["text"],
        legs=_legs(taken, listeners, exchange, wanted, shown),
        told_by=_tellers(taken.seen),
        missing=tuple(sorted(set(taken.seen.missing))),
    )
    return _ended(Scene(running, taken.seen, exchange, ways, found, ask, listeners), relaying, how)


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
    taken: Taken, listeners: Listeners, exchange: Exchange, wanted: Asked, shown: Sequence[Path]
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
    taken: Taken, listeners: Listeners, exchange: Exchange, wanted: Asked, way: Path, start: int
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


def _relay_legs(found: Relay | None, how: str) -> list[Path]:
    """What a relay asked; where that was not answered, what came back, too."""
    wanted = (
        {"there": "relay"} if how == "answered" else {"there": "relay", "error": "relay-error", "back": "relay-back"}
    )
    ways = found.ways if found is not None else ()
    return [evolve(way, direction=wanted[way.direction]) for way in ways if way.direction in wanted]


def _ended(scene: Scene, relay: Relay | None, how: str) -> Walk:
    """The walk with where it died, if it did."""
    found = scene.walk
    if found.outcome == "answered":
        return found
    why = _relay_died(scene, relay, how) or death(scene)
    legs = [evolve(one, complete=False) if one is found.legs[-1] else one for one in found.legs]
    return evolve(found, death=why, legs=tuple(legs))


def _relay_died(scene: Scene, relay: Relay | None, how: str) -> Death | None:
    """The end of what a relay asked in turn, when it is that which was not answered."""
    if relay is None or relay.owner.is_stopped or how == "answered":
        return None
    if not relay.ways and scene.walk.outcome == "timeout" and scene.walk.proto == "tcp":
        return None  # nobody was connected, so nothing was relayed
    inner = evolve(
        scene, exchange=relay.exchange, ways=list(relay.ways), walk=its_walk(scene.walk, relay, how), facts=None
    )
    found = death(inner)
    if not relay.ways and found.layer == "unknown":
        return None
    return passed_on(relay, how, found, set(scene.seen.places))


def _take(running: RunningLab, source: str, wanted: Asked, size: int, *, df: bool) -> Taken:
    agent, place = running.at(source)
    ready = agent.call("exchange.prepare", place=place, proto=wanted.proto, address=wanted.address)
    agents = {host: running.agent(host) for host in running.hosts}
    relayed = ports(running) if wanted.port else []
    opening = {
        host: one.submit("watch.start", proto=wanted.proto, number=ready["port"], also=relayed)
        for host, one in agents.items()
    }
    taps = {host: future.result(scaled(_ANSWER)) for host, future in opening.items()}
    try:
        sent = agent.call(
            "exchange.send",
            number=ready["number"],
            proto=wanted.proto,
            address=wanted.address,
            port=wanted.port,
            seconds=scaled(_PATIENCE),
            size=size,
            df=df,
        )
    finally:
        closing = {host: agents[host].submit("watch.stop", number=tap) for host, tap in taps.items()}
        found = {host: future.result(scaled(_ANSWER)) for host, future in closing.items()}
    seen = read(found)
    in_one_time(seen, {name: ahead(agents[name]) for name, host in running.hosts.items() if host.apart})
    host = running.host_of(source)
    here = next(name for name, inode in seen.inodes.items() if inode == ready["inode"] and seen.places[name][0] == host)
    return Taken(sent, ready["port"], here, seen)


def _tellers(seen: Seen) -> tuple[str, ...]:
    found = []
    if any(one.told_by == "nftables" for one in seen.traversals):
        found.append("nftables' trace")
    if any(one.told_by == "NFLOG" for one in seen.traversals):
        found.append("iptables-legacy's trace through NFLOG")
    return (*found, "captures on every interface", "conntrack's events", "route lookups over netlink")


def _ask(running: RunningLab, seen: Seen, place: str, query: Query) -> Route:
    """The kernel's route for a query in a namespace."""
    host, name = seen.places[place]
    (answer,) = running.agent(host).call("routes", place=name, queries=[asdict(query)])
    return Route(query, **{key: value for key, value in answer.items() if key not in {"dst", "src", "iif"}})
