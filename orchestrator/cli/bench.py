"""`invoke bench`."""

from __future__ import annotations

from netproof.cli.python_module import run_module
from netproof.cli.screen import Screen
from netproof.errors import UsageError


def run(screen: Screen, rounds: str) -> None:
    """Run the benchmark and print its report."""
    if not rounds.isdigit() or int(rounds) < 1:
        raise UsageError(f"--rounds {rounds!r} is not a number of rounds.", "For example: --rounds 5.")
    run_module(["tests.benchmark", rounds, *(["--json"] if screen.json else [])])
