"""`invoke faults --walk LAB`: what walks find of what is broken, on the lab that is up."""

from __future__ import annotations

from collections import Counter

from attrs import asdict
from invoke import Exit

from orchestrator import catalog
from orchestrator.cli.common import Options, chosen
from orchestrator.cli.screen import Screen
from orchestrator.errors import EXIT_CLAIM_FAILED, UnknownName, UsageError
from orchestrator.locking import locked
from orchestrator.practice import attempt as attempts
from orchestrator.practice.walked import ANSWERED, HONEST, RIGHT, WRONG, Found, dropping, walk_faults
from orchestrator.running import RunningLab

_COLOURS = {RIGHT: "green", HONEST: "yellow", WRONG: "red", ANSWERED: "yellow"}


def walk(screen: Screen, name: str, options: Options) -> None:
    """Walk into every fault that drops packets, or into one; exit 1 when a walk names a place that is not broken."""
    lab, instance = chosen(name, options)
    practice = catalog.practice(name)
    with RunningLab.attach(lab, instance) as running, locked(instance, f"faults --walk {name}", screen.say):
        if attempts.read(instance) is not None:
            raise UsageError(f"{instance} is broken.", f"`invoke lab reset {instance.arguments}` makes it whole.")
        host = next(iter(running.hosts.values()))
        known = list(dropping(practice, host.engine, host.firewall))
        wanted = [pair for pair in known if not options["fault"] or options["fault"] in {pair[0].id, pair[0].name}]
        if not wanted:
            raise UnknownName("fault that drops packets", options["fault"], {one.id for one, _ in known}, of=name)
        found = []
        for one in walk_faults(running, wanted):
            _tell(screen, one)
            found.append(one)
    counts = Counter(one.verdict for one in found)
    words = [f"{counts[verdict]} {verdict}" for verdict in _COLOURS if counts[verdict]]
    screen.line(f"{len(found)} faults that drop packets: {', '.join(words)} ({screen.elapsed:.0f} s)")
    screen.document({"lab": name, "counts": counts, "walks": [asdict(one) for one in found]})
    if counts[WRONG] or any(one.left for one in found):
        raise Exit(code=EXIT_CLAIM_FAILED)


def _tell(screen: Screen, one: Found) -> None:
    verdict = screen.colour(one.verdict.ljust(len(HONEST)), _COLOURS[one.verdict])
    screen.line(f"  {verdict}  {one.fault}, {one.layer}, at {one.at}")
    if one.death is not None:
        screen.line(
            f"             {one.death.place}: {one.death.why}" + (f" {one.death.proof}" * bool(one.death.proof))
        )
    for failure in one.left:
        screen.line(screen.colour(f"             undo failed {failure}", "red"))
