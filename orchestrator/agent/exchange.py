"""One exchange of packets, by an asker whose port or identifier is known before anything is sent."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import threading
from typing import Any, NamedTuple

from . import asker_protocols, namespaces, tcp_connect

_RECVERR, _MTU_DISCOVER, _DO = 11, 10, 2
_RECVERR6, _MTU_DISCOVER6 = 25, 23
_SYN_SENT = 2  # TCP_SYN_SENT, the first byte of struct tcp_info

_numbers = itertools.count(1)
_ready: dict[int, tuple[socket.socket, int]] = {}
_asking: dict[int, _Asking] = {}
_lock = threading.Lock()


class _Asking(NamedTuple):
    """An exchange that is under way: its socket, and the thread that asks."""

    asker: socket.socket
    tid: int
    given_up: threading.Event


def _open(proto: str, port: int, *, six: bool) -> socket.socket:
    family = socket.AF_INET6 if six else socket.AF_INET
    if proto == "icmp":
        return socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP)
    found = socket.socket(family, socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(bool(port) and proto == "tcp"))  # after TIME_WAIT
    try:
        found.bind(("", port))
    except OSError:
        found.close()
        raise
    return found


def namespace() -> int:
    """What tells the calling thread's network namespace from others."""
    return os.stat("/proc/thread-self/ns/net").st_ino


def prepare(place: str, proto: str, address: str, port: int = 0) -> dict[str, int]:
    """A socket in a place that is about to ask an address: its number, its port or ICMP identifier, its namespace.

    `port` is the one it asks from, 0 for any. Returns only `errno` where that cannot be had.
    """
    namespaces.enter_netns(place)
    try:
        asker = _open(proto, port, six=":" in address)
    except OSError as error:
        if not port:
            raise
        return {"errno": error.errno or 0}
    mark = int.from_bytes(os.urandom(2), "big") | 1 if proto == "icmp" else int(asker.getsockname()[1])
    with _lock:
        number = next(_numbers)
        _ready[number] = asker, mark
    return {"number": number, "port": mark, "inode": namespace()}


def send(  # noqa: PLR0913, PLR0917 - who is asked, and how
    number: int, proto: str, address: str, port: int, seconds: float, answer: float, size: int, *, df: bool
) -> dict[str, Any]:
    """Ask, and wait `seconds` for a connection and `answer` for an answer; `size` are the bytes that are sent, or more.

    Returns outcome (answered, silent: connected and then nothing, broken off: the answer lacks its end, or as `dial`
    has it), errno, source, the answer's text, and tid: the thread that asked.
    """
    with _lock:
        asker, mark = _ready.pop(number)
        under_way = _asking[number] = _Asking(asker, threading.get_native_id(), threading.Event())
    result: dict[str, Any] = {"outcome": "answered", "errno": "", "source": "", "text": "", "tid": under_way.tid}
    asker.settimeout(seconds)
    try:
        _prepare_errors(asker, df=df)
        asker.connect((address, 0 if proto == "icmp" else port))
        result["source"] = asker.getsockname()[0]
        result["outcome"] = "silent" if proto == "tcp" else "timeout"
        text = _ask(under_way, proto, mark, port, answer, size)
        result |= {"outcome": "answered", "text": text}
    except asker_protocols.BrokenOff as error:
        result |= {"outcome": "broken off", "text": str(error)}
    except TimeoutError:
        if not result["source"]:
            result["outcome"] = "timeout"
    except OSError as error:
        result |= tcp_connect.failure(error)
    with contextlib.suppress(OSError):
        result["source"] = result["source"] or asker.getsockname()[0]
    with _lock:
        del _asking[number]
    asker.close()
    return result | ({"outcome": "timeout", "errno": "ETIMEDOUT"} if under_way.given_up.is_set() else {})


def thread(number: int) -> int:
    """The thread that asks in an exchange; 0 when it has its answer."""
    with _lock:
        found = _asking.get(number)
    return found.tid if found is not None else 0


def give_up(number: int) -> None:
    """End the waiting of an exchange in which nobody has answered yet; else, nothing.

    It ends as if its time had run out, and nothing is sent for that.
    """
    with _lock:
        found = _asking.get(number)
        if found is None or (found.asker.type == socket.SOCK_STREAM and not _is_connecting(found.asker)):
            return
        found.given_up.set()
        if found.asker.type == socket.SOCK_STREAM:
            with contextlib.suppress(OSError):
                found.asker.shutdown(socket.SHUT_RDWR)


def _is_connecting(asker: socket.socket) -> bool:
    """Whether a connection is asked for, and not there: when it is, its answer has its own time."""
    return asker.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == bytes([_SYN_SENT])


def _prepare_errors(asker: socket.socket, *, df: bool) -> None:
    """Have the kernel tell ICMP errors, and forbid fragments if asked to."""
    six = asker.family == socket.AF_INET6
    level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
    asker.setsockopt(level, _RECVERR6 if six else _RECVERR, 1)
    if df:
        asker.setsockopt(level, _MTU_DISCOVER6 if six else _MTU_DISCOVER, _DO)


def _ask(under_way: _Asking, proto: str, mark: int, port: int, seconds: float, size: int) -> str:  # noqa: PLR0913, PLR0917 - as above
    if proto == "icmp":
        return asker_protocols.ping(under_way.asker, mark, seconds, size, under_way.given_up)
    if proto == "udp":
        return asker_protocols.over_udp(under_way.asker, port, seconds, size, under_way.given_up)
    return asker_protocols.over_tcp(under_way.asker, port, seconds, size)


def forget(number: int) -> None:
    """Close a socket that was prepared and is not needed; unknown numbers are fine."""
    with _lock:
        ready = _ready.pop(number, None)
    if ready is not None:
        ready[0].close()
