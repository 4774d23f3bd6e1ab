"""What iproute2's tools list and the netlink library does not: xfrm, labels, proxies, next hops, traffic control.

One process lists what every namespace has; traffic control is only asked where an interface has a queueing
discipline that was given to it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from . import commands, netfilter

_LISTS = "addrlabel list\nneigh show proxy\nnexthop list\nxfrm policy list\nxfrm state list\n"
_PROXY = " proxy"
_KEY = re.compile(r"\b0x[0-9a-f]{16,}\b")
# What moves while packets pass, and what is said of sockets' own policies, which belong to programs.
_MOVING = re.compile(r"(anti-replay|replay-window|lastused|\tsocket )")
_OF_ITSELF = {"noqueue"}
_COUNT = re.compile(r" (refcnt|direct_packets_stat) \d+|( dev \S+)")
_HANDED_OUT = re.compile(r"\b[89a-f][0-9a-f]{3}:")  # handles from 8000: on are the kernel's choice
_LIMIT = 20


def _entries(text: str) -> list[str]:
    """Entries that go on in indented lines, each as one line."""
    found: list[str] = []
    for line in text.splitlines():
        if line[:1].isspace() and found:
            if not _MOVING.search(line):
                found[-1] += f" {' '.join(line.split())}"
        elif line.strip():
            found.append(" ".join(line.split()))
    return [_KEY.sub(_digest, line) for line in found]


def _digest(key: re.Match[str]) -> str:
    """A key is compared, and shown to nobody."""
    return f"key:{hashlib.sha256(key[0].encode()).hexdigest()[:12]}"


def _run(place: str, command: list[str], lines: str) -> str:
    prefix = netfilter.places_prefix(place)
    return str(commands.run("host", [*prefix, *command], stdin=lines, timeout=_LIMIT)["stdout"])


def _kind(entry: str) -> str:
    """What an entry is about: each kind begins in a way of its own."""
    if entry.startswith("prefix "):
        return "labels"
    if entry.startswith("id "):
        return "nexthops"
    if entry.endswith(_PROXY):
        return "proxies"
    return "xfrm" if entry.startswith("src ") and (" dir " in entry or " proto " in entry) else ""


def lists(place: str) -> dict[str, list[str]]:
    """Each entry a line: labels `prefix P label N`, proxies `ADDRESS dev NAME`, nexthops, xfrm policies and states."""
    found: dict[str, list[str]] = {"labels": [], "proxies": [], "nexthops": [], "xfrm": []}
    for entry in _entries(_run(place, ["ip", "-force", "-batch", "-"], _LISTS)):
        kind = _kind(entry)
        if kind:
            found[kind].append(entry.removesuffix(_PROXY))
    return found


def traffic_control(place: str, qdiscs: list[dict[str, Any]]) -> list[str]:
    """Queueing disciplines, classes and filters as `tc` lists them, of interfaces that were given one."""
    given = sorted({item["interface"] for item in qdiscs if item["kind"] not in _OF_ITSELF and item["interface"]})
    if not given:
        return []
    hooked = {item["interface"] for item in qdiscs if item["kind"] in {"clsact", "ingress"}}
    return [f"{name} {line}" for name in given for line in _of_interface(place, name, hooks=name in hooked)]


def _of_interface(place: str, name: str, *, hooks: bool) -> list[str]:
    what = ["qdisc show dev {}", "class show dev {}", "filter show dev {}"]
    what += ["filter show dev {} ingress", "filter show dev {} egress"] if hooks else []
    text = _run(place, ["tc", "-force", "-batch", "-"], "".join(f"{line.format(name)}\n" for line in what))
    lines = (_HANDED_OUT.sub("auto:", _COUNT.sub("", line)) for line in _entries(text))
    return [line for line in lines if not line.startswith("qdisc noqueue ")]
