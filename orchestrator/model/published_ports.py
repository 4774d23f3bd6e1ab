"""What a container can publish, and that nobody has a port twice. Each check raises DefinitionError."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from itertools import combinations

from attrs import frozen

from netproof.errors import DefinitionError
from netproof.model.parts import IPVLAN, MACVLAN, Container, Server
from netproof.model.topology import Topology
from netproof.model.validators import published_on


@frozen
class _Use:
    """A port that is taken in a network namespace, by a server or by what publishes it; "" is every address."""

    where: str
    value: str
    namespace: str
    proto: str
    address: str
    port: int

    def meets(self, other: _Use) -> bool:
        """Whether both cannot be had at once."""
        mine, theirs = (self.namespace, self.proto, self.port), (other.namespace, other.proto, other.port)
        return mine == theirs and _overlap(self.address, other.address)


def check(lab: Topology) -> None:
    """What is published can be, and every port is free for whoever takes it."""
    for container in lab.containers:
        why = _why_not(lab, container) if container.publish else None
        if why:
            raise DefinitionError(f"{container.name}.publish", container.publish[0], *why)
    uses = [use for container in lab.containers for use in _uses(lab, container)]
    for one, other in combinations(uses, 2):
        if one.meets(other):
            raise DefinitionError(
                other.where,
                other.value,
                f"{other.proto} port {other.port} of {other.namespace} is taken by {one.where} = {one.value!r}",
                "Choose another port.",
            )


def _why_not(lab: Topology, container: Container) -> tuple[str, str] | None:
    """(why nothing can be published of a container, what to do instead)."""
    if container.shares:
        remedy = f"Publish it of {container.shares}."
        return f"its network is that of {container.shares}, which alone can publish ports", remedy
    if container.network == "none":
        return "the container has no network to publish a port of", "Leave publish out, or the network."
    if container.network == "host":
        return "its ports are the host's own, and nothing is published", "Leave publish out."
    networks = [lab.network(join.network) for join in container.networks]
    if networks and all(network.internal or network.driver in (MACVLAN, IPVLAN) for network in networks):
        names = ", ".join(f"{item.name} ({'internal' if item.internal else item.driver})" for item in networks)
        return f"nothing is published of a container on {names} alone", "Leave publish out, or join a bridge, too."
    return None


def _uses(lab: Topology, container: Container) -> Iterator[_Use]:
    namespace = _namespace(lab, container)
    for server in container.serves:
        where = f"{container.name}.serves"
        yield _Use(where, f"{server.kind}:{server.port}", namespace, server.proto, _heard(server), server.port)
    if not _is_routed(lab, container):
        for text in container.publish:
            proto, address, port = published_on(text)
            yield _Use(f"{container.name}.publish", text, container.on, proto, address, port)


def _namespace(lab: Topology, container: Container) -> str:
    """The host or container whose network namespace a container is in."""
    shared = next((other for other in lab.containers if other.name == container.shares), None)
    if shared is not None:
        return _namespace(lab, shared)
    return container.on if container.network == "host" else container.name


def _is_routed(lab: Topology, container: Container) -> bool:
    """Whether its networks take calls at the container's own address, so that no port of the host is taken."""
    modes = [set(lab.network(join.network).options.values()) for join in container.networks]
    return bool(modes) and all("routed" in mode for mode in modes)


def _heard(server: Server) -> str:
    """Where a server listens: one on :: takes calls by IPv4, too."""
    return "" if server.address == "::" else server.address


def _overlap(one: str, other: str) -> bool:
    if one == other or not one or not other:
        return True
    first, second = ipaddress.ip_address(one), ipaddress.ip_address(other)
    return first == second or (first.version == second.version and (first.is_unspecified or second.is_unspecified))
