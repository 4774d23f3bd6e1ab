"""`lab guess`."""

from __future__ import annotations

from typing import Any

from netproof import catalog
from netproof.cli.common import Options, chosen
from netproof.cli.lab.attempt import practising
from netproof.cli.screen import Screen
from netproof.errors import UnknownName
from netproof.practice import attempt as attempts
from netproof.practice import grading
from netproof.practice.attempt import DESIGNED
from netproof.practice.check_runner import look, red
from netproof.practice.injection import standing
from netproof.state.instance import Instance

_LATE = " Everything is green already, so this does not count."


def run(screen: Screen, name: str, what: str, options: Options) -> None:
    """Name the cause, and with --at the place, before repairing it."""
    lab, _ = chosen(name, options)
    names = sorted({fault.id for fault in catalog.practice(name).faults if fault.is_visible} | {DESIGNED})
    if what not in names:
        raise UnknownName("fault", what, names, of=name)
    if options["at"] and options["at"] not in lab.places:
        raise UnknownName("place", options["at"], lab.places, of=name)
    with practising(screen, "guess", options, name) as (running, practice):
        attempt = attempts.running(running.instance, practice)
        # What is still as the fault made it is not repaired; to run every check takes seconds.
        broken = attempt.decoy or standing(running, attempt.broken(practice)) or red(look(running, practice.checks))
        late = not broken
        if not late:
            attempt.guesses.append((what, options["at"]))
            attempt.detected = attempt.detected or attempt.decoy or what != DESIGNED
            attempt.write(running.instance)
    if attempt.exam:
        screen.line(f"Noted.{_LATE if late else ' Whether it is right is told when the exam is over.'}")
        screen.document({"instance": str(running.instance), "named": None, "localised": None, "counts": not late})
        return
    _answer(screen, running.instance, grading.places_of(practice, attempt), what, options["at"], late=late)


def _answer(  # noqa: PLR0913 - what was guessed, and what is right
    screen: Screen, instance: Instance, wanted: dict[str, str], what: str, at: str, *, late: bool
) -> None:
    is_named = what in wanted
    is_there = (wanted.get(what) == at or (not is_named and at in wanted.values())) if at else None
    words = [f"{what}: {'yes' if is_named else 'no'}"]
    words += [f"at {at}: {'yes' if is_there else 'no'}"] if at else []
    screen.line("; ".join(words) + "." + (_LATE if late else ""))
    if is_named and what == DESIGNED:
        screen.next(f"invoke lab check {instance.arguments}")
    document: dict[str, Any] = {"instance": str(instance), "named": is_named, "localised": is_there, "counts": not late}
    screen.document(document)
