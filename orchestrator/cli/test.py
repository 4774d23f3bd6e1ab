"""`invoke test`, `invoke check` and `invoke bench`: for those who work on netproof."""

from __future__ import annotations

import os
import subprocess
import sys

from invoke import Exit

from orchestrator.catalog import ROOT
from orchestrator.cli.screen import Screen
from orchestrator.errors import UsageError

_WORKERS = 4  # for each core: tests of real labs wait more than they compute
_CHECKS = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"])


def _run(arguments: list[str]) -> None:
    code = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, check=False).returncode
    if code:
        raise Exit(code=code)


def test(_: Screen, only: str, *, unit: bool, every_engine: bool, vagrant: bool) -> None:
    """Run pytest on everything, or on part of it."""
    if only and not (ROOT / only.split("::", maxsplit=1)[0]).exists():
        raise UsageError(f"--only {only!r}: there is no such file.", "For example: --only tests/unit.")
    if vagrant:  # they build on each other
        _run(["pytest", "-m", "vagrant" if every_engine else "vagrant and not every_engine", "-v", "tests/vagrant"])
        return
    chosen = ["tests/unit"] if unit else [only] if only else []
    workers = ["-n", str(_WORKERS * (os.cpu_count() or 1)), "--dist", "loadscope"]
    _run(["pytest", *workers, "--rerun-show-tracebacks", *(["-m", "not vagrant"] if every_engine else []), *chosen])


def check(screen: Screen) -> None:
    """Lint, format, types, then the tests."""
    for arguments in _CHECKS:
        screen.say(" ".join(arguments))
        _run(arguments)
    test(screen, "", unit=False, every_engine=False, vagrant=False)


def bench(screen: Screen, rounds: str) -> None:
    """Run the benchmark and print its report."""
    if not rounds.isdigit() or int(rounds) < 1:
        raise UsageError(f"--rounds {rounds!r} is not a number of rounds.", "For example: --rounds 5.")
    _run(["tests.benchmark", rounds, *(["--json"] if screen.json else [])])
