"""Packets on an interface, from the moment a capture is started.

A packet socket, not tcpdump: once `start` has answered, nothing that passes is missed, and no start-up
has to be waited for. The kernel's buffer holds the frames until they are read.
"""

from __future__ import annotations

import base64
import ctypes
import errno
import itertools
import socket
import struct
import threading
from typing import Any

from . import namespaces, timestamps

_BUFFER = 16 * 1024 * 1024
_SO_RCVBUFFORCE = 33
_ETH_P_ALL = 3
_PACKET_OUTGOING = 4
_SNAP = 65_536
_SO_ATTACH_FILTER = 26
_SOL_PACKET = 263
_PACKET_AUXDATA = 8
_CAUSES = {
    errno.EAFNOSUPPORT: "this kernel has no packet sockets (CONFIG_PACKET)",
    errno.EPERM: "the kernel lets nobody open packet sockets here (CAP_NET_RAW)",
    errno.ENODEV: "there is no interface {interface!r} (any more)",
}

_numbers = itertools.count(1)
_open: dict[int, socket.socket] = {}
_lock = threading.Lock()


def attach(capture: socket.socket, program: list[list[int]]) -> None:
    """Let only through what a classic BPF program ([code, jt, jf, k] each) accepts."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    try:
        capture.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(code))
        )
    except OSError as error:
        raise OSError(f"the kernel does not take the filter: {error.strerror}") from error


def open_socket(
    place: str, interface: str, program: list[list[int]], kind: int = socket.SOCK_RAW, *, aux: bool = False
) -> socket.socket:
    """A packet socket that receives from now on; the filter is there before the first packet is.

    `aux` adds the length on the wire and the VLAN tag to each frame.
    """
    timestamps.begin()
    namespaces.enter_netns(place)
    try:
        capture = socket.socket(socket.AF_PACKET, kind, 0)
        capture.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        timestamps.on(capture)
        if aux:
            capture.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        if program:
            attach(capture, program)
        capture.bind((interface, _ETH_P_ALL))
    except OSError as error:
        if error.errno in _CAUSES:
            raise OSError(_CAUSES[error.errno].format(interface=interface)) from error
        raise
    capture.setblocking(False)  # noqa: FBT003 - the socket API's own shape
    return capture


def start(place: str, interface: str) -> int:
    """Capture everything on an interface of a place; returns the capture's number."""
    capture = open_socket(place, interface, [])
    with _lock:
        number = next(_numbers)
        _open[number] = capture
    return number


def _frame(data: bytes, ancillary: list[tuple[int, int, bytes]], kind: int) -> dict[str, Any]:
    seconds = timestamps.at(ancillary) / 1e9
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
