"""Changes that are in no catalogue: whatever somebody types in any namespace of a lab, `lab diff` shows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from netproof.facts import Flat, compare, flatten, structure
from netproof.fixtures.labs import built
from netproof.lab.observe import drop_empty_tables
from netproof.lab.running import RunningLab
from netproof.wait import until

LAB = "publish"

# (where, what is typed, how it is taken back)
TYPED = [
    ("host", "iptables -A INPUT -s 198.51.100.7 -j DROP", "iptables -D INPUT -s 198.51.100.7 -j DROP"),
    ("host", "iptables -t mangle -A FORWARD -j TTL --ttl-set 9", "iptables -t mangle -D FORWARD -j TTL --ttl-set 9"),
    ("host", "iptables -t raw -A OUTPUT -p udp -j CT --notrack", "iptables -t raw -D OUTPUT -p udp -j CT --notrack"),
    ("host", "iptables -P INPUT DROP", "iptables -P INPUT ACCEPT"),
    ("host", "iptables -N mine", "iptables -X mine"),
    ("host", "ip6tables -I FORWARD -j DROP", "ip6tables -D FORWARD -j DROP"),
    ("host", "nft add table inet mine", "nft delete table inet mine"),
    ("host", "ip addr add 192.0.2.9/24 dev docker0", "ip addr del 192.0.2.9/24 dev docker0"),
    ("host", "ip route add 198.51.100.0/24 via 203.0.113.1", "ip route del 198.51.100.0/24"),
    ("host", "ip route add prohibit 198.51.100.1 table 77", "ip route flush table 77"),
    ("host", "ip rule add from 10.0.0.2 lookup 77", "ip rule del from 10.0.0.2 lookup 77"),
    ("host", "ip link set docker0 mtu 1400", "ip link set docker0 mtu 1500"),
    ("host", "ip link set eth0 promisc on", "ip link set eth0 promisc off"),
    ("host", "ip link add mine type bridge", "ip link del mine"),
    ("host", "tc qdisc add dev eth0 root tbf rate 1mbit burst 10k latency 1s", "tc qdisc del dev eth0 root"),
    ("host", "sysctl -qw net.ipv4.conf.docker0.rp_filter=1", "sysctl -qw net.ipv4.conf.docker0.rp_filter={rp_filter}"),
    ("host", "sysctl -qw net.ipv4.tcp_syncookies=0", "sysctl -qw net.ipv4.tcp_syncookies=1"),
    ("host", "bridge link set dev {port} learning off", "bridge link set dev {port} learning on"),
    ("host", "bridge link set dev {port} isolated on", "bridge link set dev {port} isolated off"),
    (
        "host",
        "bridge fdb add 02:00:00:00:00:99 dev {port} master",
        "bridge fdb del 02:00:00:00:00:99 dev {port} master",
    ),
    (
        "web",
        "ip neigh replace 10.0.0.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent",
        "ip neigh del 10.0.0.1 dev eth0",
    ),
    ("web", "iptables -A OUTPUT -d 203.0.113.1 -j DROP", "iptables -D OUTPUT -d 203.0.113.1 -j DROP"),
    ("web", "ip route add blackhole 203.0.113.0/24", "ip route del blackhole 203.0.113.0/24"),
    ("web", "ip link set lo mtu 1500", "ip link set lo mtu 65536"),
    ("one", "ip link set eth0 mtu 1280", "ip link set eth0 mtu 1500"),
    ("two", "ip addr add 10.0.0.99/24 dev eth0", "ip addr del 10.0.0.99/24 dev eth0"),
    ("client", "ip route add 10.0.0.0/24 via 203.0.113.100", "ip route del 10.0.0.0/24"),
    ("client", "iptables -A INPUT -j DROP", "iptables -D INPUT -j DROP"),
    ("client", "ip link set eth0 address 02:00:00:00:00:77", "ip link set eth0 address {mac}"),
    ("host", "echo 192.0.2.1 stock >>/etc/hosts", "sed '$d' /etc/hosts >/tmp/hosts; cat /tmp/hosts >/etc/hosts"),
    (
        "host",
        "echo options rotate >>/etc/resolv.conf",
        "sed '$d' /etc/resolv.conf >/tmp/resolv; cat /tmp/resolv >/etc/resolv.conf",
    ),
    ("host", "sed -i 's/^hosts:/& dns/' /etc/nsswitch.conf", "sed -i 's/^hosts: dns/hosts:/' /etc/nsswitch.conf"),
    ("host", "sed -i '1i # mine' /etc/gai.conf", "sed -i 1d /etc/gai.conf"),
    (
        "host",
        """sed -i 's/}}$/, "mtu": 1400}}/' /etc/docker/daemon.json""",
        """sed -i 's/, "mtu": 1400}}/}}/' /etc/docker/daemon.json""",
    ),
    ("host", "mv /usr/sbin/ethtool /usr/sbin/mine", "mv /usr/sbin/mine /usr/sbin/ethtool"),
    (
        "host",
        "printf '#!/bin/sh\\nexit 1\\n' >/usr/local/bin/ip; chmod +x /usr/local/bin/ip",
        "rm /usr/local/bin/ip",
    ),
    ("web", "echo 10.0.0.9 two >>/etc/hosts", "sed '$d' /etc/hosts >/tmp/hosts; cat /tmp/hosts >/etc/hosts"),
    ("web", "chmod 600 /etc/resolv.conf", "chmod 644 /etc/resolv.conf"),
    ("web", "mv /usr/sbin/ip /usr/sbin/mine", "mv /usr/sbin/mine /usr/sbin/ip"),
    (
        "host",
        "ip xfrm policy add src 10.0.0.0/24 dst 198.51.100.0/24 dir fwd action block",
        "ip xfrm policy delete src 10.0.0.0/24 dst 198.51.100.0/24 dir fwd",
    ),
    (
        "web",
        "ip xfrm policy add src ::/0 dst 2001:db8::/32 dir out action block",
        "ip xfrm policy delete src ::/0 dst 2001:db8::/32 dir out",
    ),
    (
        "host",
        "ip route add 198.51.100.0/24 via 203.0.113.1 mtu lock 1300 advmss 900 initcwnd 2",
        "ip route del 198.51.100.0/24",
    ),
    (
        "client",
        "ip route change 203.0.113.0/24 dev eth0 src 203.0.113.1 proto kernel scope link mtu lock 600",
        "ip route change 203.0.113.0/24 dev eth0 src 203.0.113.1 proto kernel scope link",
    ),
    (
        "host",
        "ip route add 198.51.100.0/24 nexthop via 203.0.113.1 weight 3 nexthop via 10.0.0.2",
        "ip route del 198.51.100.0/24",
    ),
    ("host", "ip -6 route add 2001:db8::/64 dev eth0 mtu lock 1300", "ip -6 route del 2001:db8::/64 dev eth0"),
    ("host", "ip nexthop add id 5 via 203.0.113.1 dev eth0", "ip nexthop del id 5"),
    ("host", "ip rule add not from 10.0.0.2 ipproto tcp dport 80 lookup 77", "ip rule del lookup 77"),
    ("host", "ip rule add suppress_prefixlength 0 lookup main priority 9", "ip rule del priority 9"),
    (
        "host",
        "ip addr change 203.0.113.101/24 dev eth0 valid_lft 3000 preferred_lft 2000",
        "ip addr change 203.0.113.101/24 dev eth0 valid_lft forever preferred_lft forever",
    ),
    ("client", "ip addr add 2001:db8::9/64 dev eth0 nodad preferred_lft 0", "ip addr del 2001:db8::9/64 dev eth0"),
    ("web", "ip addrlabel add prefix 2001:db8::/32 label 77", "ip addrlabel del prefix 2001:db8::/32 label 77"),
    ("host", "ethtool -K eth0 tso off", "ethtool -K eth0 tso on"),
    ("host", "ip link set docker0 type bridge ageing_time 0", "ip link set docker0 type bridge ageing_time 30000"),
    ("host", "ip link set docker0 type bridge mcast_snooping 0", "ip link set docker0 type bridge mcast_snooping 1"),
    ("host", "ip link set docker0 type bridge group_fwd_mask 8", "ip link set docker0 type bridge group_fwd_mask 0"),
    ("host", "docker update --restart always web", "docker update --restart no web"),
    ("host", "docker update --pids-limit 50 web", "docker update --pids-limit -1 web"),
    ("host", "docker pause two", "docker unpause two"),
]


@pytest.fixture(scope="module")
def lab() -> Iterator[RunningLab]:
    """A lab of this test's own."""
    with built() as labs:
        yield labs.get(LAB)


