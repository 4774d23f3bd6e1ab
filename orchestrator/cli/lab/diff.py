"""`lab diff`."""

from __future__ import annotations

from itertools import groupby

import attrs

from netproof.cli.common import Options, chosen, counted
from netproof.cli.screen import Screen
from netproof.facts import (
    HAPPENED,
    SILENT,
    UNREAD_KIND,
    Difference,
    flatten,
    fold,
    sentence,
    structure,
)
from netproof.lab.running import RunningLab
from netproof.model import Lab
from netproof.practice import attempt as attempts
from netproof.practice.collateral import Line, after_up, lines
from netproof.state.instance import Instance


def differences(lab: Lab, instance: Instance) -> list[Difference]:
    """What happened since `up`, and what differs besides. The lab is looked at first: it may not be up."""
    with RunningLab.attach(lab, instance) as running:
        taken = running.snapshot_begun()
        before = after_up(instance)
        return fold(before, flatten(structure(taken())))


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """What differs now from the snapshot taken after `up`."""
    lab, instance = chosen(name, options)
    if options["show"]:
        attempts.refuse_in_exam(instance, "lab diff --show")
    everything = differences(lab, instance)
    hidden = set() if options["show"] else _injected(instance)
    found = [item for item in everything if lines([item]) - hidden]
    happened = [item for item in found if item.aspect == HAPPENED]
    for item in happened:
        screen.line(screen.colour(f"{item.after}{_followed(item)}", "red"))
    for place, several in groupby(found[len(happened) :], key=lambda item: item.place):
        screen.line(screen.colour(place, "bold"))
        for item in several:
            _tell(screen, item, hidden)
    screen.line(_concluded(instance, len(found), hidden))
    unread = {item.key.removeprefix(UNREAD_KIND) for item in happened if item.key.startswith(UNREAD_KIND)}
    screen.line(f"  {sentence(unread)}")
    for item in happened:
        if item.key == SILENT:
            screen.line(f"  Not compared: what the engine of {item.place} would tell of its containers and networks.")
    if any(item.follows for item in found):
        screen.line("  What follows from something else is not shown: --json lists it.")
    if hidden:
        screen.line(f"  What the fault changed is not shown{'' if _is_exam(instance) else ': --show shows it, too'}.")
    screen.document({"instance": str(instance), "differences": [attrs.asdict(item) for item in found]})


def _concluded(instance: Instance, count: int, hidden: set[Line]) -> str:
    if count:
        return f"{counted(count, 'difference')} from the state after `up`."
    return f"{instance} is {'otherwise ' if hidden else ''}as it was after `up`."


def _is_exam(instance: Instance) -> bool:
    attempt = attempts.read(instance)
    return attempt is not None and attempt.exam


def _followed(item: Difference) -> str:
    count = len(item.follows)
    return f" ({counted(count, 'difference')} {'follows' if count == 1 else 'follow'} from that)" if count else ""


def _injected(instance: Instance) -> set[Line]:
    """What a fault changed that somebody is looking for."""
    attempt = attempts.read(instance)
    return set(attempt.injected) if attempt else set()


def _tell(screen: Screen, item: Difference, hidden: set[Line]) -> None:
    visible = {line for *_, line in lines([item]) - hidden}
    order = ": order of rules changed" if item.is_reordered and item.moved & visible else ""
    screen.line(f"  {item.aspect}: {item.key}{order}{_followed(item)}")
    for line in sorted(visible - item.moved, key=item.lines.index):
        screen.line("    " + screen.colour(line, "green" if line[0] == "+" else "red"))
