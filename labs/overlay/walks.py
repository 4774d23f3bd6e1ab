"""What else goes wrong in overlay, or only looks as if it did: cases for walks."""

from typing import Any

from netproof.labs.overlay.checks import HIDDEN
from netproof.model import (
    WalkCase,
    both,
    changed,
    hooked,
    link_down,
    mtu_set,
    neighbour_pinned,
    nft_added,
    paused,
    route_added,
    rule_added,
    rule_of_routes,
    sysctl_set,
    sysctl_within,
)

_RIGHT, _LEFT = "10.1.0.20", "10.1.0.10"
_NOBODY = "02:00:00:00:00:77"
_VXLAN = "-p udp -m udp --dport 4789"


_KNOWN = f'{HIDDEN} bridge fdb show dev vxlan0 | grep -q "dst %s .*permanent"'
_BACK = f"timeout 60 sh -c 'until {_KNOWN}; do sleep 0.2; done'"
_KEPT = f"""{HIDDEN} ip neigh show dev vxlan0 nud permanent >/run/vxlan0.neigh
{HIDDEN} bridge fdb show dev vxlan0 | grep ' dst .* permanent' >/run/vxlan0.fdb"""
_GIVEN_BACK = f"""inside() {{ {HIDDEN} "$@"; }}
while read -r mac _ dst _; do inside bridge fdb replace $mac dev vxlan0 dst $dst self permanent; done </run/vxlan0.fdb
while read -r address _ mac _
do inside ip neigh replace $address lladdr $mac dev vxlan0 nud permanent; done </run/vxlan0.neigh
rm /run/vxlan0.*"""
# A swarm takes out of its tables whom it does not hear from, and puts them back later.
_SETTLING = both(
    changed("node1", "true", "true", _BACK % "192.0.2.2"), changed("node2", "true", "true", _BACK % "192.0.2.1")
)


def _across(identity: str, **about: Any) -> WalkCase:
    """left asks right's web server."""
    return WalkCase(id=identity, **{"source": "left", "target": f"{_RIGHT}:80", **about})


