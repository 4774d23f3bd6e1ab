"""What can be broken in isolation."""

from orchestrator.model import (
    Decoy,
    Fault,
    Signature,
    both,
    bridge_of,
    changed,
    frozen,
    mtu_set,
    port_of,
    route_deleted,
    rule_added,
    sysctl_set,
)

_SERVER = "$(pgrep -f '[T]CP4-LISTEN:80,.* http basket$')"
_NO_STRANGERS = rule_added("host", "PREROUTING -s 10.1.0.0/16 -j ACCEPT", "raw")  # 28.5 drops strangers there


def _no_nat(network: str, container: str, number: int, claim: str) -> Fault:
    return Fault(
        id="nat-exempted",
        variant=network,
        layer="nat",
        level=2,
        ticket=f"{container.capitalize()} gets no answer from the outsider any more; other networks' containers do.",
        what=f"A rule before MASQUERADE exempts {network} from translation: answers find no way back.",
        at="host",
        look=f"host: iptables -t nat -S POSTROUTING; tcpdump -ni eth0 shows 10.1.{number}.2 as the source",
        change=rule_added("host", f"POSTROUTING -s 10.1.{number}.0/24 -o eth0 -j ACCEPT", "nat"),
        reddens={claim: "timeout"},
        shows={f"{network}-out": "timeout"},
    )


def _astray(sender: str, receiver: str, network: str, reddens: Signature, shows: Signature) -> Fault:
    """The entry is sticky: the bridge would move another to the right port as soon as it hears of it there."""
    mac = f"$(docker exec {receiver} cat /sys/class/net/eth0/address)"
    return Fault(
        id="frames-astray",
        variant=receiver,
        layer="link",
        level=3,
        ticket=f"{receiver.capitalize()} hears nothing from {sender}, though both are on {network}.",
        what=f"The bridge has a static entry that sends frames for {receiver} out of the port of {sender}.",
        at="host",
        look=f"host: bridge fdb show br br-… shows the MAC of {receiver} static, at the port of {sender}",
        tells={"server-frozen": "there a ping is answered"},
        change=changed(
            "host",
            f"bridge fdb replace {mac} dev {port_of(sender)} master static sticky",
            f"bridge fdb show brport {port_of(sender)} | grep -q {mac}.*sticky",
            f"bridge fdb del {mac} dev {port_of(sender)} master",
        ),
        reddens=reddens,
        shows=shows,
    )


