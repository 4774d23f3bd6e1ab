"""Everything that passes in every namespace of the lab host, while one exchange takes place.

In each namespace: one packet socket for all interfaces, netfilter's trace, and conntrack's events; and for all of them
the kernel's own events about packets. Nothing of it outlives this process, but for the loggers of the older tables,
which a note names and the next tap gives back.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pyroute2 import IPRoute

from . import (
    exchange,
    libnftables,
    namespaces,
    netfilter,
    netlink,
    nftrace,
    nftrace_messages,
    snapshot,
    timestamps,
    tracepoints,
)

_BUFFER = 16 * 1024 * 1024
_RCVBUFFORCE = 33
_KINDS = {0: "host", 1: "broadcast", 2: "multicast", 3: "other", 4: "out"}
_INCOMPLETE = 1  # NUD_INCOMPLETE
_NOTE = "/run/netproof/walk-loggers.json"

_numbers = itertools.count(1)
_open: dict[int, _Watch] = {}
_lock = threading.Lock()


class _Tap:
    """What listens in one namespace. Its socket and table belong to the namespace of the thread that makes it."""

    def __init__(self, place: str, lines: list[str]) -> None:
        namespaces.enter_netns(place)
        self.place = place
        self.missing: list[str] = []
        self.loggers: dict[str, str] = {}
        self._table: libnftables.Nft | None = None
        self._log: socket.socket | None = None
        self._names = dict(socket.if_nameindex())
        self._inode = exchange.namespace()
        self._frames = _packets()
        self._captured: list[dict[str, Any]] = []
        self._trace, self._conntrack = nftrace.listen()
        legacy = nftrace.has_legacy()
        # Counters tell of rules that no trace shows; those of containers are few, and asking takes a while.
        self.counted = netfilter.rules(place) if legacy or place == "host" else None
        if legacy:
            self._listen_to_older_tables()
        try:
            self._table = nftrace.mark(lines)
        except OSError as error:
            self.missing.append(f"nftables' trace: {error}")

    def _listen_to_older_tables(self) -> None:
        try:
            self._log = nftrace.listen_to_log()
        except OSError as error:
            self.missing.append(f"NFLOG, for the trace of iptables-legacy: {error}")
            return
        self.loggers = nftrace.borrow_loggers()

    def stop_marking(self) -> None:
        """Take the table away, and give the loggers back."""
        if self._table is not None:
            self._table.close()
            self._table = None
        if self.loggers:
            _in_place(self.place, nftrace.give_back, self.loggers)
            self.loggers = {}

    def close(self) -> dict[str, Any]:
        """What was seen; nothing is left."""
        self.stop_marking()
        names = self._names | _in_place(self.place, lambda: dict(socket.if_nameindex()))
        found = {
            "frames": self.frames(),
            "trace": nftrace_messages.nftables(nftrace.drain(self._trace), names),
            "legacy": nftrace_messages.logged(nftrace.drain(self._log), names) if self._log else [],
            "tracked": nftrace_messages.tracked(nftrace.drain(self._conntrack)),
            "missing": self.missing,
            "inode": self._inode,
            "links": self._links(),
        }
        for one in (self._frames, self._trace, self._conntrack, self._log):
            if one is not None:
                one.close()
        return found | self._rules(found)

    def frames(self) -> list[dict[str, Any]]:
        """What was captured up to now."""
        self._captured += _read(self._frames)
        return self._captured

    def is_resolving(self) -> bool:
        """Whether the kernel still waits here for a neighbour's address."""

        def ask() -> bool:
            with IPRoute() as ip:
                return any(one["state"] == _INCOMPLETE for one in ip.get_neighbours())

        found: bool = _in_place(self.place, ask)
        return found

    def _links(self) -> list[dict[str, Any]]:
        def ask() -> list[dict[str, Any]]:
            with IPRoute() as ip:
                return netlink.links(ip)

        found: list[dict[str, Any]] = _in_place(self.place, ask)
        return found

    def _rules(self, found: dict[str, Any]) -> dict[str, Any]:
        """The rules a trace speaks of: nftables' by handle, iptables' as it saves them; and as they were before."""
        rules: dict[str, Any] = {"ruleset": "", "text": "", "netfilter": None, "counted": self.counted}
        if found["trace"]:
            rules["ruleset"] = _in_place(self.place, libnftables.listing)
            rules["text"] = _in_place(self.place, libnftables.as_text)
        if found["trace"] or self.counted is not None:
            rules["netfilter"] = netfilter.rules(self.place)
        return rules


def _in_place(place: str, function: Any, *arguments: Any) -> Any:
    def enter_and_run() -> Any:
        namespaces.enter_netns(place)
        return function(*arguments)

    with ThreadPoolExecutor(1) as pool:  # a thread of its own, because entering a namespace is for good
        return pool.submit(enter_and_run).result()


