"""One attempt: what is broken on an instance, since when, and what the learner has done about it.

It is a file of the instance, written before anything is broken; the record of it that stays is in history.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from typing import Any

import cattrs
from attrs import asdict, define, field

from orchestrator.errors import UsageError
from orchestrator.model import Fault, Practice
from orchestrator.state import Instance

FILE = "attempt.json"
BASELINE = "baseline.json"
INJECTING, RUNNING = "injecting", "running"
DESIGNED = "works-as-designed"


@define(kw_only=True)
class Attempt:
    """Faults by name, or one decoy; what was red when the clock started; hints taken and guesses made.

    `injected` are the lines by which the lab differed from its baseline then: nobody but netproof is to blame for them.
    `recorded` is set once history has it, as when the learner had it revealed and still repairs.
    """

    id: str = field(factory=lambda: uuid.uuid4().hex[:12])
    lab: str
    engine: str
    firewall: str
    seed: int
    faults: list[str]
    decoy: bool = False
    status: str = INJECTING
    started: float = 0.0
    baseline: str = ""
    red: dict[str, str] = field(factory=dict)
    injected: list[list[str]] = field(factory=list)
    hints: list[list[str]] = field(factory=list)
    guesses: list[list[str]] = field(factory=list)
    detected: bool = False
    recorded: bool = False

    @property
    def seconds(self) -> float:
        """Since the clock started."""
        return max(0.0, time.time() - self.started) if self.started else 0.0

    def broken(self, practice: Practice) -> list[Fault]:
        """What was injected; nothing for a decoy."""
        return [] if self.decoy else [practice.fault(name) for name in self.faults]

    def ticket(self, practice: Practice) -> str:
        """What users say, once for faults of which they say the same."""
        if self.decoy:
            return practice.decoy(self.faults[0]).ticket
        return "\n".join(dict.fromkeys(fault.ticket for fault in self.broken(practice)))

    def write(self, instance: Instance) -> None:
        """Keep it beside the instance's other files."""
        instance.write(FILE, asdict(self))


def baseline_mark(instance: Instance) -> str:
    """What changes when the lab is built anew."""
    try:
        return hashlib.sha256((instance.folder / BASELINE).read_bytes()).hexdigest()[:16]
    except OSError:
        return ""


def read(instance: Instance) -> Attempt | None:
    """The attempt on an instance, or None; a damaged file is none."""
    raw: Any = instance.read(FILE)
    try:
        return cattrs.structure(raw, Attempt) if raw else None
    except (cattrs.BaseValidationError, TypeError, KeyError, ValueError):
        return None


def running(instance: Instance) -> Attempt:
    """The attempt on an instance. UsageError when nothing is broken, or a break was cut short."""
    found = read(instance)
    if found is None:
        raise UsageError(
            f"Nothing is broken on purpose in {instance}.", f"`invoke lab break {instance.arguments}` breaks something."
        )
    if found.status == INJECTING:
        raise UsageError(
            f"Breaking {instance} was interrupted, so no clock has started.",
            f"`invoke lab reset {instance.arguments}` brings back the state after `up`.",
        )
    if found.baseline != baseline_mark(instance):
        instance.drop(FILE)
        raise UsageError(
            f"{instance} has been built anew since it was broken: the attempt is void.",
            f"`invoke lab break {instance.arguments}` begins another.",
        )
    return found
