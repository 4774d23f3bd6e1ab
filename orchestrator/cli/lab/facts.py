"""`lab facts`."""

from __future__ import annotations

import attrs

from netproof.cli.common import Options, chosen
from netproof.cli.screen import Screen
from netproof.facts import (
    Snapshot,
    structure,
)
from netproof.lab.running import RunningLab
from netproof.model import Lab
from netproof.state.instance import Instance


def snapshots(lab: Lab, instance: Instance, *, flows: bool = False) -> dict[str, Snapshot]:
    """{lab host: snapshot}, taken now."""
    with RunningLab.attach(lab, instance) as running:
        return structure(running.snapshot(flows=flows))


def run(screen: Screen, name: str, _: str, options: Options) -> None:
    """Everything, as JSON: this command has no other form."""
    lab, instance = chosen(name, options)
    screen.json = True
    screen.document({host: attrs.asdict(snapshot) for host, snapshot in snapshots(lab, instance, flows=True).items()})
