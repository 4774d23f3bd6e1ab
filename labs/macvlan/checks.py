"""What works in macvlan, and what is closed, while it is whole."""

from netproof.model import Answers, Check, Closed, Pings, Prints, Resolves

_ADDRESS = {"first": "192.168.1.100", "second": "192.168.1.101"}


def _of(name: str) -> tuple[Check, ...]:
    """What holds for either container."""
    address = _ADDRESS[name]
    return (
        Answers(
            f"gateway-{name}",
            f"The gateway answers {name}, and sees its address.",
            name,
            "192.168.1.1",
            80,
            by="gateway",
            sees=address,
        ),
        Answers(
            f"inward-{name}",
            f"{name} answers the gateway, and sees its address.",
            "gateway",
            address,
            80,
            by=name,
            sees="192.168.1.1",
        ),
        Pings(f"beyond-{name}", f"{name} reaches the gateway's other side by its default route.", name, "192.168.3.1"),
    )


CHECKS = (
    *_of("first"),
    *_of("second"),
    Answers(
        "peers",
        "second answers first, and sees its address.",
        "first",
        "192.168.1.101",
        80,
        by="second",
        sees="192.168.1.100",
    ),
    Pings("peer-ping", "first pings second.", "first", "192.168.1.101"),
    Resolves("name", "first finds second by its name.", "first", "second", "192.168.1.101"),
    Pings("large-in", "1472 bytes of data pass from the gateway to first.", "gateway", "192.168.1.100", 1472, df=True),
    Pings("large-out", "1472 bytes of data pass from first to the gateway.", "first", "192.168.1.1", 1472, df=True),
    Answers(
        "host-gateway",
        "The gateway answers the host, and sees its address.",
        "host",
        "192.168.1.1",
        80,
        by="gateway",
        sees="192.168.1.50",
    ),
    Pings("host-eth1", "The host reaches the gateway by eth1.", "host", "192.168.3.1"),
    Pings("host-eth2", "The host reaches the gateway by eth2.", "host", "192.168.2.1"),
    Closed("host-to-first", "The host does not reach first.", "host", "192.168.1.100", 80),
    Closed("first-to-host", "first does not reach the host.", "first", "192.168.1.50", proto="icmp"),
    Prints(
        "docker0-empty",
        "docker0 has no part in it: no container is there.",
        "host",
        "ip -o link show master docker0 | wc -l",
        "0",
    ),
    Prints(
        "not-promiscuous",
        "Nobody set the host's eth0 to promiscuous mode.",
        "host",
        "ip -o link show eth0 | grep -c PROMISC || true",
        "0",
    ),
    Prints(
        "on-the-list",
        "The MAC addresses of both containers are on the list of what the host's eth0 receives.",
        "host",
        "bridge fdb show dev eth0 | grep -v '^33:33:\\|^01:' | grep -c ' self permanent'",
        "2",
    ),
    Prints(
        "no-reflection",
        "The switch lan2 sends nothing back to where it came from.",
        "lan2",
        "bridge -d link show | grep -c 'hairpin on' || true",
        "0",
    ),
    Prints(
        "floods",
        "The switch lan2 sends what is for nobody it knows to each of its ports.",
        "lan2",
        "bridge -d link show | grep -c ' flood on'",
        "3",
    ),
)
