"""Blocks of a pcapng file: a section, its interfaces by name, packets with direction, and what was lost.

dpkt's writer counts in microseconds, takes what was captured for the whole packet, and has no statistics block.
"""

from __future__ import annotations

import struct

ETHERNET, RAW = 1, 101  # link types; RAW is an IP packet without anything before it
SNAP = 262_144
_SECTION, _INTERFACE, _PACKET, _STATISTICS = 0x0A0D0D0A, 1, 6, 5
_NANOSECONDS = 9
# The kernel's packet types -> direction (1 in, 2 out) and reception (unicast, multicast, broadcast, promiscuous).
_FLAGS = {0: 1 | 1 << 2, 1: 1 | 3 << 2, 2: 1 | 2 << 2, 3: 1 | 4 << 2, 4: 2}


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _options(*options: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<HH", code, len(value)) + _padded(value) for code, value in options) + bytes(4)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def _time(at: int) -> bytes:
    return struct.pack("<II", at >> 32, at & 0xFFFFFFFF)


def section() -> bytes:
    """What a file begins with."""
    return _block(_SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _options((4, b"netproof")))


def interface(name: str, description: str, link: int, expression: str) -> bytes:
    """An interface; the first one in a file is number 0. `expression` is the filter, or empty."""
    options = [(2, name.encode()), (3, description.encode()), (9, bytes([_NANOSECONDS]))]
    if expression:
        options.append((11, b"\0" + expression.encode()))
    return _block(_INTERFACE, struct.pack("<HHI", link, 0, SNAP) + _options(*options))


def packet(number: int, at: int, kind: int, length: int, data: bytes) -> bytes:
    """A packet of interface `number`: ns since the epoch, the kernel's packet type, its length on the wire."""
    head = struct.pack("<I", number) + _time(at) + struct.pack("<II", len(data), length)
    flags = struct.pack("<I", _FLAGS.get(kind, 0))
    return _block(_PACKET, head + _padded(data) + _options((2, flags)))


def statistics(number: int, at: int, received: int, dropped: int) -> bytes:
    """What an interface received until `at` (ns), and how much of that was lost."""
    counts = [(4, struct.pack("<Q", received)), (5, struct.pack("<Q", dropped))]
    return _block(_STATISTICS, struct.pack("<I", number) + _time(at) + _options(*counts))
