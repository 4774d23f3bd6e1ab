"""What an asker says once it is connected, and when it has heard enough: HTTP, DNS on port 53, or a ping."""

from __future__ import annotations

import os
import re
import socket
import struct
import threading
import time
from contextlib import suppress

_DNS = 53
_SLICE = 0.1  # seconds after which is looked whether waiting was given up: nothing wakes such a socket
_ECHO, _ECHO6 = 8, 128
_REPLIES = {0, 129}
_MSS = 2  # TCP_MAXSEG
_LINE = 900  # bytes of a header that pads a request: servers limit lines more than they limit requests
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_RCODES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")


class BrokenOff(TimeoutError):
    """An answer began, and did not come to its end."""


def over_tcp(asker: socket.socket, port: int, seconds: float, size: int) -> str:
    """Ask over a connection: a DNS server for the root's name servers, anybody else for `/` in `size` bytes.

    Raises TimeoutError where nobody answers, BrokenOff where an HTTP answer lacks its end.
    """
    asker.settimeout(seconds)
    if port == _DNS:
        question = _question(size)
        _say(asker, struct.pack("!H", len(question)) + question)
        return _dns(_some(asker)[2:])
    _say(asker, _request(size))
    return _whole(asker, seconds).decode("utf-8", "replace")


def over_udp(asker: socket.socket, port: int, seconds: float, size: int, given_up: threading.Event) -> str:
    """Ask in one datagram of at least `size` bytes, and wait until `seconds` are over or `given_up` is set."""
    if port != _DNS:
        asker.send(b"who calls?".ljust(size, b"."))
        return _datagram(asker, seconds, given_up).decode("utf-8", "replace")
    asker.send(_question(size))
    return _dns(_datagram(asker, seconds, given_up))


def _datagram(asker: socket.socket, seconds: float, given_up: threading.Event) -> bytes:
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0 and not given_up.is_set():
        asker.settimeout(min(left, _SLICE))
        with suppress(TimeoutError):
            return asker.recv(65_536)
    raise TimeoutError


def _say(asker: socket.socket, data: bytes) -> None:
    """Send, beginning with one segment alone: the kernel joins those that it sends together, and captures show that."""
    first = asker.getsockopt(socket.IPPROTO_TCP, _MSS)
    asker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    asker.sendall(data[:first])
    asker.sendall(data[first:])


def _request(size: int) -> bytes:
    head, end = b"GET / HTTP/1.0\r\n", b"\r\n"
    lines = []
    left = size - len(head) - len(end)
    while left > 0:
        line = b"X-Padding: ".ljust(max(min(left, _LINE) - 2, 12), b".") + b"\r\n"
        lines.append(line)
        left -= len(line)
    return head + b"".join(lines) + end


def _some(asker: socket.socket) -> bytes:
    answer = asker.recv(65_536)
    if not answer:
        raise TimeoutError
    return answer


def _whole(asker: socket.socket, seconds: float) -> bytes:
    """An answer; where it is HTTP, to its end."""
    answer = _some(asker)
    deadline = time.monotonic() + 4 * seconds
    while answer.startswith(b"HTTP/") and not _is_complete(answer):
        try:
            more = asker.recv(65_536)
        except TimeoutError:
            raise BrokenOff(_so_far(answer)) from None
        answer += more
        if not more or time.monotonic() > deadline:
            break
    return answer


def _is_complete(answer: bytes) -> bool:
    head, found, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(found and length) and len(body) >= int(length[1] if length else 0)


def _so_far(answer: bytes) -> str:
    head, _, body = answer.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return f"{len(body)} of {length[1].decode()} bytes" if length else f"{len(body)} bytes"


def _question(size: int) -> bytes:
    """A question for the name servers of the root, padded (RFC 7830) to `size` bytes."""
    plain = os.urandom(2) + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + b"\0" + struct.pack("!HH", 2, 1)
    lacking = size - len(plain) - 15
    if lacking < 0:
        return plain
    padding = struct.pack("!HH", 12, lacking) + bytes(lacking)
    option = b"\0" + struct.pack("!HHIH", 41, 1232, 0, len(padding)) + padding
    return plain[:10] + b"\0\1" + plain[12:] + option


def _dns(answer: bytes) -> str:
    """An answer in words; TimeoutError where it is none of DNS."""
    if len(answer) < 12 or not answer[2] & 0x80:  # noqa: PLR2004 - a header, and its bit for answers
        raise TimeoutError
    code = answer[3] & 15
    return f"a DNS answer, {_RCODES[code] if code < len(_RCODES) else code}"


def ping(asker: socket.socket, mark: int, seconds: float, size: int, given_up: threading.Event) -> str:
    """Send an echo request with `size` bytes of data, and wait for its reply as `over_udp` does."""
    six = asker.family == socket.AF_INET6
    data = bytes(size + size % 2)
    head = struct.pack("!BBHHH", _ECHO6 if six else _ECHO, 0, 0, mark, 1)
    asker.send(head[:2] + struct.pack("!H", _checksum(head + data)) + head[4:] + data)
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        answer = _datagram(asker, left, given_up)
        reply = answer if six else answer[(answer[0] & 15) * 4 :]
        if reply[0] in _REPLIES and struct.unpack_from("!H", reply, 4)[0] == mark:
            return "echo reply"
    raise TimeoutError


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
