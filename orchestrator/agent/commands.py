"""One command in one place, to its end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import Any

from . import namespaces

TIMED_OUT = 124  # as timeout(1) has it

# A container's own variables are its application's business; a person debugging wants the plain ones.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C",
    "TERM": "dumb",
}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


_running: set[subprocess.Popen[bytes]] = set()


def kill_all() -> None:
    """End every command: nobody waits for them any more."""
    for process in list(_running):
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def run(
    place: str,
    command: str | list[str],
    stdin: str | None = None,
    timeout: float | None = None,
    more: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Run a command; a string goes to `sh -c`, a list is executed as it is.

    `timeout` is in seconds; a command that passes it is killed with its children and reported with
    exit code 124 and `timed_out` true. `more` are variables of its environment.
    Returns rc, stdout, stderr (undecodable bytes surrogate-escaped).
    """
    words = ["/bin/sh", "-c", command] if isinstance(command, str) else command
    process = subprocess.Popen(
        namespaces.command_prefix(place) + words,
        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT | (more or {}),
        cwd="/",
        start_new_session=True,
    )
    _running.add(process)
    data = stdin.encode("utf-8", "surrogateescape") if stdin is not None else None
    try:
        out, err = process.communicate(data, timeout)
    except subprocess.TimeoutExpired:
        _kill(process)
        out, err = process.communicate()
        return {"rc": TIMED_OUT, "stdout": _text(out), "stderr": _text(err), "timed_out": True}
    finally:
        _running.discard(process)
    return {"rc": process.returncode, "stdout": _text(out), "stderr": _text(err), "timed_out": False}
