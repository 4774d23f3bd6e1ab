"""Which socket a packet is for, by the kernel's own lookup, and which others are open on its port."""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Iterator
from typing import Any

from pyroute2 import DiagSocket
from pyroute2.netlink import NLM_F_REQUEST
from pyroute2.netlink.diag import SOCK_DIAG_BY_FAMILY, inet_diag_req

from . import namespaces, socket_owners

_PROTOCOLS = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP}
_ESTABLISHED, _UNCONNECTED, _LISTENING = 1 << 1, 1 << 7, 1 << 10
# UDP has no state of its own: one that called connect(2) counts as established, and hears its peer alone.
_ACCEPTING = {"tcp": _LISTENING, "udp": _ESTABLISHED | _UNCONNECTED}
_EVERY_STATE = (1 << 32) - 1
_ANY_COOKIE = (1 << 64) - 1


def taker(  # noqa: PLR0913, PLR0917 - a packet's ends, and where it came in
    place: str, proto: str, src: str, sport: int, dst: str, dport: int, interface: str
) -> dict[str, Any]:
    """`taken`: the socket that the kernel gives a packet with these ends to, or None; `others`: the port's others.

    A socket is its address, port, interface (SO_BINDTODEVICE), peer (of a connected one), v6only, `waiting` and
    `backlog` of its queue of connections, and `owners`: the processes that hold it, as `owners.holding` has them.
    """
    namespaces.enter_netns(place)
    names = dict(socket.if_nameindex())
    index = next((number for number, name in names.items() if name == interface), 0)
    with DiagSocket() as diag:
        taken = _lookup(diag, proto, (src, sport), (dst, dport), index)
        known = list(_on_port(diag, proto, dport, _ACCEPTING[proto]))
    if taken is not None and all(taken["idiag_inode"] != one["idiag_inode"] for one in known):
        known.append(taken)
    found = {one["idiag_inode"]: _described(one, names) for one in known}
    for inode, processes in socket_owners.holding(set(found)).items():
        found[inode]["owners"] = processes
    mine = found.pop(taken["idiag_inode"]) if taken is not None else None
    return {"taken": mine, "others": list(found.values())}


def users(place: str, proto: str, port: int) -> list[dict[str, Any]]:
    """Every socket of a place with this port of its own, in whatever state, as `taker` describes them."""
    namespaces.enter_netns(place)
    names = dict(socket.if_nameindex())
    with DiagSocket() as diag:
        found = {one["idiag_inode"]: _described(one, names) for one in _on_port(diag, proto, port, _EVERY_STATE)}
    for inode, processes in socket_owners.holding(set(found) - {0}).items():
        found[inode]["owners"] = processes
    return list(found.values())


def _lookup(diag: DiagSocket, proto: str, source: tuple[str, int], target: tuple[str, int], index: int) -> Any:
    """The message about the socket that a packet is for; None when there is none."""
    request = inet_diag_req()
    request["sdiag_family"] = socket.AF_INET6 if ":" in target[0] else socket.AF_INET
    request["sdiag_protocol"] = _PROTOCOLS[proto]
    request["idiag_states"] = _EVERY_STATE
    request["idiag_if"], request["idiag_cookie"] = index, _ANY_COOKIE
    # The socket's side and its peer's for TCP; the kernel has them the other way round for UDP.
    near, far = ("src", "dst") if proto == "tcp" else ("dst", "src")
    # A connection of its own would be found before the listener: TCP is asked for one that does not exist yet.
    ends = ((near, target), (far, (source[0], 0 if proto == "tcp" else source[1])))
    for side, (address, port) in ends:
        request[f"idiag_{side}"] = _words(address)
        request[f"idiag_{side[0]}port"] = port
    answers = diag.nlm_request(request, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST)
    # pyroute2 passes errors, such as that there is none, on as messages.
    return next((one for one in answers if one["header"]["type"] == SOCK_DIAG_BY_FAMILY), None)


def _words(address: str) -> tuple[int, ...]:
    packed = ipaddress.ip_address(address.partition("%")[0]).packed
    return struct.unpack("!4I", packed.ljust(16, b"\0"))


def _on_port(diag: DiagSocket, proto: str, port: int, states: int) -> Iterator[Any]:
    for family in (socket.AF_INET, socket.AF_INET6):
        answer = diag.get_sock_stats(family=family, protocol=_PROTOCOLS[proto], states=states)
        yield from (one for one in answer if one["idiag_sport"] == port)


def _described(message: Any, names: dict[int, str]) -> dict[str, Any]:
    connected = bool(message["idiag_dport"])
    listens = 1 << message["idiag_state"] == _LISTENING
    return {
        "address": message["idiag_src"],
        "port": message["idiag_sport"],
        "interface": names.get(message["idiag_if"], ""),
        "peer": message["idiag_dst"] if connected else "",
        "peer_port": message["idiag_dport"],
        "v6only": bool(message.get_attr("INET_DIAG_SKV6ONLY")),
        "waiting": message["idiag_rqueue"] if listens else 0,
        "backlog": message["idiag_wqueue"] if listens else 0,
        "owners": [],
    }
