"""What the orchestrator made in this lab host besides containers, and whether it is still there."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from . import namespaces, processes

_REGISTRY = "/run/netproof/parts"


def put(name: str, spec: str, servers: list[str], links: list[list[str]]) -> None:
    """Record that a part was made: its spec hash, the registered processes and the links (place, name) it has."""
    os.makedirs(_REGISTRY, exist_ok=True)
    temporary = f"{_REGISTRY}/.{name}.{os.getpid()}"
    with open(temporary, "w") as file:
        json.dump({"spec": spec, "servers": servers, "links": links}, file)
    os.rename(temporary, f"{_REGISTRY}/{name}")


def _exists(place: str, link: str) -> bool:
    try:
        namespaces.enter_netns(place)
        return bool(socket.if_nametoindex(link))
    except (OSError, LookupError):
        return False


def _whole(record: dict[str, Any], running: dict[str, dict[str, Any]]) -> bool:
    if not all(running.get(server, {}).get("alive", False) for server in record["servers"]):
        return False
    for link in record["links"]:
        with ThreadPoolExecutor(1) as pool:  # a thread of its own, because entering a namespace is for good
            if not pool.submit(_exists, *link).result():
                return False
    return True


def get() -> dict[str, dict[str, Any]]:
    """{name: {"spec", "servers", "links", "whole": its links exist and its servers run}}."""
    if not os.path.isdir(_REGISTRY):
        return {}
    running = processes.spawned()
    found = {}
    for name in os.listdir(_REGISTRY):
        if not name.startswith("."):
            with open(f"{_REGISTRY}/{name}") as file:
                record = json.load(file)
            found[name] = {**record, "whole": _whole(record, running)}
    return found


def remove(name: str) -> None:
    """Remove a part: its servers, its namespace with the wires that end in it, its own links, its record."""
    from . import wires  # noqa: PLC0415 - pyroute2 only when something is removed

    record = get().get(name, {"servers": [], "links": []})
    for server in record["servers"]:
        processes.stop(server)
    with ThreadPoolExecutor(1) as pool:  # as above
        pool.submit(wires.remove_netns, name).result()
    for place, link in record["links"]:
        with contextlib.suppress(LookupError), ThreadPoolExecutor(1) as pool:
            pool.submit(wires.remove_link, place, link).result()
    if os.path.exists(f"{_REGISTRY}/{name}"):
        os.unlink(f"{_REGISTRY}/{name}")
