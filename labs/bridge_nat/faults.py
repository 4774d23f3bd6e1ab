"""What can be broken in bridge-nat."""

from netproof.model import (
    Change,
    Decoy,
    Fault,
    Step,
    changed,
    container_added,
    hidden_by_file,
    mtu_set,
    route_deleted,
    rule_added,
    rule_deleted,
    sysctl_set,
    wrapped,
)

_MASQUERADE = "POSTROUTING -s 10.0.0.0/8 ! -o docker0 -j MASQUERADE"
_SNAT = "POSTROUTING -s 10.0.0.0/8 -o eth0 -j SNAT --to-source"
_FORWARD = "/proc/sys/net/ipv4/ip_forward"
_NOBODY_OUTSIDE = "Since this morning the client gets no answer from the outsider at 203.0.113.1."


def _renumbered(dev: str, old: str, new: str, then: str = "true") -> str:
    """The old address first: the kernel takes all of a subnet's later addresses away with the first."""
    return f"ip addr del {old}/8 dev {dev} && ip addr add {new}/8 dev {dev} && {then}"


def _has(dev: str, new: str, old: str) -> str:
    """The new address and not the old one: who gives the interface its own address again has repaired it."""
    shown = f"ip -br address show {dev} | grep -q"
    return f"{shown} ' {new}/' && ! {shown} ' {old}/'"


