"""Where lab hosts live. Each backend finds, starts, enters and removes them; `choice` has the one that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from attrs import frozen

from orchestrator.link import Stream
from orchestrator.state import Instance

SHARED = "/netproof"  # in every host of a lab that has several: a volume they have in common


@frozen
class HostSpec:
    """What a lab host is to be: everything that, when it changes, makes it another one.

    `settings` is the engine's configuration file; `shares` says whether it has the lab's common volume;
    `digest` stands for the whole.
    """

    name: str
    engine: str
    firewall: str
    image: str
    settings: Mapping[str, object]
    shares: bool
    digest: str


@frozen
class Found:
    """A lab host that exists, as its labels describe it."""

    id: str
    instance: Instance
    host: str
    engine: str
    firewall: str
    digest: str
    image: str
    state: str
    owner: str

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


class Hosts(Protocol):
    """Finds, starts, enters and removes the lab hosts of one place. An object belongs to one thread."""

    def find(self, instance: Instance | None = None) -> Sequence[Found]:
        """Lab hosts of an instance, or all of this owner's, by label."""

    def prepare(self, engine: str, say: Callable[[str], None]) -> Ready:
        """See to it that lab hosts of an engine (`26.1`) can be started."""

    def start(self, instance: Instance, spec: HostSpec) -> Found:
        """Make and start one."""

    def remove(self, hosts: Sequence[Found]) -> None:
        """Remove them and all that is in them; those already gone are fine."""

    def remove_volumes(self, instance: Instance) -> None:
        """Remove what the hosts of an instance had in common."""

    def stream(self, host: Found, command: Sequence[str]) -> Stream:
        """Start a process in a lab host, for its input and output; HostDied when it is gone."""

    def interactive(self, host: Found, command: Sequence[str]) -> int:
        """Run a process in a lab host on this terminal, or on our pipes when there is none; its exit code."""
