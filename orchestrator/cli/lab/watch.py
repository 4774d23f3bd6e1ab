"""`lab watch`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from netproof import catalog
from netproof.cli.common import Options, chosen
from netproof.cli.lab import check
from netproof.cli.screen import Screen
from netproof.lab.running import RunningLab
from netproof.model import Practice
from netproof.practice import attempt as attempts
from netproof.practice.check_runner import Look, look, red
from netproof.state.instance import Instance
from netproof.wait import until

_ROUND = 1.0


def run(screen: Screen, name: str, node: str, options: Options) -> None:
    """Checks again and again until the lab is repaired, or until Ctrl-C; it holds nobody up meanwhile."""
    lab, instance = chosen(name, options)
    practice = catalog.practice(name)
    seen: list[Look] = []
    try:
        with RunningLab.attach(lab, instance) as running:
            _watch(screen, running, practice, seen)
    except KeyboardInterrupt:
        if not seen:
            raise
        _leave(screen, instance, seen)
        return
    check.run(screen, name, node, options)


def _leave(screen: Screen, instance: Instance, seen: list[Look]) -> None:
    """How it was last. Ctrl-C is how one leaves, and no failure."""
    check.rows(screen, seen)
    count = len(red(seen))
    screen.line(f"{count} of {len(seen)} checks red when you left; the lab stays as it is.")
    screen.next(f"invoke lab check {instance.arguments}")
    screen.document({"instance": str(instance), "left": True, "checks": check.documented(seen)})


def _watch(screen: Screen, lab: RunningLab, practice: Practice, seen: list[Look]) -> None:
    """Show every round until one is green and stays so, or the attempt ends elsewhere; the last one is in `seen`."""
    last: dict[str, str] = {}
    began = attempts.read(lab.instance) is not None
    with _board(screen) as show:

        def is_over() -> bool:
            looks = look(lab, practice.checks)
            seen[:] = looks
            show(looks, last)
            last.clear()
            last.update(red(looks))
            attempt = attempts.read(lab.instance)
            ended = began and attempt is None
            return ended or (not last and not (attempt and attempt.decoy))

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
