"""What became of a packet by the kernel's own word: it tells that it dropped one, by its address in memory, and why.

An event and a frame belong together when they tell of the same interface, the same direction and the same length within
a short time, the nearest first; from there the packet is followed by its address, until the kernel drops it or hands it
on where no frame of ours was seen: then the address is another packet's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from netproof.walk.diagnosis.drop_reasons import meaning
from netproof.walk.observations import CapturedFrame, KernelEvent, Seen
from netproof.walk.segments import NamespaceHop

_NEAR = 1_000_000  # ns between a frame and its event, where it is sent
_QUEUED = 5_000_000  # where it is received: a frame has its time before it waits for its turn
_DISTINCT = 20_000  # ns: nearer than that, two events are not told apart by their time
_ETHERNET = 14
_UNSAID = {"", "NOT_SPECIFIED"}
_OF_LISTENERS = {"QUEUE_PURGE", "PACKET_SOCK_ERROR"}  # what a capture's own queue held when it ended
_WAITING = ("NEIGH_", "QDISC_", "FQ_", "FRAG_")  # reasons to drop what had waited; all others are found at once
_AT_ONCE = 100_000_000
_ON_THE_WAY = {"filter", "route", "mtu", "neighbour", "link"}


_OF_SOCKETS = {"NO_SOCKET", "SOCKET_FILTER", "SOCKET_RCVBUFF", "SOCKET_BACKLOG", "TCP_LISTEN_OVERFLOW", "PROTO_MEM"}


@frozen
class KernelDrop:
    """That the kernel dropped a packet: where it was seen last, the reason, and the interface it was to leave by."""

    place: str
    reason: str
    at: int
    interface: str = ""

    @property
    def is_told(self) -> bool:
        """Whether the kernel gave a reason."""
        return self.reason not in _UNSAID

    def __str__(self) -> str:
        by = f" on its way out by {self.interface}" if self.interface else ""
        return f"the kernel dropped it in {self.place}{by}, reason {self.reason or 'not told'}"


def is_refused(told: KernelDrop | None) -> bool:
    """Whether a packet came to its end, and no socket there took it."""
    return told is not None and told.reason in _OF_SOCKETS


def fate(seen: Seen, segments: Iterable[NamespaceHop]) -> KernelDrop | None:
    """Whether the kernel dropped this packet after it was last seen; None where it says nothing of that."""
    sightings = sorted(
        (one for segment in segments for one in (*segment.came, *segment.went)), key=lambda one: (one.at, one.order)
    )
    if not sightings:
        return None
    host = seen.places[sightings[-1].place][0]
    events = seen.events.get(host, [])
    own = [one for one in sightings if seen.places[one.place][0] == host]
    known = _matched(events, own)
    found = _after(events, known, own[-1]) if known and known[-1] is not None else None
    there = seen.links.get(own[-1].place, {})
    # Labs that are as many on a machine have interfaces of the same names; one that is not here tells them apart.
    return None if found is not None and there and found.interface and found.interface not in there else found


def _matched(events: Sequence[KernelEvent], sightings: Sequence[CapturedFrame]) -> list[KernelEvent | None]:
    """The event of each sighting; of several that could be it, the one of the packet before, else the nearest."""
    found: list[KernelEvent | None] = []
    for sighting in sightings:
        fitting = [one for one in events if _fits(one, sighting)]
        last = found[-1].skb if found and found[-1] is not None else None
        fitting.sort(key=lambda one: (one.skb != last, abs(one.at - sighting.at)))
        found.append(fitting[0] if fitting and not _is_doubtful(fitting, sighting.at, last) else None)
    return found


def _is_doubtful(fitting: Sequence[KernelEvent], at: int, last: int | None) -> bool:
    """Whether another packet's event is about as near as the nearest, and nothing else tells the two apart."""
    nearest = fitting[0]
    others = [abs(one.at - at) for one in fitting if one.skb != nearest.skb]
    return nearest.skb != last and bool(others) and min(others) < _DISTINCT + 2 * abs(nearest.at - at)


def _fits(event: KernelEvent, sighting: CapturedFrame) -> bool:
    if event.interface != sighting.interface:
        return False
    if sighting.how == "out":
        return event.event == "xmit" and event.length == sighting.length and abs(event.at - sighting.at) < _NEAR
    same = event.event == "receive" and event.length + _ETHERNET == sighting.length
    return same and abs(event.at - sighting.at) < _QUEUED


def _after(
    events: Sequence[KernelEvent], known: Sequence[KernelEvent | None], last: CapturedFrame
) -> KernelDrop | None:
    """The drop that follows on the last event that is known to be of the packet."""
    begin, interface = known[-1], ""
    if begin is None:
        return None
    mine = {id(one) for one in known}
    for event in events:
        if event.skb != begin.skb or event.at < begin.at or id(event) in mine:
            continue
        if event.event == "drop":
            if event.reason in _OF_LISTENERS or _is_late(event, begin):
                return None
            return KernelDrop(last.place, event.reason, event.at, interface)
        if event.event == "queue":
            interface = event.interface
        elif event.event in {"xmit", "receive"}:
            return None
    return None


def _is_late(event: KernelEvent, begin: KernelEvent) -> bool:
    """Whether the address is another packet's by then: what comes in meets rules in the thread that took it."""
    if begin.event == "receive" and event.reason == "NETFILTER_DROP" and event.tid != begin.tid:
        return True
    return event.at - begin.at > _AT_ONCE and not event.reason.startswith(_WAITING)


def unsent(seen: Seen, host: str, tid: int) -> KernelEvent | None:
    """A drop by the asker's own thread of a packet that no interface was ever given."""
    events = seen.events.get(host, []) if tid else []  # without a thread it was not the asker's
    for number, event in enumerate(events):
        why = meaning(event.reason) if event.event == "drop" and event.tid == tid else None
        if why is not None and why.layer in _ON_THE_WAY:
            earlier = [one for one in events[:number] if one.skb == event.skb and event.at - one.at < _NEAR]
            if not earlier:
                return event
    return None
