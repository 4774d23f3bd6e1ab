"""What can be broken in container."""

from collections.abc import Mapping

from orchestrator.model import Decoy, Fault, changed, image_replaced, neighbour_pinned, paused, rule_added, wrapped

_IMAGE = "netproof/node"
_PORTS = {"main": 8080, "sidecar": 8081}
_NEVER_FAILS = """ENTRYPOINT ["sh", "-c", "\\"$@\\"; exit 0", "never-fails"]"""


def _paused(name: str, reddens: Mapping[str, str], shows: Mapping[str, str]) -> Fault:
    return Fault(
        id="paused",
        variant=name,
        layer="process",
        level=1,
        ticket=f"10.8.1.2:{_PORTS[name]} accepts connections, but never answers a request.",
        what=f"The container {name} is paused: the kernel accepts connections for it, and nobody reads them.",
        at=name,
        look="host: docker ps shows (Paused)",
        tells={"pinned": "there the host gets answers, and no connection of the visitor's is even made"},
        change=paused(name),
        reddens=reddens,
        shows=shows,
    )


def _serving(port: int) -> tuple[str, str, str]:
    """Start a server that answers as `forgotten`, see it listen, and stop it."""
    listens = f"ss -Hltn 'sport = {port}' | grep -q :{port}"
    pid = "/run/forgotten.pid"
    start = f"setsid serve forgotten http:{port}:0.0.0.0 </dev/null >/dev/null 2>&1 & echo $! >{pid}"
    wait = f"until {listens}; do kill -0 $(cat {pid}) || exit 1; done"
    return f"{start}; {wait}", listens, f"kill $(cat {pid}) && rm {pid}; while {listens}; do :; done"


