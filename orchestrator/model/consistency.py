"""The checks that concern several parts of a lab. Each raises DefinitionError."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable

from netproof.errors import DefinitionError, UnknownName
from netproof.model import published_ports
from netproof.model.parts import BRIDGE, MANAGER, OVERLAY, WORKER, Container, Machine, Network, Node
from netproof.model.topology import Topology

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
_INTERFACE_NAME = 15


def check(lab: Topology) -> None:
    """Everything about a lab that its parts cannot check alone."""
    _names_are_unique(lab)
    _references_exist(lab)
    _wires_have_two_ends(lab)
    _ports_of_switches_have_names(lab)
    _one_manager(lab)
    _mesh_has_nodes(lab)
    _modes_fit(lab)
    _gateways_are_neighbours(lab)
    _addresses_fit(lab)
    _gateways_are_in_their_subnets(lab)
    _subnets_do_not_overlap(lab)
    published_ports.check(lab)


def port_name(machine: str, link: str) -> str:
    """What the port of a switch is called that a machine's link leads to."""
    return f"{machine[: max(_INTERFACE_NAME - 1 - len(link), 1)]}-{link}"


def home(node: Node) -> str:
    """The lab host a node lives in or beside."""
    return node.on if isinstance(node, Container) else node.beside


def _unique(what: str, names: Iterable[str], remedy: str) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise DefinitionError(what, name, f"is used {times} times", remedy)


def _names_are_unique(lab: Topology) -> None:
    if not lab.hosts:
        raise DefinitionError("hosts", (), "a lab needs a lab host", 'Add LabHost("host").')
    own = "Give each part a name of its own."
    _unique("name of hosts and nodes", lab.places, own)
    _unique("name of wires", [wire.name for wire in lab.media], own)
    _unique("name of networks", [network.name for network in lab.networks], own)
    for machine in lab.machines:
        _unique(f"{machine.name}.links", [link.name for link in machine.links], "Number the interfaces: eth0, eth1.")


def _known(field_name: str, value: str, kind: str, known: list[str]) -> None:
    if value not in known:
        unknown = UnknownName(kind, value, known)
        raise DefinitionError(field_name, value, f"there is no {kind} of that name", unknown.remedy)


def _references_exist(lab: Topology) -> None:
    hosts = [host.name for host in lab.hosts]
    wires = [wire.name for wire in lab.media]
    networks = [network.name for network in lab.networks]
    for node in lab.nodes:
        word = "on" if isinstance(node, Container) else "beside"
        _known(f"{node.name}.{word}", home(node), "lab host", hosts)
    for switch in lab.switches:
        _known(f"{switch.name}.beside", switch.beside, "lab host", hosts)
        for machine in switch.hairpin:
            _known(f"{switch.name}.hairpin", machine, "machine", [name for name, _ in lab.ends(switch.name)])
    for machine, link in lab.ends():
        _known(f"{machine}.{link.name}.wire", link.wire, "wire", wires)
    for network in lab.networks:
        _known(f"{network.name}.on", network.on, "lab host", hosts)
    for container in lab.containers:
        for join in container.networks:
            _known(f"{container.name}.networks", join.network, "network", networks)


def _wires_have_two_ends(lab: Topology) -> None:
    for wire in lab.wires:
        machines = [machine for machine, _ in lab.ends(wire.name)]
        if len(machines) != 2:  # noqa: PLR2004 - a cable has two ends
            raise DefinitionError(
                f"wire {wire.name}",
                machines,
                f"a wire has two ends, this one has {len(machines)}",
                "Give it to the links of exactly two machines, or make it a Switch.",
            )
        if machines[0] == machines[1]:
            raise DefinitionError(
                f"wire {wire.name}", machines, "both its ends are on one machine", "End it on two machines."
            )


def _ports_of_switches_have_names(lab: Topology) -> None:
    for switch in lab.switches:
        ends = list(lab.ends(switch.name))
        if not ends:
            raise DefinitionError(
                f"switch {switch.name}", (), "nothing is connected to it", "Name it in a machine's Link."
            )
        names = [port_name(machine, link.name) for machine, link in ends]
        _unique(f"port of {switch.name}", names, "Shorten the machines' names: 15 characters are left for port names.")
        for name, (machine, link) in zip(names, ends, strict=True):
            if len(name) > _INTERFACE_NAME:
                raise DefinitionError(
                    f"{machine}.links",
                    link.name,
                    f"leaves no room for a name of its port of {switch.name}",
                    f"Use {_INTERFACE_NAME - 2} characters at most.",
                )


