"""Everything there is to judge by when an exchange has ended without an answer."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import cattrs
from attrs import define, field

from netproof.errors import NetproofError
from netproof.facts import structure
from netproof.facts.flat_snapshot import place_name
from netproof.facts.model import Link, Namespace, Neighbour, Snapshot
from netproof.facts.packets import Packet
from netproof.graph.peers import other_end
from netproof.lab.running import RunningLab
from netproof.state.baseline import kept
from netproof.walk.diagnosis.arp_requests import called, replies, requests
from netproof.walk.diagnosis.kernel_drops import KernelDrop
from netproof.walk.diagnosis.listeners import Listeners
from netproof.walk.legs import Exchange, PacketPath
from netproof.walk.model import Walk
from netproof.walk.observations import Seen
from netproof.walk.routes import Query, Route
from netproof.walk.segments import NamespaceHop

_NUMBERS = "com.docker.network.driver.overlay.vxlanid_list"
_TOOLS = ("iptables", "ip6tables")
_FAILED = {"FAILED", "INCOMPLETE"}


@define
class Scene:
    """The walk so far, and the kernel that can still be asked about it.

    `taken` waits for the snapshot that is being taken since the taps were closed; without it one is taken when needed.
    """

    running: RunningLab
    seen: Seen
    exchange: Exchange
    ways: list[PacketPath]
    walk: Walk
    ask: Callable[[str, Query], Route]
    listeners: Listeners
    taken: Callable[[], dict[str, Any]] | None = None
    _spaces: dict[str, Namespace] = field(factory=dict)
    _facts: dict[str, Snapshot] | None = None
    _baseline: dict[str, Snapshot] | None = None

    def way(self, direction: str) -> PacketPath | None:
        """The way of the packet of this direction."""
        return next((one for one in self.ways if one.direction == direction and one.segments), None)

    def fate_at(self, place: str) -> KernelDrop | None:
        """The kernel's word on a packet of the exchange that ended in a namespace; an error about it is not of it."""
        asked = [one.fate for one in self.ways if one.direction != "error" and one.fate is not None]
        fates = [one for one in asked if one.place == place]
        return fates[0] if fates else None

    def ended_at(self, place: str) -> NamespaceHop | None:
        """Where a packet of the exchange came to a namespace and ended there; an error about it is none of it."""
        ways = [one for one in self.ways if one.direction in {"there", "back", "relay"}]
        here = [segment for way in ways for segment in way.segments if segment.place == place and not segment.went]
        return here[-1] if here else None

    def route_at(self, place: str) -> Route | None:
        """The route decision about a packet of the exchange that ended in a namespace."""
        for way in self.ways:
            last = len(way.segments) - 1
            if way.segments[last].place == place and not way.segments[last].went and last in way.routes:
                return way.routes[last]
        return None

    def space(self, place: str) -> Namespace:
        """What a namespace holds now."""
        if place not in self._spaces:
            self._spaces[place] = self._from_snapshot(place) or self._asked(place)
        return self._spaces[place]

    def _from_snapshot(self, place: str) -> Namespace | None:
        host, name = self.seen.places[place]
        try:
            known = self.facts if self.taken is not None else {}
        except NetproofError:  # of something else that has just gone
            return None
        return known[host].namespaces.get(name) if host in known else None

    def _asked(self, place: str) -> Namespace:
        host, name = self.seen.places[place]
        return cattrs.structure(self.running.agent(host).call("namespace", place=name), Namespace)

    def has(self, place: str, address: str) -> bool:
        """Whether a namespace has an address."""
        return any(one.address.partition("/")[0] == address for one in self.space(place).addresses)

    def neighbour(self, place: str, address: str, interface: str = "") -> Neighbour | None:
        """What a namespace knows of a neighbour."""
        found = [one for one in self.space(place).neighbours if one.address == address]
        return next((one for one in found if interface in {"", one.interface}), None)

    def unanswered(self, place: str, address: str, interface: str) -> str:
        """What says that nobody answers for a neighbour; "" when somebody does, or nobody was asked."""
        asked = requests(self.seen, place, address)
        if asked and not replies(self.seen, place, address):
            return f"{len(asked)} {called(address)} for {address} on {asked[0].interface} of {place}, no answer"
        entry = self.neighbour(place, address, interface)
        if entry is not None and entry.state in _FAILED:
            return f"ip neigh of {place}: {address} dev {entry.interface} {entry.state}"
        return ""

    @property
    def facts(self) -> dict[str, Snapshot]:
        """Everything there is in the lab, taken once."""
        if self._facts is None:
            self._facts = structure((self.taken or self.running.snapshot)())
        return self._facts

    @property
    def baseline(self) -> dict[str, Snapshot]:
        """What there was after `up`; nothing where that is not known any more."""
        if self._baseline is None:
            saved = kept(self.running.instance)
            self._baseline = structure(saved) if saved else {}
        return self._baseline

    def had(self, address: str) -> tuple[str, str] | None:
        """(namespace, interface) that had an address after `up`."""
        for host, snapshot in self.baseline.items():
            for name, space in snapshot.namespaces.items():
                for one in space.addresses:
                    if one.address.partition("/")[0] == address:
                        return place_name(host, name), one.interface
        return None

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

    def writes_no_rules(self, host: str, address: str) -> bool:
        """Whether a lab host's engine leaves the nat rules of an address's family alone: it has no chain there."""
        flavours = [name for name in self.space(host).netfilter.iptables if name.startswith(_TOOLS[":" in address])]
        tables = [self.space(host).netfilter.iptables[name].get("nat") for name in flavours]
        return not any(table is not None and "DOCKER" in table.chains for table in tables)

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


def leads_to(network: str, address: str) -> bool:
    """Whether a route's destination covers an address."""
    if network == "default":
        return True
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except (TypeError, ValueError):
        return False


def _translates(options: dict[str, str], address: str) -> bool:
    """Whether a bridge network with these options is to be masqueraded."""
    family = "ipv6" if ":" in address else "ipv4"
    mode = options.get(f"com.docker.network.bridge.gateway_mode_{family}", "nat")
    return mode == "nat" and options.get("com.docker.network.bridge.enable_ip_masquerade", "true") == "true"


def routed(segment: NamespaceHop) -> bool:
    """Whether a namespace forwarded the packet on layer 3: it came in by one interface and was sent by another."""
    return bool(segment.came and (segment.went or any(one.hook == "forward" for one in segment.chains)))


def is_loose(scene: Scene, place: str, interface: str) -> bool:
    """Whether a veth's end is no port of a bridge, has no address, and no macvlan stands on it."""
    link = scene.seen.links[place].get(interface)
    if link is None or link.kind != "veth" or link.master:
        return False
    own = [one for one in scene.space(place).addresses if one.interface == interface]
    if any(one.scope != "link" for one in own):  # IPv6 gives itself one of the link's wherever it can
        return False
    return not any(
        other.kind in {"macvlan", "ipvlan"} and other.peer_index == link.index
        for elsewhere, links in scene.seen.links.items()
        for other in links.values()
        if elsewhere == place or scene.seen.places[elsewhere][0] == place  # a container's parent is its lab host's
    )


def is_large(packet: Packet, link: Link | None) -> bool:
    """Whether a packet does not fit through a link in one piece."""
    return link is not None and packet.size > link.mtu
