"""Every network sysctl of the namespace the calling thread is in."""

from __future__ import annotations

import os
from collections.abc import Iterator

ROOT = "/proc/sys/net"
# Moving values, secrets, and what belongs to the machine rather than to a namespace.
_SKIP = {"nf_conntrack_count", "tcp_fastopen_key", "stable_secret", "route", "rt_cache_flush", "flush"}
# net.core, net.unix and net.nf_log hold the machine's values next to a namespace's few; only the latter are read.
_CORE = {"somaxconn", "optmem_max", "txrehash", "xfrm_acq_expires"}
_SIZE = 4096


def _read(name: str, folder: int) -> str | None:
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None
    try:
        return " ".join(os.read(descriptor, _SIZE).decode(errors="replace").split())
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _below(path: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Settings in a folder and those below; a file is opened by its name in the folder, which is half the work."""
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:  # of an interface that has just gone
        return
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name in _SKIP or (prefix == "net.core." and entry.name not in _CORE):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    yield from _below(f"{path}/{entry.name}", f"{prefix}{entry.name}.")
                elif (value := _read(entry.name, folder)) is not None:
                    yield prefix + entry.name, value
    finally:
        os.close(folder)


def read_all() -> dict[str, str]:
    """{"net.ipv4.ip_forward": "1", …} for what can be read."""
    return dict(_below(ROOT, "net."))
