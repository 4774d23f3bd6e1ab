"""`invoke test`: for those who work on netproof."""

from __future__ import annotations

import os
import subprocess

from attrs import frozen

from netproof.cli.python_module import run_module
from netproof.cli.screen import Screen
from netproof.errors import UsageError
from netproof.paths import HOME

_WORKERS = 4  # for each core: tests of real labs wait more than they compute
_PARTS = 3
_SLOWEST = ["--durations=10", "--durations-min=1"]


@frozen
class Asked:
    """Which tests: a path, and one of the tiers; the first of them unless something else is said."""

    only: str = ""
    unit: bool = False
    all: bool = False
    third: bool = False
    vagrant: bool = False


def run(screen: Screen, asked: Asked) -> None:
    """Run pytest on what was asked for."""
    if asked.only and not (HOME / asked.only.split("::", maxsplit=1)[0]).exists():
        raise UsageError(f"--only {asked.only!r}: there is no such file.", "For example: --only tests/unit.")
    if asked.all and asked.third:
        raise UsageError("--all and --third exclude each other.", "--third is a third of what --all has besides.")
    if asked.unit and (asked.all or asked.third or asked.vagrant or asked.only):
        raise UsageError("--unit goes with nothing else.", "`invoke test --only tests/unit` has the slow ones, too.")
    tier = ["--tier", "all" if asked.all else "first"]
    if asked.third:
        number = commits() % _PARTS + 1
        screen.say(f"part {number} of {_PARTS} of what `invoke test` leaves out; the next commit has the next part")
        tier = ["--tier", "rest", "--part", f"{number}/{_PARTS}"]
    if asked.vagrant:  # they build on each other
        run_module(["pytest", "-m", "vagrant", *tier, *_SLOWEST, "-v", "tests/vagrant"])
        return
    if asked.all:
        screen.say("everything takes an hour and three quarters on two cores")
    chosen = ["tests/unit", "-m", "not slow"] if asked.unit else [asked.only] if asked.only else []
    count = (1 if asked.unit else _WORKERS) * (os.cpu_count() or 1)
    workers = ["-n", str(count), "--dist", "loadscope", "--rerun-show-tracebacks"]
    run_module(["pytest", *workers, *tier, *_SLOWEST, *chosen])


def commits() -> int:
    """How many commits lead to this one; 0 where there is no history."""
    counted = subprocess.run(
        ["git", "rev-list", "--count", "HEAD"], cwd=HOME, capture_output=True, text=True, check=False
    )
    return int(counted.stdout or 0)
