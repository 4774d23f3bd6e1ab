"""What can be broken in bridge-l2."""

from labs.bridge_l2.checks import GATEWAY, A, B
from orchestrator.model import Change, Decoy, Fault, Signature, changed, link_down, port_of, rule_added

_NOBODY = "02:42:ac:11:00:63"
_ASKED = "/proc/sys/net/bridge/bridge-nf-call-iptables"
_PORT_B = port_of("con-b")


def _pinned(at: str, address: str, device: str = "eth0") -> Change:
    """A neighbour entry that somebody wrote, with a MAC address nobody has."""
    return changed(
        at,
        f"ip neigh replace {address} lladdr {_NOBODY} nud permanent dev {device}",
        f"ip neigh show {address} dev {device} | grep -q '{_NOBODY} PERMANENT'",
        f"ip neigh del {address} dev {device}",
    )


def _stale_neighbour(container: str, address: str, reddens: Signature, shows: Signature) -> Fault:
    name = container.capitalize()
    return Fault(
        id="stale-neighbour",
        variant=container,
        layer="neighbour",
        level=2,
        ticket=f"{name} and the host do not reach each other. With the other container both have no trouble.",
        what=f"The host has a permanent neighbour entry for {container} with a MAC address that nobody has.",
        at="host",
        look=f"host: ip neigh show {address} says PERMANENT; {container}: cat /sys/class/net/eth0/address",
        tells={"wrong-gateway": "there the host's entry is right, and the container's entry for its gateway is not"},
        change=_pinned("host", address, "docker0"),
        reddens=reddens,
        shows=shows,
    )


