"""The machine that netproof itself runs on."""

from __future__ import annotations

import importlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from netproof.doctor.engine import Engine
from netproof.doctor.finding import EVERY_LAB, Finding, amount

AREA = "machine"
_GIB = 1 << 30
# A lab host with its engine and a few containers, beside what pytest takes.
_MEMORY = _GIB // 4
# A lab host's volume; building an image takes more in both places.
_LAB_DISK = _GIB // 4
_BUILD_DISK = _GIB
_PATIENCE = 5


def python() -> Iterator[Finding]:
    """The Python that runs this."""
    yield Finding(AREA, "python", "ok", f"{platform.python_version()}, {sys.executable}", EVERY_LAB)


def processors() -> Iterator[Finding]:
    """How many processors this process may use."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding(AREA, "processors", "ok", str(count))


def memory(meminfo: Path = Path("/proc/meminfo")) -> Iterator[Finding]:
    """Memory, where the kernel tells it as Linux does."""
    if not meminfo.exists():
        yield Finding(AREA, "memory", "unknown", f"there is no {meminfo} here")
        return
    lines = re.findall(r"^(\w+): +(\d+) kB$", meminfo.read_text(), re.MULTILINE)
    found = {name: int(size) << 10 for name, size in lines}
    free = found.get("MemAvailable", found.get("MemFree", 0))
    what = f"{amount(free)} of {amount(found.get('MemTotal', 0))} available"
    if free >= _MEMORY:
        yield Finding(AREA, "memory", "ok", what, EVERY_LAB)
    else:
        yield Finding(AREA, "memory", "missing", what, EVERY_LAB, f"Free some: a lab takes about {amount(_MEMORY)}.")


def pictures() -> Iterator[Finding]:
    """What `lab graph` arranges and paints with, which is not to be had for every machine."""
    for module, name, without in (
        ("pygraphviz", "Graphviz", "`lab graph --format mermaid` and `--format dot` do without"),
        ("resvg_py", "resvg", "`lab graph --format svg` does without"),
    ):
        try:
            importlib.import_module(module)
        except (ImportError, OSError) as error:
            yield Finding(AREA, name, "missing", f"cannot be loaded: {error}", "pictures of labs", f"{without}.")
        else:
            yield Finding(AREA, name, "ok", "loaded", "pictures of labs")


def disks(engine: Engine | None) -> Iterator[Finding]:
    """Room where the engine keeps its data, and where images are prepared."""
    if engine is None or not engine.local:
        where = "the engine is not on this machine" if engine else "no engine answers"
        yield Finding(AREA, "engine's disk", "unknown", where)
    else:
        remedy = "Free some (`docker system df` shows what fills it)"
        yield _disk("engine's disk", Path(engine.info["DockerRootDir"]), EVERY_LAB, _LAB_DISK, remedy)
    remedy = "Free some, or choose another place with TMPDIR"
    yield _disk("temporary disk", Path(tempfile.gettempdir()), "building images", _BUILD_DISK, remedy)


def _disk(name: str, place: Path, needed_for: str, least: int, remedy: str) -> Finding:
    free = shutil.disk_usage(place).free
    what = f"{amount(free)} free in {place}"
    if free < least:
        return Finding(AREA, name, "missing", what, needed_for, f"{remedy}: it takes {amount(least)}.")
    if free < _BUILD_DISK:
        return Finding(AREA, name, "note", f"{what}; building an image takes {amount(_BUILD_DISK)}", needed_for)
    return Finding(AREA, name, "ok", what, needed_for)


def firewall() -> Iterator[Finding]:
    """The flavour of the machine's own iptables, which no lab depends on: each has its own."""
    tool = shutil.which("iptables", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if tool is None:
        yield Finding(AREA, "iptables", "note", "not installed; lab hosts bring their own")
        return
    run = subprocess.run([tool, "-V"], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    version = (run.stdout or run.stderr).strip()
    yield Finding(AREA, "iptables", "note", f"{version}; lab hosts bring their own (--firewall nft or legacy)")
