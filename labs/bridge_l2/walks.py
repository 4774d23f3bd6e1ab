"""What else goes wrong in bridge-l2, or only looks as if it did: cases for walks."""

from typing import Any

from netproof.labs.bridge_l2.checks import GATEWAY, A, B
from netproof.model import (
    Change,
    WalkCase,
    address_changed,
    both,
    changed,
    hooked,
    link_down,
    mtu_set,
    neighbour_pinned,
    nft_added,
    port_of,
    rule_added,
    sysctl_set,
    sysctl_within,
)

_ENDED = "kill $(ss -Hlntp sport = :8000 | sed 's/.*pid=\\([0-9]*\\).*/\\1/')"
_NOBODY = "02:42:ac:11:00:63"
_PORT_A, _PORT_B = port_of("con-a"), port_of("con-b")
_MAC_B = "$(docker exec con-b cat /sys/class/net/eth0/address)"


def _across(identity: str, **about: Any) -> WalkCase:
    """con-a pings con-b."""
    return WalkCase(id=identity, **{"source": "con-a", "target": B, **about})


def _port(container: str, option: str, was: str, shown: str) -> Change:
    port = port_of(container)
    return changed(
        "host",
        f"bridge link set dev {port} {option}",
        f"bridge -d link show dev {port} | grep -q '{shown}'",
        f"bridge link set dev {port} {was}",
    )


