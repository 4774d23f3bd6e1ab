"""Grades an attempt: is it repaired, and how well.

Judged by behaviour, over a window; by what the fault changed, which must not be as the fault made it; and by what else
has changed since `up`. A fault knows what it changed: its `took` looks there, at files and processes as well as at what
snapshots hold. Behaviour alone would take every way around it for a repair.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from attrs import field, frozen

from netproof.facts import FORM_KIND
from netproof.lab.running import RunningLab
from netproof.model import Fault, Practice
from netproof.practice import attempt as attempts
from netproof.practice import history
from netproof.practice.attempt import DESIGNED, Attempt
from netproof.practice.check_runner import Look, look, red, stay_green
from netproof.practice.collateral import Line, after_up, differences, lines, unmoved
from netproof.practice.history import Record
from netproof.practice.injection import standing, tidy

_FULL, _WITH_COLLATERAL = 100, 60
_WRONG_GUESS = 34
_ODD_LOOKS = 1
RED = "red"
NOT_REPAIRED, WORKED_AROUND, UNDECIDED = "not repaired", "worked around", "undecided"


@frozen
class Grade:
    """What `check` found.

    `verdict` is solved, collateral, not repaired, worked around (all is green, and a fault is still as it was made), or
    undecided (a decoy whose ticket was not answered yet). `changed` is what the learner changed besides, `left` what
    else is still as the fault made it once that is repaired; `standing` are the faults that are worked around.
    """

    verdict: str
    looks: list[Look]
    changed: set[Line] = field(factory=set)
    left: set[Line] = field(factory=set)
    standing: list[Fault] = field(factory=list)

    @property
    def is_over(self) -> bool:
        """Whether the attempt is solved, cleanly or not."""
        return self.verdict in {history.SOLVED, history.COLLATERAL}


def grade(lab: RunningLab, practice: Practice, attempt: Attempt) -> Grade:
    """Look at the lab once, and for a window longer unless it is red just as the fault makes it."""
    looks, faults = _looked(lab, practice, attempt)
    different = differences(lab, after_up(lab.instance))
    now = unmoved(lines(different))
    injected = set(attempt.injected)
    in_other_form = different and all(item.key.startswith(FORM_KIND) for item in different)
    if injected and in_other_form and len(faults) == 1:
        faults = []  # an equal rule, written with nft: iptables, by which the fault looks for it, cannot show it
    changed = now - injected
    if red(looks):
        return Grade(NOT_REPAIRED, looks, changed)
    if faults:
        return Grade(WORKED_AROUND, looks, changed, standing=faults)
    if attempt.decoy and not any(fault == DESIGNED for fault, *_ in attempt.guesses):
        return Grade(UNDECIDED, looks, changed)
    return Grade(history.COLLATERAL if now else history.SOLVED, looks, changed, now & injected)


def _looked(lab: RunningLab, practice: Practice, attempt: Attempt) -> tuple[list[Look], list[Fault]]:
    """The last looks, and, where all is green, the faults that are still as they were made: asked during the window."""
    looks = look(lab, practice.checks)
    if red(looks) and red(looks) == attempt.red:
        return looks, []
    with ThreadPoolExecutor(1) as pool:
        faults = pool.submit(standing, lab, attempt.broken(practice))
        return stay_green(lab, practice.checks, _ODD_LOOKS - bool(red(looks))), faults.result()


def places_of(practice: Practice, attempt: Attempt) -> dict[str, str]:
    """{what would have to be named: the place it is at}."""
    if attempt.decoy:
        return {DESIGNED: practice.decoy(attempt.faults[0]).at}
    return {fault.id: fault.at for fault in attempt.broken(practice)}


def scored(practice: Practice, attempt: Attempt, outcome: str, collateral: int) -> Record:
    """The record of an attempt that is over: each score on its own."""
    wanted = places_of(practice, attempt)
    repaired = {history.SOLVED: _FULL, history.COLLATERAL: _WITH_COLLATERAL}.get(outcome, 0)
    return Record(
        id=attempt.id,
        ended=history.now(),
        lab=attempt.lab,
        engine=attempt.engine,
        firewall=attempt.firewall,
        seed=attempt.seed,
        faults=attempt.faults,
        decoy=attempt.decoy,
        outcome=outcome,
        seconds=round(attempt.seconds, 1),
        detected=_FULL if attempt.detected else 0,
        localised=_guessed([place for _, place, *_ in attempt.guesses if place], list(wanted.values())),
        named=_guessed([fault for fault, *_ in attempt.guesses], list(wanted)),
        repaired=repaired,
        collateral=collateral,
        hints=sum(int(price) for *_, price in attempt.hints),
        guesses=[list(guess) for guess in attempt.guesses],
        exam=attempt.exam,
    )


def _guessed(guesses: list[str], wanted: list[str]) -> int:
    """100 when everything was guessed at once; each wrong guess takes a third."""
    right = len(set(wanted) & set(guesses)) / len(set(wanted))
    wrong = sum(guess not in wanted for guess in guesses)
    return max(0, round(_FULL * right) - _WRONG_GUESS * wrong)


def settle(lab: RunningLab, practice: Practice, attempt: Attempt, outcome: str, collateral: int = 0) -> Record:
    """End an attempt: into the history, once, and off the instance."""
    record = scored(practice, attempt, outcome, collateral)
    if not attempt.recorded:
        history.append(record)
    tidy(lab, attempt.broken(practice))
    attempts.end(lab.instance, attempt)
    return record
