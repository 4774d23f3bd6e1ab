"""`lab reset`."""

from __future__ import annotations

from contextlib import suppress

from netproof import catalog
from netproof.cli.common import Options, chosen
from netproof.cli.screen import Screen
from netproof.errors import NetproofError
from netproof.facts import SENTENCE
from netproof.practice import attempt as attempts
from netproof.practice import grading, history
from netproof.practice.restore.reset import MENDED, REBUILT, Resetter
from netproof.state.instance import Instance
from netproof.state.lock import locked


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """Back to the state after `up`. An attempt that runs is given up with that."""
    lab, instance = chosen(name, options)
    practice = catalog.practice(name)
    with locked(instance, f"lab reset {instance.arguments}", screen.say):
        give_up(instance)
        found = Resetter(lab, instance, screen.say).run(practice)
    how = {
        MENDED: "what differed was put back in place",
        REBUILT: f"{', '.join(found.hosts)} built anew",
    }.get(found.how, "nothing else had to be done")
    screen.line(f"{instance} is as it was after `up`: {how} ({screen.elapsed:.1f} s).")
    screen.line(f"  {SENTENCE}")
    screen.next(f"invoke lab break {instance.arguments}")
    screen.document({"instance": str(instance), "how": found.how, "hosts": found.hosts})


def give_up(instance: Instance) -> None:
    """Record an attempt that ends because its lab does; one whose lab is no longer in the catalogue leaves nothing."""
    attempt = attempts.read(instance)
    if attempt is None or attempt.status != attempts.RUNNING or attempt.recorded:
        return
    with suppress(NetproofError):
        history.append(grading.scored(catalog.practice(attempt.lab), attempt, history.ABANDONED, 0))
    attempt.recorded = True
    attempt.write(instance)
    attempts.keep(instance, attempt)