FAULTS = (
    Fault(
        id="masquerade-deleted",
        layer="nat",
        level=1,
        ticket=_NOBODY_OUTSIDE,
        what="The MASQUERADE rule is gone: packets leave with the container's own address, which nobody answers.",
        at="host",
        look="host: iptables -t nat -S POSTROUTING; on the wire, tcpdump -ni eth0 shows 10.0.0.2 as the source",
        tells={
            "snat-to-nobody": "there the source on the wire is 203.0.113.77",
            "not-tracked": "there conntrack -L is empty",
        },
        reddens={
            "f2": "timeout",
            "q2.3": "timeout",
            "q2.4": "differs",
            "q2.5": "differs",
            "q2.6": "differs",
            "q2.7": "differs",
            "q2.8": "differs",
            "q2.9": "differs",
        },
        shows={"large": "no reply", "outside": "timeout", "translated": "own source"},
        change=rule_deleted("host", _MASQUERADE, "nat"),
    ),
    Fault(
        id="forwarding-off",
        layer="route",
        level=1,
        ticket=_NOBODY_OUTSIDE,
        what="net.ipv4.ip_forward is 0: the host keeps what is not for itself.",
        at="host",
        look="host: sysctl net.ipv4.ip_forward; tcpdump -ni eth0 sees nothing leave",
        tells={"bridge-renumbered": "there the gateway does not answer a ping either"},
        reddens={
            "f2": "timeout",
            "q2.3": "timeout",
            "q2.4": "timeout",
            "q2.5": "timeout",
            "q2.6": "differs",
            "q2.7": "differs",
            "q2.9": "differs",
        },
        shows={"large": "no reply", "outside": "timeout", "translated": "not seen"},
        change=sysctl_set("host", "net.ipv4.ip_forward", "0", was="1"),
    ),
    Fault(
        id="forwarding-stuck",
        layer="route",
        level=3,
        ticket="Security asks for ip_forward to be switched off for an hour; the command succeeds and nothing changes.",
        what="Writes to ip_forward reach a file, not the kernel: forwarding cannot be switched off.",
        at="host",
        look="host: mount | grep ip_forward",
        reddens={"q2.3": "differs"},
        change=hidden_by_file("host", _FORWARD, "1"),
    ),
    Fault(
        id="snat-in-front",
        layer="nat",
        level=3,
        ticket="Packets still leave with the right address, but the counter of the MASQUERADE rule stands still.",
        what="A fixed SNAT to the right address stands before MASQUERADE: same packets, another rule.",
        at="host",
        look="host: iptables -t nat -nvL POSTROUTING",
        reddens={"f2": "differs", "q2.4": "differs", "q2.5": "differs"},
        change=rule_added("host", f"{_SNAT} 203.0.113.2", "nat"),
    ),
    Fault(
        id="snat-to-nobody",
        layer="nat",
        level=2,
        ticket=_NOBODY_OUTSIDE,
        what="A SNAT to an address nobody has stands before MASQUERADE: replies find no one.",
        at="host",
        look="host: iptables -t nat -S POSTROUTING; on the wire, tcpdump -ni eth0 shows ARP requests for 203.0.113.77",
        tells={
            "masquerade-deleted": "there the source on the wire is 10.0.0.2",
            "not-tracked": "there conntrack -L has no entry",
        },
        reddens={
            "f2": "timeout",
            "q2.3": "timeout",
            "q2.4": "timeout",
            "q2.5": "timeout",
            "q2.6": "differs",
            "q2.7": "differs",
            "q2.9": "differs",
        },
        shows={"large": "no reply", "outside": "timeout", "translated": "other source"},
        change=rule_added("host", f"{_SNAT} 203.0.113.77", "nat"),
    ),
    Fault(
        id="not-tracked",
        layer="nat",
        level=3,
        ticket=_NOBODY_OUTSIDE,
        what="The containers' packets are exempt from connection tracking, so nothing is translated.",
        at="host",
        look="host: iptables -t raw -S; conntrack -L stays empty",
        tells={"masquerade-deleted": "there conntrack -L has the connection, without a translation"},
        reddens={
            "f2": "timeout",
            "q2.3": "timeout",
            "q2.4": "timeout",
            "q2.5": "timeout",
            "q2.6": "differs",
            "q2.7": "differs",
            "q2.9": "differs",
        },
        shows={"large": "no reply", "outside": "timeout", "translated": "own source"},
        change=rule_added("host", "PREROUTING -i docker0 -j CT --notrack", "raw"),
    ),
    Fault(
        id="egress-dropped",
        layer="filter",
        level=2,
        ticket=_NOBODY_OUTSIDE,
        what="A rule in DOCKER-USER drops what comes back from outside.",
        at="host",
        look="host: iptables -nvL DOCKER-USER; the counter of the DROP rises",
        tells={"forwarding-off": "there nothing leaves eth0 at all"},
        reddens={
            "f2": "timeout",
            "q2.3": "timeout",
            "q2.4": "timeout",
            "q2.5": "timeout",
            "q2.6": "differs",
            "q2.7": "differs",
        },
        shows={"large": "no reply", "outside": "timeout"},
        change=rule_added("host", "DOCKER-USER -i eth0 -o docker0 -j DROP"),
    ),
    Fault(
        id="default-route-lost",
        layer="namespace",
        level=1,
        ticket=_NOBODY_OUTSIDE,
        what="The client has no default route.",
        at="client",
        look="client: ip route",
        tells={"bridge-renumbered": "there the route is in place, and nobody has the gateway's address"},
        reddens={
            "f2": "unreachable",
            "q2.3": "unreachable",
            "q2.4": "unreachable",
            "q2.5": "unreachable",
            "q2.6": "differs",
            "q2.7": "differs",
            "q2.9": "differs",
        },
        shows={"large": "unreachable", "outside": "unreachable", "translated": "not seen"},
        change=route_deleted("client", "default", was="via 10.0.0.1"),
    ),
    Fault(
        id="mtu-lowered",
        layer="mtu",
        level=2,
        ticket="Small requests to 203.0.113.1 work; whatever is large and must not be split fails.",
        what="The host's eth0 carries 1400 bytes, not 1500.",
        at="host",
        look="host: ip link show eth0; client: ping -M do -s 1472 203.0.113.1",
        reddens={},
        shows={"large": "too big"},
        change=mtu_set(
            "host",
            1400,
            was=1500,
            # What the client has learned of the path would outlive it by ten minutes.
            then=[Step("client", "ip route del default && ip route add default via 10.0.0.1")],
        ),
    ),
    Fault(
        id="client-renumbered",
        layer="namespace",
        level=2,
        ticket="Monitoring looks for the client at 10.0.0.2, as the engine says, and does not find it there.",
        what="The client has another address than the engine gave it.",
        at="client",
        look="client: ip -br address; host: docker inspect client",
        reddens={"q2.2": "differs", "q2.4": "differs", "q2.6": "differs", "q2.9": "differs"},
        shows={"as-inspected": "otherwise"},
        change=changed(
            "client",
            _renumbered("eth0", "10.0.0.2", "10.0.0.99", "ip route add default via 10.0.0.1"),
            _has("eth0", "10.0.0.99", "10.0.0.2"),
            _renumbered("eth0", "10.0.0.99", "10.0.0.2", "ip route add default via 10.0.0.1"),
        ),
    ),
    Fault(
        id="bip-corrected",
        layer="engine",
        level=3,
        ticket="Given a network address as --bip the engine starts; the documentation says it must not.",
        what="A wrapper in front of dockerd turns --bip 10.0.0.0/8 into 10.0.0.1/8.",
        at="host",
        look="host: type dockerd; cat /usr/local/sbin/dockerd",
        reddens={"q2.1": "differs"},
        change=wrapped("dockerd", 'exec /usr/sbin/dockerd $(echo "$@" | sed s,10.0.0.0/8,10.0.0.1/8,)'),
    ),
    Fault(
        id="bridge-renumbered",
        layer="link",
        level=2,
        ticket=_NOBODY_OUTSIDE,
        what="docker0 has another address than --bip says; the containers' gateway is gone.",
        at="host",
        look="host: ip -br address show docker0; client: ip route; ip neigh show 10.0.0.1",
        tells={"forwarding-off": "there the gateway answers a ping"},
        reddens={
            "f2": "timeout or unreachable",
            "q2.1": "differs",
            "q2.3": "timeout or unreachable",
            "q2.4": "timeout or unreachable",
            "q2.5": "timeout or unreachable",
            "q2.6": "differs",
            "q2.7": "differs",
            "q2.9": "differs",
        },
        shows={"gateway": "unreachable", "large": "unreachable", "outside": "unreachable", "translated": "not seen"},
        change=Change(
            [
                Step("host", _renumbered("docker0", "10.0.0.1", "10.0.0.9")),
                Step("client", "ip neigh flush dev eth0"),  # what it learned would carry it for a while
            ],
            Step("host", _has("docker0", "10.0.0.9", "10.0.0.1")),
            Step("host", _renumbered("docker0", "10.0.0.9", "10.0.0.1")),
        ),
    ),
    Fault(
        id="guessed-name-exists",
        layer="process",
        level=1,
        ticket="`docker exec sleep-container` works today. It must not: nobody gave a container that name.",
        what="A container called sleep-container exists.",
        at="host",
        look="host: docker ps",
        reddens={"q2.7": "differs"},
        shows={"names": "otherwise"},
        change=container_added("sleep-container"),
    ),
)

TOGETHER = (("client-renumbered", "mtu-lowered"), ("default-route-lost", "guessed-name-exists"))

DECOYS = (
    Decoy(
        id="private-address-unreachable",
        layer="nat",
        level=1,
        ticket="The outsider cannot ping the client's address 10.0.0.2. Please open the path.",
        why="The client's address is private to its host: the outsider has no route there, and MASQUERADE hides it.",
        at="outsider",
        look="outsider: ip route get 10.0.0.2",
        proof="q2.4",
    ),
)
