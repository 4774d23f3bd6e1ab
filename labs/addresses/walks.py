"""What else goes wrong in addresses, or only looks as if it did: cases for walks."""

from typing import Any

from netproof.model import WalkCase, address_changed, both, changed, rule_added

_OUT = "203.0.113.1"


def _asks(identity: str, source: str, target: str, **about: Any) -> WalkCase:
    return WalkCase(id=identity, source=source, target=target, **about)


WALKS = (
    _asks(
        "address-taken-by-another",
        "host",
        "10.22.2.2:80",
        what="The host has short's address itself: it asks itself, and nobody listens there.",
        at="host",
        layer="process",
        says=("80",),
        engines=("20.10", "26.1"),
        change=changed(
            "host",
            "ip addr add 10.22.2.2/32 dev eth0",
            "ip addr show dev eth0 | grep -q 10.22.2.2",
            "ip addr del 10.22.2.2/32 dev eth0",
        ),
    ),
    _asks(
        "taken-and-asked-through-rules",
        "host",
        "10.22.2.2:80",
        what="The host has short's address itself; 28.5 drops what asks for that and does not come by short's bridge.",
        at="host",
        layer="filter",
        says=("raw PREROUTING", "10.22.2.2/32"),
        engines="28.5",
        change=changed(
            "host",
            "ip addr add 10.22.2.2/32 dev eth0",
            "ip addr show dev eth0 | grep -q 10.22.2.2",
            "ip addr del 10.22.2.2/32 dev eth0",
        ),
    ),
    _asks(
        "outsiders-address-taken",
        "witness",
        f"{_OUT}:80",
        what="The host has the outsider's address itself, on its loopback.",
        at="host",
        layer="process",
        says=("80",),
        change=changed(
            "host",
            f"ip addr add {_OUT}/32 dev lo",
            f"ip addr show dev lo | grep -q {_OUT}",
            f"ip addr del {_OUT}/32 dev lo",
        ),
    ),
    _asks(
        "network-inside-a-network",
        "witness",
        f"{_OUT}:80",
        what="A container has a network that covers the outsider on its own interface, as overlapping subnets do.",
        at="witness",
        layer="route",
        says=(_OUT,),
        change=changed(
            "witness",
            "ip route add 203.0.113.0/24 dev eth0",
            "ip route | grep -q 203.0.113.0",
            "ip route del 203.0.113.0/24",
        ),
    ),
    _asks(
        "network-on-another-bridge",
        "witness",
        f"{_OUT}:80",
        what="A bridge on the host has a subnet that covers the outsider's, as a network of the engine may have.",
        at="host",
        layer="route",
        says=(_OUT, "overlap"),
        change=changed(
            "host",
            "ip link add overlap type bridge && ip addr add 203.0.113.129/25 dev overlap && ip link set "
            "overlap up && ip route add 203.0.113.0/25 dev overlap",
            "ip route | grep -q 'dev overlap'",
            "ip link del overlap",
        ),
    ),
    _asks(
        "renumbered",
        "host",
        "10.22.2.2:80",
        what="short has another address than before.",
        at="short",
        layer="link",
        says=("10.22.2.2",),
        engines=("20.10", "26.1"),  # 28.5 announces the address that a container began with for some seconds
        change=both(
            address_changed("short", "10.22.2.2/24", "10.22.2.9/24", then="ip route add default via 10.22.2.1"),
            changed("host", "ip neigh flush dev br-narrow", "true", "true"),
        ),
    ),
    _asks(
        "renumbered-and-remembered",
        "host",
        "10.22.2.2:80",
        what="short has another address; the host still sends to its MAC address, and short forwards that.",
        at="short",
        layer="neighbour",
        says=("10.22.2.2", "nobody has"),
        change=both(
            changed(
                "host",
                "ping -c1 -W2 10.22.2.2 >/dev/null && ip neigh change 10.22.2.2 dev br-narrow nud permanent",
                "ip neigh show 10.22.2.2 dev br-narrow | grep -q PERMANENT",
                "ip neigh del 10.22.2.2 dev br-narrow",
            ),
            address_changed("short", "10.22.2.2/24", "10.22.2.9/24", then="ip route add default via 10.22.2.1"),
        ),
    ),
    _asks(
        "mtu-of-the-network",
        "outsider",
        "10.22.2.2",
        what="The network takes 1400 bytes, and the outsider, which has a route to it, sends more.",
        size=1430,
        df=True,
        at="host",
        layer="mtu",
        says=("1400",),
        change=both(
            changed(
                "outsider",
                "ip route add 10.22.2.0/24 via 203.0.113.2",
                "ip route | grep -q 10.22.2.0",
                "ip route del 10.22.2.0/24",
            ),
            rule_added("host", "DOCKER-USER -j ACCEPT"),
        ),
        engines=("20.10", "26.1"),
    ),
    _asks(
        "short-out",
        "short",
        _OUT,
        what="short's packets fit into its own network: it is answered.",
        size=1300,
        df=True,
        change=rule_added("host", "FORWARD -s 192.0.2.0/24 -j DROP"),
    ),
    _asks(
        "short-out-too-large",
        "short",
        _OUT,
        what="short's own interface takes 1400 bytes.",
        size=1400,
        df=True,
        at="short",
        layer="mtu",
        says=("1400", "eth0"),
        change=rule_added("host", "FORWARD -s 192.0.2.0/24 -j DROP"),
    ),
)
