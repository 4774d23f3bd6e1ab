"""Which fault an attempt is about: the one asked for, or one that a seed picks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from attrs import frozen

from netproof.errors import UnknownName, UsageError
from netproof.model import LAYERS, LEVELS, Decoy, Fault, Practice

PAIR = 2


@frozen
class Asked:
    """What of a fault the learner decides; the seed decides the rest."""

    seed: int
    fault: str = ""
    layer: str = ""
    level: int = 0
    compound: int = 1
    exam: bool = False


@frozen
class Setting:
    """What decides which faults there are: the engine, the flavour of iptables, and features of the kernel."""

    engine: str
    firewall: str
    has: Callable[[str], bool]

    def takes(self, fault: Fault) -> bool:
        """Whether a fault can be practised on here."""
        return fault.applies(self.engine, self.firewall) and bool(fault.checks_on(self.engine)) and self._can(fault)

    def _can(self, fault: Fault) -> bool:
        return all(map(self.has, fault.needs))


Choice = list[Fault] | Decoy


def choices(practice: Practice, asked: Asked, setting: Setting) -> Iterator[Choice]:
    """What may be broken: when one does not take effect the next is tried. UsageError when there is none."""
    _refuse(asked)
    dice = random.Random(asked.seed)  # noqa: S311 - a choice that can be repeated, not a secret
    if asked.compound == PAIR:
        yield from _pairs(practice, setting, dice)
        return
    found = _asked_for(practice, asked, setting)
    ids = sorted({item.id for item in found})
    dice.shuffle(ids)
    for one in ids:
        item = dice.choice([item for item in found if item.id == one])
        yield item if isinstance(item, Decoy) else [item]


def _refuse(asked: Asked) -> None:
    if asked.layer and asked.layer not in LAYERS:
        raise UnknownName("layer", asked.layer, LAYERS)
    if asked.level and asked.level not in LEVELS:
        raise UsageError(f"--level {asked.level} does not exist.", "Levels are 1 (easy), 2 and 3.")
    if asked.compound not in {1, PAIR}:
        raise UsageError(f"--compound {asked.compound} is not offered.", "Incidents are of 1 fault or of 2.")
    if asked.compound == PAIR and (asked.fault or asked.layer or asked.level):
        raise UsageError("--compound 2 chooses its faults itself.", "Leave out --fault, --layer and --level.")


def _pairs(practice: Practice, setting: Setting, dice: random.Random) -> Iterator[Choice]:
    pairs = [[practice.fault(name) for name in sorted(pair)] for pair in practice.together]
    pairs = [pair for pair in pairs if all(map(setting.takes, pair))]
    if not pairs:
        raise UsageError("This lab has no two faults that do not hide each other.", "Leave out --compound.")
    dice.shuffle(pairs)
    yield from pairs


def _asked_for(practice: Practice, asked: Asked, setting: Setting) -> list[Fault | Decoy]:
    here: list[Fault | Decoy] = [*filter(setting.takes, practice.faults), *practice.decoys]
    if asked.fault:
        found = [item for item in here if asked.fault in {item.id, getattr(item, "name", item.id)}]
        if found and not any(_fits(item, asked) for item in found):
            are = ", ".join(sorted({f"layer {item.layer}, level {item.level}" for item in found}))
            raise UsageError(f"{asked.fault} is of {are}.", "Leave out --layer and --level, or --fault.")
        return found or _explained(practice, asked.fault, setting)
    fitting = [item for item in here if _fits(item, asked)]
    if not fitting:
        layers = sorted({f"{item.layer} {item.level}" for item in here})
        raise UsageError("No fault of this lab is like that.", f"It has (layer, level): {', '.join(layers)}.")
    return fitting


def _fits(item: Fault | Decoy, asked: Asked) -> bool:
    return (not asked.layer or item.layer == asked.layer) and (not asked.level or item.level == asked.level)


def _explained(practice: Practice, wanted: str, setting: Setting) -> list[Fault | Decoy]:
    known = {fault.id: fault for fault in practice.faults}
    known |= {fault.name: fault for fault in practice.faults}
    if wanted not in known:
        raise UnknownName("fault", wanted, [*known, *(decoy.id for decoy in practice.decoys)])
    fault = known[wanted]
    if not fault.applies(setting.engine, setting.firewall):
        engines, firewalls = ", ".join(fault.engines) or "any", ", ".join(fault.firewalls) or "any"
        why = f"It is a fault on engine {engines} with {firewalls} iptables."
    elif not all(map(setting.has, fault.needs)):
        why = f"It needs {', '.join(fault.needs)}: see `invoke doctor`."
    else:
        why = "No check notices it, only claims do: `invoke faults --spoil` says which."
    raise UsageError(f"{wanted} cannot be practised on here.", why)
