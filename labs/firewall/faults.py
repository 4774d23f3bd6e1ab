"""What can be broken in firewall."""

from netproof.labs.firewall.names import MASQUERADE
from netproof.model import (
    Decoy,
    Fault,
    Signature,
    changed,
    frozen,
    rule_added,
    rule_deleted,
    rule_deleted_anywhere,
    sysctl_set,
    wrapped,
)

# 28.5 drops in raw PREROUTING what comes for a container from outside its bridge, whatever filter says.
_OPEN = {"20.10": "open", "26.1": "open"}
_CLOSED_OUTSIDE = "Callers from outside get no answer from web on port 8080."


def _all_accepted(host: str, ticket: str, reddens: Signature, shows: Signature) -> Fault:
    return Fault(
        id="all-accepted",
        variant=host,
        layer="filter",
        level=2,
        ticket=ticket,
        what="DOCKER-USER accepts everything, before the engine's own rules can drop what they must.",
        at=host,
        look=f"{host}: iptables -nvL DOCKER-USER begins with an ACCEPT for everything",
        tells={"policy-accept": "there DOCKER-USER is as it was, and containers of two networks remain apart"},
        change=rule_added(host, "DOCKER-USER -j ACCEPT"),
        reddens=reddens,
        shows=shows,
    )


def _proxy_frozen(port: int, address: str, ticket: str, reddens: Signature, shows: Signature) -> Fault:
    process = f"$(pgrep -f '[d]ocker-proxy .*-host-ip {address} -host-port {port}')"
    return Fault(
        id="proxy-frozen",
        variant=str(port),
        layer="process",
        level=2,
        ticket=ticket,
        what=f"The docker-proxy of {address}:{port} is stopped by a signal: it accepts connections and serves nobody.",
        at="host",
        look="host: ps shows docker-proxy in state T; ss -tl shows connections that wait",
        tells={"input-rejected": "there the call is refused at once, and a rule in INPUT counts"},
        change=frozen("host", process),
        reddens=reddens,
        shows=shows,
    )


