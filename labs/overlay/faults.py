"""What can be broken in overlay."""

from netproof.labs.overlay.checks import HIDDEN
from netproof.model import (
    Change,
    Decoy,
    Fault,
    Step,
    changed,
    frozen,
    hosts_line_added,
    mtu_set,
    neighbour_pinned,
    route_deleted,
    rule_added,
)

_OTHER = {"node1": "node2", "node2": "node1"}
_ADDRESS = {"node1": "192.0.2.1", "node2": "192.0.2.2", "left": "10.1.0.10", "right": "10.1.0.20"}
_NODE = {"left": "node1", "right": "node2"}
_LIVES = {node: container for container, node in _NODE.items()}
_APART = "Since the maintenance window the applications left and right do not hear from each other any more."
_KEEP = "/run/vxlan0"
_SERVER = "$(ss -Hlntp sport = :80 | sed 's/.*pid=\\([0-9]*\\).*/\\1/')"

_WAY = {"back": "timeout", "datagram": "timeout", "large": "no reply", "large-back": "no reply", "ping": "no reply"}
_CUT = {**_WAY, "web": "timeout"}
_BALANCERS = {"balancer-left": "otherwise", "balancer-right": "otherwise"}
_MEETING = dict.fromkeys(("q6.2", "q6.3", "q6.4", "q6.5", "q6.6", "q6.9", "q6.10", "q6.11", "q6.12", "f6"), "differs")


def _made_anew(options: str) -> str:
    """A node's vxlan0 made again with these options, and with the entries of the one before."""
    return f"""set -e
inside() {{ {HIDDEN} "$@"; }}
inside bridge fdb show dev vxlan0 | grep ' dst .* permanent' >{_KEEP}.fdb
inside ip neigh show dev vxlan0 nud permanent >{_KEEP}.neigh
mac=$(inside ip -o link show vxlan0 | sed 's,.*link/ether \\([^ ]*\\).*,\\1,')
inside ip link del vxlan0
inside ip link add vxlan0 link-netnsid 0 address $mac mtu 1450 type vxlan {options} proxy l2miss l3miss
inside sysctl -qw net.ipv6.conf.vxlan0.disable_ipv6=1
inside ip link set vxlan0 txqueuelen 0 master br0 up
while read -r mac _ dst _; do inside bridge fdb add $mac dev vxlan0 dst $dst self permanent; done <{_KEEP}.fdb
while read -r address _ mac _; do inside ip neigh add $address lladdr $mac dev vxlan0 nud permanent; done <{_KEEP}.neigh
rm {_KEEP}.fdb {_KEEP}.neigh"""


def _tunnel(node: str, options: str, shown: str) -> Change:
    """A tunnel that somebody made by hand; `ip -d link` shows this of it."""
    own = "id 4097 dstport 4789"
    says = "make vxlan0 anew, with its own forwarding and neighbour entries, and with"
    return Change(
        Step(node, _made_anew(options), says=f"{says} {options}"),
        Step(node, f"{HIDDEN} ip -d link show vxlan0 | grep -q ' {shown} '"),
        Step(node, _made_anew(own), says=f"{says} {own}"),
    )


def _forgotten(name: str) -> Step:
    """What a container learned of a path's MTU lasts ten minutes, or as long as the route that it was learned for."""
    route = "10.1.0.0/24 dev eth0"
    again = f"ip route add {route} proto kernel scope link src {_ADDRESS[name]}"
    return Step(name, f"ip route del {route} && {again}")