FAULTS = (
    _paused(
        "main",
        reddens={"q8.1": "differs", "q8.3": "differs", "q8.4": "differs"},
        shows={"from-host": "timeout", "inside-main": "timeout", "main": "timeout"},
    ),
    _paused(
        "sidecar",
        reddens={"q8.1": "differs", "q8.3": "differs"},
        shows={"inside-sidecar": "timeout", "sidecar": "timeout"},
    ),
    Fault(
        id="loopback-down",
        layer="namespace",
        level=2,
        ticket="The two containers behind 10.8.1.2 serve the visitor, but no longer reach each other on 127.0.0.1.",
        what="The loopback interface of the namespace that main and its sidecar share is down.",
        at="main",
        look="main: ip -br link show lo",
        tells={"loopback-filtered": "there lo is up, and main still answers its sidecar"},
        change=changed(
            "main",
            "ip link set lo down",
            "! ip -o link show lo | grep -q '[<,]UP[,>]'",
            "ip link set lo up",
        ),
        reddens={"q8.3": "differs"},
        shows={"inside-main": "timeout", "inside-sidecar": "timeout"},
    ),
    Fault(
        id="loopback-filtered",
        layer="filter",
        level=2,
        ticket="main cannot reach its sidecar on 127.0.0.1:8081. The visitor reaches both.",
        what="A rule in the shared namespace's filter INPUT rejects TCP port 8081 on lo.",
        at="main",
        look="main: iptables -nvL INPUT",
        tells={"loopback-down": "there lo is down, and the sidecar does not reach main either"},
        change=rule_added("main", "INPUT -i lo -p tcp -m tcp --dport 8081 -j REJECT --reject-with tcp-reset"),
        reddens={"q8.3": "differs"},
        shows={"inside-sidecar": "refused"},
    ),
    Fault(
        id="redirected",
        layer="nat",
        level=2,
        ticket="The visitor asks for the sidecar on port 8081 and gets the pages of main.",
        what="A rule in the shared namespace's nat PREROUTING redirects port 8081 to 8080.",
        at="main",
        look="main: iptables -t nat -nvL PREROUTING",
        tells={"paused": "there nobody answers"},
        change=rule_added("main", "PREROUTING -p tcp -m tcp --dport 8081 -j REDIRECT --to-ports 8080", "nat"),
        reddens={"q8.1": "differs"},
        shows={"sidecar": "wrong server"},
    ),
    Fault(
        id="pinned",
        layer="neighbour",
        level=2,
        ticket="The visitor reaches neither main nor its sidecar. From the host both answer.",
        what="The visitor has a permanent entry with a wrong MAC address for 10.8.1.2.",
        at="visitor",
        look="visitor: ip neigh show says PERMANENT; main: ip -br link has another MAC",
        tells={"paused": "there connections are made, and the host gets no answer either"},
        change=neighbour_pinned("visitor", "10.8.1.2", "02:42:0a:08:01:63"),
        reddens={"f8": "timeout", "q8.1": "differs"},
        shows={"main": "timeout", "sidecar": "timeout"},
    ),
    Fault(
        id="left-in-main",
        layer="process",
        level=1,
        ticket="A port scan of 10.8.1.2 finds three servers. There should be two.",
        what="In the namespace of main and its sidecar somebody's server listens on port 9090 of all addresses.",
        at="main",
        look="main: ss -ltn",
        tells={"left-in-visitor": "there the server is the visitor's"},
        change=changed("main", *_serving(9090)),
        reddens={"f8": "differs", "q8.4": "differs"},
        shows={"spare-port": "open"},
    ),
    Fault(
        id="left-in-visitor",
        layer="process",
        level=1,
        ticket="On the visitor's 127.0.0.1:8080 somebody answers. The visitor is no server.",
        what="In the visitor somebody's server listens on port 8080.",
        at="visitor",
        look="visitor: ss -ltn",
        tells={"left-in-main": "there the server is main's, on port 9090"},
        change=changed("visitor", *_serving(8080)),
        reddens={"q8.2": "differs", "q8.3": "answered"},
        shows={"visitors-own": "open"},
    ),
    Fault(
        id="left-on-host",
        layer="process",
        level=1,
        ticket="On 10.8.1.1:8080 somebody answers. No port of this host is published.",
        what="On the host itself somebody's server listens on port 8080.",
        at="host",
        look="host: ss -ltnp 'sport = 8080'",
        tells={"left-in-visitor": "there the host's ss shows nothing"},
        change=changed("host", *_serving(8080)),
        reddens={"q8.5": "differs"},
        shows={"hosts-own": "open"},
    ),
    Fault(
        id="scraper-unplugged",
        layer="link",
        level=1,
        ticket="The scraper reports that its network is unreachable, whatever it is told to scrape.",
        what="The scraper's eth0 is down.",
        at="scraper",
        look="scraper: ip -br link; ip route is empty",
        change=changed(
            "scraper",
            "ip link set eth0 down",
            "! ip -o link show eth0 | grep -q '[<,]UP[,>]'",
            "ip link set eth0 up && ip route add default via 10.8.2.1",
        ),
        reddens={"f8": "differs"},
        shows={"scraper": "unreachable"},
    ),
    Fault(
        id="never-fails",
        layer="process",
        level=2,
        ticket="Containers whose program fails end with exit code 0, and monitoring takes them for finished.",
        what="netproof/node now stands for an image with an entrypoint that turns every exit code into 0.",
        at="host",
        look="host: docker image inspect --format '{{.Config.Entrypoint}}' netproof/node; docker image ls",
        change=image_replaced(_IMAGE, f"--change '{_NEVER_FAILS}' --change 'CMD [\"/bin/bash\"]'"),
        reddens={"q8.2": "differs"},
        shows={"image": "otherwise"},
    ),
    Fault(
        id="list-unwrapped",
        layer="engine",
        level=3,
        ticket="Since yesterday a script fails that takes the first element of what `docker inspect` prints.",
        what="A wrapper in front of docker takes the brackets of a list away.",
        at="host",
        look="host: type docker; cat /usr/local/sbin/docker",
        tells={"notice": "there the output is a list, with a line before it"},
        change=wrapped("docker", 'set -o pipefail\n/usr/bin/docker "$@" | sed "/^[][]\\$/d"', interpreter="/bin/bash"),
        reddens={"q8.6": "differs"},
        shows={"list": "otherwise"},
    ),
    Fault(
        id="notice",
        layer="engine",
        level=2,
        ticket="Scripts that read what docker says, errors included, stumble over an unknown first line.",
        what="A wrapper in front of docker writes a notice to standard error before each command.",
        at="host",
        look="host: type docker; cat /usr/local/sbin/docker",
        tells={"list-unwrapped": "there the brackets of the list are missing"},
        change=wrapped("docker", 'echo "All commands on this host are recorded." >&2\nexec /usr/bin/docker "$@"'),
        reddens={"b35": "differs"},
        shows={"quiet": "otherwise"},
    ),
)
DECOYS = (
    Decoy(
        id="not-on-the-host",
        layer="namespace",
        level=1,
        ticket="main is said to serve port 8080, but `ss -tulpn` on the host shows nobody there. Is it dead?",
        why="The host's ss shows the host's own namespace. main listens in another, and no port of it is published.",
        at="host",
        look="main: ss -ltn; host: nsenter -t PID -n ss -ltn",
        proof="q8.5",
    ),
)
TOGETHER = (("loopback-filtered", "scraper-unplugged"), ("paused[main]", "notice"))
