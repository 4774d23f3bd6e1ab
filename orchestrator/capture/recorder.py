"""A capture on several interfaces at once, its packets in the order of time."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future
from concurrent.futures import wait as wait_for
from typing import Any, Protocol

from attrs import define, field

from netproof.capture import pcapng
from netproof.capture.where import CapturePoint, program
from netproof.lab.agent_client import Agent, Answer
from netproof.lab.clock_offset import ahead

_PACE = 0.2  # seconds an agent waits for packets before it says there are none
_LAST = 10.0
Frame = tuple[int, int, int, int, str]  # ns, interface's number, packet type, length, base64


class Sink(Protocol):
    """Where blocks go."""

    def write(self, data: bytes, /) -> Any:
        """Take all of `data`."""

    def flush(self) -> None:
        """Hand on what was taken."""


@define(eq=False)
class _Host:
    """The taps of one lab host: {tap: number of the interface in the file}, and by how many ns its clock is ahead."""

    agent: Agent
    ahead: int
    taps: dict[int, int] = field(factory=dict)
    began: int = 0  # when all interfaces were listened on, by its own clock
    complete: int = 0

    def follow(self, wait: float) -> Answer:
        return self.agent.submit("tap.follow", numbers=list(self.taps), wait=wait)


class Capture:
    """Interfaces that are all listened on from the moment it is made; `written` counts packets of each.

    `gone` are the numbers of those that were removed meanwhile.
    """

    def __init__(self, wheres: list[CapturePoint], expression: str, sink: Sink, most: int) -> None:
        programs = [program(where, expression) for where in wheres]
        self._wheres, self._sink, self._most = wheres, sink, most
        self._hosts: dict[str, _Host] = {}
        self._held: list[Frame] = []
        self.written = [0] * len(wheres)
        self.received = [0] * len(wheres)
        self.dropped = [0] * len(wheres)
        self.gone: set[int] = set()
        for number, (where, code) in enumerate(zip(wheres, programs, strict=True)):
            if where.host not in self._hosts:
                self._hosts[where.host] = _Host(where.agent, ahead(where.agent) if where.apart else 0)
            host = self._hosts[where.host]
            about: dict[str, Any] = {"place": where.place, "interface": where.interface, "hardware": where.hardware}
            host.taps[where.agent.call("tap.start", **about, program=code)] = number
        for each in self._hosts.values():
            each.began = each.agent.call("clock")
        sink.write(pcapng.section())
        for where in wheres:
            text = f"{where.interface}{f' ({where.kind})' if where.kind else ''} in {where.name.rpartition(':')[0]}"
            sink.write(pcapng.interface(where.name, text, where.link, expression))
        sink.flush()

    @property
    def full(self) -> bool:
        """Whether as many packets were written as were asked for."""
        return bool(self._most) and sum(self.written) >= self._most

    @property
    def over(self) -> bool:
        """Whether nothing can come any more: every interface was removed."""
        return len(self.gone) == len(self._wheres)

    def _take(self, host: _Host, answer: dict[str, Any]) -> None:
        host.complete = answer["complete"] - host.ahead
        self.gone |= {host.taps[tap] for tap in answer["gone"]}
        self._held += [
            (at - host.ahead, host.taps[tap], kind, size, data)
            for tap, at, kind, size, data in answer["frames"]
            if at >= host.began
        ]

    def _write(self, until: float) -> None:
        self._held.sort(key=lambda frame: frame[0])
        ready = [frame for frame in self._held if frame[0] <= until]
        self._held = self._held[len(ready) :]
        for at, number, kind, length, data in ready:
            if self.full:
                break
            self._sink.write(pcapng.packet(number, at, kind, length, base64.b64decode(data)))
            self.written[number] += 1
        if ready:
            self._sink.flush()

    def run(self, goes_on: Callable[[], bool]) -> None:
        """Write packets as long as `goes_on()` says so and more are wanted, then those that were on their way."""
        pending: dict[Future[Any], _Host] = {host.follow(_PACE): host for host in self._hosts.values()}
        while goes_on() and not self.full and not self.over:
            done, _ = wait_for(pending, _PACE, FIRST_COMPLETED)
            for future in done:
                host = pending.pop(future)
                self._take(host, future.result())
                pending[host.follow(_PACE)] = host
            self._write(min(host.complete for host in self._hosts.values()))
        for host in self._hosts.values():
            for tap, (seen, dropped) in host.agent.call("tap.hold", _LAST, numbers=list(host.taps)).items():
                number = host.taps[int(tap)]
                self.received[number], self.dropped[number] = seen, dropped
        for future, host in pending.items():
            self._take(host, future.result(_LAST))
        for host in self._hosts.values():
            self._rest(host)
        self._write(float("inf"))

    def _rest(self, host: _Host) -> None:
        more = True
        while more and not self.full:
            answer = host.follow(0).result(_LAST)
            self._take(host, answer)
            more = answer["more"]

    def finish(self) -> None:
        """Write what was not written yet, and for each interface what it received and lost."""
        self._write(float("inf"))
        now = time.time_ns()
        for number in range(len(self._wheres)):
            self._sink.write(pcapng.statistics(number, now, self.received[number], self.dropped[number]))
        self._sink.flush()
