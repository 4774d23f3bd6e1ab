"""What the kernel would do with a packet: routes, neighbours, sockets, as it answers when asked."""

from __future__ import annotations

import errno
import socket
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from . import places

_TYPES = {1: "unicast", 2: "local", 3: "broadcast", 5: "multicast", 6: "blackhole", 7: "unreachable", 8: "prohibit"}


def routes(place: str, queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each query its answer: type, gateway, interface, source, error, mtu.

    A query has dst, and as far as they matter src, iif (where the packet came in), and mark.
    """
    places.enter_netns(place)
    with IPRoute() as ip:
        names = {message["index"]: message.get_attr("IFLA_IFNAME") for message in ip.get_links()}
        indexes = {name: index for index, name in names.items()}
        return [_route(ip, query, names, indexes) for query in queries]


def _route(ip: IPRoute, query: dict[str, Any], names: dict[int, str], indexes: dict[str, int]) -> dict[str, Any]:
    wanted: dict[str, Any] = {"family": socket.AF_INET6 if ":" in query["dst"] else socket.AF_INET, "dst": query["dst"]}
    if query.get("src"):
        wanted["src"] = query["src"]
    if query.get("iif"):
        wanted["iif"] = indexes.get(query["iif"], 0)
    if query.get("mark"):
        wanted["mark"] = query["mark"]
    empty = {"type": "", "gateway": "", "interface": "", "source": "", "mtu": 0, "error": ""}
    try:
        answer = next(iter(ip.route("get", **wanted)))
    except NetlinkError as error:
        return {**query, **empty, "error": errno.errorcode.get(error.code, str(error.code))}
    except StopIteration:
        return {**query, **empty, "error": "no answer"}
    metrics = answer.get_attr("RTA_METRICS")
    found = {
        "type": _TYPES.get(answer["type"], str(answer["type"])),
        "gateway": answer.get_attr("RTA_GATEWAY") or "",
        "interface": names.get(answer.get_attr("RTA_OIF"), ""),
        "source": answer.get_attr("RTA_PREFSRC") or "",
        "mtu": (metrics.get_attr("RTAX_MTU") or 0) if metrics is not None else 0,
    }
    return {**query, **empty, **found}
