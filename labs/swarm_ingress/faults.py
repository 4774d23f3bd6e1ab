"""What can be broken in swarm-ingress."""

from netproof.labs.swarm_ingress.checks import HIDDEN
from netproof.model import Change, Fault, Step, changed, rule_added

_REJECT = "INPUT -p tcp --dport 2377 -j REJECT --reject-with tcp-reset"
_HALF = "A published port answers on the node that runs the service; the other node takes the call and nothing comes."
_BOTH = {"ingress-node1": "otherwise", "ingress-node2": "otherwise"}


def _dropped(node: str) -> Fault:
    return Fault(
        id="client-dropped",
        variant=node,
        layer="filter",
        level=1,
        ticket=f"The client gets no answer at all from {node}; the nodes reach each other.",
        what=f"A rule on {node} drops whatever comes from the client's address.",
        at=node,
        look=f"{node}: iptables -nvL INPUT",
        reddens={"b40": "timeout"} if node == "node1" else {},  # what node2 leads to its containers is not for INPUT
        shows={f"client-{node}": "no reply"},
        change=rule_added(node, "INPUT -s 192.0.2.9/32 -j DROP"),
    )


FAULTS = (
    Fault(
        id="vxlan-dropped",
        layer="filter",
        level=2,
        ticket=_HALF,
        what="node2 drops UDP port 4789: nothing of the network `ingress` arrives there.",
        at="node2",
        look="node2: iptables -nvL INPUT; tcpdump -ni eth0 udp port 4789",
        tells={"tunnel-off-bridge": "there the other node's packets are let in, and end in br0"},
        reddens=dict.fromkeys(("b33", "b34", "b41"), "differs"),
        shows=_BOTH,
        change=rule_added("node2", "INPUT -p udp --dport 4789 -j DROP"),
    ),
    Fault(
        id="gwbridge-left",
        layer="link",
        level=3,
        ticket="A published port answers on node1. On node2 it does not, whoever asks.",
        what="On node2 eth1 of the ingress is down: what docker_gwbridge has for published ports ends there.",
        at="node2",
        look="node2: nsenter --net=/run/docker/netns/ingress_sbox, ip -br link",
        reddens={"b33": "differs"},
        shows={"way-out": "otherwise"},
        change=changed(
            "node2",
            "nsenter --net=/run/docker/netns/ingress_sbox ip link set eth1 down",
            "! nsenter --net=/run/docker/netns/ingress_sbox ip -o link show eth1 | grep -q '[<,]UP[,>]'",
            "nsenter --net=/run/docker/netns/ingress_sbox ip link set eth1 up"
            " && nsenter --net=/run/docker/netns/ingress_sbox ip route add default via 172.18.0.1 dev eth1",
        ),
    ),
    Fault(
        id="tunnel-off-bridge",
        layer="overlay",
        level=3,
        ticket=_HALF,
        what="On node1 the tunnel of the network `ingress` is not in br0 any more.",
        at="node1",
        look="node1: nsenter --net=/run/docker/netns/1-…, bridge link",
        tells={"vxlan-dropped": "there the tunnel is in br0, and a rule drops its packets"},
        reddens={"b33": "differs"},
        shows={**_BOTH, "tunnel-joined": "otherwise"},
        change=changed(
            "node1",
            f"{HIDDEN} ip link set vxlan0 nomaster",
            f"! {HIDDEN} ip -o link show vxlan0 | grep -q ' master br0 '",
            f"{HIDDEN} ip link set vxlan0 master br0",
        ),
    ),
    _dropped("node1"),
    _dropped("node2"),
    Fault(
        id="manager-unreachable",
        layer="engine",
        level=2,
        ticket="Services that are scaled up start nothing on node2; what runs there goes on.",
        what="node1 rejects TCP port 2377: node2 does not reach the manager, which takes it for lost.",
        at="node1",
        look="node1: docker node ls says Down; iptables -nvL INPUT",
        reddens=dict.fromkeys(("b33", "b34", "b40", "b41"), "differs"),
        shows={"nodes": "otherwise"},
        change=Change(
            Step(
                "node1",
                f"iptables -w -I {_REJECT}"
                " && timeout 60 sh -c 'until docker node ls | grep -q Down; do sleep 0.2; done'",
                says=f"iptables -w -I {_REJECT}",
            ),
            Step("node1", f"iptables -w -C {_REJECT}"),
            Step(
                "node1",
                f"iptables -w -D {_REJECT}"
                " && timeout 80 sh -c 'while docker node ls | grep -q Down; do sleep 0.2; done'",
                says=f"iptables -w -D {_REJECT}",
            ),
        ),
    ),
)
TOGETHER = (("vxlan-dropped", "client-dropped[node1]"), ("gwbridge-left", "client-dropped[node2]"))
