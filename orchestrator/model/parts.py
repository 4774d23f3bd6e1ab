"""The parts a lab is made of. Each checks itself; what concerns several parts is checked by the Lab."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from attrs import field, frozen

from netproof.model import validators

MANAGER, WORKER = "manager", "worker"
BRIDGE, MACVLAN, IPVLAN, OVERLAY = "bridge", "macvlan", "ipvlan", "overlay"
DRIVERS = (BRIDGE, MACVLAN, IPVLAN, OVERLAY)
DEFAULT_COMMAND = ("sleep", "infinity")


@frozen
class Wire:
    """A cable with two ends, and the subnet (`a.b.c.0/n`) or subnets that are spoken on it."""

    name: str = field(validator=validators.checked_name)
    subnets: tuple[str, ...] = field(
        alias="subnet", converter=validators.one_or_more, validator=validators.each(validators.subnet)
    )


@frozen
class Switch:
    """An Ethernet switch beside a lab host, with a port for every link that names it.

    `hairpin` names the machines whose port sends frames back where they came from, as VEPA needs it.
    """

    name: str = field(validator=validators.checked_name)
    beside: str = field(validator=validators.checked_name)
    subnets: tuple[str, ...] = field(
        alias="subnet", converter=validators.one_or_more, validator=validators.each(validators.subnet)
    )
    hairpin: tuple[str, ...] = field(default=(), converter=validators.one_or_more)


@frozen
class Link:
    """An interface at the end of a wire, or in a switch: its name on the machine, the wire, its addresses."""

    name: str = field(validator=validators.interface_name)
    wire: str = field(validator=validators.checked_name)
    addresses: tuple[str, ...] = field(
        default=(), alias="address", converter=validators.one_or_more, validator=validators.each(validators.address)
    )


@frozen
class Http:
    """An HTTP server on a TCP port that tells each caller who called, and who answers."""

    port: int = field(default=80, validator=validators.port)
    address: str = field(default="0.0.0.0", validator=validators.address)  # noqa: S104 - every address of a lab's namespace

    proto = "tcp"
    kind = "http"


@frozen
class Udp:
    """A UDP server that answers each datagram with who called, and who answers."""

    port: int = field(validator=validators.port)
    address: str = field(default="0.0.0.0", validator=validators.address)  # noqa: S104 - as above

    proto = "udp"
    kind = "udp"


Server = Http | Udp


def command_of(name: str, servers: tuple[Server, ...]) -> tuple[str, ...]:
    """The command that serves as `name`, on every address and port the servers say."""
    return ("serve", name, *(f"{server.kind}:{server.port}:{server.address}" for server in servers))


@frozen
class LabHost:
    """A machine with a Docker engine of its own.

    `engine` is the daemon's configuration file (`{"bip": "10.0.0.1/8"}`). It starts with
    net.ipv4.ip_forward=0, as a freshly installed machine does. `swarm` makes it a node of the lab's
    swarm, which the manager forms over its first link.
    """

    name: str = field(validator=validators.checked_name)
    engine: Mapping[str, object] = field(factory=dict, validator=validators.bip)
    links: tuple[Link, ...] = field(default=(), converter=validators.several)
    routes: Mapping[str, str] = field(factory=dict, validator=validators.routes)
    swarm: str = field(default="", validator=validators.one_of("", MANAGER, WORKER))

    @property
    def bridge(self) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
        """Address and network of docker0 on this host."""
        return ipaddress.ip_interface(str(self.engine.get("bip", "172.17.0.1/16")))

    @property
    def has_bridge(self) -> bool:
        """Whether it has docker0 at all."""
        return self.engine.get("bridge") != "none"


@frozen
class Network:
    """A Docker network that somebody makes: driver, subnets, gateways, options (`{"parent": "eth0"}`).

    An overlay is made on the swarm's manager and is attachable.
    """

    name: str = field(validator=validators.network_name)
    on: str = field(validator=validators.checked_name)
    driver: str = field(default=BRIDGE, validator=validators.one_of(*DRIVERS))
    subnets: tuple[str, ...] = field(
        default=(), alias="subnet", converter=validators.one_or_more, validator=validators.each(validators.subnet)
    )
    gateways: tuple[str, ...] = field(
        default=(), alias="gateway", converter=validators.one_or_more, validator=validators.each(validators.address)
    )
    internal: bool = False
    ipv6: bool = False
    options: Mapping[str, str] = field(factory=dict)


@frozen
class Join:
    """A container's place in a network: its address there, and other names it is known by.

    Of several networks the one of highest `gw_priority` provides the default gateway, or else the one that sorts first.
    `options` are the driver's for this place, such as `{"com.docker.network.endpoint.ifname": "wan0"}`. Engines know
    priorities and names of interfaces from 28.0 on; `up` refuses them with an older one.
    """

    network: str = field(validator=validators.network_name)
    address: str | None = field(default=None, validator=validators.optional_address)
    aliases: tuple[str, ...] = field(default=(), converter=validators.one_or_more)
    gw_priority: int = field(default=0, validator=validators.whole_number)
    options: Mapping[str, str] = field(factory=dict)


def _joins(given: object) -> tuple[Join, ...]:
    if isinstance(given, str | Join):
        given = (given,)
    return tuple(item if isinstance(item, Join) else Join(item) for item in given)  # type: ignore[attr-defined]  # whatever is not iterable raises here


@frozen
class Container:
    """A container, on its host's default bridge unless it says otherwise.

    `networks` are the networks it joins instead, `network` is `none`, `host` or `container:NAME`. Containers
    start in the order of their definition. The default bridge hands out addresses itself, so `address` is what
    the engine is expected to choose; anything else is reported when the lab is built. `dns` are the servers that are
    asked for names of the world outside, `dns_search` and `dns_options` the resolver's. What it `serves` becomes its
    command.
    """

    name: str = field(validator=validators.container_name)
    on: str = field(validator=validators.checked_name)
    address: str | None = field(default=None, validator=validators.optional_address)
    networks: tuple[Join, ...] = field(default=(), converter=_joins)
    network: str = ""
    publish: tuple[str, ...] = field(
        default=(), converter=validators.one_or_more, validator=validators.each(validators.published)
    )
    serves: tuple[Server, ...] = field(default=(), converter=validators.several)
    capabilities: tuple[str, ...] = field(default=(), converter=validators.one_or_more)
    dns: tuple[str, ...] = field(
        default=(), converter=validators.one_or_more, validator=validators.each(validators.address)
    )
    dns_search: tuple[str, ...] = field(default=(), converter=validators.one_or_more)
    dns_options: tuple[str, ...] = field(default=(), converter=validators.one_or_more)
    command: tuple[str, ...] = field(default=DEFAULT_COMMAND, converter=validators.words)

    @property
    def words(self) -> tuple[str, ...]:
        """The command it runs."""
        return command_of(self.name, self.serves) if self.serves else self.command

    @property
    def shares(self) -> str:
        """The container whose network namespace it lives in; empty when it has its own or the host's."""
        return self.network.removeprefix("container:") if self.network.startswith("container:") else ""

    @property
    def on_default_bridge(self) -> bool:
        """Whether the engine connects it to docker0."""
        return not self.network and not self.networks


@frozen
class Outsider:
    """A machine without an engine: a network namespace of its own beside a host, at the end of wires.

    `routes` lead from a subnet, or `default`, to a gateway on one of its links.
    """

    name: str = field(validator=validators.checked_name)
    beside: str = field(validator=validators.checked_name)
    links: tuple[Link, ...] = field(default=(), converter=validators.several)
    serves: tuple[Server, ...] = field(default=(), converter=validators.several)
    routes: Mapping[str, str] = field(factory=dict, validator=validators.routes)


Node = Container | Outsider
Machine = LabHost | Outsider
