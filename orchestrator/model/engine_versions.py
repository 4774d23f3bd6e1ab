"""What of a definition an engine has to be new enough for: older ones refuse it, or leave it out without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from netproof.errors import DefinitionError
from netproof.model.lab import Lab

INTERFACE_NAME = "com.docker.network.endpoint.ifname"


@frozen
class Need:
    """A field of a definition, its value, and the first engine that knows it."""

    field: str
    value: object
    since: str


def needs(lab: Lab) -> Iterator[Need]:
    """What a lab needs engines of a certain age for."""
    for container in lab.containers:
        for join in container.networks:
            where = f"{container.name}.networks: {join.network}"
            if join.gw_priority:
                yield Need(f"{where}.gw_priority", join.gw_priority, "28.0")
            if INTERFACE_NAME in join.options:
                yield Need(f"{where}.options", {INTERFACE_NAME: join.options[INTERFACE_NAME]}, "28.0")


def check(lab: Lab, engine: str) -> None:
    """Raise DefinitionError for the first thing in a lab that an engine (`26.1`) is too old for."""
    for need in needs(lab):
        if [] < _release(engine) < _release(need.since):  # whatever has no number is told elsewhere
            raise DefinitionError(
                need.field,
                need.value,
                f"engines know this from {need.since} on, and the lab's is to be {engine}",
                "Leave it out, or take a newer engine: `--engine 28.5`.",
                f"labs/{lab.name.replace('-', '_')}/lab.py",
            )


def _release(engine: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", engine)[:2]]
