"""A module of Python, run as a program of its own, whose exit code becomes ours."""

from __future__ import annotations

import subprocess
import sys

from invoke import Exit

from netproof.paths import IMPORT_ROOT


def run_module(arguments: list[str]) -> None:
    """Run `python -m ARGUMENTS` where netproof is imported from; Exit with its code when that is not 0."""
    code = subprocess.run([sys.executable, "-m", *arguments], cwd=IMPORT_ROOT, check=False).returncode
    if code:
        raise Exit(code=code)
