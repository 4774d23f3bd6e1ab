"""Walks: taps everything, asks once, and puts together what was seen."""

from __future__ import annotations

from functools import partial
from typing import Any

from attrs import asdict, evolve, frozen

from orchestrator.clocks import ahead
from orchestrator.running import RunningLab
from orchestrator.wait import scaled
from orchestrator.walk.clocks import in_one_time
from orchestrator.walk.dying import death
from orchestrator.walk.legs import Exchange, Path, arrived, decide, leg, packets, path
from orchestrator.walk.model import Leg, Station, Walk
from orchestrator.walk.owners import owners
from orchestrator.walk.routes import Query, Route
from orchestrator.walk.scene import Scene
from orchestrator.walk.seen import Seen, read
from orchestrator.walk.target import Asked, also, asked

_PATIENCE = 4.0  # longer than the three seconds after which ARP gives up, so that it is told apart from silence
_ANSWER = 60.0  # seconds an agent has to open its taps, and to say what they saw
_PING = 56
_ANSWERED = {"type", "gateway", "interface", "source", "mtu", "error"}
_RELAY = "docker-proxy"


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
    exchange = Exchange(wanted.proto, taken.mark, taken.place, taken.sent["tid"])
    ways = _ways(running, taken.seen, exchange)
    ways[1:1] = _relayed(running, taken.seen, exchange, wanted, ways)
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
        legs=tuple(_told(running, taken, exchange, wanted, way, start) for way in ways),
        told_by=_tellers(taken.seen),
        missing=tuple(sorted(set(taken.seen.missing))),
    )
    return _ended(running, taken, exchange, ways, _without_late_resets(found))


def _without_late_resets(found: Walk) -> Walk:
    """A reset that came after the answer is the asker's own doing: it closed while more was on its way."""
    legs = tuple(one for one in found.legs if one.direction != "reset" or found.outcome != "answered")
    return evolve(found, legs=legs)


def _told(  # noqa: PLR0913, PLR0917 - a leg, and what is known of the exchange
    running: RunningLab, taken: Taken, exchange: Exchange, wanted: Asked, way: Path, start: int
) -> Leg:
    """A leg, with the processes at its ends."""
    found = leg(taken.seen, way, start)
    stations = list(found.stations)
    if way.direction == "there":
        text = "asks" if wanted.proto == "icmp" else f"asks from port {exchange.mark}"
        stations.insert(0, _process(exchange.source, f"netproof {text}"))
    if way.direction in {"there", "relay"} and arrived(way) and wanted.proto != "icmp":
        last = way.segments[-1]
        holders = owners(running, taken.seen, last.place, wanted.proto, last.last.dport or 0)[:1]
        stations += [_process(last.place, f"{one} listens on {wanted.proto} port {last.last.dport}") for one in holders]
    return evolve(found, stations=tuple(stations))


def _process(place: str, text: str) -> Station:
    return Station(kind="process", place=place, name="process", text=text, told_by="netlink")


def _relayed(running: RunningLab, seen: Seen, exchange: Exchange, wanted: Asked, ways: list[Path]) -> list[Path]:
    """What docker-proxy asked its container when the exchange came to it: a connection of its own."""
    there = next((one for one in ways if one.direction == "there"), None)
    if there is None or not arrived(there) or wanted.proto == "icmp":
        return []
    last = there.segments[-1]
    holders = owners(running, seen, last.place, wanted.proto, last.last.dport or 0)
    if not any(one.name == _RELAY for one in holders):
        return []
    ports, began = also(running, wanted.port), there.segments[0].went[0].at if there.segments[0].went else 0
    for one in seen.sightings:
        packet = one.packet
        own = one.place == last.place and one.how == "out" and one.at >= began and not exchange.has(packet)
        if own and packet.proto == wanted.proto and packet.dport in ports and packet.flags in {"", "SYN"}:
            found = path(seen, "relay", packet)
            decide(seen, found, partial(_ask, running, seen))
            return [found]
    return []


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
    found += ["the kernel's own events"] if any(seen.events.values()) else []
    return (*found, "captures on every interface", "conntrack's events", "route lookups asked afterwards")


def _ways(running: RunningLab, seen: Seen, exchange: Exchange) -> list[Path]:
    """The packets worth telling: the first one there, the first one back, an error about it, what reset it."""
    mine = list(packets(seen, exchange.has))
    there = next((one for one in mine if exchange.is_there(one)), None)
    back = next((one for one in mine if not exchange.is_there(one)), None)
    errors = packets(seen, lambda one: one.quoted is not None and exchange.has(one.quoted))
    chosen = [("there", there), ("error", next(errors, None)), ("back", back)]
    resets = [one for one in mine if "RST" in one.flags and not exchange.is_there(one) and one is not back]
    chosen += [("reset", resets[0])] if resets else []
    found = [path(seen, direction, packet) for direction, packet in chosen if packet is not None]

    ask = partial(_ask, running, seen)
    for way in found:
        decide(seen, way, ask)
    return found


def _ask(running: RunningLab, seen: Seen, place: str, query: Query) -> Route:
    """The kernel's route for a query in a namespace."""
    host, name = seen.places[place]
    (answer,) = running.agent(host).call("routes", place=name, queries=[asdict(query)])
    return Route(query, **{key: value for key, value in answer.items() if key in _ANSWERED})
