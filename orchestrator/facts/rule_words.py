"""Routing policy rules in the words of `ip rule`, which takes them back: what a rule matches, and what it does."""

from __future__ import annotations

from typing import Any

_LOOKUP = 1
_GOTO = 2
_ACTIONS = {3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
_EVERY_BIT = 0xFFFFFFFF
_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "ipv6-icmp", "132": "sctp"}
# In the order of `ip rule`: the kernel's name, its word, and the name of the mask that it may have.
_MATCHES = (
    ("from", "from", ""),
    ("to", "to", ""),
    ("tos", "tos", ""),
    ("fwmark", "fwmark", "fwmask"),
    ("iif", "iif", ""),
    ("oif", "oif", ""),
    ("uid_range", "uidrange", ""),
    ("ip_proto", "ipproto", ""),
    ("sport_range", "sport", "sport_mask"),
    ("dport_range", "dport", "dport_mask"),
    ("tun_id", "tun_id", ""),
    ("dscp", "dscp", "dscp_mask"),
    ("flowlabel", "flowlabel", "flowlabel_mask"),
)
_HEXADECIMAL = {"fwmark", "flowlabel"}
_DOES = {"suppress_prefixlen": "suppress_prefixlength", "suppress_ifgroup": "suppress_ifgroup"}
_KNOWN = {"not", "goto", "flow", "l3mdev", *_DOES, *(name for each in _MATCHES for name in each[::2])}


def match(found: dict[str, Any]) -> str:
    """What a rule matches: `not from 10.0.0.0/8 fwmark 0x7/0xff`; empty when it matches everything."""
    words = ["not"] if "not" in found else []
    for name, word, mask in _MATCHES:
        if name in found or mask in found:
            words += [word, _value(name, found.get(name, 0)) + _masked(found.get(mask))]
    return " ".join(words + [f"{name} {value}" for name, value in sorted(found.items()) if name not in _KNOWN])


def _value(name: str, value: Any) -> str:
    if name in _HEXADECIMAL:  # the kernel leaves out a mark of 0 that has a mask
        return f"{int(value):#x}"
    if name.endswith("_range"):
        first, _, last = str(value).partition(":")
        return first if first == last and name != "uid_range" else f"{first}-{last}"
    return _PROTOCOLS.get(str(value), str(value)) if name == "ip_proto" else str(value)


def _masked(mask: Any) -> str:
    return "" if mask is None or int(mask) == _EVERY_BIT else f"/{int(mask):#x}"


def outcome(action: Any, table: str, found: dict[str, Any]) -> str:
    """What a rule does with what it matches: `lookup main suppress_prefixlength 0`, `prohibit`, `goto 100`."""
    if action == _GOTO:
        return f"goto {found.get('goto', '?')}"
    if action != _LOOKUP:
        return _ACTIONS.get(action, f"{table} {action}")
    words = ["l3mdev"] if "l3mdev" in found else ["lookup", table]
    for name, word in _DOES.items():
        words += [word, str(found[name])] if name in found else []
    if "flow" in found:
        source, destination = divmod(int(found["flow"]), 1 << 16)
        words += ["realms", f"{source}/{destination}" if source else str(destination)]
    return " ".join(words)
