"""Netfilter's own trace: which chains and rules a packet met, as the kernel reports it.

A table of ours marks the packets of one exchange. Its owner is a socket of this process: when the process ends, in
whatever way, the kernel removes it. Both flavours of iptables heed the mark: nftables reports on a netlink group, and
the older tables through the namespace's logger, which is lent to NFLOG meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct

from .libnftables import Nft, NftError

TABLE = "netproof_walk"
_PRIORITY = -500  # before rules that are there even before fragments are put together (-450)
_NETLINK = 270  # SOL_NETLINK
_ADD_MEMBERSHIP = 1
_RCVBUFFORCE = 33
_HEADER = 16  # of a netlink message
_BUFFER = 16 * 1024 * 1024
_TRACE_GROUP = 9
_CONNTRACK_GROUPS = (1, 2, 3)
_LOGGERS = {"2": "/proc/sys/net/netfilter/nf_log/2", "10": "/proc/sys/net/netfilter/nf_log/10"}
_LEGACY = ("/proc/thread-self/net/ip_tables_names", "/proc/thread-self/net/ip6_tables_names")


def _quoted(bits: int, number: int) -> list[str]:
    """Errors about the exchange: the packet they quote begins behind the ICMP header."""
    inner, inner6 = 64 + 160 + bits, 64 + 320 + bits
    errors = "icmp type { destination-unreachable, redirect, time-exceeded, parameter-problem }"
    errors6 = "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem }"
    return [f"{errors} @th,{inner},16 {number}", f"{errors6} @th,{inner6},16 {number}"]


def _carried(bits: int, number: int) -> str:
    """The exchange inside VXLAN: behind UDP, VXLAN, Ethernet and IPv4."""
    return f"udp dport 4789 @th,{(8 + 8 + 14 + 20) * 8 + bits},16 {number}"


def matches(proto: str, number: int, also: list[int]) -> list[str]:
    """What recognises an exchange: by the asker's port or, of ICMP, its identifier; `also` are a relay's ports."""
    if proto == "icmp":
        return [f"icmp id {number}", f"icmpv6 id {number}", *_quoted(32, number), _carried(32, number)]
    found = []
    for port in (number, *also):
        found += [f"{proto} sport {port}", f"{proto} dport {port}"]
    for bits in (0, 16):
        found += [*_quoted(bits, number), _carried(bits, number)]
    return found


def mark(lines: list[str]) -> Nft:
    """Mark the packets of these matches in the calling thread's namespace, until the result is closed."""
    rules = "\n".join(f"{line} meta nftrace set 1" for line in lines)
    nft = Nft()
    try:
        for family, hooks in {"inet": {"prerouting": "", "output": ""}, **_beside(nft.run("list chains"))}.items():
            nft.run(_table(family, hooks, rules))
    except NftError:
        nft.close()
        raise
    return nft


def _table(family: str, hooks: dict[str, str], rules: str) -> str:
    """A table of ours; `hooks` are its hooks and, where a hook belongs to interfaces, which."""
    chains = "\n".join(
        f"chain {hook} {{\ntype filter hook {hook} {devices} priority {_PRIORITY}; policy accept;\n{rules}\n}}"
        for hook, devices in hooks.items()
    )
    return f"table {family} {TABLE} {{\nflags owner;\n{chains}\n}}"


def _beside(chains: str) -> dict[str, dict[str, str]]:
    """{family: {hook: interfaces}} of the hooks before, after and below IP, as far as somebody has rules there."""
    names = ", ".join(f'"{name}"' for _, name in socket.if_nameindex())
    used = {hook: f"devices = {{ {names} }}" for hook in ("ingress", "egress") if f"hook {hook}" in chains}
    below = {hook: "" for hook in ("prerouting", "output") if "table bridge" in chains}
    return {family: hooks for family, hooks in (("netdev", used), ("bridge", below)) if hooks}


def _listen(groups: tuple[int, ...]) -> socket.socket:
    found = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
    found.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, _BUFFER)
    found.bind((0, 0))
    for group in groups:
        found.setsockopt(_NETLINK, _ADD_MEMBERSHIP, group)
    found.setblocking(False)  # noqa: FBT003 - the socket API's own shape
    return found


def listen() -> tuple[socket.socket, socket.socket]:
    """Sockets for what nftables traces and for what conntrack does in the calling thread's namespace."""
    return _listen((_TRACE_GROUP,)), _listen(_CONNTRACK_GROUPS)


def drain(listener: socket.socket) -> list[bytes]:
    """What arrived since, message by message."""
    found: list[bytes] = []
    while True:
        try:
            data = listener.recv(1 << 17)
        except BlockingIOError:
            return found
        except OSError:  # ENOBUFS: some messages were lost
            continue
        while len(data) >= _HEADER:
            length = struct.unpack_from("I", data)[0]
            if length < _HEADER:
                break
            found.append(data[:length])
            data = data[(length + 3) & ~3 :]


def has_legacy() -> bool:
    """Whether the calling thread's namespace has tables of the older kind."""
    for path in _LEGACY:
        with contextlib.suppress(OSError), open(path) as file:
            if file.read().strip():
                return True
    return False


def borrow_loggers() -> dict[str, str]:
    """Let NFLOG have what the older tables trace; returns the loggers as they were, for `give_back`."""
    before = {}
    for family, path in _LOGGERS.items():
        with contextlib.suppress(OSError):
            with open(path) as file:
                before[family] = file.read().strip()
            with open(path, "w") as file:
                file.write("nfnetlink_log")
    return before


def give_back(before: dict[str, str]) -> None:
    """Set the loggers of the calling thread's namespace as they were."""
    for family, name in before.items():
        with contextlib.suppress(OSError), open(_LOGGERS[family], "w") as file:
            file.write(name)


def _config(group: int, attribute: int, value: bytes) -> bytes:
    """A message that configures NFLOG: nfgenmsg, then one attribute."""
    body = struct.pack("!BBH", 0, 0, group)
    body += struct.pack("HH", 4 + len(value), attribute) + value + b"\0" * (-len(value) % 4)
    return struct.pack("IHHII", 16 + len(body), (4 << 8) | 1, 5, 0, os.getpid()) + body


def listen_to_log() -> socket.socket:
    """A socket that receives the trace of the older tables: NFLOG's group 0, with 96 bytes of each packet."""
    found = _listen(())
    found.send(_config(0, 1, b"\x01"))  # bind the group
    found.send(_config(0, 2, struct.pack("!IBB", 96, 2, 0)))  # copy packets, 96 bytes
    found.send(_config(0, 5, struct.pack("!I", 1)))  # each at once
    return found
