"""Hints in four steps, each at its price, for the fault that is still to be felt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from netproof.lab.running import RunningLab
from netproof.model import LAYERS, Check, Decoy, Fault, Practice
from netproof.model.typed_steps import typed
from netproof.practice.attempt import Attempt
from netproof.practice.check_runner import Look, look
from netproof.practice.injection import standing

PRICES = {"symptom": 5, "layer": 10, "command": 25, "solution": 60}
_NO_MORE = "There are no more hints: `reveal` tells everything."


@frozen
class Hint:
    """One hint, and the kind of the one `after` it; `kind` is empty when there is none to give, and `text` says why."""

    kind: str
    text: str
    price: int = 0
    after: str = ""


def hint(lab: RunningLab, practice: Practice, attempt: Attempt) -> Hint:
    """The next hint, noted in the attempt (which the caller writes). What is red now decides what it is about.

    Checks take seconds where something times out: only those are run that the hint depends on.
    """
    if attempt.decoy:
        return _next(lab, practice, attempt, [practice.decoy(attempt.faults[0])])
    at_work = standing(lab, attempt.broken(practice))
    if at_work:
        return _next(lab, practice, attempt, _felt_now(lab, practice, at_work))
    looks = _red(lab, practice.checks)
    if not looks:
        return Hint("", "Everything is green, and nothing that was injected is seen to be in effect: ask `check`.")
    names = ", ".join(found.check.id for found in looks)
    return Hint("", f"Nothing that was injected is seen to be in effect. Red is {names}: see `lab diff`.")


def _red(lab: RunningLab, checks: Iterable[Check]) -> list[Look]:
    return [found for found in look(lab, checks) if not found.is_green]


def _shown(practice: Practice, faults: Iterable[Fault]) -> list[Check]:
    """The checks that some of these turn red."""
    names = {name for fault in faults for name in fault.shows}
    return [check for check in practice.checks if check.id in names]


def _felt_now(lab: RunningLab, practice: Practice, at_work: Sequence[Fault]) -> Sequence[Fault]:
    """Those of several faults that something is red of; all of them where nothing is."""
    if len(at_work) == 1:
        return at_work
    looks = _red(lab, _shown(practice, at_work))
    red = {found.check.id for found in looks if not found.is_untried}  # an asker that is gone feels nothing
    return [fault for fault in at_work if red & fault.shows.keys()] or at_work


def _next(lab: RunningLab, practice: Practice, attempt: Attempt, about: Sequence[Fault | Decoy]) -> Hint:
    """The next hint on the first of these on which there is one, the one after it on the same or on another."""
    left = [(one, kind) for one in about for kind in PRICES if kind not in _taken(attempt, one)]
    if not left:
        return Hint("", _NO_MORE)
    (one, kind), after = left[0], [kind for _, kind in left[1:2]]
    text = _symptom(one, _looked(lab, practice, one)) if kind == "symptom" else _text(kind, one)
    attempt.hints.append((_name(one), kind, PRICES[kind]))
    return Hint(kind, text, PRICES[kind], "".join(after))


def _looked(lab: RunningLab, practice: Practice, about: Fault | Decoy) -> list[Look]:
    """What is red of what it shows, or else of everything."""
    own = _shown(practice, [about]) if isinstance(about, Fault) else []
    looks = _red(lab, own)
    if any(not found.is_untried for found in looks):
        return looks
    return looks + _red(lab, [check for check in practice.checks if check not in own])


def _name(about: Fault | Decoy) -> str:
    return about.name if isinstance(about, Fault) else about.id


def _taken(attempt: Attempt, about: Fault | Decoy) -> list[str]:
    return [kind for name, kind, _ in attempt.hints if name == _name(about)]


def _text(kind: str, about: Fault | Decoy) -> str:
    if kind == "layer":
        return f"Look at the layer {about.layer}: {LAYERS[about.layer]}."
    if kind == "command":
        return f"Look here: {about.look}."
    if isinstance(about, Decoy):
        return f"Nothing is broken. {about.why}"
    return f"{about.what} Repair: {'; '.join(map(typed, about.mending))}"


def _symptom(about: Fault | Decoy, looks: list[Look]) -> str:
    if not looks and isinstance(about, Fault):
        return "No check is red, and yet what was broken is still as the fault made it: something works around it."
    if not looks:
        return "No check is red. Ask yourself whether what the ticket asks for was ever meant to work."
    mine = [found for found in looks if isinstance(about, Decoy) or found.check.id in about.shows] or looks
    mine = [found for found in mine if not found.is_untried] or mine
    return " ".join(map(_felt, mine))


def _felt(found: Look) -> str:
    if found.is_untried:
        return f"{found.check.says} Nobody can tell: {found.seen}"
    return f"{found.check.says} Not now: {found.outcome}, as seen from {found.check.at}."