def _misled(node: str) -> Fault:
    other = _OTHER[node]
    name = _LIVES[other]
    address = _ADDRESS[name]
    mac = f"$({HIDDEN} ip neigh show {address} | sed 's/.*lladdr \\([^ ]*\\).*/\\1/')"
    write = f"{HIDDEN} bridge fdb replace {mac} dev vxlan0 self permanent dst"
    return Fault(
        id="mapping-wrong",
        variant=node,
        layer="overlay",
        level=3,
        ticket=f"Nobody on {node} reaches {name} any more; other addresses behind {other} answer.",
        what=f"{node}'s tunnel has another node for the MAC address of {name}, one that does not exist.",
        at=node,
        look=f"{node}: nsenter --net=/run/docker/netns/1-…, bridge fdb show dev vxlan0",
        tells={
            "vxlan-dropped": "there the load balancers do not answer, either",
            "neighbour-wrong": "there the wrong entry is in the container: ip neigh",
        },
        reddens=_MEETING,
        shows={**_CUT, f"mapped-{node}": "otherwise", f"balancer-{name}": "otherwise"},
        change=changed(
            node,
            f"{write} 192.0.2.77",
            f"{HIDDEN} bridge fdb show dev vxlan0 | grep -q 'dst 192.0.2.77 .*permanent'",
            f"{write} {_ADDRESS[other]}",
        ),
    )


def _small(name: str) -> Fault:
    return Fault(
        id="mtu-small",
        variant=name,
        layer="mtu",
        level=2,
        ticket="Short messages between left and right pass; a message of 1400 bytes in one packet does not.",
        what=f"The MTU of eth0 in {name} is 1400 instead of 1450.",
        at=name,
        look=f"{name}: ip link show eth0",
        tells={"wire-mtu-small": "there the nodes have the trouble as well"},
        reddens={"q6.8": "differs", "f6": "no reply"} if name == "left" else {"f6": "no reply"},
        shows={"large": "too big", "large-back": "no reply"}
        if name == "left"
        else {"large": "no reply", "large-back": "too big"},
        change=mtu_set(name, 1400, was=1450),
    )


def _unplugged(name: str) -> Fault:
    node = _NODE[name]
    port = (
        f'$({HIDDEN} ip -o link | sed -n "s/^$(docker exec {name} cat /sys/class/net/eth0/iflink): '
        '\\([^@:]*\\).*/\\1/p")'
    )
    return Fault(
        id="port-off-bridge",
        variant=name,
        layer="link",
        level=2,
        ticket=f"The application {name} is cut off: on the network `across` it reaches nobody and nobody reaches it.",
        what=f"The other end of eth0 of {name} is not in br0 any more.",
        at=node,
        look=f"{node}: nsenter --net=/run/docker/netns/1-…, bridge link",
        tells={"vxlan-dropped": "there br0 has all its ports"},
        reddens={**_MEETING, "q6.1": "differs"} if name == "left" else _MEETING,
        shows={**_CUT, f"balancer-{name}": "otherwise"},
        change=changed(
            node,
            f"{HIDDEN} ip link set {port} nomaster",
            f"! {HIDDEN} ip -o link show {port} | grep -q ' master br0 '",
            f"{HIDDEN} ip link set {port} master br0",
        ),
    )


