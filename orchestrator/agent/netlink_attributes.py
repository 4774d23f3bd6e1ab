"""What netlink says of links, routes, addresses and rules beyond the main fields, by the names `ip` has for it.

Everything that decides where a packet goes is kept, whatever its kind; left out is what moves by itself: timers,
counters, ids that the kernel hands out, how long something still lasts.
"""

from __future__ import annotations

from typing import Any

# Of bridges and their ports: what the spanning tree finds out, timers, and numbers that depend on who came first.
_MOVING = {
    *(f"IFLA_BR_{name}_TIMER" for name in ("HELLO", "TCN", "TOPOLOGY_CHANGE", "GC")),
    *(f"IFLA_BR_{name}" for name in ("BRIDGE_ID", "ROOT_ID", "ROOT_PORT", "ROOT_PATH_COST")),
    *(f"IFLA_BR_{name}" for name in ("TOPOLOGY_CHANGE", "TOPOLOGY_CHANGE_DETECTED", "FDB_N_LEARNED")),
    *(f"IFLA_BRPORT_{name}_TIMER" for name in ("MESSAGE_AGE", "FORWARD_DELAY", "HOLD")),
    *(f"IFLA_BRPORT_{name}" for name in ("ROOT_ID", "BRIDGE_ID", "DESIGNATED_PORT", "DESIGNATED_COST", "ID", "NO")),
    *(f"IFLA_BRPORT_{name}" for name in ("TOPOLOGY_CHANGE_ACK", "CONFIG_PENDING", "MCAST_EHT_HOSTS_CNT")),
    *(f"IFLA_BRPORT_{name}" for name in ("MCAST_N_GROUPS", "MRP_RING_OPEN", "MRP_IN_OPEN", "FLUSH")),
    "IFLA_VXLAN_LINK",  # an index
    "IFLA_MACVLAN_BC_QUEUE_LEN_USED",  # the longest that any of a parent's asked for
    "IFLA_MACVLAN_MACADDR_DATA",
    "IFLA_MACVLAN_MACADDR_COUNT",
    "UNKNOWN",
}
_OF_ANY_LINK = {
    "IFLA_GROUP": "link_group",
    "IFLA_IFALIAS": "alias",
    "IFLA_GSO_MAX_SIZE": "gso_max_size",
    "IFLA_GSO_MAX_SEGS": "gso_max_segs",
    "IFLA_GRO_MAX_SIZE": "gro_max_size",
    "IFLA_PROTO_DOWN": "protodown",
}
_ROUTE_SHOWN = {
    *(f"RTA_{name}" for name in ("DST", "GATEWAY", "OIF", "PREFSRC", "PRIORITY", "TABLE", "MULTIPATH")),
    *(f"RTA_{name}" for name in ("METRICS", "CACHEINFO", "EXPIRES", "SRC", "UNSPEC", "PAD")),
}
_RULE_SHOWN = {
    *(f"FRA_{name}" for name in ("TABLE", "SRC", "DST", "IIFNAME", "OIFNAME", "FWMARK", "PRIORITY", "UNSPEC", "PAD")),
    "FRA_PROTOCOL",  # who wrote it
}
_FRAME = {"attrs", "header", "value", "event"}  # of a message itself
_ONLINK = 0x4
_INVERT = 0x2
_NONE = 0xFFFFFFFF
_FOREVER = 0xFFFFFFFF
_WHOLE = {("FRA_SPORT_MASK", 0xFFFF), ("FRA_DPORT_MASK", 0xFFFF), ("FRA_DSCP_MASK", 0x3F)}
_WHOLE |= {("FRA_FLOWLABEL_MASK", 0xFFFFF)}
_ADDRESS_FLAGS = {
    0x001: "secondary",
    0x002: "nodad",
    0x004: "optimistic",
    0x008: "dadfailed",
    0x010: "home",
    0x020: "deprecated",
    0x100: "mngtmpaddr",
    0x200: "noprefixroute",
    0x400: "autojoin",
    0x800: "stable-privacy",
}
_TEMPORARY = 0x001
_IPV6 = 10


def _attributes(message: Any) -> list[tuple[str, Any]]:
    return [(item[0], item[1]) for item in message.get("attrs") or ()] if message is not None else []


def _plain(value: Any) -> Any:
    """A value as JSON has it; nested attributes as one text."""
    if hasattr(value, "get_attr") and value.get("attrs"):
        return " ".join(f"{name} {_plain(inner)}" for name, inner in _attributes(value))
    if isinstance(value, dict):
        return ",".join(f"{name}:{_plain(inner)}" for name, inner in sorted(value.items()) if name not in _FRAME)
    if isinstance(value, list | tuple):
        return ",".join(str(_plain(inner)) for inner in value)
    return value.hex() if isinstance(value, bytes) else value


