"""What else goes wrong in container, or only looks as if it did: cases for walks."""

from typing import Any

from netproof.model import WalkCase, both, changed, frozen, rule_added, sysctl_within

_MAIN = "10.8.1.2"
_NOTHING = rule_added("host", "DOCKER-USER -s 192.0.2.0/24 -j DROP")


def _asks(identity: str, source: str, target: str, **about: Any) -> WalkCase:
    return WalkCase(id=identity, source=source, target=target, **{"change": _NOTHING, **about})


def _stopped(container: str, port: int) -> Any:
    return frozen(container, f"$(ss -Hlntp sport = :{port} | sed 's/.*pid=\\([0-9]*\\).*/\\1/')")


WALKS = (
    _asks(
        "sidecars-rule",
        "visitor",
        f"{_MAIN}:8080",
        what="A rule that the sidecar wrote drops what is for main: they share a namespace.",
        at="main",
        layer="filter",
        says=("INPUT", "--dport 8080"),
        change=rule_added("sidecar", "INPUT -p tcp -m tcp --dport 8080 -j DROP"),
    ),
    _asks(
        "sidecar-stopped",
        "visitor",
        f"{_MAIN}:8081",
        what="The sidecar's server is stopped, and main's is not.",
        at="sidecar",
        layer="process",
        says=("stopped", "8081"),
        change=_stopped("sidecar", 8081),
    ),
    _asks(
        "sidecar-stopped-main-answers",
        "visitor",
        f"{_MAIN}:8080",
        what="The sidecar's server is stopped, and main is asked: it is answered.",
        change=_stopped("sidecar", 8081),
    ),
    _asks(
        "redirected-to-the-sidecar",
        "visitor",
        f"{_MAIN}:8080",
        what="A sidecar's rule redirects to a port where nobody is, as a service mesh does before its proxy runs.",
        at="main",
        layer="process",
        says=("15006",),
        change=rule_added("sidecar", "PREROUTING -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 15006", "nat"),
    ),
    _asks(
        "redirected-outward",
        "main",
        "10.8.1.3:8080",
        what="A sidecar's rule redirects what main sends to a port where nobody is.",
        at="main",
        layer="process",
        says=("15001",),
        change=rule_added("sidecar", "OUTPUT -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 15001", "nat"),
    ),
    _asks(
        "loopback-dropped",
        "sidecar",
        "127.0.0.1:8080",
        what="A rule drops the loopback of the namespace that both share.",
        at="main",
        layer="filter",
        says=("INPUT", "-i lo"),
        change=rule_added("main", "INPUT -i lo -p tcp -m tcp --dport 8080 -j DROP"),
    ),
    _asks(
        "shared-loopback-down",
        "sidecar",
        "127.0.0.1:8080",
        what="The loopback of the namespace that both share is down.",
        at="main",
        layer="link",
        says=("lo", "down"),
        change=changed(
            "main", "ip link set lo down", "! ip -o link show lo | grep -q '[<,]UP[,>]'", "ip link set lo up"
        ),
    ),
    _asks(
        "spare-port",
        "visitor",
        f"{_MAIN}:9090",
        what="Nobody in the namespace that both share listens there.",
        at="main",
        layer="process",
        says=("9090",),
    ),
    _asks(
        "scraper-apart",
        "scraper",
        f"{_MAIN}:8081",
        what="The scraper is on another network.",
        at="host",
        layer="filter",
        says={"20.10": "DOCKER-ISOLATION-STAGE-2", "26.1": "DOCKER-ISOLATION-STAGE-2", "28.5": "-j DROP"},
        spares="192.0.2.0",
    ),
    _asks(
        "main-ignores-pings",
        "visitor",
        _MAIN,
        what="The namespace that both share answers no pings.",
        at="main",
        layer="route",
        says=("icmp_echo_ignore_all = 1",),
        change=sysctl_within("main", "net.ipv4.icmp_echo_ignore_all", "1", was="0"),
    ),
    _asks(
        "other-drops",
        "visitor",
        f"{_MAIN}:8081",
        what="A rule drops main's port, and the sidecar's is asked: it is answered.",
        change=both(rule_added("main", "INPUT -p tcp -m tcp --dport 8080 -j DROP")),
    ),
)
