"""`lab reveal`."""

from __future__ import annotations

from typing import Any

from attrs import asdict

from netproof.cli.common import Options, chosen
from netproof.cli.lab.attempt import practising
from netproof.cli.lab.check import scores
from netproof.cli.screen import Screen
from netproof.model import Fault, Lab, Practice
from netproof.model.typed_steps import typed
from netproof.practice import attempt as attempts
from netproof.practice import grading, history
from netproof.practice.attempt import Attempt


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """What it is. An attempt that runs is over with that; the lab stays broken until it is repaired or reset."""
    lab, instance = chosen(name, options)
    with practising(screen, "reveal", options, name) as (running, practice):
        attempts.refuse_in_exam(instance, "lab reveal")
        last = attempts.last(instance, practice) if attempts.read(instance) is None else None
        if last is not None:
            _tell(screen, lab, practice, last)
            screen.document(_document(practice, last))
            return
        attempt = attempts.running(running.instance, practice)
        if not attempt.recorded:
            record = grading.scored(practice, attempt, history.REVEALED, 0)
            history.append(record)
            attempt.recorded = True
            attempt.write(running.instance)
            scores(screen, record)
    _tell(screen, lab, practice, attempt)
    screen.next(f"invoke lab repair {instance.arguments}", f"invoke lab reset {instance.arguments}")
    screen.document(_document(practice, attempt))


def _tell(screen: Screen, lab: Lab, practice: Practice, attempt: Attempt) -> None:
    for decoy in practice.decoys:
        if attempt.decoy and decoy.id in attempt.faults:
            screen.line(screen.colour(f"{decoy.id}: it works as designed.", "bold"))
            screen.line(f"  {decoy.why}")
            screen.line(f"  proven by {decoy.proof}; look: {decoy.look}")
    for fault in attempt.broken(practice):
        describe(screen, fault)
    if attempt.decoy:
        return
    screen.line(f"  (places of {lab.name}: {', '.join(lab.places)})")


def describe(screen: Screen, fault: Fault) -> None:
    """A fault with everything: for those who asked for it."""
    screen.line(screen.colour(f"{fault.name}: {fault.what}", "bold"))
    screen.line(f"  layer {fault.layer}, level {fault.level}, at {fault.at}")
    for step in fault.change.inject:
        screen.line(f"  injected {typed(step)}")
    for step in fault.mending:
        screen.line(f"  repair   {typed(step)}")
    screen.line(f"  look     {fault.look}")
    for other, difference in fault.tells.items():
        screen.line(f"  not {other}: {difference}")


def _document(practice: Practice, attempt: Attempt) -> dict[str, Any]:
    if attempt.decoy:
        return {"decoy": attempt.faults[0], "faults": []}
    return {"decoy": "", "faults": [asdict(fault) for fault in attempt.broken(practice)]}
