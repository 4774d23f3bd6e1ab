"""One snapshot of a whole lab host: every namespace, the engine, and what it runs."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

from pyroute2 import IPRoute

from . import engine, netfilter, netlink, places, processes, sysctls

_DOCKER_NETNS = "/run/docker/netns"
_ALIVE = {"running", "paused"}  # a paused container's namespace is as it was


def _network(place: str, files: dict[str, int]) -> dict[str, Any]:
    places.enter_netns(place)
    with IPRoute() as ip:
        links = netlink.links(ip)
        names = {link["index"]: link["name"] for link in links}
        return {
            "links": links,
            "addresses": netlink.addresses(ip, names),
            "routes": netlink.routes(ip, names),
            "policies": netlink.policies(ip),
            "neighbours": netlink.neighbours(ip, names),
            "fdb": netlink.fdb(ip, names),
            "qdiscs": netlink.qdiscs(ip, names),
            "sockets": netlink.listening(),
            "sysctls": sysctls.read_all(),
            "nsids": netlink.namespace_ids(ip, files),
        }


def _in_thread(function: Any, *arguments: Any) -> Any:
    """Run in a thread of its own, because entering a namespace is for good."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments).result()


def namespace(place: str, files: dict[str, int] | None = None, *, flows: bool = False) -> dict[str, Any]:
    """Everything in one network namespace; `files` are the open ones it may know, `flows` adds conntrack."""
    found: dict[str, Any] = _in_thread(_network, place, files or {})
    found["netfilter"] = netfilter.rules(place)
    found["flows"] = _in_thread(netlink.flows, place) if flows else []
    return found


def _inode(path: str) -> int | None:
    """What tells one namespace from another; None for an empty file that an ended one left behind."""
    about = os.stat(path)
    return about.st_ino if about.st_dev == os.stat("/proc/self/ns/net").st_dev else None


def _named(folder: str) -> list[str]:
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def _places(containers: list[dict[str, Any]]) -> list[str]:
    """Every network namespace once, under its best name: host, containers, named ones, then the engine's own."""
    seen: set[int | None] = {None}
    found = []
    candidates = ["host"]
    candidates += [f"container:{item['name']}" for item in containers if item["state"] in _ALIVE]
    candidates += [f"netns:{name}" for name in _named(places.NETNS)]
    candidates += [f"path:{_DOCKER_NETNS}/{name}" for name in _named(_DOCKER_NETNS)]
    for place in candidates:
        try:
            inode = _inode(places.netns_file(place))
        except (OSError, places.NoSuchPlace):
            continue
        if inode not in seen:
            seen.add(inode)
            found.append(place)
    return found


def list_places() -> list[str]:
    """Every network namespace of the lab host, once."""
    return _places(_engine()["known"])


def _container(summary: dict[str, Any]) -> dict[str, Any]:
    _, document = engine.get_json(f"/containers/{summary['Id']}/json")
    networks = document["NetworkSettings"]["Networks"]
    return {
        "name": document["Name"].lstrip("/"),
        "id": document["Id"],
        "image": document["Config"]["Image"],
        "state": document["State"]["Status"],
        "started": document["State"]["StartedAt"],
        "mode": document["HostConfig"]["NetworkMode"],
        "command": [document["Path"], *document["Args"]],
        "ports": {port: bound or [] for port, bound in (document["NetworkSettings"].get("Ports") or {}).items()},
        "networks": {
            name: {"address": end["IPAddress"], "mac": end["MacAddress"], "gateway": end["Gateway"]}
            for name, end in networks.items()
        },
        "labels": document["Config"]["Labels"] or {},
    }


def _networks() -> list[dict[str, Any]]:
    _, document = engine.get_json("/networks")
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


def _engine() -> dict[str, Any]:
    state = engine.state()
    if not state["answers"]:
        known = [{"name": name, "state": "running"} for name in places.known_containers()]
        return {**state, "version": "", "containers": [], "networks": [], "known": known}
    _, version = engine.get_json("/version")
    _, summaries = engine.get_json("/containers/json?all=1")
    with ThreadPoolExecutor(4) as pool:
        containers = sorted(pool.map(_container, summaries), key=lambda item: str(item["name"]))
    networks = sorted(_networks(), key=lambda item: str(item["name"]))
    return {
        **state,
        "version": version["Version"],
        "containers": containers,
        "networks": networks,
        "known": containers,
    }


def _unless_gone(place: str, files: dict[str, int], *, flows: bool) -> dict[str, Any] | None:
    """A namespace, or None when its engine has just removed it."""
    try:
        return namespace(place, files, flows=flows)
    except (OSError, places.NoSuchPlace):
        if place.startswith("path:"):
            return None
        raise


def _opened(found: list[str], stack: ExitStack) -> dict[str, int]:
    """Open files of namespaces, closed with the stack; one that has just ended is left out."""
    files = {}
    for place in found:
        with suppress(OSError, places.NoSuchPlace):
            files[place] = places.open_netns(place)
            stack.callback(os.close, files[place])
    return files


def take(*, flows: bool = False) -> dict[str, Any]:
    """Everything at once: {"kernel", "engine", "spawned", "namespaces": {place: …}}; `flows` adds conntrack."""
    about = _engine()
    found = _places(about.pop("known"))
    with ExitStack() as stack, ThreadPoolExecutor(max(len(found), 1)) as pool:
        files = _opened(found, stack)
        taken = dict(zip(found, pool.map(lambda place: _unless_gone(place, files, flows=flows), found), strict=True))
    return {
        "kernel": os.uname().release,
        "engine": about,
        "spawned": {
            name: {"alive": entry["alive"], "place": entry["place"]} for name, entry in processes.spawned().items()
        },
        "namespaces": {place: space for place, space in taken.items() if space is not None},
    }
