"""What commands about an attempt have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from netproof import catalog
from netproof.cli.common import Options, chosen
from netproof.cli.screen import Screen
from netproof.lab.running import RunningLab
from netproof.model import Practice
from netproof.state.instance import Instance
from netproof.state.lock import locked


def tagged(instance: Instance) -> str:
    """The flag that names a copy, for commands that have another word behind the lab."""
    return f" --as {instance.tag}" if instance.tag else ""


@contextmanager
def practising(screen: Screen, command: str, options: Options, name: str) -> Iterator[tuple[RunningLab, Practice]]:
    """The running lab and what there is to practise, with the instance's lock."""
    lab, instance = chosen(name, options)
    practice = catalog.practice(name)
    with RunningLab.attach(lab, instance) as running, locked(instance, f"lab {command}", screen.say):
        yield running, practice
