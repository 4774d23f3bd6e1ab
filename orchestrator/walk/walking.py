"""Walks: taps everything, asks once, and puts together what was seen."""

from __future__ import annotations

from functools import partial
from typing import Any

from attrs import asdict, evolve, frozen

from orchestrator.running import RunningLab
from orchestrator.walk.dying import death
from orchestrator.walk.legs import Exchange, Path, decide, leg, packets, path
from orchestrator.walk.model import Walk
from orchestrator.walk.routes import Query, Route
from orchestrator.walk.scene import Scene
from orchestrator.walk.seen import Seen, read
from orchestrator.walk.target import Asked, also, asked

_PATIENCE = 4.0  # longer than the three seconds after which ARP gives up, so that it is told apart from silence
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
    taken = _take(running, source, wanted, size, df=df)
    exchange = Exchange(wanted.proto, taken.mark, taken.place)
    ways = _ways(running, taken.seen, exchange)
    start = min((one.at for one in taken.seen.sightings), default=0)
    host = running.hosts[running.host_of(source)]
    found = Walk(
        lab=running.lab.name,
        engine=host.engine,
        firewall=host.firewall,
        kernel=running.agent(host.host).call("hello")["kernel"],
        source=source,
        target=target,
        address=wanted.address,
        proto=wanted.proto,
        port=wanted.port,
        outcome=taken.sent["outcome"],
        errno=taken.sent["errno"],
        answer=taken.sent["text"],
        legs=tuple(leg(taken.seen, way, start) for way in ways),
        told_by=_tellers(taken.seen),
        missing=tuple(sorted(set(taken.seen.missing))),
    )
    return _ended(running, taken, exchange, ways, found)


def _ended(running: RunningLab, taken: Taken, exchange: Exchange, ways: list[Path], found: Walk) -> Walk:
    """The walk with where it died, if it did."""
    if found.outcome == "answered":
        return found
    why = death(Scene(running, taken.seen, exchange, ways, found, partial(_ask, running, taken.seen)))
    legs = [evolve(one, complete=False) if one is found.legs[-1] else one for one in found.legs]
    return evolve(found, death=why, legs=tuple(legs))


def _take(running: RunningLab, source: str, wanted: Asked, size: int, *, df: bool) -> Taken:
    agent, place = running.at(source)
    ready = agent.call("exchange.prepare", place=place, proto=wanted.proto, address=wanted.address)
    agents = {host: running.agent(host) for host in running.hosts}
    ports = also(running, wanted.port)
    opening = {
        host: one.submit("watch.start", proto=wanted.proto, number=ready["port"], also=ports)
        for host, one in agents.items()
    }
    taps = {host: future.result(60) for host, future in opening.items()}
    try:
        sent = agent.call(
            "exchange.send",
            number=ready["number"],
            proto=wanted.proto,
            address=wanted.address,
            port=wanted.port,
            seconds=_PATIENCE,
            size=size,
            df=df,
        )
    finally:
        closing = {host: agents[host].submit("watch.stop", number=tap) for host, tap in taps.items()}
        found = {host: future.result(60) for host, future in closing.items()}
    seen = read(found)
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


def _ways(running: RunningLab, seen: Seen, exchange: Exchange) -> list[Path]:
    """The packets worth telling: the first one there, the first one back, an error about it, what a relay asked."""
    mine = list(packets(seen, exchange.has))
    there = next((one for one in mine if exchange.is_there(one)), None)
    back = next((one for one in mine if not exchange.is_there(one)), None)
    errors = packets(seen, lambda one: one.quoted is not None and exchange.has(one.quoted))
    chosen = [("there", there), ("error", next(errors, None)), ("back", back)]
    found = [path(seen, direction, packet) for direction, packet in chosen if packet is not None]

    ask = partial(_ask, running, seen)
    for way in found:
        decide(seen, way, ask)
    return found


def _ask(running: RunningLab, seen: Seen, place: str, query: Query) -> Route:
    """The kernel's route for a query in a namespace."""
    host, name = seen.places[place]
    (answer,) = running.agent(host).call("routes", place=name, queries=[asdict(query)])
    return Route(query, **{key: value for key, value in answer.items() if key not in {"dst", "src", "iif"}})
