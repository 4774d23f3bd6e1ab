"""Packets on an interface, from the moment a capture is started.

A packet socket, not tcpdump: once `start` has answered, nothing that passes is missed, and no start-up
has to be waited for. The kernel's buffer holds the frames until they are read.
"""

from __future__ import annotations

import base64
import errno
import itertools
import socket
import struct
import threading
from typing import Any

from . import places

_BUFFER = 16 * 1024 * 1024
_SO_RCVBUFFORCE = 33
_SO_TIMESTAMPNS = 35
_ETH_P_ALL = 3
_PACKET_OUTGOING = 4
_SNAP = 65_536

_numbers = itertools.count(1)
_open: dict[int, socket.socket] = {}
_lock = threading.Lock()


def start(place: str, interface: str) -> int:
    """Capture everything on an interface of a place; returns the capture's number."""
    places.enter_netns(place)
    capture = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    capture.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    capture.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    capture.bind((interface, _ETH_P_ALL))
    capture.setblocking(False)  # noqa: FBT003 - the socket API's own shape
    with _lock:
        number = next(_numbers)
        _open[number] = capture
    return number


def _frame(data: bytes, ancillary: list[tuple[int, int, bytes]], kind: int) -> dict[str, Any]:
    seconds = 0.0
    for level, name, value in ancillary:
        if level == socket.SOL_SOCKET and name == _SO_TIMESTAMPNS:
            whole, nano = struct.unpack("ll", value[:16])
            seconds = whole + nano / 1e9
    return {"at": seconds, "out": kind == _PACKET_OUTGOING, "data": base64.b64encode(data).decode()}


def read(number: int) -> list[dict[str, Any]]:
    """Frames that arrived since the last reading: at (epoch seconds), out (sent by this host), data (base64)."""
    capture = _open[number]
    frames: list[dict[str, Any]] = []
    while True:
        try:
            data, ancillary, _, address = capture.recvmsg(_SNAP, 64)
        except BlockingIOError:
            return frames
        except OSError as error:
            if error.errno != errno.ENETDOWN:  # reported once when the interface goes down; the socket lives on
                raise
            continue
        frames.append(_frame(data, ancillary, address[2]))


def stop(number: int) -> list[dict[str, Any]]:
    """The frames not read yet; the capture is over."""
    frames = read(number)
    with _lock:
        _open.pop(number).close()
    return frames
