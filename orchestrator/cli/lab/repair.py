"""`lab repair`."""

from __future__ import annotations

from netproof.cli.common import Options, counted
from netproof.cli.lab.attempt import practising
from netproof.cli.lab.check import rows, scores
from netproof.cli.screen import Screen
from netproof.errors import BuildError, NetproofError
from netproof.lab.running import RunningLab
from netproof.model import Fault, Practice
from netproof.model.typed_steps import typed
from netproof.practice import attempt as attempts
from netproof.practice import grading, history
from netproof.practice.attempt import Attempt
from netproof.practice.check_runner import look, red
from netproof.practice.collateral import after_up, differences, lines, told
from netproof.practice.injection import apply, took_effect
from netproof.wait import until

_GREEN = 10.0


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """Apply the reference repair of what is still in effect. An attempt is over with that."""
    with practising(screen, "repair", options, name) as (running, practice):
        attempts.refuse_in_exam(running.instance, "lab repair")
        attempt = attempts.running(running.instance, practice)
        if attempt.decoy:
            _designed(screen, running, practice, attempt)
            return
        done = _repaired(running, attempt.broken(practice))
        if not done:
            _nothing_else_wrong(running, practice)
            screen.line("Nothing of what was injected is seen to be in effect: there is nothing left to repair.")
            screen.next(f"invoke lab check {running.instance.arguments}")
            screen.document({"instance": str(running.instance), "repaired": []})
            return
        until(lambda: not red(look(running, practice.checks)), _GREEN)
        looks = look(running, practice.checks)
        left = told(lines(differences(running, after_up(running.instance))))
        record = grading.settle(running, practice, attempt, history.REPAIRED, len(left))
    for line in done:
        screen.line(f"  {line}")
    rows(screen, looks)
    for line in left:
        screen.line(f"  still different: {line}")
    whole = not red(looks) and not left
    screen.line("Repaired for you." if whole else "The fault is repaired; something else is still changed.")
    scores(screen, record)
    screen.next(f"invoke lab {'break' if whole else 'reset'} {running.instance.arguments}")
    screen.document({"instance": str(running.instance), "repaired": done, "different": left, "red": red(looks)})


def _nothing_else_wrong(lab: RunningLab, practice: Practice) -> None:
    """BuildError where something is red that was not injected, or whose place is gone."""
    wrong = [item for item in look(lab, practice.checks) if not item.is_green]
    if wrong:
        are = f"{counted(len(wrong), 'check')} {'is' if len(wrong) == 1 else 'are'}"
        raise BuildError(
            f"Nothing of what was injected is there to be repaired, and {are} red: {wrong[0].seen}",
            f"`invoke lab reset {lab.instance.arguments}` brings back the state after `up` from anything.",
        )


def _repaired(lab: RunningLab, faults: list[Fault]) -> list[str]:
    """Repair what is still in effect, last things first; what was done. BuildError where that cannot be done."""
    done: list[str] = []
    try:
        for fault in reversed(faults):
            if took_effect(lab, fault.change):
                apply(lab, fault.mending)
                done += [typed(step) for step in fault.mending]
    except NetproofError as error:
        raise BuildError(
            f"The fault cannot be repaired by itself, because something else was changed: {error.problem}",
            f"`invoke lab reset {lab.instance.arguments}` brings back the state after `up` from anything.",
        ) from error
    return done


def _designed(screen: Screen, lab: RunningLab, practice: Practice, attempt: Attempt) -> None:
    """The end of an attempt at a decoy that was to be repaired: it counts as revealed."""
    decoy = practice.decoy(attempt.faults[0])
    record = grading.settle(lab, practice, attempt, history.REVEALED)
    screen.line(f"Nothing is broken, so there is nothing to repair. It was {decoy.id}: {decoy.why}")
    scores(screen, record)
    screen.next(f"invoke lab break {lab.instance.arguments}")
    screen.document({"instance": str(lab.instance), "repaired": [], "different": [], "red": {}})
