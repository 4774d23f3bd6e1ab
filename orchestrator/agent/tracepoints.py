"""What the kernel itself says of packets: where it handed one on, that it dropped one and why, what errors it sent.

Events are those of the whole machine, and name a packet only by its address in memory. So they leave here only as far
as a packet that was captured has such an address for a while; drops, errors and resets are few and leave all.
"""

from __future__ import annotations

import bisect
import socket
from collections.abc import Iterable
from typing import Any

from . import perf_events, tracefs

_PROTOCOLS = " || ".join(f"protocol == {number}" for number in (0x0800, 0x86DD, 0x0806))
# Tracepoint, what it is called here, and the kernel's own filter.
_EVENTS = (
    ("skb/kfree_skb", "drop", _PROTOCOLS),
    ("net/net_dev_queue", "queue", ""),
    ("net/net_dev_start_xmit", "xmit", ""),
    ("net/netif_receive_skb", "receive", ""),
    ("icmp/icmp_send", "icmp", ""),
    ("tcp/tcp_send_reset", "reset", ""),
)
_PASSING = {"queue", "xmit", "receive"}  # of which an interface is told
_NEAR = 5_000_000  # ns between an interface's event and the time that its frame has, at most
_ETHERNET = 14
_MOST = 5_000  # events of one kind


class Tracepoints:
    """A recording of these events from its making on. OSError where the kernel does not let it."""

    def __init__(self) -> None:
        found = tracefs.Tracefs()
        try:
            known = [(tracefs.layout(found, name), kind, words) for name, kind, words in _EVENTS]
        finally:
            found.close()
        self._layouts = {one.number: (one, kind) for one, kind, _ in known if one is not None}
        self.missing = _missing([one for one, _ in self._layouts.values()])
        self._recorder = perf_events.Recorder({one.number: words for one, _, words in known if one is not None})

    def close(self, frames: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """What was recorded that can be of these frames, in order of time: event, at, tid, skb, and what it tells."""
        samples = self._recorder.samples()
        if self._recorder.lost:
            self.missing.append(f"{self._recorder.lost} of the kernel's events, which came faster than they were kept")
        self._recorder.close()
        return _concerning([one for sample in samples if (one := self._decode(sample)) is not None], frames)

    def dropped(self, frames: list[dict[str, Any]], tid: int) -> bool:
        """Whether the kernel has dropped one of these frames up to now, or what a thread (0: none) sent."""
        samples = self._recorder.samples()
        drops = [self._decode(one) for one in samples if self._kind(one) == "drop"]
        if any(tid and one["tid"] == tid for one in drops if one is not None):
            return True
        dropped = {one["skb"] for one in drops if one is not None}
        passed = [
            one
            for sample in samples
            if self._kind(sample) in _PASSING and (one := self._decode(sample)) is not None and one["skb"] in dropped
        ]
        return any("interface" in one for one in _concerning(passed, frames))

    def _kind(self, sample: perf_events.Sample) -> str:
        return self._layouts.get(int.from_bytes(sample.raw[:2], "little"), (None, ""))[1]

    def abandon(self) -> None:
        """End the recording; nobody wants it."""
        self._recorder.close()

    def _decode(self, sample: perf_events.Sample) -> dict[str, Any] | None:
        number = int.from_bytes(sample.raw[:2], "little")
        if number not in self._layouts:
            return None
        layout, kind = self._layouts[number]
        common = {"event": kind, "at": sample.at, "tid": sample.tid, "skb": layout.get(sample.raw, "skbaddr")}
        return common | _DECODERS[kind](layout, sample.raw)


def _missing(layouts: list[tracefs.Layout]) -> list[str]:
    drop = next((one for one in layouts if one.name == "skb/kfree_skb"), None)
    if drop is not None and "reason" in drop:
        return []
    return ["the kernel's reasons for drops, which it tells from 5.17 on"]


def _drop(layout: tracefs.Layout, raw: bytes) -> dict[str, Any]:
    reason = layout.get(raw, "reason")
    name = layout.values.get(reason, str(reason)) if reason is not None else ""
    return {"reason": name, "protocol": layout.get(raw, "protocol")}


def _passed(layout: tracefs.Layout, raw: bytes) -> dict[str, Any]:
    return {"interface": layout.get(raw, "name"), "length": layout.get(raw, "len")}


def _icmp(layout: tracefs.Layout, raw: bytes) -> dict[str, Any]:
    """The error, and the ends of the packet that it is about."""
    return {
        "type": layout.get(raw, "type"),
        "code": layout.get(raw, "code"),
        "source": socket.inet_ntoa(layout.get(raw, "saddr")),
        "target": socket.inet_ntoa(layout.get(raw, "daddr")),
        "sport": layout.get(raw, "sport"),
        "dport": layout.get(raw, "dport"),
    }


def _reset(layout: tracefs.Layout, raw: bytes) -> dict[str, Any]:
    """The ends of the reset, and why it was sent."""
    reason = layout.get(raw, "reason")
    (source, sport), (target, dport) = (
        _end(layout, raw, *fields) for fields in (("saddr", "sport"), ("daddr", "dport"))
    )
    ends = {"source": source, "target": target, "sport": sport, "dport": dport}
    return {"reason": layout.values.get(reason, "") if reason is not None else "", **ends}


def _end(layout: tracefs.Layout, raw: bytes, address: str, port: str) -> tuple[str, int]:
    """Address and port: of a sockaddr, or, up to 6.9, of fields of their own."""
    found = layout.get(raw, address)
    if port in layout:
        return socket.inet_ntoa(found), layout.get(raw, port)
    family, number = int.from_bytes(found[:2], "little"), int.from_bytes(found[2:4], "big")
    if family == socket.AF_INET:
        return socket.inet_ntoa(found[4:8]), number
    return (socket.inet_ntop(socket.AF_INET6, found[8:24]), number) if family == socket.AF_INET6 else ("", 0)


_DECODERS = {"drop": _drop, "queue": _passed, "xmit": _passed, "receive": _passed, "icmp": _icmp, "reset": _reset}


def _concerning(events: list[dict[str, Any]], frames: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what no captured frame can have been."""
    times: dict[tuple[str, int], list[int]] = {}
    for frame in frames:
        times.setdefault((frame["interface"], frame["length"]), []).append(frame["at"])
    for known in times.values():
        known.sort()
    ours = {one["skb"] for one in events if "interface" in one and _is_near(times, one)}
    kept: dict[str, int] = {}
    found = []
    for one in events:
        if "interface" not in one or one["skb"] in ours:
            kept[one["event"]] = kept.get(one["event"], 0) + 1
            if kept[one["event"]] <= _MOST:
                found.append(one)
    return found


def _is_near(times: dict[tuple[str, int], list[int]], one: dict[str, Any]) -> bool:
    length = one["length"] + (_ETHERNET if one["event"] == "receive" else 0)
    known = times.get((one["interface"], length), [])
    at = bisect.bisect_left(known, one["at"] - _NEAR)
    return at < len(known) and known[at] <= one["at"] + _NEAR
