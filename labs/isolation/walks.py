"""What else goes wrong in isolation, or only looks as if it did: cases for walks."""

from typing import Any

from netproof.model import (
    Change,
    WalkCase,
    both,
    bridge_of,
    changed,
    hooked,
    neighbour_pinned,
    nft_added,
    port_of,
    route_added,
    rule_added,
    sysctl_within,
    within,
)

_NOTHING = rule_added("host", "DOCKER-USER -s 192.0.2.0/24 -j DROP")
_SERVER = "$(ss -Hlntp sport = :80 | sed 's/.*pid=\\([0-9]*\\).*/\\1/')"
_CALLERS = (
    "setsid bash -c 'for n in {10..75}; do exec {fd}<>/dev/tcp/127.0.0.1/80; done; sleep 100' >/dev/null 2>&1 "
    "</dev/null &"
    " echo $! >/run/callers"
)
_FULL = "ss -Hlnt sport = :80 | grep -q '6[4-9]  *64'"
_NOBODY = "02:00:00:00:00:77"


def _asks(identity: str, source: str, target: str, **about: Any) -> WalkCase:
    return WalkCase(id=identity, source=source, target=target, **{"change": _NOTHING, **about})


_FORGET = "; ".join(within(name, "ip neigh flush all") for name in ("shop", "basket"))
_FORGOTTEN = changed("host", _FORGET, "true", "true")
_FILTER = (
    "b=ctypes.create_string_buffer(struct.pack('HBBI',6,0,0,0)); "
    "s.setsockopt(1,26,struct.pack('HP',1,ctypes.addressof(b)))"
)


def _served(identity: str, proto: str, script: str, **about: Any) -> WalkCase:
    """shop asks a server on port 7000 of basket, whose socket `s` is made ready by this Python."""
    kind = {"tcp": "1", "udp": "2"}[proto]
    program = f"import ctypes,socket,struct,time; s=socket.socket(2,{kind}); {script}; time.sleep(90)"
    start = within("basket", f'setsid python3 -c "{program}"')
    listens = within("basket", f"ss -Hln{proto[0]}") + " | grep -q ':7000 '"
    return _asks(
        identity,
        "shop",
        "10.1.1.3:7000",
        proto=proto,
        at="basket",
        layer="process",
        change=changed(
            "host",
            f"{start} >/dev/null 2>&1 </dev/null & echo $! >/run/server; "
            f"for n in 1 2 3 4 5 6 7 8 9; do {listens} && break; sleep 0.3; done",
            listens,
            "kill $(cat /run/server); rm /run/server",
        ),
        **about,
    )


def _port(becomes: str, was: str, shown: str) -> Change:
    """Settings of the bridge's port to basket, which the bridge does not know any more."""
    mac = "$(docker exec basket cat /sys/class/net/eth0/address)"
    return changed(
        "host",
        f"bridge link set dev {port_of('basket')} {becomes}; bridge fdb del {mac} dev {port_of('basket')} master; "
        f"{_FORGET}",
        f"bridge -d link show dev {port_of('basket')} | grep -q '{shown}'",
        f"bridge link set dev {port_of('basket')} {was}",
    )


def _mac(becomes: str, note: str = "") -> str:
    """Another MAC address for basket, which loses its routes by that for a moment."""
    noted = f"docker exec basket cat {note}" if note else ""
    change = "ip link set eth0 down; ip link set eth0 address $0; ip link set eth0 up"
    script = f"sh -c '{change}; ip route add default via 10.1.1.1'"
    return f"{noted}{within('basket', script)} {becomes}; {_FORGET}"


