"""`lab break`, `lab check` and `lab watch`."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import asdict
from invoke import Exit

from orchestrator import catalog
from orchestrator.cli.common import Options, chosen, number, seed
from orchestrator.cli.screen import Screen
from orchestrator.errors import EXIT_CLAIM_FAILED
from orchestrator.locking import locked
from orchestrator.model import Practice
from orchestrator.practice import attempt as attempts
from orchestrator.practice import grading, history
from orchestrator.practice.attempt import Attempt
from orchestrator.practice.breaking import Breaker
from orchestrator.practice.choosing import Asked
from orchestrator.practice.collateral import told
from orchestrator.practice.grading import NOT_REPAIRED, Grade
from orchestrator.practice.history import Record
from orchestrator.practice.looking import Look, look, red
from orchestrator.running import RunningLab
from orchestrator.state import Instance
from orchestrator.wait import until

_ROUND = 1.0
_SHOWN = 12


def break_lab(screen: Screen, name: str, _: str, options: Options) -> None:
    """Inject a fault and print the ticket; the clock starts when it has taken effect."""
    lab, instance = chosen(name, options)
    given = seed(options)
    asked = Asked(
        seed=random.randrange(1_000_000) if given is None else given,  # noqa: S311 - a choice, not a secret
        fault=options["fault"],
        layer=options["layer"],
        level=number("level", options["level"]),
        compound=number("compound", options["compound"]) or 1,
    )
    practice = catalog.practice(name)
    with RunningLab.attach(lab, instance) as running, locked(instance, f"lab break {instance.arguments}", screen.say):
        attempt = Breaker(running, practice, screen.say).run(asked)
    ticket = attempt.ticket(practice)
    screen.line(screen.colour(f"{instance} is broken. The ticket:", "bold"))
    for line in ticket.splitlines():
        screen.line(f"  “{line}”")
    if options["show"]:
        screen.line(f"  It is {', '.join(attempt.faults)} (seed {attempt.seed}).")
    screen.next(
        f"invoke lab shell {instance.lab} NODE{tagged(instance)}    (nodes: {', '.join(lab.places)})",
        f"invoke lab check {instance.arguments}         or watch, hint, guess, reveal",
    )
    document: dict[str, Any] = {"instance": str(instance), "ticket": ticket, "seed": attempt.seed, "level": asked.level}
    screen.document(document | ({"faults": attempt.faults, "red": attempt.red} if options["show"] else {}))


def tagged(instance: Instance) -> str:
    """The flag that names a copy, for commands that have another word behind the lab."""
    return f" --as {instance.tag}" if instance.tag else ""


@contextmanager
def practising(screen: Screen, command: str, options: Options, name: str) -> Iterator[tuple[RunningLab, Practice]]:
    """The running lab and what there is to practise, with the instance's lock."""
    lab, instance = chosen(name, options)
    practice = catalog.practice(name)
    with RunningLab.attach(lab, instance) as running, locked(instance, f"lab {command}", screen.say):
        yield running, practice


def check(screen: Screen, name: str, _: str, options: Options) -> None:
    """What is red and how; exit 0 when solved, 1 when not yet, 2 when nothing is broken."""
    with practising(screen, "check", options, name) as (running, practice):
        attempt = attempts.running(running.instance)
        screen.say("looking")
        found = grading.grade(running, practice, attempt)
        record = _noted(running, practice, attempt, found)
    _tell(screen, running.instance, practice, attempt, found, record)
    if not found.is_over:
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
        screen.line(
            screen.colour(f"Not repaired: {len(red(found.looks))} of {len(found.looks)} checks are red.", "red")
        )
    elif found.is_over:
        clean = found.verdict == history.SOLVED
        text = "Repaired, and nothing else was changed." if clean else "Repaired, with collateral."
        screen.line(screen.colour(text, "green" if clean else "yellow"))
    else:
        screen.line("Every check is green. Is anything broken at all? Say so, or what it is:")
        screen.line(f"  invoke lab guess {instance.lab} {attempts.DESIGNED}{tagged(instance)}")
    _list(screen, "Changed besides, since `up`:", told(found.changed))
    _list(screen, "Still as the fault made it:", told(found.left))
    if record is not None:
        scores(screen, record)
        about = ", ".join(attempt.faults)
        screen.line(f"  It was {about}: " + " ".join(fault.what for fault in attempt.broken(practice)))
        screen.next(f"invoke lab break {instance.arguments}", "invoke progress")
    else:
        screen.next(f"invoke lab hint {instance.arguments}")
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


def documented(looks: Iterable[Look]) -> list[dict[str, str]]:
    """Looks for programs."""
    return [
        {"id": item.check.id, "at": item.check.at, "says": item.check.says, "outcome": item.outcome, "seen": item.seen}
        for item in looks
    ]


def rows(screen: Screen, looks: Iterable[Look]) -> None:
    """A line for each check."""
    found = list(looks)
    width = max((len(item.check.id) for item in found), default=0)
    longest = max((len(item.outcome) for item in found), default=0)
    for item in found:
        colour = "green" if item.is_green else "red"
        outcome = screen.colour(item.outcome.ljust(longest), colour)
        screen.line(f"  {item.check.id.ljust(width)}  {outcome}  {item.check.says}")


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
        "repaired": record.repaired,
    }
    words = [f"{name} {value}" for name, value in shown.items()]
    words += [f"collateral {record.collateral} lines", f"hints {record.hints}", f"{record.seconds:.0f} s"]
    screen.line("  " + ", ".join(words))


def watch(screen: Screen, name: str, node: str, options: Options) -> None:
    """Checks again and again until the lab is repaired; it holds nobody up meanwhile."""
    lab, instance = chosen(name, options)
    practice = catalog.practice(name)
    attempts.running(instance)
    with RunningLab.attach(lab, instance) as running:
        _watch(screen, running, practice)
    check(screen, name, node, options)


def _watch(screen: Screen, lab: RunningLab, practice: Practice) -> None:
    """Show every round until one is green and stays so, or the attempt ends elsewhere."""
    last: dict[str, str] = {}
    with _board(screen) as show:

        def is_over() -> bool:
            looks = look(lab, practice.checks)
            show(looks, last)
            last.clear()
            last.update(red(looks))
            attempt = attempts.read(lab.instance)
            return attempt is None or (not last and not attempt.decoy)

        until(is_over, float("inf"), _ROUND)


@contextmanager
def _board(screen: Screen) -> Iterator[Any]:
    """What shows a round: a table that stays in its place on a terminal, a line for each change elsewhere."""
    if screen.json or not sys.stdout.isatty():

        def tell(looks: list[Look], last: dict[str, str]) -> None:
            for item in looks:
                if last.get(item.check.id, "") != red([item]).get(item.check.id, ""):
                    screen.say(f"{time.strftime('%H:%M:%S')} {item.check.id}: {item.outcome}")

        yield tell
        return
    from rich.live import Live  # noqa: PLC0415 - only a terminal needs it
    from rich.table import Table  # noqa: PLC0415 - as above

    with Live(transient=True) as live:

        def draw(looks: list[Look], _: dict[str, str]) -> None:
            table = Table.grid(padding=(0, 2))
            for item in looks:
                style = "green" if item.is_green else "red"
                table.add_row("", item.check.id, f"[{style}]{item.outcome}[/]", item.check.says)
            table.add_row("", time.strftime("%H:%M:%S"), "", "Ctrl-C leaves; the lab stays as it is.")
            live.update(table)

        yield draw
