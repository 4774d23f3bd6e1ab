"""What else goes wrong in firewall, or only looks as if it did: cases for walks."""

from typing import Any

from netproof.model import WalkCase, both, changed, link_down, port_of, route_added, rule_added, sysctl_set

_HOST, _WEB = "203.0.113.2", "10.1.0.10"
_UFW = "ufw-user-forward"


def _inward(identity: str, **about: Any) -> WalkCase:
    """The neighbour asks a published port."""
    return WalkCase(id=identity, **{"source": "neighbour", "target": f"{_HOST}:8080", **about})


WALKS = (
    _inward(
        "routed-ports-closed",
        what="The neighbour asks web's own address at a port that nobody published.",
        target=f"{_WEB}:81",
        at="host",
        layer="filter",
        says={"20.10": "policy DROP", "26.1": "policy DROP", "28.5": f"-d {_WEB}/32 ! -i br-blue -j DROP"},
        change=rule_added("host", "DOCKER-USER -s 192.0.2.0/24 -j DROP"),
    ),
    _inward(
        "routed-published",
        what="The neighbour asks web's own address at the published port: engines since 28 drop it in raw.",
        target=f"{_WEB}:80",
        at="host",
        layer="filter",
        says=("raw", "PREROUTING", f"-d {_WEB}/32 ! -i br-blue -j DROP"),
        change=rule_added("host", "DOCKER-USER -s 192.0.2.0/24 -j DROP"),
        engines="28.5",
    ),
    _inward(
        "routed-answered",
        what="Before 28 the published port answers at web's own address.",
        target=f"{_WEB}:80",
        change=rule_added("host", "DOCKER-USER -s 192.0.2.0/24 -j DROP"),
        engines=("20.10", "26.1"),
    ),
    _inward(
        "loopback-port-from-the-lan",
        what="The neighbour sends what is for 127.0.0.1 to the host: engines since 28 drop it in raw, others "
        "as a martian.",
        target="127.0.0.1:8082",
        at="host",
        layer="filter",
        says=("raw", "127.0.0.1"),
        change=both(
            changed(
                "neighbour",
                "sysctl -qw net.ipv4.conf.all.route_localnet=1; ip route del local 127.0.0.0/8 table local; "
                "ip route del local 127.0.0.1 table local;"
                f" ip route add 127.0.0.1 via {_HOST}; ip addr del 127.0.0.1/8 dev lo; true",
                f"ip route get 127.0.0.1 | grep -q {_HOST}",
                "ip route del 127.0.0.1; ip addr add 127.0.0.1/8 dev lo; sysctl -qw net.ipv4.conf.all.route_localnet=0",
            ),
            sysctl_set("host", "net.ipv4.conf.all.route_localnet", "1", was="0"),
        ),
        engines="28.5",
    ),
    _inward(
        "loopback-port-answered",
        what="The same before 28: the port is translated before the route is looked up, and answers.",
        target="127.0.0.1:8082",
        change=changed(
            "neighbour",
            "sysctl -qw net.ipv4.conf.all.route_localnet=1; ip route del local 127.0.0.0/8 table local; ip "
            "route del local 127.0.0.1 table local;"
            f" ip route add 127.0.0.1 via {_HOST}; ip addr del 127.0.0.1/8 dev lo; true",
            f"ip route get 127.0.0.1 | grep -q {_HOST}",
            "ip route del 127.0.0.1; ip addr add 127.0.0.1/8 dev lo; sysctl -qw net.ipv4.conf.all.route_localnet=0",
        ),
        engines=("20.10", "26.1"),
    ),
    _inward(
        "ufw-deny",
        what="ufw denies in FORWARD by a chain of its own, before the engine's rules.",
        at="host",
        layer="filter",
        says=(_UFW, "DROP"),
        change=both(
            changed(
                "host",
                f"iptables -w -N {_UFW}; iptables -w -A {_UFW} -p tcp -m tcp --dport 443 -j ACCEPT; iptables "
                f"-w -A {_UFW} -i eth0 -j DROP",
                f"iptables -w -S {_UFW}",
                f"iptables -w -F {_UFW}; iptables -w -X {_UFW}",
            ),
            rule_added("host", f"FORWARD -j {_UFW}"),
        ),
    ),
    _inward(
        "ufw-deny-in-input",
        what="ufw denies the port in INPUT: published ports do not pass there, and are answered.",
        change=rule_added("host", "INPUT -p tcp -m tcp --dport 8080 -j DROP"),
    ),
    _inward(
        "one-port-of-two",
        what="Two ports lead to one container; a rule by the original port drops one of them.",
        target=f"{_HOST}:8090",
        at="host",
        layer="filter",
        says=("DOCKER-USER", "--ctorigdstport 8090"),
        spares="--ctorigdstport 8080",
        change=both(
            rule_added("host", "DOCKER-USER -p tcp -m conntrack --ctorigdstport 8090 -j DROP"),
            rule_added("host", "DOCKER-USER -s 192.0.2.1/32 -p tcp -m conntrack --ctorigdstport 8080 -j DROP"),
        ),
    ),
    _inward(
        "datagram-rejected",
        what="A rule in DOCKER-USER rejects datagrams.",
        target=f"{_HOST}:9000",
        proto="udp",
        at="host",
        layer="filter",
        says=("DOCKER-USER", "icmp-port-unreachable"),
        change=rule_added("host", "DOCKER-USER -p udp -j REJECT --reject-with icmp-port-unreachable"),
    ),
    _inward(
        "between-networks",
        what="guest asks web's own address: networks are kept apart.",
        source="guest",
        target=f"{_WEB}:80",
        at="host",
        layer="filter",
        says={"20.10": "DOCKER-ISOLATION-STAGE-2", "26.1": "DOCKER-ISOLATION-STAGE-2", "28.5": "br-blue -j DROP"},
        change=rule_added("host", "DOCKER-USER -s 192.0.2.0/24 -j DROP"),
    ),
    _inward(
        "by-the-gateway",
        what="guest asks the port at its own gateway, and a rule in INPUT drops on the way to docker-proxy.",
        source="guest",
        target="10.2.0.1:8080",
        at="host",
        layer="filter",
        says=("INPUT", "-i br-green"),
        change=rule_added("host", "INPUT -i br-green -p tcp -m tcp --dport 8080 -j DROP"),
    ),
    _inward(
        "without-proxy-across",
        what="Without docker-proxy visitor does not reach loop by the host's address: networks are kept apart.",
        source="visitor",
        target="10.3.0.1:8080",
        at="noproxy",
        layer="filter",
        says={"20.10": "DOCKER-ISOLATION-STAGE-2", "26.1": "DOCKER-ISOLATION-STAGE-2", "28.5": "br-inner -j DROP"},
        change=rule_added("noproxy", "DOCKER-USER -s 192.0.2.0/24 -j DROP"),
    ),
    _inward(
        "without-hairpin",
        what="Without docker-proxy loop reaches itself by the bridge's hairpin, which is off.",
        source="loop",
        target="10.3.0.1:8080",
        at="noproxy",
        layer="link",
        says=("hairpin",),
        change=changed(
            "noproxy",
            f"bridge link set dev {port_of('loop')} hairpin off",
            f"bridge -d link show dev {port_of('loop')} | grep -q 'hairpin off'",
            f"bridge link set dev {port_of('loop')} hairpin on",
        ),
    ),
    _inward(
        "without-localnet",
        what="Without docker-proxy the loopback is translated, and route_localnet is off.",
        source="noproxy",
        target="127.0.0.1:8080",
        at="noproxy",
        layer="route",
        says=("127.0.0.1",),
        change=sysctl_set("noproxy", "net.ipv4.conf.br-inner.route_localnet", "0", was="1"),
    ),
    _inward(
        "without-hairpin-masquerade",
        what="The rule is gone that gives what loop sends to itself the bridge's address.",
        source="loop",
        target="10.3.0.1:8080",
        at="noproxy",
        layer="nat",
        says=("untranslated", "loop"),
        change=changed(
            "noproxy",
            "iptables-save -t nat >/run/nat.rules; iptables -w -t nat -F POSTROUTING",
            "! iptables -w -t nat -S POSTROUTING | grep -q MASQUERADE",
            "iptables-restore </run/nat.rules && rm /run/nat.rules",
        ),
    ),
    _inward(
        "web-unplugged",
        what="web's cable is down at the host's end.",
        at="host",
        layer="link",
        says=("veth", "down"),
        change=link_down("host", port_of("web")),
    ),
    _inward(
        "rules-flushed",
        what="Somebody flushed the filter: it still answers, as FORWARD accepts.",
        change=changed(
            "host",
            "iptables-save >/run/all.rules; iptables -w -F; iptables -w -P FORWARD ACCEPT",
            "! iptables -w -S FORWARD | grep -q DOCKER",
            "iptables-restore </run/all.rules && rm /run/all.rules",
        ),
    ),
    _inward(
        "rules-flushed-policy-left",
        what="Somebody flushed the filter, and the engine's policy of FORWARD is left.",
        at="host",
        layer="filter",
        says=("FORWARD", "policy DROP"),
        change=changed(
            "host",
            "iptables-save >/run/all.rules; iptables -w -F; iptables -w -P FORWARD DROP",
            "! iptables -w -S FORWARD | grep -q DOCKER",
            "iptables-restore </run/all.rules && rm /run/all.rules",
        ),
    ),
    _inward(
        "neighbour-without-route",
        what="The neighbour prohibits the way to the host.",
        at="neighbour",
        layer="route",
        says=("prohibit", _HOST),
        change=route_added("neighbour", f"prohibit {_HOST}"),
    ),
)
