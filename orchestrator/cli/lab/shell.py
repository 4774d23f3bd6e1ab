"""`lab shell`, `lab exec` and `lab env`."""

from __future__ import annotations

import os
import shlex
import sys

from invoke import Exit

from orchestrator.cli.common import Options, chosen
from orchestrator.cli.screen import Screen
from orchestrator.errors import HostDied, UsageError
from orchestrator.hosts.choice import hosts
from orchestrator.lab import engine_socket
from orchestrator.lab.running import RunningLab


def _command() -> list[str]:
    """The words after `--`, from the command line itself: Invoke joins them and loses their quoting."""
    words = sys.argv[1:]
    return words[words.index("--") + 1 :] if "--" in words else []


def shell(screen: Screen, name: str, node: str, options: Options) -> None:
    """An interactive shell in all namespaces of a node, with root's rights in the lab."""
    lab, instance = chosen(name, options)
    lab.host_of(node)
    with RunningLab.attach(lab, instance) as running:
        agent, place = running.at(node)
        prefix = agent.call("prefix", place=place)
        host = running.hosts[lab.host_of(node).name]
    variables = [
        f"PS1={node}:\\w# ",
        "HOME=/root",
        f"TERM={os.environ.get('TERM', 'xterm')}",
    ]
    variables.append("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    if sys.stdin.isatty():
        screen.line(f"A shell in {node} of {instance}; `exit` leaves it, the lab stays up.")
    code = hosts().interactive(host, [*prefix, "env", "-i", *variables, "bash", "--norc", "--noprofile"])
    if code:
        raise Exit(code=code)


def execute(screen: Screen, name: str, node: str, options: Options) -> None:
    """One command in a node; its output and exit code become ours."""
    lab, instance = chosen(name, options)
    lab.host_of(node)
    words = _command()
    if not words:
        raise UsageError("There is no command to run.", f"Put it after --: invoke lab exec {name} {node} -- ip addr")
    line = words[0] if len(words) == 1 else shlex.join(words)
    stdin = None if sys.stdin is None or sys.stdin.isatty() else _piped()
    with RunningLab.attach(lab, instance) as running:
        result = running.run(node, line, stdin=stdin)
    if screen.json:
        screen.document(
            {"node": node, "command": line, "rc": result.rc, "stdout": result.stdout, "stderr": result.stderr}
        )
    else:
        sys.stdout.buffer.write(result.stdout.encode("utf-8", "surrogateescape"))
        sys.stderr.buffer.write(result.stderr.encode("utf-8", "surrogateescape"))
    if result.rc:
        sys.stdout.flush()
        raise Exit(code=result.rc)


def _piped() -> str | None:
    """What was piped in. A terminal-less caller that pipes nothing (cron, CI) has nothing to say."""
    try:
        return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    except (OSError, ValueError):
        return None


def env(screen: Screen, name: str, _: str, options: Options) -> None:
    """What to `eval` so that one's own docker CLI talks to the lab's engine."""
    lab, instance = chosen(name, options)
    with RunningLab.attach(lab, instance) as running:
        hosts = dict(running.hosts)
        for host in hosts:
            if not running.agent(host).call("engine.state")["answers"]:
                raise HostDied(
                    f"The engine in lab host {host} does not answer.", f"`invoke lab up {instance.arguments}` mends it."
                )
    addresses = {host: f"unix://{engine_socket.ensure(instance, found)}" for host, found in hosts.items()}
    first, *others = addresses
    screen.line(f"export DOCKER_HOST={addresses[first]}")
    screen.line("unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH")
    for host in others:
        screen.line(f"# {host}: export DOCKER_HOST={addresses[host]}")
    screen.line(f'# eval "$(invoke lab env {instance.arguments})" makes docker talk to {first} of {instance}.')
    screen.document({"instance": str(instance), "DOCKER_HOST": addresses})