# con-b first: what it still knows it may probe, and con-a would learn of con-b by that.
_AFRESH = both(*(changed(name, "ip neigh flush all", "true", "true") for name in ("con-b", "con-a")))
WALKS = (
    _across(
        "isolated-ports",
        what="Both ports are isolated: the bridge passes nothing from one to the other.",
        at="host",
        layer="link",
        says=("isolated",),
        change=both(
            _port("con-a", "isolated on", "isolated off", "isolated on"),
            _port("con-b", "isolated on", "isolated off", "isolated on"),
            _AFRESH,
        ),
    ),
    _across(
        "isolated-ports-known",
        what="The same, while both know each other's MAC addresses.",
        at="host",
        layer="link",
        says=("isolated",),
        change=both(
            changed("con-a", f"ping -c 1 -W 1 {B}", "true", "true"),
            _port("con-a", "isolated on", "isolated off", "isolated on"),
            _port("con-b", "isolated on", "isolated off", "isolated on"),
        ),
    ),
    _across(
        "one-isolated",
        what="One isolated port reaches those that are not: it is answered.",
        change=_port("con-a", "isolated on", "isolated off", "isolated on"),
    ),
    _across(
        "sender-learning",
        what="The port of con-a is learning.",
        at="host",
        layer="link",
        says=("learning",),
        change=both(_port("con-a", "state 2", "state 3", "state learning"), _AFRESH),
    ),
    _across(
        "receiver-learning",
        what="The port of con-b is learning.",
        at="host",
        layer="link",
        says=("learning",),
        change=both(_port("con-b", "state 2", "state 3", "state learning"), _AFRESH),
    ),
    _across(
        "receiver-listening",
        what="The port of con-b is listening, as for half a minute after it came up with spanning tree.",
        at="host",
        layer="link",
        says=("listening",),
        change=_port("con-b", "state 1", "state 3", "state listening"),
    ),
    _across(
        "receiver-disabled",
        what="The port of con-b is disabled.",
        at="host",
        layer="link",
        says=("disabled",),
        change=_port("con-b", "state 0", "state 3", "state disabled"),
    ),
    _across(
        "no-flooding",
        what="The bridge does not flood to con-b's port, and has forgotten where it is: nobody hears the request.",
        at="host",
        layer="link",
        says=("flood",),
        change=both(_port("con-b", "bcast_flood off", "bcast_flood on", "bcast_flood off"), _AFRESH),
    ),
    _across(
        "wrong-table",
        what="The bridge's table has con-b behind con-a's port.",
        at="host",
        layer="link",
        says=("docker0", "fdb"),
        change=changed(
            "host",
            f"bridge fdb replace {_MAC_B} dev {_PORT_A} master static sticky",
            f"bridge fdb show dev {_PORT_A} | grep -q '{_MAC_B}.*static'".replace("'", '"'),
            f"bridge fdb del {_MAC_B} dev {_PORT_A} master",
        ),
    ),
    _across(
        "claimed-by-the-bridge",
        what="The bridge's table has con-b's MAC address as its own.",
        at="host",
        layer="link",
        says=("docker0", "fdb"),
        change=changed(
            "host",
            f"bridge fdb replace {_MAC_B} dev {_PORT_A} master permanent",
            f'bridge fdb show dev {_PORT_A} | grep -q "{_MAC_B}.*permanent"',
            f"bridge fdb del {_MAC_B} dev {_PORT_A} master",
        ),
    ),
    _across(
        "pinned",
        what="con-a has nobody's MAC address for con-b.",
        at="con-a",
        layer="neighbour",
        says=(_NOBODY, B),
        change=neighbour_pinned("con-a", B, _NOBODY),
    ),
    _across(
        "pinned-back",
        what="con-b has nobody's MAC address for con-a.",
        at="con-b",
        layer="neighbour",
        says=(_NOBODY, A),
        change=neighbour_pinned("con-b", A, _NOBODY),
    ),
    _across(
        "asker-without-arp",
        what="con-a's interface takes no part in ARP.",
        at="con-a",
        layer="neighbour",
        says=("eth0", "NOARP"),
        change=changed(
            "con-a",
            "ip link set eth0 arp off; ip neigh flush all",
            "ip link show eth0 | grep -q NOARP",
            "ip link set eth0 arp on",
        ),
    ),
    _across(
        "asked-without-arp",
        what="con-b's interface takes no part in ARP.",
        at="con-b",
        layer="neighbour",
        says=("eth0", "NOARP"),
        change=both(
            changed(
                "con-b", "ip link set eth0 arp off", "ip link show eth0 | grep -q NOARP", "ip link set eth0 arp on"
            ),
            _AFRESH,
        ),
    ),
    _across(
        "asked-ignores",
        what="con-b ignores ARP requests.",
        at="con-b",
        layer="neighbour",
        says=("arp_ignore = 8",),
        change=both(sysctl_within("con-b", "net.ipv4.conf.eth0.arp_ignore", "8", was="0"), _AFRESH),
    ),
    _across(
        "arp-dropped-inside",
        what="con-b drops ARP requests by a rule of its own.",
        at="con-b",
        layer="filter",
        says=("ARP", "rule"),
        change=both(nft_added("con-b", hooked("input", "arp operation request drop"), "arp"), _AFRESH),
    ),
    _across(
        "arp-dropped-on-the-bridge",
        what="The host drops ARP requests on the bridge by a rule.",
        at="host",
        layer="filter",
        says=("ARP",),
        change=both(nft_added("host", hooked("forward", "ether type arp drop"), "bridge"), _AFRESH),
    ),
    _across(
        "arp-replies-dropped",
        what="The host drops ARP replies on the bridge by a rule.",
        at="host",
        layer="filter",
        says=("ARP",),
        change=both(nft_added("host", hooked("forward", "arp operation reply drop"), "bridge"), _AFRESH),
    ),
    _across(
        "bridged-dropped",
        what="A rule of iptables drops what is bridged.",
        at="host",
        layer="filter",
        says=("FORWARD", "icmp"),
        change=rule_added("host", "FORWARD -i docker0 -o docker0 -p icmp -j DROP"),
    ),
    _across(
        "bridged-dropped-by-port",
        what="A rule of the bridge family drops what is bridged.",
        at="host",
        layer="filter",
        says=("icmp", "forward"),
        change=nft_added("host", hooked("forward", "ip protocol icmp drop"), "bridge"),
    ),
    _across(
        "bridge-output",
        what="A rule of the bridge family drops behind the bridge's decision.",
        at="host",
        layer="filter",
        says=("icmp", "postrouting"),
        change=nft_added("host", hooked("postrouting", "icmp type echo-request drop"), "bridge"),
    ),
    _across(
        "answers-dropped-inside",
        what="con-a drops the answers by a rule of its own.",
        at="con-a",
        layer="filter",
        says=("INPUT", "--icmp-type 0"),
        change=rule_added("con-a", "INPUT -p icmp -m icmp --icmp-type 0 -j DROP"),
    ),
    _across(
        "virtual-machines",
        what="FORWARD drops by its policy, and a rule accepts for another bridge alone, as for virtual machines.",
        at="host",
        layer="filter",
        says=("policy",),
        change=both(
            changed(
                "host",
                "iptables-save -t filter >/run/filter.rules; iptables -w -F FORWARD; iptables -w -A FORWARD "
                "-i virbr0 -j ACCEPT; iptables -w -P FORWARD DROP",
                "iptables -w -S FORWARD | grep -q virbr0",
                "iptables-restore </run/filter.rules && rm /run/filter.rules",
            ),
        ),
    ),
    _across(
        "netmask-too-narrow",
        what="con-a's netmask is /32: for it con-b is behind no interface.",
        at="con-a",
        layer="route",
        says=("no route", B),
        change=address_changed("con-a", f"{A}/16", f"{A}/32", then=f"ip route add default via {GATEWAY}"),
    ),
    _across(
        "renumbered",
        what="con-b has another address than before.",
        at="con-b",
        layer="link",
        says=(B,),
        change=both(
            address_changed("con-b", f"{B}/16", "172.17.0.33/16", then=f"ip route add default via {GATEWAY}"), _AFRESH
        ),
    ),
    _across(
        "pings-ignored",
        what="con-b answers no pings.",
        at="con-b",
        layer="route",
        says=("icmp_echo_ignore_all = 1",),
        change=sysctl_within("con-b", "net.ipv4.icmp_echo_ignore_all", "1", was="0"),
    ),
    _across(
        "prohibits-the-way-back",
        what="con-b has a prohibition for con-a.",
        at="con-b",
        layer="route",
        says=("prohibit", A),
        change=changed(
            "con-b", f"ip route add prohibit {A}", "ip route | grep -q prohibit", f"ip route del prohibit {A}"
        ),
    ),
    _across(
        "nobody-listens",
        what="Nobody on con-b listens.",
        target=f"{B}:80",
        at="con-b",
        layer="process",
        says=("80",),
        spares="DROP",
        change=rule_added("host", "FORWARD -s 192.0.2.0/24 -j DROP"),
    ),
    _across(
        "nobody-listens-udp",
        what="Nobody on con-b takes datagrams.",
        target=f"{B}:53",
        proto="udp",
        at="con-b",
        layer="process",
        says=("53",),
        spares="DROP",
        change=rule_added("host", "FORWARD -s 192.0.2.0/24 -j DROP"),
    ),
    _across(
        "listens-elsewhere",
        what="con-b listens on its loopback alone.",
        target=f"{B}:8000",
        at="con-b",
        layer="process",
        says=("127.0.0.1",),
        change=changed(
            "con-b",
            "setsid socat TCP4-LISTEN:8000,bind=127.0.0.1,fork PIPE >/dev/null 2>&1 </dev/null & sleep 0.2",
            "ss -Hlnt | grep -q :8000",
            _ENDED,
        ),
    ),
    _across(
        "listens-on-ipv6",
        what="con-b listens on IPv6 alone.",
        target=f"{B}:8000",
        at="con-b",
        layer="process",
        says=("8000",),
        change=changed(
            "con-b",
            "setsid socat TCP6-LISTEN:8000,ipv6only=1,fork PIPE >/dev/null 2>&1 </dev/null & sleep 0.2",
            "ss -Hlnt | grep -q :8000",
            _ENDED,
        ),
    ),
    _across(
        "narrow-port",
        what="The bridge's port to con-b takes 1200 bytes.",
        size=1400,
        df=True,
        at="host",
        layer="mtu",
        says=("1200",),
        change=mtu_set("host", 1200, was=1500, interface=_PORT_B),
    ),
    _across(
        "narrow-receiver",
        what="con-b takes 1200 bytes.",
        size=1400,
        df=True,
        at="con-b",
        layer="mtu",
        says=("1200",),
        change=mtu_set("con-b", 1200, was=1500),
    ),
    _across(
        "gateway-dropped",
        what="The host drops pings from its bridge.",
        target=GATEWAY,
        at="host",
        layer="filter",
        says=("INPUT", "icmp"),
        change=rule_added("host", "INPUT -i docker0 -p icmp -j DROP"),
    ),
    _across(
        "gateway-ignores-pings",
        what="The host answers no pings.",
        target=GATEWAY,
        at="host",
        layer="route",
        says=("icmp_echo_ignore_all = 1",),
        change=sysctl_set("host", "net.ipv4.icmp_echo_ignore_all", "1", was="0"),
    ),
    _across(
        "answered-beside-others",
        what="A port without anybody, a rule for others, a blackhole: con-b answers.",
        change=both(
            rule_added("host", "FORWARD -s 192.0.2.0/24 -j DROP"),
            changed(
                "host",
                "ip link add spare type veth peer name spare1 && ip link set spare master docker0",
                "bridge link | grep -q spare",
                "ip link del spare",
            ),
        ),
    ),
    _across(
        "host-to-container-down",
        what="con-b is down; the host asks.",
        source="host",
        at="con-b",
        layer="link",
        says=("eth0", "down"),
        change=link_down("con-b", "eth0", f"ip route add default via {GATEWAY}"),
    ),
)
