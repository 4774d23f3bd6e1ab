"""`lab exec`."""

from __future__ import annotations

import shlex
import sys

from invoke import Exit

from netproof.cli.common import Options, chosen
from netproof.cli.screen import Screen
from netproof.errors import UsageError
from netproof.lab.running import RunningLab


def _command() -> list[str]:
    """The words after `--`, from the command line itself: Invoke joins them and loses their quoting."""
    words = sys.argv[1:]
    return words[words.index("--") + 1 :] if "--" in words else []


def run(screen: Screen, name: str, node: str, options: Options) -> None:
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
