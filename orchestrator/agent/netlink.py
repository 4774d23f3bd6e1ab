"""Facts the kernel tells over netlink, for the namespace the calling thread is in.

Each function returns plain dicts; `netproof.facts` gives them types. Numbers that netlink encodes
are spelled as `ip` spells them, so that what a snapshot says can be compared with what people type.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

from pyroute2 import DiagSocket, IPRoute
from pyroute2.netlink.nfnetlink.nfctsocket import NFCTSocket

from . import netlink_attributes, offloads, rule_attributes

rule_attributes.learn()

_IFF = {0x1: "UP", 0x8: "LOOPBACK", 0x80: "NOARP", 0x100: "PROMISC", 0x200: "ALLMULTI"}
_BROADCAST, _MULTICAST = 0x2, 0x1000
_UNKNOWN_NSID = 0xFFFFFFFF
_NUD = {
    0x01: "INCOMPLETE",
    0x02: "REACHABLE",
    0x04: "STALE",
    0x08: "DELAY",
    0x10: "PROBE",
    0x20: "FAILED",
    0x40: "NOARP",
    0x80: "PERMANENT",
}
_ROUTE_PROTOCOLS = {2: "kernel", 3: "boot", 4: "static", 9: "ra", 16: "dhcp"}
_ROUTE_TYPES = {
    1: "unicast",
    2: "local",
    3: "broadcast",
    5: "multicast",
    6: "blackhole",
    7: "unreachable",
    8: "prohibit",
}
_SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
_TABLES = {253: "default", 254: "main", 255: "local"}
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 132: "sctp", 58: "icmpv6"}
_TCP_STATES = (
    "NONE",
    "SYN_SENT",
    "SYN_RECV",
    "ESTABLISHED",
    "FIN_WAIT",
    "CLOSE_WAIT",
    "LAST_ACK",
    "TIME_WAIT",
    "CLOSE",
    "SYN_SENT2",
)


def namespace_ids(ip: IPRoute, files: dict[str, int]) -> dict[str, int]:
    """{place: the number by which this namespace knows it}, of open namespaces that it knows; changes nothing."""
    found = {}
    for place, descriptor in files.items():
        nsid = ip.get_netnsid(fd=descriptor)["nsid"]
        if nsid not in {None, _UNKNOWN_NSID, -1}:
            found[place] = nsid
    return found


def _prefix(message: Any, attribute: str, length: int) -> str | None:
    address = message.get_attr(attribute)
    return f"{address}/{length}" if address else None


def _link_kind(link: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """(kind, details, bridge port settings) of a link message."""
    info = link.get_attr("IFLA_LINKINFO")
    if info is None:
        return "", {}, {}
    kind = info.get_attr("IFLA_INFO_KIND") or ""
    data = info.get_attr("IFLA_INFO_DATA")
    details = netlink_attributes.settings(data) if hasattr(data, "get_attr") and kind != "veth" else {}
    port = info.get_attr("IFLA_INFO_SLAVE_DATA")
    is_port = port is not None and info.get_attr("IFLA_INFO_SLAVE_KIND") == "bridge"
    return kind, details, netlink_attributes.settings(port) if is_port else {}


def links(ip: IPRoute) -> list[dict[str, Any]]:
    """Interfaces: name, index, kind, mac, mtu, flags, operstate, master (a name), peer, more: see `Link` of facts."""
    messages = list(ip.get_links())
    names = {message["index"]: message.get_attr("IFLA_IFNAME") for message in messages}
    active = offloads.offloads(list(names.values()))
    found = []
    for message in messages:
        kind, details, port = _link_kind(message)
        stats = message.get_attr("IFLA_STATS64") or {}
        found.append(
            {
                "name": names[message["index"]],
                "index": message["index"],
                "kind": kind,
                "mac": message.get_attr("IFLA_ADDRESS") or "",
                "mtu": message.get_attr("IFLA_MTU"),
                "txqlen": message.get_attr("IFLA_TXQLEN"),
                "flags": _flags(message["flags"]),
                "promiscuity": message.get_attr("IFLA_PROMISCUITY") or 0,
                "operstate": message.get_attr("IFLA_OPERSTATE") or "",
                "master": names.get(message.get_attr("IFLA_MASTER"), ""),
                "peer_index": message.get_attr("IFLA_LINK"),
                "peer_nsid": message.get_attr("IFLA_LINK_NETNSID"),
                "xdp": bool((message.get_attr("IFLA_XDP") or {}).get("attrs") and _xdp_mode(message)),
                "details": netlink_attributes.of_any_link(message) | details,
                "offloads": active.get(names[message["index"]], []),
                "port": port,
                "rx_packets": stats.get("rx_packets", 0),
                "tx_packets": stats.get("tx_packets", 0),
                "rx_dropped": stats.get("rx_dropped", 0),
                "tx_dropped": stats.get("tx_dropped", 0),
            }
        )
    return found


def _flags(bits: int) -> list[str]:
    """Flags by name; what every Ethernet interface has is told where it is missing."""
    lacks = bits & _BROADCAST and not bits & _MULTICAST
    return [name for bit, name in _IFF.items() if bits & bit] + (["NOMULTICAST"] if lacks else [])


def _xdp_mode(message: Any) -> Any:
    return message.get_attr("IFLA_XDP").get_attr("IFLA_XDP_ATTACHED")


def addresses(ip: IPRoute, names: dict[int, str]) -> list[dict[str, Any]]:
    """Addresses: interface, address (a.b.c.d/n), scope, peer when it differs, broadcast, flags."""
    found = []
    for message in ip.get_addr():
        length = message["prefixlen"]
        local = message.get_attr("IFA_LOCAL") or message.get_attr("IFA_ADDRESS")
        remote = message.get_attr("IFA_ADDRESS")
        interface = names.get(message["index"], "")
        found.append(
            {
                "interface": interface,
                "address": f"{local}/{length}",
                "scope": _SCOPES.get(message["scope"], str(message["scope"])),
                "peer": remote if remote != local else "",
                "broadcast": message.get_attr("IFA_BROADCAST") or "",
                "flags": netlink_attributes.of_address(message, interface),
            }
        )
    return found


def _hops(message: Any, names: dict[int, str]) -> list[str]:
    return [
        f"{hop.get_attr('RTA_GATEWAY') or ''}@{names.get(hop['oif'], '')}{netlink_attributes.of_hop(hop)}"
        for hop in message.get_attr("RTA_MULTIPATH") or ()
    ]


_CLONED = 0x200  # RTM_F_CLONED: what a route was found to be for one destination, such as a path's MTU; it passes


def routes(ip: IPRoute, names: dict[int, str]) -> list[dict[str, Any]]:
    """Routes of all tables: dst, gateway, interface, source, metric, table, protocol, scope, type, hops, attributes."""
    found = []
    for message in ip.get_routes():
        if message["flags"] & _CLONED:
            continue
        table = message.get_attr("RTA_TABLE") or message["table"]
        empty = "::/0" if message["family"] == socket.AF_INET6 else "0.0.0.0/0"
        found.append(
            {
                "dst": _prefix(message, "RTA_DST", message["dst_len"]) or empty,
                "gateway": message.get_attr("RTA_GATEWAY") or "",
                "interface": names.get(message.get_attr("RTA_OIF"), ""),
                "source": message.get_attr("RTA_PREFSRC") or "",
                "metric": message.get_attr("RTA_PRIORITY") or 0,
                "table": _TABLES.get(table, str(table)),
                "protocol": _ROUTE_PROTOCOLS.get(message["proto"], str(message["proto"])),
                "scope": _SCOPES.get(message["scope"], str(message["scope"])),
                "type": _ROUTE_TYPES.get(message["type"], str(message["type"])),
                "hops": _hops(message, names),
                "attributes": netlink_attributes.of_route(message),
            }
        )
    return found


def policies(ip: IPRoute) -> list[dict[str, Any]]:
    """Routing policy rules (`ip rule`): family, priority, table, action, and what they match."""
    found = []
    for family, name in ((socket.AF_INET, "ip"), (socket.AF_INET6, "ip6")):
        for message in ip.get_rules(family=family):
            table = message.get_attr("FRA_TABLE") or message["table"]
            matches = {
                "from": _prefix(message, "FRA_SRC", message["src_len"]),
                "to": _prefix(message, "FRA_DST", message["dst_len"]),
                "iif": message.get_attr("FRA_IIFNAME"),
                "oif": message.get_attr("FRA_OIFNAME"),
                "fwmark": message.get_attr("FRA_FWMARK"),
            }
            found.append(
                {
                    "family": name,
                    "priority": message.get_attr("FRA_PRIORITY") or 0,
                    "table": _TABLES.get(table, str(table)),
                    "action": message["action"],
                    "match": {key: value for key, value in matches.items() if value}
                    | netlink_attributes.of_rule(message),
                }
            )
    return found


def _state(message: Any) -> str:
    """The state; PERMANENT and NOARP come first, as a VXLAN's programmed entries have both."""
    names = [name for bit, name in _NUD.items() if message["state"] & bit]
    return next((name for name in ("PERMANENT", "NOARP") if name in names), names[0] if names else "NONE")


