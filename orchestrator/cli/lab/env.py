"""`lab env`."""

from __future__ import annotations

from netproof.cli.common import Options, chosen
from netproof.cli.screen import Screen
from netproof.errors import HostDied
from netproof.lab import docker_cli_socket
from netproof.lab.running import RunningLab


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """What to `eval` so that one's own docker CLI talks to the lab's engine."""
    lab, instance = chosen(name, options)
    with RunningLab.attach(lab, instance) as running:
        hosts = dict(running.hosts)
        for host in hosts:
            if not running.agent(host).call("engine.state")["answers"]:
                raise HostDied(
                    f"The engine in lab host {host} does not answer.", f"`invoke lab up {instance.arguments}` mends it."
                )
    addresses = {host: f"unix://{docker_cli_socket.ensure(instance, found)}" for host, found in hosts.items()}
    first, *others = addresses
    screen.line(f"export DOCKER_HOST={addresses[first]}")
    screen.line("unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH")
    for host in others:
        screen.line(f"# {host}: export DOCKER_HOST={addresses[host]}")
    screen.line(f'# eval "$(invoke lab env {instance.arguments})" makes docker talk to {first} of {instance}.')
    screen.line("# `unset DOCKER_HOST` ends that; netproof itself stays with the engine that it had.")
    screen.document({"instance": str(instance), "DOCKER_HOST": addresses})