def _one_manager(lab: Topology) -> None:
    members = [host for host in lab.hosts if host.swarm]
    managers = [host.name for host in members if host.swarm == MANAGER]
    if members and len(managers) != 1:
        raise DefinitionError(
            "swarm", managers, f"a swarm is formed by one manager, there are {len(managers)}", 'Mark one "manager".'
        )
    for host in members:
        if not any(link.addresses for link in host.links):
            raise DefinitionError(
                f"{host.name}.swarm",
                host.swarm,
                "it has no address to be reached at",
                "Give one of its Links one.",
            )


def _mesh_has_nodes(lab: Topology) -> None:
    if lab.mesh and not any(host.swarm == WORKER for host in lab.hosts):
        raise DefinitionError("mesh", lab.mesh, "there is no worker for a service", 'Mark a LabHost swarm="worker".')


def _modes_fit(lab: Topology) -> None:
    """What a container's network may be, and which networks a container on that host can join."""
    for container in lab.containers:
        where = f"{container.name}.network"
        if container.network and container.networks:
            raise DefinitionError(where, container.network, "it also joins networks", "Use network or networks.")
        if container.network not in {"", "none", "host"} and not container.shares:
            raise DefinitionError(
                where, container.network, "is no mode of networking", 'Use "none", "host" or "container:NAME".'
            )
        if container.shares:
            _shares_an_earlier_one(lab, container)
        if (container.network or container.networks) and container.address:
            raise DefinitionError(
                f"{container.name}.address",
                container.address,
                "is an address on the default bridge, which it is not connected to",
                "Say it in a Join.",
            )
        _resolves_itself(container)
        _joins_fit(lab, container)
    for network in lab.networks:
        if network.driver == OVERLAY and lab.host(network.on).swarm != MANAGER:
            raise DefinitionError(
                f"{network.name}.on", network.on, "an overlay is made by a swarm's manager", "Name the manager."
            )


def _resolves_itself(container: Container) -> None:
    """Whoever shares another's network has its resolver, too: the engine refuses to set it."""
    given = {"dns": container.dns, "dns_search": container.dns_search, "dns_options": container.dns_options}
    for name, value in given.items():
        if value and container.shares:
            raise DefinitionError(
                f"{container.name}.{name}",
                value,
                f"its network is that of {container.shares}, whose resolver it has",
                f"Say it of {container.shares}.",
            )


def _joins_fit(lab: Topology, container: Container) -> None:
    where = f"{container.name}.networks"
    _unique(where, [join.network for join in container.networks], "A container has one place in a network.")
    for join in container.networks:
        network = lab.network(join.network)
        if network.driver != OVERLAY and network.on != container.on:
            raise DefinitionError(
                where,
                join.network,
                f"is a network of {network.on}, the container is on {container.on}",
                "Only an overlay reaches several hosts.",
            )
        if network.driver == OVERLAY and not lab.host(container.on).swarm:
            raise DefinitionError(
                where,
                join.network,
                f"is an overlay, and {container.on} is in no swarm",
                f'Make {container.on} a "worker".',
            )
        if join.address and not network.subnets:
            raise DefinitionError(
                where,
                join.address,
                f"is an address in {join.network}, whose subnet the engine chooses",
                f"Give network {join.network} a subnet.",
            )


def _shares_an_earlier_one(lab: Topology, container: Container) -> None:
    earlier = []
    for other in lab.containers:
        if other is container:
            break
        if other.on == container.on:
            earlier.append(other.name)
    _known(f"{container.name}.network", container.shares, "container before it on its host", earlier)


def _gateways_are_neighbours(lab: Topology) -> None:
    for machine in lab.machines:
        subnets = _subnets(lab, machine)
        for destination, gateway in machine.routes.items():
            if not any(ipaddress.ip_address(gateway) in subnet for subnet in subnets):
                raise DefinitionError(
                    f"{machine.name}.routes",
                    f"{destination} via {gateway}",
                    "the gateway is in no subnet of its links",
                    "Use an address on one of its wires.",
                )


def _subnets(lab: Topology, machine: Machine) -> list[IPNetwork]:
    return [ipaddress.ip_network(subnet) for link in machine.links for subnet in lab.wire(link.wire).subnets]


