"""`invoke faults --walk LAB`: what walks find of what is broken, on the lab that is up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from attrs import asdict
from invoke import Exit

from netproof import catalog
from netproof.cli.common import Options, chosen
from netproof.cli.screen import Screen
from netproof.errors import EXIT_CLAIM_FAILED, UnknownName, UsageError
from netproof.lab.running import RunningLab
from netproof.practice import attempt as attempts
from netproof.practice.walk_accuracy import (
    ANSWERED,
    HONEST,
    RIGHT,
    UNMADE,
    WRONG,
    Asked,
    Found,
    cases,
    dropping,
    walk_faults,
)
from netproof.state.lock import locked

_COLOURS = {RIGHT: "green", HONEST: "yellow", WRONG: "red", ANSWERED: "red", UNMADE: "red"}


def run(screen: Screen, name: str, options: Options) -> None:
    """Walk into every fault that drops packets and into every walk case, or into one; exit 1 when a walk is wrong."""
    lab, instance = chosen(name, options)
    with RunningLab.attach(lab, instance) as running, locked(instance, f"faults --walk {name}", screen.say):
        if attempts.read(instance) is not None:
            raise UsageError(f"{instance} is broken.", f"`invoke lab reset {instance.arguments}` makes it whole.")
        found = []
        for one in walk_faults(running, _wanted(running, name, options["fault"]), catalog.practice(name)):
            _tell(screen, one)
            found.append(one)
    screen.line(f"{_summary(found)} ({screen.elapsed:.0f} s)")
    screen.document(
        {"lab": name, "counts": _counts(found), "walks": [{**asdict(one), "basis": one.basis} for one in found]}
    )
    if any(one.verdict in {WRONG, ANSWERED, UNMADE} or one.left for one in found):
        raise Exit(code=EXIT_CLAIM_FAILED)


def _wanted(running: RunningLab, name: str, fault: str) -> list[Asked]:
    """What is for this engine, flavour and kernel; or what of it has this name. UnknownName when nothing has."""
    host = next(iter(running.hosts.values()))
    known = list(dropping(catalog.practice(name), host.engine, host.firewall))
    known += cases(catalog.walks(name), running, host.engine, host.firewall)
    wanted = [one for one in known if not fault or fault in {one.name, one.name.partition("[")[0]}]
    if not wanted:
        raise UnknownName("fault that drops packets", fault, {one.name for one in known}, of=name)
    return wanted


def _counts(found: Sequence[Found]) -> dict[str, Any]:
    counts: dict[str, int] = dict(Counter(one.verdict for one in found))
    bases = Counter(one.basis for one in found if one.verdict == RIGHT)
    return {**counts, "basis": {basis or ANSWERED: number for basis, number in bases.items()}}


def _summary(found: Sequence[Found]) -> str:
    """In words: 7 faults and cases: 5 right (4 seen, 1 inferred), 1 last seen, 1 wrong."""
    counts = _counts(found)
    right = ", ".join(f"{number} {basis}" for basis, number in sorted(counts["basis"].items(), reverse=True))
    words = []
    for verdict in (RIGHT, HONEST, WRONG, ANSWERED, UNMADE):
        number = counts.get(verdict, 0)
        if number or verdict in {RIGHT, HONEST, WRONG}:
            words.append(f"{number} {verdict}" + (f" ({right})" if verdict == RIGHT and right else ""))
    return f"{len(found)} {'fault or case' if len(found) == 1 else 'faults and cases'}: {', '.join(words)}"


def _tell(screen: Screen, one: Found) -> None:
    verdict = screen.colour(one.verdict.ljust(len(HONEST)), _COLOURS[one.verdict])
    where = f"{one.layer}, at {one.at}" if one.at else "nothing is wrong"
    screen.line(f"  {verdict}  {one.fault}, {where}")
    if one.death is not None:
        proof = f" {one.death.proof}" * bool(one.death.proof)
        screen.line(f"             {one.death.place}, {one.death.basis}: {one.death.why}{proof}")
    if one.lacks:
        screen.line(f"             {'; '.join(one.lacks)}")
    for failure in one.left:
        screen.line(screen.colour(f"             undo failed {failure}", "red"))
