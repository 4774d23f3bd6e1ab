"""What the taps of all lab hosts saw, typed: packets on interfaces, traversals of chains, events of conntrack."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import cattrs
from attrs import evolve, field, frozen

from netproof.facts.flat_snapshot import place_name
from netproof.facts.model import Flow, Link, Netfilter
from netproof.facts.packets import Packet, decode, headers
from netproof.walk.ruleset import Ruleset

HOOKS = ("ingress", "prerouting", "input", "forward", "output", "postrouting", "egress")
_OWN = "netproof_walk"
_FAMILIES = {1: "inet", 2: "ip", 5: "netdev", 7: "bridge", 10: "ip6"}
# Where the older tables sit in a hook; nat is last where packets leave.
_PRIORITIES = {"raw": -300, "mangle": -150, "nat": -100, "filter": 0, "security": 50}
Key = tuple[object, ...]


def key_of(packet: Packet) -> Key:
    """What stays the same of a packet on its way, through bridges, routers and translations."""
    ports = () if packet.ident or packet.seq else (packet.sport, packet.dport, packet.echo)
    return (packet.proto, packet.ident, packet.seq, packet.ack, packet.flags, packet.kind, *ports)


def ends(packet: Packet) -> tuple[str, str]:
    """Source and destination as text, with ports."""

    def end(address: str, port: int | None) -> str:
        shown = f"[{address}]" if ":" in address and port is not None else address
        return shown if port is None else f"{shown}:{port}"

    return end(packet.src, packet.sport), end(packet.dst, packet.dport)


@frozen
class CapturedFrame:
    """A packet on an interface of a namespace. `how` is out, host, other (another MAC), broadcast or multicast.

    `length` are the bytes of the frame.
    """

    at: int
    order: int
    place: str
    interface: str
    how: str
    packet: Packet
    length: int = 0


@frozen
class Step:
    """A rule that matched, or a policy."""

    kind: str
    table: str
    chain: str
    text: str
    verdict: str


@frozen
class Traversal:
    """A packet's way through the chains of one table at one hook; `packet` is as it was at its beginning."""

    place: str
    hook: str
    table: str
    kind: str
    priority: int
    iif: str
    oif: str
    packet: Packet
    told_by: str
    steps: tuple[Step, ...] = ()
    own: bool = False
    mark: int = 0


@frozen
class Tracked:
    """What conntrack did in a namespace."""

    place: str
    event: str
    flow: Flow


@frozen(kw_only=True)
class KernelEvent:
    """What the kernel did with a packet, by its own word; `skb` is where the packet was in memory.

    `event` is queue, xmit (both: by an interface), receive, drop (with its reason), icmp (an error that was sent: type,
    code, and the ends of the packet it is about) or reset (a RST that was sent: its ends, and the reason).
    """

    event: str
    at: int
    tid: int
    skb: int
    interface: str = ""
    length: int = 0
    reason: str = ""
    protocol: int = 0
    type: int = 0
    code: int = 0
    source: str = ""
    target: str = ""
    sport: int = 0
    dport: int = 0


@frozen
class Seen:
    """Everything at once; `links` by place and name, `inodes` by place, `places` as agents call them.

    `counted` are a place's rules with their counters, before and after; `events` the kernel's own, by lab host.
    """

    sightings: list[CapturedFrame] = field(factory=list)
    traversals: list[Traversal] = field(factory=list)
    tracked: list[Tracked] = field(factory=list)
    links: dict[str, dict[str, Link]] = field(factory=dict)
    inodes: dict[str, int] = field(factory=dict)
    places: dict[str, tuple[str, str]] = field(factory=dict)
    missing: list[str] = field(factory=list)
    counted: dict[str, tuple[Netfilter, Netfilter]] = field(factory=dict)
    events: dict[str, list[KernelEvent]] = field(factory=dict)


def risen(seen: Seen, place: str, target: str) -> list[tuple[str, str]]:
    """(chain, rule) of those with this target (`REJECT`) whose counters have risen meanwhile, of any flavour."""
    if place not in seen.counted:
        return []
    before, after = seen.counted[place]
    found = []
    for flavour, tables in after.iptables.items():
        for name, table in tables.items():
            earlier = before.iptables.get(flavour, {}).get(name)
            was = {(rule.chain, rule.rule): rule.packets for rule in earlier.rules} if earlier else {}
            found += [
                (rule.chain, rule.rule)
                for rule in table.rules
                if f"-j {target}" in rule.rule and rule.packets > was.get((rule.chain, rule.rule), 0)
            ]
    return found


