"""The folder a handbook goes to: only one that is new, empty, or a handbook's."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from netproof.errors import UsageError

MARK = ".netproof-handbook"
"""A file in every handbook: a folder without it is somebody else's."""


def check_target(target: Path) -> None:
    """Raise UsageError for a place that is not ours to replace."""
    if target.is_dir() and any(target.iterdir()) and not (target / MARK).exists():
        raise UsageError(f"--to {target} has files that are not a handbook's.", "Name a folder that is new or empty.")
    there = next(folder for folder in (target, *target.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise UsageError(f"--to {target}: {there} is not a folder.", "Name a folder that is new or empty.")


def replace(made: Path, target: Path) -> None:
    """One folder in the place of another: the old one is gone only when the new one is there."""
    if target.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
        target.rename(old / "handbook")
        made.rename(target)
        shutil.rmtree(old)
    else:
        made.rename(target)
