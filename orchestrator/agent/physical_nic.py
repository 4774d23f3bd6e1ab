"""The real interface of a machine that is a lab host itself: it ends the cable to the lab's other machine.

Between labs it rests in the network namespace of the machine's way in, which the machine lends at `/netproof/real`.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

from . import namespaces
from .route_socket import route_socket

REST = "/netproof/real"
_KNOWN = "/run/netproof/real"


def is_real(link: Any) -> bool:
    """Whether an interface, as netlink tells it, stands for hardware, or for what a machine takes for hardware."""
    return link.get_attr("IFLA_LINKINFO") is None and link["ifi_type"] == 1


def _spaces() -> Iterator[str]:
    """Where it may be: at rest, or wherever a lab has it."""
    yield f"path:{REST}"
    yield "host"
    if os.path.isdir(namespaces.NETNS):
        yield from (f"netns:{name}" for name in sorted(os.listdir(namespaces.NETNS)))


def _candidates(ip: Any) -> list[Any]:
    """The real interfaces of this namespace, but the one that has an address to be reached by."""
    used = {address["index"] for address in ip.get_addr(family=2)} if _at_rest() else set()
    return [link for link in ip.get_links() if is_real(link) and link["index"] not in used]


def _at_rest() -> bool:
    with contextlib.suppress(OSError):
        return os.stat(REST).st_ino == os.stat("/proc/thread-self/ns/net").st_ino
    return False


def fetch(place: str, name: str) -> int:
    """Move it into a place under a name, from wherever it is; its index there. The thread stays in that place."""
    target = namespaces.open_netns(place)
    try:
        for space in _spaces():
            namespaces.enter_netns(space) if space != "host" else _enter_host()
            with route_socket() as ip:
                for link in _candidates(ip):
                    if space == f"path:{REST}":
                        _note(link)
                    ip.link("set", index=link["index"], net_ns_fd=target, ifname=name)
                    namespaces.enter(target)
                    with route_socket() as there:
                        return int(there.link_lookup(ifname=name)[0])
    finally:
        os.close(target)
    raise LookupError("this machine has no second interface for the cable to the other one")


def _enter_host() -> None:
    # PID 1 of the lab host is in its main namespace; the thread may have left it.
    descriptor = os.open("/proc/1/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        namespaces.enter(descriptor)
    finally:
        os.close(descriptor)


def _note(link: Any) -> None:
    with open(_KNOWN, "w") as file:
        json.dump({"name": link.get_attr("IFLA_IFNAME"), "mac": link.get_attr("IFLA_ADDRESS")}, file)


def give_back(ip: Any, link: Any) -> None:
    """Lay it to rest again, plain as it was; `ip` speaks to the namespace where it is."""
    with open(_KNOWN) as file:
        known = json.load(file)
    ip.link("set", index=link["index"], state="down", master=0)
    ip.flush_addr(index=link["index"])
    ip.link("set", index=link["index"], address=known["mac"], mtu=1500)
    rest = os.open(REST, os.O_RDONLY | os.O_CLOEXEC)
    try:
        ip.link("set", index=link["index"], net_ns_fd=rest, ifname=known["name"])
    finally:
        os.close(rest)