def facts(lab: RunningLab) -> Flat:
    return flatten(structure(lab.snapshot()))


@pytest.fixture(scope="module")
def words(lab: RunningLab) -> dict[str, str]:
    """What is only known of the running lab: a port of docker0, the client's MAC address."""
    port = lab.run("host", "bridge -o link | grep 'master docker0' | cut -d' ' -f2 | cut -d@ -f1 | head -1").stdout
    mac = lab.run("client", "cat /sys/class/net/eth0/address").stdout
    value = lab.run("host", "sysctl -n net.ipv4.conf.docker0.rp_filter").stdout
    return {"port": port.strip().rstrip(":"), "mac": mac.strip(), "rp_filter": value.strip()}


@pytest.mark.parametrize(("place", "typed", "back"), TYPED, ids=[f"{place}: {typed}" for place, typed, _ in TYPED])
def test_what_is_typed_shows(lab: RunningLab, words: dict[str, str], place: str, typed: str, back: str) -> None:
    """It differs from the state before, at the place where it was typed, and no longer when it is taken back."""
    before = facts(lab)
    done = lab.run(place, typed.format(**words))
    assert done.rc == 0, done.stderr
    found = until(lambda: compare(before, facts(lab)), 5, 0.1)
    undone = lab.run(place, back.format(**words))
    assert undone.rc == 0, undone.stderr
    drop_empty_tables(lab, place)  # as whoever types `iptables -D` need not: they do nothing
    assert any(item.place == place for item in found), found
    assert until(lambda: not compare(before, facts(lab)), 5), compare(before, facts(lab))
