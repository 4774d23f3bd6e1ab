"""Where lab hosts live. Each backend finds, starts and removes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from attrs import frozen

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


class Hosts(Protocol):
    """Finds, starts and removes lab hosts."""

    def find(self, instance: Instance | None = None) -> Sequence[Found]:
        """Lab hosts of an instance, or all of this owner's, by label."""

    def start(self, instance: Instance, spec: HostSpec) -> Found:
        """Make and start one."""

    def remove(self, hosts: Sequence[Found]) -> None:
        """Remove them and all that is in them; those already gone are fine."""
