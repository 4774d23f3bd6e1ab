"""One cell, run: a process that builds a lab of its own, proves its claims and removes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import IO, Any

from attrs import define, field

from netproof.build.remove import down
from netproof.errors import NetproofError
from netproof.hosts.backend_choice import hosts
from netproof.matrix.records import Cell, Inputs, Key, Times, Walk, claim_from
from netproof.paths import IMPORT_ROOT
from netproof.state.instance import Instance, base, root
from netproof.wait import until

Say = Callable[[str], None]
Program = Callable[[Key, Instance], list[str]]
_NOISE = 2000
_AFTERMATH = 2.0
_PATIENCE = 20.0
_PAUSE = 0.1


def instance_of(key: Key) -> Instance:
    """The copy of the lab that a cell is run on: no other process uses its name."""
    return Instance(key.lab, f"matrix-{os.getpid()}-{key.column.engine}-{key.column.firewall}")


def program(key: Key, instance: Instance) -> list[str]:
    """The command line of a cell's process."""
    words = ["--engine", key.column.engine, "--firewall", key.column.firewall, "--as", instance.tag, "--leashed"]
    return [sys.executable, "-m", "netproof.fixtures.matrix_cell", key.lab, *words]


@define
class Run:
    """A cell's process from beginning to end. It is used by one thread; `stop` may come from another."""

    key: Key
    inputs: Inputs
    say: Say
    program: Program = program
    _process: subprocess.Popen[str] | None = field(default=None, init=False)
    _stopped: bool = field(default=False, init=False)

    def stop(self) -> None:
        """Tell the process to clean up and end."""
        self._stopped = True
        process = self._process
        if process is not None:
            process.send_signal(signal.SIGINT)
            # For a process too young to understand signals.
            with suppress(OSError):
                process.stdin and process.stdin.close()

    def __call__(self) -> Cell | None:
        """Run it to its end; None when it was stopped."""
        if self._stopped:
            return None
        instance = instance_of(self.key)
        started, when = time.monotonic(), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        with tempfile.TemporaryFile("w+", errors="replace") as noise:
            last = self._follow(instance, noise)
            result = last.get("result")
            error = "" if result else _error(last, self._process, noise)
        # Nobody waits for the lock of an instance that only this cell used.
        (root() / "locks" / f"{instance.slug}.lock").unlink(missing_ok=True)
        if not result:
            error = "\n".join(filter(None, [error, _sweep(instance, died="error" not in last)]))
            if self._stopped:
                return None
        seconds = round(time.monotonic() - started, 1)
        return self._cell(result or {}, when, seconds, error)

    def _follow(self, instance: Instance, noise: IO[str]) -> dict[str, Any]:
        """Start the process and pass on what it says, until its last line."""
        last: dict[str, Any] = {}
        with subprocess.Popen(
            self.program(self.key, instance),
            cwd=IMPORT_ROOT,
            # Absolute, because the process works in another directory.
            env={**os.environ, "NETPROOF_STATE_DIR": str(base().absolute())},
            # The process ends when this pipe does: it does not outlive us, however we end.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=noise,
            text=True,
            # Ctrl-C on the terminal is for us; we tell our processes.
            start_new_session=True,
        ) as process:
            self._process = process
            if self._stopped:
                self.stop()
            for line in process.stdout or ():
                told = _parsed(line)
                if "say" in told:
                    self.say(told["say"])
                last = told or last
        return last

    def _cell(self, result: dict[str, Any], when: str, seconds: float, error: str) -> Cell:
        return Cell(
            key=self.key,
            inputs=self.inputs,
            version=result.get("engine", ""),
            when=when,
            seconds=seconds,
            times=Times(**result.get("times", {})),
            claims=tuple(claim_from(item) for item in result.get("claims", ())),
            unchecked=dict(result.get("unchecked") or {}),
            error=error,
            picture=result.get("picture", ""),
            walks=tuple(Walk(**item) for item in result.get("walks", ())),
            unrecorded=dict(result.get("unrecorded") or {}),
        )


def _sweep(instance: Instance, *, died: bool) -> str:
    """Remove what a process that did not end well may have left; returns why that failed.

    What a process asked of the engine just before it died may come to be a moment after, and cannot be
    removed while it is half made.
    """
    calm = time.monotonic() + (_AFTERMATH if died else 0)
    problem = ""

    def is_over() -> bool:
        nonlocal problem
        problem = _removed(instance)
        return not problem and time.monotonic() >= calm

    until(is_over, _PATIENCE, _PAUSE)
    return problem


def _removed(instance: Instance) -> str:
    """Nothing, or why an instance could not be removed."""
    try:
        down(hosts(), instance)
    except NetproofError as error:
        return f"and {instance} could not be removed: {error}"
    return ""


def _parsed(line: str) -> dict[str, Any]:
    """A line of a cell's process; empty when it broke off in the middle."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _error(last: dict[str, Any], process: subprocess.Popen[str] | None, noise: IO[str]) -> str:
    """Why there is no result: what the process said, or how it ended and its last words."""
    if "error" in last:
        return str(last["error"])
    code = process.returncode if process is not None else None
    how = f"by {signal.Signals(-code).name}" if code is not None and code < 0 else f"with exit code {code}"
    noise.seek(0)
    return f"The cell's process ended {how}.\n{noise.read()[-_NOISE:].strip()}".strip()
