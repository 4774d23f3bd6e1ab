"""What else goes wrong in bridge-nat, or only looks as if it did: cases for walks."""

from netproof.model import (
    Change,
    WalkCase,
    both,
    changed,
    frozen,
    hooked,
    link_down,
    mtu_set,
    neighbour_pinned,
    nft_added,
    port_of,
    route_added,
    rule_added,
    rule_of_routes,
    sysctl_set,
    sysctl_within,
)

_WEB = "203.0.113.1:80"
_NOBODY = "02:00:00:00:00:77"


def _outward(identity: str, **about: object) -> WalkCase:
    """The client asks the outsider's web server."""
    given = {"source": "client", "target": _WEB, **about}
    return WalkCase(id=identity, **given)  # type: ignore[arg-type]  # the keywords are those of WalkCase


def _redirected(at: str, interface: str, port: str) -> Change:
    """A filter of tc that sends what comes in from or for a port to the loopback instead."""
    add = f"tc filter add dev {interface} parent ffff: protocol ip u32 match ip {port} 0xffff"
    return changed(
        at,
        f"tc qdisc add dev {interface} ingress && {add} action mirred egress redirect dev lo",
        f"tc filter show dev {interface} ingress | grep -q mirred",
        f"tc qdisc del dev {interface} ingress",
    )


def _queued(at: str, queue: str) -> Change:
    """A queue for what leaves by eth0; the length that it takes with it is put back."""
    kind = queue.partition(" ")[0]
    return changed(
        at,
        f"tc qdisc add dev eth0 root {queue}",
        f"tc qdisc show dev eth0 | grep -q ' {kind} '",
        "tc qdisc del dev eth0 root; ip link set eth0 txqueuelen 1000",
    )


_FORGET = changed("host", "ip neigh flush all", "true", "true")


