"""Switches, wires and the outsiders at their ends.

A cable is made with the part that could not be without it: with its outsider, else with its switch, else as a
part of its own, between two lab hosts.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from netproof.build.failure import last_words
from netproof.errors import BuildError
from netproof.hosts import SHARED
from netproof.lab.running import RunningLab, place_of
from netproof.model import Lab, LabHost, Link, Outsider, Server, Switch, Wire
from netproof.model.consistency import port_name
from netproof.model.parts import command_of
from netproof.wait import scaled

_SERVER_LIMIT = 15.0


@frozen
class _End:
    """One end of a cable: the lab host it is in, and what the agent there is to make of it."""

    home: str
    body: Mapping[str, Any]


def mac(lab: str, machine: str, link: str) -> str:
    """A locally administered address that is the same each time a lab is built."""
    tail = hashlib.sha256(f"{lab}/{machine}/{link}".encode()).digest()[:5]
    return ":".join(f"{byte:02x}" for byte in (0x02, *tail))


def _with_length(address: str, subnets: tuple[str, ...]) -> str:
    parsed = ipaddress.ip_address(address)
    network = next(net for net in map(ipaddress.ip_network, subnets) if parsed in net)
    return f"{address}/{network.prefixlen}"


def _routes_over(lab: Lab, machine: str, link: Link) -> dict[str, str]:
    """The machine's routes that go over this link: the first one with an address and the gateway's subnet."""
    return {
        destination: gateway
        for destination, gateway in lab.machine(machine).routes.items()
        if link == next((other for other in lab.machine(machine).links if _leads_to(lab, other, gateway)), None)
    }


def _leads_to(lab: Lab, link: Link, gateway: str) -> bool:
    """Whether a machine reaches a gateway over a link as its neighbour."""
    subnets = map(ipaddress.ip_network, lab.wire(link.wire).subnets)
    found = next((subnet for subnet in subnets if ipaddress.ip_address(gateway) in subnet), None)
    return found is not None and any(ipaddress.ip_address(address) in found for address in link.addresses)


def _end(lab: Lab, machine: str, link: Link) -> _End:
    body = {
        "place": place_of(lab, machine),
        "name": link.name,
        "mac": mac(lab.name, machine, link.name),
        "addresses": [_with_length(address, lab.wire(link.wire).subnets) for address in link.addresses],
        "routes": _routes_over(lab, machine, link),
        "switch": False,
    }
    return _End(lab.host_of(machine).name, body)


def _port(lab: Lab, switch: Switch, machine: str, link: Link) -> _End:
    name = port_name(machine, link.name)
    body = {
        "place": place_of(lab, switch.name),
        "name": name,
        "mac": mac(lab.name, switch.name, name),
        "addresses": [],
        "routes": {},
        "switch": True,
        "hairpin": machine in switch.hairpin,
    }
    return _End(switch.beside, body)


def _plug(running: RunningLab, near: _End, far: _End) -> list[str]:
    """Make a cable; returns where its near end is, for the record."""
    body = dict(far.body)
    if near.home != far.home and running.hosts[near.home].apart:
        for end in (near, far):  # the cable is there, and ends in a real interface of each machine
            running.agent(end.home).call("real", end=dict(end.body))
        return [near.body["place"], near.body["name"]]
    if near.home != far.home:
        path = f"{SHARED}/{near.body['name']}.{far.body['mac']}.sock"
        running.agent(far.home).call("lend", place=body["place"], path=path)
        body["place"] = f"lent:{path}"
    running.agent(near.home).call("cable", one=dict(near.body), other=body)
    return [near.body["place"], near.body["name"]]


def standalone_wires(lab: Lab) -> list[Wire]:
    """The wires between two lab hosts, which are parts of their own."""
    hosts = {host.name for host in lab.hosts}
    return [wire for wire in lab.wires if all(machine in hosts for machine, _ in lab.ends(wire.name))]


def hosts_at(lab: Lab, wire: Wire | Switch, outsider: Outsider | None = None) -> set[str]:
    """The lab hosts whose end makes a wire whole: those it ends on, or for an outsider those of its other ends."""
    if outsider is not None and isinstance(wire, Switch):
        return {wire.beside}
    ends = [machine for machine, _ in lab.ends(wire.name) if outsider is None or machine != outsider.name]
    return {
        lab.host_of(machine).name
        for machine in ends
        if outsider is not None or isinstance(lab.machine(machine), LabHost)
    }


def part_of(wire: Wire) -> str:
    """The name under which a wire between two hosts is recorded, on the host of its first end."""
    return f"wire:{wire.name}"


def makers(lab: Lab, name: str) -> set[str]:
    """The parts that make the cables of a wire or switch."""
    outsiders = {machine for machine, _ in lab.ends(name)} & {outsider.name for outsider in lab.outsiders}
    wire = lab.wire(name)
    return {wire.name} if isinstance(wire, Switch) else outsiders or {part_of(wire)}


def make_wire(running: RunningLab, wire: Wire, spec: str) -> None:
    """A cable between two lab hosts. What there was of it is replaced."""
    lab = running.lab
    near, far = (_end(lab, *end) for end in lab.ends(wire.name))
    links = [_plug(running, near, far)]
    running.agent(near.home).call("part.put", name=part_of(wire), spec=spec, servers=[], links=links)


def make_switch(running: RunningLab, switch: Switch, spec: str) -> None:
    """A switch and its cables to lab hosts. What there was under its name must be gone."""
    lab = running.lab
    agent = running.agent(switch.beside)
    agent.call("switch", name=switch.name)
    links = [[place_of(lab, switch.name), "br0"]]
    for machine, link in lab.ends(switch.name):
        if isinstance(lab.machine(machine), LabHost):
            links.append(_plug(running, _port(lab, switch, machine, link), _end(lab, machine, link)))
    agent.call("part.put", name=switch.name, spec=spec, servers=[], links=links)


def _far_end(lab: Lab, outsider: Outsider, link: Link) -> _End | None:
    """The other end of an outsider's link; None when another outsider, made after this one, makes the cable."""
    wire = lab.wire(link.wire)
    if isinstance(wire, Switch):
        return _port(lab, wire, outsider.name, link)
    machine, other = next(end for end in lab.ends(wire.name) if end[0] != outsider.name)
    order = [machine.name for machine in lab.machines]
    return _end(lab, machine, other) if order.index(machine) < order.index(outsider.name) else None


