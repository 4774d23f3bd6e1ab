"""The temporary directory of a build, and what to do with those that a killed build left."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

PREFIX = "netproof-build-"
_LOCK = "lock"
# A directory without a lock file may have been made a moment ago.
_YOUNG_SECONDS = 60.0


@frozen
class WorkDir:
    """A directory that is ours while `lock` is open, here or in a tool started from here."""

    path: Path
    lock: int


@contextlib.contextmanager
def workdir() -> Iterator[WorkDir]:
    """A new directory, removed at the end."""
    path = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = -1
    try:
        lock = _claim(path)
        yield WorkDir(path, lock)
    finally:
        remove(path)
        if lock >= 0:
            os.close(lock)


def sweep() -> list[Path]:
    """Remove the directories of builds that are dead, and say which those were."""
    candidates = Path(tempfile.gettempdir()).glob(f"{PREFIX}*")
    return [path for path in candidates if _is_ours(path) and _swept(path)]


def remove(path: Path) -> None:
    """Remove a build's tree, unless something is still mounted in it that cannot be unmounted."""
    for mount in _mounts_below(path):
        subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)
    if not _mounts_below(path):
        shutil.rmtree(path, ignore_errors=True)


def _claim(path: Path) -> int:
    """Lock the directory. The lock appears under its name only when it is held, so no sweep comes between."""
    waiting = path / f".{_LOCK}"
    lock = os.open(waiting, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.write(lock, f"{os.getpid()}\n".encode())
    waiting.rename(path / _LOCK)
    return lock


def _is_ours(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return path.is_dir() and not path.is_symlink() and path.stat().st_uid == os.geteuid()
    return False


def _swept(path: Path) -> bool:
    try:
        lock = os.open(path / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        if time.time() - path.stat().st_mtime < _YOUNG_SECONDS:
            return False
        remove(path)
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        remove(path)
        return True
    finally:
        os.close(lock)


def _mounts_below(path: Path) -> list[str]:
    """Mount points in the tree, the deepest first."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    points = [line.split()[1] for line in lines]
    return sorted((point for point in points if point.startswith(f"{path}/")), key=len, reverse=True)