def neighbours(ip: IPRoute, names: dict[int, str]) -> list[dict[str, Any]]:
    """Neighbour table: interface, address, mac, state."""
    return [
        {
            "interface": names.get(message["ifindex"], ""),
            "address": message.get_attr("NDA_DST") or "",
            "mac": message.get_attr("NDA_LLADDR") or "",
            "state": _state(message),
        }
        for message in ip.get_neighbours()
    ]


def fdb(ip: IPRoute, names: dict[int, str]) -> list[dict[str, Any]]:
    """Forwarding database of bridges and VXLANs: interface, mac, state, where (self or master), remote, vlan."""
    return [
        {
            "interface": names.get(message["ifindex"], ""),
            "mac": message.get_attr("NDA_LLADDR") or "",
            "state": _state(message),
            "where": "master" if message.get_attr("NDA_MASTER") else "self",
            "remote": message.get_attr("NDA_DST") or "",
            "vlan": message.get_attr("NDA_VLAN") or 0,
        }
        for message in ip.fdb("dump")
    ]


def qdiscs(ip: IPRoute, names: dict[int, str]) -> list[dict[str, Any]]:
    """Queueing disciplines other than what every interface has: interface, kind, handle, parent."""
    return [
        {
            "interface": names.get(message["index"], ""),
            "kind": message.get_attr("TCA_KIND") or "",
            "handle": f"{message['handle'] >> 16:x}:",
            "parent": message["parent"],
        }
        for message in ip.get_qdiscs()
    ]


