"""What else goes wrong in isolation, or only looks as if it did: cases for walks."""

from typing import Any

from orchestrator.model import (
    WalkCase,
    both,
    changed,
    neighbour_pinned,
    port_of,
    route_added,
    rule_added,
    sysctl_within,
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
)
