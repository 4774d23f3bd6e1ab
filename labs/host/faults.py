"""What can be broken in host."""

from collections.abc import Mapping

from netproof.model import (
    Decoy,
    Fault,
    both,
    changed,
    image_replaced,
    neighbour_pinned,
    paused,
    port_taken,
    rule_added,
    wrapped,
)

_PORTS = {"right": "172.17.0.3:8080", "web": "203.0.113.2:8080"}
_IMAGE = "netproof/node"
_NEVER_FAILS = """ENTRYPOINT ["sh", "-c", "\\"$@\\"; exit 0", "never-fails"]"""
_BUSYBOX_AS_NC = "ln -sf $(command -v busybox) $(command -v nc)"


def _paused(name: str, reddens: Mapping[str, str], shows: Mapping[str, str]) -> Fault:
    return Fault(
        id="paused",
        variant=name,
        layer="process",
        level=1,
        ticket=f"{_PORTS[name]} accepts connections, but never answers a request.",
        what=f"The container {name} is paused: the kernel accepts connections for it, and nobody reads them.",
        at=name,
        look="host: docker ps shows (Paused)",
        tells={"pinned": "there no connection is made, and not even a ping is answered"},
        change=paused(name),
        reddens=reddens,
        shows=shows,
    )


FAULTS = (
    _paused(
        "web",
        reddens={"f5": "differs", "q5.1": "differs", "q5.5": "timeout", "q5.7": "differs"},
        shows={"loopback": "timeout", "north": "timeout", "south": "timeout"},
    ),
    _paused(
        "right",
        reddens={"q5.7": "differs"},
        shows={"neighbours": "timeout", "right": "timeout"},
    ),
    Fault(
        id="port-left-open",
        layer="process",
        level=1,
        ticket="A new container on the host's network is to serve port 9090. Callers get someone else's answers.",
        what="A server that nobody remembers holds port 9090 on all addresses of the host.",
        at="host",
        look="host: ss -ltnp 'sport = 9090'",
        change=port_taken("host", 9090),
        reddens={"q5.2": "differs"},
        shows={"free-port": "open"},
    ),
    Fault(
        id="rejected",
        layer="filter",
        level=1,
        ticket="Since last night the outsider cannot connect to web, on either of the host's addresses.",
        what="A rule in filter INPUT rejects TCP port 8080 for everybody but the host itself.",
        at="host",
        look="host: iptables -nvL INPUT; the packet counter of the REJECT rule rises",
        tells={"dropped-south": "there eth0's address answers", "forwarded": "there somebody answers"},
        change=rule_added("host", "INPUT ! -i lo -p tcp -m tcp --dport 8080 -j REJECT --reject-with tcp-reset"),
        reddens={"f5": "differs", "q5.1": "differs", "q5.5": "refused"},
        shows={"north": "refused", "south": "refused"},
    ),
    Fault(
        id="dropped-south",
        layer="filter",
        level=1,
        ticket="Through the southern network the outsider gets no answer from web any more. The northern one works.",
        what="A rule in filter INPUT drops all TCP that comes in by eth1.",
        at="host",
        look="host: iptables -nvL INPUT; tcpdump -ni eth1 shows requests without answers",
        tells={"route-astray": "there the answers are on their way, on docker0"},
        change=rule_added("host", "INPUT -i eth1 -p tcp -j DROP"),
        reddens={"q5.5": "differs"},
        shows={"south": "timeout"},
    ),
    Fault(
        id="route-astray",
        layer="route",
        level=2,
        ticket="Through the southern network the outsider gets no answer from web any more. The northern one works.",
        what="A route to the outsider's southern address leads to docker0, so that all answers go there.",
        at="host",
        look="host: ip route get 198.51.100.1; tcpdump -ni eth1 shows requests without answers",
        tells={"dropped-south": "there ip route get names eth1, and iptables -S INPUT has a rule"},
        change=changed(
            "host",
            "ip route add 198.51.100.1 dev docker0",
            "ip route show 198.51.100.1 | grep -q docker0",
            "ip route del 198.51.100.1 dev docker0",
        ),
        reddens={"q5.5": "differs"},
        shows={"ping-south": "no reply", "south": "timeout"},
    ),
    Fault(
        id="forwarded",
        layer="nat",
        level=2,
        ticket="The outsider asks for web on port 8080 and gets the pages of left.",
        what="A hand-made DNAT leads what comes in by eth0 for port 8080 to left.",
        at="host",
        look="host: iptables -t nat -S PREROUTING",
        tells={"rejected": "there nobody answers"},
        change=both(
            rule_added("host", "FORWARD -i eth0 -o docker0 -p tcp -m tcp --dport 8080 -j ACCEPT"),
            rule_added(
                "host", "PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2", "nat"
            ),
        ),
        reddens={"f5": "differs", "q5.1": "differs", "q5.5": "differs"},
        shows={"north": "wrong server"},
    ),
    Fault(
        id="pinned",
        layer="neighbour",
        level=2,
        ticket="The host cannot reach the container right. Its neighbour left can.",
        what="The host has a permanent entry with a wrong MAC address for 172.17.0.3.",
        at="host",
        look="host: ip neigh show 172.17.0.3 says PERMANENT; docker exec right ip -br link has another MAC",
        tells={"paused": "there connections are made, and no neighbour gets an answer either"},
        change=neighbour_pinned("host", "172.17.0.3", "02:42:ac:11:00:63", "docker0"),
        reddens={"q5.7": "differs"},
        shows={"right": "timeout"},
    ),
    Fault(
        id="unprivileged",
        layer="namespace",
        level=2,
        ticket="Containers that must be root, such as one that makes network namespaces, fail since the last release.",
        what="netproof/node now stands for an image whose processes run as user 65534.",
        at="host",
        look="host: docker image inspect --format '{{.Config.User}}' netproof/node; docker image ls",
        tells={
            "never-fails": "there the image has an entrypoint, and ends with 0",
            "other-nc": "there the image has no user",
        },
        change=image_replaced(_IMAGE, "--change 'USER 65534' --change 'CMD [\"/bin/bash\"]'"),
        reddens={"f5": "differs", "q5.2": "differs"},
        shows={"image": "otherwise"},
    ),
    Fault(
        id="never-fails",
        layer="process",
        level=2,
        ticket="Containers whose program fails end with exit code 0, and monitoring takes them for finished.",
        what="netproof/node now stands for an image with an entrypoint that turns every exit code into 0.",
        at="host",
        look="host: docker image inspect --format '{{.Config.Entrypoint}}' netproof/node; docker image ls",
        tells={"unprivileged": "there exit codes are right", "other-nc": "there exit codes are right"},
        change=image_replaced(_IMAGE, f"--change '{_NEVER_FAILS}' --change 'CMD [\"/bin/bash\"]'"),
        reddens={"f5": "differs", "q5.2": "differs", "q5.3": "differs"},
        shows={"image": "otherwise"},
    ),
    Fault(
        id="other-nc",
        layer="process",
        level=3,
        ticket="A log watcher counts lines that begin with `nc: Address already in use`. It finds none any more.",
        what="netproof/node now stands for an image whose nc is busybox's, which words its errors differently.",
        at="host",
        look="host: docker image history netproof/node; docker run --rm netproof/node sh -c 'ls -l /usr/bin/nc'",
        tells={"never-fails": "there exit codes are 0", "unprivileged": "there the image has a user"},
        change=image_replaced(_IMAGE, "--change 'CMD [\"/bin/bash\"]'", _BUSYBOX_AS_NC),
        reddens={"q5.4": "differs"},
        shows={"image": "otherwise"},
    ),
    Fault(
        id="unshare-forbidden",
        layer="namespace",
        level=2,
        ticket="A script that tries servers in a network namespace of their own fails on this host since the audit.",
        what="A wrapper in front of unshare refuses to run it.",
        at="host",
        look="host: type unshare; cat /usr/local/sbin/unshare",
        change=wrapped("unshare", 'echo "unshare: not allowed on this host" >&2\nexit 1'),
        reddens={"q5.6": "differs"},
        shows={"new-namespace": "otherwise"},
    ),
)
DECOYS = (
    Decoy(
        id="started-and-exited",
        layer="process",
        level=1,
        ticket="`docker run -d --network host netproof/node nc -l -p 8080` succeeds, but the container ends at once.",
        why="web has port 8080 of the host, which all containers on the host's network share: nc cannot bind it."
        " The engine has started the container, so that `docker run -d` itself succeeds.",
        at="host",
        look="host: docker ps -a; docker logs; ss -ltnp 'sport = 8080'",
        proof="q5.3",
    ),
)
TOGETHER = (("dropped-south", "pinned"), ("port-left-open", "paused[right]"))
