"""`node:interface` -> where that is in a lab that may be broken."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from netproof.capture import pcapng
from netproof.errors import UnknownName, UsageError
from netproof.lab import nodes
from netproof.lab.agent_client import Agent
from netproof.lab.running import RunningLab

_ETHERNET = {1, 772}  # ARPHRD_ETHER, ARPHRD_LOOPBACK


@frozen
class CapturePoint:
    """An interface: its lab host's agent, the agent's name for the namespace, and what the kernel says it is."""

    name: str
    agent: Agent
    host: str
    place: str
    interface: str
    kind: str
    hardware: int
    apart: bool = False  # on a machine of its own, with a clock of its own

    @property
    def link(self) -> int:
        """pcapng's link type."""
        return pcapng.ETHERNET if self.hardware in _ETHERNET else pcapng.RAW


def _missing(lab: RunningLab, node: str, known: dict[str, tuple[str, str]]) -> UsageError:
    arguments = lab.instance.arguments
    if node in lab.lab.places:
        return UsageError(
            f"{node} is not running: it has no interfaces to capture on.",
            f"Running: {', '.join(sorted(known))}. `invoke lab status {arguments}` tells more.",
        )
    return UnknownName("node", node, known, of=str(lab.instance))


def _interfaces(agent: Agent, place: str) -> dict[str, Any]:
    return {item["name"]: item for item in agent.call("tap.interfaces", place=place)}


def find(lab: RunningLab, wanted: list[str]) -> list[CapturePoint]:
    """The interfaces that were named; UsageError with the nearest name for those there are not."""
    known = nodes.every(lab)
    found = []
    for word in dict.fromkeys(wanted):
        node, _, interface = word.rpartition(":")
        if not node and word in known:
            node, interface = word, ""
        if (node or interface) not in known:
            raise _missing(lab, node or interface, known)
        host, place = known[node]
        links = _interfaces(lab.agent(host), place)
        if interface not in links and not interface:
            first = next((name for name in links if name != "lo"), "lo")
            raise UsageError(
                f"{word!r} lacks an interface.", f"For example {node}:{first}. {node} has: {', '.join(sorted(links))}."
            )
        if interface not in links:
            raise UnknownName("interface", interface, links, of=node)
        about = links[interface]
        found.append(
            CapturePoint(
                word, lab.agent(host), host, place, interface, about["kind"], about["hardware"], lab.hosts[host].apart
            )
        )
    return found


def program(where: CapturePoint, expression: str) -> list[list[int]]:
    """A filter as classic BPF for an interface's kind of link; UsageError in tcpdump's words."""
    if not expression:
        return []
    link = "EN10MB" if where.link == pcapng.ETHERNET else "RAW"
    words = ["tcpdump", "-ddd", "-y", link, "-s", str(pcapng.SNAP), "--", expression]
    done = where.agent.call("run", place="host", command=words, timeout=20)
    if done["rc"]:
        said = [line for line in done["stderr"].splitlines() if line.strip() and "data link type" not in line]
        raise UsageError(
            f"--filter {expression!r} is no filter: {' '.join(said)}",
            "It is written as for tcpdump: --filter 'tcp port 80 and host 10.0.0.2'.",
        )
    return [[int(number) for number in line.split()] for line in done["stdout"].splitlines()[1:]]