NOBODY = (
    _outward(
        "nobody-has-it",
        what="Nobody has the address that is asked; the host says so itself, and no rule does.",
        target="203.0.113.77:80",
        at="host",
        layer="neighbour",
        says=("203.0.113.77", "ARP"),
        spares="reject",
        change=rule_added("host", "INPUT -s 192.0.2.99 -j REJECT"),
    ),
    _outward(
        "nobody-has-it-udp",
        what="The same with UDP.",
        target="203.0.113.77:53",
        proto="udp",
        at="host",
        layer="neighbour",
        says=("203.0.113.77", "ARP"),
        spares="reject",
        change=rule_added("host", "FORWARD -s 192.0.2.99 -j REJECT"),
    ),
    _outward(
        "nobody-has-it-ping",
        what="The same with a ping.",
        target="203.0.113.77",
        at="host",
        layer="neighbour",
        says=("203.0.113.77", "ARP"),
        spares="reject",
        change=rule_added("host", "FORWARD -s 192.0.2.99 -j REJECT"),
    ),
    _outward(
        "outsider-down",
        what="The outsider's interface is down, and an unrelated rule rejects.",
        at="outsider",
        layer="link",
        says=("eth0", "down"),
        spares="reject",
        change=both(
            link_down("outsider", "eth0"),
            rule_added("host", "FORWARD -s 192.0.2.99 -j REJECT"),
        ),
    ),
    _outward(
        "dead-next-hop",
        what="A route leads by a router that nobody is.",
        target="198.51.100.7:80",
        at="host",
        layer="neighbour",
        says=("203.0.113.66",),
        spares="reject",
        change=route_added("host", "198.51.100.0/24 via 203.0.113.66"),
    ),
    _outward(
        "onto-the-bridge",
        what="A route sends what is for the outsider back onto the bridge.",
        at="host",
        layer="route",
        says=("203.0.113.1", "docker0"),
        change=route_added("host", "203.0.113.1/32 dev docker0"),
    ),
)
TIME_TO_LIVE = (
    _outward(
        "ttl-of-one",
        what="The client's packets begin with a TTL of 1.",
        at="host",
        layer="route",
        says=("TTL",),
        change=sysctl_within("client", "net.ipv4.ip_default_ttl", "1", was="64"),
    ),
    _outward(
        "ttl-by-rule",
        what="A rule in mangle sets the TTL to 1.",
        at="host",
        layer="route",
        says=("TTL",),
        change=rule_added("host", "PREROUTING -i docker0 -j TTL --ttl-set 1", "mangle"),
    ),
    _outward(
        "ttl-of-the-answer",
        what="The answer comes with a TTL of 1.",
        at="host",
        layer="route",
        says=("TTL",),
        change=sysctl_set("outsider", "net.ipv4.ip_default_ttl", "1", was="64"),
    ),
)
HOOKS = (
    _outward(
        "ingress-of-the-answer",
        what="A rule at eth0's ingress drops the answer.",
        at="host",
        layer="filter",
        says=("tcp sport 80", "ingress"),
        change=nft_added("host", hooked("ingress", "tcp sport 80 drop", device="eth0"), "netdev"),
    ),
    _outward(
        "ingress-of-the-bridge",
        what="A rule at docker0's ingress drops the question.",
        at="host",
        layer="filter",
        says=("tcp dport 80", "ingress"),
        change=nft_added("host", hooked("ingress", "tcp dport 80 drop", device="docker0"), "netdev"),
    ),
    _outward(
        "egress",
        what="A rule at eth0's egress drops the question.",
        at="host",
        layer="filter",
        says=("tcp dport 80", "egress"),
        change=nft_added("host", hooked("egress", "tcp dport 80 drop", device="eth0"), "netdev"),
    ),
    _outward(
        "egress-of-a-ping",
        what="The same for pings.",
        target="203.0.113.1",
        at="host",
        layer="filter",
        says=("icmp", "egress"),
        change=nft_added("host", hooked("egress", "ip protocol icmp drop", device="eth0"), "netdev"),
    ),
    _outward(
        "bridge-family",
        what="A rule of the bridge family drops what comes in by the bridge's ports.",
        at="host",
        layer="filter",
        says=("tcp dport 80",),
        change=nft_added("host", hooked("prerouting", "tcp dport 80 drop"), "bridge"),
    ),
    _outward(
        "bridge-family-input",
        what="A rule of the bridge family drops what is for the bridge itself.",
        at="host",
        layer="filter",
        says=("tcp dport 80",),
        change=nft_added("host", hooked("input", "tcp dport 80 drop"), "bridge"),
    ),
    _outward(
        "arp-family",
        what="The host drops ARP requests by a rule of the arp family.",
        at="host",
        layer="filter",
        says=("ARP",),
        change=both(
            nft_added("host", hooked("input", "arp operation request drop"), "arp"),
            changed("client", "ip neigh flush all", "true", "true"),
        ),
    ),
    _outward(
        "native-forward",
        what="A table of nftables beside iptables' drops what is forwarded, as firewalld's does.",
        at="host",
        layer="filter",
        says=("ct state new", "forward"),
        change=nft_added("host", hooked("forward", 'iifname "docker0" ct state new drop', priority="10")),
    ),
    _outward(
        "native-reject",
        what="A table beside iptables' rejects what is forwarded.",
        at="host",
        layer="filter",
        says=("reject",),
        change=nft_added(
            "host", hooked("forward", 'iifname "docker0" reject with icmpx admin-prohibited', priority="10")
        ),
    ),
    _outward(
        "native-postrouting",
        what="A table drops in postrouting.",
        at="host",
        layer="filter",
        says=("postrouting", "dport 80"),
        change=nft_added("host", hooked("postrouting", "tcp dport 80 drop", priority="50")),
    ),
    _outward(
        "native-prerouting-early",
        what="A table drops before connections are tracked.",
        at="host",
        layer="filter",
        says=("prerouting", "dport 80"),
        change=nft_added("host", hooked("prerouting", "tcp dport 80 drop", priority="-310")),
    ),
)
RULES = (
    _outward(
        "raw-drop",
        what="A rule in raw drops what comes from the client.",
        at="host",
        layer="filter",
        says=("raw", "--dport 80"),
        change=rule_added("host", "PREROUTING -i docker0 -p tcp -m tcp --dport 80 -j DROP", "raw"),
    ),
    _outward(
        "mangle-postrouting",
        what="A rule in mangle drops behind the routing decision.",
        at="host",
        layer="filter",
        says=("mangle", "POSTROUTING"),
        change=rule_added("host", "POSTROUTING -o eth0 -p tcp -m tcp --dport 80 -j DROP", "mangle"),
    ),
    _outward(
        "answers-dropped",
        what="A rule in FORWARD drops answers.",
        at="host",
        layer="filter",
        says=("FORWARD", "--sport 80"),
        change=rule_added("host", "FORWARD -i eth0 -p tcp -m tcp --sport 80 -j DROP"),
    ),
    _outward(
        "untracked-dropped",
        what="What the host itself sends is not tracked, so that a rule drops the answer as one to nothing.",
        source="host",
        at="host",
        layer="filter",
        says=("INPUT", "ESTABLISHED"),
        change=both(
            rule_added("host", "OUTPUT -o eth0 -p tcp -j CT --notrack", "raw"),
            rule_added("host", "INPUT -i eth0 -p tcp -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP"),
        ),
    ),
    _outward(
        "limited",
        what="A limit that is used up leaves the rest to a rule that drops.",
        at="host",
        layer="filter",
        says=("FORWARD", "-j DROP"),
        change=both(
            rule_added("host", "FORWARD -i docker0 -p tcp -m tcp --dport 80 -j DROP"),
            rule_added(
                "host", "FORWARD -s 192.0.2.1/32 -i docker0 -p tcp -m limit --limit 1/hour --limit-burst 1 -j ACCEPT"
            ),
        ),
    ),
    _outward(
        "quota",
        what="A quota of nothing, and then a rule that drops.",
        at="host",
        layer="filter",
        says=("FORWARD", "spent"),
        change=both(
            rule_added("host", "FORWARD -i docker0 -p tcp -m comment --comment spent -j DROP"),
            rule_added("host", "FORWARD -i docker0 -p tcp -m quota --quota 0 -j ACCEPT"),
        ),
    ),
)