WALKS = (
    _across(
        "vxlan-dropped-out",
        what="node1 drops VXLAN on its way out.",
        at="node1",
        layer="filter",
        says=("OUTPUT", "--dport 4789"),
        change=rule_added("node1", f"OUTPUT -o eth0 {_VXLAN} -j DROP"),
    ),
    _across(
        "vxlan-dropped-in",
        what="node2 drops VXLAN on its way in.",
        at="node2",
        layer="filter",
        says=("INPUT", "--dport 4789"),
        change=rule_added("node2", f"INPUT -i eth0 {_VXLAN} -j DROP"),
    ),
    _across(
        "vxlan-dropped-in-raw",
        what="node2 drops VXLAN in raw.",
        at="node2",
        layer="filter",
        says=("raw", "--dport 4789"),
        change=rule_added("node2", f"PREROUTING -i eth0 {_VXLAN} -j DROP", "raw"),
    ),
    _across(
        "vxlan-rejected",
        what="node2 rejects VXLAN.",
        at="node2",
        layer="filter",
        says=("INPUT", "REJECT"),
        change=rule_added("node2", f"INPUT -i eth0 {_VXLAN} -j REJECT --reject-with icmp-host-prohibited"),
    ),
    _across(
        "vxlan-dropped-native",
        what="A table of node2's drops VXLAN.",
        at="node2",
        layer="filter",
        says=("input", "4789"),
        change=nft_added("node2", hooked("input", "udp dport 4789 drop", priority="10")),
    ),
    _across(
        "vxlan-dropped-at-ingress",
        what="A rule at eth0's ingress drops VXLAN.",
        at="node2",
        layer="filter",
        says=("ingress", "4789"),
        change=nft_added("node2", hooked("ingress", "udp dport 4789 drop", device="eth0"), "netdev"),
    ),
    _across(
        "vxlan-answers-dropped",
        what="node1 drops VXLAN on its way in: the answers.",
        at="node1",
        layer="filter",
        says=("INPUT", "--dport 4789"),
        change=rule_added("node1", f"INPUT -i eth0 {_VXLAN} -j DROP"),
    ),
    _across(
        "underlay-down",
        what="node2's eth0 is down.",
        at="node2",
        layer="link",
        says=("eth0", "down"),
        change=both(_SETTLING, link_down("node2", "eth0")),
    ),
    _across(
        "underlay-down-here",
        what="node1's eth0 is down.",
        at="node1",
        layer="link",
        says=("eth0", "down"),
        change=both(_SETTLING, link_down("node1", "eth0")),
    ),
    _across(
        "underlay-pinned",
        what="node1 has nobody's MAC address for node2.",
        at="node1",
        layer="neighbour",
        says=(_NOBODY,),
        change=both(_SETTLING, neighbour_pinned("node1", "192.0.2.2", _NOBODY)),
    ),
    _across(
        "underlay-blackhole",
        what="node1 has a blackhole for node2.",
        at="node1",
        layer="route",
        says=("blackhole", "192.0.2.2"),
        change=both(_SETTLING, route_added("node1", "blackhole 192.0.2.2")),
    ),
    _across(
        "underlay-blackhole-back",
        what="node2 has a blackhole for node1.",
        at="node2",
        layer="route",
        says=("blackhole", "192.0.2.1"),
        change=both(_SETTLING, route_added("node2", "blackhole 192.0.2.1")),
    ),
    _across(
        "underlay-narrow",
        what="node1's eth0 takes 1300 bytes.",
        target=_RIGHT,
        size=1400,
        df=True,
        at="node1",
        layer="mtu",
        says=("1300",),
        change=both(_SETTLING, mtu_set("node1", 1300, was=1500)),
    ),
    _across(
        "right-pinned",
        what="left has nobody's MAC address for right.",
        at="left",
        layer="neighbour",
        says=(_NOBODY,),
        change=neighbour_pinned("left", _RIGHT, _NOBODY),
    ),
    _across(
        "left-pinned",
        what="right has nobody's MAC address for left.",
        at="right",
        layer="neighbour",
        says=(_NOBODY,),
        change=neighbour_pinned("right", _LEFT, _NOBODY),
    ),
    _across(
        "right-down",
        what="right's interface is down.",
        at="right",
        layer="link",
        says=("eth0", "down"),
        change=link_down("right", "eth0"),
    ),
    _across(
        "left-down",
        what="left's interface is down: it leaves by its other one.",
        at="left",
        layer="link",
        says=("eth0", "down"),
        change=link_down("left", "eth0"),
    ),
    _across(
        "right-resets",
        what="A rule of right's resets.",
        at="right",
        layer="filter",
        says=("INPUT", "tcp-reset"),
        change=rule_added("right", "INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset"),
    ),
    _across(
        "right-drops",
        what="A rule of right's drops.",
        at="right",
        layer="filter",
        says=("INPUT", "--dport 80"),
        change=rule_added("right", "INPUT -p tcp -m tcp --dport 80 -j DROP"),
    ),
    _across(
        "right-drops-its-answers",
        what="A rule of right's drops its answers.",
        at="right",
        layer="filter",
        says=("OUTPUT", "--sport 80"),
        change=rule_added("right", "OUTPUT -p tcp -m tcp --sport 80 -j DROP"),
    ),
    _across(
        "right-prohibits",
        what="right prohibits the way back.",
        at="right",
        layer="route",
        says=("prohibit", _LEFT),
        change=route_added("right", f"prohibit {_LEFT}"),
    ),
    _across(
        "right-paused",
        what="right is paused.",
        at="right",
        layer="process",
        says=("stopped",),
        change=paused("right", "node2"),
    ),
    _across(
        "right-ignores-pings",
        what="right answers no pings.",
        target=_RIGHT,
        at="right",
        layer="route",
        says=("icmp_echo_ignore_all = 1",),
        change=sysctl_within("right", "net.ipv4.icmp_echo_ignore_all", "1", was="0", host="node2"),
    ),
    _across(
        "right-closed",
        what="Nobody on right listens on that port.",
        target=f"{_RIGHT}:81",
        at="right",
        layer="process",
        says=("81",),
        spares="4790",
        change=rule_added("node2", "INPUT -i eth0 -p udp -m udp --dport 4790 -j DROP"),
    ),
    _across(
        "right-closed-udp",
        what="Nobody on right takes datagrams on that port.",
        target=f"{_RIGHT}:9001",
        proto="udp",
        at="right",
        layer="process",
        says=("9001",),
        spares="4790",
        change=rule_added("node2", "INPUT -i eth0 -p udp -m udp --dport 4790 -j DROP"),
    ),
    _across(
        "nobody-on-the-overlay",
        what="Nobody on the overlay has the address.",
        target="10.1.0.99:80",
        at="left",
        layer="neighbour",
        says=("10.1.0.99",),
        change=rule_added("node1", "INPUT -s 192.0.2.99 -j REJECT"),
    ),
    _across(
        "bridge-below-down",
        what="The overlay's bridge on node1 is down.",
        at="node1",
        layer="link",
        says=("br0", "down"),
        change=changed(
            "node1",
            f"{HIDDEN} ip link set br0 down",
            f"! {HIDDEN} ip -o link show br0 | grep -q '[<,]UP[,>]'",
            f"{HIDDEN} ip link set br0 up",
        ),
    ),
    _across(
        "tunnel-below-down",
        what="The overlay's VXLAN interface on node1 is down.",
        at="node1",
        layer="link",
        says=("vxlan0", "down"),
        change=changed(
            "node1",
            f"{_KEPT}; {HIDDEN} ip link set vxlan0 down",
            f"! {HIDDEN} ip -o link show vxlan0 | grep -q '[<,]UP[,>]'",
            f"{HIDDEN} ip link set vxlan0 up; {_GIVEN_BACK}",
        ),
    ),
    _across(
        "outward-dropped",
        what="left leaves by docker_gwbridge, where a rule drops.",
        target="192.0.2.2",
        at="node1",
        layer="filter",
        says=("FORWARD", "docker_gwbridge"),
        change=rule_added("node1", "FORWARD -i docker_gwbridge -p icmp -j DROP"),
    ),
    _across(
        "outward-not-forwarded",
        what="node1 does not forward, which docker_gwbridge needs and the overlay does not.",
        target="192.0.2.2",
        at="node1",
        layer="route",
        says=("ip_forward = 0",),
        change=sysctl_set("node1", "net.ipv4.ip_forward", "0", was="1"),
    ),
    _across(
        "not-forwarded-does-not-matter",
        what="node1 does not forward: the overlay does without, and is answered.",
        change=sysctl_set("node1", "net.ipv4.ip_forward", "0", was="1"),
    ),
    _across(
        "answered-beside-others",
        what="Rules for another port of VXLAN, and a blackhole for others: it is answered.",
        change=both(
            rule_added("node2", "INPUT -i eth0 -p udp -m udp --dport 4790 -j DROP"),
            rule_added("node1", "FORWARD -i docker_gwbridge -p tcp -j DROP"),
            route_added("node1", "blackhole 198.51.100.0/24"),
        ),
    ),
    _across(
        "back-vxlan-dropped",
        what="right asks left; node1 drops VXLAN.",
        source="right",
        target=f"{_LEFT}:80",
        at="node1",
        layer="filter",
        says=("INPUT", "--dport 4789"),
        change=rule_added("node1", f"INPUT -i eth0 {_VXLAN} -j DROP"),
    ),
    _across(
        "nodes-themselves",
        what="node1 asks node2 itself, and a rule drops pings there.",
        source="node1",
        target="node2",
        at="node2",
        layer="filter",
        says=("INPUT", "icmp"),
        change=rule_added("node2", "INPUT -i eth0 -p icmp -j DROP"),
    ),
    _across(
        "vxlan-port-in-a-blackhole",
        what="A rule of routes on node1 has a blackhole for VXLAN's port alone.",
        at="node1",
        layer="route",
        says=("blackhole", "dport 4789"),
        change=rule_of_routes("node1", "ipproto udp dport 4789 blackhole"),
    ),
    _across(
        "queue-below-too-small",
        what="The queue of node1's eth0 takes nothing of that size.",
        at="node1",
        layer="link",
        says=("queue", "eth0", "tbf"),
        change=changed(
            "node1",
            "tc qdisc add dev eth0 root tbf rate 8kbit burst 60 limit 60",
            "tc qdisc show dev eth0 | grep -q tbf",
            "tc qdisc del dev eth0 root; ip link set eth0 txqueuelen 1000",
        ),
    ),
)