FAULTS = (
    Fault(
        id="policy-accept",
        layer="filter",
        level=1,
        ticket="An audit says: this host forwards whatever no rule speaks of. It must not.",
        what="The policy of FORWARD is ACCEPT.",
        at="host",
        look="host: iptables -S FORWARD",
        tells={"all-accepted": "there the policy is DROP, and guest reaches web's own address"},
        change=changed(
            "host",
            "iptables -w -P FORWARD ACCEPT",
            "iptables -w -S FORWARD | grep -qx -e '-P FORWARD ACCEPT'",
            "iptables -w -P FORWARD DROP",
        ),
        reddens={"b14": "differs"},
        shows={"unpublished": _OPEN},
    ),
    _all_accepted(
        "host",
        "Guest reaches web at 10.1.0.10. The two networks are supposed to be kept apart.",
        {"b14": "answered", "b16": "differs"},
        {"networks-apart": _OPEN, "unpublished": _OPEN},
    ),
    _all_accepted(
        "noproxy",
        "Visitor reaches loop by its published port. On noproxy the networks must be kept apart.",
        {"b11": "answered"},
        {"visitor-stopped": "open"},
    ),
    Fault(
        id="hairpin-lost",
        layer="nat",
        level=2,
        ticket="Loop does not reach itself any more at 172.17.0.1:8080; it used to.",
        what="The MASQUERADE rule is gone that makes a container's call to its own port come back to it by the bridge.",
        at="noproxy",
        look="noproxy: iptables -t nat -S POSTROUTING has no rule from 10.3.0.10 to 10.3.0.10",
        change=rule_deleted_anywhere("noproxy", f"POSTROUTING {MASQUERADE}", "nat"),
        reddens={"b10": "differs"},
        shows={"itself": "timeout"},
    ),
    Fault(
        id="input-rejected",
        layer="filter",
        level=2,
        ticket="Guest is refused at 203.0.113.2:8080. Callers from outside are served as ever.",
        what="A rule in INPUT rejects port 8080: it meets only those whom docker-proxy serves.",
        at="host",
        look="host: iptables -nvL INPUT",
        tells={"proxy-frozen": "there the call hangs, and no rule in INPUT counts"},
        change=rule_added("host", "INPUT -p tcp -m tcp --dport 8080 -j REJECT --reject-with icmp-port-unreachable"),
        reddens={"b10": "differs", "b11": "differs"},
        shows={"guest": "refused"},
    ),
    Fault(
        id="own-rules-skipped",
        layer="filter",
        level=2,
        ticket="Rules that we put into DOCKER-USER have no effect on this host; their counters stay at zero.",
        what="FORWARD does not jump to DOCKER-USER.",
        at="host",
        look="host: iptables -S FORWARD",
        change=rule_deleted("host", "FORWARD -j DOCKER-USER"),
        reddens={"b15": "answered", "b16": "answered"},
        shows={"own-rules-first": "otherwise"},
    ),
    Fault(
        id="dropped-early",
        layer="filter",
        level=3,
        ticket=f"{_CLOSED_OUTSIDE} Everything else works, and none of the rules we know of counts a packet.",
        what="A rule in raw PREROUTING drops what comes by eth0 for port 8080, before nat and filter see it.",
        at="host",
        look="host: iptables -t raw -nvL PREROUTING",
        tells={"forwarding-off": "there datagrams to port 9000 are lost, too"},
        change=rule_added("host", "PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DROP", "raw"),
        reddens={"b14": "differs", "b15": "timeout", "b16": "differs"},
        shows={"published": "timeout"},
    ),
    Fault(
        id="datagrams-untracked",
        layer="nat",
        level=3,
        ticket="The service on port 9000/udp logs 10.1.0.1 as everybody's address. Port 8080 logs its callers well.",
        what="What arrives by UDP is exempt from connection tracking, and so from DNAT: docker-proxy passes it on.",
        at="host",
        look="host: iptables -t raw -S PREROUTING; conntrack -L -p udp does not know the callers",
        change=rule_added("host", "PREROUTING -i eth0 -p udp -j CT --notrack", "raw"),
        reddens={"b30": "differs"},
        shows={"datagrams": "wrong caller"},
    ),
    _proxy_frozen(
        8082,
        "127.0.0.1",
        "The tool on 127.0.0.1:8082 of the host hangs, instead of showing its page.",
        {"b13": "differs"},
        {"loopback": "timeout"},
    ),
    _proxy_frozen(
        8080,
        "0.0.0.0",  # noqa: S104 - what docker-proxy was told, nothing is bound to it here
        "Guest waits in vain for a page of 203.0.113.2:8080; from outside it comes at once.",
        {"b10": "differs", "b11": "differs"},
        {"guest": "timeout"},
    ),
    Fault(
        id="forwarding-off",
        layer="route",
        level=1,
        ticket=f"{_CLOSED_OUTSIDE} Datagrams to port 9000 are lost, too. Guest and the host itself are served.",
        what="net.ipv4.ip_forward is 0: the host keeps what is not for itself.",
        at="host",
        look="host: sysctl net.ipv4.ip_forward",
        tells={"dropped-early": "there datagrams to port 9000 are answered"},
        change=sysctl_set("host", "net.ipv4.ip_forward", "0", was="1"),
        reddens={"b13": "differs", "b14": "differs", "b15": "timeout", "b16": "differs", "b30": "differs"},
        shows={"datagrams": "timeout", "published": "timeout"},
    ),
    Fault(
        id="engine-wrapped",
        layer="engine",
        level=3,
        ticket="A new engine on this host comes up without forwarding, though nothing in its configuration says so.",
        what="A wrapper in front of dockerd adds --ip-forward=false.",
        at="host",
        look="host: type dockerd; cat /usr/local/sbin/dockerd",
        change=wrapped("dockerd", 'exec /usr/sbin/dockerd "$@" --ip-forward=false'),
        reddens={"b17": "differs"},
        shows={},
    ),
)
DECOYS = (
    Decoy(
        id="visitor-shut-out",
        layer="filter",
        level=2,
        ticket="On noproxy visitor gets no answer at 172.17.0.1:8080. On host guest reaches its counterpart so.",
        why="Without docker-proxy the call is forwarded, and what the engine keeps apart includes published ports.",
        at="noproxy",
        look="noproxy: iptables -nvL DOCKER-ISOLATION-STAGE-2",
        proof="b11",
    ),
)
TOGETHER = (("hairpin-lost", "datagrams-untracked"), ("input-rejected", "dropped-early"))
