"""A testinfra backend on top of the agent: `host.run` and testinfra's modules, in any host or node."""

from __future__ import annotations

from typing import Any

from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host

from netproof.lab.running import RunningLab

_LIMIT = 60.0


class AgentBackend(BaseBackend):  # type: ignore[misc]  # testinfra is not typed
    """Commands of one host or node, through the agent of its lab host."""

    NAME = "netproof"

    def __init__(self, lab: RunningLab, name: str) -> None:
        super().__init__(name)
        self._lab = lab

    def run(self, command: str, *args: str, **_: Any) -> CommandResult:
        """Run a shell command with quoted arguments, as testinfra's other backends do."""
        result = self._lab.run(self.hostname, self.get_command(command, *args), limit=_LIMIT)
        return self.result(
            result.rc,
            command,
            result.stdout.encode("utf-8", "surrogateescape"),
            result.stderr.encode("utf-8", "surrogateescape"),
        )


def testinfra_host(lab: RunningLab, name: str) -> Host:
    """testinfra's `host` for a lab host or node. Not `get_host`: that one keeps hosts by name across labs."""
    return Host(AgentBackend(lab, name))
