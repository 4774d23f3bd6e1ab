"""`lab hint`."""

from __future__ import annotations

from attrs import asdict

from netproof.cli.common import Options
from netproof.cli.lab.attempt import practising
from netproof.cli.screen import Screen
from netproof.practice import attempt as attempts
from netproof.practice import hints


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """The next hint, at its price."""
    with practising(screen, "hint", options, name) as (running, practice):
        attempts.refuse_in_exam(running.instance, "lab hint")
        attempt = attempts.running(running.instance, practice)
        found = hints.hint(running, practice, attempt)
        attempt.write(running.instance)
    spent = sum(price for *_, price in attempt.hints)
    screen.line(f"{found.kind.capitalize()} (price {found.price}): {found.text}" if found.kind else found.text)
    if found.kind:
        after = f" Next would be {found.after}, at {hints.PRICES[found.after]}." if found.after else ""
        whole = sum(hints.PRICES.values()) * len(attempt.faults)
        screen.line(f"  Spent so far: {spent} of {whole}.{after}")
    screen.document({**asdict(found), "spent": spent})