def _rejected(kind: str) -> WalkCase:
    """A rule answers with this ICMP error."""
    return _outward(
        f"rejected-{kind.removeprefix('icmp-')}",
        what=f"A rule in FORWARD rejects with {kind}.",
        at="host",
        layer="filter",
        says=("FORWARD", f"--reject-with {kind}"),
        change=rule_added("host", f"FORWARD -i docker0 -p tcp -m tcp --dport 80 -j REJECT --reject-with {kind}"),
    )


REJECTS = (
    *map(
        _rejected,
        (
            "icmp-net-unreachable",
            "icmp-host-unreachable",
            "icmp-port-unreachable",
            "icmp-proto-unreachable",
            "icmp-net-prohibited",
            "icmp-host-prohibited",
            "icmp-admin-prohibited",
            "tcp-reset",
        ),
    ),
    _outward(
        "reset-by-the-outsider",
        what="A rule of the outsider answers with a RST.",
        at="outsider",
        layer="filter",
        says=("INPUT", "tcp-reset"),
        change=rule_added("outsider", "INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset"),
    ),
    _outward(
        "rejected-by-the-outsider",
        what="A rule of the outsider rejects.",
        at="outsider",
        layer="filter",
        says=("INPUT", "icmp-host-prohibited"),
        change=rule_added("outsider", "INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-host-prohibited"),
    ),
    _outward(
        "rejected-by-the-client",
        what="A rule in the client's own namespace rejects what it sends.",
        at="client",
        layer="filter",
        says=("OUTPUT", "REJECT"),
        change=rule_added("client", "OUTPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable"),
    ),
    _outward(
        "reset-by-the-client",
        what="A rule in the client's own namespace answers what it sends with a RST.",
        at="client",
        layer="filter",
        says=("OUTPUT", "tcp-reset"),
        change=rule_added("client", "OUTPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset"),
    ),
    _outward(
        "answer-rejected-on-its-way",
        what="A rule of the outsider resets its own answer.",
        at="outsider",
        layer="filter",
        says=("OUTPUT", "REJECT"),
        change=rule_added("outsider", "OUTPUT -p tcp -m tcp --sport 80 -j REJECT --reject-with icmp-port-unreachable"),
    ),
    _outward(
        "ping-rejected",
        what="A rule in FORWARD rejects pings.",
        target="203.0.113.1",
        at="host",
        layer="filter",
        says=("FORWARD", "icmp-host-prohibited"),
        change=rule_added("host", "FORWARD -i docker0 -p icmp -j REJECT --reject-with icmp-host-prohibited"),
    ),
    _outward(
        "datagram-rejected",
        what="A rule in FORWARD rejects datagrams.",
        target="203.0.113.1:53",
        proto="udp",
        at="host",
        layer="filter",
        says=("FORWARD", "icmp-port-unreachable"),
        change=rule_added("host", "FORWARD -i docker0 -p udp -j REJECT --reject-with icmp-port-unreachable"),
    ),
    _outward(
        "inside-the-client",
        what="A rule in the client's own namespace drops the answer.",
        at="client",
        layer="filter",
        says=("INPUT", "--sport 80"),
        change=rule_added("client", "INPUT -p tcp -m tcp --sport 80 -j DROP"),
    ),
    _outward(
        "dropped-on-its-way-out",
        what="A rule in the client's own namespace drops what it sends.",
        at="client",
        layer="filter",
        says=("OUTPUT", "DROP"),
        change=rule_added("client", "OUTPUT -p tcp -m tcp --dport 80 -j DROP"),
    ),
    _outward(
        "the-hosts-own",
        what="A rule drops what the host itself sends.",
        source="host",
        at="host",
        layer="filter",
        says=("OUTPUT", "DROP"),
        change=rule_added("host", "OUTPUT -p tcp -m tcp --dport 80 -j DROP"),
    ),
)


