"""What works in none, and what is closed, while it is whole."""

from netproof.model import Answers, Closed, Pings, Prints, Resolves

CHECKS = (
    Answers("red", "The hub reaches its peer on red.", "hub", "10.4.1.10", 80, by="red-peer", sees="10.4.1.2"),
    Answers("green", "The hub reaches its peer on green.", "hub", "10.4.2.10", 80, by="green-peer", sees="10.4.2.2"),
    Answers("blue", "The hub reaches its peer on blue.", "hub", "10.4.3.10", 80, by="blue-peer", sees="10.4.3.2"),
    Pings("large", "1472 bytes of data reach the peer on green in one piece.", "hub", "10.4.2.10", size=1472, df=True),
    Resolves("name", "The hub knows green-peer's address.", "hub", "green-peer", "10.4.2.10"),
    Prints(
        "way-out",
        "The hub's one default route leads to blue, the first of its networks by name.",
        "hub",
        "ip -4 route show default | cut -d' ' -f3",
        "10.4.3.1",
    ),
    Answers("beyond", "blue-peer reaches beyond.", "blue-peer", "10.4.4.20", 80, by="beyond", sees="10.4.4.10"),
    Closed("behind", "The hub does not reach what is behind blue-peer.", "hub", "10.4.4.20", 80),
    Pings("loopback", "The container without a network reaches itself.", "alone", "127.0.0.1"),
    Closed("alone", "The container without a network reaches nobody else.", "alone", "10.4.2.10", 80),
    Prints(
        "connecting",
        "`docker network connect` asks the engine, which knows no network of this name.",
        "host",
        "docker network connect nowhere alone 2>&1 || true",
        "Error response from daemon: network nowhere not found",
    ),
)
