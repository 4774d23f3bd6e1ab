"""What can be broken in ipv6."""

from orchestrator.model import Change, Decoy, Fault, changed, rule_added, sysctl_set

_WRAPPER = "/usr/local/sbin/docker"
_REFUSE = 'case "$1 $2" in "network create") echo "networks are made by the platform team" >&2; exit 1;; esac'
# Brackets: the shell that looks for a process must not find itself.
_SERVER = "'[T]CP4-LISTEN:80,.* http plain$'"
_PROXY = "'host-ip [:]: -host-port 8081'"
_BRIDGE = "br-$(docker network inspect -f '{{.Id}}' both | cut -c1-12)"
_NOBODY = "02:42:0a:03:00:63"


def _rule_added6(rule: str, table: str = "filter") -> Change:
    """An ip6tables rule that stands first in its chain."""
    chain, _, rest = rule.partition(" ")
    return changed(
        "host",
        f"ip6tables -w -t {table} -I {chain} {rest}",
        f"ip6tables -w -t {table} -C {rule}",
        f"ip6tables -w -t {table} -D {rule}",
    )


def _frozen(pattern: str) -> Change:
    return changed(
        "host",
        f"pkill -STOP -f {pattern}",
        f"ps -o stat= -p $(pgrep -o -f {pattern}) | grep -q T",
        f"pkill -CONT -f {pattern}",
    )


