"""One exchange of packets, by an asker whose port or identifier is known before anything is sent."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import struct
import threading
import time
from typing import Any

from . import dial, places

_RECVERR, _MTU_DISCOVER, _DO = 11, 10, 2
_RECVERR6, _MTU_DISCOVER6 = 25, 23
_ECHO, _ECHO6 = 8, 128
_REPLIES = {0, 129}

_numbers = itertools.count(1)
_ready: dict[int, tuple[socket.socket, int]] = {}
_lock = threading.Lock()


def _open(proto: str, *, six: bool) -> socket.socket:
    family = socket.AF_INET6 if six else socket.AF_INET
    if proto == "icmp":
        return socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP)
    found = socket.socket(family, socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM)
    found.bind(("", 0))
    return found


def namespace() -> int:
    """What tells the calling thread's network namespace from others."""
    return os.stat("/proc/thread-self/ns/net").st_ino


def prepare(place: str, proto: str, address: str) -> dict[str, int]:
    """A socket in a place that is about to ask an address: its number, its port or ICMP identifier, its namespace."""
    places.enter_netns(place)
    asker = _open(proto, six=":" in address)
    mark = int.from_bytes(os.urandom(2), "big") | 1 if proto == "icmp" else int(asker.getsockname()[1])
    with _lock:
        number = next(_numbers)
        _ready[number] = asker, mark
    return {"number": number, "port": mark, "inode": namespace()}


def send(  # noqa: PLR0913, PLR0917 - who is asked, and how
    number: int, proto: str, address: str, port: int, seconds: float, size: int, *, df: bool
) -> dict[str, Any]:
    """Ask, and wait `seconds` for a connection and as long for an answer.

    Returns outcome (answered, silent: connected and then nothing, or as `dial` has it), errno, source, the answer's
    text, and tid: the thread that asked.
    """
    with _lock:
        asker, mark = _ready.pop(number)
    result: dict[str, Any] = {"outcome": "answered", "errno": "", "source": "", "text": ""}
    result["tid"] = threading.get_native_id()
    asker.settimeout(seconds)
    try:
        _prepare_errors(asker, df=df)
        asker.connect((address, 0 if proto == "icmp" else port))
        result["source"] = asker.getsockname()[0]
        result["outcome"] = "silent" if proto == "tcp" else "timeout"
        text = _ask(asker, proto, mark, seconds, size)
        result |= {"outcome": "answered", "text": text}
    except TimeoutError:
        if not result["source"]:
            result["outcome"] = "timeout"
    except OSError as error:
        result |= dial.failure(error)
    with contextlib.suppress(OSError):
        result["source"] = result["source"] or asker.getsockname()[0]
    asker.close()
    return result


def _prepare_errors(asker: socket.socket, *, df: bool) -> None:
    """Have the kernel tell ICMP errors, and forbid fragments if asked to."""
    six = asker.family == socket.AF_INET6
    level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
    asker.setsockopt(level, _RECVERR6 if six else _RECVERR, 1)
    if df:
        asker.setsockopt(level, _MTU_DISCOVER6 if six else _MTU_DISCOVER, _DO)


def _ask(asker: socket.socket, proto: str, mark: int, seconds: float, size: int) -> str:
    if proto == "icmp":
        return _ping(asker, mark, seconds, size)
    asker.sendall(b"GET / HTTP/1.0\r\n\r\n" if proto == "tcp" else b"who calls?")
    answer = asker.recv(65_536)
    if not answer and proto == "tcp":
        raise TimeoutError
    return answer.decode("utf-8", "replace")


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def _ping(asker: socket.socket, mark: int, seconds: float, size: int) -> str:
    six = asker.family == socket.AF_INET6
    data = bytes(size + size % 2)
    head = struct.pack("!BBHHH", _ECHO6 if six else _ECHO, 0, 0, mark, 1)
    asker.send(head[:2] + struct.pack("!H", _checksum(head + data)) + head[4:] + data)
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        asker.settimeout(left)
        answer = asker.recv(65_536)
        reply = answer if six else answer[(answer[0] & 15) * 4 :]
        if reply[0] in _REPLIES and struct.unpack_from("!H", reply, 4)[0] == mark:
            return "echo reply"
    raise TimeoutError


def forget(number: int) -> None:
    """Close a socket that was prepared and is not needed; unknown numbers are fine."""
    with _lock:
        ready = _ready.pop(number, None)
    if ready is not None:
        ready[0].close()