def _refusing(kind: str, at: str, *says: str) -> WalkCase:
    """A route of a kind that refuses."""
    return _outward(
        f"{kind}-of-{at}",
        what=f"A route of type {kind} stands in {at}.",
        at=at,
        layer="route",
        says=(kind, *says),
        change=route_added(at, f"{kind} 203.0.113.1"),
    )


ROUTES = (
    *(_refusing(kind, at) for kind in ("prohibit", "unreachable", "blackhole") for at in ("host", "client")),
    _outward(
        "blackhole-of-the-answer",
        what="The outsider has a blackhole for the host.",
        at="outsider",
        layer="route",
        says=("blackhole", "203.0.113.2"),
        change=route_added("outsider", "blackhole 203.0.113.2"),
    ),
    _outward(
        "marked",
        what="A rule in mangle marks the packet, and a rule of routes sends marked ones into a blackhole.",
        at="host",
        layer="route",
        says=("fwmark", "77"),
        change=both(
            rule_added("host", "PREROUTING -i docker0 -j MARK --set-mark 7", "mangle"),
            changed(
                "host",
                "ip route add blackhole default table 77",
                "ip route show table 77 | grep -q .",
                "ip route flush table 77",
            ),
            rule_of_routes("host", "fwmark 7 lookup 77"),
        ),
    ),
    _outward(
        "by-its-source",
        what="A rule of routes for the client's network leads to a table with a prohibition.",
        at="host",
        layer="route",
        says=("prohibit", "from 10.0.0.0/8"),
        change=both(
            changed(
                "host",
                "ip route add prohibit default table 77",
                "ip route show table 77 | grep -q .",
                "ip route flush table 77",
            ),
            rule_of_routes("host", "from 10.0.0.0/8 iif docker0 lookup 77"),
        ),
    ),
    _outward(
        "by-its-interface",
        what="A rule of routes prohibits what comes in by docker0.",
        at="host",
        layer="route",
        says=("prohibit", "iif docker0"),
        change=rule_of_routes("host", "iif docker0 to 203.0.113.1 prohibit"),
    ),
    _outward(
        "other-gateway",
        what="The client's default route leads to an address that nobody has.",
        at="client",
        layer="neighbour",
        says=("10.0.0.99",),
        change=changed(
            "client",
            "ip route replace default via 10.0.0.99",
            "ip route | grep -q 10.0.0.99",
            "ip route replace default via 10.0.0.1",
        ),
    ),
    _outward(
        "no-route-at-all",
        what="The client has no default route.",
        at="client",
        layer="route",
        says=("no route",),
        change=changed(
            "client", "ip route del default", "! ip route | grep -q default", "ip route add default via 10.0.0.1"
        ),
    ),
    _outward(
        "forwarding-of-docker0",
        what="The host does not forward what comes in by docker0.",
        at="host",
        layer="route",
        says=("docker0.forwarding = 0",),
        change=sysctl_set("host", "net.ipv4.conf.docker0.forwarding", "0", was="1"),
    ),
    _outward(
        "forwarding-of-eth0",
        what="The host does not forward what comes in by eth0, which are the answers.",
        at="host",
        layer="route",
        says=("eth0.forwarding = 0",),
        change=sysctl_set("host", "net.ipv4.conf.eth0.forwarding", "0", was="1"),
    ),
    _outward(
        "policy-blocks",
        what="An IPsec policy blocks what goes to the outsider.",
        at="host",
        layer="filter",
        says=("policy",),
        change=changed(
            "host",
            "ip xfrm policy add dir out dst 203.0.113.1 action block",
            "ip xfrm policy | grep -q 'action block'",
            "ip xfrm policy flush",
        ),
    ),
    _outward(
        "policy-blocks-its-own",
        what="An IPsec policy blocks what the host sends to the outsider.",
        source="host",
        at="host",
        layer="filter",
        says=("policy",),
        change=changed(
            "host",
            "ip xfrm policy add dir out dst 203.0.113.1 action block",
            "ip xfrm policy | grep -q 'action block'",
            "ip xfrm policy flush",
        ),
    ),
    _outward(
        "policy-blocks-forwarding",
        what="An IPsec policy blocks what is forwarded to the outsider.",
        at="host",
        layer="filter",
        says=("policy",),
        change=changed(
            "host",
            "ip xfrm policy add dir fwd dst 203.0.113.1 action block",
            "ip xfrm policy | grep -q 'action block'",
            "ip xfrm policy flush",
        ),
    ),
    _outward(
        "unanswered-policy",
        what="An IPsec policy wants encryption, and nobody agreed on keys.",
        at="host",
        layer="filter",
        says=("policy",),
        change=changed(
            "host",
            "ip xfrm policy add dir out dst 203.0.113.1 tmpl src 203.0.113.2 dst 203.0.113.1 proto esp mode tunnel",
            "ip xfrm policy | grep -q esp",
            "ip xfrm policy flush; ip xfrm state flush",
        ),
        needs="esp",
    ),
    _outward(
        "source-not-accepted",
        what="The host has no route back by docker0, and rp_filter is strict.",
        at="host",
        layer="route",
        says=("rp_filter = 1", "10.0.0.2"),
        change=both(
            sysctl_set("host", "net.ipv4.conf.docker0.rp_filter", "1", was="0"),
            route_added("host", "10.0.0.2 dev eth0"),
        ),
    ),
)
NEIGHBOURS = (
    _outward(
        "ignores-arp",
        what="The host answers no ARP requests on docker0 (arp_ignore).",
        at="host",
        layer="neighbour",
        says=("arp_ignore = 8",),
        change=both(
            sysctl_set("host", "net.ipv4.conf.docker0.arp_ignore", "8", was="0"),
            changed("client", "ip neigh flush all", "true", "true"),
        ),
    ),
    _outward(
        "asks-nobody",
        what="The client's interface takes no part in ARP.",
        at="client",
        layer="neighbour",
        says=("eth0", "NOARP"),
        change=changed(
            "client",
            "ip link set eth0 arp off; ip neigh flush all",
            "ip link show eth0 | grep -q NOARP",
            "ip link set eth0 arp on",
        ),
    ),
    _outward(
        "bridge-without-arp",
        what="docker0 takes no part in ARP.",
        at="host",
        layer="neighbour",
        says=("docker0", "NOARP"),
        change=both(
            changed(
                "host",
                "ip link set docker0 arp off",
                "ip link show docker0 | grep -q NOARP",
                "ip link set docker0 arp on",
            ),
            changed("client", "ip neigh flush all", "true", "true"),
        ),
    ),
    _outward(
        "outsider-without-arp",
        what="The outsider's interface takes no part in ARP.",
        at="outsider",
        layer="neighbour",
        says=("eth0", "NOARP"),
        change=both(
            changed(
                "outsider", "ip link set eth0 arp off", "ip link show eth0 | grep -q NOARP", "ip link set eth0 arp on"
            ),
            changed("host", "ip neigh flush dev eth0", "true", "true"),
        ),
    ),
    _outward(
        "gateway-pinned",
        what="The client has somebody else's MAC address for its gateway.",
        at="client",
        layer="neighbour",
        says=(_NOBODY,),
        change=neighbour_pinned("client", "10.0.0.1", _NOBODY),
    ),
    _outward(
        "outsider-pinned",
        what="The host has nobody's MAC address for the outsider.",
        at="host",
        layer="neighbour",
        says=(_NOBODY,),
        change=neighbour_pinned("host", "203.0.113.1", _NOBODY),
    ),
    _outward(
        "host-pinned",
        what="The outsider has nobody's MAC address for the host.",
        at="outsider",
        layer="neighbour",
        says=(_NOBODY,),
        change=neighbour_pinned("outsider", "203.0.113.2", _NOBODY),
    ),
    _outward(
        "client-pinned",
        what="The host has nobody's MAC address for the client.",
        at="host",
        layer="neighbour",
        says=(_NOBODY,),
        change=neighbour_pinned("host", "10.0.0.2", _NOBODY, "docker0"),
    ),
)
LINKS = (
    _outward(
        "client-down",
        what="The client's interface is down.",
        at="client",
        layer="link",
        says=("eth0", "down"),
        change=link_down("client", "eth0", "ip route add default via 10.0.0.1"),
    ),
    _outward(
        "port-down",
        what="The host's end of the client's cable is down.",
        at="host",
        layer="link",
        says=("veth", "down"),
        change=link_down("host", port_of("client")),
    ),
    _outward(
        "bridge-down",
        what="docker0 is down.",
        at="host",
        layer="link",
        says=("docker0", "down"),
        change=link_down("host", "docker0"),
    ),
    _outward(
        "uplink-down",
        what="The host's eth0 is down.",
        at="host",
        layer="link",
        says=("eth0", "down"),
        change=link_down("host", "eth0"),
    ),
    _outward(
        "port-listening",
        what="The bridge's port is listening, as spanning tree has it for a while.",
        at="host",
        layer="link",
        says=("veth", "listening"),
        change=changed(
            "host",
            f"bridge link set dev {port_of('client')} state 1",
            "bridge link | grep -q 'state listening'",
            f"bridge link set dev {port_of('client')} state 3",
        ),
    ),
    _outward(
        "port-disabled",
        what="The bridge's port is disabled.",
        at="host",
        layer="link",
        says=("veth", "disabled"),
        change=changed(
            "host",
            f"bridge link set dev {port_of('client')} state 0",
            "bridge link | grep -q 'state disabled'",
            f"bridge link set dev {port_of('client')} state 3",
        ),
    ),
)
PROGRAMS = (
    _outward(
        "server-stopped",
        what="The outsider's web server is stopped.",
        at="outsider",
        layer="process",
        says=("stopped",),
        change=frozen("outsider", "$(ss -Hlntp sport = :80 | sed 's/.*pid=\\([0-9]*\\).*/\\1/')"),
    ),
    _outward(
        "other-port",
        what="Nobody listens on the port that is asked.",
        target="203.0.113.1:81",
        at="outsider",
        layer="process",
        says=("81",),
        spares="INPUT",
        change=rule_added("outsider", "INPUT -p tcp -m tcp --dport 82 -j DROP"),
    ),
    _outward(
        "other-port-udp",
        what="Nobody listens on the port that is asked, with UDP.",
        target="203.0.113.1:81",
        proto="udp",
        at="outsider",
        layer="process",
        says=("81",),
        spares="INPUT",
        change=rule_added("outsider", "INPUT -p udp -m udp --dport 82 -j DROP"),
    ),
    _outward(
        "pings-unanswered",
        what="The outsider answers no pings.",
        target="203.0.113.1",
        at="outsider",
        layer="route",
        says=("icmp_echo_ignore_all = 1",),
        change=sysctl_set("outsider", "net.ipv4.icmp_echo_ignore_all", "1", was="0"),
    ),
)
TRANSLATIONS = (
    _outward(
        "to-a-dead-address",
        what="A rule sends what is for the outsider to an address that nobody has.",
        at="host",
        layer="neighbour",
        says=("203.0.113.88", "ARP"),
        change=rule_added(
            "host", "PREROUTING -i docker0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 203.0.113.88:80", "nat"
        ),
    ),
    _outward(
        "to-a-dead-port",
        what="A rule sends what is for the outsider's web server to another port of it.",
        at="outsider",
        layer="process",
        says=("8081",),
        change=rule_added(
            "host", "PREROUTING -i docker0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 203.0.113.1:8081", "nat"
        ),
    ),
    _outward(
        "to-the-host-itself",
        what="A rule redirects the outsider's port to one of the host on which nobody listens.",
        at="host",
        layer="process",
        says=("9999",),
        change=rule_added("host", "PREROUTING -i docker0 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 9999", "nat"),
    ),
    _outward(
        "back-to-itself",
        what="A rule sends what is for the outsider back to the client that asks.",
        at="host",
        layer="link",
        says=("hairpin", "10.0.0.2"),
        change=rule_added(
            "host", "PREROUTING -i docker0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.2:80", "nat"
        ),
    ),
    _outward(
        "source-of-nobody",
        what="The client's packets leave with a source that nobody has, by a rule of nftables.",
        at="host",
        layer="nat",
        says=("203.0.113.99",),
        change=nft_added(
            "host",
            hooked(
                "postrouting", 'oifname "eth0" ip saddr 10.0.0.2 snat ip to 203.0.113.99', priority="90", kind="nat"
            ),
        ),
    ),
    _outward(
        "rules-flushed",
        what="Somebody flushed nat: nothing translates any more.",
        at="host",
        layer="nat",
        says=("untranslated",),
        change=changed(
            "host",
            "iptables-save -t nat >/run/nat.rules && iptables -w -t nat -F",
            "! iptables -w -t nat -S | grep -q MASQUERADE",
            "iptables-restore </run/nat.rules && rm /run/nat.rules",
        ),
    ),
)
SIZES = (
    _outward(
        "uplink-narrow",
        what="eth0 takes 1300 bytes, and the client may not have its packets cut.",
        target="203.0.113.1",
        size=1400,
        df=True,
        at="host",
        layer="mtu",
        says=("1300",),
        change=mtu_set("host", 1300, was=1500),
    ),
    _outward(
        "uplink-narrow-and-mute",
        what="The same, and a rule drops what the host would say of it.",
        target="203.0.113.1",
        size=1400,
        df=True,
        at="host",
        layer="mtu",
        says=("1300",),
        change=both(
            mtu_set("host", 1300, was=1500),
            rule_added("host", "OUTPUT -p icmp -m icmp --icmp-type 3 -j DROP"),
        ),
    ),
    _outward(
        "client-narrow",
        what="The client's interface takes 1000 bytes.",
        target="203.0.113.1",
        size=1400,
        df=True,
        at="client",
        layer="mtu",
        says=("1000",),
        change=mtu_set("client", 1000, was=1500),
    ),
    _outward(
        "outsider-narrow",
        what="The outsider takes 1300 bytes, the host sends more.",
        target="203.0.113.1",
        size=1400,
        df=True,
        at="outsider",
        layer="mtu",
        says=("1300",),
        change=mtu_set("outsider", 1300, was=1500),
    ),
    _outward(
        "route-narrow",
        what="A route of the host has an MTU of 1200.",
        target="203.0.113.1",
        size=1400,
        df=True,
        at="host",
        layer="mtu",
        says=("1200",),
        change=changed(
            "host",
            "ip route add 203.0.113.1 dev eth0 mtu lock 1200",
            "ip route get 203.0.113.1 | grep -q 1200",
            "ip route del 203.0.113.1 dev eth0",
        ),
    ),
)
DECOYS = (
    _outward(
        "answered-beside-drops",
        what="Rules for others drop; this exchange is answered.",
        change=both(
            rule_added("host", "FORWARD -s 192.0.2.0/24 -j DROP"),
            rule_added("outsider", "INPUT -p tcp -m tcp --dport 81 -j DROP"),
        ),
    ),
    _outward(
        "answered-beside-routes",
        what="Blackholes for others, and a network without anybody; this exchange is answered.",
        change=both(
            route_added("host", "blackhole 198.51.100.0/24"),
            route_added("client", "unreachable 198.51.100.0/24"),
        ),
    ),
    _outward(
        "answered-in-the-end",
        what="The first packet is lost to a quota, the next gets through.",
        change=both(
            rule_added("host", "FORWARD -i docker0 -p tcp -m quota --quota 60 -j DROP"),
        ),
    ),
    _outward(
        "stopped-beside-drops",
        what="The outsider's server is stopped; a rule of the host drops others' packets.",
        at="outsider",
        layer="process",
        says=("stopped",),
        spares="DROP",
        change=both(
            rule_added("host", "FORWARD -s 192.0.2.0/24 -j DROP"),
            frozen("outsider", "$(ss -Hlntp sport = :80 | sed 's/.*pid=\\([0-9]*\\).*/\\1/')"),
        ),
    ),
    _outward(
        "dropped-beside-a-dead-route",
        what="A rule drops it; a route for others is a blackhole, and another interface is down.",
        at="host",
        layer="filter",
        says=("FORWARD", "DROP"),
        spares=("blackhole", "down"),
        change=both(
            route_added("host", "blackhole 198.51.100.0/24"),
            changed("host", "ip link add spare type bridge", "ip link show spare >/dev/null", "ip link del spare"),
            rule_added("host", "FORWARD -i docker0 -o eth0 -j DROP"),
        ),
    ),
)
TRAFFIC = (
    _outward(
        "redirected-by-tc",
        what="A filter of tc sends the answer to the loopback, where it comes in.",
        at="host",
        layer="filter",
        says=("tc", "eth0", "lo"),
        spares="an address that no interface",
        change=_redirected("host", "eth0", "sport 80"),
    ),
    _outward(
        "question-redirected-by-tc",
        what="A filter of tc sends the question to the loopback, where the outsider gets it.",
        at="outsider",
        layer="filter",
        says=("tc", "eth0", "lo"),
        spares="an address that no interface",
        change=_redirected("outsider", "eth0", "dport 80"),
    ),
    _outward(
        "redirected-by-tc-elsewhere",
        what="A filter of tc redirects another port; a rule drops the answer.",
        at="host",
        layer="filter",
        says=("FORWARD", "-i eth0"),
        spares=("tc",),
        change=both(_redirected("host", "eth0", "sport 81"), rule_added("host", "FORWARD -i eth0 -j DROP")),
    ),
    _outward(
        "redirects-others",
        what="A filter of tc redirects another port: it is answered.",
        change=_redirected("host", "eth0", "sport 81"),
    ),
    _outward(
        "queue-too-small",
        what="The queue of eth0 takes no packet at all, not even the question for a MAC address.",
        at="host",
        layer="link",
        says=("queue", "eth0", "tbf"),
        spares="Nobody answers",
        change=both(_queued("host", "tbf rate 8kbit burst 40 limit 40"), _FORGET),
    ),
    _outward(
        "queue-of-the-outsider",
        what="The queue of the outsider's eth0 is too small for the answer.",
        at="outsider",
        layer="link",
        says=("queue", "eth0"),
        change=_queued("outsider", "tbf rate 8kbit burst 50 limit 50"),
    ),
)


