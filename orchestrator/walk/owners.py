"""Who is at the ends of an exchange: the processes that hold its sockets."""

from __future__ import annotations

from attrs import frozen

from orchestrator.running import RunningLab
from orchestrator.walk.seen import Seen


@frozen
class Owner:
    """A process that holds a socket; `state` is the kernel's letter, `container` a name, or "" when it is in none."""

    pid: int
    name: str
    state: str
    container: str
    paused: bool

    def __str__(self) -> str:
        return f"{self.name} (pid {self.pid}{f', container {self.container}' if self.container else ''})"

    @property
    def is_stopped(self) -> bool:
        """Whether it cannot run: stopped by a signal, or its container is paused."""
        return self.paused or self.state == "T"


def owners(running: RunningLab, seen: Seen, place: str, proto: str, port: int) -> list[Owner]:
    """Who accepts on a port in a namespace."""
    host, name = seen.places[place]
    found = running.agent(host).call("owners", place=name, proto=proto, port=port)
    return [Owner(**one) for one in found]
