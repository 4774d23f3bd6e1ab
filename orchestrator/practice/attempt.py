"""One attempt: what is broken on an instance, since when, and what the learner has done about it.

It is a file of the instance, written before anything is broken; the record of it that stays is in history.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import cattrs
from attrs import asdict, define, field

from netproof import catalog
from netproof.errors import NetproofError, UnknownName, UsageError
from netproof.model import Fault, Practice
from netproof.practice.exam_seal import seal, unseal
from netproof.state import baseline
from netproof.state.instance import Instance

FILE = "attempt.json"
LAST = "last_attempt.json"
INJECTING, RUNNING = "injecting", "running"
DESIGNED = "works-as-designed"
# What of an exam's attempt says, or lets one work out, what is broken.
_SEALED = ("faults", "decoy", "seed", "red", "injected")


@define(kw_only=True)
class Attempt:
    """Faults by name, or one decoy; what was red when the clock started; hints taken and guesses made.

    `injected` are the lines by which the lab differed from its baseline then: nobody but netproof is to blame for them.
    `recorded` is set once history has it, as when the learner had it revealed and still repairs. Of an `exam` nothing
    that gives the answer away is written in plain.
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
    injected: list[tuple[str, str, str, str]] = field(factory=list)
    hints: list[tuple[str, str, int]] = field(factory=list)
    guesses: list[tuple[str, str]] = field(factory=list)
    detected: bool = False
    recorded: bool = False
    exam: bool = False

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
        document = asdict(self)
        if self.exam:
            document["sealed"] = seal({name: document.pop(name) for name in _SEALED}, _answer(self.faults))
        instance.write(FILE, document)


def _answer(faults: Iterable[str]) -> str:
    return " ".join(sorted(faults))


def _answers(lab: str) -> Iterator[str]:
    """Everything that may be broken in a lab, as it is put to a seal."""
    try:
        practice = catalog.practice(lab)
    except NetproofError:  # the lab may have gone since
        return
    yield from (fault.name for fault in practice.faults)
    yield from (decoy.id for decoy in practice.decoys)
    yield from map(_answer, practice.together)


def read(instance: Instance) -> Attempt | None:
    """The attempt on an instance, or None; a damaged file is none."""
    raw: Any = instance.read(FILE)
    if isinstance(raw, dict) and "sealed" in raw:
        raw |= {**(unseal(str(raw["sealed"]), _answers(instance.lab)) or {}), "exam": True}
    try:
        found = cattrs.structure(raw, Attempt) if raw else None
    except (cattrs.BaseValidationError, TypeError, KeyError, ValueError):
        return None
    return found if found and found.faults else None


def end(instance: Instance, attempt: Attempt) -> None:
    """An attempt is over; `reveal` may still be asked what it was."""
    keep(instance, attempt)
    instance.drop(FILE)


def keep(instance: Instance, attempt: Attempt) -> None:
    """What it was about, for `reveal` after its end."""
    instance.write(LAST, {"faults": attempt.faults, "decoy": attempt.decoy})


def last(instance: Instance, practice: Practice) -> Attempt | None:
    """The attempt before, as far as `reveal` has to know it; a damaged file is none."""
    raw: Any = instance.read(LAST)
    about = {"lab": instance.lab, "engine": "", "firewall": "", "seed": 0}
    try:
        found = cattrs.structure({**raw, **about}, Attempt)
        found.ticket(practice)
    except (cattrs.BaseValidationError, NetproofError, TypeError, KeyError, ValueError, IndexError):
        return None
    return found if found.faults else None


def running(instance: Instance, practice: Practice | None = None) -> Attempt:
    """The attempt on an instance. UsageError when nothing is broken, a break was cut short, or the lab that was built
    anew since or (with `practice`) redefined has nothing of it.
    """
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
    if found.baseline != baseline.mark(instance):
        instance.drop(FILE)
        raise UsageError(
            f"{instance} has been built anew since it was broken: the attempt is void.",
            f"`invoke lab break {instance.arguments}` begins another.",
        )
    if practice is not None:
        _must_be_known(instance, found, practice)
    return found


def _must_be_known(instance: Instance, attempt: Attempt, practice: Practice) -> None:
    try:
        attempt.ticket(practice)
    except UnknownName as error:
        raise UsageError(
            f"What is broken in {instance} is not among the lab's faults any more: {error.problem}",
            f"`invoke lab reset {instance.arguments}` brings back the state after `up`.",
        ) from None


def refuse_in_exam(instance: Instance, command: str) -> None:
    """UsageError while an exam runs on an instance: the command gives the answer away."""
    attempt = read(instance)
    if attempt is not None and attempt.exam:
        raise UsageError(
            f"`{command}` is not there for an exam.",
            f"Find it, repair it, ask `invoke lab check {instance.arguments}`;"
            f" `invoke lab reset {instance.arguments}` gives up, which is recorded.",
        )
