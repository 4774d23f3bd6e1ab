"""What the kernel would do with a packet: routes, neighbours, sockets, as it answers when asked."""

from __future__ import annotations

import errno
import socket
import struct
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink import NLM_F_REQUEST, NLMSG_ERROR
from pyroute2.netlink.rtnl import RTM_GETROUTE
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from . import namespaces

_TYPES = {1: "unicast", 2: "local", 3: "broadcast", 5: "multicast", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
_HEADER = 16  # bytes of a message's own header
_PATIENCE = 5.0  # seconds
_PROTOCOLS = {"icmp": socket.IPPROTO_ICMP, "tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP, "icmpv6": 58}


class _Question(rtmsg):  # type: ignore[misc]  # pyroute2 is not typed
    """A question for a route, with what rules of `ip rule` match besides: pyroute2's ends before them."""

    nla_map = (
        *rtmsg.nla_map,
        ("RTA_PAD", "hex"),
        ("RTA_UID", "uint32"),
        ("RTA_TTL_PROPAGATE", "uint8"),
        ("RTA_IP_PROTO", "uint8"),
        ("RTA_SPORT", "be16"),
        ("RTA_DPORT", "be16"),
    )


def routes(place: str, queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each query its answer: type, gateway, interface, source, error, mtu.

    A query has dst, and as far as they matter src, iif (where the packet came in), mark, proto, sport and dport.
    """
    namespaces.enter_netns(place)
    with IPRoute() as ip:
        names = {message["index"]: message.get_attr("IFLA_IFNAME") for message in ip.get_links()}
    indexes = {name: index for index, name in names.items()}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.settimeout(_PATIENCE)
        return [_route(kernel, query, names, indexes) for query in queries]


def _question(query: dict[str, Any], indexes: dict[str, int]) -> _Question:
    message, six = _Question(), ":" in query["dst"]
    message["family"] = socket.AF_INET6 if six else socket.AF_INET
    message["dst_len"] = 128 if six else 32
    message["src_len"] = message["dst_len"] if query.get("src") else 0
    given = {
        "RTA_DST": query["dst"],
        "RTA_SRC": query.get("src") or None,
        "RTA_IIF": indexes.get(query["iif"], 0) if query.get("iif") else None,
        "RTA_MARK": query.get("mark") or None,
        "RTA_IP_PROTO": _PROTOCOLS.get(query.get("proto", "")),
        "RTA_SPORT": query.get("sport") or None,
        "RTA_DPORT": query.get("dport") or None,
    }
    message["attrs"] = [(name, value) for name, value in given.items() if value is not None]
    return message


def _answer(kernel: socket.socket, question: _Question) -> tuple[int, Any]:
    """(0, the kernel's route), or (its error number, None)."""
    question["header"]["type"] = RTM_GETROUTE
    question["header"]["flags"] = NLM_F_REQUEST
    question.encode()
    kernel.send(question.data)
    data = kernel.recv(1 << 16)
    if struct.unpack_from("=H", data, 4)[0] == NLMSG_ERROR:
        return -struct.unpack_from("=i", data, _HEADER)[0], None
    answer = rtmsg(data)
    answer.decode()
    return 0, answer


def _route(
    kernel: socket.socket, query: dict[str, Any], names: dict[int, str], indexes: dict[str, int]
) -> dict[str, Any]:
    empty = {"type": "", "gateway": "", "interface": "", "source": "", "mtu": 0, "error": ""}
    code, answer = _answer(kernel, _question(query, indexes))
    if answer is None:
        return {**query, **empty, "error": errno.errorcode.get(code, str(code))}
    metrics = answer.get_attr("RTA_METRICS")
    found = {
        "type": _TYPES.get(answer["type"], str(answer["type"])),
        "gateway": answer.get_attr("RTA_GATEWAY") or "",
        "interface": names.get(answer.get_attr("RTA_OIF"), ""),
        "source": answer.get_attr("RTA_PREFSRC") or "",
        "mtu": (metrics.get_attr("RTAX_MTU") or 0) if metrics is not None else 0,
    }
    return {**query, **empty, **found}
