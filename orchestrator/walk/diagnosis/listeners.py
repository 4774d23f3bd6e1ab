"""Who takes a packet that was delivered: the socket that the kernel finds for it, and the others of its port."""

from __future__ import annotations

import ipaddress
from typing import Any

from attrs import define, evolve, field, frozen

from netproof.lab.running import RunningLab
from netproof.walk.diagnosis.delivery import Delivery, delivery, proxied
from netproof.walk.legs import PacketPath
from netproof.walk.model import Death
from netproof.walk.observations import Seen
from netproof.walk.socket_owners import Owner


@frozen
class Socket:
    """A socket that accepts: what it is bound to, its queue of connections, and the processes that hold it."""

    address: str
    port: int
    interface: str
    peer: str
    peer_port: int
    v6only: bool
    waiting: int
    backlog: int
    owners: tuple[Owner, ...]

    @property
    def owner(self) -> str:
        """The process that holds it, in words."""
        return str(self.owners[0]) if self.owners else "the kernel, or a process that cannot be seen,"

    @property
    def bound(self) -> str:
        """What it accepts, in words: `127.0.0.1:80`, `[::]:80 (IPv6)`, `0.0.0.0:80 on eth0`."""
        found = _end(self.address, self.port)
        found += f" on {self.interface}" if self.interface else ""
        found += f" from {_end(self.peer, self.peer_port)}" if self.peer else ""
        is_any = ipaddress.ip_address(self.address.partition("%")[0]).is_unspecified
        return f"{found} (IPv6)" if self.v6only and is_any else found


@frozen
class Taken:
    """A delivery, the socket that takes it, if there is one, and the others that are open on its port."""

    delivery: Delivery
    socket: Socket | None
    others: tuple[Socket, ...]

    @property
    def owners(self) -> tuple[Owner, ...]:
        """The processes that have it."""
        return self.socket.owners if self.socket is not None else ()


@define
class Listeners:
    """The sockets at the ends of an exchange, each asked for once."""

    _running: RunningLab
    _seen: Seen
    _known: dict[Delivery, Taken] = field(factory=dict)

    def of(self, way: PacketPath | None) -> Taken | None:
        """Who takes the packet of a way; None where it did not arrive, or has no ports."""
        found = delivery(self._seen, way)
        if found is None:
            return None
        if found not in self._known:
            self._known[found] = self._ask(found)
        return self._known[found]

    def _ask(self, found: Delivery) -> Taken:
        host, place = self._seen.places[found.place]
        packet = found.packet
        answer = self._running.agent(host).call(
            "taker",
            place=place,
            proto=packet.proto,
            src=packet.src,
            sport=packet.sport or 0,
            dst=found.target or self._address(host, place, found),
            dport=found.port,
            interface=found.interface,
        )
        taken = socket_of(answer["taken"]) if answer["taken"] is not None else None
        return Taken(found, taken, tuple(socket_of(one) for one in answer["others"]))

    def _address(self, host: str, place: str, found: Delivery) -> str:
        """The first address of the interface, which is what a TPROXY rule without one means."""
        space = self._running.agent(host).call("namespace", place=place)
        mine = [one["address"].partition("/")[0] for one in space["addresses"] if one["interface"] == found.interface]
        six = ":" in found.packet.dst
        return next((one for one in mine if (":" in one) == six), found.packet.dst)


def socket_of(answer: dict[str, Any]) -> Socket:
    """A socket as the agent describes it, typed."""
    return Socket(**{**answer, "owners": tuple(Owner(**one) for one in answer["owners"])})


def _end(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def taking(taken: Taken) -> str:
    """Who takes it, for a station: `socat (pid 128) listens on tcp port 80`."""
    who = taken.socket.owner if taken.socket is not None else "nobody"
    return f"{who} listens on {taken.delivery.packet.proto} port {taken.delivery.port}"


def nobody(taken: Taken | None) -> Death | None:
    """It arrived, and no socket takes it: none on its port, or only some that are bound to something else."""
    if taken is None or taken.socket is not None:
        return None
    found, proto = taken.delivery, taken.delivery.packet.proto
    what = f"{found.target} {proto} port {found.port}" if taken.others else f"{proto} port {found.port}"
    others = _together(taken.others)
    why = f"Nobody in {found.place} listens on {what}" + (f"; {others} only." if others else ".")
    target = _end(found.target or found.packet.dst, found.port)
    proof = f"the kernel's socket lookup for {proto} {target} on {found.interface}: none"
    return Death(place=found.place, layer="process", why=why, proof=proof)


def _together(sockets: tuple[Socket, ...]) -> str:
    """`socat (pid 8) listens on 127.0.0.1:80 and [::1]:80, nginx (pid 9) on 10.0.0.2:80`."""
    bound: dict[str, list[str]] = {}
    for one in sockets:
        bound.setdefault(one.owner, []).append(one.bound)
    said = [f"{owner} listens on {' and '.join(dict.fromkeys(ends))}" for owner, ends in bound.items()]
    return ", ".join(said)


def full(taken: Taken | None) -> Death | None:
    """The listener's queue is full: the kernel drops connections until the program accepts one."""
    found = taken.socket if taken is not None else None
    is_tcp = taken is not None and taken.delivery.packet.proto == "tcp"  # others have no such queue
    if taken is None or found is None or not is_tcp or found.waiting <= found.backlog:
        return None
    place = taken.delivery.place
    why = f"{found.owner} does not accept: {found.waiting} connections wait, more than its backlog of {found.backlog}."
    proof = f"ss -ltn of {place}: {found.bound} Recv-Q {found.waiting} Send-Q {found.backlog}"
    return Death(place=place, layer="process", why=why, proof=proof)


def unproxied(death: Death) -> Death:
    """A death by a TPROXY rule, which drops what it has no socket for; any other as it is."""
    port = proxied(death.proof)[1] if death.layer == "filter" else None
    if port is None:
        return death
    what = f"port {port}" if port else "the port that was asked"
    why = f"Nobody in {death.place} listens on {what} with IP_TRANSPARENT, where a TPROXY rule hands the packet to."
    return evolve(death, layer="process", why=why)
