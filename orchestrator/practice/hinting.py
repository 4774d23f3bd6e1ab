"""Hints in four steps, each at its price, for the fault that is still to be felt."""

from __future__ import annotations

from attrs import frozen

from orchestrator.model import LAYERS, Decoy, Fault, Practice, Step
from orchestrator.practice.attempt import Attempt
from orchestrator.practice.injecting import took_effect
from orchestrator.practice.looking import Look, look
from orchestrator.running import RunningLab

PRICES = {"symptom": 5, "layer": 10, "command": 25, "solution": 60}


@frozen
class Hint:
    """One hint; `kind` is empty when there is none to give, and `text` says why."""

    kind: str
    text: str
    price: int = 0


def hint(lab: RunningLab, practice: Practice, attempt: Attempt) -> Hint:
    """The next hint, noted in the attempt (which the caller writes). What is red now decides what it is about."""
    looks = [found for found in look(lab, practice.checks) if not found.is_green]
    if attempt.decoy:
        return _next(attempt, practice.decoy(attempt.faults[0]), looks)
    at_work = [fault for fault in attempt.broken(practice) if took_effect(lab, fault.change)]
    if not looks and not at_work:
        return Hint("", "Everything is green, and nothing that was injected is in effect: ask `check`.")
    if not at_work:
        names = ", ".join(found.check.id for found in looks)
        return Hint("", f"What was injected is gone. Red is what was changed since: {names}; see `lab diff`.")
    return _next(attempt, at_work[0], looks)


def _next(attempt: Attempt, about: Fault | Decoy, looks: list[Look]) -> Hint:
    name = getattr(about, "name", about.id)
    taken = [kind for fault, kind, _ in attempt.hints if fault == name]
    kind = next((kind for kind in PRICES if kind not in taken), "")
    if not kind:
        return Hint("", "There are no more hints: `reveal` tells everything.")
    attempt.hints.append([name, kind, str(PRICES[kind])])
    return Hint(kind, _text(kind, about, looks), PRICES[kind])


def _text(kind: str, about: Fault | Decoy, looks: list[Look]) -> str:
    if kind == "symptom":
        return _symptom(about, looks)
    if kind == "layer":
        return f"Look at the layer {about.layer}: {LAYERS[about.layer]}."
    if kind == "command":
        return f"Look here: {about.look}."
    if isinstance(about, Decoy):
        return f"Nothing is broken. {about.why}"
    return f"{about.what} Repair: {'; '.join(map(written, about.mending))}"


def _symptom(about: Fault | Decoy, looks: list[Look]) -> str:
    if not looks:
        return "No check is red. Ask yourself whether what the ticket asks for was ever meant to work."
    mine = [found for found in looks if isinstance(about, Decoy) or found.check.id in about.shows] or looks
    return " ".join(f"{found.check.says} Not now: {found.outcome}, as seen from {found.check.at}." for found in mine)


def written(step: Step) -> str:
    """A step as somebody would type it in that place."""
    return f"in {step.at}: {step.run}"
