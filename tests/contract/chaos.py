"""Changes at random: of every kind that a snapshot has, and of some that it cannot know. A seed gives the same ones."""

from __future__ import annotations

import random
from collections.abc import Iterator

from attrs import frozen

from netproof.model import Lab

_FILE = "echo '{text}' >>{path}"
_ANYWHERE = (
    "ip route add blackhole 198.51.100.{n}/32",
    "ip route replace default via 192.0.2.254 onlink dev eth0",
    "ip route del default",
    "ip route add 198.51.100.{n}/32 dev eth0 mtu lock 600 advmss 500",
    "ip -6 route add 2001:db8:{n}::/64 dev eth0",
    "ip addr add 198.51.100.{n}/32 dev eth0",
    "ip addr add 198.51.100.{n}/32 dev eth0 valid_lft 3000 preferred_lft 1000",
    "ip addr add 2001:db8::{n}/64 dev eth0 nodad",
    "ip addr flush dev eth0 scope global",
    "ip link set eth0 mtu 1{n3}",
    "ip link set eth0 down",
    "ip link set eth0 address 02:00:00:00:00:{n2}",
    "ip link add mine{n} type bridge",
    "ip neigh replace 198.51.100.{n} lladdr 02:00:00:00:00:{n2} dev eth0 nud permanent",
    "ip rule add from 198.51.100.{n} lookup 77",
    "ip rule add not to 198.51.100.{n} ipproto udp unreachable",
    "ip addrlabel add prefix 2001:db8:{n}::/48 label {n}",
    "ip xfrm policy add src 0.0.0.0/0 dst 198.51.100.{n}/32 dir out action block",
    "ip nexthop add id {n} blackhole",
    "iptables -A INPUT -p tcp -j DROP",
    "iptables -I OUTPUT -d 198.51.100.{n} -j DROP",
    "iptables -t raw -A OUTPUT -p udp -j DROP",
    "iptables -t mangle -A PREROUTING -j TTL --ttl-set 3",
    "iptables -P OUTPUT DROP",
    "iptables -N mine{n}",
    "ip6tables -A INPUT -j DROP",
    "nft add table inet mine{n}",
    "nft 'add table inet own; add chain inet own in {{ type filter hook input priority 0; policy drop; }}'",
    "tc qdisc add dev eth0 root tbf rate 8kbit burst 1k latency 1s",
    "echo 0 >/proc/sys/net/ipv4/ip_forward",
    "echo {n} >/proc/sys/net/ipv4/ip_default_ttl",
    "echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all",
    "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6",
    "conntrack -F",
)
_IN_CONTAINERS = (
    "echo 198.51.100.{n} stock >>/etc/hosts",
    "echo nameserver 198.51.100.{n} >/etc/resolv.conf",
    "rm -f /etc/nsswitch.conf",
    "mv /usr/sbin/ip /usr/sbin/ip.away",
    "chmod 000 /etc/resolv.conf",
    "touch /tmp/mine",
    "kill -STOP -1",
    "kill -9 -1",
)
_ON_HOSTS = (
    "iptables -F",
    "iptables -t nat -F",
    "iptables -D FORWARD 1",
    "iptables -P FORWARD DROP",
    "nft flush ruleset",
    "ethtool -K eth0 tso off gso off",
    "ip link set docker0 type bridge ageing_time 0",
    "ip link set docker0 down",
    "ip link del docker0",
    "bridge fdb add 02:00:00:00:00:{n2} dev eth0 self permanent",
    "echo 198.51.100.{n} registry >>/etc/hosts",
    "echo options rotate >>/etc/resolv.conf",
    "echo '{{}}' >/etc/docker/daemon.json",
    "rm -f /etc/nsswitch.conf",
    "mv /usr/sbin/ip /usr/sbin/ip.away",
    "mv /usr/sbin/nft /usr/sbin/nft.away",
    "ln -sf /bin/true /usr/local/sbin/iptables",
    "docker run -d --name stranger{n} netproof/node sleep infinity",
    "docker network create strange{n}",
    "docker network prune -f",
    "docker rmi -f netproof/node",
    "for net in $(docker network ls -q); do docker network rm $net; done",
    "pkill -9 dockerd",
    "pkill -STOP dockerd",
    "pkill -9 containerd",
    "pkill -f 'serve '",
    "ip -all netns delete",
)
_OF_CONTAINERS = (
    "docker stop -t 0 {c}",
    "docker kill {c}",
    "docker restart -t 0 {c}",
    "docker pause {c}",
    "docker rm -f {c}",
    "docker rename {c} {c}-{n}",
    "docker update --restart always --pids-limit 40 {c}",
    "docker network disconnect -f $(docker network ls -qf name={net}) {c}",
)


@frozen
class Deed:
    """A shell command in a host or node."""

    at: str
    run: str


def deeds(lab: Lab, seed: int, count: int = 20) -> Iterator[Deed]:
    """`count` changes of a lab; every kind has the same chance, so that a container seldom outlives the first few."""
    chance = random.Random(seed)  # noqa: S311 - chaos that can be repeated, no secret
    hosts = [host.name for host in lab.hosts]
    containers = [(node.name, node.on) for node in lab.containers]
    nodes = [node.name for node in lab.nodes]
    networks = [network.name for network in lab.networks] or ["bridge"]
    kinds = [*((_ANYWHERE, each) for each in _ANYWHERE), *((_IN_CONTAINERS, each) for each in _IN_CONTAINERS)]
    kinds += [*((_ON_HOSTS, each) for each in _ON_HOSTS), *((_OF_CONTAINERS, each) for each in _OF_CONTAINERS)]
    for group, text in chance.sample(kinds, count):
        number = chance.randrange(10, 90)
        name, on = chance.choice(containers)
        at = {_ANYWHERE: chance.choice(nodes + hosts), _IN_CONTAINERS: name, _ON_HOSTS: chance.choice(hosts)}
        run = text.format(n=number, n2=number, n3=f"{number}0"[:3], c=name, net=chance.choice(networks))
        yield Deed(at.get(group, on), run)
