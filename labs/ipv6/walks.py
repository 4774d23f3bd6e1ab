"""What else goes wrong in ipv6, or only looks as if it did: cases for walks."""

from typing import Any

from netproof.model import (
    Change,
    WalkCase,
    both,
    bridge_of,
    changed,
    hooked,
    link_down,
    mtu_set,
    neighbour_pinned,
    nft_added,
    route_added,
    rule6_added,
    rule_of_routes,
    sysctl_set,
    sysctl_within,
    within,
)

_WITH_USER_CHAIN = ("26.1", "28.5")  # 20.10 makes no DOCKER-USER for IPv6
_OUT, _DUAL, _GATEWAY = "2001:db8::1", "2001:db8:1::2", "2001:db8:1::1"
_NOBODY = "02:00:00:00:00:77"
_BRIDGE = bridge_of("both")
_TWICE = "; ".join(
    [
        "ip netns add twin && ip link add twin0 type veth peer name twin1 netns twin",
        f"ip link set twin0 master {_BRIDGE} up",
        "ip -n twin link set twin1 up && ip -n twin addr add 2001:db8:1::77/64 dev twin1 nodad",
        within("dual", f"ip -6 addr del {_DUAL}/64 dev eth0"),
        within("dual", "ip -6 addr add 2001:db8:1::77/64 dev eth0"),
        f"for n in 1 2 3 4 5 6 7 8 9; do {within('dual', 'ip -6 addr')} | grep -q dadfailed && break; sleep 0.5; done",
    ]
)
_ONCE = "; ".join(
    [
        "ip link del twin0; ip netns del twin",
        within("dual", "ip -6 addr del 2001:db8:1::77/64 dev eth0"),
        within("dual", f"ip -6 addr add {_DUAL}/64 dev eth0 nodad"),
        within("dual", f"ip -6 route replace default via {_GATEWAY} dev eth0"),
    ]
)


def _outward(identity: str, **about: Any) -> WalkCase:
    """dual asks the outsider's web server over IPv6."""
    return WalkCase(id=identity, **{"source": "dual", "target": f"[{_OUT}]:80", **about})


def _inward(identity: str, **about: Any) -> WalkCase:
    """The outsider asks the published port of dual over IPv6."""
    return WalkCase(id=identity, **{"source": "outsider", "target": "[2001:db8::2]:8080", **about})


