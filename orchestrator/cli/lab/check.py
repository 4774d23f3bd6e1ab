"""`lab check`."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import asdict
from invoke import Exit

from netproof.cli.common import Options, counted
from netproof.cli.lab.attempt import practising, tagged
from netproof.cli.screen import Screen
from netproof.errors import EXIT_CLAIM_FAILED, UsageError
from netproof.facts import SENTENCE
from netproof.lab.running import RunningLab
from netproof.model import CANNOT_ASK, GREEN, Practice
from netproof.practice import attempt as attempts
from netproof.practice import grading, history
from netproof.practice.attempt import Attempt
from netproof.practice.check_runner import Look, look, red
from netproof.practice.collateral import told
from netproof.practice.grading import NOT_REPAIRED, RED, WORKED_AROUND, Grade
from netproof.practice.history import Record
from netproof.state.instance import Instance

_SHOWN = 12


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """What is red and how; exit 0 when all is as it must be, or what was broken is repaired, 1 when not."""
    with practising(screen, "check", options, name) as (running, practice):
        try:
            attempt = attempts.running(running.instance, practice)
        except UsageError as why:
            _check_as_it_is(screen, running, practice, why)
            return
        screen.say("looking")
        found = grading.grade(running, practice, attempt)
        record = _noted(running, practice, attempt, found)
    _tell(screen, running.instance, practice, attempt, found, record)
    if not found.is_over:
        raise Exit(code=EXIT_CLAIM_FAILED)


def _check_as_it_is(screen: Screen, lab: RunningLab, practice: Practice, why: UsageError) -> None:
    """The checks of a lab in which nothing of ours is broken, for the reason given: it may be red all the same."""
    if not practice.checks:
        raise UsageError(
            f"{lab.lab.name} has no checks.", f"`invoke lab test {lab.instance.arguments}` runs its claims."
        )
    screen.say("looking")
    looks = look(lab, practice.checks)
    looks = look(lab, practice.checks) if red(looks) else looks  # an answer may come late once
    rows(screen, looks)
    count = len(red(looks))
    words = _red(looks) if count else "Every check is green"
    screen.line(screen.colour(f"{words}. {why.problem}", "red" if count else "green"))
    here = lab.instance.arguments
    screen.next(*([f"invoke lab diff {here}", f"invoke lab reset {here}"] if count else [f"invoke lab break {here}"]))
    document = {"instance": str(lab.instance), "verdict": RED if count else GREEN, "why": why.problem}
    screen.document({**document, "checks": documented(looks), "record": None})
    if count:
        raise Exit(code=EXIT_CLAIM_FAILED)


def _noted(lab: RunningLab, practice: Practice, attempt: Attempt, found: Grade) -> Record | None:
    """The record of an attempt that is over; else the attempt notes that the learner has seen something red."""
    if found.is_over:
        return grading.settle(lab, practice, attempt, found.verdict, len(found.changed | found.left))
    if found.verdict == NOT_REPAIRED:
        attempt.detected = True
        attempt.write(lab.instance)
    return None


def _tell(  # noqa: PLR0913, PLR0917 - what is told, and about what
    screen: Screen, instance: Instance, practice: Practice, attempt: Attempt, found: Grade, record: Record | None
) -> None:
    rows(screen, found.looks)
    if found.verdict == NOT_REPAIRED:
        screen.line(screen.colour(f"Not repaired: {_red(found.looks)}.", "red"))
    elif found.is_over:
        clean = found.verdict == history.SOLVED
        screen.line(screen.colour(_ENDINGS[attempt.decoy, clean], "green" if clean else "yellow"))
        screen.line(f"  {SENTENCE}")
    elif found.verdict == WORKED_AROUND:
        screen.line(screen.colour(_standing(attempt, found), "yellow"))
    else:
        screen.line("Every check is green. Is anything broken at all? Say so, or what it is:")
        screen.line(f"  invoke lab guess {instance.lab} {attempts.DESIGNED}{tagged(instance)}")
    _list(screen, "Changed besides, since `up`:", told(found.changed))
    _list(screen, "Still as the fault made it:", told(found.left))
    if record is not None:
        scores(screen, record)
        screen.line(f"  It was {', '.join(attempt.faults)}: {' '.join(_truths(practice, attempt))}")
        screen.next(f"invoke lab break {instance.arguments}", "invoke progress")
    else:
        screen.next(*_help(instance, attempt))
    screen.document(
        {
            "instance": str(instance),
            "verdict": found.verdict,
            "checks": documented(found.looks),
            "changed": told(found.changed),
            "left": told(found.left),
            "record": None if record is None else asdict(record),
        }
    )


def _help(instance: Instance, attempt: Attempt) -> list[str]:
    if not attempt.exam:
        return [f"invoke lab hint {instance.arguments}"]
    guess = f"invoke lab guess {instance.lab} FAULT --at PLACE{tagged(instance)}"
    return [f"invoke faults --ids {instance.lab}", guess]


def _red(looks: list[Look]) -> str:
    count = len(red(looks))
    return f"{count} of {len(looks)} checks {'is' if count == 1 else 'are'} red"


def _standing(attempt: Attempt, found: Grade) -> str:
    """What is told about faults that are worked around: not which, nor where they are."""
    count = len(found.standing)
    what = f"{count} of {len(attempt.faults)} faults" if len(attempt.faults) > 1 else "what was broken"
    words = f"{what} {'are' if count > 1 else 'is'} still as the fault made it"
    return f"Not repaired: every check is green, but {words}. Something works around it."


def _truths(practice: Practice, attempt: Attempt) -> list[str]:
    """What it was, once it is over."""
    if attempt.decoy:
        return [practice.decoy(attempt.faults[0]).why]
    return [fault.what for fault in attempt.broken(practice)]


def documented(looks: Iterable[Look]) -> list[dict[str, str]]:
    """Looks for programs."""
    return [
        {"id": item.check.id, "at": item.check.at, "says": item.check.says, "outcome": item.outcome, "seen": item.seen}
        for item in looks
    ]


# {(nothing was broken, nothing was changed): how an attempt ends}.
_ENDINGS = {
    (False, True): "Repaired, and nothing else was changed.",
    (False, False): "Repaired, with collateral.",
    (True, True): "Right: nothing was broken, it works as designed. Nothing was changed.",
    (True, False): "Right: nothing was broken, it works as designed. But something was changed.",
}


def rows(screen: Screen, looks: Iterable[Look]) -> None:
    """A line for each check."""
    found = list(looks)
    width = max((len(item.check.id) for item in found), default=0)
    longest = max((len(item.outcome) for item in found), default=0)
    for item in found:
        colour = "green" if item.is_green else "red"
        outcome = screen.colour(item.outcome.ljust(longest), colour)
        screen.line(f"  {item.check.id.ljust(width)}  {outcome}  {item.check.says}", width + longest + 6)
    for why in dict.fromkeys(item.seen for item in found if item.is_untried):
        screen.line(f"  {CANNOT_ASK}: {why}")


def _list(screen: Screen, title: str, lines: list[str]) -> None:
    if not lines:
        return
    screen.line(title)
    for line in lines[:_SHOWN]:
        screen.line(f"  {line}")
    if len(lines) > _SHOWN:
        screen.line(f"  and {len(lines) - _SHOWN} more: --json lists them")


def scores(screen: Screen, record: Record) -> None:
    """The scores of an attempt that is over, one beside the other."""
    shown = {
        "detected": record.detected,
        "localised": record.localised,
        "named": record.named,
        **({} if record.decoy else {"repaired": record.repaired}),
    }
    words = [f"{name} {value}" for name, value in shown.items()]
    words += [f"collateral {counted(record.collateral, 'line')}", f"hints {record.hints}", f"{record.seconds:.0f} s"]
    screen.line("  " + ", ".join(words))
