"""What can be broken in macvlan."""

from orchestrator.model import Change, Decoy, Fault, Step, changed, link_down, rule_added

_ADDRESS = {"first": "192.168.1.100", "second": "192.168.1.101"}
_SERVER = "$(ss -Hlntp sport = :80 | sed 's/.*pid=\\([0-9]*\\).*/\\1/')"
_MAC = "$(docker exec first cat /sys/class/net/eth0/address)"
_HOSTS = "/etc/hosts"
_OPEN = "An audit found that the host reaches the application on first. The design says that it cannot."
_CUT_OFF = "Nobody on the lan reaches the containers, and they reach nobody there."

_TCP = "timeout or unreachable"  # by whether ARP has given up already
_PING = "no reply or unreachable"  # as above
_NO_GATEWAY = {
    "beyond-first": _PING,
    "beyond-second": _PING,
    "gateway-first": _TCP,
    "gateway-second": _TCP,
    "host-gateway": _TCP,
    "inward-first": _TCP,
    "inward-second": _TCP,
    "large-in": _PING,
    "large-out": _PING,
}


def _differ(*claims: str) -> dict[str, str]:
    return dict.fromkeys(claims, "differs")


def _renumbered(old: str, new: str) -> str:
    return (
        f"ip addr del {old}/24 dev eth0 && ip addr add {new}/24 dev eth0"
        " && ip route replace default via 192.168.1.1 dev eth0"
    )


def _routeless(name: str) -> Fault:
    return Fault(
        id="default-route-lost",
        variant=name,
        layer="route",
        level=1,
        ticket=f"{name} reaches its own network, and nothing beyond the gateway.",
        what=f"{name} has no default route any more.",
        at=name,
        look=f"{name}: ip route",
        shows={f"beyond-{name}": "unreachable"},
        change=changed(
            name,
            "ip route del default",
            "! ip route | grep -q ^default",
            "ip route add default via 192.168.1.1 dev eth0",
        ),
    )


def _frozen(name: str) -> Fault:
    return Fault(
        id="server-frozen",
        variant=name,
        layer="process",
        level=1,
        ticket=f"{name} answers pings, but its web page never loads.",
        what=f"The web server in {name} is stopped by a signal: connections are made, and nobody serves them.",
        at=name,
        look=f"{name}: ss -lnt shows connections waiting; the server's state in /proc is T",
        tells={"port-filtered": "there no connection is made: tcpdump shows an RST for each SYN"},
        reddens=_differ("q7.6") if name == "first" else {},
        shows={f"inward-{name}": "timeout", **({"peers": "timeout"} if name == "second" else {})},
        change=changed(
            name,
            f"kill -STOP {_SERVER}",
            f"grep -q '^State:.T' /proc/{_SERVER}/status",
            f"kill -CONT {_SERVER}",
        ),
    )


