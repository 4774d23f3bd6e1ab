"""One snapshot of a whole lab host: every namespace, the engine, and what it runs."""

from __future__ import annotations

import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

from pyroute2 import IPRoute

from . import inventory, iproute2, namespaces, netfilter, netlink, processes, sysctls, watched_files

_DOCKER_NETNS = "/run/docker/netns"
FORMAT = 4  # to be raised when what a snapshot holds is not what it was: one that was kept is not compared then
_SO_NETNS_COOKIE = 71
_ALIVE = {"running", "paused"}  # a paused container's namespace is as it was


def _network(place: str, known: dict[str, int]) -> dict[str, Any]:
    namespaces.enter_netns(place)
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
            "nsids": netlink.namespace_ids(ip, known),
            "cookie": _cookie(),
        }


def _cookie() -> int:
    """What no other namespace ever has: the inode of one that is gone is given to the next. 0 before Linux 5.14."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as any_:
        return int.from_bytes(any_.getsockopt(socket.SOL_SOCKET, _SO_NETNS_COOKIE, 8), sys.byteorder)
    return 0


def _in_thread(function: Any, *arguments: Any) -> Any:
    """Run in a thread of its own, because entering a namespace is for good."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments).result()


def namespace(place: str, known: dict[str, int] | None = None, *, flows: bool = False) -> dict[str, Any]:
    """Everything in one network namespace; `known` are the open ones it may know, `flows` adds conntrack."""
    found: dict[str, Any] = _in_thread(_network, place, known or {})
    found |= iproute2.lists(place)
    found["traffic_control"] = iproute2.traffic_control(place, found["qdiscs"])
    found["netfilter"] = netfilter.rules(place)
    found["flows"] = _in_thread(netlink.flows, place) if flows else []
    kind, _, name = place.partition(":")
    found["inode"] = _inode(namespaces.netns_file(place)) or 0
    found["files"] = watched_files.of_namespace(name) if kind == "netns" else {}
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
    # Whoever owns a namespace before those who share it.
    order = sorted(containers, key=lambda item: str(item.get("mode", "")).startswith("container:"))
    candidates += [f"container:{item['name']}" for item in order if item["state"] in _ALIVE]
    candidates += [f"netns:{name}" for name in _named(namespaces.NETNS)]
    candidates += [f"path:{_DOCKER_NETNS}/{name}" for name in _named(_DOCKER_NETNS)]
    for place in candidates:
        try:
            inode = _inode(namespaces.netns_file(place))
        except (OSError, namespaces.NoSuchPlace):
            continue
        if inode not in seen:
            seen.add(inode)
            found.append(place)
    return found


def list_places() -> list[str]:
    """Every network namespace of the lab host, once."""
    return _places(inventory.describe()["known"])


def _unless_gone(place: str, known: dict[str, int], *, flows: bool) -> dict[str, Any] | None:
    """A namespace, or None when its engine has just removed it."""
    try:
        return namespace(place, known, flows=flows)
    except (OSError, namespaces.NoSuchPlace):
        if place.startswith("path:"):
            return None
        raise


def _opened(found: list[str], stack: ExitStack) -> dict[str, int]:
    """Open files of namespaces, closed with the stack; one that has just ended is left out."""
    opened = {}
    for place in found:
        with suppress(OSError, namespaces.NoSuchPlace):
            opened[place] = namespaces.open_netns(place)
            stack.callback(os.close, opened[place])
    return opened


def take(*, flows: bool = False) -> dict[str, Any]:
    """All at once: {"kernel", "engine", "spawned", "files", "programs", "namespaces"}; `flows` adds conntrack."""
    about = inventory.describe(thorough=True)
    found = _places(about.pop("known"))
    with ExitStack() as stack, ThreadPoolExecutor(max(len(found), 1)) as pool:
        known = _opened(found, stack)
        taken = dict(zip(found, pool.map(lambda place: _unless_gone(place, known, flows=flows), found), strict=True))
    return {
        "format": FORMAT,
        "kernel": os.uname().release,
        "engine": about,
        "spawned": {
            name: {"alive": entry["alive"], "place": entry["place"]} for name, entry in processes.spawned().items()
        },
        "files": watched_files.of_host(),
        "programs": watched_files.programs(),
        "namespaces": {place: space for place, space in taken.items() if space is not None},
    }
