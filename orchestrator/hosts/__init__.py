"""Where lab hosts live. Each backend finds, starts, enters and removes them; `choice` has the one that is wanted."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from attrs import field, frozen

from netproof.hosts.agent_stream import Stream
from netproof.state.instance import Instance

SHARED = "/netproof"  # in every host of a lab that has several: a volume they have in common


@frozen
class HostSpec:
    """What a lab host is to be: everything that, when it changes, makes it another one.

    `settings` is the engine's configuration file; `shares` says whether it has the lab's common volume; `place` is its
    number among the lab's hosts, from 0; `digest` stands for the whole.
    """

    name: str
    place: int
    engine: str
    firewall: str
    image: str
    settings: Mapping[str, object]
    shares: bool
    digest: str


@frozen
class Found:
    """A lab host that exists, as its labels describe it; `apart` ones share no machine with the lab's others.

    `data` is the volume that has its engine's data, where that has a name of its own and has to be removed by it.
    """

    id: str
    instance: Instance
    host: str
    engine: str
    firewall: str
    digest: str
    image: str
    state: str
    owner: str
    apart: bool = False
    data: str = ""

    @property
    def running(self) -> bool:
        """Whether commands can run in it."""
        return self.state == "running"


@frozen
class Ready:
    """What lab hosts of an engine are made from: an image (or what stands for one), the engine's version, a remark."""

    image: str
    version: str
    note: str


@frozen
class Swept:
    """What was removed besides lab hosts, in words, and what had to stay because something that is not ours uses it."""

    other: list[str] = field(factory=list)
    kept: list[str] = field(factory=list)


class Hosts(Protocol):
    """Finds, starts, enters and removes the lab hosts of one place. An object belongs to one thread."""

    @property
    def at_once(self) -> int:
        """How many labs can be up there at the same time; 0 for as many as cores and memory allow."""

    def find(self, instance: Instance | None = None) -> Sequence[Found]:
        """Lab hosts of an instance, or all of this owner's, by label."""

    def engines(self) -> Sequence[str]:
        """The engines that lab hosts can have there, such as 26.1; the usual one first."""

    def kernel(self) -> str:
        """The release of the kernel that lab hosts have there."""

    def prepare(self, engine: str, count: int, say: Callable[[str], None]) -> Ready:
        """See to it that `count` lab hosts of an engine can be started."""

    def start(self, instance: Instance, spec: HostSpec) -> Found:
        """Make and start one."""

    def remove(self, hosts: Sequence[Found]) -> None:
        """Remove them and all that is in them; those already gone are fine."""

    def remove_volumes(self, instance: Instance) -> None:
        """Remove what the hosts of an instance had in common."""

    def sweep(self, *, keep_images: bool) -> Swept:
        """Remove what else of this owner's is there."""

    def get_ready(self, image: str) -> None:
        """Have the next lab hosts of an image start sooner, if anything can be done for it; returns at once."""

    def stream(self, host: Found, command: Sequence[str]) -> Stream:
        """Start a process in a lab host, for its input and output; HostDied when it is gone."""

    def connect(self, host: Found, client: socket.socket) -> None:
        """Lead a connection to a lab host's engine, until either end closes it."""

    def wait(self, host: Found) -> None:
        """Return when a lab host is no more."""
