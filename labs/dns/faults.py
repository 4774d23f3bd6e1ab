"""What can be broken in dns."""

from collections.abc import Mapping

from netproof.model import (
    Change,
    Decoy,
    Fault,
    Step,
    bridge_of,
    changed,
    hosts_line_added,
    paused,
    rule_added,
    rule_deleted,
)

_NAMES = "grep -qx 'nameserver"
_RESOLVER_SAYS = "have /etc/resolv.conf say `nameserver {}`"
_FRONT = bridge_of("front")
_JUMP = "OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT"
_IN_TILL = "nsenter --net=$(docker inspect --format '{{.NetworkSettings.SandboxKey}}' till) iptables -w -t nat"
_PAUSED = {
    "mate": ("172.17.0.3:80", "lone"),
    "front-desk": ("172.17.0.1:8000", "till"),
}


def _resolver_swap(old: str, new: str) -> str:
    """Another name server, and all else of the file as it is. It is a mount: it can be written, and not replaced."""
    swapped = f"sed 's/^nameserver {old}$/nameserver {new}/' /etc/resolv.conf"
    return f'text=$({swapped}; echo .) && printf %s "${{text%.}}" >/etc/resolv.conf'


def _resolver(name: str, reddens: Mapping[str, str], shows: Mapping[str, str]) -> Fault:
    return Fault(
        id="resolver-changed",
        variant=name,
        layer="dns",
        level=1,
        ticket=f"Since somebody worked on {name}, it finds no other container by name. Their addresses work.",
        what=f"In {name} /etc/resolv.conf names the server outside instead of 127.0.0.11.",
        at=name,
        look=f"{name}: cat /etc/resolv.conf",
        tells={"jump-deleted": "there resolv.conf names 127.0.0.11", "wrong-in-hosts": "there names are found"},
        change=Change(
            Step(name, _resolver_swap("127.0.0.11", "203.0.113.1"), says=_RESOLVER_SAYS.format("203.0.113.1")),
            Step(name, f"{_NAMES} 203.0.113.1' /etc/resolv.conf && ! {_NAMES} 127.0.0.11' /etc/resolv.conf"),
            Step(name, _resolver_swap("203.0.113.1", "127.0.0.11"), says=_RESOLVER_SAYS.format("127.0.0.11")),
        ),
        reddens=reddens,
        shows=shows,
    )


def _paused(name: str, reddens: Mapping[str, str], shows: Mapping[str, str]) -> Fault:
    end, caller = _PAUSED[name]
    return Fault(
        id="paused",
        variant=name,
        layer="process",
        level=1,
        ticket=f"{end} accepts {caller}'s connections, but never answers a request.",
        what=f"The container {name} is paused: the kernel accepts connections for it, and nobody reads them.",
        at=name,
        look="host: docker ps shows (Paused)",
        tells={"desk-rejected": "there connections are refused", "gateway-renumbered": "there none is accepted"},
        change=paused(name),
        reddens=reddens,
        shows=shows,
    )


