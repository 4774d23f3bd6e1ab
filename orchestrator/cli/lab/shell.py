"""`lab shell`."""

from __future__ import annotations

from invoke import Exit

from netproof import catalog
from netproof.cli import node_session
from netproof.cli.common import Options, chosen
from netproof.cli.screen import Screen
from netproof.errors import UsageError
from netproof.lab import nodes
from netproof.lab.running import RunningLab
from netproof.practice import attempt as attempts
from netproof.state.instance import Instance

_TOOLS = "ip, ss, bridge, tcpdump, conntrack, nft, iptables, ping, traceroute, mtr, curl, dig, nc, jq, nano"


def run(screen: Screen, name: str, node: str, options: Options) -> None:
    """An interactive shell in all namespaces of a node, with root's rights in the lab."""
    lab, instance = chosen(name, options)
    nodes.refuse_unknown(lab, node)
    terminal = node_session.has_terminal()
    with RunningLab.attach(lab, instance) as running:
        if terminal:
            greet(screen, instance, node)
        words = ["bash", "--norc", "--noprofile"]
        code = node_session.run(running, node, words, terminal=terminal)
    if code:
        raise Exit(code=code)


def greet(screen: Screen, instance: Instance, node: str) -> None:
    """What somebody has to know who enters a node; nothing that gives a fault away."""
    screen.line(f"A shell in {node} of {instance}; `exit` leaves it, the lab stays up.")
    for line in _ticket(instance):
        screen.line(f"  “{line}”")
    screen.line(f"Tools: {_TOOLS}.")


def _ticket(instance: Instance) -> list[str]:
    """What users say of the lab, in the words that `break` printed; nothing where nothing is broken on purpose."""
    try:
        practice = catalog.practice(instance.lab)
        return attempts.running(instance, practice).ticket(practice).splitlines()
    except UsageError:
        return []