def _packets() -> socket.socket:
    found = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL, of every interface
    found.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, _BUFFER)
    timestamps.on(found)
    found.setblocking(False)  # noqa: FBT003 - the socket API's own shape
    return found


def _read(frames: socket.socket) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        try:
            data, ancillary, _, address = frames.recvmsg(65_536, 64)
        except BlockingIOError:
            return found
        except OSError:  # told once when an interface goes down; the socket lives on
            continue
        kind = _KINDS.get(address[2], "")
        at = timestamps.at(ancillary)
        frame = {"at": at, "interface": address[0], "kind": kind, "length": len(data)}
        found.append({**frame, "data": base64.b64encode(data).decode()})


def _tap(place: str, lines: list[str]) -> _Tap | None:
    with ThreadPoolExecutor(1) as pool:  # as above
        try:
            return pool.submit(_Tap, place, lines).result()
        except (namespaces.NoSuchPlace, OSError):
            if place.startswith("path:"):  # the engine has just removed it
                return None
            raise


class _Watch:
    """The taps of all namespaces, and what the kernel says of packets."""

    def __init__(self, proto: str, number: int, also: list[int]) -> None:
        self.missing: list[str] = []
        self.events: tracepoints.Tracepoints | None = None
        lines = nftrace.matches(proto, number, also)
        self.taps = [tap for place in snapshot.list_places() if (tap := _tap(place, lines)) is not None]
        try:
            self.events = tracepoints.Tracepoints()
        except OSError as error:
            self.missing.append(f"the kernel's own word on drops: {error}")
        _note({tap.place: tap.loggers for tap in self.taps if tap.loggers})

    def standing(self, mark: int, tid: int) -> dict[str, bool]:
        """{"dropped", "resolving"}, as `standing` of this module says."""
        resolving = False
        for tap in self.taps:
            with contextlib.suppress(namespaces.NoSuchPlace):  # it went away meanwhile
                resolving = resolving or tap.is_resolving()
        ours = mark.to_bytes(2, "big")
        frames = [one for tap in self.taps for one in tap.frames() if ours in base64.b64decode(one["data"])]
        return {"dropped": self.events is not None and self.events.dropped(frames, tid), "resolving": resolving}

    def stop_marking(self) -> None:
        """Take away what changes a packet's way, however little."""
        for tap in self.taps:
            tap.stop_marking()
        _note({})

    def close(self) -> dict[str, Any]:
        """What was seen."""
        found = {}
        for tap in self.taps:
            with contextlib.suppress(namespaces.NoSuchPlace):  # it went away meanwhile
                found[tap.place] = tap.close()
        events: list[dict[str, Any]] = []
        if self.events is not None:
            events = self.events.close(frame for place in found.values() for frame in place["frames"])
            self.missing += self.events.missing
        return {"places": found, "events": events, "missing": self.missing}

    def abandon(self) -> None:
        """End it; nobody wants to know."""
        if self.events is not None:
            self.events.abandon()
        for tap in self.taps:
            with contextlib.suppress(Exception):
                tap.stop_marking()
        _note({})


def start(proto: str, number: int, also: list[int]) -> int:
    """Tap every namespace for an exchange with this port (or ICMP identifier); returns the tap's number."""
    sweep()
    timestamps.begin()
    watch = _Watch(proto, number, also)
    with _lock:
        key = next(_numbers)
        _open[key] = watch
    return key


def stop(number: int) -> dict[str, Any]:
    """{"places": {place: what passed there}, "events": the kernel's, "missing"}; the tap is over, nothing is left."""
    with _lock:
        watch = _open.pop(number)
    watch.stop_marking()
    return watch.close()


def standing(number: int, mark: int, asking: int = 0) -> dict[str, bool]:
    """How an exchange stands that nobody has answered yet: {"dropped", "resolving"}.

    `dropped` says that the kernel dropped a packet with this port or ICMP identifier; `resolving`, that somebody
    waits for a neighbour's address. `asking` is the number of the exchange where it is this agent's.
    """
    with _lock:
        watch = _open[number]
    return watch.standing(mark, exchange.thread(asking))


def close_all() -> None:
    """End every tap: nobody waits for them any more."""
    for number in list(_open):
        _open.pop(number).abandon()


def _note(loggers: dict[str, dict[str, str]]) -> None:
    if loggers:
        with open(_NOTE, "w") as file:
            json.dump(loggers, file)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_NOTE)


def sweep() -> None:
    """Give back the loggers that a tap of a process killed meanwhile had borrowed."""
    try:
        with open(_NOTE) as file:
            loggers = json.load(file)
    except (OSError, ValueError):
        return
    for place, before in loggers.items():
        with contextlib.suppress(OSError, LookupError):
            _in_place(place, nftrace.give_back, before)
    _note({})