def make_outsider(running: RunningLab, outsider: Outsider, spec: str) -> None:
    """A namespace of its own, its wires, and the servers in it, which listen when this returns.

    What there was under its name must be gone.
    """
    lab = running.lab
    agent = running.agent(outsider.beside)
    agent.call("netns", name=outsider.name)
    links = []
    for link in outsider.links:
        far = _far_end(lab, outsider, link)
        if far is not None:
            links.append(_plug(running, _end(lab, outsider.name, link), far))
    servers = _start_servers(running, outsider)
    agent.call("part.put", name=outsider.name, spec=spec, servers=servers, links=links)


def _server_name(outsider: Outsider, server: Server) -> str:
    return f"{outsider.name}-{server.kind}-{server.port}"


def _start_servers(running: RunningLab, outsider: Outsider) -> list[str]:
    agent, place = running.at(outsider.name)
    names = []
    for server in outsider.serves:
        names.append(_server_name(outsider, server))
        agent.call("spawn", name=names[-1], place=place, argv=list(command_of(outsider.name, (server,))))
    for server, name in zip(outsider.serves, names, strict=True):
        if not agent.call(
            "listening", place=place, port=server.port, proto=server.proto, seconds=scaled(_SERVER_LIMIT)
        ):
            said = running.run(outsider.beside, ["tail", "-n", "5", f"/var/log/{name}.log"])
            raise BuildError(
                f"The {server.kind} server of {outsider.name} does not listen on port {server.port}."
                f" {last_words(said.stdout)}",
                "Mend what the outsider serves.",
            )
    return names
