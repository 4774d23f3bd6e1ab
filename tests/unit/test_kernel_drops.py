"""What became of a packet by the kernel's own word, followed by its address in memory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from netproof.facts.packets import Packet
from netproof.walk.diagnosis.arp_silence import is_anothers
from netproof.walk.diagnosis.kernel_drops import KernelDrop, fate, is_refused, unsent
from netproof.walk.observations import CapturedFrame, KernelEvent, Seen
from netproof.walk.segments import NamespaceHop

_MS = 1_000_000
_BEGIN = 1_700_000_000 * 1_000 * _MS
PACKET = Packet(
    at=0.0, out=True, proto="tcp", src="10.0.0.2", dst="203.0.113.1", sport=40000, dport=80, flags="SYN", size=60
)


def sighting(at: int, place: str, interface: str, how: str) -> CapturedFrame:
    return CapturedFrame(_BEGIN + at, 0, place, interface, how, PACKET, 74)


def passed(at: int, kind: str, skb: int, interface: str) -> KernelEvent:
    length = 60 if kind == "receive" else 74
    return KernelEvent(event=kind, at=_BEGIN + at, tid=7, skb=skb, interface=interface, length=length)


def drop(at: int, skb: int, reason: str, tid: int = 7) -> KernelEvent:
    return KernelEvent(event="drop", at=_BEGIN + at, tid=tid, skb=skb, reason=reason, protocol=2048)


def told(
    *events: KernelEvent, came: tuple[int, str] = (10_000, "eth0"), links: tuple[str, ...] = ()
) -> KernelDrop | None:
    """The fate of a packet that client sent and host received by `came`."""
    out, got = sighting(0, "client", "eth0", "out"), sighting(came[0], "host", came[1], "host")
    seen = Seen(places={"client": ("host", "container:client"), "host": ("host", "host")}, events={"host": [*events]})
    about: Any = None
    seen.links["host"] = dict.fromkeys(links, about)
    return fate(seen, [NamespaceHop("client", went=[out]), NamespaceHop("host", came=[got])])


def test_the_reason_is_that_of_the_packet_that_was_seen_last() -> None:
    """From the frame to its event, and by the address to the drop: place and reason are the packet's."""
    found = told(
        passed(-1000, "xmit", 0xA, "eth0"), passed(11_000, "receive", 0xA, "eth0"), drop(15_000, 0xA, "IP_RPFILTER")
    )
    assert found is not None
    assert (found.place, found.reason, found.is_told) == ("host", "IP_RPFILTER", True)
    assert str(found) == "the kernel dropped it in host, reason IP_RPFILTER"


def test_a_drop_of_another_packet_is_not_its_own() -> None:
    """Events are those of the whole machine: another address, another interface or another length is another packet."""
    mine = passed(11_000, "receive", 0xA, "eth0")
    assert told(mine, drop(15_000, 0xB, "NO_SOCKET")) is None
    assert told(passed(11_000, "receive", 0xA, "eth1"), drop(15_000, 0xA, "NO_SOCKET")) is None
    longer = KernelEvent(event="receive", at=_BEGIN + 11_000, tid=7, skb=0xA, interface="eth0", length=1500)
    assert told(longer, drop(15_000, 0xA, "NO_SOCKET")) is None


def test_a_rules_drop_in_another_thread_is_another_packets() -> None:
    """What comes in meets rules in the thread that took it; by then the address may be that of a relay's question."""
    mine = passed(11_000, "receive", 0xA, "eth0")
    assert told(mine, drop(15_000, 0xA, "NETFILTER_DROP", tid=8)) is None
    found = told(mine, drop(15_000, 0xA, "NETFILTER_DROP"))
    assert found is not None
    assert found.reason == "NETFILTER_DROP"


def test_of_several_that_fit_the_nearest_is_taken() -> None:
    """Interfaces of one name are many on a machine; the time tells them apart."""
    found = told(
        passed(900_000, "receive", 0xB, "eth0"),
        passed(11_000, "receive", 0xA, "eth0"),
        drop(15_000, 0xA, "NO_SOCKET"),
        drop(950_000, 0xB, "XFRM_POLICY"),
    )
    assert found is not None
    assert found.reason == "NO_SOCKET"


def test_of_two_that_are_equally_near_none_is_taken() -> None:
    """Two labs at once: nothing tells whose packet was dropped, so the kernel is not quoted."""
    mine, other = passed(11_000, "receive", 0xA, "eth0"), passed(13_000, "receive", 0xB, "eth0")
    assert told(mine, other, drop(15_000, 0xA, "NO_SOCKET")) is None
    continued = told(passed(-1000, "xmit", 0xA, "eth0"), mine, other, drop(15_000, 0xA, "NO_SOCKET"))
    assert continued is not None


