"""What works in settings while it is whole."""

from netproof.model import Answers, Closed, Pings, Prints

_CALLER, _NORULES, _PLAIN = "203.0.113.1", "203.0.113.2", "172.17.0.2"

CHECKS = (
    Answers(
        "published",
        "The caller reaches plain by docker-proxy.",
        "caller",
        _NORULES,
        8080,
        by="plain",
        sees="172.17.0.1",
    ),
    Answers("routed", "The caller reaches plain at its own address.", "caller", _PLAIN, 81, by="plain", sees=_CALLER),
    Answers(
        "across", "Sibling reaches plain over its bridge's border.", "sibling", _PLAIN, 81, by="plain", sees="10.60.1.2"
    ),
    Answers(
        "out", "The caller answers plain, and sees its own address.", "plain", _CALLER, 80, by="caller", sees=_PLAIN
    ),
    Closed("no-way-back", "The caller does not answer sibling, to which it has no route.", "sibling", _CALLER, 80),
    Answers(
        "direct",
        "The client reaches web, which sees it.",
        "client",
        "198.51.100.2",
        8080,
        by="web",
        sees="198.51.100.1",
    ),
    Prints(
        "no-proxy",
        "On noproxy nobody but the engine has port 8080.",
        "noproxy",
        "pgrep -c docker-proxy || true",
        "0",
    ),
    Pings("large", "1472 bytes of data pass from sibling in one piece.", "sibling", "10.60.1.1", 1472, df=True),
    Prints("small", "Plain has the daemon's MTU.", "plain", "cat /sys/class/net/eth0/mtu", "1400"),
)
