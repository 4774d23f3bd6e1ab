"""Captures to be written to a file: every frame with all that the kernel knows of it, and what was lost.

Frames leave in bounded pieces, so that a busy interface neither fills this process nor the stream.
"""

from __future__ import annotations

import base64
import errno
import itertools
import select
import socket
import struct
import threading
import time
from typing import Any

from pyroute2 import IPRoute

from . import capture, namespaces, timestamps

_SOL_PACKET = 263
_PACKET_STATISTICS = 6
_PACKET_AUXDATA = 8
_AUXDATA = struct.Struct("=IIIHHHH")  # status, len, snaplen, mac, net, vlan_tci, vlan_tpid
_TAGGED = 0x10  # TP_STATUS_VLAN_VALID
_TPID_KNOWN = 0x40
_DOT1Q = 0x8100
_ADDRESSES = 12  # bytes of a frame before its VLAN tag
_LARGEST = 262_144  # what tcpdump keeps of a packet, too
_PIECE = 1_000_000  # bytes of frames in one answer
_SETTLED = 2_000_000  # ns after which a frame that has its time stamp is in the socket's queue
_ETHERNET = {1, 772}  # ARPHRD_ETHER, ARPHRD_LOOPBACK
_OUTGOING = 4

_numbers = itertools.count(1)
_lock = threading.Lock()


class _Tap:
    """An open capture. On a loopback each packet passes twice; what is sent is left out, as tcpdump does."""

    def __init__(self, place: str, interface: str, program: list[list[int]], hardware: int) -> None:
        # Other links have headers of many kinds, or none: cooked sockets hand out the packet without.
        self.ethernet = hardware in _ETHERNET
        kind = socket.SOCK_RAW if self.ethernet else socket.SOCK_DGRAM
        self.loopback = hardware == 772  # noqa: PLR2004 - ARPHRD_LOOPBACK
        self.socket = capture.open_socket(place, interface, program, kind, aux=True)
        self.seen = 0
        self.dropped = 0

    def count(self) -> None:
        """The kernel's counters since they were last asked for."""
        seen, dropped = struct.unpack("II", self.socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
        self.seen += seen
        self.dropped += dropped


_taps: dict[int, _Tap] = {}


def interfaces(place: str) -> list[dict[str, Any]]:
    """Interfaces of a place: name, kind (`bridge`, `veth`, …; "" for hardware and lo), hardware (ARPHRD number)."""
    namespaces.enter_netns(place)
    with IPRoute() as ip:
        return [_interface(message) for message in ip.get_links()]


def _interface(message: Any) -> dict[str, Any]:
    info = message.get_attr("IFLA_LINKINFO")
    kind = info.get_attr("IFLA_INFO_KIND") if info is not None else ""
    return {"name": message.get_attr("IFLA_IFNAME"), "kind": kind or "", "hardware": message["ifi_type"]}


def start(place: str, interface: str, hardware: int, program: list[list[int]]) -> int:
    """Capture what a classic BPF program accepts (all, when empty) on an interface; returns the tap's number."""
    tap = _Tap(place, interface, program, hardware)
    with _lock:
        number = next(_numbers)
        _taps[number] = tap
    return number


def _receive(tap: _Tap) -> tuple[int, int, int, bytes] | None:
    """(ns since the epoch, packet type, length on the wire, bytes) of the next frame; None when there is none."""
    while True:
        try:
            data, ancillary, _, address = tap.socket.recvmsg(_LARGEST, 256)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno != errno.ENETDOWN:  # told once when the interface goes down; the socket lives on
                raise
            continue
        kind = address[2]
        if not (tap.loopback and kind == _OUTGOING):
            return _described(tap, data, ancillary, kind)


def _described(
    tap: _Tap, data: bytes, ancillary: list[tuple[int, int, bytes]], kind: int
) -> tuple[int, int, int, bytes]:
    length = len(data)
    for level, name, value in ancillary:
        if (level, name) == (_SOL_PACKET, _PACKET_AUXDATA):
            status, length, _, _, _, tci, tpid = _AUXDATA.unpack(value[: _AUXDATA.size])
            if status & _TAGGED and tap.ethernet:  # the kernel keeps the tag beside the frame
                tag = struct.pack(">HH", tpid if status & _TPID_KNOWN else _DOT1Q, tci)
                data = data[:_ADDRESSES] + tag + data[_ADDRESSES:]
                length += len(tag)
    return timestamps.at(ancillary), kind, length, data


def _drain(number: int, room: int) -> tuple[list[list[Any]], int | None]:
    """Frames of a tap up to `room` bytes, and the time of the last one when there may be more."""
    frames: list[list[Any]] = []
    while room > 0:
        found = _receive(_taps[number])
        if found is None:
            return frames, None
        at, kind, length, data = found
        frames.append([number, at, kind, length, base64.b64encode(data).decode()])
        room -= len(data) + 64
    return frames, frames[-1][1]


def _gather(numbers: list[int]) -> dict[str, Any]:
    complete = time.time_ns() - _SETTLED
    frames: list[list[Any]] = []
    more = False
    for number in numbers:
        found, last = _drain(number, _PIECE // len(numbers))
        frames += found
        if last is not None:
            complete = min(complete, last)
            more = True
    # The kernel unbinds a packet socket whose interface goes away for good.
    gone = [number for number in numbers if not _taps[number].socket.getsockname()[0]]
    return {"frames": frames, "complete": complete, "more": more, "gone": gone}


def follow(numbers: list[int], wait: float) -> dict[str, Any]:
    """Frames of some taps, after at most `wait` seconds: {"frames", "complete", "more", "gone"}.

    A frame is [tap, ns since the epoch, packet type, length on the wire, base64]. Up to `complete` (ns) nothing
    earlier can follow. `more` says that not all was taken, `gone` are taps whose interface was removed.
    """
    poll = select.poll()
    for number in numbers:
        poll.register(_taps[number].socket, select.POLLIN)
    poll.poll(wait * 1000)
    return _gather(numbers)


def hold(numbers: list[int]) -> dict[str, list[int]]:
    """Let no more in; what is queued can still be read. Returns {tap: [packets accepted, of them dropped]}."""
    nothing = [[0x06, 0, 0, 0]]  # ret 0
    for number in numbers:
        capture.attach(_taps[number].socket, nothing)
        _taps[number].count()
    return {str(number): [_taps[number].seen, _taps[number].dropped] for number in numbers}


def stop(numbers: list[int]) -> None:
    """The captures are over."""
    with _lock:
        for number in numbers:
            _taps.pop(number).socket.close()
