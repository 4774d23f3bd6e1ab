"""Every network sysctl of the namespace the calling thread is in."""

from __future__ import annotations

import os

ROOT = "/proc/sys/net"
# Moving values, secrets, and what belongs to the machine rather than to a namespace.
_SKIP = {"nf_conntrack_count", "tcp_fastopen_key", "stable_secret", "route", "rt_cache_flush", "flush"}
# net.core, net.unix and net.nf_log hold the machine's values next to a namespace's few; only the latter are read.
_CORE = {"somaxconn", "optmem_max", "txrehash", "xfrm_acq_expires"}
_SIZE = 4096


def _read(path: str) -> str | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return " ".join(os.read(descriptor, _SIZE).decode(errors="replace").split())
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        return list(os.scandir(folder))
    except FileNotFoundError:  # of an interface that has just gone
        return []


def read_all() -> dict[str, str]:
    """{"net.ipv4.ip_forward": "1", …} for what can be read."""
    found: dict[str, str] = {}
    stack = [ROOT]
    while stack:
        folder = stack.pop()
        for entry in _entries(folder):
            if entry.name in _SKIP or (folder == f"{ROOT}/core" and entry.name not in _CORE):
                continue
            if entry.is_dir(follow_symlinks=False):
                stack.append(entry.path)
            elif (value := _read(entry.path)) is not None:
                found["net." + entry.path[len(ROOT) + 1 :].replace("/", ".")] = value
    return found
