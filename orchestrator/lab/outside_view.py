"""What can be seen of a lab host in which no agent starts: by its own engine's client, of its engine and containers."""

from __future__ import annotations

import re

from attrs import field, frozen

from netproof.errors import NetproofError
from netproof.hosts import Found
from netproof.hosts.backend_choice import hosts as hosts_here

_LIMIT = "5"  # seconds for an engine that may not answer
_VERSION = re.compile(r"\d+\.\d+\S*")
_CONTAINER = re.compile(r"(\S+)\t(created|restarting|running|removing|paused|exited|dead)")


@frozen
class OutsideView:
    """An engine's version, empty when it does not answer; {container: state}."""

    engine: str = ""
    containers: dict[str, str] = field(factory=dict)


def view(host: Found) -> OutsideView:
    """Ask the engine of a lab host that runs, for five seconds at most."""
    version = [line for line in _said(host, "version", "{{.Server.Version}}") if _VERSION.fullmatch(line)]
    if not version:
        return OutsideView()
    found = (_CONTAINER.fullmatch(line) for line in _said(host, "ps", "{{.Names}}\t{{.State}}", "--all"))
    return OutsideView(version[0], {match[1]: match[2] for match in found if match})


def _said(host: Found, what: str, form: str, *more: str) -> list[str]:
    """The lines that a command of the engine's client printed, and what the machine's engine said if it did not run."""
    try:
        stream = hosts_here().stream(host, ["timeout", _LIMIT, "docker", what, *more, "--format", form])
    except NetproofError:
        return []
    try:
        return [line.decode(errors="replace").rstrip() for line in iter(stream.readline, b"")]
    except (OSError, ValueError):
        return []
    finally:
        stream.close()
