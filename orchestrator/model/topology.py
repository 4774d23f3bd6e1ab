"""The topology of a lab: its parts, and how they are found. Whether they fit together is checked by the Lab."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar

from attrs import field, frozen

from netproof.errors import UnknownName
from netproof.model import validators
from netproof.model.parts import (
    MANAGER,
    Container,
    LabHost,
    Link,
    Machine,
    Network,
    Node,
    Outsider,
    Switch,
    Wire,
)


@frozen
class Topology:
    """Parts with a name, one line on what it shows, and the question of the document it belongs to, if any.

    `mesh` says that the nodes of its swarm have published a port before. `unchecked` names statements of the document
    that cannot be checked, with the reason.
    """

    name: str = field(validator=validators.checked_name)
    shows: str
    hosts: tuple[LabHost, ...] = field(converter=validators.several)
    wires: tuple[Wire, ...] = field(default=(), converter=validators.several)
    switches: tuple[Switch, ...] = field(default=(), converter=validators.several)
    networks: tuple[Network, ...] = field(default=(), converter=validators.several)
    nodes: tuple[Node, ...] = field(default=(), converter=validators.several)
    question: str = ""
    mesh: bool = False
    unchecked: Mapping[str, str] = field(factory=dict)

    @property
    def containers(self) -> tuple[Container, ...]:
        """The containers, in the order in which they start."""
        return tuple(node for node in self.nodes if isinstance(node, Container))

    @property
    def outsiders(self) -> tuple[Outsider, ...]:
        """The machines without an engine."""
        return tuple(node for node in self.nodes if isinstance(node, Outsider))

    @property
    def media(self) -> tuple[Wire | Switch, ...]:
        """What links lead to."""
        return (*self.wires, *self.switches)

    @property
    def namespaces(self) -> tuple[Outsider | Switch, ...]:
        """What lives in a network namespace of its own beside a lab host."""
        return (*self.outsiders, *self.switches)

    @property
    def places(self) -> tuple[str, ...]:
        """Everything one can run a command in: hosts, then nodes, then switches."""
        return tuple(part.name for part in (*self.hosts, *self.nodes, *self.switches))

    def host(self, name: str) -> LabHost:
        """The lab host of this name, or UnknownName."""
        return _named("lab host", name, self.hosts)

    def wire(self, name: str) -> Wire | Switch:
        """The wire or switch of this name, or UnknownName."""
        return _named("wire", name, self.media)

    def network(self, name: str) -> Network:
        """The network of this name, or UnknownName."""
        return _named("network", name, self.networks)

    def machine(self, name: str) -> Machine:
        """The lab host or outsider of this name, or UnknownName."""
        return _named("machine", name, self.machines)

    def host_of(self, place: str) -> LabHost:
        """The lab host in which a host, node or switch lives, or UnknownName."""
        for part in (*self.nodes, *self.switches):
            if part.name == place:
                return self.host(part.on if isinstance(part, Container) else part.beside)
        if place not in self.places:
            raise UnknownName("node", place, self.places, of=self.name)
        return self.host(place)

    @property
    def manager(self) -> LabHost | None:
        """The manager of the lab's swarm, when it has one."""
        return next((host for host in self.hosts if host.swarm == MANAGER), None)

    @property
    def machines(self) -> tuple[Machine, ...]:
        """Everything that can end a wire."""
        return (*self.hosts, *self.outsiders)

    def ends(self, wire: str = "") -> Iterator[tuple[str, Link]]:
        """Every end of a wire, or of all wires: (the machine it is on, the link)."""
        for machine in self.machines:
            for link in machine.links:
                if not wire or link.wire == wire:
                    yield machine.name, link


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Part = TypeVar("Part", bound=_Named)


def _named(kind: str, name: str, parts: tuple[Part, ...]) -> Part:
    for part in parts:
        if part.name == name:
            return part
    raise UnknownName(kind, name, [part.name for part in parts])
