"""Whose a socket is: the processes that hold it, and the container they belong to."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from typing import Any

from . import engine_api

_ID = re.compile(r"[0-9a-f]{64}")
_SOCKET = re.compile(r"socket:\[(\d+)\]")


def holding(inodes: set[int]) -> dict[int, list[dict[str, Any]]]:
    """{inode: processes with this socket}: pid, name, state (`T`: stopped), command, container, paused.

    `container` is a container's name, the beginning of its id when the engine does not answer, or "".
    """
    found: dict[int, list[dict[str, Any]]] = {}
    names = _containers() if inodes else {}
    for pid in _pids() if inodes else ():
        for inode in set(_sockets(pid)) & inodes:
            found.setdefault(inode, []).append(_process(pid, names))
    return found


def relays() -> list[list[str]]:
    """The command line of every docker-proxy of this lab host."""
    commands = (_command(pid) for pid in _pids())
    return [words for words in commands if words and os.path.basename(words[0]) == "docker-proxy"]


def _pids() -> Iterator[int]:
    return (int(name) for name in sorted(os.listdir("/proc")) if name.isdigit())


def _sockets(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                held = _SOCKET.fullmatch(os.readlink(f"/proc/{pid}/fd/{name}"))
                if held:
                    yield int(held[1])


def _command(pid: int) -> list[str]:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline") as file:
        return file.read().split("\0")[:-1]
    return []


def _containers() -> dict[str, tuple[str, str]]:
    """{id: (name, state)} as the engine says; nothing when it does not answer."""
    try:
        _, found = engine_api.get_json("/containers/json")
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
    known = {"pid": pid, "name": name, "state": state, "command": _command(pid)}
    return {**known, "container": container, "paused": status == "paused"}
