"""What can be broken in publish."""

from netproof.labs.publish.names import DNAT_WEB, HOST, LOCAL, ONE, SECOND, TWO, WEB, dnat_to
from netproof.model import (
    Decoy,
    Fault,
    Signature,
    both,
    changed,
    frozen,
    mtu_set,
    neighbour_pinned,
    route_deleted,
    rule_added,
    rule_deleted_anywhere,
    wrapped,
)

_DATAGRAMS = f"! -i docker0 -p udp -m udp --dport 9000 -j DNAT --to-destination {WEB}:9000"
_PROXY = "$(pgrep -f '[d]ocker-proxy .*-host-ip 0.0.0.0 -host-port 8080')"
# Each of the two rules gets the other's address; done twice, all is as before.
_SWAP = (
    "iptables-save -t nat"
    r" | sed '/--dport 8081 /{s/113\.100/113.other/;s/113\.101/113.100/;s/113\.other/113.101/}'"
    " | iptables-restore -w"
)


def _translation_deleted(variant: str, rule: str, ticket: str, reddens: Signature, shows: Signature) -> Fault:
    return Fault(
        id="translation-deleted",
        variant=variant,
        layer="nat",
        level=2,
        ticket=ticket,
        what="The port's DNAT rule is gone: docker-proxy serves those who call from outside, with docker0's address.",
        at="host",
        look="host: iptables -t nat -S DOCKER has no rule for the port",
        tells={
            "all-masqueraded": "there the DNAT rule is present and POSTROUTING has one MASQUERADE more",
            "not-tracked": "there the DNAT rules are all present, but their counters stand still",
        },
        change=rule_deleted_anywhere("host", f"DOCKER {rule}", "nat", note=f"number.{variant}"),
        reddens=reddens,
        shows=shows,
    )


def _one_rejected(name: str, address: str) -> Fault:
    return Fault(
        id="address-rejected",
        variant=name,
        layer="filter",
        level=2,
        ticket=f"Since last night {address}:8081 refuses every caller from outside. All other ports are fine.",
        what=f"A rule in DOCKER-USER rejects what was sent to {address}:8081 before the translation.",
        at="host",
        look="host: iptables -nvL DOCKER-USER shows a REJECT whose counter rises",
        tells={"addresses-swapped": "there somebody answers, but the wrong container"},
        change=rule_added(
            "host",
            f"DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdst {address} --ctorigdstport 8081 -j REJECT",
        ),
        reddens={"f3": "differs"},
        shows={name: "refused"},
    )


