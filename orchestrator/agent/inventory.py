"""The lab host's engine and what it runs, as it describes them itself, and the files of its containers."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from . import engine_api, namespaces, stopped_processes, watched_files

_LIMITS = {
    "memory": "Memory",
    "memory-swap": "MemorySwap",
    "memory-reservation": "MemoryReservation",
    "nano-cpus": "NanoCpus",
    "cpu-shares": "CpuShares",
    "cpu-quota": "CpuQuota",
    "cpu-period": "CpuPeriod",
    "cpuset-cpus": "CpusetCpus",
    "cpuset-mems": "CpusetMems",
    "pids-limit": "PidsLimit",
    "blkio-weight": "BlkioWeight",
    "cap-add": "CapAdd",
    "cap-drop": "CapDrop",
    "dns": "Dns",
    "dns-search": "DnsSearch",
    "dns-option": "DnsOptions",
    "add-host": "ExtraHosts",
    "sysctl": "Sysctls",
    "link": "Links",
    "privileged": "Privileged",
    "read-only": "ReadonlyRootfs",
}
_OWN_NAMES = 12  # an engine gives a container the beginning of its id as a name, too


def _settings(document: dict[str, Any]) -> dict[str, str]:
    """What `docker run` and `docker update` set, by their flags, where it is not the default."""
    host = document["HostConfig"]
    given = {flag: host.get(name) for flag, name in _LIMITS.items()}
    found = {flag: _text(value) for flag, value in given.items() if value and _text(value) not in {"", "0", "-1"}}
    restart = host.get("RestartPolicy") or {}
    if restart.get("Name") not in {None, "", "no"}:
        most = restart.get("MaximumRetryCount") or 0
        found["restart"] = restart["Name"] + (f":{most}" if most else "")
    user = document["Config"].get("User")
    return found | ({"user": user} if user else {})


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(sorted(str(item) for item in value))
    if isinstance(value, dict):
        return ",".join(f"{key}={item}" for key, item in sorted(value.items()))
    return str(value)


def _aliases(end: dict[str, Any], identity: str, name: str) -> list[str]:
    """Names by which the engine's DNS knows a container in one network, but those that every container has."""
    given = set(end.get("Aliases") or []) | set(end.get("DNSNames") or [])
    return sorted(given - {identity[:_OWN_NAMES], name})


def _container(summary: dict[str, Any], stopped: dict[int, list[str]], *, thorough: bool) -> dict[str, Any] | None:
    """A container, or None when it has just been removed."""
    status, document = engine_api.get_json(f"/containers/{summary['Id']}/json")
    if status != engine_api.OK:
        return None
    networks = document["NetworkSettings"]["Networks"]
    name, pid = document["Name"].lstrip("/"), int(document["State"].get("Pid") or 0)
    return {
        "name": name,
        "id": document["Id"],
        "image": document["Config"]["Image"],
        "state": document["State"]["Status"],
        "started": document["State"]["StartedAt"],
        "mode": document["HostConfig"]["NetworkMode"],
        "command": [document["Path"], *document["Args"]],
        "ports": {port: bound or [] for port, bound in (document["NetworkSettings"].get("Ports") or {}).items()},
        "networks": {
            network: {
                "address": end["IPAddress"],
                "address6": end.get("GlobalIPv6Address") or "",
                "mac": end["MacAddress"],
                "gateway": end["Gateway"],
                "aliases": _aliases(end, document["Id"], name),
            }
            for network, end in networks.items()
        },
        "labels": document["Config"]["Labels"] or {},
        "settings": _settings(document),
        "inode": _namespace(pid),
        "halted": stopped.get(stopped_processes.namespace(pid), []) if pid else [],
        "files": _files(document["Id"], pid) if thorough else {},
    }


def _namespace(pid: int) -> int:
    """What tells the network namespace of a process from others; 0 when there is none."""
    with suppress(OSError):
        return os.stat(f"/proc/{pid}/ns/net").st_ino if pid else 0
    return 0


def _files(identity: str, pid: int) -> dict[str, list[str]]:
    if not pid:
        return {}
    status, changes = engine_api.get_json(f"/containers/{identity}/changes", limit=20)
    return watched_files.of_container(pid, changes or []) if status == engine_api.OK else {}


def _networks() -> list[dict[str, Any]]:
    _, document = engine_api.get_json("/networks")
    return [
        {
            "name": item["Name"],
            "id": item["Id"],
            "driver": item["Driver"],
            "internal": item["Internal"],
            "subnets": [pool["Subnet"] for pool in item["IPAM"]["Config"] or [] if "Subnet" in pool],
            "options": item["Options"] or {},
        }
        for item in document
    ]


def describe(*, thorough: bool = False) -> dict[str, Any]:
    """The engine, its containers and networks; `known` are containers whose namespaces there may be.

    `thorough` looks into the containers' file systems, too.
    """
    state = engine_api.state()
    if state["answers"]:
        # It may take calls and leave them without an answer, as when its containerd is stopped.
        with suppress(TimeoutError):
            return _told(state, thorough=thorough)
    if state["dockerd"]:
        namespaces.note_silence()
    known = [{"name": name, "state": "running"} for name in namespaces.known_containers()]
    own = stopped_processes.halted().get(stopped_processes.namespace(os.getpid()), []) if thorough else []
    return {**state, "answers": False, "version": "", "containers": [], "networks": [], "halted": own, "known": known}


def _told(state: dict[str, Any], *, thorough: bool) -> dict[str, Any]:
    """What an engine that answers says. TimeoutError when it stops answering."""
    _, version = engine_api.get_json("/version")
    _, summaries = engine_api.get_json("/containers/json?all=1")
    stopped = stopped_processes.halted() if thorough else {}
    own = stopped.pop(stopped_processes.namespace(os.getpid()), [])
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda summary: _container(summary, stopped, thorough=thorough), summaries)
        containers = sorted((item for item in found if item is not None), key=lambda item: str(item["name"]))
    networks = sorted(_networks(), key=lambda item: str(item["name"]))
    return {
        **state,
        "version": version["Version"],
        "containers": containers,
        "networks": networks,
        "halted": own,
        "known": containers,
    }
