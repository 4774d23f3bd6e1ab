"""`invoke test`: for those who work on netproof."""

from __future__ import annotations

import os

from orchestrator.catalog import ROOT
from orchestrator.cli.python_module import run_module
from orchestrator.cli.screen import Screen
from orchestrator.errors import UsageError

_WORKERS = 4  # for each core: tests of real labs wait more than they compute


def run(_: Screen, only: str, *, unit: bool, every_engine: bool, vagrant: bool) -> None:
    """Run pytest on everything, or on part of it."""
    if only and not (ROOT / only.split("::", maxsplit=1)[0]).exists():
        raise UsageError(f"--only {only!r}: there is no such file.", "For example: --only tests/unit.")
    if vagrant:  # they build on each other
        run_module(
            ["pytest", "-m", "vagrant" if every_engine else "vagrant and not every_engine", "-v", "tests/vagrant"]
        )
        return
    chosen = ["tests/unit"] if unit else [only] if only else []
    workers = ["-n", str(_WORKERS * (os.cpu_count() or 1)), "--dist", "loadscope"]
    run_module(
        ["pytest", *workers, "--rerun-show-tracebacks", *(["-m", "not vagrant"] if every_engine else []), *chosen]
    )
