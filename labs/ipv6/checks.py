"""What works in ipv6, and what is closed, while it is whole."""

from netproof.model import Answers, Closed, Pings, Prints

_FOUR, _SIX = "203.0.113.2", "2001:db8::2"
_OUTSIDER_FOUR, _OUTSIDER_SIX = "203.0.113.1", "2001:db8::1"

CHECKS = (
    Answers("dual-six", "Dual answers over IPv6.", "outsider", _SIX, 8080, by="dual", sees=_OUTSIDER_SIX),
    Answers("dual-four", "Dual answers over IPv4.", "outsider", _FOUR, 8080, by="dual", sees=_OUTSIDER_FOUR),
    Answers("plain-six", "Plain answers over IPv6, by proxy.", "outsider", _SIX, 8081, by="plain", sees="10.3.2.1"),
    Answers("plain-four", "Plain answers over IPv4.", "outsider", _FOUR, 8081, by="plain", sees=_OUTSIDER_FOUR),
    Answers("out-six", "Dual reaches the outsider over IPv6.", "dual", _OUTSIDER_SIX, 80, by="outsider", sees=_SIX),
    Answers("out-four", "Dual reaches the outsider over IPv4.", "dual", _OUTSIDER_FOUR, 80, by="outsider", sees=_FOUR),
    Answers("near-six", "The host reaches dual.", "host", "2001:db8:1::2", 80, by="dual", sees="2001:db8:1::1"),
    Answers("guest-six", "Guest answers over IPv6.", "outsider", "2001:db8:2::2", 8080, by="guest"),
    Pings("large", "1452 bytes of data pass over IPv6 in one piece.", "dual", _OUTSIDER_SIX, size=1452, df=True),
    Closed("across", "Plain does not reach dual.", "plain", "10.3.1.2", 80),
    Prints(
        "creating",
        "`docker network create` asks the engine, which has a network of this name.",
        "host",
        "docker network create both 2>&1 || true",
        "Error response from daemon: network with name both already exists",
    ),
)