FAULTS = (
    Fault(
        id="promiscuous",
        layer="macvlan",
        level=1,
        ticket="Security reports that the host's eth0 listens to other machines' traffic. Nobody needs that.",
        what="Somebody set eth0 to promiscuous mode, which macvlan does not need.",
        at="host",
        look="host: ip link show eth0 says PROMISC",
        reddens=_differ("q7.3", "q7.10"),
        shows={"not-promiscuous": "otherwise"},
        change=changed(
            "host",
            "ip link set eth0 promisc on",
            "ip link show eth0 | grep -q PROMISC",
            "ip link set eth0 promisc off",
        ),
    ),
    Fault(
        id="off-the-list",
        layer="macvlan",
        level=3,
        ticket="On a machine whose network card filters, first hears nothing; its set-up is a copy of this one.",
        what="The MAC address of first is not on the list of what eth0 receives.",
        at="host",
        look="host: bridge fdb show dev eth0",
        reddens=_differ("q7.3"),
        shows={"on-the-list": "otherwise"},
        change=changed(
            "host",
            f"bridge fdb del {_MAC} dev eth0 self",
            f"! bridge fdb show dev eth0 | grep -q ^{_MAC}",
            f"bridge fdb add {_MAC} dev eth0 self permanent",
        ),
    ),
    Fault(
        id="shim-left-behind",
        layer="macvlan",
        level=2,
        ticket=_OPEN,
        what="The host has a macvlan interface of its own beside the container's, and a route through it.",
        at="host",
        look="host: ip route get 192.168.1.100; ip -d link show type macvlan",
        tells={"switch-reflects": "there the host's route leads through eth0"},
        reddens=_differ("q7.4", "q7.5", "q7.6", "q7.7", "q7.11"),
        shows={"first-to-host": "open", "host-to-first": "open", "on-the-list": "otherwise"},
        change=changed(
            "host",
            "ip link add beside link eth0 type macvlan mode bridge && ip link set beside up"
            " && ip route add 192.168.1.100/32 dev beside src 192.168.1.50",
            "ip route get 192.168.1.100 | grep -q ' dev beside '",
            "ip link del beside",
        ),
    ),
    Fault(
        id="switch-reflects",
        layer="link",
        level=3,
        ticket=_OPEN,
        what="The switch's port to the host sends frames back to where they came from (hairpin).",
        at="lan",
        look="lan: bridge -d link show dev host-eth0",
        tells={"shim-left-behind": "there the host has another macvlan interface"},
        reddens=_differ("q7.4", "q7.5", "q7.6", "q7.7", "q7.11"),
        shows={"first-to-host": "open", "host-to-first": "open"},
        change=changed(
            "lan",
            "bridge link set dev host-eth0 hairpin on",
            "bridge -d link show dev host-eth0 | grep -q 'hairpin on'",
            "bridge link set dev host-eth0 hairpin off",
        ),
    ),
    Fault(
        id="lan2-reflects",
        layer="link",
        level=3,
        ticket="Containers on eth1 that vepa mode should keep apart reach each other.",
        what="lan2's port to the host's eth1 sends frames back to where they came from (hairpin).",
        at="lan2",
        look="lan2: bridge -d link show dev host-eth1",
        reddens=_differ("q7.7", "q7.11"),
        shows={"no-reflection": "otherwise"},
        change=changed(
            "lan2",
            "bridge link set dev host-eth1 hairpin on",
            "bridge -d link show dev host-eth1 | grep -q 'hairpin on'",
            "bridge link set dev host-eth1 hairpin off",
        ),
    ),
    Fault(
        id="lan2-does-not-flood",
        layer="link",
        level=3,
        ticket="A monitor in passthru mode on eth1 no longer sees frames for machines that the switch does not know.",
        what="lan2's port to the host's eth1 does not get frames for unknown MAC addresses.",
        at="lan2",
        look="lan2: bridge -d link show dev host-eth1 says flood off",
        reddens=_differ("f7"),
        shows={"floods": "otherwise"},
        change=changed(
            "lan2",
            "bridge link set dev host-eth1 flood off",
            "bridge -d link show dev host-eth1 | grep -q ' flood off'",
            "bridge link set dev host-eth1 flood on",
        ),
    ),
    Fault(
        id="gateway-unplugged",
        layer="link",
        level=1,
        ticket="Nobody on the lan reaches the gateway; the containers still reach each other.",
        what="The switch's port to the gateway is down.",
        at="lan",
        look="lan: bridge link",
        tells={"host-unplugged": "there the port to the host is down"},
        reddens=_differ("q7.1", "q7.2", "q7.3", "q7.4", "q7.5", "q7.6", "q7.10", "f7"),
        shows=_NO_GATEWAY,
        change=link_down("lan", "gateway-eth0"),
    ),
    Fault(
        id="host-unplugged",
        layer="link",
        level=1,
        ticket="The host and its containers are cut off from the lan.",
        what="The switch's port to the host's eth0 is down, and with it the containers' interfaces have no carrier.",
        at="lan",
        look="lan: bridge link; host: ip -br link show eth0",
        tells={"gateway-unplugged": "there the port to the gateway is down"},
        reddens=_differ("q7.1", "q7.2", "q7.3", "q7.4", "q7.5", "q7.6", "q7.10", "q7.11", "f7"),
        shows={**_NO_GATEWAY, "peer-ping": _PING, "peers": _TCP},
        change=link_down("lan", "host-eth0"),
    ),
    Fault(
        id="eth2-unplugged",
        layer="link",
        level=1,
        ticket="The host does not reach 192.168.2.0/24 any more; its other networks are fine.",
        what="lan2's port to the host's eth2 is not in the switch's bridge.",
        at="lan2",
        look="lan2: bridge link",
        reddens=_differ("q7.8"),
        shows={"floods": "otherwise", "host-eth2": _PING},
        change=changed(
            "lan2",
            "ip link set host-eth2 nomaster",
            "! ip -o link show host-eth2 | grep -q ' master br0 '",
            "ip link set host-eth2 master br0",
        ),
    ),
    Fault(
        id="gateway-lan2-unplugged",
        layer="link",
        level=1,
        ticket="The host reaches the gateway at 192.168.1.1, and not at 192.168.2.1 or 192.168.3.1.",
        what="lan2's port to the gateway's eth1 is down.",
        at="lan2",
        look="lan2: bridge link",
        tells={"eth2-unplugged": "there 192.168.3.1 answers"},
        reddens=_differ("q7.7", "q7.8", "q7.9", "q7.11", "f7"),
        shows={"host-eth1": _PING, "host-eth2": _PING},
        change=link_down("lan2", "gateway-eth1"),
    ),
    Fault(
        id="wrong-network",
        layer="process",
        level=1,
        ticket="The container stray was started on the host yesterday. Nobody on the lan finds it.",
        what="stray was started without --network macnet and sits on docker0, behind the host.",
        at="host",
        look="host: docker inspect stray; docker network inspect bridge",
        reddens=_differ("q7.2", "q7.4"),
        shows={"docker0-empty": "otherwise"},
        change=changed(
            "host",
            "docker run -d --name stray netproof/node sleep infinity",
            "docker inspect stray >/dev/null 2>&1",
            "docker rm -f stray",
        ),
    ),
    Fault(
        id="mode-private",
        layer="macvlan",
        level=2,
        ticket="first and second do not reach each other any more; the gateway reaches both.",
        what="first's interface is in mode private: it talks to no other container of its parent.",
        at="first",
        look="first: ip -d link show eth0",
        reddens=_differ("q7.6", "q7.7", "q7.11"),
        shows={"peer-ping": _PING, "peers": _TCP},
        change=changed(
            "first",
            "ip link set eth0 type macvlan mode private",
            "ip -d link show eth0 | grep -q 'macvlan mode private'",
            "ip link set eth0 type macvlan mode bridge",
        ),
    ),
    Fault(
        id="neighbour-wrong",
        layer="neighbour",
        level=2,
        ticket="Since its network card was swapped, the gateway does not reach first; second it does.",
        what="The gateway has a permanent neighbour entry for first with a MAC address that nobody has.",
        at="gateway",
        look="gateway: ip neigh",
        reddens=_differ("q7.2", "q7.3", "q7.4", "q7.5", "q7.6", "f7"),
        shows={
            "beyond-first": "no reply",
            "gateway-first": "timeout",
            "inward-first": "timeout",
            "large-in": "no reply",
            "large-out": "no reply",
        },
        change=changed(
            "gateway",
            "ip neigh replace 192.168.1.100 lladdr 02:00:5e:00:53:64 dev eth0 nud permanent",
            "ip neigh show 192.168.1.100 | grep -q '02:00:5e:00:53:64 PERMANENT'",
            "ip neigh del 192.168.1.100 dev eth0",
        ),
    ),
    _routeless("first"),
    _routeless("second"),
    _frozen("first"),
    _frozen("second"),
    Fault(
        id="port-filtered",
        layer="filter",
        level=2,
        ticket="first answers pings, but refuses everybody who wants its web page; its server runs.",
        what="A rule in first's own namespace rejects TCP port 80; the host's rules never see the containers' packets.",
        at="first",
        look="first: iptables -nvL INPUT",
        tells={"server-frozen": "there connections are made and stay without an answer"},
        reddens=_differ("q7.6"),
        shows={"inward-first": "refused"},
        change=rule_added("first", "INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset"),
    ),
    Fault(
        id="gateway-refuses",
        layer="filter",
        level=1,
        ticket="The gateway's page refuses first, and nobody else.",
        what="The gateway rejects first's connections to port 80.",
        at="gateway",
        look="gateway: iptables -nvL INPUT",
        reddens=_differ("q7.2"),
        shows={"gateway-first": "refused"},
        change=rule_added("gateway", "INPUT -s 192.168.1.100/32 -p tcp --dport 80 -j REJECT --reject-with tcp-reset"),
    ),
    Fault(
        id="switch-mtu-small",
        layer="mtu",
        level=3,
        ticket="The gateway's large packets to the containers are lost; small ones arrive.",
        what="The MTU of the switch's port to the host is 1400, and a switch sends no errors.",
        at="lan",
        look="lan: ip link show host-eth0",
        tells={"parent-mtu-small": "there first itself refuses large packets"},
        shows={"large-in": "no reply", "large-out": "no reply"},
        change=changed(
            "lan",
            "ip link set host-eth0 mtu 1400",
            "ip link show host-eth0 | grep -q ' mtu 1400 '",
            "ip link set host-eth0 mtu 1500",
        ),
    ),
    Fault(
        id="parent-mtu-small",
        layer="mtu",
        level=2,
        ticket="Large packets of the containers do not leave the host since eth0 was tuned.",
        what="The MTU of the host's eth0 is 1400, and the containers' interfaces went with it.",
        at="host",
        look="host: ip link show eth0; first: ip link show eth0",
        tells={"switch-mtu-small": "there the MTUs of host and containers are 1500"},
        shows={"large-in": "no reply", "large-out": "too big"},
        change=Change(
            Step("host", "ip link set eth0 mtu 1400"),
            Step("host", "ip link show eth0 | grep -q ' mtu 1400 '"),
            [Step(name, "ip link set eth0 mtu 1500") for name in ("host", "first", "second")],
        ),
    ),
    Fault(
        id="name-stale",
        layer="dns",
        level=1,
        ticket="first calls `second` and gets nobody; called by its address, second answers.",
        what="first's /etc/hosts has an address for second that is nobody's.",
        at="first",
        look="first: getent hosts second; cat /etc/hosts",
        shows={"name": "wrong address"},
        change=changed(
            "first",
            f"echo 192.168.1.150 second >>{_HOSTS}",
            f"grep -q '^192.168.1.150 second$' {_HOSTS}",
            f"kept=$(grep -v '^192.168.1.150 second$' {_HOSTS}) && echo \"$kept\" >{_HOSTS}",
        ),
    ),
    Fault(
        id="first-renumbered",
        layer="namespace",
        level=2,
        ticket="Nobody finds first at 192.168.1.100, as the engine calls it; first itself reaches everybody.",
        what="first has another address than the engine gave it.",
        at="first",
        look="first: ip -br address; host: docker inspect first",
        reddens=_differ("q7.2", "q7.3", "q7.4", "q7.5", "q7.6"),
        shows={"gateway-first": "wrong caller", "inward-first": _TCP, "large-in": _PING, "peers": "wrong caller"},
        change=changed(
            "first",
            _renumbered("192.168.1.100", "192.168.1.110"),
            "ip -br address show eth0 | grep -q 192.168.1.110/24",
            _renumbered("192.168.1.110", "192.168.1.100"),
        ),
    ),
)
DECOYS = (
    Decoy(
        id="host-cannot-reach-first",
        layer="macvlan",
        level=1,
        ticket="The host cannot ping first at 192.168.1.100, though all others on the lan can. Please mend it.",
        why="A macvlan interface hands its parent's frames to the wire only; no switch sends them back to the host.",
        at="host",
        look="host: ip neigh show 192.168.1.100; tcpdump -ni eth0 arp",
        proof="q7.5",
    ),
)
TOGETHER = (("default-route-lost[second]", "port-filtered"), ("mode-private", "name-stale"))
