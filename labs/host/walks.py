"""What else goes wrong in host, with its two uplinks, or only looks as if it did: cases for walks."""

from typing import Any

from labs.host.checks import NORTH, SOUTH
from orchestrator.model import (
    WalkCase,
    both,
    changed,
    frozen,
    hooked,
    link_down,
    neighbour_pinned,
    nft_added,
    route_added,
    rule_added,
    rule_of_routes,
    sysctl_set,
)

_NOBODY = "02:00:00:00:00:77"
_OUT, _OUT_SOUTH = "203.0.113.1", "198.51.100.1"


def _inward(identity: str, **about: Any) -> WalkCase:
    """The outsider asks web, which listens on the host."""
    return WalkCase(id=identity, **{"source": "outsider", "target": f"{NORTH}:8080", **about})


WALKS = (
    _inward(
        "second-uplink-strict",
        what="The way back to the outsider leads by the other uplink, and rp_filter is strict.",
        at="host",
        layer="route",
        says=("rp_filter = 1", "eth0"),
        change=both(
            sysctl_set("host", "net.ipv4.conf.eth0.rp_filter", "1", was="0"),
            route_added("host", f"{_OUT} via {_OUT_SOUTH} dev eth1"),
        ),
    ),
    _inward(
        "second-uplink-loose",
        what="The answer leaves by the other uplink, and nobody minds: it is answered.",
        change=route_added("host", f"{_OUT} via {_OUT_SOUTH} dev eth1"),
    ),
    _inward(
        "second-uplink-dead",
        what="The way back leads by the other uplink, to a router that nobody is.",
        at="host",
        layer="neighbour",
        says=("198.51.100.77",),
        change=route_added("host", f"{_OUT} via 198.51.100.77 dev eth1"),
    ),
    _inward(
        "asker-strict",
        what="The answer comes back by another interface than it should, and the outsider's rp_filter is strict.",
        at="outsider",
        layer="route",
        says=("rp_filter = 1", "eth1"),
        change=both(
            sysctl_set("outsider", "net.ipv4.conf.eth1.rp_filter", "1", was="0"),
            route_added("host", f"{_OUT} via {_OUT_SOUTH} dev eth1"),
        ),
    ),
    _inward(
        "wrong-uplink",
        what="The outsider sends what is for the host's first address to a router that is nobody, by its "
        "second interface.",
        at="outsider",
        layer="route",
        says=("198.51.100.66",),
        change=route_added("outsider", f"{NORTH} via 198.51.100.66 dev eth1"),
    ),
    _inward(
        "other-address-no-answer",
        what="The outsider asks for the host's first address on its second wire, where the host ignores that "
        "(arp_ignore).",
        at="host",
        layer="neighbour",
        says=("arp_ignore = 1", "eth1"),
        change=both(
            sysctl_set("host", "net.ipv4.conf.eth1.arp_ignore", "1", was="0"),
            changed("outsider", "ip neigh flush all", "true", "true"),
            route_added("outsider", f"{NORTH} dev eth1"),
        ),
    ),
    _inward(
        "other-address-filtered",
        what="The same with arp_filter.",
        at="host",
        layer="neighbour",
        says=("arp_filter = 1", "eth1"),
        change=both(
            sysctl_set("host", "net.ipv4.conf.eth1.arp_filter", "1", was="0"),
            changed("outsider", "ip neigh flush all", "true", "true"),
            route_added("outsider", f"{NORTH} dev eth1 src 203.0.113.1"),
        ),
    ),
    _inward(
        "source-routing",
        what="A rule of routes for the first address's answers leads to a table with a blackhole.",
        at="host",
        layer="route",
        says=("blackhole", f"from {NORTH}"),
        change=both(
            changed(
                "host",
                "ip route add blackhole default table 77",
                "ip route show table 77 | grep -q .",
                "ip route flush table 77",
            ),
            rule_of_routes("host", f"from {NORTH} lookup 77"),
        ),
    ),
    _inward(
        "throw",
        what="A rule of routes leads to a table that throws, and on to the main one: it is answered.",
        change=both(
            changed(
                "host",
                "ip route add throw default table 77",
                "ip route show table 77 | grep -q .",
                "ip route flush table 77",
            ),
            rule_of_routes("host", f"from {NORTH} lookup 77"),
        ),
    ),
    _inward(
        "input-policy",
        what="INPUT drops by its policy, and accepts on the second uplink alone.",
        at="host",
        layer="filter",
        says=("policy", "INPUT"),
        change=both(
            rule_added("host", "INPUT -i eth1 -j ACCEPT"),
            changed(
                "host",
                "iptables -w -P INPUT DROP",
                "iptables -w -S INPUT | grep -q 'P INPUT DROP'",
                "iptables -w -P INPUT ACCEPT",
            ),
        ),
    ),
    _inward(
        "input-rejects",
        what="A last rule in INPUT rejects, as many distributions have it.",
        at="host",
        layer="filter",
        says=("INPUT", "icmp-host-prohibited"),
        change=both(
            rule_added("host", "INPUT -j REJECT --reject-with icmp-host-prohibited"),
            rule_added("host", "INPUT -p tcp -m tcp --dport 22 -j ACCEPT"),
            rule_added("host", "INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"),
        ),
    ),
    _inward(
        "input-resets",
        what="A rule in INPUT resets.",
        at="host",
        layer="filter",
        says=("INPUT", "tcp-reset"),
        change=rule_added("host", "INPUT -p tcp -m tcp --dport 8080 -j REJECT --reject-with tcp-reset"),
    ),
    _inward(
        "output-dropped",
        what="A rule in OUTPUT drops the answer.",
        at="host",
        layer="filter",
        says=("OUTPUT", "--sport 8080"),
        change=rule_added("host", "OUTPUT -p tcp -m tcp --sport 8080 -j DROP"),
    ),
    _inward(
        "output-rejected",
        what="A rule in OUTPUT rejects the answer.",
        at="host",
        layer="filter",
        says=("OUTPUT", "REJECT"),
        change=rule_added("host", "OUTPUT -p tcp -m tcp --sport 8080 -j REJECT"),
    ),
    _inward(
        "tcp-sealed-early",
        what="A table drops before everything else, by its priority.",
        at="host",
        layer="filter",
        says=("prerouting", "8080"),
        change=nft_added("host", hooked("prerouting", "tcp dport 8080 drop", priority="-450")),
    ),
    _inward(
        "web-stopped",
        what="web's server is stopped.",
        at="web",
        layer="process",
        says=("stopped",),
        change=frozen("web", "$(ss -Hlntp sport = :8080 | sed 's/.*pid=\\([0-9]*\\).*/\\1/')"),
    ),
    _inward(
        "south-down",
        what="The host's second uplink is down, and the outsider asks there.",
        target=f"{SOUTH}:8080",
        at="host",
        layer="link",
        says=("eth1", "down"),
        change=link_down("host", "eth1"),
    ),
    _inward(
        "south-down-does-not-matter",
        what="The second uplink is down, and the first one is asked: it is answered.",
        change=link_down("host", "eth1"),
    ),
    _inward(
        "north-pinned",
        what="The outsider has nobody's MAC address for the host.",
        at="outsider",
        layer="neighbour",
        says=(_NOBODY,),
        change=neighbour_pinned("outsider", NORTH, _NOBODY),
    ),
    _inward(
        "blackhole-back",
        what="The host has a blackhole for the outsider.",
        at="host",
        layer="route",
        says=("blackhole", _OUT),
        change=route_added("host", f"blackhole {_OUT}"),
    ),
    _inward(
        "unreachable-back",
        what="The host has an unreachable route for the outsider.",
        at="host",
        layer="route",
        says=("unreachable", _OUT),
        change=route_added("host", f"unreachable {_OUT}"),
    ),
    _inward(
        "loopback-dropped",
        what="The loopback is dropped by a rule.",
        source="other",
        target="127.0.0.1:8080",
        at="host",
        layer="filter",
        says=("INPUT", "-i lo"),
        change=rule_added("host", "INPUT -i lo -p tcp -m tcp --dport 8080 -j DROP"),
    ),
    _inward(
        "loopback-down",
        what="The loopback is down.",
        source="other",
        target="127.0.0.1:8080",
        at="host",
        layer="link",
        says=("lo", "down"),
        change=link_down("host", "lo"),
    ),
    _inward(
        "redirected",
        what="A rule redirects the port to one where nobody is.",
        at="host",
        layer="process",
        says=("8099",),
        change=rule_added("host", "PREROUTING -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 8099", "nat"),
    ),
    _inward(
        "local-translation",
        what="What the host itself sends to left's port goes to an address that nobody has.",
        source="host",
        target="172.17.0.2:8080",
        at="host",
        layer="neighbour",
        says=("172.17.0.99",),
        change=rule_added("host", "OUTPUT -d 172.17.0.2/32 -p tcp -j DNAT --to-destination 172.17.0.99", "nat"),
    ),
    _inward(
        "free-port",
        what="Nobody listens on the port.",
        target=f"{NORTH}:9090",
        at="host",
        layer="process",
        says=("9090",),
        spares="DROP",
        change=rule_added("host", "INPUT -p tcp -m tcp --dport 9091 -j DROP"),
    ),
    _inward(
        "source-that-is-mine",
        what="The outsider's packets have the host's own second address as their source.",
        at="outsider",
        layer="nat",
        says=(SOUTH,),
        change=rule_added("outsider", f"POSTROUTING -d {NORTH}/32 -j SNAT --to-source {SOUTH}", "nat"),
    ),
)
