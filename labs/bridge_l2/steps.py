"""What several claims of bridge-l2 do, kept out of the way of what they claim."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from attrs import frozen

from netproof.facts.packets import Packet
from netproof.lab import observe
from netproof.lab.observe import Capture, Pings
from netproof.lab.running import RunningLab
from netproof.labs.bridge_l2.checks import A, B
from netproof.wait import until

UNRESOLVED = {"INCOMPLETE", "FAILED"}  # states of a neighbour whose MAC is not known
CALL = "net.bridge.bridge-nf-call-iptables"

# FORWARD as it was comes back with all of the table: single rules would lose their order.
SAVE = "iptables-save -t filter >/run/filter.rules"
RESTORE = "iptables-restore </run/filter.rules && rm /run/filter.rules"


def ping(lab: RunningLab) -> Pings:
    """One echo request from con-a to con-b, with time enough for its reply."""
    return observe.ping(lab, "con-a", B, seconds=4)


def ping_in_vain(lab: RunningLab) -> Pings:
    """The same where no reply is expected: over soon."""
    return observe.ping(lab, "con-a", B, seconds=0.8)


def veth_of(lab: RunningLab, container: str) -> str:
    """The end of a container's veth pair that is in the host's namespace."""
    inner = next(link for link in observe.namespace(lab, container).links if link.name == "eth0")
    outer = observe.namespace(lab, "host").links
    return next(link.name for link in outer if link.kind == "veth" and link.index == inner.peer_index)


def master_of(lab: RunningLab, interface: str) -> str:
    """The bridge that an interface of the host is a port of; empty when it is none's."""
    return next(link.master for link in observe.namespace(lab, "host").links if link.name == interface)


@contextmanager
def on_both_veths(lab: RunningLab) -> Iterator[tuple[Capture, Capture]]:
    """Captures of what con-a sends into the bridge, and of what the bridge sends to con-b."""
    with (
        observe.capture(lab, "host", veth_of(lab, "con-a")) as near,
        observe.capture(lab, "host", veth_of(lab, "con-b")) as far,
    ):
        yield near, far


@contextmanager
def on_every_veth(lab: RunningLab, host: str) -> Iterator[list[Capture]]:
    """Captures on all veths that are in a host's namespace."""
    with ExitStack() as stack:
        names = [link.name for link in observe.namespace(lab, host).links if link.kind == "veth"]
        yield [stack.enter_context(observe.capture(lab, host, name)) for name in names]


def echoes(capture: Capture) -> list[Packet]:
    """The echo requests among the frames captured so far."""
    return [packet for packet in capture.packets() if packet.kind == "echo"]


def counted(lab: RunningLab, rule: str) -> int:
    """How often a rule of the host's FORWARD chain has matched."""
    rules = observe.table(lab, "host", "filter").rules
    return next(item.packets for item in rules if (item.chain, item.rule) == ("FORWARD", rule))


def neighbour(lab: RunningLab, name: str, address: str) -> tuple[str, str]:
    """State and MAC of an entry in a neighbour table; both empty when there is none."""
    entries = observe.namespace(lab, name).neighbours
    return next(((entry.state, entry.mac) for entry in entries if entry.address == address), ("", ""))


@frozen
class Unanswered:
    """How a ping went when nobody answers ARP.

    `arp` are the ARP messages between the two, `table` and `listed` what `arp -an` and `ip neigh` show for con-b
    afterwards, `state` is the kernel's state of that neighbour.
    """

    replies: int
    arp: list[Packet]
    table: str
    listed: str
    state: str


def ping_without_answer(lab: RunningLab) -> Unanswered:
    """Ping con-b, which is deaf to ARP, with nothing learned before."""
    tried: list[Unanswered] = []

    def unresolved() -> bool:
        tried.append(_try_without_answer(lab))
        return tried[-1].state in UNRESOLVED

    # For some seconds an engine may announce the address of a new container, from which others learn its MAC.
    until(unresolved, 10)
    return tried[-1]


def _try_without_answer(lab: RunningLab) -> Unanswered:
    lab.run("con-a", "ip neigh flush dev eth0")
    with observe.capture(lab, "con-b", "eth0") as arriving:
        replies = ping_in_vain(lab).replies
        arp = [frame for frame in arriving.frames() if frame.proto == "arp" and {frame.src, frame.dst} == {A, B}]
    table = lab.run("con-a", "arp -an").stdout
    listed = lab.run("con-a", f"ip neigh show {B}").stdout
    return Unanswered(replies, arp, table, listed, neighbour(lab, "con-a", B)[0])


def reverse_path_drops(lab: RunningLab) -> int:
    """Packets the host has refused for their source address, by its kernel's own count."""
    names, values = (line.split() for line in lab.run("host", "grep ^TcpExt: /proc/net/netstat").stdout.splitlines())
    return int(values[names.index("IPReversePathFilter")])
