"""What else goes wrong in dns, or only looks as if it did: cases for walks."""

from typing import Any

from orchestrator.model import WalkCase, both, changed, link_down, route_added, rule_added

_BASKET = "10.20.1.4"
_NOTHING = rule_added("host", "DOCKER-USER -s 192.0.2.0/24 -j DROP")


def _asks(identity: str, source: str, target: str, **about: Any) -> WalkCase:
    return WalkCase(id=identity, source=source, target=target, **{"change": _NOTHING, **about})


WALKS = (
    _asks("by-name", "till", "basket:80", what="till asks basket by its name, and is answered."),
    _asks(
        "other-address-by-hosts",
        "till",
        "basket:80",
        what="till's own file of hosts has an address for basket that nobody has.",
        at="till",
        layer="neighbour",
        says=("10.20.1.99",),
        change=changed(
            "till",
            "cp /etc/hosts /run/hosts && echo 10.20.1.99 basket >>/etc/hosts",
            "grep -q 10.20.1.99 /etc/hosts",
            "cat /run/hosts >/etc/hosts && rm /run/hosts",
        ),
    ),
    _asks(
        "basket-drops",
        "till",
        "basket:80",
        what="basket drops what comes from front.",
        at="basket",
        layer="filter",
        says=("INPUT", "10.20.1.0/24"),
        change=rule_added("basket", "INPUT -s 10.20.1.0/24 -p tcp -j DROP"),
    ),
    _asks(
        "networks-apart",
        "till",
        "10.20.2.2:80",
        what="front and back are kept apart.",
        at="host",
        layer="filter",
        says={"20.10": "DOCKER-ISOLATION-STAGE-2", "26.1": "DOCKER-ISOLATION-STAGE-2", "28.5": "-j DROP"},
        spares="192.0.2.0",
    ),
    _asks(
        "wrong-interface",
        "basket",
        "10.20.1.2",
        what="basket has a route to till by its other network.",
        at="basket",
        layer="route",
        says=("10.20.1.2", "10.20.2.1"),
        change=route_added("basket", "10.20.1.2/32 via 10.20.2.1"),
    ),
    _asks(
        "front-desk-dropped",
        "till",
        "10.20.1.1:8000",
        what="The host drops what comes from front to the front desk.",
        at="host",
        layer="filter",
        says=("INPUT", "--dport 8000"),
        change=rule_added("host", "INPUT -s 10.20.1.0/24 -p tcp -m tcp --dport 8000 -j DROP"),
    ),
    _asks(
        "front-desk-from-outside",
        "outsider",
        "203.0.113.2:8000",
        what="The host resets what comes to the front desk from outside.",
        at="host",
        layer="filter",
        says=("INPUT", "tcp-reset"),
        change=rule_added("host", "INPUT -i eth0 -p tcp -m tcp --dport 8000 -j REJECT --reject-with tcp-reset"),
    ),
    _asks(
        "resolver-outside-unanswered",
        "lone",
        "203.0.113.1:53",
        proto="udp",
        what="Nobody outside takes questions: no server runs there.",
        at="outsider",
        layer="process",
        says=("53",),
    ),
    _asks(
        "resolver-outside-dropped",
        "lone",
        "203.0.113.1:53",
        proto="udp",
        what="A rule drops questions on their way out.",
        at="host",
        layer="filter",
        says=("DOCKER-USER", "--dport 53"),
        change=rule_added("host", "DOCKER-USER -p udp -m udp --dport 53 -j DROP"),
    ),
    _asks(
        "basket-without-front",
        "till",
        f"{_BASKET}:80",
        what="basket's interface on front is down.",
        at="basket",
        layer="link",
        says=("eth", "down"),
        change=changed(
            "basket",
            "ip link set $(ip -o addr | sed -n 's/^[0-9]*: \\([^ ]*\\) .*10.20.1.4.*/\\1/p') down",
            "ip -o link | grep eth | grep -qv '[<,]UP[,>]'",
            "ip link set $(ip -o addr | sed -n 's/^[0-9]*: \\([^ ]*\\) .*10.20.1.4.*/\\1/p') up",
        ),
    ),
    _asks(
        "sealed-asks-out",
        "vault",
        "203.0.113.1",
        what="An internal network has no way out.",
        at="vault",
        layer="route",
        says=("no route",),
        engines=("26.1", "28.5"),
    ),
    _asks(
        "sealed-asks-out-by-a-gateway",
        "vault",
        "203.0.113.1",
        what="20.10 gives internal networks a gateway all the same, and lets nothing out there.",
        at="host",
        layer="filter",
        says=("DOCKER-ISOLATION-STAGE-1", "10.20.3.0/24"),
        engines="20.10",
    ),
    _asks(
        "mate-drops-lone",
        "lone",
        "172.17.0.3:80",
        what="mate drops lone alone.",
        at="mate",
        layer="filter",
        says=("172.17.0.2",),
        spares="172.17.0.9",
        change=both(
            rule_added("mate", "INPUT -s 172.17.0.2/32 -j DROP"),
            rule_added("mate", "INPUT -s 172.17.0.9/32 -j DROP"),
        ),
    ),
    _asks(
        "bridge-of-mate-down",
        "host",
        "172.17.0.3:80",
        what="docker0 is down.",
        at="host",
        layer="link",
        says=("docker0", "down"),
        change=link_down("host", "docker0"),
    ),
)
