"""What can be broken in none."""

from netproof.model import (
    Change,
    Decoy,
    Fault,
    Signature,
    Step,
    both,
    bridge_of,
    frozen,
    hosts_line_added,
    link_down,
    mtu_set,
    neighbour_pinned,
    route_deleted,
    rule_added,
    wrapped,
)

_REFUSE = 'case "$1 $2" in "network connect") echo "networks are changed by the platform team" >&2; exit 1;; esac'
_NOBODY = "02:42:0a:04:00:63"
_SERVER = "$(pgrep -f '[T]CP4-LISTEN:80,.* http green-peer$')"
_BRIDGE = bridge_of("green")
_OUTSIDE = "$(docker inspect -f '{{.State.Pid}}' alone)"


def _interface(address: str) -> str:
    """Shell words for the interface that has an address; which it is depends on the engine."""
    return f"$(ip -o -4 address show to {address} | cut -d' ' -f2)"


def _route_gone(network: str, number: int, reddens: Signature, shows: Signature) -> Fault:
    subnet, own = f"10.4.{number}.0/24", f"10.4.{number}.2"
    return Fault(
        id="route-gone",
        variant=network,
        layer="route",
        level=1,
        ticket=f"The hub gets no answer from {network}-peer any more; its other networks are fine.",
        what=f"The hub's connected route to {network} is gone: what is for it takes the default route, and is lost.",
        at="hub",
        look=f"hub: ip route shows no line for {subnet}; ip route get 10.4.{number}.10 names the default gateway",
        tells={
            "neighbour-wrong": "there the route is present, and ip neigh shows a PERMANENT entry",
            "server-frozen": "there a ping is answered",
        },
        change=route_deleted("hub", subnet, was=f"dev {_interface(own)} proto kernel scope link src {own}"),
        reddens=reddens,
        shows=shows,
    )


