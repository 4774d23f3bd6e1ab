"""Whose a socket is: the processes that hold it, and the container they belong to."""

from __future__ import annotations

import contextlib
import os
import re
import socket
from collections.abc import Iterator
from typing import Any

from pyroute2 import DiagSocket

from . import engine, places

_LISTENING = {"tcp": (socket.IPPROTO_TCP, 1 << 10), "udp": (socket.IPPROTO_UDP, 1 << 7)}
_ID = re.compile(r"[0-9a-f]{64}")


def owners(place: str, proto: str, port: int) -> list[dict[str, Any]]:
    """Processes with a socket that accepts on this port in a place: pid, name, state (`T`: stopped), container, paused.

    `container` is a container's name, the beginning of its id when the engine does not answer, or "".
    """
    places.enter_netns(place)
    wanted = {f"socket:[{inode}]" for inode in _inodes(proto, port)}
    names = _containers()
    return [_process(pid, names) for pid in _pids() if wanted & set(_files(pid))]


def _inodes(proto: str, port: int) -> list[int]:
    protocol, states = _LISTENING[proto]
    with DiagSocket() as diag:
        return [
            message["idiag_inode"]
            for family in (socket.AF_INET, socket.AF_INET6)
            for message in diag.get_sock_stats(family=family, protocol=protocol, states=states)
            if message["idiag_sport"] == port
        ]


def _pids() -> Iterator[int]:
    return (int(name) for name in sorted(os.listdir("/proc")) if name.isdigit())


def _files(pid: int) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                yield os.readlink(f"/proc/{pid}/fd/{name}")


def _containers() -> dict[str, tuple[str, str]]:
    """{id: (name, state)} as the engine says; nothing when it does not answer."""
    try:
        _, found = engine.get_json("/containers/json")
    except OSError:
        return {}
    return {item["Id"]: (item["Names"][0].lstrip("/"), item["State"]) for item in found}


def _process(pid: int, names: dict[str, tuple[str, str]]) -> dict[str, Any]:
    name = state = group = ""
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/stat") as file:
            before, _, after = file.read().rpartition(")")
        name, state = before.partition("(")[2], after.split()[0]
        with open(f"/proc/{pid}/cgroup") as file:
            group = file.read()
    found = _ID.findall(group)
    container, status = names.get(found[-1], (found[-1][:12], "")) if found else ("", "")
    return {"pid": pid, "name": name, "state": state, "container": container, "paused": status == "paused"}
