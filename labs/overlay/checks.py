"""What works in overlay, and what is closed, while it is whole."""

from netproof.model import Answers, Closed, Pings, Prints, Resolves

# Of all overlays here only this one has a balancer of its own; the files of namespaces that are gone stay for a while.
_NUMBER = "$(grep -om1 /netns/lb_[0-9a-z]* /proc/self/mountinfo | cut -d_ -f2)"
HIDDEN = f"nsenter --net=$(echo /run/docker/netns/1-{_NUMBER}*)"

_TUNNEL = f"{HIDDEN} ip -d link show vxlan0 | grep -oE ' id [0-9]+| srcport [0-9]+ [0-9]+| dstport [0-9]+| nolearning'"
_SETUP = "id 4097 srcport 0 0 dstport 4789"
_ON_EACH = "echo $(docker node ls --format '{{.Hostname}} {{.Status}}' | sort)"


def _mapped(node: str, remote: str) -> Prints:
    return Prints(
        f"mapped-{node}",
        f"{node}'s tunnel sends to {remote} what is for the container and the load balancer there, and nothing else.",
        node,
        f"{HIDDEN} bridge fdb show dev vxlan0 | grep -c ' dst {remote} .*permanent'",
        "2",
    )


def _tunnel(node: str) -> Prints:
    says = f"{node}'s tunnel has the network's number, any source port, the port 4789, and learns."
    return Prints(f"tunnel-{node}", says, node, f"echo $({_TUNNEL})", _SETUP)


def _balancer(name: str, node: str, container: str, address: str) -> Prints:
    return Prints(
        name,
        f"The load balancer that {node} has in the network pings {container}.",
        node,
        f"nsenter --net=/run/docker/netns/lb_{_NUMBER} ping -n -c 1 -W 3 {address} | grep -c ' ttl='",
        "1",
    )


CHECKS = (
    Answers("web", "right answers left, and sees its address.", "left", "10.1.0.20", 80, by="right", sees="10.1.0.10"),
    Answers("back", "left answers right, and sees its address.", "right", "10.1.0.10", 80, by="left", sees="10.1.0.20"),
    Answers(
        "datagram",
        "right answers left's datagrams, and sees its address.",
        "left",
        "10.1.0.20",
        9000,
        by="right",
        sees="10.1.0.10",
        proto="udp",
    ),
    Pings("ping", "left pings right.", "left", "10.1.0.20"),
    Pings("large", "1422 bytes of data pass from left to right in one piece.", "left", "10.1.0.20", size=1422, df=True),
    Pings("large-back", "1422 bytes pass from right to left in one piece.", "right", "10.1.0.10", size=1422, df=True),
    Prints(
        "limit",
        "left's own kernel refuses 1423 bytes in one piece.",
        "left",
        "ping -n -c 1 -W 1 -M do -s 1423 10.1.0.20 2>&1 | grep -ci 'message too long'",
        "1",
    ),
    _balancer("balancer-right", "node1", "right", "10.1.0.20"),
    _balancer("balancer-left", "node2", "left", "10.1.0.10"),
    Resolves("name", "left finds right by its name.", "left", "right", "10.1.0.20"),
    Pings("underlay", "1472 bytes of data pass from node1 to node2.", "node1", "192.0.2.2", size=1472, df=True),
    Pings("outward", "left leaves through docker_gwbridge and its node's address.", "left", "192.0.2.2"),
    Closed(
        "gwbridge",
        "On docker_gwbridge containers of one node do not reach each other.",
        "left",
        "172.18.0.2",
        proto="icmp",
    ),
    Prints("nodes", "The manager sees both nodes ready.", "node1", _ON_EACH, "node1 Ready node2 Ready"),
    Prints(
        "host-devices",
        "node1 itself has no br0 and no vxlan0: they are in a namespace of their own.",
        "node1",
        "ip -o link | grep -cE ': (br0|vxlan0)[@:]' || true",
        "0",
    ),
    _mapped("node1", "192.0.2.2"),
    _mapped("node2", "192.0.2.1"),
    _tunnel("node1"),
    _tunnel("node2"),
)
