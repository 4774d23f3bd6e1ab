"""Samples of the kernel's tracepoints, read through perf: what the whole machine's kernel did while they were open.

Nothing of it outlives this process, however that ends: events and buffers are file descriptors. Needs CAP_SYS_ADMIN or
CAP_PERFMON.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import platform
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

_OPEN = {"x86_64": 298, "aarch64": 241}  # perf_event_open(2)
_CLOEXEC = 8
_ATTRIBUTES = 136
_TRACEPOINT = 2
_TID, _TIME, _RAW = 1 << 1, 1 << 2, 1 << 10
_USE_CLOCKID = 1 << 25
_SET_OUTPUT, _SET_FILTER = 0x2405, 0x40082406
_LOST, _SAMPLE = 2, 9
_WRITTEN = 1024  # where a buffer's first page says how far it was written
_ALL_BUFFERS = 16 * 1024 * 1024
_PAGES = (16, 512)  # of one buffer, at least and at most
_ONLINE = "/sys/devices/system/cpu/online"
_libc = ctypes.CDLL(None, use_errno=True)


class Sample(NamedTuple):
    """One event: nanoseconds since the epoch, the thread that ran, and the event as the kernel lays it out."""

    at: int
    tid: int
    raw: bytes


class Recorder:
    """Records tracepoints on all processors from its making on. Raises OSError where the kernel does not let it."""

    def __init__(self, events: dict[int, str]) -> None:
        """`events` are the tracepoints' numbers, each with a filter in tracefs' words ("" for none)."""
        self.lost = 0
        self._open: list[int] = []
        self._buffers: list[mmap.mmap] = []
        cpus = _online()
        pages = _power_of_two(_ALL_BUFFERS // mmap.PAGESIZE // len(cpus))
        try:
            for cpu in cpus:
                self._record(cpu, events, pages)
        except BaseException:
            self.close()
            raise

    def _record(self, cpu: int, events: dict[int, str], pages: int) -> None:
        first = -1
        for number, words in events.items():
            event = _event(number, cpu)
            self._open.append(event)
            if words:
                _filter(event, words)
            if first < 0:
                first = event
                self._buffers.append(mmap.mmap(event, mmap.PAGESIZE * (1 + pages)))
            else:
                fcntl.ioctl(event, _SET_OUTPUT, first)

    def samples(self) -> list[Sample]:
        """What was recorded up to now, in order of time; what did not fit any more is counted in `lost`."""
        to_epoch = time.time_ns() - time.monotonic_ns()
        self.lost = 0
        found = [one for buffer in self._buffers for one in self._read(buffer, to_epoch)]
        return sorted(found, key=lambda one: one.at)

    def _read(self, buffer: mmap.mmap, to_epoch: int) -> Iterator[Sample]:
        at, end = mmap.PAGESIZE, mmap.PAGESIZE + struct.unpack_from("Q", buffer, _WRITTEN)[0]
        while at < end:
            kind, _, size = struct.unpack_from("IHH", buffer, at)
            if kind == _SAMPLE:
                _, tid, when, length = struct.unpack_from("IIQI", buffer, at + 8)
                yield Sample(when + to_epoch, tid, buffer[at + 28 : at + 28 + length])
            elif kind == _LOST:
                self.lost += struct.unpack_from("Q", buffer, at + 16)[0]
            at += size

    def close(self) -> None:
        """End it."""
        for buffer in self._buffers:
            buffer.close()
        for event in self._open:
            with suppress(OSError):
                os.close(event)
        self._buffers, self._open = [], []


def _online() -> list[int]:
    """Processors that are running: "0-3,6" of the kernel."""
    found: list[int] = []
    with open(_ONLINE) as file:
        for part in file.read().strip().split(","):
            first, _, last = part.partition("-")
            found += range(int(first), int(last or first) + 1)
    return found


def _power_of_two(pages: int) -> int:
    smallest, largest = _PAGES
    return max(smallest, min(largest, 1 << (pages.bit_length() - 1)))


def _event(number: int, cpu: int) -> int:
    """An event of every process on one processor, its time that of CLOCK_MONOTONIC."""
    attributes = bytearray(_ATTRIBUTES)
    struct.pack_into("IIQQQ", attributes, 0, _TRACEPOINT, _ATTRIBUTES, number, 1, _TID | _TIME | _RAW)
    struct.pack_into("Q", attributes, 40, _USE_CLOCKID)
    struct.pack_into("i", attributes, 92, time.CLOCK_MONOTONIC)
    call = _OPEN.get(platform.machine())
    if call is None:
        raise OSError(f"perf_event_open is not known on {platform.machine()}")
    found = int(_libc.syscall(call, (ctypes.c_char * _ATTRIBUTES).from_buffer(attributes), -1, cpu, -1, _CLOEXEC))
    if found < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"perf_event_open: {os.strerror(code)}")
    return found


def _filter(event: int, words: str) -> None:
    text = ctypes.create_string_buffer(words.encode())
    if _libc.ioctl(event, ctypes.c_ulong(_SET_FILTER), text) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"perf filter {words!r}: {os.strerror(code)}")