def settings(data: Any) -> dict[str, Any]:
    """What a link of some kind, or a port of a bridge, is set to: {"ageing_time": 30000, …}."""
    return {
        name.split("_", 2)[-1].lower(): _plain(value)
        for name, value in _attributes(data)
        if name not in _MOVING and value is not None
    }


def of_any_link(link: Any) -> dict[str, Any]:
    """What links of every kind are set to, beyond what `ip link` shows first."""
    found = {word: link.get_attr(name) for name, word in _OF_ANY_LINK.items()}
    found["altnames"] = " ".join(sorted(str(name) for _, name in _attributes(link.get_attr("IFLA_PROP_LIST"))))
    return {word: value for word, value in found.items() if value not in {None, ""}}


def _metrics(message: Any) -> dict[str, str]:
    """A route's metrics; `lock` is one that path MTU discovery must not change."""
    found = dict(_attributes(message.get_attr("RTA_METRICS")))
    locked = int(found.pop("RTAX_LOCK", 0) or 0)
    numbers = {"RTAX_MTU": 2, "RTAX_WINDOW": 3, "RTAX_RTT": 4, "RTAX_RTTVAR": 5, "RTAX_SSTHRESH": 6, "RTAX_CWND": 7}
    numbers |= {"RTAX_ADVMSS": 8, "RTAX_REORDERING": 9, "RTAX_HOPLIMIT": 10, "RTAX_INITCWND": 11, "RTAX_RTO_MIN": 13}
    return {
        name.partition("_")[2].lower(): f"{'lock ' if locked >> numbers.get(name, 31) & 1 else ''}{_plain(value)}"
        for name, value in found.items()
        if name != "UNKNOWN"
    }


def of_route(message: Any) -> dict[str, str]:
    """A route's metrics and whatever else it has."""
    found = {"tos": f"{message['tos']:#x}"} if message["tos"] else {}
    if message["flags"] & _ONLINK:
        found["onlink"] = "yes"
    if message.get_attr("RTA_EXPIRES") or (message.get_attr("RTA_CACHEINFO") or {}).get("rta_expires"):
        found["expires"] = "yes"
    if message["src_len"]:
        found["from"] = f"{message.get_attr('RTA_SRC')}/{message['src_len']}"
    rest = {
        name.partition("_")[2].lower(): str(_plain(value))
        for name, value in _attributes(message)
        if name not in _ROUTE_SHOWN and name != "UNKNOWN" and value is not None and (name, value) != ("RTA_PREF", 0)
    }
    return found | _metrics(message) | rest


def of_hop(hop: Any) -> str:
    """What a hop of a route has beyond gateway and interface, with a space before it; often nothing."""
    weight = f" weight {hop['hops'] + 1}" if hop["hops"] else ""
    via = hop.get_attr("RTA_VIA")
    encap = hop.get_attr("RTA_ENCAP")
    found = [weight, " onlink" if hop["flags"] & _ONLINK else ""]
    found += [f" via {_plain(via)}" if via else "", f" encap {_plain(encap)}" if encap else ""]
    return "".join(found)


def of_rule(message: Any) -> dict[str, str]:
    """What a routing policy rule matches beyond addresses, interfaces and mark."""
    found = {"not": "yes"} if message["flags"] & _INVERT else {}
    if message["tos"]:
        found["tos"] = f"{message['tos']:#x}"
    return found | {
        name.partition("_")[2].lower(): str(_plain(value))
        for name, value in _attributes(message)
        if name not in _RULE_SHOWN and name != "UNKNOWN" and value not in {None, _NONE} and (name, value) not in _WHOLE
    }


def of_address(message: Any, interface: str) -> list[str]:
    """Flags, lifetimes that end (not when), label and metric of an address."""
    flags = message.get_attr("IFA_FLAGS") or message["flags"]
    names = {**_ADDRESS_FLAGS, _TEMPORARY: "temporary"} if message["family"] == _IPV6 else _ADDRESS_FLAGS
    found = [name for bit, name in names.items() if flags & bit]
    life = message.get_attr("IFA_CACHEINFO") or {}
    for key, word in (("ifa_valid", "valid_lft"), ("ifa_preferred", "preferred_lft")):
        if life.get(key, _FOREVER) != _FOREVER:
            found.append(f"{word} {'limited' if life[key] else '0'}")
    label, metric = message.get_attr("IFA_LABEL"), message.get_attr("IFA_RT_PRIORITY")
    found += [f"label {label}"] if label and label != interface else []
    return found + ([f"metric {metric}"] if metric else [])
