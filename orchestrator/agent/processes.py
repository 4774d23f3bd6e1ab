"""Long-lived processes a lab needs, such as the outsider's HTTP server. They outlive the agent."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

from . import commands, namespaces

REGISTRY = "/run/netproof/spawned"
_END_LIMIT = 10.0


def _record(name: str) -> str:
    return f"{REGISTRY}/{name}.json"


def _start_time(pid: int) -> str | None:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def spawn(name: str, place: str, argv: list[str], spec: str = "") -> int:
    """Start `argv` in a place, detached, logging under /var/log; returns its pid.

    `python` as the first word is this agent's own interpreter, with the agent's code on its path.
    A process already registered under the name is stopped first.
    """
    stop(name)
    os.makedirs(REGISTRY, exist_ok=True)
    environment = dict(commands.ENVIRONMENT)
    if argv[0] == "python":
        argv = [sys.executable, *argv[1:]]
        environment["PYTHONPATH"] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    with open(f"/var/log/{name}.log", "ab") as log:
        process = subprocess.Popen(
            namespaces.command_prefix(place) + argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd="/",
            start_new_session=True,
        )
    record = {"pid": process.pid, "start": _start_time(process.pid), "place": place, "spec": spec}
    temporary = f"{_record(name)}.{os.getpid()}"
    with open(temporary, "w") as file:
        json.dump(record, file)
    os.rename(temporary, _record(name))
    return process.pid


def spawned() -> dict[str, dict[str, Any]]:
    """Every registered process: pid, place, spec, and whether it is alive."""
    found: dict[str, dict[str, Any]] = {}
    if not os.path.isdir(REGISTRY):
        return found
    for entry in sorted(os.listdir(REGISTRY)):
        if entry.endswith(".json"):
            record = _read(f"{REGISTRY}/{entry}")
            start = _start_time(record["pid"])
            found[entry[:-5]] = {**record, "alive": start is not None and start == record["start"]}
    return found


def _read(path: str) -> dict[str, Any]:
    """A record; one that somebody damaged is of a process that is none."""
    nobody = {"pid": 0, "start": "", "place": "", "spec": ""}
    try:
        with open(path) as file:
            record = json.load(file)
    except (OSError, ValueError):
        return nobody
    is_whole = isinstance(record, dict) and all(type(record.get(key)) is type(nobody[key]) for key in nobody)
    return record if is_whole else nobody


def _await_end(record: dict[str, Any]) -> None:
    """Wait until a killed process has let go of its ports: the next one may want them."""
    deadline = time.monotonic() + _END_LIMIT
    while _start_time(record["pid"]) == record["start"] and time.monotonic() < deadline:
        time.sleep(0.005)


def stop(name: str) -> bool:
    """Kill a registered process and forget it, when it has ended; False when there was none alive."""
    record = spawned().get(name)
    if record is None:
        return False
    if record["alive"]:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(record["pid"], signal.SIGKILL)
        _await_end(record)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_record(name))
    return bool(record["alive"])
