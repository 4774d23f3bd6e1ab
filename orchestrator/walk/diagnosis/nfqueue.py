"""Rules that hand a packet to a program: without one, or without its word, the packet goes nowhere."""

from __future__ import annotations

import re

from netproof.walk.diagnosis.scene import Scene
from netproof.walk.legs import PacketPath
from netproof.walk.model import INFERRED, Death
from netproof.walk.observations import Step

_TO_A_QUEUE = re.compile(r"-j NFQUEUE\b|(?:^|\s)queue(?:\s|$)")


def handed_over(scene: Scene) -> Death | None:
    """The last rule that a packet met hands it to a queue of nfnetlink, and it was never seen again."""
    back = scene.way("back")
    for way in scene.ways if back is None else [back]:
        step = _last(way)
        if step is not None and _TO_A_QUEUE.search(step.text):
            place, hook = way.segments[-1].place, way.segments[-1].chains[-1].hook
            why = f"A rule in {step.table} {step.chain} of {place} ({hook}) handed it to a queue for a program, "
            why += "and none gave it back."
            return Death(place=place, layer="filter", why=why, proof=step.text, basis=INFERRED)
    return None


def _last(way: PacketPath) -> Step | None:
    """The last step of a packet's way, where the way ends with it."""
    segment = way.segments[-1] if way.segments else None
    if segment is None or segment.went or not segment.chains or (way.fate is not None and way.fate.is_told):
        return None
    steps = segment.chains[-1].steps
    return steps[-1] if steps else None
