"""Names as targets: the asker's resolver decides; where it cannot know a node, the node's own address is taken.

/etc/hosts or a DNS server has it           that is asked, in whichever order the C library puts it
a container asks for another container      its resolver's word is final: that is how containers find each other
hosts, outsiders; or one of these asks      no DNS server of an engine knows them: the node's address, and it is said
nobody has ever heard of it                 wrong input; a dotted name that no server could be asked for is a death
"""

from __future__ import annotations

from attrs import frozen

from netproof.errors import UnknownName
from netproof.lab.running import RunningLab
from netproof.model import Lab
from netproof.walk.model import Death, Leg, Station
from netproof.walk.node_address import address_of
from netproof.walk.resolver import Question, Resolution, resolve

_EMBEDDED = "127.0.0.11"
_SERVERLESS = "/etc/resolv.conf names no DNS server, and the C library asks its own machine"
_BRIEFLY = 0.5  # seconds for a name whose address is known anyway


@frozen
class Named:
    """An address ("" when there is none), and what is to be told of how it was found."""

    address: str
    stations: tuple[Station, ...] = ()
    death: Death | None = None

    @property
    def leg(self) -> Leg:
        """The stations as a leg of their own, where nothing follows."""
        asked = f"{self.stations[0].place} looks it up" if self.stations else ""
        return Leg(direction="name", packet=asked, stations=self.stations, complete=False)


def named(running: RunningLab, asker: str, name: str) -> Named:
    """The address that a name stands for to a node. UnknownName for what nobody knows."""
    final = name not in running.lab.places or _is_final(running.lab, asker, name)
    found = resolve(running, asker, name) if final else resolve(running, asker, name, _BRIEFLY)
    told = said(found)
    if found.addresses:
        return Named(found.addresses[0], _stations(found.asker, told))
    mine = address_of(running, asker, name) if name in running.lab.places else ""
    if mine and not final:
        return Named(
            mine, _stations(found.asker, [*told, f"{name} is a node of this lab: its address {mine} is taken"])
        )
    if not mine and not _exists(running, name) and (found.is_denied or "." not in name):
        heard = "; ".join([running.lab.name, *told])
        raise UnknownName("node, address or name", name, running.lab.places, of=heard)
    if mine:
        told += _not_asked(found)
        told.append(f"{name} has {mine}, which {found.asker} has no way to know by this name")
    return Named("", _stations(found.asker, told), _death(found))


def _stations(asker: str, told: list[str]) -> tuple[Station, ...]:
    return tuple(Station(kind="name", place=asker, name="name", text=text, told_by="capture") for text in told)


def _is_final(lab: Lab, asker: str, name: str) -> bool:
    """Whether both are containers: those find each other by what their resolver says, or not at all."""
    containers = {one.name for one in lab.containers}
    return name in containers and (asker in containers or "@" in asker)


def _exists(running: RunningLab, name: str) -> bool:
    """Whether anything of this name is in the lab: an alias, or a container that the definition does not have."""
    aliases = {alias for one in running.lab.containers for join in one.networks for alias in join.aliases}
    if name in aliases:
        return True
    return any(f"container:{name}" in running.agent(host).call("places") for host in running.hosts)


def said(found: Resolution) -> list[str]:
    """How a name was looked up, line by line."""
    lines = [_SERVERLESS] if found.asked and not found.servers else []
    lines += [_line(one, found.waited) for one in found.asked]
    lines += [f"{_embedded(found)} asked in turn: {_line(one, found.waited)}" for one in found.relayed]
    by_dns = {address for one in found.asked for address in one.addresses}
    if found.addresses and not by_dns & set(found.addresses):
        lines.append(_not_by_dns(found))
    if not found.addresses and not found.asked:
        lines.append(_unasked(found))
    if not found.own:
        lines.append(f"{found.asker} has no getent: the lab host's C library looked, with its files")
    if len(found.addresses) > 1:
        lines.append(f"{found.addresses[0]} is taken, which the C library puts first")
    return lines


def _line(one: Question, waited: float) -> str:
    if one.addresses:
        return f"DNS server {one.server} says that {one.name} is {' and '.join(one.addresses)}"
    if one.outcome == "NOERROR":
        return f"DNS server {one.server} has no address for {one.name}"
    if one.outcome == "NXDOMAIN":
        return f"DNS server {one.server} says that there is no {one.name} (NXDOMAIN)"
    if one.outcome.startswith("ICMP"):
        return f"DNS server {one.server} could not be asked for {one.name}: {one.outcome}"
    if one.outcome:
        return f"DNS server {one.server} answered {one.outcome} for {one.name}"
    return f"DNS server {one.server} did not answer for {one.name} within {waited:g} s"


def _embedded(found: Resolution) -> str:
    return found.servers[0] if found.servers else "the resolver"


def _not_by_dns(found: Resolution) -> str:
    is_in_file = set(found.addresses) & set(found.hosts)
    where = "/etc/hosts says" if is_in_file else f"a source of nsswitch.conf (hosts: {found.sources or 'none'}) says"
    return f"{where} that {found.name} is {' and '.join(found.addresses)}"


def _unasked(found: Resolution) -> str:
    """Why no question to a DNS server was seen."""
    if found.late:
        return f"the C library of {found.asker} was not done with {found.name} in time"
    if not found.servers:
        return f"/etc/hosts has no {found.name}, and /etc/resolv.conf names no DNS server"
    if "dns" not in found.sources.split() and found.sources:
        return f"/etc/hosts has no {found.name}, and nsswitch.conf asks no DNS server (hosts: {found.sources})"
    servers = " and ".join(found.servers)
    return f"/etc/hosts has no {found.name}, and no question left for DNS server {servers}"


def _not_asked(found: Resolution) -> list[str]:
    """Of a container's name: that the server which would know it is not among those that are asked."""
    if not found.servers or _EMBEDDED in found.servers:
        return []
    return [f"/etc/resolv.conf does not name {_EMBEDDED}, where the engine answers for containers' names"]


def _death(found: Resolution) -> Death:
    """Why there is no address, from what was seen of the last server that was asked."""
    how = _line(found.asked[-1], found.waited) if found.asked else _unasked(found)
    proof = f"/etc/resolv.conf of {found.asker}: "
    proof += ", ".join(f"nameserver {one}" for one in found.servers) or "no nameserver"
    proof += "".join(f"; {_embedded(found)} asked in turn: {_line(one, found.waited)}" for one in found.relayed)
    why = f"{found.asker} finds no address for {found.name}: {how}."
    return Death(place=found.asker, layer="dns", why=why, proof=proof)
