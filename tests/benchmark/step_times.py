"""Where the time goes: the steps of `up`, what a command costs, and what starting Python costs."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import docker

from netproof import catalog
from netproof.build import Builder, Wanted
from netproof.build.remove import down
from netproof.hosts.backend_choice import hosts
from netproof.lab.running import RunningLab
from netproof.state.instance import Instance
from netproof.state.lock import locked
from tests.benchmark import contenders
from tests.benchmark.times import Stopwatch, Times, repeated

_AGENT_ROUNDS = 50
_DOCKER_ROUNDS = 10
_IMPORTS = "import tasks, netproof.cli.lab.up"
_CLIENT = "client"


def nothing(_: str) -> None:
    """For what is measured without progress."""


def python() -> Times:
    """Starting Python and importing what `lab up` imports."""
    return repeated(5, lambda: contenders.command([sys.executable, "-c", _IMPORTS]))


def bytecode_is_kept() -> bool:
    """Whether Python finds its libraries compiled; where it does not, each start compiles them again."""
    return Path(importlib.util.cache_from_source(docker.__file__)).exists()


def _steps_once(instance: Instance) -> list[tuple[str, float]]:
    watch = Stopwatch()
    lab = catalog.load(instance.lab)
    try:
        with locked(instance, "bench", nothing), watch.running("looking at what is there"):
            Builder(lab, instance, watch.mark).up(Wanted())
    finally:
        down(hosts(), instance)
    return list(watch.steps())


def steps(rounds: int) -> dict[str, Times]:
    """Each step of `up` in this process, by what it says when it begins: the last one includes the snapshot."""
    instance = Instance(contenders.LAB, f"{contenders.tag()}.s")
    found: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for step, seconds in _steps_once(instance):
            found[step].append(seconds)
    return {step: Times(seconds) for step, seconds in found.items()}


def commands() -> dict[str, Times]:
    """A command in a node, through the agent and through docker; the lab is up."""
    lab = catalog.load(contenders.LAB)
    with RunningLab.attach(lab, Instance(contenders.LAB, contenders.tag())) as running:
        host = next(iter(running.hosts.values())).id
        return {
            "agent, client": repeated(_AGENT_ROUNDS, lambda: running.run(_CLIENT, "true")),
            "agent, host": repeated(_AGENT_ROUNDS, lambda: running.run(lab.hosts[0].name, "true")),
            "docker exec": repeated(_DOCKER_ROUNDS, lambda: contenders.command(["docker", "exec", host, "true"])),
            "docker exec docker exec": repeated(
                _DOCKER_ROUNDS, lambda: contenders.command(["docker", "exec", host, "docker", "exec", _CLIENT, "true"])
            ),
        }


def compose_command() -> list[str] | None:
    """How Docker Compose is called here, if it is."""
    for words in (["docker", "compose"], ["docker-compose"]):
        try:
            if subprocess.run([*words, "version"], capture_output=True, check=False).returncode == 0:
                return words
        except OSError:
            continue
    return None
