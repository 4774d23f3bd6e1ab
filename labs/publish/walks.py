"""What else goes wrong in publish, or only looks as if it did: cases for walks."""

from typing import Any

from netproof.labs.publish.names import CLIENT, HOST, WEB
from netproof.model import (
    WalkCase,
    both,
    changed,
    frozen,
    hooked,
    link_down,
    mtu_set,
    neighbour_pinned,
    nft_added,
    paused,
    port_of,
    route_added,
    rule_added,
    rule_of_routes,
    sysctl_set,
    sysctl_within,
)

_SERVER = "$(ss -Hlntp sport = :80 | sed 's/.*pid=\\([0-9]*\\).*/\\1/')"
_NOBODY = "02:00:00:00:00:77"
_PROXY = "pgrep -f '[d]ocker-proxy .*-host-ip 0.0.0.0 -host-port 8080'"


def _inward(identity: str, **about: Any) -> WalkCase:
    """The client asks the published port of web."""
    return WalkCase(id=identity, **{"source": "client", "target": f"{HOST}:8080", **about})


FILTERS = (
    _inward(
        "user-dropped",
        what="A rule in DOCKER-USER drops what comes by eth0.",
        at="host",
        layer="filter",
        says=("DOCKER-USER", "-i eth0"),
        change=rule_added("host", "DOCKER-USER -i eth0 -p tcp -j DROP"),
    ),
    _inward(
        "user-rejected",
        what="A rule in DOCKER-USER rejects by the port that the caller asked.",
        at="host",
        layer="filter",
        says=("DOCKER-USER", "--ctorigdstport 8080"),
        change=rule_added(
            "host", "DOCKER-USER -p tcp -m conntrack --ctorigdstport 8080 -j REJECT --reject-with tcp-reset"
        ),
    ),
    _inward(
        "datagram-dropped",
        what="A rule in DOCKER-USER drops datagrams.",
        target=f"{HOST}:9000",
        proto="udp",
        at="host",
        layer="filter",
        says=("DOCKER-USER", "udp"),
        change=rule_added("host", "DOCKER-USER -i eth0 -p udp -j DROP"),
    ),
    _inward(
        "input-does-not-matter",
        what="INPUT drops; a published port passes FORWARD, and is answered.",
        change=rule_added("host", "INPUT -i eth0 -p tcp -m tcp --dport 8080 -j DROP"),
    ),
    _inward(
        "input-matters-to-the-proxy",
        what="docker-proxy is asked by the loopback, and INPUT drops there.",
        source="host",
        target="127.0.0.1:8080",
        at="host",
        layer="filter",
        says=("INPUT", "--dport 8080"),
        change=rule_added("host", "INPUT -i lo -p tcp -m tcp --dport 8080 -j DROP"),
    ),
    _inward(
        "relay-dropped",
        what="docker-proxy's own connection to the container is dropped.",
        source="host",
        target="127.0.0.1:8080",
        at="host",
        layer="filter",
        says=("OUTPUT", "-o docker0"),
        change=rule_added("host", "OUTPUT -o docker0 -p tcp -m tcp --dport 80 -j DROP"),
    ),
    _inward(
        "raw-dropped",
        what="A rule in raw drops before the translation.",
        at="host",
        layer="filter",
        says=("raw", "--dport 8080"),
        change=rule_added("host", "PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DROP", "raw"),
    ),
    _inward(
        "mangle-dropped",
        what="A rule in mangle drops before the translation.",
        at="host",
        layer="filter",
        says=("mangle", "--dport 8080"),
        change=rule_added("host", "PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DROP", "mangle"),
    ),
    _inward(
        "ingress-dropped",
        what="A rule at eth0's ingress drops.",
        at="host",
        layer="filter",
        says=("ingress", "8080"),
        change=nft_added("host", hooked("ingress", "tcp dport 8080 drop", device="eth0"), "netdev"),
    ),
    _inward(
        "ingress-of-the-container",
        what="A rule at the egress of the cable to the container drops.",
        at="host",
        layer="filter",
        says=("egress", "drop"),
        change=changed(
            "host",
            "nft -f - <<END\n"
            f'table netdev extra {{ chain out {{ type filter hook egress device "{port_of("web")}" priority 0;'
            " tcp dport 80 drop; }; }\nEND",
            "nft list table netdev extra",
            "nft delete table netdev extra",
        ),
    ),
    _inward(
        "ufw",
        what="ufw's rules allow the port in INPUT, and DOCKER-USER hands everything from outside to a chain "
        "that drops it.",
        at="host",
        layer="filter",
        says=("ufw-docker-deny", "DROP"),
        change=both(
            changed(
                "host",
                "iptables -N ufw-docker-deny; iptables -A ufw-docker-deny -j DROP",
                "iptables -S ufw-docker-deny",
                "iptables -F ufw-docker-deny; iptables -X ufw-docker-deny",
            ),
            rule_added("host", "DOCKER-USER -i eth0 -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ufw-docker-deny"),
            rule_added("host", "INPUT -p tcp -m tcp --dport 8080 -j ACCEPT"),
        ),
    ),
    _inward(
        "firewalld",
        what="A table as firewalld writes it rejects what is forwarded from a zone.",
        at="host",
        layer="filter",
        says=("filter_FWD_public", "reject"),
        change=nft_added(
            "host",
            "chain filter_FORWARD { type filter hook forward priority 10; ct state established,related accept;"
            ' iifname "eth0" goto filter_FWD_public; }; chain filter_FWD_public { reject with icmpx '
            "admin-prohibited; };",
            name="firewalld",
        ),
        firewalls="nft",
    ),
    _inward(
        "answer-dropped",
        what="A rule drops the container's answers.",
        at="host",
        layer="filter",
        says=("FORWARD", "--sport 80"),
        change=rule_added("host", "FORWARD -i docker0 -p tcp -m tcp --sport 80 -j DROP"),
    ),
    _inward(
        "answer-dropped-in-web",
        what="A rule in web's own namespace drops its answers.",
        at="web",
        layer="filter",
        says=("OUTPUT", "--sport 80"),
        change=rule_added("web", "OUTPUT -p tcp -m tcp --sport 80 -j DROP"),
    ),
    _inward(
        "web-resets",
        what="A rule in web's own namespace answers with a RST.",
        at="web",
        layer="filter",
        says=("INPUT", "tcp-reset"),
        change=rule_added("web", "INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset"),
    ),
    _inward(
        "web-resets-itself",
        what="A rule in web's own namespace turns its answers into a RST for itself.",
        at="web",
        layer="filter",
        says=("OUTPUT", "tcp-reset"),
        change=rule_added("web", "OUTPUT -p tcp -m tcp --sport 80 -j REJECT --reject-with tcp-reset"),
    ),
    _inward(
        "web-drops",
        what="A rule in web's own namespace drops what comes.",
        at="web",
        layer="filter",
        says=("INPUT", "--dport 80"),
        change=rule_added("web", "INPUT -p tcp -m tcp --dport 80 -j DROP"),
    ),
    _inward(
        "client-drops",
        what="A rule of the client drops the answer.",
        at="client",
        layer="filter",
        says=("INPUT", "--sport 8080"),
        change=rule_added("client", "INPUT -p tcp -m tcp --sport 8080 -j DROP"),
    ),
)
NATS = (
    _inward(
        "redirected-to-nobody",
        what="A rule in front of the engine's redirects the port to another one of the host, where nobody is.",
        at="host",
        layer="process",
        says=("18081",),
        spares="docker-proxy",
        change=rule_added("host", "PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 18081", "nat"),
    ),
    _inward(
        "dnat-to-the-dead",
        what="A rule in front of the engine's leads to an address that no container has.",
        at="host",
        layer="neighbour",
        says=("10.0.0.200",),
        change=both(
            rule_added("host", "DOCKER-USER -d 10.0.0.200/32 -j ACCEPT"),
            rule_added(
                "host", "PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.0.0.200:80", "nat"
            ),
        ),
    ),
    _inward(
        "dnat-to-a-closed-port",
        what="A rule in front of the engine's leads to a port of web that is not published: the filter drops it first.",
        at="host",
        layer="filter",
        says={"20.10": "policy DROP", "26.1": "policy DROP", "28.5": "-o docker0 -j DROP"},
        change=rule_added(
            "host", f"PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination {WEB}:99", "nat"
        ),
    ),
    _inward(
        "dnat-back-to-the-client",
        what="A rule leads back to the client that asks.",
        at="host",
        layer="nat",
        says=("untranslated",),
        change=both(
            rule_added("host", f"DOCKER-USER -d {CLIENT}/32 -j ACCEPT"),
            rule_added(
                "host", f"PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination {CLIENT}:8099", "nat"
            ),
        ),
    ),
    _inward(
        "source-of-nobody",
        what="What comes to web is given a source that nobody has.",
        at="host",
        layer="nat",
        says=("10.0.0.99",),
        change=rule_added(
            "host", "POSTROUTING -o docker0 -p tcp -m tcp --dport 80 -j SNAT --to-source 10.0.0.99", "nat"
        ),
    ),
)
PLACES = (
    _inward(
        "web-down",
        what="web's interface is down.",
        at="web",
        layer="link",
        says=("eth0", "down"),
        spares="reject",
        change=both(
            link_down("web", "eth0", "ip route add default via 10.0.0.1"),
            rule_added("host", "INPUT -s 192.0.2.9 -j REJECT"),
        ),
    ),
    _inward(
        "web-down-forgotten",
        what="The same, and the host has forgotten web's MAC address.",
        at="web",
        layer="link",
        says=("eth0", "down"),
        change=both(
            link_down("web", "eth0", "ip route add default via 10.0.0.1"),
            changed("host", "ip neigh flush dev docker0", "true", "true"),
        ),
    ),
    _inward(
        "port-down",
        what="The host's end of web's cable is down.",
        at="host",
        layer="link",
        says=("veth", "down"),
        change=link_down("host", port_of("web")),
    ),
    _inward(
        "port-loose",
        what="The host's end of web's cable is no port of docker0 any more.",
        at="host",
        layer="link",
        says=("veth", "no port"),
        change=changed(
            "host",
            f"ip link set {port_of('web')} nomaster",
            f"! ip link show {port_of('web')} | grep -q docker0",
            f"ip link set {port_of('web')} master docker0",
        ),
    ),
    _inward(
        "without-a-way-back",
        what="web has no default route.",
        at="web",
        layer="route",
        says=("no route", CLIENT),
        change=changed(
            "web", "ip route del default", "! ip route | grep -q default", "ip route add default via 10.0.0.1"
        ),
    ),
    _inward(
        "other-way-back",
        what="web's default route leads to another container.",
        at="web",
        layer="route",
        says=("10.0.0.3",),
        change=changed(
            "web",
            "ip route replace default via 10.0.0.3",
            "ip route | grep -q 10.0.0.3",
            "ip route replace default via 10.0.0.1",
        ),
    ),
    _inward(
        "dead-way-back",
        what="web's default route leads to an address that nobody has.",
        at="web",
        layer="neighbour",
        says=("10.0.0.77",),
        change=changed(
            "web",
            "ip route replace default via 10.0.0.77",
            "ip route | grep -q 10.0.0.77",
            "ip route replace default via 10.0.0.1",
        ),
    ),
    _inward(
        "web-prohibits",
        what="web has a route that prohibits the client.",
        at="web",
        layer="route",
        says=("prohibit", CLIENT),
        change=route_added("web", f"prohibit {CLIENT}"),
    ),
    _inward(
        "gateway-of-web-pinned",
        what="web has nobody's MAC address for its gateway.",
        at="web",
        layer="neighbour",
        says=(_NOBODY,),
        change=neighbour_pinned("web", "10.0.0.1", _NOBODY),
    ),
    _inward(
        "web-pinned",
        what="The host has nobody's MAC address for web.",
        at="host",
        layer="neighbour",
        says=(_NOBODY,),
        change=neighbour_pinned("host", WEB, _NOBODY, "docker0"),
    ),
    _inward(
        "answer-dies-of-age",
        what="web's answers have a TTL of 1.",
        at="host",
        layer="route",
        says=("TTL",),
        change=sysctl_within("web", "net.ipv4.ip_default_ttl", "1", was="64"),
    ),
    _inward(
        "does-not-forward",
        what="The host does not forward.",
        at="host",
        layer="route",
        says=("ip_forward = 0",),
        change=sysctl_set("host", "net.ipv4.ip_forward", "0", was="1"),
    ),
    _inward(
        "strict-source",
        what="The host's way to the client leads by the bridge, and rp_filter is strict.",
        at="host",
        layer="route",
        says=("rp_filter = 1", CLIENT),
        change=both(
            sysctl_set("host", "net.ipv4.conf.eth0.rp_filter", "1", was="0"),
            route_added("host", f"{CLIENT} dev docker0"),
        ),
    ),
    _inward(
        "nobody-at-the-address",
        what="The client asks an address that the host does not have.",
        target="203.0.113.102:8080",
        at="client",
        layer="neighbour",
        says=("203.0.113.102",),
        change=rule_added("host", "INPUT -s 192.0.2.9 -j REJECT"),
    ),
    _inward(
        "unpublished",
        what="Nobody published the port that is asked.",
        target=f"{HOST}:8088",
        at="host",
        layer="process",
        says=("8088",),
        spares="8089",
        change=rule_added("host", "INPUT -p tcp -m tcp --dport 8089 -j DROP"),
    ),
    _inward(
        "published-elsewhere",
        what="The port is published on the loopback only.",
        target=f"{HOST}:8082",
        at="host",
        layer="process",
        says=("8082",),
        change=rule_added("host", "INPUT -p tcp -m tcp --dport 8089 -j DROP"),
    ),
    _inward(
        "loopback-from-outside",
        what="The client sends to the host's loopback by a route of its own.",
        source="client",
        target="127.0.0.1:8082",
        at="client",
        layer="process",
        says=("8082",),
        change=rule_added("host", "INPUT -p tcp -m tcp --dport 8089 -j DROP"),
    ),
    _inward(
        "straight-to-the-container",
        what="The client has a route to the containers and asks one: engines since 28 drop that in raw.",
        target=f"{WEB}:81",
        at="host",
        layer="filter",
        says={"20.10": "policy DROP", "26.1": "policy DROP", "28.5": f"-d {WEB}/32 ! -i docker0 -j DROP"},
        change=route_added("client", "10.0.0.0/24 via 203.0.113.100"),
    ),
)
PROGRAMS = (
    _inward(
        "relay-reset",
        what="docker-proxy is answered with a RST by a rule in web's own namespace, and hangs up.",
        source="host",
        target="127.0.0.1:8080",
        at="web",
        layer="filter",
        says=("INPUT", "tcp-reset"),
        change=rule_added("web", "INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset"),
    ),
    _inward(
        "web-on-hold",
        what="web is paused.",
        at="web",
        layer="process",
        says=("stopped",),
        change=paused("web"),
    ),
    _inward(
        "web-stopped-by-a-signal",
        what="web's server is stopped by a signal.",
        at="web",
        layer="process",
        says=("stopped",),
        spares="DROP",
        change=both(frozen("web", _SERVER), rule_added("host", "DOCKER-USER -s 192.0.2.0/24 -j DROP")),
    ),
    _inward(
        "proxy-gone",
        what="docker-proxy of 0.0.0.0:8080 is gone, the one of [::] is there; the host asks by the loopback.",
        source="host",
        target="127.0.0.1:8080",
        at="host",
        layer="process",
        says=("127.0.0.1", "8080"),
        change=changed(
            "host",
            f"kill -9 $({_PROXY})",
            f"! {_PROXY}",
            f"setsid docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip {WEB} -container-port 80"
            " 3>/dev/null >/dev/null 2>&1 </dev/null & sleep 0.2",
        ),
    ),
)
OTHERS = (
    _inward(
        "answered-beside-others",
        what="Drops for other sources, another container's cable down; this port is answered.",
        change=both(
            rule_added("host", "DOCKER-USER -s 192.0.2.0/24 -j DROP"),
            rule_added("host", "INPUT -p tcp -m tcp --dport 22 -j REJECT"),
            link_down("host", port_of("two")),
        ),
    ),
    _inward(
        "answered-without-translation",
        what="The engine's translation is missing, and docker-proxy answers.",
        change=changed(
            "host",
            "iptables-save -t nat >/run/nat.rules && iptables -w -t nat -F DOCKER",
            "! iptables -w -t nat -S DOCKER | grep -q DNAT",
            "iptables-restore </run/nat.rules && rm /run/nat.rules",
        ),
    ),
    _inward(
        "narrow-bridge",
        what="web's cable takes 1200 bytes, and a large ping to the host does not pass there.",
        target=HOST,
        size=1400,
        df=True,
        change=mtu_set("web", 1200, was=1500),
    ),
    _inward(
        "narrow-client",
        what="The client's interface takes 1200 bytes.",
        target=HOST,
        size=1400,
        df=True,
        at="client",
        layer="mtu",
        says=("1200",),
        change=mtu_set("client", 1200, was=1500),
    ),
    _inward(
        "container-to-its-own-port",
        what="A container asks a published port by the host's address, which a rule drops.",
        source="one",
        at="host",
        layer="filter",
        says=("INPUT", "-i docker0"),
        change=rule_added("host", "INPUT -i docker0 -p tcp -m tcp --dport 8080 -j DROP"),
    ),
    _inward(
        "container-outward",
        what="What one sends to the client is dropped by a rule for its source alone.",
        source="one",
        target=f"{CLIENT}",
        at="host",
        layer="filter",
        says=("10.0.0.3",),
        spares="10.0.0.4",
        change=both(
            rule_added("host", "FORWARD -s 10.0.0.3/32 -o eth0 -j DROP"),
            rule_added("host", "FORWARD -s 10.0.0.4/32 -o eth0 -j DROP"),
        ),
    ),
)
RULES_OF_ROUTES = (
    _inward(
        "answers-by-port-in-a-blackhole",
        what="A rule of routes has a blackhole for answers from port 80 alone.",
        at="host",
        layer="route",
        says=("blackhole", "sport 80"),
        change=rule_of_routes("host", "ipproto tcp sport 80 iif docker0 blackhole"),
    ),
    _inward(
        "prohibited-by-port",
        what="A rule of routes prohibits the port that is asked, after its translation.",
        at="host",
        layer="route",
        says=("prohibit", "dport 80"),
        change=rule_of_routes("host", "ipproto tcp dport 80 prohibit"),
    ),
    _inward(
        "other-ports-prohibited",
        what="Rules of routes prohibit other ports, another protocol and another tos: it is answered.",
        change=both(
            rule_of_routes("host", "ipproto tcp dport 81-90 prohibit"),
            changed(
                "host",
                "ip rule add ipproto udp blackhole priority 78; ip rule add dsfield 0x10 blackhole priority 79",
                "ip rule show priority 79 | grep -q .",
                "ip rule del priority 78; ip rule del priority 79",
            ),
        ),
    ),
)
HANDED_OVER = (
    _inward(
        "queued-for-nobody",
        what="A rule hands it to a queue for a program, and none runs.",
        at="host",
        layer="filter",
        says=("NFQUEUE", "queue"),
        change=rule_added("host", "FORWARD -p tcp -m tcp --dport 80 -j NFQUEUE --queue-num 4"),
    ),
    _inward(
        "answer-queued-for-nobody",
        what="A rule in web's own namespace hands its answer to a queue that nobody serves.",
        at="web",
        layer="filter",
        says=("NFQUEUE", "queue"),
        change=rule_added("web", "OUTPUT -p tcp -m tcp --sport 80 -j NFQUEUE --queue-num 4"),
    ),
    _inward(
        "queued-and-passed-by",
        what="Where no program serves the queue, the rule lets it pass; web drops it.",
        at="web",
        layer="filter",
        says=("INPUT", "-j DROP"),
        spares="NFQUEUE",
        change=both(
            rule_added("host", "FORWARD -p tcp -m tcp --dport 80 -j NFQUEUE --queue-num 4 --queue-bypass"),
            rule_added("web", "INPUT -p tcp -j DROP"),
        ),
    ),
)
NEIGHBOURS = (
    _inward(
        "sent-to-one-that-forwards",
        what="The host has one's MAC address for web, and one passes it on.",
        at="host",
        layer="neighbour",
        says=("which is eth0's of one", "10.0.0.2"),
        change=changed(
            "host",
            "ip neigh replace 10.0.0.2 lladdr $(docker exec one cat /sys/class/net/eth0/address) dev docker0 "
            "nud permanent",
            "ip neigh show 10.0.0.2 nud permanent | grep -q .",
            "ip neigh del 10.0.0.2 dev docker0",
        ),
    ),
)
WALKS = (*FILTERS, *NATS, *PLACES, *PROGRAMS, *OTHERS, *RULES_OF_ROUTES, *HANDED_OVER, *NEIGHBOURS)
