"""What was practised, in a file under the user's data directory: one JSON document a line, only ever appended.

NETPROOF_DATA_DIR says where else. `clean` leaves it alone: it is the user's.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cattrs
from attrs import asdict, define, field

from netproof.errors import UsageError
from netproof.state import folders

SOLVED, COLLATERAL, REVEALED, REPAIRED, ABANDONED = "solved", "collateral", "revealed", "repaired for you", "abandoned"


@define(kw_only=True)
class Record:
    """One attempt that is over. Scores are of 100; `hints` is the price of those taken, `collateral` counts lines."""

    id: str
    ended: str
    lab: str
    engine: str
    firewall: str
    seed: int
    faults: list[str]
    decoy: bool
    outcome: str
    seconds: float
    detected: int = 0
    localised: int = 0
    named: int = 0
    repaired: int = 0
    collateral: int = 0
    hints: int = 0
    guesses: list[list[str]] = field(factory=list)
    exam: bool = False


def path() -> Path:
    """The file of attempts."""
    override = os.environ.get("NETPROOF_DATA_DIR")
    if override:
        return Path(override) / "attempts.jsonl"
    return folders.of_user("data") / "attempts.jsonl"


def now() -> str:
    """The time of day, with its zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def append(record: Record) -> None:
    """Add a record: whole and on disk when this returns, or not at all. UsageError when the file cannot be written."""
    file = path()
    try:
        _append(file, json.dumps(asdict(record), separators=(",", ":")) + "\n")
    except OSError as error:
        raise UsageError(
            f"The attempt cannot be recorded in {file}: {error.strerror}.",
            "Make it writable, or name another folder by NETPROOF_DATA_DIR.",
        ) from None


def _append(file: Path, line: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = "\n" + line  # a line that a crash cut short spoils itself only
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def records() -> list[Record]:
    """Everything practised so far, oldest first; lines that cannot be read are left out."""
    try:
        text = path().read_text(errors="replace")
    except OSError:
        return []
    return [record for line in text.splitlines() if (record := _parsed(line)) is not None]


def outcomes(found: Iterable[Record]) -> dict[str, int]:
    """How often attempts ended in which way, the best first; only ways that occur."""
    counts = Counter(record.outcome for record in found)
    known = [SOLVED, COLLATERAL, REVEALED, REPAIRED, ABANDONED]
    return {outcome: counts[outcome] for outcome in [*known, *sorted(counts.keys() - set(known))] if counts[outcome]}


def _parsed(line: str) -> Record | None:
    try:
        raw: Any = json.loads(line)
        record = cattrs.structure(raw, Record)
    except (ValueError, TypeError, KeyError, RecursionError, cattrs.BaseValidationError):
        return None
    return record if record.faults else None  # it would be about nothing
