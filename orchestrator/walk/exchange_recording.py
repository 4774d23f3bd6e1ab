"""One exchange, with every namespace tapped meanwhile."""

from __future__ import annotations

import errno
import os
import time
from concurrent.futures import wait as wait_for
from typing import Any

from attrs import frozen

from netproof.errors import UsageError
from netproof.lab.agent_client import Answer
from netproof.lab.clock_offset import ahead
from netproof.lab.running import RunningLab
from netproof.wait import scaled
from netproof.walk.diagnosis.listeners import socket_of
from netproof.walk.docker_proxy import ports
from netproof.walk.existing_flows import flows
from netproof.walk.observations import Seen, read
from netproof.walk.target import Asked, Way
from netproof.walk.time_order import in_one_time

_PATIENCE = 3.5  # longer than the three seconds after which ARP gives up, so that it is told apart from silence
_ENOUGH = 2.2  # seconds: TCP's second try, a second after the first, had more than one for its answer
_AGAIN = 0.3
_ANSWER = 2.5  # seconds that whoever is connected has to answer
_LIMIT = 60.0  # seconds an agent has to open its taps, and to say what they saw
_PING = 56


@frozen
class Taken:
    """What one exchange brought: how it went, the asker's mark and namespace, and what the taps saw."""

    sent: dict[str, Any]
    mark: int
    place: str
    seen: Seen


def take(running: RunningLab, source: str, wanted: Asked, how: Way) -> Taken:
    """Tap everything, ask once, and gather what was seen. UsageError where it cannot be asked from that port."""
    ready = _prepared(running, source, wanted, how)
    older = flows(running, wanted.proto, how.from_port) if how.from_port else []
    agents = {host: running.agent(host) for host in running.hosts}
    relayed = ports(running) if wanted.port else []
    opening = {
        host: one.submit("watch.start", proto=wanted.proto, number=ready["port"], also=relayed)
        for host, one in agents.items()
    }
    taps = {host: future.result(_LIMIT) for host, future in opening.items()}
    try:
        sent = _sent(running, source, ready, wanted, how, taps)
    finally:
        closing = {host: agents[host].submit("watch.stop", number=tap) for host, tap in taps.items()}
        found = {host: future.result(_LIMIT) for host, future in closing.items()}
    seen = read(found)
    seen.tracked[:0] = older
    in_one_time(seen, {name: ahead(agents[name]) for name, host in running.hosts.items() if host.apart})
    host = running.host_of(source)
    here = next(name for name, inode in seen.inodes.items() if inode == ready["inode"] and seen.places[name][0] == host)
    return Taken(sent, ready["port"], here, seen)


def _sent(  # noqa: PLR0913, PLR0917 - who asks whom, how, and who watches
    running: RunningLab, source: str, ready: dict[str, int], wanted: Asked, how: Way, taps: dict[str, int]
) -> dict[str, Any]:
    """How the exchange went. What was dropped, as the kernel says, is waited for no longer than its second try."""
    asking = _send(running, source, ready["number"], wanted, how)
    until = time.monotonic() + scaled(_PATIENCE)
    wait_for([asking], scaled(_ENOUGH))
    while not asking.done() and time.monotonic() < until:
        if _is_lost(running, source, ready, taps):
            running.at(source)[0].call("exchange.give_up", number=ready["number"])
            break
        wait_for([asking], scaled(_AGAIN))
    sent: dict[str, Any] = asking.result(_LIMIT)
    return sent


def _is_lost(running: RunningLab, source: str, ready: dict[str, int], taps: dict[str, int]) -> bool:
    """Whether a packet of the exchange was dropped, and nobody waits for a neighbour's address."""
    here = running.host_of(source)
    asked = [
        running.agent(host).submit(
            "watch.standing", number=tap, mark=ready["port"], asking=ready["number"] if host == here else 0
        )
        for host, tap in taps.items()
    ]
    found = [one.result(_LIMIT) for one in asked]
    return any(one["dropped"] for one in found) and not any(one["resolving"] for one in found)


def _send(running: RunningLab, source: str, number: int, wanted: Asked, how: Way) -> Answer:
    agent, _ = running.at(source)
    return agent.submit(
        "exchange.send",
        number=number,
        proto=wanted.proto,
        address=wanted.address,
        port=wanted.port,
        seconds=scaled(_PATIENCE),
        answer=scaled(_PATIENCE if wanted.proto == "icmp" else _ANSWER),
        size=how.size or (_PING if wanted.proto == "icmp" else 0),
        df=how.df,
    )


def _prepared(running: RunningLab, source: str, wanted: Asked, how: Way) -> dict[str, int]:
    agent, place = running.at(source)
    ready: dict[str, int] = agent.call(
        "exchange.prepare", place=place, proto=wanted.proto, address=wanted.address, port=how.from_port
    )
    if "errno" not in ready:
        return ready
    if ready["errno"] != errno.EADDRINUSE:
        raise UsageError(
            f"{source} cannot ask from {wanted.proto} port {how.from_port}: {os.strerror(ready['errno'])}.",
            "Choose another --from-port.",
        )
    users = [socket_of(one) for one in agent.call("users", place=place, proto=wanted.proto, port=how.from_port)]
    owner = next((one.owner for one in users if one.owners), "a process that cannot be seen")
    raise UsageError(
        f"{source} cannot ask from {wanted.proto} port {how.from_port}: {owner} has it.",
        "End that process and walk its flow while conntrack remembers it, or choose another --from-port.",
    )
