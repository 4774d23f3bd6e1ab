"""Puts back files that decide where packets go, as far as their content was kept: small texts, and what was new."""

from __future__ import annotations

import shlex
from typing import Any

from netproof.lab.agent_client import Agent

_LIMIT = 30.0
_DIGEST = "sha256:"
_DELETED = "(deleted)"
Files = dict[str, list[str]]


def put_back(agent: Agent, before: dict[str, Any], now: dict[str, Any]) -> None:
    """The files of a lab host and of its containers; snapshots of one lab host, as agents send them."""
    _put(agent, "host", before.get("files", {}), now.get("files", {}))
    has = {item["name"]: item for item in now["engine"]["containers"]}
    for item in before["engine"]["containers"]:
        there = has.get(item["name"])
        if there is not None and there["id"] == item["id"] and there["state"] == "running":
            _put(agent, f"container:{item['name']}", item.get("files", {}), there.get("files", {}))


def _put(agent: Agent, place: str, had: Files, has: Files) -> None:
    for path in sorted(has.keys() - had.keys()):
        if has[path] != [_DELETED]:
            _run(agent, place, f"rm -rf {shlex.quote(path)}")
    for path, lines in had.items():
        if has.get(path) != lines and _is_text(lines):
            mode, owner = _mode(lines[0]), lines[0].split()[1]
            name = shlex.quote(path)
            # Not replaced by another: an engine mounts files of its own over some of a container's.
            link = f"if [ -L {name} ]; then rm {name}; fi"
            _run(agent, place, f"{link}; cat >{name} && chmod {mode} {name} && chown {owner} {name}", lines[1:])


def _is_text(lines: list[str]) -> bool:
    is_file = lines[0].startswith("-") and " -> " not in lines[0]
    return is_file and not any(line.startswith(_DIGEST) for line in lines[1:2])


def _run(agent: Agent, place: str, command: str, lines: list[str] | None = None) -> None:
    text = None if lines is None else "".join(f"{line}\n" for line in lines)
    agent.call("run", limit=_LIMIT + 10, place=place, command=command, stdin=text, timeout=_LIMIT)


def _mode(about: str) -> str:
    """`-rw-r--r--` as chmod takes it."""
    kinds = {"u": about[1:4], "g": about[4:7], "o": about[7:10]}
    return ",".join(f"{who}={''.join(bit for bit in bits if bit in 'rwx')}" for who, bits in kinds.items())
