"""What the kernel says of its tracepoints: their numbers, and where in an event each field is.

tracefs is looked into through a mount that has no place in the file system: it is gone with its file descriptor.
"""

from __future__ import annotations

import ctypes
import os
import re
import struct
from typing import Any

# System calls have the same numbers on all architectures since these.
_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
_CREATE = 6
_CLOEXEC = 1
_LARGE = 1 << 16
_FIELD = re.compile(r"field:(.+?) ?(\w+)(\[\d*\])?;\s*offset:(\d+);\s*size:(\d+);\s*signed:(\d)")
_VALUE = re.compile(r"\{ (\d+), \"(\w+)\" \}")
_INTEGERS = {(1, False): "B", (2, False): "H", (4, False): "I", (8, False): "Q", (1, True): "b", (2, True): "h"}
_INTEGERS |= {(4, True): "i", (8, True): "q"}
_libc = ctypes.CDLL(None, use_errno=True)


class Tracefs:
    """tracefs, to read from. OSError where there is none, or it may not be looked at. To be closed."""

    def __init__(self) -> None:
        context = _call(_FSOPEN, b"tracefs", _CLOEXEC)
        try:
            _call(_FSCONFIG, context, _CREATE, None, None, 0)
            self._folder = _call(_FSMOUNT, context, _CLOEXEC, 0)
        finally:
            os.close(context)

    def read(self, path: str) -> str:
        """A file's text."""
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._folder)
        try:
            parts = []
            while part := os.read(file, _LARGE):
                parts.append(part)
            return b"".join(parts).decode()
        finally:
            os.close(file)

    def close(self) -> None:
        """Look no more."""
        os.close(self._folder)


def _call(number: int, *arguments: Any) -> int:
    found = int(_libc.syscall(number, *arguments))
    if found < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"tracefs: {os.strerror(code)}")
    return found


class Layout:
    """How a tracepoint lays out its events: `number` tells it from others, `values` are names of an enumeration's."""

    def __init__(self, name: str, number: int, text: str) -> None:
        self.name = name
        self.number = number
        self.values = {int(value): word for value, word in _VALUE.findall(text)}
        self._fields: dict[str, tuple[str, int, int, bool]] = {}
        for kind, field, array, at, size, signed in _FIELD.findall(text):
            shape = kind if kind.startswith("__data_loc") else "bytes" if array else ""
            self._fields[field] = (shape, int(at), int(size), signed == "1")

    def __contains__(self, field: str) -> bool:
        return field in self._fields

    def get(self, raw: bytes, field: str) -> Any:
        """A field of an event: an int, text, or bytes for an array; None for a field that this kernel lacks."""
        if field not in self._fields:
            return None
        shape, at, size, signed = self._fields[field]
        if shape.startswith("__data_loc"):
            where = int(struct.unpack_from("I", raw, at)[0])
            return raw[where & 0xFFFF :][: where >> 16].split(b"\0")[0].decode(errors="replace")
        if shape == "bytes":
            return raw[at : at + size]
        return struct.unpack_from(_INTEGERS[size, signed], raw, at)[0]


def layout(tracefs: Tracefs, name: str) -> Layout | None:
    """A tracepoint (`skb/kfree_skb`) of this kernel; None when it has no such."""
    try:
        return Layout(name, int(tracefs.read(f"events/{name}/id")), tracefs.read(f"events/{name}/format"))
    except FileNotFoundError:
        return None
