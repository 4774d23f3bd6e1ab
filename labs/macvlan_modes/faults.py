"""What can be broken in macvlan-modes."""

from netproof.model import Change, Decoy, Fault, both, changed, link_down, mtu_set, neighbour_pinned

_SILENT = "no reply or unreachable"  # by whether ARP has given up already
_NOBODY = "02:00:5e:00:53:63"
_NET = {"eth1": "private", "eth2": "vepa"}


def _mode(name: str, now: str, was: str) -> Change:
    """The interface of a container in another mode than its network's."""
    return changed(
        name,
        f"ip link set eth0 type macvlan mode {now}",
        f"ip -d link show eth0 | grep -q 'macvlan mode {now} '",
        f"ip link set eth0 type macvlan mode {was}",
    )


def _reflecting(switch: str, port: str, now: str, was: str) -> Change:
    """A switch's port that sends frames back where they came from, or does not."""
    set_ = f"bridge link set dev {port} hairpin"
    return changed(
        switch, f"{set_} {now}", f"bridge -d link show dev {port} | grep -q 'hairpin {now}'", f"{set_} {was}"
    )


def _parent_down(parent: str) -> Fault:
    mode = _NET[parent]
    return Fault(
        id="parent-down",
        variant=parent,
        layer="link",
        level=1,
        ticket=f"{mode}-a and {mode}-b reach nobody; the other containers of the host do.",
        what=f"The host's {parent}, their parent, is down.",
        at="host",
        look=f"host: ip -br link show {parent}",
        tells={"neighbour-unplugged": "there the parents are up, and four networks fail"},
        reddens={"b31": "differs"},
        shows={f"{mode}-out": _SILENT},
        change=link_down("host", parent),
    )


FAULTS = (
    Fault(
        id="mirror-plain",
        layer="link",
        level=2,
        ticket="Since the switch mirror was replaced, mirror-a and mirror-b reach the neighbour, but not each other.",
        what="mirror's port to the host does not send frames back where they came from, which vepa depends on.",
        at="mirror",
        look="mirror: bridge -d link show dev host-eth4 says hairpin off",
        tells={"bridge-split": "there it is the containers of bridge-net, and their mode"},
        reddens={"b31": "differs"},
        shows={"mirror-joins": _SILENT},
        change=_reflecting("mirror", "host-eth4", "off", "on"),
    ),
    Fault(
        id="lan-reflects",
        layer="link",
        level=3,
        ticket="An audit found that vepa-a and vepa-b reach each other. Their switch should keep them apart.",
        what="lan's port to the host's eth2 sends frames back where they came from.",
        at="lan",
        look="lan: bridge -d link show dev host-eth2 says hairpin on",
        tells={"private-opened": "there it is the containers of private-net, and their mode"},
        reddens={"b31": "differs"},
        shows={"vepa-apart": "open"},
        change=_reflecting("lan", "host-eth2", "on", "off"),
    ),
    Fault(
        id="private-opened",
        layer="macvlan",
        level=2,
        ticket="An audit found that private-a and private-b reach each other. They must not.",
        what="The interfaces of private-a and private-b are in mode bridge; their network says private.",
        at="private-a",
        look="private-a, private-b: ip -d link show eth0; host: docker network inspect private-net",
        reddens={"b31": "differs"},
        shows={"private-apart": "open"},
        change=both(_mode("private-a", "bridge", "private"), _mode("private-b", "bridge", "private")),
    ),
    Fault(
        id="bridge-split",
        layer="macvlan",
        level=2,
        ticket="bridge-a and bridge-b do not reach each other any more; the neighbour reaches both.",
        what="The interface of bridge-a is in mode vepa; its network says bridge.",
        at="bridge-a",
        look="bridge-a: ip -d link show eth0; host: docker network inspect bridge-net",
        tells={"mirror-plain": "there it is the containers of mirror-net, and their switch"},
        reddens={"b31": "differs"},
        shows={"bridge-joins": _SILENT},
        change=_mode("bridge-a", "vepa", "bridge"),
    ),
    _parent_down("eth1"),
    _parent_down("eth2"),
    Fault(
        id="neighbour-unplugged",
        layer="link",
        level=1,
        ticket="Nobody on lan reaches the neighbour; mirror-a does, on another switch.",
        what="lan's port to the neighbour is down.",
        at="lan",
        look="lan: bridge link",
        tells={"parent-down": "there one network fails, and its parent is down"},
        reddens={"b31": "differs"},
        shows=dict.fromkeys(("bridge-out", "private-out", "vepa-out", "passthru-out"), _SILENT),
        change=link_down("lan", "neighbour-eth0"),
    ),
    Fault(
        id="port-mtu-small",
        layer="mtu",
        level=3,
        ticket="bridge-a gets no answer to large packets; small ones are answered.",
        what="The MTU of lan's port to the host's eth0 is 1400, and a switch sends no errors.",
        at="lan",
        look="lan: ip link show host-eth0",
        shows={"bridge-out": "no reply"},
        change=mtu_set("lan", 1400, was=1500, interface="host-eth0"),
    ),
    Fault(
        id="line-pinned",
        layer="neighbour",
        level=2,
        ticket="The host gets no answer from the neighbour at 203.0.113.1. What the host's containers ask is answered.",
        what="The neighbour has a permanent entry for the host's 203.0.113.2 with a MAC address that nobody has.",
        at="neighbour",
        look="neighbour: ip neigh show nud permanent; host: cat /sys/class/net/eth5/address",
        reddens={"b32": "differs"},
        shows={"line": "no reply"},
        change=neighbour_pinned("neighbour", "203.0.113.2", _NOBODY, "eth2"),
    ),
)
DECOYS = (
    Decoy(
        id="private-apart",
        layer="macvlan",
        level=1,
        ticket="private-a cannot ping private-b, though both reach the neighbour. Please connect them.",
        why="Their network is in mode private, which keeps its containers apart whatever the switch does.",
        at="private-a",
        look="private-a: ip -d link show eth0; host: docker network inspect private-net",
        proof="b31",
    ),
)
TOGETHER = (("mirror-plain", "lan-reflects"), ("private-opened", "bridge-split"))