def test_a_packet_of_an_interface_that_is_not_there_is_another_one() -> None:
    """Interfaces of other labs have the same names, but not all of them."""
    mine, bound = passed(11_000, "receive", 0xA, "eth0"), passed(12_000, "queue", 0xA, "br-0123456789ab")
    dropped = drop(15_000, 0xA, "QDISC_DROP")
    assert told(mine, bound, dropped) is not None
    assert told(mine, bound, dropped, links=("eth0", "docker0")) is None
    assert told(mine, bound, dropped, links=("eth0", "br-0123456789ab")) is not None


def test_the_address_is_another_packets_once_it_was_handed_on_unseen() -> None:
    """Memory is used again: what is received at an interface where nothing of ours was seen is another packet."""
    events = passed(11_000, "receive", 0xA, "eth0"), passed(20_000, "receive", 0xA, "veth9"), drop(21_000, 0xA, "XDP")
    assert told(*events) is None


@pytest.mark.parametrize("reason", ["QUEUE_PURGE", "PACKET_SOCK_ERROR"])
def test_the_end_of_a_capture_is_nobodys_drop(reason: str) -> None:
    """What a listener's own queue held when it was closed was delivered to everybody else."""
    assert told(passed(11_000, "receive", 0xA, "eth0"), drop(15_000, 0xA, reason)) is None


def test_only_what_waits_is_dropped_late() -> None:
    """A packet waits for its neighbour's MAC address; all else is dropped at once, or it is another packet's drop."""
    received = passed(11_000, "receive", 0xA, "eth0")
    late = 3_000 * _MS
    assert told(received, drop(late, 0xA, "NO_SOCKET")) is None
    found = told(received, drop(late, 0xA, "NEIGH_FAILED"))
    assert found is not None
    assert found.reason == "NEIGH_FAILED"


def test_the_way_out_is_named_where_it_had_one() -> None:
    """A packet that was queued for an interface, and that no frame shows there, was dropped on its way out."""
    received, queued = passed(11_000, "receive", 0xA, "eth0"), passed(14_000, "queue", 0xA, "eth1")
    found = told(received, queued, drop(15_000, 0xA, "TC_EGRESS"))
    assert found is not None
    assert str(found) == "the kernel dropped it in host on its way out by eth1, reason TC_EGRESS"


def test_a_drop_without_a_reason_says_so() -> None:
    """NOT_SPECIFIED is no reason."""
    found = told(passed(11_000, "receive", 0xA, "eth0"), drop(15_000, 0xA, "NOT_SPECIFIED"))
    assert found is not None
    assert not found.is_told


def test_what_the_asker_itself_could_not_send_is_found_by_its_thread() -> None:
    """No interface ever had it: its thread tells whose it was; a thread that is not known tells nothing."""
    seen = Seen(events={"host": [drop(5_000, 0xC, "XFRM_POLICY", tid=42)]})
    found = unsent(seen, "host", 42)
    assert found is not None
    assert found.reason == "XFRM_POLICY"
    assert unsent(seen, "host", 43) is None
    assert unsent(Seen(events={"host": [drop(5_000, 0xC, "XFRM_POLICY", tid=0)]}), "host", 0) is None


def test_what_was_sent_is_not_unsent() -> None:
    """The same thread also takes in what comes back: that had an interface."""
    events = [passed(4_000, "receive", 0xC, "eth0"), drop(5_000, 0xC, "NETFILTER_DROP", tid=7)]
    assert unsent(Seen(events={"host": events}), "host", 7) is None


@pytest.mark.parametrize("reason", ["NO_SOCKET", "SOCKET_FILTER", "SOCKET_RCVBUFF"])
def test_what_a_socket_refused_was_not_taken(reason: str) -> None:
    """A datagram that a socket's filter or buffer did not take came to its end, and nobody got it."""
    assert is_refused(KernelDrop("web", reason, 0))
    assert not is_refused(KernelDrop("web", "NETFILTER_DROP", 0))
    assert not is_refused(None)


@pytest.mark.parametrize(
    ("goes", "master", "another"), [("docker0", "", True), ("docker0", "br0", False), ("", "", False)]
)
def test_only_a_bridge_passes_a_request_on(goes: str, master: str, another: bool) -> None:  # noqa: FBT001 - a table
    """A request that came by no port of a bridge was on no way out: what was dropped there has its address since."""
    link: Any = SimpleNamespace(master=master)
    assert is_anothers(KernelDrop("host", "QDISC_DROP", _BEGIN, goes), link) is another
