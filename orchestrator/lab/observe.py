"""Looking at a running lab: packets on interfaces, tracked connections, rules, sysctls, connections tried."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import cattrs
from attrs import frozen

from netproof.facts.model import Flow, Namespace, Netfilter, Rule, Table
from netproof.facts.packets import Packet, decode
from netproof.lab.agent_client import Agent
from netproof.lab.running import RunningLab
from netproof.wait import patience, until

_FLAVOURS = {"nft": "iptables-nft", "legacy": "iptables-legacy"}
_CONNECT = 2.0  # the kernel accepts a connection, at once,
_ANSWER = 8.0  # and a program answers it, which on a busy machine may have to wait for its turn
_ARRIVAL = 3.0


@frozen
class Answer:
    """How asking a server went.

    `outcome` is answered, timeout, refused, unreachable, reset, forbidden or failed; `port` is the asker's own.
    """

    outcome: str
    errno: str
    port: int
    text: str
    held: int

    @property
    def said(self) -> dict[str, Any]:
        """What a lab's server said: node (who answers), caller (who it saw calling), port; empty without an answer."""
        try:
            said: dict[str, Any] = json.loads(self.text.strip().splitlines()[-1])
            caller = ipaddress.ip_address(said["caller"])
        except (IndexError, ValueError, TypeError, KeyError):  # nobody answered, or somebody who is no server of ours
            return {}
        return {**said, "caller": str(getattr(caller, "ipv4_mapped", None) or caller)}


@frozen
class Pings:
    """How `ping` went: replies of how many, its output, and the exit code."""

    replies: int
    text: str
    rc: int


class Capture:
    """Packets seen on one interface since the capture began."""

    def __init__(self, agent: Agent, number: int) -> None:
        self._agent = agent
        self._number = number
        self._packets: list[Packet] = []

    def packets(self) -> list[Packet]:
        """Every IP packet so far, in order."""
        return [packet for packet in self.frames() if packet.proto != "arp"]

    def frames(self) -> list[Packet]:
        """Every IP packet and ARP message so far, in order."""
        frames = self._agent.call("capture.read", number=self._number)
        self._packets += [packet for frame in frames if (packet := decode(frame)) is not None]
        return list(self._packets)

    def wait_for(self, wanted: Callable[[Packet], bool], limit: float = _ARRIVAL) -> list[Packet]:
        """The frames that match, as soon as there is one; empty after `limit` seconds without."""
        return until(lambda: [packet for packet in self.frames() if wanted(packet)], limit)

    def stop(self) -> None:
        """End the capture."""
        self._agent.call("capture.stop", number=self._number)


@contextmanager
def capture(lab: RunningLab, name: str, interface: str) -> Iterator[Capture]:
    """Packets on an interface of a host or node, from now on."""
    agent, place = lab.at(name)
    found = Capture(agent, agent.call("capture.start", place=place, interface=interface))
    try:
        yield found
    finally:
        found.stop()


def dial(  # noqa: PLR0913 - who calls whom, and how long it may take
    lab: RunningLab, name: str, address: str, port: int, seconds: float = _CONNECT, *, answer: float | None = None
) -> Answer:
    """Connect from a host or node within `seconds`, ask for `/` by HTTP, and wait `answer` seconds for the answer."""
    agent, place = lab.at(name)
    wait = patience(_ANSWER) if answer is None else answer
    return Answer(**agent.call("dial", place=place, address=address, port=port, seconds=seconds, answer=wait))


@contextmanager
def connected(lab: RunningLab, name: str, address: str, port: int) -> Iterator[Answer]:
    """A TCP connection that stays open meanwhile."""
    agent, place = lab.at(name)
    answer = Answer(**agent.call("dial", place=place, address=address, port=port, seconds=_CONNECT, hold=True))
    try:
        yield answer
    finally:
        agent.call("hang_up", number=answer.held)


def ask(lab: RunningLab, name: str, address: str, port: int, seconds: float | None = None) -> Answer:
    """Send one UDP datagram from a host or node and wait at most `seconds` for the answer."""
    agent, place = lab.at(name)
    wait = patience(_ANSWER) if seconds is None else seconds
    return Answer(**agent.call("ask", place=place, address=address, port=port, seconds=wait))