FAULTS = (
    Fault(
        id="dnat-bypassed",
        variant="dual-six",
        layer="nat",
        level=2,
        ticket="Dual's log names an address of our own host as the caller of everybody who comes by IPv6.",
        what="A rule before the engine's exempts port 8080 from DNAT: docker-proxy takes the calls instead.",
        at="host",
        look="host: ip6tables -t nat -S PREROUTING",
        change=_rule_added6("PREROUTING -p tcp -m tcp --dport 8080 -j ACCEPT", "nat"),
        reddens={"b27": "differs"},
        shows={"dual-six": "wrong caller"},
    ),
    Fault(
        id="dnat-bypassed",
        variant="plain-four",
        layer="nat",
        level=2,
        ticket="Plain's log names 10.3.2.1 as the caller of everybody, also of those who come by IPv4.",
        what="A rule before the engine's exempts port 8081 from DNAT: docker-proxy takes the calls instead.",
        at="host",
        look="host: iptables -t nat -S PREROUTING",
        change=rule_added("host", "PREROUTING -p tcp -m tcp --dport 8081 -j ACCEPT", "nat"),
        reddens={"b27": "differs"},
        shows={"plain-four": "wrong caller"},
    ),
    Fault(
        id="nat-exempted",
        layer="nat",
        level=2,
        ticket="Dual has no answer from the outsider over IPv6. Over IPv4 it has.",
        what="A rule before MASQUERADE exempts all IPv6 from translation: answers find no way back.",
        at="host",
        look="host: ip6tables -t nat -S POSTROUTING; tcpdump -ni eth0 ip6 shows 2001:db8:1::2 as the source",
        tells={"default-gone": "there dual says at once that the network is unreachable"},
        change=_rule_added6("POSTROUTING -o eth0 -j ACCEPT", "nat"),
        shows={"large": "no reply", "out-six": "timeout"},
    ),
    Fault(
        id="outward-rejected",
        layer="filter",
        level=1,
        ticket="Whatever dual calls over IPv6, `permission denied` comes back at once. Callers still reach it.",
        what="A rule in FORWARD rejects new connections over IPv6 that leave by eth0.",
        at="host",
        look="host: ip6tables -S FORWARD",
        tells={"nat-exempted": "there nothing comes back at all"},
        change=_rule_added6("FORWARD -o eth0 -m conntrack --ctstate NEW -j REJECT --reject-with icmp6-adm-prohibited"),
        reddens={"b25": {"28.5": "differs"}},
        shows={"large": "unreachable", "out-six": "forbidden"},
    ),
    Fault(
        id="inward-rejected",
        layer="filter",
        level=2,
        ticket="Plain's port 8081 refuses connections over IPv6. Over IPv4, and at 8080 over IPv6, all is well.",
        what="A rule in ip6tables' INPUT rejects port 8081, where docker-proxy listens; DNAT's ports never pass there.",
        at="host",
        look="host: ip6tables -nvL INPUT; ss -ltnp shows docker-proxy at port 8081 all the same",
        tells={"proxy-frozen": "there connections are made, and nothing follows"},
        change=_rule_added6("INPUT -i eth0 -p tcp -m tcp --dport 8081 -j REJECT --reject-with tcp-reset"),
        reddens={"b27": "differs"},
        shows={"plain-six": "refused"},
    ),
    Fault(
        id="proxy-frozen",
        layer="process",
        level=3,
        ticket="Connections to port 8081 are made over IPv6, but no page ever comes. Over IPv4 it does.",
        what="The docker-proxy of port 8081 on IPv6 is stopped: the kernel accepts connections, nobody serves them.",
        at="host",
        look="host: ps -o stat,args -C docker-proxy shows one in state T",
        tells={
            "inward-rejected": "there connections are refused",
            "server-frozen": "there nothing comes over IPv4 either",
        },
        change=_frozen(_PROXY),
        reddens={"b27": "differs"},
        shows={"plain-six": "timeout"},
    ),
    Fault(
        id="server-frozen",
        layer="process",
        level=2,
        ticket="Connections to plain's port 8081 are made, but no page ever comes.",
        what="The server process of plain is stopped.",
        at="plain",
        look="plain: ps -o stat,args shows the server in state T; ss -ltn shows connections waiting in Recv-Q",
        tells={"proxy-frozen": "there pages come over IPv4"},
        change=_frozen(_SERVER),
        reddens={"b27": "differs"},
        shows={"plain-four": "timeout", "plain-six": "timeout"},
    ),
    Fault(
        id="default-gone",
        layer="route",
        level=1,
        ticket="Dual is not reached from the outside over IPv6 any more. Over IPv4 it is.",
        what="Dual has no IPv6 default route.",
        at="dual",
        look="dual: ip -6 route",
        tells={"neighbour-wrong": "there the route is present, and what dual calls brings no error"},
        change=changed(
            "dual",
            "ip -6 route del default",
            'test -z "$(ip -6 route show default)"',
            "ip -6 route add default via 2001:db8:1::1 dev eth0",
        ),
        reddens={"b27": "differs"},
        shows={"dual-six": "timeout", "large": "unreachable", "out-six": "unreachable"},
    ),
    Fault(
        id="neighbour-wrong",
        layer="neighbour",
        level=3,
        ticket="Dual neither reaches anybody over IPv6 nor is it reached, though its address and routes are right.",
        what="The host has a permanent IPv6 neighbour entry for dual with a MAC address that nobody has.",
        at="host",
        look="host: ip -6 neigh show 2001:db8:1::2 is PERMANENT; dual: ip link show eth0 has another MAC address",
        tells={"default-gone": "there dual says at once that the network is unreachable"},
        change=changed(
            "host",
            f"ip -6 neigh replace 2001:db8:1::2 lladdr {_NOBODY} nud permanent dev {_BRIDGE}",
            f"ip -6 neigh show 2001:db8:1::2 nud permanent | grep -q {_NOBODY}",
            f"ip -6 neigh del 2001:db8:1::2 dev {_BRIDGE}",
        ),
        reddens={"b27": "differs"},
        shows={"dual-six": "timeout", "large": "no reply", "near-six": "timeout", "out-six": "timeout"},
    ),
    Fault(
        id="forwarding-off",
        layer="route",
        level=1,
        ticket="Over IPv6 nothing passes between dual and the outsider. IPv4 is not concerned.",
        what="net.ipv6.conf.all.forwarding is 0: the host keeps IPv6 packets that are not for itself.",
        at="host",
        look="host: sysctl net.ipv6.conf.all.forwarding",
        tells={"neighbour-wrong": "there the host does not reach dual either"},
        change=sysctl_set("host", "net.ipv6.conf.all.forwarding", "0", was="1"),
        engines=("20.10", "26.1"),  # 28.5 switches it on again as soon as a network is made
        reddens={"b27": "differs"},
        shows={"dual-six": "timeout", "large": "no reply", "out-six": "timeout"},
    ),
    Fault(
        id="mtu-short",
        layer="mtu",
        level=2,
        ticket="Small requests of dual get through; packets of full size bring an error.",
        what="Dual's interface has an MTU of 1400 instead of 1500.",
        at="dual",
        look="dual: ip link; ping -M do -s 1452 2001:db8::1 says which MTU is in the way",
        change=changed(
            "dual",
            "ip link set eth0 mtu 1400",
            "ip link show eth0 | grep -q 'mtu 1400'",
            "ip link set eth0 mtu 1500",
        ),
        shows={"large": "too big"},
    ),
    Fault(
        id="create-forbidden",
        layer="engine",
        level=2,
        ticket="`docker network create` ends with an error, with IPv6 as without.",
        what="A wrapper in front of docker refuses `network create`; the engine is never asked.",
        at="host",
        look="host: type docker; cat /usr/local/sbin/docker",
        change=changed(
            "host",
            f"printf '%s\\n' '#!/bin/sh' '{_REFUSE}' 'exec /usr/bin/docker \"$@\"' >{_WRAPPER} && chmod +x {_WRAPPER}",
            f"test -x {_WRAPPER}",
            f"rm {_WRAPPER}",
        ),
        reddens={"b25": "differs", "b26": "differs"},
        shows={"creating": "otherwise"},
    ),
)
DECOYS = (
    Decoy(
        id="callers-all-the-same",
        layer="nat",
        level=2,
        ticket="Plain's log names 10.3.2.1 as the caller of everybody who comes by IPv6. Show the true ones.",
        why="Plain has IPv4 alone: docker-proxy takes what comes by IPv6 and calls it from its bridge's IPv4 address.",
        at="host",
        look="host: ss -ltnp shows docker-proxy on [::]:8081; docker inspect plain shows no IPv6 address",
        proof="b27",
    ),
)
TOGETHER = (("proxy-frozen", "dnat-bypassed[dual-six]"), ("nat-exempted", "dnat-bypassed[plain-four]"))