FAULTS = (
    _translation_deleted(
        "tcp",
        DNAT_WEB,
        "Since this morning the access log of web shows one caller alone: 10.0.0.1, for everybody.",
        reddens={
            "b12": "differs",
            "q3.1": "differs",
            "q3.2": "differs",
            "q3.3": "differs",
            "q3.4": "differs",
            "q3.6": "differs",
        },
        shows={"own-address": "wrong caller", "web": "wrong caller"},
    ),
    _translation_deleted(
        "udp",
        _DATAGRAMS,
        "The service on port 9000/udp has begun to log 10.0.0.1 as the sender of everything.",
        reddens={"b38": "differs"},
        shows={"datagrams": "wrong caller"},
    ),
    Fault(
        id="translated-elsewhere",
        layer="nat",
        level=2,
        ticket=f"{HOST}:8080 shows another application today. On the host itself, it shows the right one.",
        what="A DNAT rule of somebody's own in PREROUTING, before the jump to DOCKER, leads port 8080 to one.",
        at="host",
        look="host: iptables -t nat -nvL PREROUTING shows a DNAT that counts",
        tells={"addresses-swapped": "there port 8081 shows the wrong application, and chain DOCKER is at fault"},
        change=rule_added(
            "host", f"PREROUTING -d {HOST}/32 -p tcp -m tcp --dport 8080 -j DNAT --to-destination {ONE}:80", "nat"
        ),
        reddens={"q3.1": "differs", "q3.2": "differs", "q3.4": "differs", "q3.5": "differs", "q3.6": "differs"},
        shows={"web": "wrong server"},
    ),
    Fault(
        id="all-masqueraded",
        layer="nat",
        level=2,
        ticket="No application sees its callers any more: to all of them, everybody is 10.0.0.1.",
        what="A MASQUERADE rule for everything that leaves by docker0 hides the callers from the containers.",
        at="host",
        look="host: iptables -t nat -nvL POSTROUTING",
        tells={
            "not-tracked": "there a call from the host's own address is not hidden; conntrack -L lacks the calls",
            "translation-deleted": "there it is one port alone",
        },
        change=rule_added("host", "POSTROUTING -o docker0 -j MASQUERADE", "nat"),
        reddens={"b12": "differs", "b38": "differs", "q3.3": "differs", "q3.4": "differs", "q3.7": "differs"},
        shows={
            "datagrams": "wrong caller",
            "one": "wrong caller",
            "own-address": "wrong caller",
            "two": "wrong caller",
            "web": "wrong caller",
        },
    ),
    Fault(
        id="addresses-swapped",
        layer="nat",
        level=1,
        ticket="Customers of one see the pages of two, and customers of two those of one.",
        what="The DNAT rules for port 8081 have each other's destination address.",
        at="host",
        look=f"host: iptables -t nat -S DOCKER leads {HOST}:8081 to {TWO}",
        tells={"translated-elsewhere": "there port 8080 is concerned, and PREROUTING has a rule more"},
        change=changed("host", _SWAP, f"iptables -w -t nat -C DOCKER {dnat_to(HOST, TWO, 8081)} 2>/dev/null", _SWAP),
        reddens={"f3": "differs", "q3.1": "differs"},
        shows={"one": "wrong server", "two": "wrong server"},
    ),
    Fault(
        id="forwarding-dropped",
        layer="filter",
        level=1,
        ticket="No service answers from outside. On the host itself they all work, and pings to it are answered.",
        what="A rule in DOCKER-USER drops everything that comes by eth0 for a container.",
        at="host",
        look="host: iptables -nvL DOCKER-USER",
        tells={
            "high-ports-dropped": "there TCP works",
            "wrong-neighbour": "there one and two answer, and no rule counts anything",
        },
        change=rule_added("host", "DOCKER-USER -i eth0 -j DROP"),
        reddens={
            "b12": "timeout",
            "b29": "differs",
            "b38": "differs",
            "f3": "differs",
            "q3.1": "differs",
            "q3.2": "differs",
            "q3.3": "differs",
            "q3.4": "timeout",
            "q3.5": "differs",
            "q3.7": "timeout",
            "q3.8": "differs",
        },
        shows={"datagrams": "timeout", "one": "timeout", "two": "timeout", "web": "timeout"},
    ),
    _one_rejected("one", HOST),
    _one_rejected("two", SECOND),
    Fault(
        id="proxy-frozen",
        layer="process",
        level=2,
        ticket="The health check on the host, which asks http://127.0.0.1:8080, hangs; from outside the site is fine.",
        what="The docker-proxy of port 8080 is stopped by a signal: connections are accepted, and nobody serves them.",
        at="host",
        look="host: ss -tln sport = :8080 shows connections waiting; ps shows docker-proxy in state T",
        change=frozen("host", _PROXY),
        reddens={"b12": "differs", "q3.3": "differs"},
        shows={"loopback": "timeout"},
    ),
    Fault(
        id="not-tracked",
        layer="nat",
        level=3,
        ticket="Applications log 10.0.0.1 for callers from outside; calls from the host's own address they log well.",
        what="What arrives by eth0 is exempt from connection tracking, and so from DNAT: docker-proxy serves it.",
        at="host",
        look="host: iptables -t raw -S PREROUTING; conntrack -L does not know the callers",
        tells={
            "all-masqueraded": "there a call from the host's own address is hidden, too; conntrack -L has the calls",
            "translation-deleted": "there it is one port alone",
        },
        change=rule_added("host", "PREROUTING -i eth0 -j CT --notrack", "raw"),
        reddens={
            "b38": "differs",
            "f3": "differs",
            "q3.1": "differs",
            "q3.2": "differs",
            "q3.3": "differs",
            "q3.4": "differs",
        },
        shows={"datagrams": "wrong caller", "one": "wrong caller", "two": "wrong caller", "web": "wrong caller"},
    ),
    Fault(
        id="exit-code-lost",
        layer="engine",
        level=2,
        ticket="Our deployment script no longer tells a port clash from a failed program: both exit with 1.",
        what="A wrapper in front of docker turns every failure into exit code 1.",
        at="host",
        look="host: type docker; cat /usr/local/sbin/docker",
        change=wrapped("docker", '/usr/bin/docker "$@" || exit 1'),
        reddens={"b29": "differs"},
        shows={"exit-code": "otherwise"},
    ),
    Fault(
        id="high-ports-dropped",
        layer="filter",
        level=2,
        ticket="Clients of the service on port 9000/udp get no answer. Web pages are fine.",
        what="Two rules in DOCKER-USER drop what goes to a container's port above 1023, by TCP and by UDP.",
        at="host",
        look="host: iptables -nvL DOCKER-USER; what goes to 8080 has become port 80 there",
        tells={"forwarding-dropped": "there web pages do not work either"},
        change=both(
            rule_added("host", "DOCKER-USER -i eth0 -p tcp -m tcp --dport 1024:65535 -j DROP"),
            rule_added("host", "DOCKER-USER -i eth0 -p udp -m udp --dport 1024:65535 -j DROP"),
        ),
        reddens={"b38": "differs", "q3.8": "differs"},
        shows={"datagrams": "timeout"},
    ),
    Fault(
        id="local-port-opened",
        layer="nat",
        level=2,
        ticket="The security scan found port 8082 open from outside; it must answer on the host alone.",
        what=f"A DNAT rule in PREROUTING leads port 8082 of {HOST} to local, which was published on 127.0.0.1.",
        at="host",
        look="host: iptables -t nat -S PREROUTING",
        change=rule_added(
            "host", f"PREROUTING -d {HOST}/32 -p tcp -m tcp --dport 8082 -j DNAT --to-destination {LOCAL}:80", "nat"
        ),
        reddens={"b12": "answered", "q3.1": "differs", "q3.6": "differs"},
        shows={"local-closed": "open"},
    ),
    Fault(
        id="wrong-neighbour",
        layer="neighbour",
        level=3,
        ticket="Web hangs for everybody, on the host and outside. Its neighbours one and two are fine.",
        what="The host has a permanent neighbour entry for web with a MAC address that nobody has.",
        at="host",
        look=f"host: ip neigh show {WEB} says PERMANENT; web: cat /sys/class/net/eth0/address",
        tells={
            "no-way-back": "there web still answers on 127.0.0.1",
            "forwarding-dropped": "there one and two do not answer either",
        },
        change=neighbour_pinned("host", WEB, "02:42:0a:00:00:63", "docker0"),
        reddens={
            "b12": "differs",
            "b38": "differs",
            "q3.1": "differs",
            "q3.2": "differs",
            "q3.3": "differs",
            "q3.4": "timeout",
            "q3.5": "differs",
            "q3.7": "timeout",
        },
        shows={"datagrams": "timeout", "loopback": "timeout", "own-address": "timeout", "web": "timeout"},
    ),
    Fault(
        id="wire-too-narrow",
        layer="mtu",
        level=2,
        ticket="Small requests work. The backup, which sends packets of full size to the host, gets no answer.",
        what="The host's eth0 has MTU 1400: it drops what is larger, and tells nobody.",
        at="host",
        look="host: ip link show eth0; client: ping -M do -s 1372 works, -s 1373 does not",
        change=mtu_set("host", 1400, was=1500),
        reddens={},
        shows={"large": "no reply"},
    ),
    Fault(
        id="no-way-back",
        layer="route",
        level=2,
        ticket="Web answers on 127.0.0.1 of the host, but neither outside nor at the host's public address.",
        what="Web has no default route: it answers nobody but its own network.",
        at="web",
        look="web: ip route; host: tcpdump -ni docker0 shows requests and no answers",
        tells={
            "wrong-neighbour": "there 127.0.0.1 does not answer either",
            "forwarding-dropped": "there one fails, too",
        },
        change=route_deleted("web", "default", was="via 10.0.0.1"),
        reddens={
            "b12": "differs",
            "b38": "differs",
            "q3.1": "differs",
            "q3.2": "differs",
            "q3.3": "differs",
            "q3.4": "timeout",
            "q3.5": "differs",
            "q3.7": "timeout",
        },
        shows={"datagrams": "timeout", "own-address": "timeout", "web": "timeout"},
    ),
)
DECOYS = (
    Decoy(
        id="local-refused",
        layer="process",
        level=1,
        ticket=f"Port 8082 works on the host, but {HOST}:8082 refuses the client. Please open it as it is published.",
        why="The port was published on 127.0.0.1, for the host alone.",
        at="host",
        look="host: docker port local",
        proof="b12",
    ),
)
TOGETHER = (("local-port-opened", "proxy-frozen"), ("address-rejected[two]", "wire-too-narrow"))
