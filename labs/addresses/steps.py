"""What several claims of addresses do, kept out of the way of what they claim."""

from __future__ import annotations

import json

from attrs import frozen

from netproof.facts.model import Link
from netproof.facts.packets import Packet
from netproof.fixtures.changes import Change
from netproof.lab.running import RunningLab

# An engine that has never made a network, sharing nothing with the lab's but containerd. Prints the subnets of docker0
# and of networks, in the order of their creation, and leaves nothing behind.
_NEW_ENGINE = """
dir=$(mktemp -d /run/new.XXXXXX); cat >$dir/daemon.json
ip link add lan type bridge; ip address add {used} dev lan; ip link set lan up
dockerd --config-file $dir/daemon.json --data-root $dir/data --exec-root $dir/exec \
  --pidfile $dir/pid --host unix://$dir/sock --storage-driver vfs --containerd /run/containerd/containerd.sock \
  --containerd-namespace new --containerd-plugins-namespace new-plugins >$dir/log 2>&1 &
engine=$!
while kill -0 $engine && ! curl -sf --unix-socket $dir/sock http://engine/_ping; do sleep 0.02; done >/dev/null
names=bridge
for n in $(seq 2 {count}); do
  docker -H unix://$dir/sock network create pool$n >/dev/null && names="$names pool$n"
done
docker -H unix://$dir/sock network inspect --format '{{{{range .IPAM.Config}}}}{{{{.Subnet}}}}{{{{end}}}}' $names
kill $engine; wait $engine
rm -rf $dir
"""
BROADCAST = "ff:ff:ff:ff:ff:ff"


@frozen
class Place:
    """Where a container is on the network static."""

    address: str
    mac: str


def place_of(lab: RunningLab, name: str) -> Place:
    """The address and MAC address of a running container on static, as its own namespace has them."""
    process = lab.engine("host").api.inspect_container(name)["State"]["Pid"]
    listing = lab.run("host", f"nsenter -t {process} -n ip -j -4 address show dev eth0").stdout
    mac = lab.run("host", f"nsenter -t {process} -n ip -j link show dev eth0").stdout
    return Place(json.loads(listing)[0]["addr_info"][0]["local"], json.loads(mac)[0]["address"])


def subnets_of_a_new_engine(lab: RunningLab, settings: str, used: str, count: int) -> list[str]:
    """The subnets of docker0 and of networks made after it, `count` in all, where the host has the address `used`."""
    script = _NEW_ENGINE.format(used=used, count=count)
    result = lab.run("host", ["unshare", "--net", "sh", "-c", script], stdin=settings, limit=60)
    return result.stdout.split()


def stop(change: Change, *names: str) -> None:
    """Stop containers that a test made; they are not started again."""
    change.run("host", f"docker stop -t 0 {' '.join(names)}", "true")


def start(change: Change, *names: str) -> None:
    """Start them again."""
    change.run("host", f"docker start {' '.join(names)}", "true")


def is_gratuitous(packet: Packet, address: str) -> bool:
    """Whether a frame tells everybody who has an address without having been asked (RFC 5227: an announcement)."""
    return packet.proto == "arp" and packet.dmac == BROADCAST and packet.src == packet.dst == address


def link_named(links: list[Link], name: str) -> Link:
    """The interface of this name."""
    found = [link for link in links if link.name == name]
    assert found, f"there is no {name}, there are {', '.join(link.name for link in links)}"
    return found[0]
