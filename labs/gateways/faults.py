"""What can be broken in gateways."""

from orchestrator.model import Decoy, Fault, Signature, changed, rule_added, sysctl_set

_WRAPPER = "/usr/local/sbin/docker"
_SWALLOW = 'case "$1 $2" in "network disconnect") exit 0;; esac'
_SERVER = "'[T]CP4-LISTEN:80,.* http printer$'"  # brackets: the shell that looks for it must not find itself
_NOBODY = "02:42:0a:02:00:63"


def _bridge(network: str) -> str:
    """Shell words for a network's bridge."""
    return f"br-$(docker network inspect -f '{{{{.Id}}}}' {network} | cut -c1-12)"


def _neighbour_wrong(container: str, network: str, number: int, reddens: Signature, shows: Signature) -> Fault:
    address = f"10.2.{number}.2"
    return Fault(
        id="neighbour-wrong",
        variant=container,
        layer="neighbour",
        level=2,
        ticket=f"{container.capitalize()} gets no answer from anywhere, though it sends and its addresses are right.",
        what=f"The host has a permanent neighbour entry for {address} with a MAC address that nobody has.",
        at="host",
        look=f"host: ip neigh show {address} is PERMANENT; {container}: ip link show eth0 has another MAC address",
        tells={
            "default-gone": "there the container says at once that the network is unreachable",
            "forwarding-off-eth0": "there the host itself still reaches its containers",
            "way-back-gone": "there the host reaches the container",
        },
        change=changed(
            "host",
            f"ip neigh replace {address} lladdr {_NOBODY} nud permanent dev {_bridge(network)}",
            f"ip neigh show {address} nud permanent | grep -q {_NOBODY}",
            f"ip neigh del {address} dev {_bridge(network)}",
        ),
        reddens=reddens,
        shows=shows,
    )


