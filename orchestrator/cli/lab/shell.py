"""`lab shell`."""

from __future__ import annotations

import os
import sys

from invoke import Exit

from netproof.cli.common import Options, chosen
from netproof.cli.screen import Screen
from netproof.hosts.backend_choice import hosts
from netproof.lab.running import RunningLab


def run(screen: Screen, name: str, node: str, options: Options) -> None:
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
