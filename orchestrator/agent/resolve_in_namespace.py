"""A name, asked of a place's own C library, and what passed in its namespace meanwhile: which server said what."""

from __future__ import annotations

import base64
import socket
from typing import Any

from . import commands, namespaces

_FILES = ("/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf")
_NOT_FOUND = 127
_EVERYTHING = 3  # ETH_P_ALL
_MOST = 500  # frames; a question is two
# The files of a container without a getent of its own, laid over those of the lab host for one command. They are
# copied: the kernel binds no mounts of another mount namespace.
_BORROWED = """mount -t tmpfs borrowed /mnt
for f in hosts resolv.conf nsswitch.conf; do
  [ -e "$1/etc/$f" ] && cp -L "$1/etc/$f" /mnt && mount --bind /mnt/$f /etc/$f
done
exec getent ahosts "$2"
"""


def resolve(place: str, name: str, seconds: int, within: float) -> dict[str, Any]:
    """What a place's C library makes of a name, waiting `seconds` for each DNS server once, `within` seconds for all.

    Returns `answer` (the output of getent ahosts), `late` (whether it was not done within that time), `own` (whether
    the place has a getent; else it is the lab host's with the place's files), `files` ({path: text}) and `frames` (of
    the namespace meanwhile, as a capture has them).
    """
    namespaces.enter_netns(place)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERYTHING)) as frames:  # of every interface
        frames.setblocking(False)  # noqa: FBT003 - the socket API's own shape
        options = {"RES_OPTIONS": f"timeout:{seconds} attempts:1"}
        done = commands.run(place, ["getent", "ahosts", name], timeout=within, more=options)
        own = done["rc"] != _NOT_FOUND
        if not own:
            done = commands.run("host", [*_borrowing(place), name], timeout=within, more=options)
        seen = _read(frames)
    return {
        "answer": done["stdout"],
        "late": done["timed_out"],
        "own": own,
        "files": {path: _text(place, path) for path in _FILES},
        "frames": seen,
    }


def _borrowing(place: str) -> list[str]:
    """A command of the lab host, with a container's files; its network namespace is that of the calling thread."""
    root = f"/proc/{namespaces.container_pid(place.partition(':')[2])}/root"
    return ["unshare", "--mount", "sh", "-c", _BORROWED, "sh", root]


def _text(place: str, path: str) -> str:
    """A file as the place sees it; "" where it has none. A container without cat is looked into from outside."""
    done = commands.run(place, ["cat", path], timeout=5)
    if done["rc"] != _NOT_FOUND or not place.startswith("container:"):
        return str(done["stdout"])
    try:
        with open(f"/proc/{namespaces.container_pid(place.partition(':')[2])}/root{path}") as file:
            return file.read()
    except OSError:
        return ""


def _read(frames: socket.socket) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(found) < _MOST:
        try:
            data, address = frames.recvfrom(65_536)
        except BlockingIOError:
            break
        except OSError:  # told once when an interface goes down
            continue
        found.append({"data": base64.b64encode(data).decode(), "out": address[2] == socket.PACKET_OUTGOING, "at": 0.0})
    return found