def _addresses_fit(lab: Topology) -> None:
    taken: dict[str, str] = {}
    for machine, link in lab.ends():
        where = f"{machine}.{link.name}.address"
        for address in link.addresses:
            _fits(where, address, lab.wire(link.wire).subnets, f"wire {link.wire}")
            _free(taken, where, f"{link.wire} {ipaddress.ip_address(address)}")
    for container in lab.containers:
        _address_on_default_bridge_fits(lab, container, taken)
        for join in container.networks:
            subnets = lab.network(join.network).subnets
            if join.address:
                where = f"{container.name}.networks"
                _fits(where, join.address, subnets, f"network {join.network}")
                _is_no_gateway(where, join.address, lab.network(join.network))
                _free(taken, where, f"{join.network} {ipaddress.ip_address(join.address)}")


def _is_no_gateway(where: str, address: str, network: Network) -> None:
    """The engine gives a network's gateway to nobody else; without one in the definition it takes the first address."""
    parsed = ipaddress.ip_address(address)
    subnet = next(net for net in map(ipaddress.ip_network, network.subnets) if parsed in net)
    given = [ipaddress.ip_address(gateway) for gateway in network.gateways]
    named = [gateway for gateway in given if gateway in subnet]
    first = [] if "isolated" in network.options.values() else [subnet.network_address + 1]
    if parsed in (named or first):
        raise DefinitionError(where, address, f"is the gateway of network {network.name}", "Choose another address.")


def _gateways_are_in_their_subnets(lab: Topology) -> None:
    for network in lab.networks:
        for gateway in network.gateways:
            if not network.subnets:
                raise DefinitionError(
                    f"{network.name}.gateway",
                    gateway,
                    "is in a subnet the engine chooses",
                    "Give the network a subnet.",
                )
            _fits(f"{network.name}.gateway", gateway, network.subnets, f"network {network.name}")


def _address_on_default_bridge_fits(lab: Topology, container: Container, taken: dict[str, str]) -> None:
    if container.address is None:
        return
    bridge = lab.host(container.on).bridge
    where = f"{container.name}.address"
    _fits(where, container.address, [str(bridge.network)], f"docker0 of {container.on}")
    if ipaddress.ip_address(container.address) == bridge.ip:
        raise DefinitionError(
            where,
            container.address,
            f"is docker0's own address on {container.on}",
            "Choose the next one.",
        )
    _free(taken, where, f"{container.on} {ipaddress.ip_address(container.address)}")


def _free(taken: dict[str, str], where: str, key: str) -> None:
    if key in taken:
        raise DefinitionError(where, key.split()[1], f"is also {taken[key]}", "Give each machine its own address.")
    taken[key] = where


def _fits(where: str, address: str, subnets: Iterable[str], what: str) -> None:
    parsed = ipaddress.ip_address(address)
    networks = [ipaddress.ip_network(subnet) for subnet in subnets]
    found = next((network for network in networks if parsed in network), None)
    shown = " and ".join(map(str, networks))
    if found is None:
        raise DefinitionError(
            where, address, f"is outside {shown}, the subnet of {what}", f"Use an address in {shown}."
        )
    if (
        found.version == 4  # noqa: PLR2004 - IPv6 has no broadcast
        and found.num_addresses > 2  # noqa: PLR2004 - /31 and /32 have neither
        and parsed in (found.network_address, found.broadcast_address)
    ):
        raise DefinitionError(
            where, address, f"is the network or broadcast address of {found}", "Use one between them."
        )


def _subnets_do_not_overlap(lab: Topology) -> None:
    for host in lab.hosts:
        items = []
        for name in sorted({link.wire for link in host.links if link.addresses}):
            items += [(f"wire {name}", ipaddress.ip_network(subnet)) for subnet in lab.wire(name).subnets]
        for network in lab.networks:
            if network.on == host.name and network.driver == BRIDGE:
                items += [(f"network {network.name}", ipaddress.ip_network(subnet)) for subnet in network.subnets]
        if host.has_bridge:
            items.append((f"docker0 of {host.name}", host.bridge.network))
        for position, (one, first) in enumerate(items):
            for other, second in items[position + 1 :]:
                if first.version == second.version and first.overlaps(second):
                    raise DefinitionError(
                        f"{host.name}: {one}",
                        str(first),
                        f"overlaps {second}, the subnet of {other}",
                        "A host cannot route to two networks of the same addresses; renumber one.",
                    )
