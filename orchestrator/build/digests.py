"""Digests of parts: equal digests mean there is nothing to change."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import attrs

from netproof.hosts import HostSpec
from netproof.model import Container, Lab, LabHost, Network, Outsider, Switch, Wire


def digest(*values: Any) -> str:
    """A short hash of values made of attrs classes, mappings, sequences and scalars."""
    text = json.dumps(values, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if not attrs.has(type(value)):
        return dict(value)
    # Its kind, too: an HTTP and a UDP server have the same fields.
    return [type(value).__name__, {item.name: getattr(value, item.name) for item in attrs.fields(type(value))}]


def host_spec(lab: Lab, host: LabHost, engine: str, firewall: str, image: str) -> HostSpec:
    """What a lab host is to be. Its links are not part of it: they can change while it runs."""
    shares = len(lab.hosts) > 1
    mark = digest(host.name, dict(host.engine), engine, firewall, image, shares, host.swarm)
    return HostSpec(host.name, lab.hosts.index(host), engine, firewall, image, host.engine, shares, mark)


def _wiring(lab: Lab, names: set[str]) -> list[Any]:
    """Everything about these wires: themselves, and whatever is at their ends."""
    ends = [(machine, link, dict(lab.machine(machine).routes)) for machine, link in lab.ends() if link.wire in names]
    return [[lab.wire(name) for name in sorted(names)], ends]


def wire_digest(lab: Lab, wire: Wire | Switch) -> str:
    """What a wire or switch is to be, all its ends included."""
    return digest(_wiring(lab, {wire.name}))


def outsider_digest(lab: Lab, outsider: Outsider, image: str) -> str:
    """What an outsider is to be, the wires it ends and their other ends included."""
    return digest(outsider, _wiring(lab, {link.wire for link in outsider.links}), image)


def network_digest(network: Network) -> str:
    """What a network is to be."""
    return digest(network)


def container_digest(lab: Lab, container: Container, image: str) -> str:
    """What a container is to be, its networks and the container whose network it shares included."""
    networks = [lab.network(join.network) for join in container.networks]
    shared = [other for other in lab.containers if other.name == container.shares]
    return digest(container, networks, [container_digest(lab, other, image) for other in shared], image)
