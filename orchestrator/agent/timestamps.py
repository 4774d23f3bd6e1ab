"""When a packet passed, as the kernel wrote on it: the timestamps of packet sockets.

The kernel starts to write them a while after the first socket has asked for them. What passes before gets its time when
it is read, which says nothing about the order in which things passed. So one socket asks for as long as this process
lives, and nothing is listened to before a packet is seen to have its time. Source: `net_enable_timestamp` and
`sock_recv_timestamp` in the kernel.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

_TIMESTAMPNS = 35  # SO_TIMESTAMPNS
_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_TIMESPEC = struct.Struct("ll")
_LIMIT = 20.0  # seconds; a few milliseconds are usual
_STEP = 0.001

_lock = threading.Lock()
_asking: list[socket.socket] = []
_libc = ctypes.CDLL(None, use_errno=True)


def begin() -> None:
    """Return once the kernel writes times on packets, which it does until this process ends; OSError if it does not."""
    with _lock:
        if not _asking:
            with ThreadPoolExecutor(1) as pool:  # a thread of its own, because leaving a namespace is for good
                asking = pool.submit(_ask).result()
            _wait(asking)
            _asking.append(asking)


def on(listener: socket.socket) -> None:
    """Have a socket's packets come with their times. `begin` is to have returned before."""
    listener.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)


def _ask() -> socket.socket:
    """A socket on the loopback of a namespace that only it is in: nobody's rules or counters meet what it sends."""
    if _libc.unshare(_CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, f"a network namespace to try timestamps in: {os.strerror(number)}")
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    fcntl.ioctl(found, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
    found.bind(("127.0.0.1", 0))
    on(found)
    found.settimeout(_LIMIT)
    return found


def _wait(asking: socket.socket) -> None:
    """Until a packet's time is one at which it was under way, not the one at which it is read."""
    limit = time.monotonic() + _LIMIT
    while time.monotonic() < limit:
        asking.sendto(b"", asking.getsockname())
        sent = time.time_ns()
        if at(asking.recvmsg(1, 64)[1]) <= sent:
            return
        time.sleep(_STEP)
    raise OSError(f"the kernel does not write on packets when they passed, {_LIMIT:.0f} s after it was asked to")


def at(ancillary: list[tuple[int, int, bytes]]) -> int:
    """Nanoseconds since the epoch when a packet passed, by what `recvmsg` says beside it; 0 when that is nothing."""
    for level, name, value in ancillary:
        if (level, name) == (socket.SOL_SOCKET, _TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack(value[: _TIMESPEC.size])
            return int(seconds * 1_000_000_000 + nanoseconds)
    return 0
