"""What works in bridge-l2, and what nobody uses, while it is whole."""

from netproof.model import Pings, Prints

GATEWAY = "172.17.0.1"
A, B = "172.17.0.2", "172.17.0.3"


def _reaches(name: str, says: str, at: str, to: str) -> Prints:
    """A ping, judged by its last lines: whether ARP has failed yet when it ends is a matter of chance."""
    return Prints(name, says, at, f"ping -n -c 1 -W 2 {to} | grep -o '[01] received'", "1 received")


CHECKS = (
    _reaches("peers", "Con-a reaches con-b.", "con-a", B),
    _reaches("host-to-con-b", "The host reaches con-b.", "host", B),
    _reaches("gateway-of-con-b", "Con-b reaches its gateway.", "con-b", GATEWAY),
    Pings("gateway-of-con-a", "Con-a pings its gateway.", "con-a", GATEWAY),
    Pings("large", "1472 bytes of data pass from con-a to its gateway in one piece.", "con-a", GATEWAY, 1472, df=True),
    Prints("ports", "Docker0 has two ports.", "host", "bridge link | grep -c ' master docker0 '", "2"),
    Prints(
        "iptables-asked",
        "Iptables is asked about what is bridged.",
        "host",
        "cat /proc/sys/net/bridge/bridge-nf-call-iptables",
        "1",
    ),
    Prints("unused", "Nothing runs on clean.", "clean", "docker ps -aq | wc -l", "0"),
)
