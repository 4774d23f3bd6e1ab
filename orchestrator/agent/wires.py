"""Wires between namespaces: veth pairs, addresses, routes, through netlink."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from typing import TYPE_CHECKING, Any

from . import namespaces, physical_nic
from .route_socket import route_socket

if TYPE_CHECKING:
    from pyroute2 import IPRoute

SWITCH = "br0"
_FIRST_INDEX = 100
_NODAD = 0x02
# What a kernel begins with. A new namespace has the settings of the machine's first one instead.
_IPV4 = {
    "forwarding": "0",
    "accept_redirects": "1",
    "send_redirects": "1",
    "secure_redirects": "1",
    "accept_local": "0",
    "route_localnet": "0",
    "rp_filter": "0",
    "proxy_arp": "0",
    "arp_announce": "0",
    "arp_filter": "0",
    "arp_ignore": "0",
    "arp_notify": "0",
    "arp_accept": "0",
    "log_martians": "0",
}


def make_netns(name: str) -> bool:
    """Make a named network namespace with its loopback up and a kernel's own settings; False when it was there."""
    if os.path.exists(f"{namespaces.NETNS}/{name}"):
        return False
    from pyroute2 import netns  # noqa: PLC0415 - as above

    netns.create(name)
    namespaces.enter_netns(f"netns:{name}")
    for scope in ("all", "default"):
        for setting, value in _IPV4.items():
            with open(f"/proc/sys/net/ipv4/conf/{scope}/{setting}", "w") as file:
                file.write(value)
    with route_socket() as ip:
        ip.link("set", index=1, state="up")
    return True


def remove_netns(name: str) -> bool:
    """Remove a named network namespace, its wires first; False when there was none. The thread stays in it.

    The kernel takes a namespace apart later, and until then the wires' other ends stay where they are.
    """
    from pyroute2 import netns  # noqa: PLC0415 - as above

    if not os.path.exists(f"{namespaces.NETNS}/{name}"):
        return False
    with contextlib.suppress(OSError):  # a file without a namespace behind it has no wires
        namespaces.enter_netns(f"netns:{name}")
        with route_socket() as ip:
            for link in ip.get_links():
                if physical_nic.is_real(link):
                    physical_nic.give_back(ip, link)
            while wires := ip.link_lookup(kind="veth"):  # asked again each time: both ends of one may be here
                ip.link("del", index=wires[0])
    netns.remove(name)
    return True


def make_switch(name: str) -> None:
    """Make an Ethernet switch: a bridge br0 in a network namespace of its own."""
    make_netns(name)
    namespaces.enter_netns(f"netns:{name}")
    with route_socket() as ip:
        ip.link("add", ifname=SWITCH, kind="bridge")
        ip.link("set", index=ip.link_lookup(ifname=SWITCH)[0], state="up")


def _dress(ip: IPRoute, end: dict[str, Any]) -> None:
    """Give one end of a wire what it is to have, and bring it up."""
    index = ip.link_lookup(ifname=end["name"])[0]
    for address in end["addresses"]:
        # An IPv6 address is used at once, not after its detection as a duplicate.
        flags = {"flags": _NODAD} if ":" in address else {}
        ip.addr("add", index=index, address=address.split("/")[0], prefixlen=int(address.split("/")[1]), **flags)
    if end["switch"]:
        ip.link("set", index=index, master=ip.link_lookup(ifname=SWITCH)[0])
        ip.brport("set", index=index, mode=int(end["hairpin"]))
    ip.link("set", index=index, state="up")
    for destination, gateway in end["routes"].items():
        family = socket.AF_INET6 if ":" in gateway else socket.AF_INET
        ip.route("add", dst=destination, gateway=gateway, family=family)


def make_cable(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Make a veth pair; interfaces of these names that are already there are replaced.

    Each end has place, name, mac, addresses (a.b.c.d/n), routes ({subnet: gateway}) and switch: whether it is a
    port of that place's br0, and then hairpin.
    """
    near, far = namespaces.open_netns(one["place"]), namespaces.open_netns(other["place"])
    try:
        namespaces.enter(far)
        with route_socket() as ip:
            _remove(ip, other["name"])
        namespaces.enter(near)
        with route_socket() as ip:
            _remove(ip, one["name"])
            peer = {"ifname": other["name"], "address": other["mac"], "net_ns_fd": far}
            # An index of its own: where both ends have the same one, the kernel is slow to report their carrier.
            index = max(_FIRST_INDEX, *(link["index"] for link in ip.get_links())) + 1
            ip.link("add", ifname=one["name"], kind="veth", address=one["mac"], index=index, peer=peer)
            _dress(ip, one)
        namespaces.enter(far)
        with route_socket() as ip:
            _dress(ip, other)
    finally:
        os.close(near)
        os.close(far)


def take_real(end: dict[str, Any]) -> None:
    """Make the machine's real interface an end of a wire, as `make_cable` takes one; what has its name is replaced."""
    namespaces.enter_netns(end["place"])
    with route_socket() as ip:
        _remove(ip, end["name"])
    index = physical_nic.fetch(end["place"], end["name"])
    with route_socket() as ip:
        ip.link("set", index=index, address=end["mac"])
        _dress(ip, end)


def _remove(ip: IPRoute, name: str) -> bool:
    found = ip.get_links(ifname=name) if ip.link_lookup(ifname=name) else []
    for link in found:
        if physical_nic.is_real(link):
            physical_nic.give_back(ip, link)
        else:
            ip.link("del", index=link["index"])
    return bool(found)


def remove_link(place: str, name: str) -> bool:
    """Remove an interface of a place; False when there was none."""
    namespaces.enter_netns(place)
    with route_socket() as ip:
        return _remove(ip, name)


def change_link(place: str, name: str, **what: Any) -> None:
    """Change a link: state, mtu, address, … as pyroute2's `link("set")` takes them."""
    namespaces.enter_netns(place)
    with route_socket() as ip:
        found = ip.link_lookup(ifname=name)
        if not found:
            raise namespaces.NoSuchPlace(f"there is no interface {name!r} in {place}")
        ip.link("set", index=found[0], **what)


def sysctl(place: str, key: str, value: str | None = None) -> str:
    """Read a sysctl of a place (`net.ipv4.ip_forward`), after writing `value` when one is given."""
    namespaces.enter_netns(place)
    path = f"/proc/sys/{key.replace('.', '/')}"
    if value is not None:
        with open(path, "w") as file:
            file.write(value)
    with open(path) as file:
        return file.read().strip()


def wait_listening(place: str, port: int, seconds: float, proto: str = "tcp") -> bool:
    """Wait until a socket takes connections (or datagrams) on a port in a place, at most `seconds`."""
    from . import netlink  # noqa: PLC0415 - as above

    namespaces.enter_netns(place)
    deadline = time.monotonic() + seconds
    while True:
        if any(found["proto"] == proto and found["port"] == port for found in netlink.listening()):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
