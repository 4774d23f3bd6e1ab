"""Everything there is to judge by when an exchange has ended without an answer."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

import cattrs
from attrs import define, field

from orchestrator.facts import structure
from orchestrator.facts.flat import place_name
from orchestrator.facts.model import Link, Namespace, Neighbour, Snapshot
from orchestrator.graph.wires import other_end
from orchestrator.packets import Packet
from orchestrator.running import RunningLab
from orchestrator.walk.legs import Exchange, Path
from orchestrator.walk.listening import Listeners
from orchestrator.walk.model import Walk
from orchestrator.walk.routes import Query, Route
from orchestrator.walk.seen import Seen
from orchestrator.walk.segments import Segment

_NUMBERS = "com.docker.network.driver.overlay.vxlanid_list"
_FAILED = {"FAILED", "INCOMPLETE"}


@define
class Scene:
    """The walk so far, and the kernel that can still be asked about it."""

    running: RunningLab
    seen: Seen
    exchange: Exchange
    ways: list[Path]
    walk: Walk
    ask: Callable[[str, Query], Route]
    listeners: Listeners
    _spaces: dict[str, Namespace] = field(factory=dict)
    _facts: dict[str, Snapshot] | None = None

    def way(self, direction: str) -> Path | None:
        """The way of the packet of this direction."""
        return next((one for one in self.ways if one.direction == direction and one.segments), None)

    def space(self, place: str) -> Namespace:
        """What a namespace holds now."""
        if place not in self._spaces:
            host, name = self.seen.places[place]
            raw = self.running.agent(host).call("namespace", place=name)
            self._spaces[place] = cattrs.structure(raw, Namespace)
        return self._spaces[place]

    def has(self, place: str, address: str) -> bool:
        """Whether a namespace has an address."""
        return any(one.address.partition("/")[0] == address for one in self.space(place).addresses)

    def neighbour(self, place: str, address: str, interface: str = "") -> Neighbour | None:
        """What a namespace knows of a neighbour."""
        found = [one for one in self.space(place).neighbours if one.address == address]
        return next((one for one in found if interface in {"", one.interface}), None)

    def unanswered(self, place: str, address: str, interface: str) -> str:
        """What says that nobody answers for a neighbour; "" when somebody does, or nobody was asked."""
        entry = self.neighbour(place, address, interface)
        if entry is not None and entry.state in _FAILED:
            return f"ip neigh of {place}: {address} dev {entry.interface} {entry.state}"
        packets = [one for one in self.seen.sightings if one.place == place and one.packet.proto == "arp"]
        asked = [one for one in packets if one.packet.kind == "request" and one.packet.dst == address]
        answered = any(one.packet.kind == "reply" and one.packet.src == address for one in packets)
        if asked and not answered:
            return f"{len(asked)} ARP requests for {address} on {asked[0].interface} of {place}, no answer"
        return ""

    @property
    def facts(self) -> dict[str, Snapshot]:
        """Everything there is in the lab, taken once."""
        if self._facts is None:
            self._facts = structure(self.running.snapshot())
        return self._facts

    def overlay_numbers(self, host: str) -> set[int]:
        """The VXLAN numbers of a lab host's overlay networks, as its engine says."""
        engine = self.facts[host].engine if host in self.facts else None
        texts = [one.options.get(_NUMBERS, "") for one in (engine.networks if engine else ())]
        return {int(number) for text in texts for number in text.split(",") if number.isdigit()}

    def translated_network(self, host: str, address: str) -> str:
        """The bridge network of a lab host's engine with this address, if the engine is to translate what leaves it."""
        if host not in self.running.hosts:
            return ""
        for network in self.facts[host].engine.networks if host in self.facts else ():
            inside = any(ipaddress.ip_address(address) in ipaddress.ip_network(subnet) for subnet in network.subnets)
            if inside and network.driver == "bridge" and not network.internal and _translates(network.options, address):
                return network.name
        return ""

    def peer(self, place: str, interface: str) -> tuple[str, Link] | None:
        """The other end of a veth: its namespace and link."""
        host, name = self.seen.places[place]
        if name not in self.facts[host].namespaces:  # it has just been removed
            return None
        found = other_end(self.facts, host, name, interface)
        return (place_name(found[0], found[1]), found[2]) if found is not None else None

    def configured_mtu(self, host: str, bridge: str) -> int:
        """The MTU that the engine was told for the network of a bridge; 0 when it was told none."""
        for network in self.facts[host].engine.networks if host in self.facts else ():
            name = network.options.get("com.docker.network.bridge.name") or f"br-{network.id[:12]}"
            if name == bridge:
                return int(network.options.get("com.docker.network.driver.mtu", 0))
        return 0


def _translates(options: dict[str, str], address: str) -> bool:
    """Whether a bridge network with these options is to be masqueraded."""
    family = "ipv6" if ":" in address else "ipv4"
    mode = options.get(f"com.docker.network.bridge.gateway_mode_{family}", "nat")
    return mode == "nat" and options.get("com.docker.network.bridge.enable_ip_masquerade", "true") == "true"


def routed(segment: Segment) -> bool:
    """Whether a namespace forwarded the packet on layer 3: it came in by one interface and was sent by another."""
    return bool(segment.came and (segment.went or any(one.hook == "forward" for one in segment.chains)))


def is_loose(scene: Scene, place: str, interface: str) -> bool:
    """Whether a veth's end is no port of a bridge, has no address, and no macvlan stands on it."""
    link = scene.seen.links[place].get(interface)
    if link is None or link.kind != "veth" or link.master:
        return False
    if any(one.interface == interface for one in scene.space(place).addresses):
        return False
    return not any(
        other.kind in {"macvlan", "ipvlan"} and other.peer_index == link.index
        for links in scene.seen.links.values()
        for other in links.values()
    )


def is_large(packet: Packet, link: Link | None) -> bool:
    """Whether a packet does not fit through a link in one piece."""
    return link is not None and packet.size > link.mtu
