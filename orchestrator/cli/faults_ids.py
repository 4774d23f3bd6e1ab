"""`invoke faults --ids LAB`: the names that `break --fault` and `guess` take, without what they are."""

from __future__ import annotations

from typing import Any

from netproof import catalog, images
from netproof.build import DEFAULT_FIREWALL
from netproof.cli.common import Options, chosen, seed
from netproof.cli.screen import Screen
from netproof.errors import NetproofError
from netproof.lab.running import RunningLab
from netproof.model import Decoy, Fault, Practice
from netproof.practice.attempt import DESIGNED
from netproof.practice.breaker import setting_of
from netproof.practice.fault_choice import Asked, Choice, Setting, choices


def run(screen: Screen, name: str, options: Options) -> None:
    """A line for each fault that can be practised on; with a seed also what `break --seed` chooses, which is told."""
    practice = catalog.practice(name)
    entries = _entries(practice)
    screen.columns([("FAULT", "LAYER", "LEVEL", "VARIANTS"), *map(_row, entries)])
    screen.line(f"  {DESIGNED} is a guess, too: some tickets are about nothing that is broken.")
    document: dict[str, Any] = {"lab": name, "ids": [*entries, {"id": DESIGNED}]}
    number = seed(options)
    if number is not None:
        setting, where = _setting(name, options)
        first = _names(next(choices(practice, Asked(seed=number), setting)))
        screen.line(f"  `break --seed {number}` tries {', '.join(first)} first, on {where}.")
        document |= {"seed": number, "faults": first, "engine": setting.engine, "firewall": setting.firewall}
    screen.document(document)


def _entries(practice: Practice) -> list[dict[str, Any]]:
    visible = [fault for fault in practice.faults if fault.is_visible]
    by_id: dict[str, list[Fault]] = {}
    for fault in sorted(visible, key=lambda fault: fault.name):
        by_id.setdefault(fault.id, []).append(fault)
    return [
        {
            "id": identity,
            "layer": found[0].layer,
            "level": found[0].level,
            "names": [fault.name for fault in found],
            "engines": [engine for engine in images.ENGINES if any(fault.checks_on(engine) for fault in found)],
        }
        for identity, found in by_id.items()
    ]


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    variants = ", ".join(entry["names"]) if entry["names"] != [entry["id"]] else ""
    return entry["id"], entry["layer"], str(entry["level"]), variants


def _setting(name: str, options: Options) -> tuple[Setting, str]:
    """What decides what a seed chooses: the lab that is up, or what `up` builds on a kernel that has everything."""
    lab, instance = chosen(name, options)
    try:
        with RunningLab.attach(lab, instance) as running:
            here = setting_of(running)
            features = {
                feature: here.has(feature) for fault in catalog.practice(name).faults for feature in fault.needs
            }
            return Setting(here.engine, here.firewall, lambda feature: features[feature]), f"{instance}, which is up"
    except NetproofError:
        setting = Setting(images.DEFAULT_ENGINE, DEFAULT_FIREWALL, lambda _: True)
        return setting, f"engine {setting.engine} with {setting.firewall} iptables"


def _names(choice: Choice) -> list[str]:
    return [choice.id] if isinstance(choice, Decoy) else [fault.name for fault in choice]