NOBODY = (
    _outward(
        "nobody-has-it",
        what="Nobody has the address that is asked.",
        target="[2001:db8::77]:80",
        at="host",
        layer="neighbour",
        says=("2001:db8::77", "neighbour solicitation"),
        spares="reject",
        change=rule6_added("host", "FORWARD -s 2001:db8:9::/64 -j REJECT"),
    ),
    _outward(
        "nobody-has-it-ping",
        what="The same with a ping.",
        target="2001:db8::77",
        at="host",
        layer="neighbour",
        says=("2001:db8::77", "neighbour solicitation"),
        spares="reject",
        change=rule6_added("host", "FORWARD -s 2001:db8:9::/64 -j REJECT"),
    ),
    _outward(
        "nobody-has-it-udp",
        what="The same with UDP.",
        target="[2001:db8::77]:53",
        proto="udp",
        at="host",
        layer="neighbour",
        says=("2001:db8::77", "neighbour solicitation"),
        spares="reject",
        change=rule6_added("host", "FORWARD -s 2001:db8:9::/64 -j REJECT"),
    ),
    _outward(
        "dead-next-hop",
        what="A route leads by a router that nobody is.",
        target="[2001:db8:7::1]:80",
        at="host",
        layer="neighbour",
        says=("2001:db8::66",),
        change=route_added("host", "2001:db8:7::/64 via 2001:db8::66", six=True),
    ),
    _outward(
        "solicitations-dropped",
        what="A rule of the outsider drops neighbour solicitations.",
        at="outsider",
        layer="filter",
        says=("olicitation", "rule"),
        change=both(
            rule6_added("outsider", "INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j DROP"),
            changed("host", "ip -6 neigh flush dev eth0", "true", "true"),
        ),
    ),
    _outward(
        "outsider-pinned",
        what="The host has nobody's MAC address for the outsider.",
        at="host",
        layer="neighbour",
        says=(_NOBODY,),
        change=neighbour_pinned("host", _OUT, _NOBODY),
    ),
    _outward(
        "gateway-pinned",
        what="dual has nobody's MAC address for its gateway.",
        at="dual",
        layer="neighbour",
        says=(_NOBODY,),
        change=neighbour_pinned("dual", _GATEWAY, _NOBODY),
    ),
    _outward(
        "outsider-down",
        what="The outsider's interface is down.",
        at="outsider",
        layer="link",
        says=("eth0", "down"),
        change=link_down("outsider", "eth0", "ip addr add 2001:db8::1/64 dev eth0 nodad"),
    ),
)
ROUTES = (
    _outward(
        "hop-limit-of-one",
        what="dual's packets begin with a hop limit of 1.",
        at="host",
        layer="route",
        says=("hop limit",),
        change=sysctl_within("dual", "net.ipv6.conf.eth0.hop_limit", "1", was="64"),
    ),
    _outward(
        "hop-limit-of-the-answer",
        what="The answer begins with a hop limit of 1.",
        at="host",
        layer="route",
        says=("hop limit",),
        change=sysctl_set("outsider", "net.ipv6.conf.eth0.hop_limit", "1", was="64"),
    ),
    _outward(
        "does-not-forward",
        what="The host does not forward IPv6.",
        at="host",
        layer="route",
        says=("forwarding = 0",),
        change=sysctl_set("host", "net.ipv6.conf.all.forwarding", "0", was="1"),
    ),
    *(
        _outward(
            f"{kind}-of-{at}",
            what=f"A route of type {kind} stands in {at}.",
            at=at,
            layer="route",
            says=(kind,),
            change=route_added(at, f"{kind} {_OUT}", six=True),
        )
        for kind in ("prohibit", "unreachable", "blackhole")
        for at in ("host", "dual")
    ),
    _outward(
        "no-default-route",
        what="dual has no default route.",
        at="dual",
        layer="route",
        says=("no route",),
        change=changed(
            "dual",
            "ip -6 route del default",
            "! ip -6 route | grep -q default",
            f"ip -6 route add default via {_GATEWAY} dev eth0 metric 1024",
        ),
    ),
    _outward(
        "other-gateway",
        what="dual's default route leads to an address that nobody has.",
        at="dual",
        layer="neighbour",
        says=("2001:db8:1::99",),
        change=changed(
            "dual",
            "ip -6 route replace default via 2001:db8:1::99 dev eth0 metric 1024",
            "ip -6 route | grep -q ::99",
            f"ip -6 route replace default via {_GATEWAY} dev eth0 metric 1024",
        ),
    ),
    _outward(
        "by-its-interface",
        what="A rule of routes prohibits what comes in by the bridge.",
        at="host",
        layer="route",
        says=("prohibit", "to 2001:db8::1"),
        change=rule_of_routes("host", f"iif {_BRIDGE} to {_OUT} prohibit", six=True),
    ),
    _outward(
        "disabled-in-the-container",
        what="IPv6 is off on dual's interface.",
        at="dual",
        layer="route",
        says=("disable_ipv6",),
        change=changed(
            "host",
            "nsenter -t $(docker inspect -f '{{.State.Pid}}' dual) -n sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1",
            "nsenter -t $(docker inspect -f '{{.State.Pid}}' dual) -n sysctl -n "
            "net.ipv6.conf.eth0.disable_ipv6 | grep -q 1",
            "nsenter -t $(docker inspect -f '{{.State.Pid}}' dual) -n sh -c 'sysctl -qw "
            "net.ipv6.conf.eth0.disable_ipv6=0;"
            " ip addr add 2001:db8:1::2/64 dev eth0 nodad; ip -6 route add default via 2001:db8:1::1 dev eth0 "
            "metric 1024'",
        ),
    ),
    _outward(
        "disabled-on-the-host",
        what="IPv6 is off on the host's eth0.",
        at="host",
        layer="route",
        says=("eth0",),
        change=changed(
            "host",
            "sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1",
            "sysctl -n net.ipv6.conf.eth0.disable_ipv6 | grep -q 1",
            "sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0; ip addr add 2001:db8::2/64 dev eth0 nodad",
        ),
    ),
    _outward(
        "policy-blocks",
        what="An IPsec policy blocks what goes to the outsider.",
        at="host",
        layer="filter",
        says=("policy",),
        change=changed(
            "host",
            f"ip xfrm policy add dir out dst {_OUT} action block",
            "ip xfrm policy | grep -q 'action block'",
            "ip xfrm policy flush",
        ),
    ),
)
RULES = (
    _outward(
        "forward-dropped",
        what="A rule in FORWARD drops.",
        at="host",
        layer="filter",
        says=("FORWARD", "--dport 80"),
        change=rule6_added("host", "FORWARD -o eth0 -p tcp -m tcp --dport 80 -j DROP"),
    ),
    _outward(
        "raw-dropped",
        what="A rule in raw drops.",
        at="host",
        layer="filter",
        says=("raw", "--dport 80"),
        change=rule6_added("host", "PREROUTING -p tcp -m tcp --dport 80 -j DROP", "raw"),
    ),
    *(
        _outward(
            f"rejected-{kind}",
            what=f"A rule in FORWARD rejects with {kind}.",
            at="host",
            layer="filter",
            says=("FORWARD", f"--reject-with {kind}"),
            change=rule6_added("host", f"FORWARD -o eth0 -p tcp -m tcp --dport 80 -j REJECT --reject-with {kind}"),
        )
        for kind in (
            "icmp6-no-route",
            "icmp6-adm-prohibited",
            "icmp6-addr-unreachable",
            "icmp6-port-unreachable",
            "tcp-reset",
        )
    ),
    _outward(
        "rejected-by-the-outsider",
        what="A rule of the outsider rejects.",
        at="outsider",
        layer="filter",
        says=("INPUT", "icmp6-adm-prohibited"),
        change=rule6_added("outsider", "INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp6-adm-prohibited"),
    ),
    _outward(
        "answers-dropped",
        what="A rule drops the answers.",
        at="host",
        layer="filter",
        says=("FORWARD", "--sport 80"),
        change=rule6_added("host", "FORWARD -i eth0 -p tcp -m tcp --sport 80 -j DROP"),
    ),
    _outward(
        "ingress-of-the-answer",
        what="A rule at eth0's ingress drops the answer.",
        at="host",
        layer="filter",
        says=("ingress", "tcp sport 80"),
        change=nft_added("host", hooked("ingress", "meta protocol ip6 tcp sport 80 drop", device="eth0"), "netdev"),
    ),
    _outward(
        "egress",
        what="A rule at eth0's egress drops.",
        at="host",
        layer="filter",
        says=("egress", "tcp dport 80"),
        change=nft_added("host", hooked("egress", "meta protocol ip6 tcp dport 80 drop", device="eth0"), "netdev"),
    ),
    _outward(
        "native-forward",
        what="A table beside iptables' drops what is forwarded.",
        at="host",
        layer="filter",
        says=("forward", "ip6 daddr"),
        change=nft_added("host", hooked("forward", f"ip6 daddr {_OUT} drop", priority="10")),
    ),
    _inward(
        "published-dropped",
        what="A rule in DOCKER-USER drops what comes to the published port.",
        at="host",
        layer="filter",
        says=("DOCKER-USER", "DROP"),
        engines=_WITH_USER_CHAIN,
        change=rule6_added("host", "DOCKER-USER -i eth0 -p tcp -j DROP"),
    ),
    _inward(
        "published-dropped-in-forward",
        what="A rule in FORWARD drops what comes to the published port: 20.10 has no DOCKER-USER for IPv6.",
        at="host",
        layer="filter",
        says=("FORWARD", "DROP"),
        engines="20.10",
        change=rule6_added("host", "FORWARD -i eth0 -p tcp -j DROP"),
    ),
    _inward(
        "published-answer-dropped",
        what="A rule in dual's own namespace drops the answers.",
        at="dual",
        layer="filter",
        says=("OUTPUT", "--sport 80"),
        change=rule6_added("dual", "OUTPUT -p tcp -m tcp --sport 80 -j DROP"),
    ),
    _inward(
        "published-no-way-back",
        what="dual has no way back.",
        at="dual",
        layer="route",
        says=("no route", _OUT),
        change=changed(
            "dual",
            "ip -6 route del default",
            "! ip -6 route | grep -q default",
            f"ip -6 route add default via {_GATEWAY} dev eth0 metric 1024",
        ),
    ),
    _inward(
        "published-to-the-dead",
        what="A rule in front of the engine's leads to an address that no container has.",
        at="host",
        layer="neighbour",
        says=("2001:db8:1::88",),
        change=both(
            rule6_added("host", "FORWARD -d 2001:db8:1::88/128 -j ACCEPT"),
            rule6_added(
                "host",
                "PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination [2001:db8:1::88]:80",
                "nat",
            ),
        ),
    ),
    _inward(
        "inward-dual-down",
        what="dual's interface is down.",
        at="dual",
        layer="link",
        says=("eth0", "down"),
        change=link_down(
            "dual",
            "eth0",
            f"ip addr add {_DUAL}/64 dev eth0 nodad && ip -6 route add default via {_GATEWAY} dev eth0 metric "
            f"1024 && ip route add default via 10.3.1.1",
        ),
    ),
    _inward(
        "inward-closed",
        what="Nobody published the port that is asked.",
        target="[2001:db8::2]:8088",
        at="host",
        layer="process",
        says=("8088",),
        change=rule6_added("host", "INPUT -p tcp -m tcp --dport 8089 -j DROP"),
    ),
)
OTHERS = (
    _outward(
        "narrow",
        what="The host's eth0 takes 1300 bytes: the smallest IPv6 allows is 1280.",
        target=_OUT,
        size=1400,
        df=True,
        at="host",
        layer="mtu",
        says=("1300",),
        change=mtu_set("host", 1300, was=1500),
    ),
    _outward(
        "narrow-and-mute",
        what="The same, and a rule drops what the host would say of it.",
        target=_OUT,
        size=1400,
        df=True,
        at="host",
        layer="mtu",
        says=("1300",),
        change=both(
            mtu_set("host", 1300, was=1500),
            rule6_added("host", "OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 2 -j DROP"),
        ),
    ),
    _outward(
        "answered-beside-drops",
        what="Rules for others drop; this exchange is answered.",
        change=both(
            rule6_added("host", "FORWARD -s 2001:db8:9::/64 -j DROP"),
            route_added("host", "blackhole 2001:db8:9::/64", six=True),
        ),
    ),
    _inward(
        "published-answered-beside-drops",
        what="Rules for others drop; the published port is answered.",
        engines=_WITH_USER_CHAIN,
        change=both(
            rule6_added("host", "DOCKER-USER -s 2001:db8:9::/64 -j DROP"),
            rule6_added("host", "INPUT -p tcp -m tcp --dport 8089 -j REJECT"),
        ),
    ),
    _outward(
        "closed-port",
        what="Nobody listens on the port that is asked.",
        target=f"[{_OUT}]:81",
        at="outsider",
        layer="process",
        says=("81",),
        spares="82",
        change=rule6_added("outsider", "INPUT -p tcp -m tcp --dport 82 -j DROP"),
    ),
    _outward(
        "unanswered-pings",
        what="The outsider answers no pings.",
        target=_OUT,
        at="outsider",
        layer="route",
        says=("echo_ignore_all = 1",),
        change=sysctl_set("outsider", "net.ipv6.icmp.echo_ignore_all", "1", was="0"),
    ),
)
UNUSUAL = (
    _outward(
        "address-of-another",
        what="Somebody on dual's network has the address that dual gave itself: it may not use it.",
        at="dual",
        layer="namespace",
        says=("fe80::", "dadfailed"),
        change=changed("host", _TWICE, f"{within('dual', 'ip -6 addr')} | grep -q dadfailed", _ONCE),
    ),
    _outward(
        "advertisement-dropped",
        what="A rule of the outsider drops what it answers to neighbour solicitations.",
        at="outsider",
        layer="filter",
        says=("Neighbour solicitations", "dropped the answer"),
        change=both(
            changed("host", "ip -6 neigh flush all", "true", "true"),
            rule6_added("outsider", "OUTPUT -p icmpv6 --icmpv6-type neighbour-advertisement -j DROP"),
        ),
    ),
    _outward(
        "port-in-a-blackhole",
        what="A rule of routes has a blackhole for port 80 alone.",
        at="host",
        layer="route",
        says=("blackhole", "dport 80"),
        change=rule_of_routes("host", "ipproto tcp dport 80 blackhole", six=True),
    ),
)


