"""What works in swarm-ingress, and what is closed, while it is whole."""

from netproof.model import Closed, Pings, Prints

# The only overlay of the lab.
HIDDEN = "nsenter --net=/run/docker$(grep -om1 /netns/1-[0-9a-z]* /proc/self/mountinfo)"
_BOX = "nsenter --net=/run/docker/netns/ingress_sbox"


def _joined(node: str, other: str) -> Prints:
    return Prints(
        f"ingress-{other}",
        f"{node}'s ingress reaches that of {other} through the network of that name.",
        node,
        f"for end in 2 3; do {_BOX} ping -n -c 1 -W 3 10.0.0.$end; done | grep -c ' ttl='",
        "2",
    )


CHECKS = (
    _joined("node1", "node2"),
    _joined("node2", "node1"),
    Prints(
        "tunnel-joined",
        "node1's tunnel of the network `ingress` is in its bridge.",
        "node1",
        f"{HIDDEN} ip -o link show master br0 type vxlan | wc -l",
        "1",
    ),
    Pings("client-node1", "The client reaches node1.", "client", "192.0.2.1"),
    Pings("client-node2", "The client reaches node2.", "client", "192.0.2.2"),
    Pings("nodes-large", "1472 bytes of data pass from node1 to node2.", "node1", "192.0.2.2", size=1472, df=True),
    Closed("unpublished", "Without a service nobody answers on node2's port 8080.", "client", "192.0.2.2", 8080),
    Prints(
        "nodes",
        "The manager sees both nodes ready.",
        "node1",
        "echo $(docker node ls --format '{{.Hostname}} {{.Status}}' | sort)",
        "node1 Ready node2 Ready",
    ),
    Prints(
        "way-out",
        "node2's ingress is joined to docker_gwbridge, by which published ports come in.",
        "node2",
        f"{_BOX} ping -n -c 1 -W 3 172.18.0.1 | grep -c ' ttl='",
        "1",
    ),
)