def _sending_from(at: str, address: str, route: str, was: str = "") -> Change:
    """An address more, and a route that has what it leads send from that; `was` is the route it takes the place of."""
    return changed(
        at,
        f"ip addr add {address}/32 dev eth0 && ip route replace {route} src {address}",
        f"ip route show | grep -q 'src {address}'",
        f"{f'ip route replace {was}' if was else f'ip route del {route}'}; ip addr del {address}/32 dev eth0",
    )


ENDS = (
    _outward(
        "source-of-a-route",
        what="The client's route to everywhere has a `src` that the host does not translate.",
        at="client",
        layer="route",
        says=("192.168.9.1", "`src`"),
        change=_sending_from("client", "192.168.9.1", "default via 10.0.0.1", "default via 10.0.0.1"),
    ),
    _outward(
        "source-of-the-hosts-route",
        what="The host's route to the outsider has a `src` to which the outsider has no route.",
        source="host",
        at="host",
        layer="route",
        says=("192.168.9.1", "`src`"),
        change=_sending_from("host", "192.168.9.1", "203.0.113.1 dev eth0"),
    ),
    _outward(
        "source-of-the-hosts-route-ping",
        what="The same with a ping.",
        source="host",
        target="203.0.113.1",
        proto="icmp",
        at="host",
        layer="route",
        says=("192.168.9.1", "`src`"),
        change=_sending_from("host", "192.168.9.1", "203.0.113.1 dev eth0"),
    ),
    _outward(
        "rewritten-destination",
        what="A rule of nft writes a destination that nobody has, without conntrack.",
        at="host",
        layer="nat",
        says=("203.0.113.77", "ip daddr set"),
        spares="as its entry says",
        change=nft_added("host", hooked("prerouting", "ip daddr 203.0.113.1 ip daddr set 203.0.113.77", "-300")),
    ),
    _outward(
        "rewritten-source",
        what="A rule of nft writes a source that nobody has when it has been translated.",
        at="host",
        layer="nat",
        says=("203.0.113.99", "ip saddr set"),
        change=nft_added("host", hooked("postrouting", "ip daddr 203.0.113.1 ip saddr set 203.0.113.99", "200")),
    ),
    _outward(
        "rewritten-answer",
        what="A rule of nft writes a destination that nobody has into the answer.",
        at="host",
        layer="nat",
        says=("203.0.113.77", "of the answer"),
        change=nft_added("host", hooked("prerouting", "ip saddr 203.0.113.1 ip daddr set 203.0.113.77", "-300")),
    ),
)
WALKS = (
    *ENDS,
    *NOBODY,
    *TIME_TO_LIVE,
    *HOOKS,
    *RULES,
    *REJECTS,
    *ROUTES,
    *NEIGHBOURS,
    *LINKS,
    *PROGRAMS,
    *TRANSLATIONS,
    *SIZES,
    *DECOYS,
    *TRAFFIC,
)