def read(taps: dict[str, dict[str, Any]]) -> Seen:
    """{lab host: {place: what passed}} as the agents sent it."""
    seen = Seen()
    for host, told in taps.items():
        seen.missing.extend(f"{host}: {what}" for what in told["missing"])
        seen.events[host] = [KernelEvent(**event) for event in told["events"]]
        for place, found in told["places"].items():
            name = place_name(host, place)
            seen.places[name] = (host, place)
            seen.inodes[name] = found["inode"]
            seen.links[name] = {link["name"]: cattrs.structure(link, Link) for link in found["links"]}
            seen.missing.extend(f"{name}: {what}" for what in found["missing"])
            seen.sightings.extend(_sightings(name, found["frames"], len(seen.sightings)))
            rules = Ruleset(found["ruleset"], found["text"], found["netfilter"])
            seen.traversals.extend(_nftables(name, found["trace"], rules))
            seen.traversals.extend(_legacy(name, found["legacy"], rules))
            seen.tracked.extend(
                Tracked(name, event.pop("event"), cattrs.structure(event, Flow)) for event in found["tracked"]
            )
            if found["counted"] is not None and found["netfilter"] is not None:
                both = cattrs.structure(found["counted"], Netfilter), cattrs.structure(found["netfilter"], Netfilter)
                seen.counted[name] = both
    seen.sightings.sort(key=lambda sighting: (sighting.at, sighting.order))
    return seen


def _sightings(place: str, frames: list[dict[str, Any]], before: int) -> Iterator[CapturedFrame]:
    for order, frame in enumerate(frames, before):
        packet = decode({"data": frame["data"], "at": frame["at"] / 1e9, "out": frame["kind"] == "out"})
        if packet is not None:
            yield CapturedFrame(frame["at"], order, place, frame["interface"], frame["kind"], packet, frame["length"])


def _nftables(place: str, messages: list[dict[str, Any]], rules: Ruleset) -> Iterator[Traversal]:
    current: Traversal | None = None
    for message in messages:
        if message["data"]:  # the first message of a traversal has the packet's headers
            if current is not None:
                yield current
            current = _begin(place, message, rules)
        if current is not None and not current.own:
            step = _step(message, rules)
            current = evolve(current, steps=(*current.steps, step)) if step else current
            current = evolve(current, mark=message["mark"]) if message["mark"] else current
    if current is not None:
        yield current


def _begin(place: str, message: dict[str, Any], rules: Ruleset) -> Traversal | None:
    packet = headers(base64.b64decode(message["data"]))
    if packet is None:
        return None
    family = _FAMILIES.get(message["family"], "")
    hook, priority, kind = rules.base(family, message["table"], message["chain"])
    own = message["table"] == _OWN
    if own:  # the table is gone when its rules are listed
        hook, priority = message["chain"], -500
    interfaces = message["iif"], message["oif"]
    return Traversal(place, hook, message["table"], kind, priority, *interfaces, packet, "nftables", own=own)


def _step(message: dict[str, Any], rules: Ruleset) -> Step | None:
    family = _FAMILIES.get(message["family"], "")
    table, chain = message["table"], message["chain"]
    if message["type"] == "policy":
        return Step("policy", table, chain, f"policy {message['verdict'].upper()}", message["verdict"])
    if message["type"] != "rule" or not message["handle"]:
        return None
    text = rules.text(family, table, chain, message["handle"])
    return Step("rule", table, chain, text, f"{message['verdict']} {message['jump']}".strip())


def _legacy(place: str, messages: list[dict[str, Any]], rules: Ruleset) -> Iterator[Traversal]:
    current: Traversal | None = None
    for message in messages:
        packet = headers(base64.b64decode(message["data"]))
        if packet is None:
            continue
        here = (message["table"], message["hook"], key_of(packet))
        if current is None or here != (current.table, current.hook, key_of(current.packet)):
            if current is not None:
                yield current
            priority = _PRIORITIES.get(message["table"], 0)
            if message["table"] == "nat" and message["hook"] in {"postrouting", "input"}:
                priority = 100
            kind = "nat" if message["table"] == "nat" else "filter"
            interfaces = message["iif"], message["oif"]
            current = Traversal(place, message["hook"], message["table"], kind, priority, *interfaces, packet, "NFLOG")
        step = rules.legacy(message)
        if step is not None:
            current = evolve(current, steps=(*current.steps, Step(*step)))
        current = evolve(current, mark=message["mark"]) if message["mark"] else current
    if current is not None:
        yield current
