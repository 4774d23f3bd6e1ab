"""Where an exchange ended, and what says so."""

from __future__ import annotations

from attrs import frozen

from orchestrator.running import RunningLab
from orchestrator.walk.legs import Exchange, Path
from orchestrator.walk.model import Death, Walk
from orchestrator.walk.seen import Seen


@frozen
class Scene:
    """Everything there is to judge by."""

    running: RunningLab
    seen: Seen
    exchange: Exchange
    ways: list[Path]
    walk: Walk


def death(scene: Scene) -> Death:
    """Where the exchange ended, as far as can be told."""
    last = scene.walk.stations[-1] if scene.walk.stations else None
    if last is None:
        return Death(place=scene.exchange.source, layer="unknown", why="Nothing was seen at all.", certain=False)
    return Death(
        place=last.place, layer="unknown", why=f"It was last seen on {last.name} of {last.place}.", certain=False
    )