def _sockets(diag: DiagSocket, protocol: int, states: int) -> Iterator[Any]:
    for family in (socket.AF_INET, socket.AF_INET6):
        yield from diag.get_sock_stats(family=family, protocol=protocol, states=states)


def listening() -> list[dict[str, Any]]:
    """Sockets that accept: proto (tcp or udp), address, port, and the uid they belong to."""
    found = []
    with DiagSocket() as diag:
        for name, protocol, states in (
            ("tcp", socket.IPPROTO_TCP, 1 << 10),
            ("udp", socket.IPPROTO_UDP, 1 << 7),
        ):
            found += [
                {
                    "proto": name,
                    "address": message["idiag_src"],
                    "port": message["idiag_sport"],
                    "uid": message["idiag_uid"],
                }
                for message in _sockets(diag, protocol, states)
            ]
    return found


def _tuple(message: Any, name: str) -> dict[str, Any]:
    side = message.get_attr(name)
    ip, proto = side.get_attr("CTA_TUPLE_IP"), side.get_attr("CTA_TUPLE_PROTO")
    version = "V4" if ip.get_attr("CTA_IP_V4_SRC") else "V6"
    number = proto.get_attr("CTA_PROTO_NUM")
    return {
        "proto": _PROTOCOLS.get(number, str(number)),
        "src": ip.get_attr(f"CTA_IP_{version}_SRC"),
        "dst": ip.get_attr(f"CTA_IP_{version}_DST"),
        "sport": proto.get_attr("CTA_PROTO_SRC_PORT"),
        "dport": proto.get_attr("CTA_PROTO_DST_PORT"),
    }


def _tcp_state(message: Any) -> str:
    info = message.get_attr("CTA_PROTOINFO")
    tcp = info.get_attr("CTA_PROTOINFO_TCP") if info is not None else None
    state = tcp.get_attr("CTA_PROTOINFO_TCP_STATE") if tcp is not None else None
    return _TCP_STATES[state] if state is not None and state < len(_TCP_STATES) else ""


def flow(message: Any) -> dict[str, Any]:
    """A tracked connection: its original and reply tuple, TCP state and mark."""
    return {
        "original": _tuple(message, "CTA_TUPLE_ORIG"),
        "reply": _tuple(message, "CTA_TUPLE_REPLY"),
        "state": _tcp_state(message),
        "mark": message.get_attr("CTA_MARK") or 0,
    }


def tracked() -> list[dict[str, Any]]:
    """Connection tracking: each flow's original and reply tuple, TCP state and mark."""
    with NFCTSocket() as conntrack:
        return [flow(message) for message in conntrack.dump()]


def flows(place: str) -> list[dict[str, Any]]:
    """The tracked connections of a place."""
    from . import namespaces  # noqa: PLC0415 - places must not need pyroute2, nor import this at start

    namespaces.enter_netns(place)
    return tracked()