def _sending_from(at: str, address: str, route: str, was: str = "") -> Change:
    """An address more, and a route that has what it leads send from that; `was` is the route it takes the place of."""
    back = f"ip -6 route replace {was}" if was else f"ip -6 route del {route}"
    return changed(
        at,
        f"ip -6 addr add {address}/128 dev eth0 nodad && ip -6 route replace {route} src {address}",
        f"ip -6 route show | grep -q 'src {address}'",
        f"{back}; ip -6 addr del {address}/128 dev eth0",
    )


ENDS = (
    _outward(
        "source-of-the-hosts-route",
        what="The host's route to the outsider has a `src` to which the outsider has no route.",
        source="host",
        at="host",
        layer="route",
        says=("2001:db8:99::1", "`src`"),
        change=_sending_from("host", "2001:db8:99::1", f"{_OUT} dev eth0"),
    ),
    _outward(
        "rewritten-destination",
        what="A rule of nft writes a destination that nobody has, without conntrack.",
        at="host",
        layer="nat",
        says=("2001:db8::77", "ip6 daddr set"),
        spares="as its entry says",
        change=nft_added(
            "host", hooked("prerouting", f"ip6 daddr {_OUT} ip6 daddr set 2001:db8::77", "-300"), family="ip6"
        ),
    ),
    _outward(
        "rewritten-answer",
        what="A rule of nft writes a destination that nobody has into the answer.",
        at="host",
        layer="nat",
        says=("2001:db8::77", "of the answer"),
        change=nft_added(
            "host",
            hooked("prerouting", f"ip6 saddr {_OUT} tcp sport 80 ip6 daddr set 2001:db8::77", "-300"),
            family="ip6",
        ),
    ),
)
WALKS = (*ENDS, *NOBODY, *ROUTES, *RULES, *OTHERS, *UNUSUAL)