FAULTS = (
    Fault(
        id="port-missing",
        layer="link",
        level=1,
        ticket="Con-b is cut off: neither con-a nor the host reaches it. Its own settings look as always.",
        what="The host's end of con-b's veth pair is no port of docker0.",
        at="host",
        look="host: bridge link lists one port only",
        tells={"interface-down": "there bridge link lists both ports, and con-b's eth0 is down"},
        change=changed(
            "host",
            f"ip link set {_PORT_B} nomaster",
            f"! ip link show {_PORT_B} | grep -q 'master docker0'",
            f"ip link set {_PORT_B} master docker0",
        ),
        reddens={
            "f1": "differs",
            "q1.1": "no reply",
            "q1.2": "differs",
            "q1.3": "differs",
            "q1.4": "no reply",
            "q1.5": "no reply",
            "q1.6": "no reply",
        },
        shows={
            "gateway-of-con-b": "otherwise",
            "host-to-con-b": "otherwise",
            "peers": "otherwise",
            "ports": "otherwise",
        },
    ),
    Fault(
        id="interface-down",
        layer="namespace",
        level=1,
        ticket="Con-b runs, but nobody reaches it, and it reaches nobody.",
        what="Eth0 of con-b is down.",
        at="con-b",
        look="con-b: ip -br link; host: bridge link shows NO-CARRIER",
        tells={"port-missing": "there con-b's eth0 is up, and bridge link lists one port only"},
        change=link_down("con-b", "eth0", f"ip route add default via {GATEWAY}"),
        reddens={
            "f1": "differs",
            "q1.1": "no reply",
            "q1.2": "differs",
            "q1.3": "differs",
            "q1.4": "no reply",
            "q1.5": "no reply",
            "q1.6": "no reply",
        },
        shows={"gateway-of-con-b": "otherwise", "host-to-con-b": "otherwise", "peers": "otherwise"},
    ),
    Fault(
        id="bridged-unseen",
        layer="route",
        level=3,
        ticket="Our new rules between containers of one network have no effect, on this host alone.",
        what="A file is mounted over bridge-nf-call-iptables: it says 0, and the kernel's value cannot be written.",
        at="host",
        look="host: cat /proc/sys/net/bridge/bridge-nf-call-iptables; mount | grep bridge-nf",
        change=changed(
            "host",
            f"echo 0 >{_ASKED} && echo 0 >/run/asked && mount --bind /run/asked {_ASKED}",
            f"grep -q {_ASKED} /proc/mounts",
            f"umount {_ASKED} && rm /run/asked && echo 1 >{_ASKED}",
        ),
        reddens={"q1.1": "differs", "q1.3": "differs", "q1.4": "differs"},
        shows={"iptables-asked": "otherwise"},
    ),
    Fault(
        id="peers-dropped",
        layer="filter",
        level=1,
        ticket="Con-a does not reach con-b any more. The host reaches both.",
        what="A rule at the top of FORWARD drops what goes from docker0 to docker0.",
        at="host",
        look="host: iptables -nvL FORWARD shows a DROP whose counter rises with each ping",
        tells={"wrong-peer": "there no counter rises, and con-a's neighbour entry is PERMANENT"},
        change=rule_added("host", "FORWARD -i docker0 -o docker0 -j DROP"),
        reddens={
            "f1": "differs",
            "q1.1": "no reply",
            "q1.2": "differs",
            "q1.3": "differs",
            "q1.5": "no reply",
            "q1.6": "no reply",
        },
        shows={"peers": "otherwise"},
    ),
    Fault(
        id="wrong-peer",
        layer="neighbour",
        level=2,
        ticket="Con-a gets no answer from con-b, although both reach the host, and the host reaches both.",
        what="Con-a has a permanent neighbour entry for con-b with a MAC address that nobody has.",
        at="con-a",
        look=f"con-a: ip neigh show {B}; con-b: cat /sys/class/net/eth0/address",
        tells={"peers-dropped": "there con-a knows con-b's right MAC, and a rule in FORWARD counts"},
        change=_pinned("con-a", B),
        reddens={
            "f1": "differs",
            "q1.1": "no reply",
            "q1.2": "differs",
            "q1.3": "differs",
            "q1.4": "no reply",
            "q1.6": "no reply",
        },
        shows={"peers": "otherwise"},
    ),
    Fault(
        id="wrong-gateway",
        layer="neighbour",
        level=2,
        ticket="Con-a talks to con-b, but its pings to 172.17.0.1 are lost, and so is all it sends further.",
        what="Con-a has a permanent neighbour entry for its gateway with a MAC address that nobody has.",
        at="con-a",
        look=f"con-a: ip neigh show {GATEWAY} says PERMANENT; host: cat /sys/class/net/docker0/address",
        tells={"stale-neighbour": "there con-a's entry is right, and the host's entry for con-a is not"},
        change=_pinned("con-a", GATEWAY),
        reddens={"q1.5": "no reply", "q1.8": "differs"},
        shows={"gateway-of-con-a": "no reply", "large": "no reply"},
    ),
    _stale_neighbour("con-a", A, {}, {"gateway-of-con-a": "no reply", "large": "no reply"}),
    _stale_neighbour("con-b", B, {"q1.5": "no reply"}, {"gateway-of-con-b": "otherwise", "host-to-con-b": "otherwise"}),
    Fault(
        id="narrow-interface",
        layer="mtu",
        level=2,
        ticket="Con-a's small requests work. Packets of full size that must not be fragmented it cannot send.",
        what="Eth0 of con-a has MTU 1400, docker0 1500.",
        at="con-a",
        look="con-a: ip link show eth0",
        change=changed(
            "con-a",
            "ip link set eth0 mtu 1400",
            "ip link show eth0 | grep -q 'mtu 1400 '",
            "ip link set eth0 mtu 1500",
        ),
        reddens={},
        shows={"large": "too big"},
    ),
    Fault(
        id="stray-port",
        layer="link",
        level=1,
        ticket="The inventory counts three ports on docker0, but only two containers run here.",
        what="A veth pair that belongs to no container has an end in docker0.",
        at="host",
        look="host: bridge link; ip -br link show type veth",
        change=changed(
            "host",
            "ip link add stray0 address fe:00:00:00:00:01 type veth peer name stray1 address fe:00:00:00:00:02"
            " && ip link set stray0 master docker0 up && ip link set stray1 up",
            "ip link show stray0 2>/dev/null | grep -q 'master docker0'",
            "ip link del stray0",
        ),
        reddens={"q1.2": "differs"},
        shows={"ports": "otherwise"},
    ),
    Fault(
        id="left-behind",
        layer="process",
        level=1,
        ticket="The first container on clean should get 172.17.0.2, as in our handbook. It gets another address.",
        what="A container somebody left behind on clean has the first address.",
        at="clean",
        look="clean: docker ps",
        change=changed(
            "clean",
            "docker run -d --name leftover netproof/node sleep infinity",
            "docker inspect leftover >/dev/null 2>&1",
            "docker rm -f leftover",
        ),
        reddens={"q1.7": "differs"},
        shows={"unused": "otherwise"},
    ),
)
DECOYS = (
    Decoy(
        id="short-name-refused",
        layer="engine",
        level=1,
        ticket="On clean, `docker run -d --name a netproof/node sleep 1000` fails. Please repair the engine there.",
        why="Names of one letter are refused by every engine.",
        at="clean",
        look="clean: docker run -d --name a netproof/node sleep 1000 says: Invalid container name (a)",
        proof="q1.7",
    ),
)
TOGETHER = (("peers-dropped", "left-behind"), ("narrow-interface", "stray-port"))
