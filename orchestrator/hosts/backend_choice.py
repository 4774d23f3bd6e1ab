"""The backend for the place where this process works; see orchestrator/engine/location.py."""

from __future__ import annotations

from netproof.engine import location
from netproof.engine.client import connect
from netproof.hosts import Hosts
from netproof.hosts.dind import DockerHosts


def engines() -> list[str]:
    """The engines that lab hosts can have at this place; nothing is asked where images are made for all."""
    if location.current() == location.MACHINES:
        return list(hosts().engines())
    from netproof.images import ENGINES  # noqa: PLC0415 - most commands need none

    return list(ENGINES)


def hosts() -> Hosts:
    """Lab hosts of this place. For the calling thread: its connection is not shared."""
    if location.current() == location.MACHINES:
        from netproof.hosts.vagrant import MachineHosts  # noqa: PLC0415 - seldom needed

        return MachineHosts()
    return DockerHosts(connect())
