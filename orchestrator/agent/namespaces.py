"""Places: names for namespaces, and how a command or a thread gets into one."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import threading
import time
from typing import Any

from . import engine_api, netns_passing

NETNS = "/run/netns"
_CLONE_NEWNET = 0x40000000
_CLONE_NEWPID = 0x20000000
_LAST_KNOWN = "/run/netproof/containers.json"
_saving = threading.Lock()
_libc = ctypes.CDLL(None, use_errno=True)


class NoSuchPlace(LookupError):
    """No namespace of that name, or its container is not running."""


def _start_time(pid: int) -> str:
    """When a process began, in clock ticks since boot: tells a reused pid from the one we knew."""
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[19]


def _read_known() -> dict[str, Any]:
    try:
        with open(_LAST_KNOWN) as file:
            known: Any = json.load(file)
            return known if isinstance(known, dict) else {}
    except (OSError, ValueError):
        return {}


def _remember(name: str, pid: int) -> None:
    with _saving, contextlib.suppress(OSError):  # a disk that is full: it is needed only when the engine is silent
        known = _read_known()
        entry = {"pid": pid, "start": _start_time(pid)}
        if known.get(name) == entry:
            return
        known[name] = entry
        os.makedirs(os.path.dirname(_LAST_KNOWN), exist_ok=True)
        temporary = f"{_LAST_KNOWN}.{os.getpid()}"
        with open(temporary, "w") as file:
            json.dump(known, file)
        os.rename(temporary, _LAST_KNOWN)


def _recall(name: str) -> int:
    """The pid a container had when its engine last answered: broken engines are looked at, too."""
    entry = _read_known().get(name)
    try:
        if entry and _start_time(entry["pid"]) == entry["start"]:
            return int(entry["pid"])
    except (OSError, KeyError, TypeError):  # it has ended, or somebody damaged the file
        pass
    raise NoSuchPlace(f"the engine does not answer, and container {name!r} was not running when it last did")


def known_containers() -> list[str]:
    """Containers that were running when their engine last answered."""
    return sorted(_read_known())


_SILENCE = 5.0
_silent_until = [0.0]


def note_silence() -> None:
    """The engine is there and does not answer: for a moment nobody asks it again, which takes its time each time."""
    _silent_until[0] = time.monotonic() + _SILENCE


def container_pid(name: str) -> int:
    """The pid, in the lab host, of a container's first process."""
    if time.monotonic() < _silent_until[0]:
        return _recall(name)
    try:
        status, document = engine_api.get_json(f"/containers/{name}/json")
    except OSError as error:
        if isinstance(error, TimeoutError):  # one that is gone refuses at once
            note_silence()
        return _recall(name)
    if status == engine_api.NOT_FOUND:
        raise NoSuchPlace(f"there is no container {name!r}")
    pid = int(document.get("State", {}).get("Pid") or 0)
    if not pid:
        state = document.get("State", {}).get("Status", "unknown")
        raise NoSuchPlace(f"container {name!r} is not running (state: {state})")
    _remember(name, pid)
    return pid


def netns_file(place: str) -> str:
    """The file that stands for a place's network namespace."""
    kind, _, name = place.partition(":")
    if kind == "host":
        return "/proc/self/ns/net"
    if kind == "container":
        return f"/proc/{container_pid(name)}/ns/net"
    path = f"{NETNS}/{name}" if kind == "netns" else name
    if kind not in {"netns", "path"}:
        raise NoSuchPlace(f"there is no place {place!r}")
    if not os.path.exists(path):
        raise NoSuchPlace(f"there is no network namespace {name!r}")
    return path


def open_netns(place: str) -> int:
    """A file descriptor of a place's network namespace; `lent:PATH` is one that another lab host lends there."""
    kind, _, path = place.partition(":")
    return netns_passing.borrow(path) if kind == "lent" else os.open(netns_file(place), os.O_RDONLY | os.O_CLOEXEC)


def enter_netns(place: str) -> None:
    """Move the calling thread into a place's network namespace, for good."""
    if place == "host":
        return
    descriptor = open_netns(place)
    try:
        enter(descriptor)
    finally:
        os.close(descriptor)


def have_children_in(pid: int) -> None:
    """From here on, what the calling thread starts is in the process namespace of `pid`; it can start no thread."""
    descriptor = os.open(f"/proc/{pid}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        enter(descriptor, _CLONE_NEWPID)
    finally:
        os.close(descriptor)


def enter(descriptor: int, kind: int = _CLONE_NEWNET) -> None:
    """Move the calling thread into an open namespace, a network namespace unless told otherwise, for good."""
    if _libc.setns(descriptor, kind) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"setns: {os.strerror(code)}")


def command_prefix(place: str) -> list[str]:
    """What to put before a command so that it runs in a place, with that place's view of /sys and /proc."""
    kind, _, name = place.partition(":")
    if kind == "host":
        return []
    if kind == "container":
        return ["nsenter", "-t", str(container_pid(name)), "-m", "-u", "-i", "-n", "-p", "--"]
    path = netns_file(place)
    return ["ip", "netns", "exec", name] if kind == "netns" else ["nsenter", f"--net={path}", "--"]