FAULTS = (
    Fault(
        id="vxlan-dropped",
        layer="filter",
        level=1,
        ticket=_APART,
        what="node2 drops UDP port 4789: nothing of the overlay arrives there.",
        at="node2",
        look="node2: iptables -nvL INPUT; tcpdump -ni eth0 udp port 4789 sees requests come and no answer",
        tells={
            "number-differs": "there tcpdump shows another number from one node than from the other",
            "port-differs": "there tcpdump shows another port from one node than from the other",
        },
        reddens=_MEETING,
        shows={**_CUT, **_BALANCERS},
        change=rule_added("node2", "INPUT -p udp --dport 4789 -j DROP"),
    ),
    _misled("node1"),
    _misled("node2"),
    Fault(
        id="number-differs",
        layer="overlay",
        level=3,
        ticket=_APART,
        what="node2's tunnel was made anew with the number 4098; the network's is 4097.",
        at="node2",
        look="node1, node2: nsenter --net=/run/docker/netns/1-…, ip -d link show vxlan0; tcpdump -ni eth0 port 4789",
        tells={"port-differs": "there the numbers agree and the ports do not"},
        reddens=_MEETING,
        shows={**_CUT, **_BALANCERS, "tunnel-node2": "otherwise"},
        change=_tunnel("node2", "id 4098 dstport 4789", "id 4098"),
    ),
    Fault(
        id="port-differs",
        layer="overlay",
        level=3,
        ticket=_APART,
        what="node1's tunnel was made anew with the port 4790, at which nobody listens.",
        at="node1",
        look="node1, node2: nsenter --net=/run/docker/netns/1-…, ip -d link show vxlan0; tcpdump -ni eth0 port 4790",
        tells={"number-differs": "there the ports agree and the numbers do not"},
        reddens=_MEETING,
        shows={**_CUT, **_BALANCERS, "tunnel-node1": "otherwise"},
        change=_tunnel("node1", "id 4097 dstport 4790", "dstport 4790"),
    ),
    Fault(
        id="one-source-port",
        layer="overlay",
        level=3,
        ticket="The network team says that all traffic between our nodes takes one of its four links.",
        what="node1's tunnel was made anew with one source port for all flows, which no switch can tell apart.",
        at="node1",
        look="node1: nsenter --net=/run/docker/netns/1-…, ip -d link show vxlan0; tcpdump -ni eth0 port 4789",
        reddens={"q6.4": "differs"},
        shows={"tunnel-node1": "otherwise"},
        change=_tunnel("node1", "id 4097 srcport 5000 5001 dstport 4789", "srcport 5000 5001"),
    ),
    Fault(
        id="learning-off",
        layer="overlay",
        level=3,
        ticket="A container on node2 whose MAC address was changed by hand is unreachable from node1; it used to work.",
        what="node1's tunnel does not learn: it knows the MAC addresses that the engine tells it, and no other.",
        at="node1",
        look="node1: nsenter --net=/run/docker/netns/1-…, ip -d link show vxlan0 says nolearning",
        tells={"one-source-port": "there srcport is not 0 0"},
        reddens={"q6.10": "differs"},
        shows={"tunnel-node1": "otherwise"},
        change=changed(
            "node1",
            f"{HIDDEN} ip link set vxlan0 type vxlan nolearning",
            f"{HIDDEN} ip -d link show vxlan0 | grep -q nolearning",
            f"{HIDDEN} ip link set vxlan0 type vxlan learning",
        ),
    ),
    Fault(
        id="unknown-flooded",
        layer="overlay",
        level=2,
        ticket="Broadcasts of containers on node1 show up on the wire between the nodes; they should not.",
        what="node1's tunnel has an entry for every unknown MAC address, which sends it all to node2.",
        at="node1",
        look="node1: nsenter --net=/run/docker/netns/1-…, bridge fdb show dev vxlan0 has 00:00:00:00:00:00",
        reddens={"q6.12": "differs"},
        shows={"mapped-node1": "otherwise"},
        change=changed(
            "node1",
            f"{HIDDEN} bridge fdb append 00:00:00:00:00:00 dev vxlan0 dst 192.0.2.2 self permanent",
            f"{HIDDEN} bridge fdb show dev vxlan0 | grep -q ^00:00:00:00:00:00",
            f"{HIDDEN} bridge fdb del 00:00:00:00:00:00 dev vxlan0 dst 192.0.2.2 self",
        ),
    ),
    _small("left"),
    _small("right"),
    Fault(
        id="mtu-large",
        layer="mtu",
        level=3,
        ticket="left sends datagrams of 1440 bytes to right. Nothing reports an error, and none of them arrives.",
        what="The MTU of left's eth0 is 1500: it sends packets that its network cannot carry.",
        at="left",
        look="left: ip link show eth0; ping -M do -s 1440 10.1.0.20 is silent where it should be refused",
        reddens={"q6.8": "differs", "f6": "differs"},
        shows={"limit": "otherwise"},
        change=mtu_set("left", 1500, was=1450),
    ),
    Fault(
        id="wire-mtu-small",
        layer="mtu",
        level=2,
        ticket="Large packets between the two machines are lost, with containers and without; small ones pass.",
        what="The MTU of eth0 on node1 is 1400 instead of 1500.",
        at="node1",
        look="node1: ip link show eth0; ping -M do -s 1472 to the other node",
        tells={"mtu-small": "there the nodes reach each other with full packets"},
        reddens={"f6": "no reply"},
        shows={"large": "too big", "large-back": "no reply", "underlay": "too big"},
        change=mtu_set("node1", 1400, was=1500, then=[_forgotten("left"), _forgotten("right")]),
    ),
    _unplugged("left"),
    _unplugged("right"),
    Fault(
        id="neighbour-wrong",
        layer="neighbour",
        level=2,
        ticket="left does not reach right. Other addresses of the network answer left as before.",
        what="left has a permanent neighbour entry for right with a MAC address that nobody has.",
        at="left",
        look="left: ip neigh",
        tells={"mapping-wrong": "there the container's neighbour entry is right, and the tunnel's mapping is not"},
        reddens=_MEETING,
        shows=_CUT,
        change=neighbour_pinned("left", "10.1.0.20", "02:00:5e:00:53:20"),
    ),
    Fault(
        id="route-unreachable",
        layer="route",
        level=2,
        ticket="left gets an error at once when it calls right; it reaches everything else.",
        what="left has a route that calls right's address unreachable, so that nothing is sent.",
        at="left",
        look="left: ip route get 10.1.0.20",
        reddens={**_MEETING, "q6.1": "differs"},
        shows={**_CUT, "datagram": "unreachable", "limit": "otherwise", "web": "unreachable"},
        change=changed(
            "left",
            "ip route add unreachable 10.1.0.20/32",
            "ip route | grep -q '^unreachable 10.1.0.20'",
            "ip route del unreachable 10.1.0.20/32",
        ),
    ),
    Fault(
        id="default-route-lost",
        layer="route",
        level=1,
        ticket="left reaches right, and nothing outside the network `across`.",
        what="left has no default route any more.",
        at="left",
        look="left: ip route",
        tells={"not-masqueraded": "there the default route is there"},
        reddens={"q6.8": "differs"},
        shows={"outward": "unreachable"},
        change=route_deleted("left", "default", was="via 172.18.0.1 dev eth1"),
    ),
    Fault(
        id="not-masqueraded",
        layer="nat",
        level=2,
        ticket="left reaches right, and nothing outside the network `across`.",
        what="A rule for the network of the nodes stands before MASQUERADE: left's packets keep a source nobody knows.",
        at="node1",
        look="node1: iptables -t nat -nvL POSTROUTING; tcpdump -ni eth0 shows 172.18.0.0/16 as the source",
        tells={"default-route-lost": "there nothing of left arrives on docker_gwbridge"},
        shows={"outward": "no reply"},
        change=rule_added("node1", "POSTROUTING -s 172.18.0.0/16 -d 192.0.2.0/24 -j ACCEPT", "nat"),
    ),
    Fault(
        id="gwbridge-open",
        layer="filter",
        level=2,
        ticket="An audit found that left reaches another tenant's address 172.18.0.2 on its node. It must not.",
        what="A rule accepts what docker_gwbridge sends back to itself, before the engine's rule that drops it.",
        at="node1",
        look="node1: iptables -nvL FORWARD",
        shows={"gwbridge": "open"},
        change=rule_added("node1", "FORWARD -i docker_gwbridge -o docker_gwbridge -j ACCEPT"),
    ),
    Fault(
        id="server-frozen",
        layer="process",
        level=1,
        ticket="right answers pings and datagrams, but its web page never loads.",
        what="The web server in right is stopped by a signal: connections are made, and nobody serves them.",
        at="right",
        look="right: ss -lnt shows connections waiting; ps shows the server in state T",
        reddens={"q6.5": "differs"},
        shows={"web": "timeout"},
        change=frozen("right", _SERVER),
    ),
    Fault(
        id="name-stale",
        layer="dns",
        level=1,
        ticket="left calls `right` and gets nobody; called by its address, right answers.",
        what="left's /etc/hosts has an address for right that is nobody's.",
        at="left",
        look="left: getent hosts right; cat /etc/hosts",
        reddens={"q6.12": "differs"},
        shows={"name": "wrong address"},
        change=hosts_line_added("left", "10.1.0.99 right"),
    ),
    Fault(
        id="bridge-on-host",
        layer="link",
        level=1,
        ticket="A script that looks for the overlay's bridge found a br0 on node1 and listens there. It hears nothing.",
        what="Somebody made a bridge br0 on node1 itself; the overlay's is in a namespace of its own.",
        at="node1",
        look="node1: ip -d link show br0; bridge link",
        tells={"tunnel-on-host": "there it is a vxlan0"},
        reddens={"q6.2": "differs"},
        shows={"host-devices": "otherwise"},
        change=changed(
            "node1",
            "ip link add br0 type bridge",
            "ip link show br0",
            "ip link del br0",
        ),
    ),
    Fault(
        id="tunnel-on-host",
        layer="overlay",
        level=1,
        ticket="A script that looks for the overlay's vxlan0 found one on node1. It has no mappings.",
        what="Somebody made a vxlan0 of another number on node1 itself; the overlay's is in a namespace of its own.",
        at="node1",
        look="node1: ip -d link show vxlan0",
        tells={"bridge-on-host": "there it is a br0"},
        reddens={"q6.9": "differs"},
        shows={"host-devices": "otherwise"},
        change=changed(
            "node1",
            "ip link add vxlan0 type vxlan id 42 dstport 4789 dev eth0",
            "ip link show vxlan0",
            "ip link del vxlan0",
        ),
    ),
    Fault(
        id="manager-unreachable",
        layer="engine",
        level=2,
        ticket="New containers on node2 cannot join `across`; those that are there work as before.",
        what="node1 rejects TCP port 2377: node2 does not reach the manager, which takes it for lost.",
        at="node1",
        look="node1: docker node ls says Down; iptables -nvL INPUT",
        reddens={"q6.7": "differs", "q6.10": "differs"},
        shows={"nodes": "otherwise"},
        change=Change(
            Step(
                "node1",
                "iptables -w -I INPUT -p tcp --dport 2377 -j REJECT --reject-with tcp-reset"
                " && timeout 60 sh -c 'until docker node ls | grep -q Down; do sleep 0.2; done'",
                says="iptables -w -I INPUT -p tcp --dport 2377 -j REJECT --reject-with tcp-reset",
            ),
            Step("node1", "iptables -w -C INPUT -p tcp --dport 2377 -j REJECT --reject-with tcp-reset"),
            Step(
                "node1",
                "iptables -w -D INPUT -p tcp --dport 2377 -j REJECT --reject-with tcp-reset"
                " && timeout 80 sh -c 'while docker node ls | grep -q Down; do sleep 0.2; done'",
                says="iptables -w -D INPUT -p tcp --dport 2377 -j REJECT --reject-with tcp-reset",
            ),
        ),
    ),
)
DECOYS = (
    Decoy(
        id="tunnel-not-on-host",
        layer="overlay",
        level=2,
        ticket="`ip link show` on node1 lists no vxlan0, and no bridge of `across`. Please restore them.",
        why="They are in a network namespace of the engine's own, under /run/docker/netns; the host never shows them.",
        at="node1",
        look="node1: nsenter --net=/run/docker/netns/1-…, ip link",
        proof="q6.9",
    ),
)
TOGETHER = (("mtu-small[left]", "name-stale"), ("default-route-lost", "server-frozen"))
