"""What else goes wrong in none, or only looks as if it did: cases for walks."""

from typing import Any

from netproof.model import WalkCase, both, changed, neighbour_pinned, route_added, rule_added, sysctl_within

_NOTHING = rule_added("host", "DOCKER-USER -s 192.0.2.0/24 -j DROP")
_NOBODY = "02:00:00:00:00:77"
_PAST_THE_PEER = ("20.10", "26.1")  # 28.5 lets nothing out of blue that is for another of its networks


def _asks(identity: str, source: str, target: str, **about: Any) -> WalkCase:
    return WalkCase(id=identity, source=source, target=target, **{"change": _NOTHING, **about})


WALKS = (
    _asks(
        "without-a-network",
        "alone",
        "10.4.1.10:80",
        what="A container without a network has no route.",
        at="alone",
        layer="route",
        says=("no route", "10.4.1.10"),
    ),
    _asks(
        "alone-with-itself",
        "alone",
        "127.0.0.1:80",
        what="Nobody in alone listens.",
        at="alone",
        layer="process",
        says=("80",),
    ),
    _asks(
        "beyond-by-a-peer",
        "hub",
        "10.4.4.20:80",
        what="hub asks beyond by way of blue-peer, which forwards; beyond has no way back but its gateway: kept apart.",
        at="host",
        layer="filter",
        says={"20.10": ("DOCKER", "DROP"), "26.1": ("DOCKER", "DROP"), "28.5": ("raw PREROUTING", "DROP")},
        change=route_added("hub", "10.4.4.0/24 via 10.4.3.10"),
    ),
    _asks(
        "peer-does-not-forward",
        "hub",
        "10.4.4.20:80",
        what="hub asks beyond by way of blue-peer, which does not forward.",
        at="blue-peer",
        layer="route",
        says=("ip_forward = 0",),
        engines=_PAST_THE_PEER,
        change=both(
            route_added("hub", "10.4.4.0/24 via 10.4.3.10"),
            sysctl_within("blue-peer", "net.ipv4.ip_forward", "0", was="1"),
        ),
    ),
    _asks(
        "peer-drops-forwarding",
        "hub",
        "10.4.4.20:80",
        what="blue-peer drops what it should forward.",
        at="blue-peer",
        layer="filter",
        says=("FORWARD", "DROP"),
        engines=_PAST_THE_PEER,
        change=both(
            route_added("hub", "10.4.4.0/24 via 10.4.3.10"),
            rule_added("blue-peer", "FORWARD -p tcp -j DROP"),
        ),
    ),
    _asks(
        "by-the-wrong-network",
        "hub",
        "10.4.2.10:80",
        what="hub has a route to green-peer by red's network, where nobody has that address.",
        at="hub",
        layer="route",
        says=("10.4.2.10",),
        change=changed(
            "hub",
            "ip route add 10.4.2.10/32 dev $(ip -o addr | sed -n 's/^[0-9]*: \\([^ ]*\\) .*10.4.1.2.*/\\1/p')",
            "ip route | grep -q '^10.4.2.10 '",
            "ip route del 10.4.2.10/32",
        ),
    ),
    _asks(
        "one-network-pinned",
        "hub",
        "10.4.2.10:80",
        what="hub has nobody's MAC address for green-peer.",
        at="hub",
        layer="neighbour",
        says=(_NOBODY,),
        change=neighbour_pinned(
            "hub", "10.4.2.10", _NOBODY, "$(ip -o addr | sed -n 's/^[0-9]*: \\([^ ]*\\) .*10.4.2.2.*/\\1/p')"
        ),
    ),
    _asks(
        "one-network-down",
        "hub",
        "10.4.2.10:80",
        what="hub's interface on green is down; its default route leads by another network.",
        at="hub",
        layer="link",
        says=("eth", "down"),
        change=changed(
            "hub",
            "ip link set $(ip -o addr | sed -n 's/^[0-9]*: \\([^ ]*\\) .*10.4.2.2.*/\\1/p') down",
            "ip -o link | grep eth | grep -qv '[<,]UP[,>]'",
            "ip link set $(ip -o addr | sed -n 's/^[0-9]*: \\([^ ]*\\) .*10.4.2.2.*/\\1/p') up;"
            " ip route | grep -q default || ip route add default via 10.4.3.1",
        ),
    ),
    _asks(
        "others-do-not-matter",
        "hub",
        "10.4.2.10:80",
        what="A network is cut, and another one is asked: it is answered.",
        change=rule_added("red-peer", "INPUT -p tcp -j DROP"),
    ),
)