FAULTS = (
    _no_nat("front", "shop", 1, "b6"),
    _no_nat("back", "ledger", 2, "b4"),
    _no_nat("quiet", "mute", 4, "b9"),
    _astray("shop", "basket", "front", {"b4": "timeout"}, {"front": "timeout", "large": "no reply"}),
    _astray("vault", "guard", "sealed", {"b6": "timeout"}, {"sealed": "timeout"}),
    Fault(
        id="bridges-joined",
        layer="filter",
        level=1,
        ticket="The auditors opened the ledger from the shop. Front and back must be closed to each other.",
        what="Rules in DOCKER-USER accept what passes between front and back, both ways.",
        at="host",
        look="host: iptables -S DOCKER-USER; iptables -t raw -S PREROUTING",
        tells={"everything-accepted": "there containers of quiet reach each other, too"},
        change=both(
            rule_added("host", "DOCKER-USER -s 10.1.1.0/24 -d 10.1.2.0/24 -j ACCEPT"),
            rule_added("host", "DOCKER-USER -s 10.1.2.0/24 -d 10.1.1.0/24 -j ACCEPT"),
            _NO_STRANGERS,
        ),
        reddens={"b4": "answered"},
        shows={"back-front": "open", "front-back": "open"},
    ),
    Fault(
        id="everything-accepted",
        layer="filter",
        level=1,
        ticket="A scan from the ledger found the shop's server, and others that nobody should see.",
        what="A rule in DOCKER-USER accepts all that containers send, before the engine's isolation rules are asked.",
        at="host",
        look="host: iptables -S DOCKER-USER; iptables -t raw -S PREROUTING",
        tells={
            "bridges-joined": "there containers of quiet do not reach each other",
            "bridge-past-iptables": "there front and back are closed to each other",
        },
        change=both(rule_added("host", "DOCKER-USER -s 10.1.0.0/16 -j ACCEPT"), _NO_STRANGERS),
        reddens={"b4": "answered", "b6": "timeout", "b9": "answered"},
        shows={"back-front": "open", "front-back": "open", "quiet": "open"},
    ),
    Fault(
        id="bridge-past-iptables",
        layer="route",
        level=3,
        ticket="Mute and deaf talk to each other. Their network was made with icc=false, and every rule is in place.",
        what="bridge-nf-call-iptables is 0: what one bridge passes between its ports is not shown to iptables.",
        at="host",
        look="host: sysctl net.bridge.bridge-nf-call-iptables; the counter of the DROP rule stands still",
        tells={"everything-accepted": "there front and back reach each other, too"},
        change=sysctl_set("host", "net.bridge.bridge-nf-call-iptables", "0", was="1"),
        needs="br_netfilter",
        reddens={"b9": "answered"},
        shows={"quiet": "open"},
    ),
    Fault(
        id="vault-let-out",
        layer="filter",
        level=2,
        ticket="The vault opened a connection to the outsider. Its network is internal.",
        what="The vault was let out by hand: a route in it, and rules that accept and translate what it sends.",
        at="host",
        look="vault: ip route; host: iptables -S DOCKER-USER; iptables -t nat -S POSTROUTING",
        change=both(
            changed(
                "vault",
                "ip route add 203.0.113.0/24 via 10.1.3.1",
                "ip route show | grep -q 203.0.113.0/24",
                "ip route del 203.0.113.0/24",
            ),
            rule_added("host", f"DOCKER-USER -i {bridge_of('sealed')} -o eth0 -j ACCEPT"),
            rule_added("host", f"DOCKER-USER -i eth0 -o {bridge_of('sealed')} -j ACCEPT"),
            rule_added("host", "POSTROUTING -s 10.1.3.0/24 -o eth0 -j MASQUERADE", "nat"),
        ),
        reddens={"b6": "differs"},
        shows={"sealed-out": "open"},
    ),
    Fault(
        id="gateway-mute",
        layer="filter",
        level=1,
        ticket="The vault's watchdog reports that the host is gone; guard is there as always.",
        what="A rule in INPUT drops what comes from the network sealed: the host is silent there.",
        at="host",
        look="host: iptables -nvL INPUT, whose counter rises",
        change=rule_added("host", "INPUT -s 10.1.3.0/24 -j DROP"),
        reddens={"b6": "no reply"},
        shows={"sealed-gateway": "no reply"},
    ),
    Fault(
        id="server-frozen",
        layer="process",
        level=2,
        ticket="The shop's connections to basket are made, but no page ever comes.",
        what="The server process of basket is stopped: the kernel accepts connections, nobody serves them.",
        at="basket",
        look="basket: ps -o stat,args shows the server in state T; ss -ltn shows connections waiting in Recv-Q",
        tells={"frames-astray": "there not even a ping is answered"},
        change=frozen("host", _SERVER),
        reddens={"b4": "timeout"},
        shows={"front": "timeout"},
    ),
    Fault(
        id="default-gone",
        layer="namespace",
        level=1,
        ticket="The ledger cannot reach the outsider: `network is unreachable`, it says at once.",
        what="The ledger has no default route.",
        at="ledger",
        look="ledger: ip route",
        tells={"nat-exempted": "there connections are tried for some seconds, and packets leave the host"},
        change=route_deleted("ledger", "default", was="via 10.1.2.1 dev eth0"),
        reddens={"b4": "unreachable"},
        shows={"back-out": "unreachable"},
    ),
    Fault(
        id="mtu-short",
        layer="mtu",
        level=2,
        ticket="Small requests from the shop to basket work; our test with packets of full size fails.",
        what="The shop's interface has an MTU of 1400 instead of 1500.",
        at="shop",
        look="shop: ip link; ping -M do -s 1472 10.1.1.3 says which MTU is in the way",
        change=mtu_set("shop", 1400, was=1500),
        shows={"large": "too big"},
    ),
)
DECOYS = (
    Decoy(
        id="vault-without-updates",
        layer="route",
        level=1,
        ticket="The vault cannot fetch updates from the outsider at 203.0.113.1; all others can.",
        why="Its network was made with --internal, which restricts external access: nothing leaves it but to the host.",
        at="host",
        look="host: docker network inspect -f '{{.Internal}}' sealed",
        proof="b6",
    ),
    Decoy(
        id="neighbours-silent",
        layer="filter",
        level=2,
        ticket="Mute and deaf are on one network and reach the outsider, but not each other. Is the bridge broken?",
        why="Their network was made with icc=false: its containers are closed to each other.",
        at="host",
        look="host: docker network inspect -f '{{.Options}}' quiet; iptables -S shows the DROP within its bridge",
        proof="b9",
    ),
)
TOGETHER = (("nat-exempted[back]", "bridge-past-iptables"), ("gateway-mute", "frames-astray[basket]"))
