"""Files that decide where packets go: name resolution, the engine's settings, programs, and what a container changed.

Small texts are kept line by line, so that a difference can be read and put back; others by their digest.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

CONFIG = tuple(
    f"/etc/{name}"
    for name in ("hosts", "resolv.conf", "nsswitch.conf", "gai.conf", "host.conf", "hostname", "services", "protocols")
)
HOST_CONFIG = (*CONFIG, "/etc/docker/daemon.json")
_PROGRAMS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/etc/alternatives")
_OF_NAMESPACE = "/etc/netns"  # `ip netns exec` shows what is here in place of /etc
# What people and programs leave behind at work, and what is about nobody's packets.
_BESIDE = ("/tmp/", "/var/tmp/", "/var/log/", "/var/cache/", "/var/spool/", "/root/", "/home/", "/run/", "/dev/")  # noqa: S108 - left out, not written to
_CACHES = ("__pycache__", ".pyc", ".apk-new")
_TEXT = 4096
_MOST = 2000
_LINKS = 20
MODIFIED, ADDED, DELETED = 0, 1, 2

Files = dict[str, list[str]]


def _inside(root: str, path: str) -> str:
    """Where a path of another root is; its symbolic links lead to places under that root, too."""
    left, found, links = path.strip("/").split("/"), "", 0
    while left:
        part = left.pop(0)
        if part in {"", "."}:
            continue
        if part == "..":
            found = found.rpartition("/")[0]
            continue
        there = f"{root}{found}/{part}"
        if os.path.islink(there) and links < _LINKS:
            target = os.readlink(there)
            links += 1
            found = "" if target.startswith("/") else found
            left = [*target.split("/"), *left]
        else:
            found = f"{found}/{part}"
    return root + found


def _about(path: str, found: os.stat_result) -> str:
    """Mode and owner, and what a symbolic link leads to."""
    leads = f" -> {os.readlink(path)}" if stat.S_ISLNK(found.st_mode) else ""
    return f"{stat.filemode(found.st_mode)} {found.st_uid}:{found.st_gid}{leads}"


def _digest(path: str) -> str:
    with open(path, "rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"


def _content(path: str, size: int) -> list[str]:
    if size > _TEXT:
        return [_digest(path)]
    with open(path, "rb") as file:
        content = file.read()
    try:
        return content.decode().splitlines()
    except UnicodeDecodeError:
        return [_digest(path)]


def read(root: str, path: str) -> list[str] | None:
    """Mode and owner of a file, then its lines or its digest; None where there is none."""
    try:
        there = os.path.join(_inside(root, os.path.dirname(path)), os.path.basename(path))
        found = os.lstat(there)
        lines = [_about(there, found)]
        if stat.S_ISLNK(found.st_mode):
            there = _inside(root, path)
            found = os.stat(there)
        return lines + (_content(there, found.st_size) if stat.S_ISREG(found.st_mode) else [])
    except OSError:
        return None


def _all(root: str, paths: Iterator[str] | tuple[str, ...]) -> Files:
    read_ones = ((path, read(root, path)) for path in paths)
    return {path: lines for path, lines in read_ones if lines is not None}


def of_host() -> Files:
    """The lab host's own."""
    return _all("", HOST_CONFIG)


def of_namespace(name: str) -> Files:
    """What a named network namespace has in place of the lab host's."""
    folder = f"{_OF_NAMESPACE}/{name}"
    return _all("", (f"{folder}/{each}" for each in sorted(os.listdir(folder)))) if os.path.isdir(folder) else {}


def of_container(pid: int, changes: list[dict[str, Any]]) -> Files:
    """A running container's: the engine's and the image's, and everything else that it changed of its image."""
    root = f"/proc/{pid}/root"
    found = _all(root, CONFIG)
    told = [item for item in changes if _matters(item["Path"])]
    for item in told[:_MOST]:
        path = item["Path"]
        if item["Kind"] == DELETED:
            found[path] = ["(deleted)"]
        elif (lines := read(root, path)) is not None and (item["Kind"] == ADDED or lines[0][0] != "d"):
            found[path] = lines
    if len(told) > _MOST:
        found["(more)"] = [f"{len(told) - _MOST} more files changed"]
    return found


def _matters(path: str) -> bool:
    return not f"{path}/".startswith(_BESIDE) and not any(each in path for each in _CACHES)


def programs() -> dict[str, str]:
    """{path: what it is} of the lab host's commands: mode, size and time of change, or where a link leads."""
    found = {}
    for folder in _PROGRAMS:
        if os.path.isdir(folder):
            for entry in os.scandir(folder):
                about = entry.stat(follow_symlinks=False)
                if stat.S_ISLNK(about.st_mode):
                    found[entry.path] = f"-> {os.readlink(entry.path)}"
                else:
                    of = datetime.fromtimestamp(int(about.st_mtime), UTC).isoformat()
                    found[entry.path] = f"mode {about.st_mode & 0o7777:o}, {about.st_size} bytes, of {of}"
    return found