FAULTS = (
    _route_gone("red", 1, {"f4": "differs"}, {"red": "timeout"}),
    _route_gone("green", 2, {"f4": "differs", "q4.2": "timeout"}, {"green": "timeout", "large": "no reply"}),
    Fault(
        id="neighbour-wrong",
        layer="neighbour",
        level=2,
        ticket="blue-peer does not answer the hub. Others reach it at once.",
        what="The hub has a permanent neighbour entry for blue-peer with a MAC address that nobody has.",
        at="hub",
        look="hub: ip neigh show 10.4.3.10 is PERMANENT; blue-peer: ip link has another MAC address",
        tells={
            "route-gone": "there ip route get names the default gateway",
            "server-frozen": "there a ping is answered",
        },
        change=neighbour_pinned("hub", "10.4.3.10", _NOBODY, _interface("10.4.3.2")),
        reddens={"f4": "differs"},
        shows={"blue": "timeout"},
    ),
    Fault(
        id="server-frozen",
        layer="process",
        level=2,
        ticket="Connections to green-peer are made, but no page ever comes. It has been so for everybody since noon.",
        what="green-peer's server process is stopped: the kernel accepts connections, nobody serves them.",
        at="green-peer",
        look="green-peer: ps -o stat,args shows the server in state T; ss -ltn shows connections waiting in Recv-Q",
        tells={"neighbour-wrong": "there not even a ping is answered", "route-gone": "there no ping is answered"},
        change=frozen("host", _SERVER),
        reddens={"f4": "differs", "q4.1": "differs", "q4.2": "timeout"},
        shows={"green": "timeout"},
    ),
    Fault(
        id="default-gone",
        layer="route",
        level=1,
        ticket="The hub cannot reach anything but its own three networks; `network is unreachable`, it says at once.",
        what="The hub has no default route.",
        at="hub",
        look="hub: ip route",
        change=route_deleted("hub", "default", was=f"via 10.4.3.1 dev {_interface('10.4.3.2')}"),
        reddens={"f4": "differs"},
        shows={"way-out": "otherwise"},
    ),
    Fault(
        id="patched-in",
        layer="link",
        level=2,
        ticket="An audit found that the container alone, which must have no network, opens connections to green-peer.",
        what="A veth pair made by hand joins the container alone to the bridge of green.",
        at="alone",
        look="alone: ip -br address; host: ip link show master br-…; docker inspect alone knows of no such interface",
        change=Change(
            [
                Step(
                    "host",
                    "ip link add patch0 type veth peer name patch1"
                    f" && ip link set patch0 master {_BRIDGE} && ip link set patch0 up"
                    f" && ip link set patch1 netns {_OUTSIDE}",
                ),
                Step("alone", "ip address add 10.4.2.77/24 dev patch1 && ip link set patch1 up"),
            ],
            [
                Step("host", "ip -o link show patch0 | grep '[<,]UP[,>]' | grep -q ' master '"),
                Step("alone", "ip -br address show patch1 up | grep -q ' 10.4.2.77/24'"),
            ],
            Step("host", "ip link del patch0"),
        ),
        reddens={"q4.2": "differs"},
        shows={"alone": "open"},
    ),
    Fault(
        id="loopback-down",
        layer="namespace",
        level=1,
        ticket="The job in the container alone fails to reach its own helper on 127.0.0.1.",
        what="The loopback interface of the container alone is down.",
        at="alone",
        look="alone: ip -br link show lo",
        change=link_down("alone", "lo"),
        reddens={"q4.2": "no reply"},
        shows={"loopback": "no reply"},
    ),
    Fault(
        id="everything-accepted",
        layer="filter",
        level=2,
        ticket="A scan from the hub found the server of beyond, which is on a network the hub is not connected to.",
        what="A rule of one's own in DOCKER-USER accepts everything before the engine's isolation rules are asked.",
        at="host",
        look="host: iptables -S DOCKER-USER; iptables -t raw -S PREROUTING",
        change=both(
            rule_added("host", "DOCKER-USER -s 10.4.0.0/16 -j ACCEPT"),
            rule_added("host", "PREROUTING -s 10.4.0.0/16 -j ACCEPT", "raw"),  # 28.5 drops strangers there
        ),
        reddens={"f4": "answered"},
        shows={"behind": "open"},
    ),
    Fault(
        id="name-overridden",
        layer="dns",
        level=1,
        ticket="The hub calls green-peer by its name and gets no answer; by its address it works.",
        what="A line in the hub's /etc/hosts gives green-peer an address that nobody has.",
        at="hub",
        look="hub: getent hosts green-peer; cat /etc/hosts",
        change=hosts_line_added("hub", "10.4.2.99 green-peer"),
        shows={"name": "wrong address"},
    ),
    Fault(
        id="mtu-short",
        layer="mtu",
        level=2,
        ticket="Small requests from the hub to green-peer work; our test with packets of full size fails.",
        what="The hub's interface on green has an MTU of 1400 instead of 1500.",
        at="hub",
        look="hub: ip link; ping -M do -s 1472 10.4.2.10 says which MTU is in the way",
        change=mtu_set("hub", 1400, was=1500, interface=_interface("10.4.2.2")),
        shows={"large": "too big"},
    ),
    Fault(
        id="connect-forbidden",
        layer="engine",
        level=2,
        ticket="`docker network connect` ends with an error for whatever network and container it is given.",
        what="A wrapper in front of docker refuses `network connect`; the engine is never asked.",
        at="host",
        look="host: type docker; cat /usr/local/sbin/docker",
        change=wrapped("docker", f'{_REFUSE}\nexec /usr/bin/docker "$@"'),
        reddens={"q4.1": "differs", "q4.3": "differs"},
        shows={"connecting": "otherwise"},
    ),
)
DECOYS = (
    Decoy(
        id="beyond-unreachable",
        layer="route",
        level=2,
        ticket="The hub reaches blue-peer, and blue-peer reaches beyond, yet the hub cannot reach beyond.",
        why="No route leads from the hub through a peer: a container is no router for others unless both ends say so.",
        at="hub",
        look="hub: ip route get 10.4.4.20; beyond: ip route",
        proof="f4",
    ),
)
TOGETHER = (("route-gone[red]", "neighbour-wrong"),)