def bind(  # noqa: PLR0913 - what bind(2) is asked for
    lab: RunningLab, name: str, address: str, port: int, proto: str = "tcp", *, share: bool = False
) -> str:
    """Bind a socket in a host or node, as a server would, and close it: "" or the errno's name (`EADDRINUSE`).

    `share` sets SO_REUSEPORT.
    """
    agent, place = lab.at(name)
    errno: str = agent.call("bind", place=place, address=address, port=port, proto=proto, share=share)
    return errno


def ping(  # noqa: PLR0913 - the options of ping people know
    lab: RunningLab, name: str, address: str, *, count: int = 1, size: int = 56, seconds: float = 2, df: bool = False
) -> Pings:
    """`ping -c COUNT -s SIZE` from a host or node, waiting at most `seconds` for replies; `df` forbids fragments."""
    words = ["ping", "-n", "-c", str(count), "-i", "0.2", "-W", str(seconds), "-s", str(size)]
    result = lab.run(name, [*words, *(["-M", "do"] if df else []), address], limit=count + seconds + 10)
    found = re.search(r"(\d+)(?: packets)? received", result.stdout)
    return Pings(int(found[1]) if found else 0, (result.stdout + result.stderr).strip(), result.rc)


def namespace(lab: RunningLab, name: str) -> Namespace:
    """Typed facts about one host or node."""
    agent, place = lab.at(name)
    return cattrs.structure(agent.call("namespace", place=place), Namespace)


def engines_own(lab: RunningLab, host: str) -> dict[str, Namespace]:
    """{file: facts} of the namespaces under /run/docker/netns that are no container's, such as an overlay's."""
    agent = lab.agent(host)
    places = [place for place in agent.call("places") if place.startswith("path:")]
    return {
        place.removeprefix("path:"): cattrs.structure(agent.call("namespace", place=place), Namespace)
        for place in places
    }


def flows(lab: RunningLab, name: str) -> list[Flow]:
    """The connections that a host or node tracks."""
    agent, place = lab.at(name)
    return cattrs.structure(agent.call("flows", place=place), list[Flow])


def table(lab: RunningLab, name: str, wanted: str) -> Table:
    """An iptables table of a host or node, with counters, in the flavour its lab host was started with."""
    agent, place = lab.at(name)
    rules = cattrs.structure(agent.call("netfilter", place=place), Netfilter)
    flavour = _FLAVOURS[lab.hosts[lab.host_of(name)].firewall]
    return rules.iptables.get(flavour, {}).get(wanted, Table({}, []))


def drop_empty_tables(lab: RunningLab, name: str) -> None:
    """Remove what `iptables -A` makes with nftables and `iptables -D` leaves: tables without rules or policies."""
    agent, place = lab.at(name)
    rules = cattrs.structure(agent.call("netfilter", place=place), Netfilter)
    for flavour, tables in rules.iptables.items():
        for table in (each for each, about in tables.items() if flavour.endswith("-nft") and about.is_empty):
            family = "ip6" if flavour.startswith("ip6") else "ip"
            lab.run(name, ["nft", "delete", "table", family, table], limit=10)


def rule(lab: RunningLab, name: str, wanted: str, chain: str, text: str) -> Rule:
    """The rule of this text in a chain of an iptables table, with its counters; LookupError lists what is there."""
    rules = [rule for rule in table(lab, name, wanted).rules if rule.chain == chain]
    for found in rules:
        if found.rule == text:
            return found
    listing = "\n".join(found.rule for found in rules) or "(nothing)"
    raise LookupError(f"{wanted} {chain} of {name} has no rule `{text}`; it holds:\n{listing}")


def sysctl(lab: RunningLab, name: str, key: str, value: str | None = None) -> str:
    """Read a sysctl of a host or node, after writing `value` when one is given."""
    agent, place = lab.at(name)
    answer: str = agent.call("sysctl", place=place, key=key, value=value)
    return answer


def link(lab: RunningLab, name: str, interface: str, **what: Any) -> None:
    """Change an interface of a host or node by what pyroute2's `link("set")` takes: state="down", mtu=1400."""
    agent, place = lab.at(name)
    agent.call("link", place=place, name=interface, **what)
