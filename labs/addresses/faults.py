"""What can be broken in addresses."""

from collections.abc import Mapping

from netproof.model import (
    Decoy,
    Fault,
    Step,
    changed,
    container_added,
    mtu_set,
    neighbour_pinned,
    rule_deleted,
    wrapped,
)

_NOBODY = "02:42:0a:16:01:63"
_NETWORK = {"witness": "static", "short": "narrow"}
_MASQUERADE = {"witness": ("10.22.1.0/24", "br-static", 2), "short": ("10.22.2.0/24", "br-narrow", 1)}


def _masquerade_deleted(name: str, reddens: Mapping[str, str], shows: Mapping[str, str]) -> Fault:
    subnet, bridge, number = _MASQUERADE[name]
    return Fault(
        id="masquerade-deleted",
        variant=name,
        layer="nat",
        level=1,
        ticket=f"{name} reaches nobody outside. The containers of the other network do.",
        what=f"The MASQUERADE rule of {_NETWORK[name]} is gone: packets leave with the container's own address.",
        at="host",
        look="host: iptables -t nat -S POSTROUTING; tcpdump -ni eth0 shows a container's address as the source",
        tells={"gateway-pinned": "there nothing of the container's arrives at the host"},
        change=rule_deleted("host", f"POSTROUTING -s {subnet} ! -o {bridge} -j MASQUERADE", "nat", number),
        reddens=reddens,
        shows=shows,
    )


FAULTS = (
    Fault(
        id="mtu-raised",
        layer="mtu",
        level=2,
        ticket="short exchanges small messages with the outsider; large ones vanish without an error.",
        what="short's eth0 has the MTU 1500, its network 1400: what is larger is lost between the veth's two ends.",
        at="short",
        look="short: ip link show eth0; host: ip link show br-narrow",
        tells={"uplink-lowered": "there the witness suffers, and gets an error"},
        change=mtu_set("short", 1500, was=1400),
        reddens={"b36": "differs"},
        shows={"pieces": "no reply"},
    ),
    Fault(
        id="uplink-lowered",
        layer="mtu",
        level=2,
        ticket="The witness's large messages to the outsider fail with an error about their size. short's do not.",
        what="The host's eth0 has the MTU 1400 instead of 1500.",
        at="host",
        look="host: ip link show eth0; witness: tracepath -n 203.0.113.1",
        tells={"mtu-raised": "there short suffers, and gets no error"},
        change=mtu_set(
            "host",
            1400,
            was=1500,
            # What it was told about the path holds for ten minutes, or as long as the route it belongs to.
            then=[Step("witness", "ip route del default && ip route add default via 10.22.1.1")],
        ),
        reddens={"b36": "no reply"},
        shows={"large": "too big", "pieces": "no reply"},
    ),
    Fault(
        id="address-taken",
        layer="process",
        level=1,
        ticket="A container that is given 10.22.1.99 does not start. The list of addresses says it is free.",
        what="A container that is in no list, called printer, has 10.22.1.99.",
        at="host",
        look="host: docker network inspect static; witness: ping 10.22.1.99",
        change=container_added("printer", "static", "10.22.1.99"),
        reddens={"b21": "differs", "b24": "differs"},
        shows={"free": "open"},
    ),
    Fault(
        id="stop-forbidden",
        layer="engine",
        level=2,
        ticket="Containers are still running after they were told to stop; who tells them gets exit code 1.",
        what="A wrapper in front of docker refuses `docker stop`.",
        at="host",
        look="host: type docker; cat /usr/local/sbin/docker",
        tells={"pools-replaced": "there dockerd has a wrapper"},
        change=wrapped(
            "docker", 'if [ "$1" = stop ]; then echo "not on this host" >&2; exit 1; fi\nexec /usr/bin/docker "$@"'
        ),
        reddens={"b21": "differs", "b22": "differs"},
        shows={"docker": "otherwise"},
    ),
    Fault(
        id="pools-replaced",
        layer="engine",
        level=3,
        ticket="New engines started on this host give networks subnets of 10.99.0.0/16. Nobody has configured that.",
        what="A wrapper in front of dockerd adds --default-address-pool.",
        at="host",
        look="host: type dockerd; cat /usr/local/sbin/dockerd",
        tells={"stop-forbidden": "there docker has a wrapper"},
        change=wrapped("dockerd", 'exec /usr/sbin/dockerd --default-address-pool base=10.99.0.0/16,size=24 "$@"'),
        reddens={"b28": "differs"},
        shows={"dockerd": "otherwise"},
    ),
    Fault(
        id="gateway-pinned",
        layer="neighbour",
        level=2,
        ticket="The witness reaches nobody outside. Containers beside it on its network do.",
        what="The witness has a permanent entry with a wrong MAC address for its gateway.",
        at="witness",
        look="witness: ip neigh show 10.22.1.1 says PERMANENT; host: ip -br link show br-static has another MAC",
        tells={"masquerade-deleted": "there its packets leave the host", "herald-pinned": "there the outside answers"},
        change=neighbour_pinned("witness", "10.22.1.1", _NOBODY),
        reddens={"b36": "no reply"},
        shows={"large": "no reply", "unpinned": "otherwise", "witness": "timeout"},
    ),
    Fault(
        id="herald-pinned",
        layer="neighbour",
        level=3,
        ticket="Whoever is given 10.22.1.77 is not reached by the witness, but by everybody else.",
        what="The witness has a permanent entry with a wrong MAC address for 10.22.1.77.",
        at="witness",
        look="witness: ip neigh show nud permanent",
        tells={"gateway-pinned": "there it is the gateway's address, and nobody outside answers"},
        change=neighbour_pinned("witness", "10.22.1.77", _NOBODY),
        reddens={"b23": "differs"},
        shows={"unpinned": "otherwise"},
    ),
    Fault(
        id="interface-down",
        layer="namespace",
        level=1,
        ticket="The witness says that its network is unreachable.",
        what="The witness's eth0 is down.",
        at="witness",
        look="witness: ip -br link; ip route is empty",
        tells={"gateway-pinned": "there ip route shows the gateway"},
        change=changed(
            "witness",
            "ip link set eth0 down",
            "! ip -o link show eth0 | grep -q '[<,]UP[,>]'",
            "ip link set eth0 up && ip route add default via 10.22.1.1",
        ),
        reddens={"b21": "differs", "b23": "differs", "b36": "no reply"},
        shows={"large": "unreachable", "witness": "unreachable"},
    ),
    _masquerade_deleted(
        "witness",
        reddens={"b36": "no reply"},
        shows={"large": "no reply", "witness": "timeout"},
    ),
    _masquerade_deleted(
        "short",
        reddens={"b36": "no reply"},
        shows={"medium": "no reply", "pieces": "no reply", "short": "timeout"},
    ),
)
DECOYS = (
    Decoy(
        id="too-long-for-short",
        layer="mtu",
        level=1,
        ticket="`ping -M do -s 1472 203.0.113.1` works from the witness, but short says: message too long.",
        why="The network narrow was made with an MTU of 1400, which its containers' interfaces have.",
        at="short",
        look="short: ip link show eth0; host: docker network inspect narrow",
        proof="b36",
    ),
)
TOGETHER = (("uplink-lowered", "address-taken"), ("herald-pinned", "masquerade-deleted[short]"))
