"""One thing that was looked at, and the guard around every look."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from attrs import frozen

from netproof.errors import NetproofError

# What is missing for this keeps even bridge-nat from running.
EVERY_LAB = "every lab"

Status = Literal["ok", "missing", "unknown", "note"]


@frozen
class Finding:
    """What was found in one line, what it is needed for, and what to do about it (nothing when it is well)."""

    area: str
    name: str
    status: Status
    what: str
    needed_for: str = ""
    remedy: str = ""

    @property
    def in_the_way(self) -> bool:
        """Whether no lab runs before this is mended."""
        return self.status == "missing" and self.needed_for == EVERY_LAB


def guarded(area: str, name: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What `look` finds until it fails, and that it failed: a machine that is broken is what a doctor is for."""
    found: list[Finding] = []
    try:
        for finding in look():
            found.append(finding)  # noqa: PERF402 - what was found before an error is kept
    except NetproofError as error:
        found.append(Finding(area, name, "unknown", error.problem, remedy=error.remedy))
    except Exception as error:  # noqa: BLE001 - whatever is broken here, the rest is still looked at
        reason = str(error) or type(error).__name__
        found.append(Finding(area, name, "unknown", f"This could not be looked at: {reason}"))
    return found


def amount(size: float) -> str:
    """Bytes as people read them: 1.5 GiB."""
    return f"{size / (1 << 30):.1f} GiB"
