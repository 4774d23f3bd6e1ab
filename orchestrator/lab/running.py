"""A handle on a live lab: its hosts, nodes and engines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Self

import docker
from attrs import frozen

from netproof.errors import HostDied, NetproofError, UsageError
from netproof.hosts import Found
from netproof.hosts.backend_choice import hosts as hosts_here
from netproof.lab.agent_client import COMMAND, SESSION_COMMAND, Agent
from netproof.lab.engine_client import engine_of
from netproof.lab.session import Session
from netproof.model import Lab, LabHost
from netproof.state.instance import Instance

_SNAPSHOT = 60.0


@frozen
class Result:
    """How a command ended: exit code, output, and whether it was killed for taking too long."""

    rc: int
    stdout: str
    stderr: str
    timed_out: bool


def place_of(lab: Lab, name: str) -> str:
    """The agent's name for a host or node; UnknownName with the nearest match."""
    host: LabHost = lab.host_of(name)
    if name == host.name:
        return "host"
    kind = "netns" if any(part.name == name for part in lab.namespaces) else "container"
    return f"{kind}:{name}"


class RunningLab:
    """A lab that is up. Agents are started when first needed; use it as a context manager to end them."""

    def __init__(self, lab: Lab, instance: Instance, hosts: Sequence[Found]) -> None:
        self.lab = lab
        self.instance = instance
        self.hosts = {found.host: found for found in hosts}
        self._agents: dict[str, Agent] = {}
        self._lost: dict[str, HostDied] = {}
        self._engines: dict[str, docker.DockerClient] = {}
        self._features: dict[str, dict[str, Any]] = {}
        self._starting = threading.Lock()

    @classmethod
    def attach(cls, lab: Lab, instance: Instance) -> RunningLab:
        """The running instance of a lab. UsageError when it is not up, HostDied when a host is dead."""
        found = hosts_here().find(instance)
        if not found:
            raise UsageError(f"{instance} is not up.", f"`invoke lab up {instance.arguments}` builds it.")
        for host in found:
            if not host.running:
                raise HostDied(
                    f"Lab host {host.host} of {instance} is {host.state}.",
                    f"`invoke lab up {instance.arguments}` builds it again.",
                )
        missing = {host.name for host in lab.hosts} - {host.host for host in found}
        if missing:
            raise HostDied(
                f"Lab host {', '.join(sorted(missing))} of {instance} is gone.",
                f"`invoke lab up {instance.arguments}` builds it again.",
            )
        return cls(lab, instance, found)

    @classmethod
    def remains(cls, lab: Lab, instance: Instance) -> RunningLab:
        """What still runs of an instance, whatever became of the rest; UsageError when nothing does."""
        found = [host for host in hosts_here().find(instance) if host.running]
        if not found:
            raise UsageError(f"No lab host of {instance} is up.", f"`invoke lab up {instance.arguments}` builds it.")
        return cls(lab, instance, found)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the agents; the lab stays up."""
        for agent in self._agents.values():
            agent.close()
        self._agents.clear()
        self._engines.clear()

    def agent(self, host: str) -> Agent:
        """The agent of a lab host; one, also when several threads ask at once."""
        with self._starting:
            if host in self._lost:
                raise self._lost[host]
            if host not in self._agents:
                try:
                    self._agents[host] = Agent(hosts_here().stream(self.hosts[host], COMMAND), host)
                except HostDied as error:  # to try again for each of those who wait would take as long each time
                    self._lost[host] = error
                    raise
            return self._agents[host]

    def begin(self) -> None:
        """Start the agents meanwhile; whoever needs one waits for it, and hears why where it does not start."""
        for host in self.hosts:
            threading.Thread(target=self._begin, args=(host,), name=f"start of {host}", daemon=True).start()

    def _begin(self, host: str) -> None:
        with suppress(NetproofError):
            self.agent(host)

    def forget(self, host: str) -> None:
        """End what leads to a lab host that is about to go."""
        self._engines.pop(host, None)
        self._lost.pop(host, None)
        agent = self._agents.pop(host, None)
        if agent is not None:
            agent.close()

    def engine_runs(self, host: Found) -> bool:
        """Whether a lab host has an engine process; it may not answer yet."""
        self.hosts[host.host] = host
        state = self.agent(host.host).call("engine.state")
        if not state["answers"] and not state["dockerd"]:
            self.forget(host.host)
            return False
        return True

    def engine(self, host: str) -> docker.DockerClient:
        """The engine of a lab host, by docker-py."""
        if host not in self._engines:
            self._engines[host] = engine_of(self.agent(host))
        return self._engines[host]

    def at(self, name: str) -> tuple[Agent, str]:
        """Where a host or node is: (the agent of its lab host, the agent's name for it).

        `NAME@HOST` is a container of that lab host which is not part of the definition.
        """
        host, place = self.located(name)
        return self.agent(host), place

    def located(self, name: str) -> tuple[str, str]:
        """(lab host, its agent's name for it) of what `at` finds, without asking an agent."""
        container, _, host = name.partition("@")
        return self.host_of(name), f"container:{container}" if host else place_of(self.lab, name)

    def session(self, host: str) -> Session:
        """What runs one process of somebody's in a lab host, with input, output, signals and terminal."""
        return Session(hosts_here().stream(self.hosts[host], SESSION_COMMAND), host)

    def host_of(self, name: str) -> str:
        """The lab host of a host, a node or `NAME@HOST`; UnknownName with the nearest match."""
        host = name.partition("@")[2]
        return self.lab.host(host).name if host else self.lab.host_of(name).name

    def run(self, name: str, command: str | list[str], stdin: str | None = None, limit: float | None = None) -> Result:
        """Run a command in a host or node, at most `limit` seconds; a string goes to its shell."""
        agent, place = self.at(name)
        answer: dict[str, Any] = agent.call(
            "run",
            limit=(limit or 3600.0) + 30.0,
            place=place,
            command=command,
            stdin=stdin,
            timeout=limit,
        )
        return Result(**answer)

    def features(self, host: str) -> dict[str, Any]:
        """{kernel feature: {"works", "why"}} under a lab host, tried out once."""
        if host not in self._features:
            self._features[host] = self.agent(host).call("probe")["features"]
        return self._features[host]

    @property
    def lacks_routing_mesh(self) -> str:
        """Why ports that the swarm's services publish do not answer: what the kernel said; "" when they do."""
        manager = self.lab.manager
        found = self.features(manager.name)["ipvs"] if manager is not None else {"works": True}
        return "" if found["works"] else f"this kernel has no IPVS: {found['why']}"

    def snapshot(self, *, flows: bool = False) -> dict[str, Any]:
        """{lab host: snapshot of all its namespaces}, as the agents took them."""
        return self.snapshot_begun(flows=flows)()

    def snapshot_begun(self, *, flows: bool = False) -> Callable[[], dict[str, Any]]:
        """What waits for the snapshot that is being taken from now on, and returns it."""
        pending = {name: self.agent(name).submit("snapshot", flows=flows) for name in self.hosts}

        def taken() -> dict[str, Any]:
            return {name: answer.result(_SNAPSHOT) for name, answer in pending.items()}

        return taken
