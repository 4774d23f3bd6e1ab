"""What a routing policy rule matches and does that the netlink library does not know yet (linux/fib_rules.h)."""

from __future__ import annotations

from pyroute2.netlink.rtnl import fibmsg

_NEWER = (
    (25, "FRA_DSCP", "uint8"),
    (26, "FRA_FLOWLABEL", "be32"),
    (27, "FRA_FLOWLABEL_MASK", "be32"),
    (28, "FRA_SPORT_MASK", "uint16"),
    (29, "FRA_DPORT_MASK", "uint16"),
    (30, "FRA_DSCP_MASK", "uint8"),
    *((number, f"FRA_{number}", "hex") for number in range(31, 48)),  # whatever it is, it is not lost
)


def learn() -> None:
    """Have the library read them; to be called before it reads its first rule."""
    known = {number for number, *_ in fibmsg.fibmsg.nla_map}
    fibmsg.fibmsg.nla_map += tuple(item for item in _NEWER if item[0] not in known)
