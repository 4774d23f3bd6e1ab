"""`lab break`."""

from __future__ import annotations

import random
from typing import Any

from netproof import catalog
from netproof.cli.common import Options, chosen, number, seed
from netproof.cli.lab.attempt import tagged
from netproof.cli.screen import Screen
from netproof.errors import UsageError
from netproof.lab.running import RunningLab
from netproof.practice.breaker import Breaker
from netproof.practice.fault_choice import Asked
from netproof.state.lock import locked

_HELP = {False: "watch, hint, guess, reveal", True: "watch, guess; reset gives up"}


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """Inject a fault and print the ticket; the clock starts when it has taken effect."""
    lab, instance = chosen(name, options)
    given = seed(options)
    asked = Asked(
        seed=random.randrange(1_000_000) if given is None else given,  # noqa: S311 - a choice, not a secret
        fault=options["fault"],
        layer=options["layer"],
        level=number("level", options["level"]),
        compound=number("compound", options["compound"] or "1"),
        exam=bool(options["exam"]),
    )
    if asked.exam and options["show"]:
        raise UsageError("--show tells what an exam asks.", "Leave out --show, or --exam.")
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
        f"invoke lab shell {instance.lab} NODE{tagged(instance)}",
        f"invoke lab check {instance.arguments}",
    )
    screen.line(f"  Nodes: {', '.join(lab.places)}. There are also: {_HELP[attempt.exam]}.")
    document: dict[str, Any] = {"instance": str(instance), "ticket": ticket, "level": asked.level, "exam": asked.exam}
    document |= {} if asked.exam else {"seed": attempt.seed}  # which says what it is to who breaks another copy by it
    screen.document(document | ({"faults": attempt.faults, "red": attempt.red} if options["show"] else {}))
