"""Which cells a run is about, in which order, and how many at once."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from netproof import catalog
from netproof.build import FIREWALLS
from netproof.errors import UnknownName, UsageError
from netproof.images import ENGINES
from netproof.matrix.records import Cell, Column, Inputs, Key
from netproof.wait import scaled

PER_CORE = 2
"""Labs mostly wait: for engines, for packets, for what must not happen."""
PER_HOST = 400 << 20
"""Memory of a lab host with its engine, its containers and its share of pytest."""
GUESS = 20.0
"""Seconds a lab host is taken to cost where nothing has been measured."""
_CGROUP = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")


def words(kind: str, given: str, known: Sequence[str]) -> list[str]:
    """The names in a comma-separated list, all known ones when it is empty. Raises UnknownName."""
    found = list(dict.fromkeys(word.strip() for word in given.split(",") if word.strip()))
    for word in found:
        if word not in known:
            raise UnknownName(kind, word, known)
    return found or list(known)


def keys(labs: str, engines: str, firewalls: str, known: Sequence[str] = tuple(ENGINES)) -> list[Key]:
    """The cells that a command line asks for, each list comma-separated; `known` are the engines there are."""
    chosen = words("lab", labs, catalog.names())
    columns = [
        Column(engine, firewall)
        for engine in words("engine", engines, known)
        for firewall in words("firewall", firewalls, FIREWALLS)
    ]
    return [Key(lab, column) for lab in chosen for column in columns]


def lab_digest(name: str) -> str:
    """A hash of everything in a lab's folder, and of what lies beside the folders for all labs to use."""
    folder = catalog.folder(name)
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    found = hashlib.sha256()
    for path in sorted([*files, *folder.parent.glob("*.py")]):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        found.update(f"{path.relative_to(folder.parent)} {content}\n".encode())
    return found.hexdigest()[:16]


def newer(than: str, known: Sequence[str]) -> list[str]:
    """The engines that came after one. Raises UsageError when none did."""

    def release(engine: str) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", engine)]

    found = [engine for engine in known if release(engine) > release(than)]
    if not found:
        raise UsageError(
            f"--against {than}: no engine here is newer, so nothing says what to compare with it.",
            f"Say so with --engines: {', '.join(engine for engine in known if engine != than)}.",
        )
    return found


def pending(wanted: Mapping[Key, Inputs], known: Mapping[Key, Cell]) -> list[Key]:
    """The cells that have to be run: those not complete in the file, or complete for other inputs."""

    def is_done(key: Key) -> bool:
        return key in known and known[key].complete and known[key].inputs == wanted[key]

    return [key for key in wanted if not is_done(key)]


def expected(chosen: Iterable[Key], hosts: Mapping[str, int], known: Iterable[Cell]) -> dict[Key, float]:
    """{cell: seconds}, longest first: what it took before, else its lab elsewhere, else by its number of lab hosts."""
    measured = {cell.key: cell.seconds for cell in known if cell.complete}

    def estimate(key: Key) -> float:
        if key in measured:
            return measured[key]
        elsewhere = [seconds for other, seconds in measured.items() if other.lab == key.lab]
        return fmean(elsewhere) if elsewhere else hosts[key.lab] * GUESS

    found = {key: estimate(key) for key in chosen}
    return dict(sorted(found.items(), key=lambda item: item[1], reverse=True))


def jobs(given: str, cells: int, largest: int) -> int:
    """How many cells run at once: what was asked for, else what cores and memory allow.

    `largest` is the number of lab hosts of the largest lab. Slow machines get fewer: engines have deadlines of
    their own, which are not as many times longer.
    """
    if given:
        if not given.isdecimal() or int(given) < 1:
            raise UsageError(f"--jobs {given!r} is not a number of jobs.", "For example: --jobs 4.")
        return int(given)
    by_memory = available_memory() // (PER_HOST * max(1, largest))
    by_cores = int(PER_CORE * (os.cpu_count() or 1) / scaled(1.0))
    return max(1, min(by_cores, by_memory, cells))


def available_memory(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int:
    """Bytes that programs can still have, of the machine's and of this control group's."""
    found = [free for free in (_machine_has(meminfo), _group_has(cgroup)) if free is not None]
    # Where neither can be read (not Linux), cores alone decide.
    return min(found, default=1 << 50)


def _machine_has(meminfo: Path) -> int | None:
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        return int(lines["MemAvailable"].split()[0]) << 10
    except (OSError, KeyError, ValueError, IndexError):
        return None


def _group_has(cgroup: Path) -> int | None:
    try:
        limit, used = ((cgroup / f"memory.{name}").read_text().strip() for name in ("max", "current"))
        return None if limit == "max" else max(0, int(limit) - int(used))
    except (OSError, ValueError):
        return None
