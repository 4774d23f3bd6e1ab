"""`lab exec`."""

from __future__ import annotations

import shlex
import sys

from invoke import Exit

from netproof.cli import node_session
from netproof.cli.common import Options, chosen
from netproof.cli.screen import Screen
from netproof.errors import UsageError
from netproof.lab import nodes
from netproof.lab.running import RunningLab


def _command() -> list[str]:
    """The words after `--`, from the command line itself: Invoke joins them and loses their quoting."""
    words = sys.argv[1:]
    return words[words.index("--") + 1 :] if "--" in words else []


def run(screen: Screen, name: str, node: str, options: Options) -> None:
    """One command in a node; input, output and signals pass through, and its exit code becomes ours."""
    lab, instance = chosen(name, options)
    nodes.refuse_unknown(lab, node)
    words = _command()
    if not words:
        raise UsageError("There is no command to run.", f"Put it after --: invoke lab exec {name} {node} -- ip addr")
    # One word is a line for the shell, as one types it there; several are a command, without a shell between it and us.
    command = ["/bin/sh", "-c", *(words if len(words) == 1 else ['exec "$@"', "sh", *words])]
    with RunningLab.attach(lab, instance) as running:
        if screen.json:
            code = _collected(screen, running, node, command, words)
        else:
            code = node_session.run(running, node, command, terminal=node_session.has_terminal())
    if code:
        raise Exit(code=code)


def _collected(screen: Screen, running: RunningLab, node: str, command: list[str], words: list[str]) -> int:
    out, err = bytearray(), bytearray()
    code = node_session.run(running, node, command, terminal=False, out=out.extend, err=err.extend)
    told = {"stdout": out.decode("utf-8", "surrogateescape"), "stderr": err.decode("utf-8", "surrogateescape")}
    screen.document({"node": node, "command": words[0] if len(words) == 1 else shlex.join(words), "rc": code, **told})
    return code
