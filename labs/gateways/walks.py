"""What else goes wrong in gateways, or only looks as if it did: cases for walks."""

from typing import Any

from netproof.model import (
    WalkCase,
    both,
    bridge_of,
    changed,
    nft_added,
    route_added,
    rule_added,
    rule_of_routes,
    sysctl_set,
)

_OUT = "203.0.113.1"
_ROUTED, _ALPHA, _BETA = bridge_of("routed"), bridge_of("alpha"), bridge_of("beta")


def _outward(identity: str, **about: Any) -> WalkCase:
    """The traveller, who is on two networks, asks the outsider."""
    return WalkCase(id=identity, **{"source": "traveller", "target": f"{_OUT}:80", **about})


WALKS = (
    _outward(
        "other-network-out",
        what="The traveller leaves by beta with alpha's address, and the host's rp_filter is strict.",
        at="host",
        layer="route",
        says=("rp_filter = 1", "10.2.3.2"),
        change=both(
            changed(
                "traveller",
                "ip route add 203.0.113.1 via 10.2.4.1 src 10.2.3.2",
                "ip route | grep -q 'via 10.2.4.1'",
                "ip route del 203.0.113.1",
            ),
            changed(
                "host",
                f"sysctl -qw net.ipv4.conf.{_BETA}.rp_filter=1",
                f"sysctl -n net.ipv4.conf.{_BETA}.rp_filter | grep -q 1",
                f"sysctl -qw net.ipv4.conf.{_BETA}.rp_filter=0",
            ),
        ),
    ),
    _outward(
        "other-network-out-strict-inside",
        what="The traveller leaves by beta with alpha's address, and gets the answer by alpha, where its own "
        "rp_filter is strict.",
        at="traveller",
        layer="route",
        says=("rp_filter = 1",),
        change=both(
            changed(
                "traveller",
                "ip route add 203.0.113.1 via 10.2.4.1 src 10.2.3.2",
                "ip route | grep -q 'via 10.2.4.1'",
                "ip route del 203.0.113.1",
            ),
            changed(
                "host",
                "nsenter -t $(docker inspect -f '{{.State.Pid}}' traveller) -n sysctl -qw "
                "net.ipv4.conf.eth0.rp_filter=1",
                "nsenter -t $(docker inspect -f '{{.State.Pid}}' traveller) -n sysctl -n "
                "net.ipv4.conf.eth0.rp_filter | grep -q 1",
                "nsenter -t $(docker inspect -f '{{.State.Pid}}' traveller) -n sysctl -qw "
                "net.ipv4.conf.eth0.rp_filter=0",
            ),
        ),
        engines=("20.10", "26.1"),
    ),
    _outward(
        "out-by-nobody",
        what="The traveller's default route leads by beta to an address that nobody has.",
        at="traveller",
        layer="neighbour",
        says=("10.2.4.99",),
        change=changed(
            "traveller",
            "ip route add 203.0.113.1 via 10.2.4.99",
            "ip route | grep -q 10.2.4.99",
            "ip route del 203.0.113.1",
        ),
    ),
    _outward(
        "alpha-prohibited",
        what="A rule of routes prohibits what comes from alpha.",
        at="host",
        layer="route",
        says=("prohibit", "from 10.2.3.0/24"),
        change=rule_of_routes(
            "host", "from 10.2.3.0/24 iif $(ip -o route get 10.2.3.2 | sed 's/.*dev \\([^ ]*\\).*/\\1/') prohibit"
        ),
    ),
    _outward(
        "beta-prohibited-does-not-matter",
        what="A rule of routes prohibits what comes from beta, and alpha is used: it is answered.",
        change=rule_of_routes("host", "from 10.2.4.0/24 prohibit"),
    ),
    _outward(
        "routed-machine-not-open",
        what="The outsider asks a routed container's port that is not published.",
        source="outsider",
        target="10.2.2.2:81",
        at="host",
        layer="filter",
        says=("DROP",),
        change=rule_added("host", "DOCKER-USER -s 192.0.2.0/24 -j DROP"),
        engines="28.5",
    ),
    _outward(
        "routed-machine-by-rule",
        what="A rule in DOCKER-USER drops what is for the routed container.",
        source="outsider",
        target="10.2.2.2:80",
        at="host",
        layer="filter",
        says=("DOCKER-USER", "10.2.2.2"),
        change=rule_added("host", "DOCKER-USER -d 10.2.2.2/32 -j DROP"),
    ),
    _outward(
        "routed-machine-unknown",
        what="The outsider has no route to the routed network.",
        source="outsider",
        target="10.2.2.2:80",
        at="outsider",
        layer="route",
        says=("no route", "10.2.2.2"),
        change=changed(
            "outsider",
            "ip route del 10.2.2.0/24",
            "! ip route | grep -q 10.2.2.0",
            "ip route add 10.2.2.0/24 via 203.0.113.2",
        ),
    ),
    _outward(
        "routed-machine-by-somebody-else",
        what="The outsider's route to the routed network leads by an address that nobody has.",
        source="outsider",
        target="10.2.2.2:80",
        at="outsider",
        layer="neighbour",
        says=("203.0.113.9",),
        change=changed(
            "outsider",
            "ip route replace 10.2.2.0/24 via 203.0.113.9",
            "ip route | grep -q 203.0.113.9",
            "ip route replace 10.2.2.0/24 via 203.0.113.2",
        ),
    ),
    _outward(
        "routed-machine-forwarding",
        what="The host does not forward what comes in by eth0.",
        source="outsider",
        target="10.2.2.2:80",
        at="host",
        layer="route",
        says=("eth0.forwarding = 0",),
        change=sysctl_set("host", "net.ipv4.conf.eth0.forwarding", "0", was="1"),
    ),
    _outward(
        "private-from-outside",
        what="The outsider knows the way to private, and the engine does not let it in.",
        source="outsider",
        target="10.2.1.2:80",
        at="host",
        layer="filter",
        says={"20.10": "policy DROP", "26.1": "policy DROP", "28.5": "-j DROP"},
        change=rule_added("host", "DOCKER-USER -s 192.0.2.0/24 -j DROP"),
    ),
    _outward(
        "printer-no-answer",
        what="The printer drops by a rule of its own.",
        source="outsider",
        target="10.2.2.2:80",
        at="printer",
        layer="filter",
        says=("INPUT", "--dport 80"),
        change=rule_added("printer", "INPUT -p tcp -m tcp --dport 80 -j DROP"),
    ),
    _outward(
        "loop-of-routes",
        what="The host and the outsider send an address to each other; the host takes nothing with its own source.",
        target="198.51.100.1:80",
        at="outsider",
        layer="route",
        says=("back to host", "198.51.100.1"),
        change=both(
            route_added("host", "198.51.100.0/24 via 203.0.113.1"),
            route_added("outsider", "198.51.100.0/24 via 203.0.113.2"),
            sysctl_set("outsider", "net.ipv4.ip_forward", "1", was="0"),
            sysctl_set("outsider", "net.ipv4.conf.all.send_redirects", "0", was="1"),
            sysctl_set("host", "net.ipv4.conf.all.send_redirects", "0", was="1"),
        ),
    ),
    _outward(
        "loop-of-routes-untranslated",
        what="The host and the outsider send what the printer asks to each other until its TTL is used up.",
        source="printer",
        target="198.51.100.1:80",
        at="outsider",
        layer="route",
        says=("TTL",),
        engines="28.5",
        change=both(
            changed(
                "host",
                "iptables -P FORWARD ACCEPT",
                "iptables -S FORWARD | grep -q '^-P FORWARD ACCEPT'",
                "iptables -P FORWARD DROP",
            ),
            route_added("host", "198.51.100.0/24 via 203.0.113.1"),
            route_added("outsider", "198.51.100.0/24 via 203.0.113.2"),
            sysctl_set("outsider", "net.ipv4.ip_forward", "1", was="0"),
            sysctl_set("outsider", "net.ipv4.conf.all.send_redirects", "0", was="1"),
            sysctl_set("host", "net.ipv4.conf.all.send_redirects", "0", was="1"),
        ),
    ),
    _outward(
        "sent-back-into-the-policy",
        what="The outsider sends what the printer asks back to the host, where no rule lets it through again.",
        source="printer",
        target="198.51.100.1:80",
        at="host",
        layer="filter",
        says=("policy DROP",),
        engines="28.5",
        change=both(
            route_added("host", "198.51.100.0/24 via 203.0.113.1"),
            route_added("outsider", "198.51.100.0/24 via 203.0.113.2"),
            sysctl_set("outsider", "net.ipv4.ip_forward", "1", was="0"),
        ),
    ),
    _outward(
        "outsider-does-not-forward",
        what="The outsider is asked to route, and does not forward.",
        target="198.51.100.1:80",
        at="outsider",
        layer="route",
        says=("forward", "= 0"),
        change=route_added("host", "198.51.100.0/24 via 203.0.113.1"),
    ),
    _outward(
        "outsider-knows-no-further",
        what="The outsider is asked to route, and has no route.",
        target="198.51.100.1:80",
        at="outsider",
        layer="route",
        says=("no route", "198.51.100.1"),
        change=both(
            route_added("host", "198.51.100.0/24 via 203.0.113.1"),
            sysctl_set("outsider", "net.ipv4.ip_forward", "1", was="0"),
        ),
    ),
    _outward(
        "masquerade-beside",
        what="A table of nftables gives another source before the engine's rules: nobody has it.",
        source="private",
        at="host",
        layer="nat",
        says=("203.0.113.50",),
        change=nft_added(
            "host",
            "chain postrouting { type nat hook postrouting priority 90; ip saddr 10.2.1.2 snat ip to 203.0.113.50; };",
        ),
    ),
    _outward(
        "marked-answers-lost",
        what="A rule marks answers, and a rule of routes has a blackhole for what is marked.",
        at="host",
        layer="route",
        says=("blackhole", "10.2.1.2", "fwmark 0x9"),
        spares="no entry of conntrack",
        source="private",
        change=both(
            rule_added("host", "PREROUTING -i eth0 -p tcp -m tcp --sport 80 -j MARK --set-mark 9", "mangle"),
            rule_of_routes("host", "fwmark 9 blackhole"),
        ),
    ),
    _outward(
        "all-but-one-in-a-blackhole",
        what="A rule of routes excepts private's questions from a blackhole, and not the answers to them.",
        at="host",
        layer="route",
        says=("blackhole", "not from 10.2.1.0/24"),
        spares="no entry of conntrack",
        source="private",
        change=rule_of_routes("host", "not from 10.2.1.0/24 blackhole"),
    ),
    _outward(
        "some-bits-of-a-mark",
        what="A rule of routes looks at some bits of the mark alone, and makes private's way unreachable.",
        at="host",
        layer="route",
        says=("unreachable", "fwmark 0x7/0xf"),
        source="private",
        change=both(
            rule_added("host", "PREROUTING -s 10.2.1.0/24 -p tcp -j MARK --set-mark 0x17", "mangle"),
            rule_of_routes("host", "fwmark 0x7/0xf unreachable"),
        ),
    ),
)