FAULTS = (
    _neighbour_wrong("private", "natted", 1, {"b5": {"28.5": "differs"}}, {"private-out": "timeout"}),
    _neighbour_wrong(
        "printer",
        "routed",
        2,
        {"b5": "differs"},
        {"from-host": "timeout", "printer-in": "timeout", "printer-out": "timeout"},
    ),
    Fault(
        id="nat-exempted",
        layer="nat",
        level=2,
        ticket="The outsider's people see 10.2.1.2 on their wire, an address of ours that must never leave the host.",
        what="A rule before MASQUERADE exempts the network natted from translation.",
        at="host",
        look="host: iptables -t nat -S POSTROUTING; tcpdump -ni eth0 shows 10.2.1.2 as the source",
        tells={"neighbour-wrong": "there packets leave with the host's address"},
        change=rule_added("host", "POSTROUTING -s 10.2.1.0/24 -o eth0 -j ACCEPT", "nat"),
        # 28.5 drops the outsider's answers, which name the container, before they are taken for answers.
        shows={"private-out": {"20.10": "wrong caller", "26.1": "wrong caller", "28.5": "timeout"}},
    ),
    Fault(
        id="way-back-gone",
        layer="route",
        level=2,
        ticket="The outsider cannot print since the network team cleaned up its routes: `network is unreachable`.",
        what="The outsider's route to the routed network is gone.",
        at="outsider",
        look="outsider: ip route get 10.2.2.2",
        tells={"default-gone": "there it is the printer that says that the network is unreachable"},
        change=changed(
            "outsider",
            "ip route del 10.2.2.0/24",
            "! ip route show | grep -q 10.2.2.0/24",
            "ip route add 10.2.2.0/24 via 203.0.113.2 proto static",
        ),
        reddens={"b5": "differs"},
        shows={"printer-in": "unreachable", "printer-out": {"28.5": "timeout"}},
    ),
    Fault(
        id="default-gone",
        layer="namespace",
        level=1,
        ticket="The outsider cannot print any more; people on the host itself can.",
        what="The printer has no default route, so that its answers stay inside.",
        at="printer",
        look="printer: ip route",
        tells={
            "port-blocked": "there the printer reaches the outsider",
            "forwarding-off-eth0": "there private has no way out either",
        },
        change=changed(
            "printer",
            "ip route del default",
            'test -z "$(ip route show default)"',
            "ip route add default via 10.2.2.1 dev eth0",
        ),
        reddens={"b5": "differs"},
        shows={"printer-in": "timeout", "printer-out": "unreachable"},
    ),
    Fault(
        id="port-opened",
        layer="filter",
        level=1,
        ticket="The auditors reach the printer's administration on port 81 from outside. It was never published.",
        what="A rule in DOCKER-USER accepts port 81 of the printer.",
        at="host",
        look="host: iptables -S DOCKER-USER",
        change=rule_added("host", "DOCKER-USER -d 10.2.2.2/32 -p tcp -m tcp --dport 81 -j ACCEPT"),
        reddens={"b5": "differs"},
        shows={"printer-other": "open"},
    ),
    Fault(
        id="port-blocked",
        layer="filter",
        level=1,
        ticket="The outsider cannot print any more; the host itself can, and the printer reaches the outsider.",
        what="A rule in DOCKER-USER drops what is for the printer's published port.",
        at="host",
        look="host: iptables -nvL DOCKER-USER, whose counter rises",
        tells={
            "server-frozen": "there the host does not reach the printer either",
            "default-gone": "there the printer does not reach the outsider",
        },
        change=rule_added("host", "DOCKER-USER -d 10.2.2.2/32 -p tcp -m tcp --dport 80 -j DROP"),
        reddens={"b5": "differs"},
        shows={"printer-in": "timeout"},
    ),
    Fault(
        id="server-frozen",
        layer="process",
        level=2,
        ticket="Connections to the printer are made, but nothing is ever printed, for nobody.",
        what="The process that serves the printer's port 80 is stopped: the kernel accepts, nobody serves.",
        at="printer",
        look="printer: ps -o stat,args shows a server in state T; ss -ltn shows connections waiting in Recv-Q",
        tells={"port-blocked": "there the host reaches the printer"},
        change=changed(
            "host",
            f"pkill -STOP -f {_SERVER}",
            f"ps -o stat= -p $(pgrep -o -f {_SERVER}) | grep -q T",
            f"pkill -CONT -f {_SERVER}",
        ),
        reddens={"b5": "differs"},
        shows={"from-host": "timeout", "printer-in": "timeout"},
    ),
    Fault(
        id="forwarding-off-eth0",
        layer="route",
        level=3,
        ticket="Nothing passes between the containers and the outsider; ip_forward is 1, the rules are as always.",
        what="Forwarding is off for what comes in on eth0 alone: net.ipv4.conf.eth0.forwarding is 0.",
        at="host",
        look="host: sysctl net.ipv4.conf.eth0.forwarding; tcpdump -ni eth0 sees answers come that go no further",
        tells={"neighbour-wrong": "there the host does not reach the container either"},
        change=sysctl_set("host", "net.ipv4.conf.eth0.forwarding", "0", was="1"),
        reddens={"b5": "differs"},
        shows={"large": "no reply", "printer-in": "timeout", "printer-out": "timeout", "private-out": "timeout"},
    ),
    Fault(
        id="gateway-swapped",
        layer="route",
        level=2,
        ticket="What the traveller sends is counted on beta, which is billed; it used to leave by alpha.",
        what="The traveller's default route leads to beta's gateway.",
        at="traveller",
        look="traveller: ip route show default",
        change=changed(
            "traveller",
            "ip route replace default via 10.2.4.1",
            "ip route show default | grep -q 10.2.4.1",
            "ip route replace default via 10.2.3.1",
        ),
        reddens={"b18": "differs"},
        shows={"way-out": "otherwise"},
    ),
    Fault(
        id="icmp-dropped",
        layer="filter",
        level=2,
        ticket="After hardening, monitoring sees no container any more, while all its services work.",
        what="A rule in DOCKER-USER drops ICMP, also between containers of one bridge.",
        at="host",
        look="host: iptables -nvL DOCKER-USER",
        tells={"mtu-short": "there small pings are answered"},
        change=rule_added("host", "DOCKER-USER -p icmp -j DROP"),
        needs="br_netfilter",
        reddens={"b8": "differs"},
        shows={"large": "no reply"},
    ),
    Fault(
        id="mtu-short",
        layer="mtu",
        level=2,
        ticket="Small packets of the traveller get through; those of full size bring an error.",
        what="The traveller's interface on alpha has an MTU of 1400 instead of 1500.",
        at="traveller",
        look="traveller: ip link; ping -M do -s 1472 203.0.113.1 says which MTU is in the way",
        tells={"icmp-dropped": "there small pings are lost, too"},
        change=changed(
            "traveller",
            "ip link set $(ip -o -4 address show to 10.2.3.2 | cut -d' ' -f2) mtu 1400",
            "ip link show | grep -q 'mtu 1400'",
            "ip link set $(ip -o -4 address show to 10.2.3.2 | cut -d' ' -f2) mtu 1500",
        ),
        shows={"large": "too big"},
    ),
    Fault(
        id="disconnect-swallowed",
        layer="engine",
        level=2,
        ticket="`docker network disconnect` succeeds at once, and the container is still on the network.",
        what="A wrapper in front of docker swallows `network disconnect`; the engine is never asked.",
        at="host",
        look="host: type docker; cat /usr/local/sbin/docker",
        change=changed(
            "host",
            f"printf '%s\\n' '#!/bin/sh' '{_SWALLOW}' 'exec /usr/bin/docker \"$@\"' >{_WRAPPER} && chmod +x {_WRAPPER}",
            f"test -x {_WRAPPER}",
            f"rm {_WRAPPER}",
        ),
        reddens={"b18": {"28.5": "differs"}, "b19": "differs"},
        shows={"disconnecting": "otherwise"},
    ),
)
DECOYS = (
    Decoy(
        id="printer-kept-apart",
        layer="filter",
        level=1,
        ticket="The printer cannot reach private at 10.2.1.2, though both are on one host. Please open the path.",
        why="Networks of one host are closed to each other; private published no port, so that nobody may call it.",
        at="host",
        look="host: iptables -S, the chains that keep bridges apart",
        proof="b5",
    ),
)
TOGETHER = (("port-opened", "gateway-swapped"), ("nat-exempted", "server-frozen"))