FAULTS = (
    _resolver(
        "till",
        reddens={"b1": "differs", "b2": "differs", "b20": "differs", "b3": "differs"},
        shows={"basket": "no address", "shared": "no address"},
    ),
    _resolver(
        "ledger",
        reddens={"b20": "differs", "b3": "differs"},
        shows={"stock": "no address"},
    ),
    _resolver(
        "vault",
        reddens={"b7": "differs"},
        shows={"vault": "otherwise"},
    ),
    Fault(
        id="asked-in-vain",
        layer="filter",
        level=2,
        ticket="Vault was to be the DNS server of its network, and none of its neighbours gets an answer from it.",
        what="A rule in vault's own namespace drops the queries that come for it.",
        at="vault",
        look="vault: iptables -nvL INPUT, whose counter rises",
        change=rule_added("vault", "INPUT -p udp -m udp --dport 53 -j DROP"),
        reddens={"b56": "differs"},
    ),
    Fault(
        id="jump-deleted",
        layer="nat",
        level=2,
        ticket="till finds no names at all any more, neither other containers' nor the world's. Addresses work.",
        what="In till's nat OUTPUT the jump is gone that leads from 127.0.0.11:53 to the engine's socket.",
        at="till",
        look="till: iptables -t nat -S; ss -lun shows the engine's socket on another port",
        tells={"resolver-changed": "there resolv.conf names another server"},
        change=changed(
            "host",
            f"{_IN_TILL} -D {_JUMP}",
            f"! {_IN_TILL} -C {_JUMP} 2>/dev/null",
            f"{_IN_TILL} -I {_JUMP}",
        ),
        reddens={"b1": "differs", "b2": "differs", "b20": "differs", "b3": "differs", "b7": "differs"},
        shows={"basket": "no address", "embedded": "otherwise", "shared": "no address"},
    ),
    Fault(
        id="wrong-in-hosts",
        layer="dns",
        level=1,
        ticket="till is refused when it calls basket by its name. By its address basket answers.",
        what="till's /etc/hosts gives basket the address of shop.",
        at="till",
        look="till: cat /etc/hosts; getent hosts basket and dig +short basket differ",
        tells={"resolver-changed": "there no name is found", "route-rejects": "there the name's address is right"},
        change=hosts_line_added("till", "10.20.1.3 basket"),
        reddens={"b2": "differs", "b3": "differs"},
        shows={"basket": "wrong address"},
    ),
    Fault(
        id="mate-in-hosts",
        layer="dns",
        level=2,
        ticket="lone finds mate by name, which the default bridge does not offer. Nobody knows how long it will last.",
        what="lone's /etc/hosts has an entry for mate.",
        at="lone",
        look="lone: cat /etc/hosts; dig +short mate finds nothing",
        change=hosts_line_added("lone", "172.17.0.3 mate"),
        reddens={"b2": "differs"},
        shows={"no-name": "otherwise"},
    ),
    _paused(
        "mate",
        reddens={"b2": "differs"},
        shows={"mate": "timeout"},
    ),
    _paused(
        "front-desk",
        reddens={"b37": "differs"},
        shows={"desk": "timeout", "desk-outside": "timeout"},
    ),
    Fault(
        id="masquerade-deleted",
        layer="nat",
        level=2,
        ticket="Containers on front find each other, but no names of the world outside, and nothing there answers.",
        what="The MASQUERADE rule of front is gone: queries leave with a container's address, which nobody answers.",
        at="host",
        look="host: iptables -t nat -S POSTROUTING; tcpdump -ni eth0 shows 10.20.1.2 as the source",
        tells={"jump-deleted": "there the outsider answers a ping"},
        change=rule_deleted("host", f"POSTROUTING -s 10.20.1.0/24 ! -o {_FRONT} -j MASQUERADE", "nat", 2),
        reddens={"b1": "differs", "b20": "differs", "b3": "differs", "b7": "differs"},
        shows={"outside": "no reply"},
    ),
    Fault(
        id="route-rejects",
        layer="route",
        level=2,
        ticket="till finds basket's address, but says at once that there is no route to it. ledger reaches basket.",
        what="till has a route of type unreachable for basket's address.",
        at="till",
        look="till: ip route get 10.20.1.4; ip route",
        tells={"wrong-in-hosts": "there the name has a wrong address"},
        change=changed(
            "till",
            "ip route add unreachable 10.20.1.4",
            "ip route show type unreachable | grep -q 10.20.1.4",
            "ip route del unreachable 10.20.1.4",
        ),
        reddens={"b3": "differs"},
        shows={"till": "unreachable"},
    ),
    Fault(
        id="desk-rejected",
        layer="filter",
        level=1,
        ticket="Containers are refused by the front desk, whatever name or address they use. The outsider is served.",
        what="A rule in filter INPUT rejects TCP port 8000 for what comes in by front's bridge.",
        at="host",
        look="host: iptables -nvL INPUT",
        tells={
            "paused": "there connections are accepted",
            "gateway-renumbered": "there nothing is refused, it times out",
        },
        change=rule_added("host", f"INPUT -i {_FRONT} -p tcp -m tcp --dport 8000 -j REJECT --reject-with tcp-reset"),
        reddens={"b37": "differs"},
        shows={"desk": "refused"},
    ),
    Fault(
        id="gateway-renumbered",
        layer="link",
        level=2,
        ticket="Containers no longer reach the front desk where its name leads. The outsider is served.",
        what="docker0 has another address than the engine gave it.",
        at="host",
        look="host: ip -br address show docker0; docker network inspect bridge",
        tells={"desk-rejected": "there connections are refused", "paused": "there connections are accepted"},
        change=Change(
            [
                Step("host", "ip addr del 172.17.0.1/16 dev docker0"),
                Step("host", "ip addr add 172.17.0.254/16 brd + dev docker0"),
                Step("lone", "ip neigh flush dev eth0"),  # what it learned would carry it for a while
            ],
            [
                Step("host", "ip -br address show docker0 | grep -q ' 172.17.0.254/16'"),
                Step("host", "! ip -br address show docker0 | grep -q ' 172.17.0.1/16'"),
            ],
            [
                Step("host", "ip addr del 172.17.0.254/16 dev docker0"),
                Step("host", "ip addr add 172.17.0.1/16 brd + dev docker0"),
            ],
        ),
        reddens={"b2": "differs", "b37": "differs"},
        shows={"desk": "timeout"},
    ),
)
DECOYS = (
    Decoy(
        id="no-names-on-default-bridge",
        layer="dns",
        level=1,
        ticket="lone reaches mate by its address, but `getent hosts mate` finds nothing. Please repair its DNS.",
        why="On the default bridge the engine resolves no names of containers: lone asks the world outside.",
        at="lone",
        look="lone: cat /etc/resolv.conf; host: docker inspect lone",
        proof="b2",
    ),
)
TOGETHER = (("resolver-changed[ledger]", "desk-rejected"), ("mate-in-hosts", "route-rejects"))
