"""The backend for the place where this process works; see orchestrator/where.py."""

from __future__ import annotations

from orchestrator import where
from orchestrator.backends import Hosts
from orchestrator.backends.dind import DockerHosts
from orchestrator.outer import connect


def engines() -> list[str]:
    """The engines that lab hosts can have at this place; nothing is asked where images are made for all."""
    if where.current() == where.MACHINES:
        return list(hosts().engines())
    from orchestrator.images import ENGINES  # noqa: PLC0415 - most commands need none

    return list(ENGINES)


def hosts() -> Hosts:
    """Lab hosts of this place. For the calling thread: its connection is not shared."""
    if where.current() == where.MACHINES:
        from orchestrator.backends.vagrant import MachineHosts  # noqa: PLC0415 - seldom needed

        return MachineHosts()
    return DockerHosts(connect())