WALKS = (
    _asks(
        "networks-apart",
        "shop",
        "10.1.2.2:80",
        what="Networks are kept apart.",
        at="host",
        layer="filter",
        says={"20.10": "DOCKER-ISOLATION-STAGE-2", "26.1": "DOCKER-ISOLATION-STAGE-2", "28.5": "-j DROP"},
        spares="192.0.2.0",
    ),
    _asks(
        "networks-apart-ping",
        "ledger",
        "10.1.1.2",
        what="Networks are kept apart from pings, too.",
        at="host",
        layer="filter",
        says={"20.10": "DOCKER-ISOLATION-STAGE-2", "26.1": "DOCKER-ISOLATION-STAGE-2", "28.5": "-j DROP"},
        spares="192.0.2.0",
    ),
    _asks(
        "internal-network",
        "vault",
        "203.0.113.1:80",
        what="An internal network has no way out: no default route.",
        engines=("26.1", "28.5"),
        at="vault",
        layer="route",
        says=("no route", "203.0.113.1"),
    ),
    _asks(
        "internal-network-with-a-gateway",
        "vault",
        "203.0.113.1:80",
        what="20.10 gives internal networks a gateway all the same, and lets nothing out there.",
        at="host",
        layer="filter",
        says=("DOCKER", "10.1.3.0/24", "DROP"),
        engines="20.10",
    ),
    _asks(
        "internal-network-with-a-route",
        "vault",
        "203.0.113.1:80",
        what="Somebody gave a container of an internal network a default route: the engine's rules drop.",
        engines=("26.1", "28.5"),
        at="host",
        layer="filter",
        says=("DOCKER", "10.1.3.0/24", "DROP"),
        change=changed(
            "vault", "ip route add default via 10.1.3.1", "ip route | grep -q default", "ip route del default"
        ),
    ),
    _asks(
        "no-inter-container-traffic",
        "mute",
        "10.1.4.3:80",
        what="icc=false: containers of one network are kept apart.",
        at="host",
        layer="filter",
        says=("-j DROP",),
        spares="192.0.2.0",
    ),
    _asks(
        "mute-reaches-out",
        "mute",
        "203.0.113.1:80",
        what="icc=false does not concern the way out: it is answered.",
    ),
    _asks(
        "shop-to-basket-pinned",
        "shop",
        "10.1.1.3:80",
        what="shop has nobody's MAC address for basket.",
        at="shop",
        layer="neighbour",
        says=(_NOBODY,),
        change=neighbour_pinned("shop", "10.1.1.3", _NOBODY),
    ),
    _asks(
        "shop-to-basket-reset",
        "shop",
        "10.1.1.3:80",
        what="A rule of basket resets.",
        at="basket",
        layer="filter",
        says=("INPUT", "tcp-reset"),
        change=rule_added("basket", "INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset"),
    ),
    _asks(
        "shop-to-basket-full",
        "shop",
        "10.1.1.3:80",
        what="The queue of basket's server is full: its program is stopped, and nobody accepts.",
        at="basket",
        layer="process",
        says=("80",),
        change=changed(
            "basket",
            f"kill -STOP {_SERVER}; {_CALLERS}; until {_FULL}; do :; done",
            _FULL,
            f"kill -9 $(cat /run/callers); kill -CONT {_SERVER}; until ss -Hlnt sport = :80 | grep -q ' 0  "
            f"*64'; do :; done",
        ),
    ),
    _asks(
        "shop-to-basket-dropped",
        "shop",
        "10.1.1.3:80",
        what="A rule drops what is bridged between the two.",
        at="host",
        layer="filter",
        says=("DOCKER-USER", "10.1.1.3"),
        change=rule_added("host", "DOCKER-USER -d 10.1.1.3/32 -p tcp -j DROP"),
    ),
    _asks(
        "shop-out-prohibited",
        "shop",
        "203.0.113.1:80",
        what="The host has a route that prohibits the outsider.",
        at="host",
        layer="route",
        says=("prohibit",),
        change=route_added("host", "prohibit 203.0.113.1"),
    ),
    _asks(
        "shop-to-basket-isolated",
        "shop",
        "10.1.1.3:80",
        what="Both ports of the bridge are isolated.",
        at="host",
        layer="link",
        says=("isolated",),
        change=changed(
            "host",
            f"bridge link set dev {port_of('shop')} isolated on && bridge link set dev {port_of('basket')} isolated on",
            f"bridge -d link show dev {port_of('shop')} | grep -q 'isolated on'",
            f"bridge link set dev {port_of('shop')} isolated off && bridge link set dev {port_of('basket')} "
            f"isolated off",
        ),
    ),
    _asks(
        "basket-answers-elsewhere",
        "shop",
        "10.1.1.3:80",
        what="basket sends its answers for shop to the gateway, and a rule of the host drops them.",
        at="host",
        layer="filter",
        says=("DOCKER-USER", "twice"),
        change=both(
            changed(
                "basket",
                "ip route add 10.1.1.2/32 via 10.1.1.1",
                "ip route | grep -q '10.1.1.2 via'",
                "ip route del 10.1.1.2/32",
            ),
            rule_added("host", "DOCKER-USER -s 10.1.1.3/32 -d 10.1.1.2/32 -m comment --comment twice -j DROP"),
        ),
    ),
    _asks(
        "basket-lives-short",
        "basket",
        "203.0.113.1:80",
        what="basket's packets begin with a TTL of 1.",
        at="host",
        layer="route",
        says=("TTL",),
        change=sysctl_within("basket", "net.ipv4.ip_default_ttl", "1", was="64"),
    ),
    _served(
        "queue-of-none-is-full",
        "tcp",
        "s.bind(('0.0.0.0',7000)); s.listen(0); k=socket.socket(); k.connect(('127.0.0.1',7000))",
        what="A server wants no queue, and does not accept the one connection that it has.",
        says=("does not accept", "backlog of 0"),
    ),
    _served(
        "filtered-by-its-socket",
        "tcp",
        f"{_FILTER}; s.bind(('0.0.0.0',7000)); s.listen(5)",
        what="A server's socket has a filter that takes nothing.",
        says=("filter", "SOCKET_FILTER"),
    ),
    _served(
        "datagrams-filtered",
        "udp",
        f"{_FILTER}; s.bind(('0.0.0.0',7000))",
        what="The same with UDP: the program did not get it.",
        says=("filter", "SOCKET_FILTER"),
    ),
    _asks(
        "basket-disowns-its-address",
        "shop",
        "10.1.1.3:80",
        what="basket's table of local addresses lacks its own.",
        at="basket",
        layer="route",
        says=("10.1.1.3", "for its own"),
        change=changed(
            "host",
            within("basket", "ip route del local 10.1.1.3 dev eth0 table local"),
            f"! {within('basket', 'ip route show table local')} | grep -q 'local 10.1.1.3 '",
            within("basket", "ip route add local 10.1.1.3 dev eth0 table local proto kernel scope host src 10.1.1.3"),
        ),
    ),
    _asks(
        "basket-swallows-all",
        "shop",
        "10.1.1.3:80",
        what="A rule of routes in basket has a blackhole for all, before its own addresses are looked up.",
        at="basket",
        layer="route",
        says=("blackhole",),
        spares="rp_filter",
        change=changed(
            "host",
            within(
                "basket",
                "sh -c 'ip rule add pref 32000 lookup local; ip rule del pref 0; ip rule add pref 5 blackhole'",
            ),
            f"{within('basket', 'ip rule show')} | grep -q blackhole",
            within("basket", "sh -c 'ip rule add pref 0 lookup local; ip rule del pref 5; ip rule del pref 32000'"),
        ),
    ),
    _asks(
        "basket-on-another-bridge",
        "shop",
        "10.1.1.3:80",
        what="basket's cable is plugged into the other network's bridge.",
        at="host",
        layer="link",
        says=("leads to basket", "is a port of"),
        change=changed(
            "host",
            f"ip link set {port_of('basket')} master {bridge_of('back')}; {_FORGET}",
            f'ip link show {port_of("basket")} | grep -q "master {bridge_of("back")} "',
            f"ip link set {port_of('basket')} master {bridge_of('front')}",
        ),
    ),
    _asks(
        "one-mac-for-two",
        "shop",
        "10.1.1.3:80",
        what="basket has shop's MAC address.",
        at="basket",
        layer="neighbour",
        says=("one MAC address",),
        change=changed(
            "host",
            _mac("$(docker exec shop cat /sys/class/net/eth0/address)", "/sys/class/net/eth0/address >/run/mac; "),
            'test "$(docker exec basket cat /sys/class/net/eth0/address)" '
            '= "$(docker exec shop cat /sys/class/net/eth0/address)"',
            f"{_mac('$(cat /run/mac)')}; rm /run/mac",
        ),
    ),
    _asks(
        "port-locked",
        "shop",
        "10.1.1.3:80",
        what="The bridge takes from basket's port only what it knows, and it does not know basket.",
        at="host",
        layer="link",
        says=("locked",),
        change=_port("locked on learning off", "locked off learning on", "locked on"),
    ),
    _asks(
        "port-without-flood",
        "shop",
        "10.1.1.3:80",
        what="The bridge has forgotten where basket is, and floods nothing to its port.",
        at="host",
        layer="link",
        says=("flood off",),
        change=both(
            _port("learning off flood off", "learning on flood on", "flood off"),
            changed(
                "host",
                within("shop", "ip neigh replace 10.1.1.3 dev eth0 nud permanent lladdr")
                + " $(docker exec basket cat /sys/class/net/eth0/address)",
                f"{within('shop', 'ip neigh show 10.1.1.3 nud permanent')} | grep -q .",
                within("shop", "ip neigh del 10.1.1.3 dev eth0"),
            ),
        ),
    ),
    _asks(
        "basket-drops-its-own-arp",
        "shop",
        "10.1.1.3:80",
        what="A rule of the arp family in basket drops what it answers.",
        at="basket",
        layer="filter",
        says=("ARP", "dropped the answer"),
        change=both(_FORGOTTEN, nft_added("basket", hooked("output", "arp operation reply drop"), "arp")),
    ),
)
