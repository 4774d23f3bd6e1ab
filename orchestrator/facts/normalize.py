"""A flat snapshot without what is chosen anew each time a lab is built: two builds of one definition are equal."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from itertools import groupby

from netproof.facts.flat_snapshot import PRINTED, Flat, Key, Value, flatten, place_name
from netproof.facts.model import Snapshot

_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_NO_MAC = "00:00:00:00:00:00"
_ADDRESS = re.compile(r"\b\d+\.\d+\.\d+\.\d+\b")
_BALANCER = re.compile(r"/(lb_\w+|ingress_sbox)$")
_GATEWAY = "docker_gwbridge"  # gives overlays' containers a way out, each node on its own
_IDENTITY = " identity"
# Where an engine writes the rules of one container's ports, in no order of its own, one after the other.
_UNORDERED = (" DOCKER", " nat POSTROUTING", " raw PREROUTING")
_LEADS_TO = re.compile(r"--to-destination (\S+):\d+")
_IS_FOR = re.compile(r"-d (\S+)/32 .*--dport \d+")
_RESOLVER = "127.0.0.11"
# How a socket's key and the rules of a container's nat table name the port.
_RESOLVER_PORT = re.compile(r"(\b127\.0\.0\.11:|-s 127\.0\.0\.11/32 .*--sport )(\d+)\b")


def _macs(snapshots: dict[str, Snapshot]) -> dict[str, dict[str, str]]:
    """{lab host: {MAC: name}}. A MAC may be on several hosts, which made it of one address: it is each one's own."""
    own: dict[str, dict[str, str]] = {host: {} for host in snapshots}
    for kinds in (False, True):  # a bridge may have the MAC of one of its ports, which is that port's
        for host, snapshot in snapshots.items():
            for place, namespace in snapshot.namespaces.items():
                for link in namespace.links:
                    if link.mac and link.mac != _NO_MAC and (link.kind == "bridge") is kinds:
                        own[host].setdefault(link.mac, f"mac({place_name(host, place)}:{_stem(link.name)})")
    others = {mac: name for names in reversed(own.values()) for mac, name in names.items()}
    return {host: {**others, **names} for host, names in own.items()}


def _borrowed(snapshots: dict[str, Snapshot]) -> set[tuple[str, str]]:
    """(place, bridge) of bridges that have the least of their ports' MACs, as bridges do that nobody gave one."""
    found = set()
    for host, snapshot in snapshots.items():
        for place, namespace in snapshot.namespaces.items():
            for bridge in namespace.links:
                ports = [link.mac for link in namespace.links if link.master == bridge.name]
                if bridge.kind == "bridge" and ports and bridge.mac == min(ports):
                    found.add((place_name(host, place), bridge.name))
    return found


def _addresses(snapshots: dict[str, Snapshot]) -> dict[str, dict[str, str]]:
    """{lab host: {address: name}} of what a swarm hands out as its nodes and their containers come."""
    balancers: dict[str, str] = {}
    found: dict[str, dict[str, str]] = {}
    for host, snapshot in snapshots.items():
        gateway = [net for item in snapshot.engine.networks if item.name == _GATEWAY for net in item.subnets]
        found[host] = {}
        for place, namespace in snapshot.namespaces.items():
            for item in namespace.addresses:
                address, name = item.address.partition("/")[0], f"{place_name(host, place)}:{item.interface}"
                if _BALANCER.search(place) and item.interface == "eth0":
                    balancers[address] = f"address({name})"
                elif place != "host" and any(ip_address(address) in ip_network(net) for net in gateway):
                    found[host][address] = f"address({name})"
    return {host: {**balancers, **own} for host, own in found.items()}


def _stem(name: str) -> str:
    """A random veth name says nothing; there is one per container."""
    return "veth" if re.fullmatch(r"veth[0-9a-f]{6,}", name) else name


def _identities(snapshots: dict[str, Snapshot]) -> dict[str, str]:
    """Ids, and names made of ids: bridges, and the namespaces of overlays."""
    found: dict[str, str] = {}
    for snapshot in snapshots.values():
        for network in snapshot.engine.networks:
            found[f"br-{network.id[:12]}"] = f"br-({network.name})"
            found[f"/1-{network.id[:10]}"] = f"/1-({network.name})"
            found[f"/lb_{network.id[:9]}"] = f"/lb_({network.name})"
        for container in snapshot.engine.containers:
            found[container.id] = f"({container.name})"
    return found


def _resolvers(snapshots: dict[str, Snapshot]) -> dict[str, dict[str, str]]:
    """{place: {port: name}} of the sockets at which an engine answers DNS in its containers."""
    return {
        place_name(host, place): {
            str(socket.port): f"({socket.proto})" for socket in namespace.sockets if socket.address == _RESOLVER
        }
        for host, snapshot in snapshots.items()
        for place, namespace in snapshot.namespaces.items()
    }


class _Names:
    """Names for what is chosen anew, by what it belongs to."""

    def __init__(self, snapshots: dict[str, Snapshot]) -> None:
        self._identities = _identities(snapshots)
        macs, known = _macs(snapshots), _addresses(snapshots)
        self._macs = {
            place_name(host, place): macs[host] for host, item in snapshots.items() for place in item.namespaces
        }
        self._addresses = {
            place_name(host, place): known[host] for host, item in snapshots.items() for place in item.namespaces
        }
        self._resolvers = _resolvers(snapshots)
        self._borrowed = _borrowed(snapshots)

    def in_text(self, place: str, text: str) -> str:
        """A fact of a place by these names."""
        macs = self._macs.get(place, {})
        text = _MAC.sub(lambda found: macs.get(found[0], found[0]), text)
        addresses = self._addresses.get(place, {})
        text = _ADDRESS.sub(lambda found: addresses.get(found[0], found[0]), text)
        for name, alias in self._identities.items():  # last, because the names of MACs hold names of bridges
            text = text.replace(name, alias)
        ports = self._resolvers.get(place, {})
        return _RESOLVER_PORT.sub(lambda found: found[1] + ports.get(found[2], found[2]), text)

    def in_value(self, key: Key, value: Value) -> Value:
        """A value by these names."""
        place, aspect, name = key
        if not isinstance(value, str):
            lines = tuple(self.in_text(place, line) for line in value)
            return _in_order(lines) if aspect == "rules" and name.endswith(_UNORDERED) else lines
        if aspect == "links" and (place, name) in self._borrowed:
            value = _MAC.sub("mac(one of its ports)", value, count=1)
        return self.in_text(place, value)


def _in_order(rules: tuple[str, ...]) -> tuple[str, ...]:
    """Rules with those of one container's ports, where they follow each other, in the order of their text."""
    runs = (sorted(run) if owner else list(run) for owner, run in groupby(rules, _owner))
    return tuple(rule for run in runs for rule in run)


def _owner(rule: str) -> str:
    """The address whose port a rule is about; empty for other rules."""
    found = _LEADS_TO.search(rule) or _IS_FOR.search(rule)  # what leads elsewhere is only published for one address
    return found[1] if found else ""


def normalise(snapshots: dict[str, Snapshot]) -> Flat:
    """Facts that the definition, the engine and the kernel alone decide."""
    names = _Names(snapshots)
    return {
        (names.in_text("", place), aspect, names.in_text(place, name)): names.in_value((place, aspect, name), value)
        for (place, aspect, name), value in flatten(snapshots).items()
        if not name.endswith(_IDENTITY) and (aspect, name) != ("engine", "processes") and aspect != PRINTED
    }
