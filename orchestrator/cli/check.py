"""`invoke check`."""

from __future__ import annotations

from netproof.cli import test
from netproof.cli.python_module import run_module
from netproof.cli.screen import Screen

_CHECKS = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"])


def run(screen: Screen) -> None:
    """Lint, format, types, then the tests."""
    for arguments in _CHECKS:
        screen.say(" ".join(arguments))
        run_module(arguments)
    test.run(screen, test.Asked())
